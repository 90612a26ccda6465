// QR by Householder reflections.
import { scaleOf } from "./matrix.ts";

export interface Qr {
  /** m × columns, with orthonormal columns. */
  readonly q: Float64Array;
  /** columns × n, zero below the diagonal. */
  readonly r: Float64Array;
}

/**
 * A = Q·R with a diagonal of R that is not negative, which makes the factors of a matrix of full
 * column rank unique. `columns` is min(m, n), or m for a square Q.
 * G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., 5.2.
 */
export function factorQr(a: Float64Array, m: number, n: number, columns: number): Qr {
  const work = a.slice();
  const steps = Math.min(m, n);
  const scale = scaleOf(a);
  if (scale !== scale) {
    return { q: new Float64Array(m * columns).fill(NaN), r: upper(work.fill(NaN), n, columns) };
  }
  for (let i = 0; i < work.length; i++) work[i] /= scale;
  const heads = new Float64Array(steps);
  for (let j = 0; j < steps; j++) heads[j] = reflectColumn(work, m, n, j);
  const q = new Float64Array(m * columns);
  for (let i = 0; i < columns; i++) q[i * columns + i] = 1;
  for (let j = steps - 1; j >= 0; j--) reflect(work, n, j, q, columns, j, m);
  for (let j = 0; j < steps; j++) work[j * n + j] = heads[j];
  for (let j = 0; j < steps; j++) {
    if (work[j * n + j] >= 0) continue;
    for (let k = j; k < n; k++) work[j * n + k] = -work[j * n + k];
    for (let i = 0; i < m; i++) q[i * columns + j] = -q[i * columns + j];
  }
  for (let i = 0; i < work.length; i++) work[i] *= scale;
  return { q, r: upper(work, n, columns) };
}

/** Makes the column zero below its head by a reflection, whose vector, of length √2, replaces it.
 *  @returns the new head, which is not stored. */
function reflectColumn(a: Float64Array, m: number, n: number, j: number): number {
  let square = 0;
  for (let i = j; i < m; i++) square += a[i * n + j] * a[i * n + j];
  const head = a[j * n + j];
  let below = 0;
  for (let i = j + 1; i < m; i++) below = Math.max(below, Math.abs(a[i * n + j]));
  if (below === 0) {
    // Nothing to do: the reflection is left out, as the one by a zero vector.
    a[j * n + j] = 0;
    return head;
  }
  const norm = Math.sqrt(square);
  const target = head > 0 ? -norm : norm;
  // v = x − target·e₁, and |v|² = 2·norm·(norm + |head|): no cancellation in either.
  const length = Math.sqrt(norm * (norm + Math.abs(head)));
  a[j * n + j] = (head - target) / length;
  for (let i = j + 1; i < m; i++) a[i * n + j] /= length;
  reflect(a, n, j, a, n, j + 1, m);
  return target;
}

/** b ← (I − v·vᵀ)·b for the vector in column j of a, from b's column `from` on. */
function reflect(
  a: Float64Array,
  n: number,
  j: number,
  b: Float64Array,
  width: number,
  from: number,
  m: number,
): void {
  const sums = new Float64Array(width);
  for (let i = j; i < m; i++) {
    const v = a[i * n + j];
    for (let k = from; k < width; k++) sums[k] += v * b[i * width + k];
  }
  for (let i = j; i < m; i++) {
    const v = a[i * n + j];
    for (let k = from; k < width; k++) b[i * width + k] -= v * sums[k];
  }
}

/** The first rows, with zeros below the diagonal. */
function upper(work: Float64Array, n: number, rows: number): Float64Array {
  const r = new Float64Array(rows * n);
  for (let i = 0; i < Math.min(rows, n); i++) {
    for (let j = i; j < n; j++) r[i * n + j] = work[i * n + j];
  }
  return r;
}
