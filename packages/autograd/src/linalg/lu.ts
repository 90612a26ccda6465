// LU factors with partial pivoting, and what is solved by them.
import { balancedProduct } from "./matrix.ts";

/**
 * Replaces a square matrix by its factors P·A = L·U: U on and above the diagonal, L (whose diagonal
 * is 1) below. `pivots[j]` is the row that was swapped with row j. In each column the largest element
 * becomes the pivot; a NaN counts as the largest, so that it is never mistaken for a zero pivot.
 * G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., 3.4.
 */
export function factorLu(a: Float64Array, n: number, pivots: Int32Array): void {
  for (let j = 0; j < n; j++) {
    let pivot = j;
    for (let i = j + 1; i < n; i++) {
      const size = Math.abs(a[i * n + j]);
      if (size > Math.abs(a[pivot * n + j]) || size !== size) pivot = i;
    }
    pivots[j] = pivot;
    if (pivot !== j) {
      for (let k = 0; k < n; k++) {
        const held = a[j * n + k];
        a[j * n + k] = a[pivot * n + k];
        a[pivot * n + k] = held;
      }
    }
    const head = a[j * n + j];
    // The column is zero: U is singular, and there is nothing to eliminate.
    if (head === 0) continue;
    for (let i = j + 1; i < n; i++) {
      const factor = a[i * n + j] / head;
      a[i * n + j] = factor;
      if (factor === 0) continue;
      for (let k = j + 1; k < n; k++) a[i * n + k] -= factor * a[j * n + k];
    }
  }
}

/** The place of the first pivot that is exactly 0, or -1 where the matrix is not singular. */
export function zeroPivot(lu: Float64Array, n: number): number {
  for (let j = 0; j < n; j++) if (lu[j * n + j] === 0) return j;
  return -1;
}

/** +1 or -1: the sign of the permutation. */
export function pivotSign(pivots: ArrayLike<number>, n: number): number {
  let sign = 1;
  for (let j = 0; j < n; j++) if (pivots[j] !== j) sign = -sign;
  return sign;
}

/** The determinant from the factors. */
export function determinantLu(lu: Float64Array, n: number, pivots: ArrayLike<number>): number {
  const diagonal = Float64Array.from({ length: n }, (_, j) => lu[j * n + j]);
  diagonal.sort((x, y) => Math.abs(y) - Math.abs(x));
  // Not −0.
  return pivotSign(pivots, n) * balancedProduct(diagonal) + 0;
}

/** Replaces the n × k matrix b by A⁻¹b, or A⁻ᵀb, from the factors of A. */
export function solveLu(
  lu: Float64Array,
  n: number,
  pivots: ArrayLike<number>,
  b: Float64Array,
  k: number,
  transpose: boolean,
): void {
  if (transpose) {
    solveTriangle(lu, n, b, k, { upper: true, transpose: true, unitDiagonal: false });
    solveTriangle(lu, n, b, k, { upper: false, transpose: true, unitDiagonal: true });
    for (let j = n - 1; j >= 0; j--) swapRows(b, j, pivots[j], k);
    return;
  }
  for (let j = 0; j < n; j++) swapRows(b, j, pivots[j], k);
  solveTriangle(lu, n, b, k, { upper: false, transpose: false, unitDiagonal: true });
  solveTriangle(lu, n, b, k, { upper: true, transpose: false, unitDiagonal: false });
}

function swapRows(b: Float64Array, i: number, j: number, k: number): void {
  if (i === j) return;
  for (let c = 0; c < k; c++) {
    const held = b[i * k + c];
    b[i * k + c] = b[j * k + c];
    b[j * k + c] = held;
  }
}

export interface Triangle {
  /** Which triangle of the matrix is read. */
  readonly upper: boolean;
  /** Whether it is solved by the transpose of that triangle. */
  readonly transpose: boolean;
  /** Whether the diagonal is taken to be 1, and not read. */
  readonly unitDiagonal: boolean;
}

/** Replaces the n × k matrix b by T⁻¹b, row by row. A zero on the diagonal divides. */
export function solveTriangle(
  a: Float64Array,
  n: number,
  b: Float64Array,
  k: number,
  { upper, transpose, unitDiagonal }: Triangle,
): void {
  const downward = upper === transpose;
  const [alongRow, alongColumn] = transpose ? [n, 1] : [1, n];
  for (let step = 0; step < n; step++) {
    const i = downward ? step : n - 1 - step;
    for (let before = 0; before < step; before++) {
      const j = downward ? before : n - 1 - before;
      const factor = a[i * alongColumn + j * alongRow];
      if (factor === 0) continue;
      for (let c = 0; c < k; c++) b[i * k + c] -= factor * b[j * k + c];
    }
    if (unitDiagonal) continue;
    const head = a[i * n + i];
    for (let c = 0; c < k; c++) b[i * k + c] /= head;
  }
}
