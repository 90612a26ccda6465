// Eigenvalues and eigenvectors of symmetric matrices: tridiagonal form by reflections, then implicit
// QR steps. G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., 8.3.
import { dotAt, identity, orientation, rotateRows, scaleOf } from "./matrix.ts";

export interface Eigen {
  /** In ascending order. */
  readonly values: Float64Array;
  /** The eigenvectors as rows, oriented as `orientation` says. */
  readonly vectors: Float64Array;
  /** Whether the steps have come to an end, which nothing but a defect could prevent. */
  readonly converged: boolean;
}

/** Steps for one eigenvalue: two or three are usual. */
const maxSteps = 60;

/** Of a symmetric matrix, of which the lower triangle is read. NaN and infinities make all NaN. Without
 *  vectors, which take most of the time, those that it returns are of no use. */
export function eigenSymmetric(a: Float64Array, n: number, withVectors = true): Eigen {
  const scale = scaleOf(a);
  if (scale !== scale) {
    const [values, vectors] = [n, n * n].map((size) => new Float64Array(size).fill(NaN));
    return { values, vectors, converged: true };
  }
  const work = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) work[i * n + j] = work[j * n + i] = a[i * n + j] / scale;
  }
  const rows = identity(n);
  const turned = withVectors ? rows : null;
  for (let k = 0; k < n - 2; k++) tridiagonalise(work, n, k, turned);
  const diagonal = Float64Array.from({ length: n }, (_, i) => work[i * n + i]);
  const beside = Float64Array.from({ length: n }, (_, i) => (i ? work[i * n + i - 1] : 0));
  const converged = iterate(diagonal, beside.slice(1), n, turned);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[i] - diagonal[j]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    const sign = orientation(rows, from * n, 1, n);
    for (let j = 0; j < n; j++) vectors[to * n + j] = sign * rows[from * n + j];
  });
  const values = Float64Array.from(order, (i) => diagonal[i] * scale);
  return { values, vectors, converged };
}

/** A ← HAH and rows ← H·rows, with the reflection H that clears column k below the subdiagonal. */
function tridiagonalise(a: Float64Array, n: number, k: number, rows: Float64Array | null): void {
  let square = 0;
  let below = 0;
  for (let i = k + 1; i < n; i++) {
    square += a[i * n + k] ** 2;
    if (i > k + 1) below = Math.max(below, Math.abs(a[i * n + k]));
  }
  if (below === 0) return;
  const norm = Math.sqrt(square);
  const head = a[(k + 1) * n + k];
  const target = head > 0 ? -norm : norm;
  const length = Math.sqrt(norm * (norm + Math.abs(head)));
  // H = I − v·vᵀ with |v|² = 2.
  const v = new Float64Array(n);
  for (let i = k + 1; i < n; i++) v[i] = (a[i * n + k] - (i === k + 1 ? target : 0)) / length;
  // HAH = A − v·wᵀ − w·vᵀ with w = A·v − ½(vᵀAv)·v.
  const w = new Float64Array(n);
  for (let i = k; i < n; i++) w[i] = dotAt(a, i * n, v, 0, n);
  const half = dotAt(v, 0, w, 0, n) / 2;
  for (let i = k; i < n; i++) w[i] -= half * v[i];
  for (let i = k; i < n; i++) {
    for (let j = k; j < n; j++) a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
  }
  if (rows === null) return;
  const sums = new Float64Array(n);
  for (let i = k + 1; i < n; i++) {
    for (let j = 0; j < n; j++) sums[j] += v[i] * rows[i * n + j];
  }
  for (let i = k + 1; i < n; i++) {
    for (let j = 0; j < n; j++) rows[i * n + j] -= v[i] * sums[j];
  }
}

/** Makes a tridiagonal matrix diagonal; its eigenvectors are the rows. */
function iterate(d: Float64Array, e: Float64Array, n: number, rows: Float64Array | null): boolean {
  let steps = 0;
  for (let high = n - 1; high > 0;) {
    let low = high;
    while (low > 0 && !isNegligible(d, e, low - 1)) low--;
    if (low === high) {
      high--;
      steps = 0;
      continue;
    }
    if (++steps > maxSteps) return false;
    step(d, e, low, high, n, rows);
  }
  return true;
}

const isNegligible = (d: Float64Array, e: Float64Array, i: number): boolean =>
  Math.abs(e[i]) <= Number.EPSILON * (Math.abs(d[i]) + Math.abs(d[i + 1])) ||
  Math.abs(e[i]) < 1e-290;

/** An implicit QR step with Wilkinson's shift on the block from low to high. */
function step(
  d: Float64Array,
  e: Float64Array,
  low: number,
  high: number,
  n: number,
  rows: Float64Array | null,
): void {
  const delta = (d[high - 1] - d[high]) / 2;
  const last = e[high - 1];
  const root = Math.hypot(delta, last);
  const shift = d[high] - (last / (delta + (delta < 0 ? -root : root))) * last;
  let x = d[low] - shift;
  let z = e[low];
  for (let k = low; k < high; k++) {
    const r = Math.hypot(x, z);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : z / r;
    if (k > low) e[k - 1] = r;
    const [first, between, second] = [d[k], e[k], d[k + 1]];
    d[k] = c * c * first + 2 * c * s * between + s * s * second;
    d[k + 1] = s * s * first - 2 * c * s * between + c * c * second;
    e[k] = c * s * (second - first) + (c * c - s * s) * between;
    if (k < high - 1) {
      x = e[k];
      z = s * e[k + 1];
      e[k + 1] *= c;
    }
    if (rows !== null) rotateRows(rows, k * n, (k + 1) * n, n, c, s);
  }
}
