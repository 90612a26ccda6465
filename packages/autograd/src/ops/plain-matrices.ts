// Formulas on plain nested arrays for the records' references: slow, exact in small cases, and
// nothing like the algorithms that they judge.
import { NDArray } from "../op/ndarray.ts";
import { sizeOf } from "../tensor/shape.ts";

export type Plain = readonly (readonly number[])[];

/** The matrices of a batch. */
export function matricesOf({ shape, data }: NDArray): number[][][] {
  const [m, n] = shape.slice(-2);
  return Array.from({ length: sizeOf(shape.slice(0, -2)) }, (_, b) =>
    Array.from({ length: m }, (__, i) => data.slice((b * m + i) * n, (b * m + i + 1) * n)),
  );
}

/** A batch of results: numbers, vectors or matrices. */
export const joined = (
  batch: readonly number[],
  shape: readonly number[],
  results: readonly (number | readonly (number | readonly number[])[])[],
): NDArray => new NDArray([...batch, ...shape], results.flat(2) as number[]);

export const turned = (a: Plain, columns: number): number[][] =>
  Array.from({ length: columns }, (_, j) => a.map((row) => row[j]));

export const times = (a: Plain, b: Plain, columns: number): number[][] =>
  a.map((row) =>
    Array.from({ length: columns }, (_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)),
  );

/** Without a row and a column. */
export const minor = (a: Plain, row: number, column: number): number[][] =>
  a.filter((_, i) => i !== row).map((entries) => entries.filter((_, j) => j !== column));

/** By expansion along the first row (Laplace). */
export function determinant(a: Plain): number {
  if (a.length === 0) return 1;
  return a[0].reduce(
    (sum, x, j) => sum + (j % 2 === 0 ? 1 : -1) * x * determinant(minor(a, 0, j)),
    0,
  );
}

/** A⁻¹B by Cramer's rule. */
export function cramer(a: Plain, b: Plain, columns: number): number[][] {
  const whole = determinant(a);
  return a.map((_, i) =>
    Array.from({ length: columns }, (__, c) => {
      const replaced = a.map((row, r) => row.map((x, j) => (j === i ? b[r][c] : x)));
      return determinant(replaced) / whole;
    }),
  );
}

/** (AᵀA)⁻¹Aᵀ, or Aᵀ(AAᵀ)⁻¹ for wide matrices: right at full rank. */
export function pseudoInverse(a: Plain, m: number, n: number): number[][] {
  const t = turned(a, n);
  if (m >= n) return cramer(times(t, a, n), t, m);
  return turned(cramer(times(a, t, m), a, n), n);
}

/** Eigenvalues in ascending order and eigenvectors as columns, oriented as the library does: by
 *  Jacobi's rotations of a symmetric matrix. */
export function jacobi(a: Plain): { values: number[]; vectors: number[][] } {
  const n = a.length;
  const d = a.map((row) => [...row]);
  const v = a.map((_, i) => a.map((__, j) => Number(i === j)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const angle = Math.atan2(2 * d[p][q], d[q][q] - d[p][p]) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const rows of [d, v]) {
          for (const row of rows) {
            [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
          }
        }
        [d[p], d[q]] = [
          d[p].map((x, k) => c * x - s * d[q][k]),
          d[q].map((x, k) => s * d[p][k] + c * x),
        ];
      }
    }
  }
  const order = a.map((_, i) => i).toSorted((i, j) => d[i][i] - d[j][j]);
  const columns = order.map((j) => orient(v.map((row) => row[j])));
  return { values: order.map((i) => d[i][i]), vectors: turned(columns, n) };
}

/** A vector whose first element of at least 0.3 of the largest is positive. */
export function orient(v: readonly number[]): number[] {
  const size = Math.max(...v.map(Math.abs));
  const lead = v.find((x) => Math.abs(x) >= 0.3 * size) ?? 1;
  return v.map((x) => (lead < 0 ? -x : x));
}
