// Singular values by one-sided Jacobi rotations, which find also small ones to high relative
// accuracy. J. Demmel, K. Veselić, "Jacobi's method is more accurate than QR", 1992.
import { dotAt, identity, orientation, rotateRows, scaleOf, transposed } from "./matrix.ts";
import { factorQr } from "./qr.ts";

export interface Svd {
  /** The left singular vectors as rows: min(m, n) × m. */
  readonly left: Float64Array;
  /** In descending order. */
  readonly values: Float64Array;
  /** The right singular vectors as rows: min(m, n) × n. */
  readonly right: Float64Array;
  readonly converged: boolean;
}

/** Sweeps over all pairs: about six are usual. */
const maxSweeps = 60;

/**
 * A = Σ sᵢ·leftᵢ·rightᵢᵀ. Left vectors are oriented as `orientation` says, and so are right ones
 * that belong to a singular value of 0. NaN and infinities make all NaN.
 */
export function singularValues(a: Float64Array, m: number, n: number): Svd {
  if (m < n) {
    const turned = tallSvd(transposed(a, m, n), n, m);
    return oriented({ ...turned, left: turned.right, right: turned.left }, m, n);
  }
  return oriented(tallSvd(a, m, n), m, n);
}

function tallSvd(a: Float64Array, m: number, n: number): Svd {
  const scale = scaleOf(a);
  if (scale !== scale) {
    const [left, values, right] = [n * m, n, n * n].map((size) => new Float64Array(size).fill(NaN));
    return { left, values, right, converged: true };
  }
  const scaled = a.map((x) => x / scale);
  const { q, r } = factorQr(scaled, m, n, n);
  // R = W·V with W = R and V = 1, rows of both; rotations from the left make W's rows orthogonal:
  // R = Σ (row i of V)ᵀ·(row i of W).
  const w = r;
  const v = identity(n);
  const converged = orthogonalise(w, v, n);
  const norms = Float64Array.from({ length: n }, (_, i) => Math.sqrt(dotAt(w, i * n, w, i * n, n)));
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => norms[j] - norms[i]);
  const left = new Float64Array(n * m);
  const right = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let i = 0; i < m; i++) left[to * m + i] = dotAt(q, i * n, v, from * n, n);
    if (!isZero(norms[from])) {
      for (let j = 0; j < n; j++) right[to * n + j] = w[from * n + j] / norms[from];
    } else complete(right, to, n);
  });
  const values = Float64Array.from(order, (i) => (isZero(norms[i]) ? 0 : norms[i] * scale));
  return { left, values, right, converged };
}

/** Below this, beside a largest element of about 1, a row says nothing about its direction. */
const isZero = (norm: number): boolean => norm < 1e-150;

/** Rotates pairs of rows of w, and of v with them, until all rows of w are orthogonal. */
function orthogonalise(w: Float64Array, v: Float64Array, n: number): boolean {
  const tolerance = Number.EPSILON * Math.sqrt(n);
  const squares = new Float64Array(n);
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let rotations = 0;
    for (let p = 0; p < n; p++) squares[p] = dotAt(w, p * n, w, p * n, n);
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const gamma = dotAt(w, p * n, w, q * n, n);
        const [alpha, beta] = [squares[p], squares[q]];
        const size = Math.sqrt(alpha) * Math.sqrt(beta);
        if (!(Math.abs(gamma) > tolerance * size) || isZero(Math.sqrt(Math.min(alpha, beta)))) {
          continue;
        }
        rotations++;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        rotateRows(w, p * n, q * n, n, c, -c * t);
        rotateRows(v, p * n, q * n, n, c, -c * t);
        squares[p] = squareAfter(alpha, alpha - t * gamma, w, p, n);
        squares[q] = squareAfter(beta, beta + t * gamma, w, q, n);
      }
    }
    if (rotations === 0) return true;
  }
  return false;
}

/** A row's square, which a rotation is known to have changed from one value to another; computed
 *  anew where the difference has lost digits. */
const squareAfter = (
  before: number,
  after: number,
  w: Float64Array,
  row: number,
  n: number,
): number => (after > before / 8 ? after : dotAt(w, row * n, w, row * n, n));

/** Makes row k of a unit vector that is orthogonal to the rows before: the coordinate axis that they
 *  span least, made orthogonal twice ("twice is enough", W. Kahan). */
function complete(rows: Float64Array, k: number, length: number): void {
  let axis = 0;
  let least = Infinity;
  for (let j = 0; j < length; j++) {
    let spanned = 0;
    for (let i = 0; i < k; i++) spanned += rows[i * length + j] ** 2;
    if (spanned < least - 1e-9) [axis, least] = [j, spanned];
  }
  const row = rows.subarray(k * length, (k + 1) * length).fill(0);
  row[axis] = 1;
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < k; i++) {
      const share = dotAt(rows, i * length, row, 0, length);
      for (let j = 0; j < length; j++) row[j] -= share * rows[i * length + j];
    }
    const norm = Math.sqrt(dotAt(row, 0, row, 0, length));
    for (let j = 0; j < length; j++) row[j] /= norm;
  }
}

/** Rows that are orthonormal, and as many more, orthogonal to them and oriented, as a square matrix
 *  has: the further columns of the square factor of a QR decomposition. */
export function completed(rows: Float64Array, known: number, length: number): Float64Array {
  const { q } = factorQr(transposed(rows, known, length), length, known, length);
  const all = transposed(q, length, length);
  all.set(rows);
  for (let k = known; k < length; k++) {
    flip(all, k, length, orientation(all, k * length, 1, length));
  }
  return all;
}

function flip(rows: Float64Array, k: number, length: number, sign: number): void {
  if (sign > 0) return;
  for (let j = 0; j < length; j++) rows[k * length + j] = -rows[k * length + j];
}

function oriented(svd: Svd, m: number, n: number): Svd {
  svd.values.forEach((value, k) => {
    const sign = orientation(svd.left, k * m, 1, m);
    flip(svd.left, k, m, sign);
    flip(svd.right, k, n, value === 0 ? orientation(svd.right, k * n, 1, n) : sign);
  });
  return svd;
}
