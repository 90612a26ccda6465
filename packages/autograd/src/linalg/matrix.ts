// Matrices of this room are plain Float64Arrays in row-major order; their sizes travel beside them.
// Everything is computed in double precision, whatever the tensors hold.

export const identity = (n: number): Float64Array => {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) result[i * n + i] = 1;
  return result;
};

/** The n × m transpose of an m × n matrix. */
export function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const result = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) result[j * m + i] = a[i * n + j];
  }
  return result;
}

/** The product of an m × k and a k × n matrix. */
export function product(
  a: Float64Array,
  b: Float64Array,
  m: number,
  k: number,
  n: number,
): Float64Array {
  const result = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l];
      for (let j = 0; j < n; j++) result[i * n + j] += factor * b[l * n + j];
    }
  }
  return result;
}

/** The largest absolute value; NaN if there is one. */
export function largest(a: ArrayLike<number>): number {
  let result = 0;
  for (let i = 0; i < a.length; i++) {
    const size = Math.abs(a[i]);
    if (!(size <= result)) result = size;
    if (size !== size) return NaN;
  }
  return result;
}

/** A power of two near the largest element (1 for a zero matrix): dividing by it is exact, and keeps
 *  squares of elements from overflow and underflow. NaN where an element is NaN or infinite. */
export function scaleOf(a: ArrayLike<number>): number {
  const size = largest(a);
  if (!Number.isFinite(size)) return NaN;
  return size === 0 ? 1 : 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2(size))));
}

/** Σ aᵢbᵢ over `length` elements from two places on. */
export function dotAt(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  length: number,
): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += a[i + k] * b[j + k];
  return sum;
}

/** Rotates two rows: x ← c·x + s·y, y ← c·y − s·x. */
export function rotateRows(
  a: Float64Array,
  i: number,
  j: number,
  length: number,
  c: number,
  s: number,
): void {
  for (let k = 0; k < length; k++) {
    const x = a[i + k];
    const y = a[j + k];
    a[i + k] = c * x + s * y;
    a[j + k] = c * y - s * x;
  }
}

/**
 * The product of numbers, large ones times small ones, so that it overflows or underflows only where
 * the result does. `sorted` is in descending order of size; the places in `skip` are left out.
 */
export function balancedProduct(sorted: ArrayLike<number>, skip: readonly number[] = []): number {
  let result = 1;
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const at = Math.abs(result) > 1 ? high-- : low++;
    if (!skip.includes(at)) result *= sorted[at];
  }
  return result;
}

/** ±1 by which a vector (every `stride`-th element from `at` on) is multiplied to be oriented: its
 *  first element that is not small, at least 0.3 of the largest, becomes positive. Unlike the largest
 *  one, that element does not change places with another one at (1, −1)/√2 or (1, 1, −1)/√3. */
export function orientation(a: Float64Array, at: number, stride: number, length: number): number {
  let size = 0;
  for (let i = 0; i < length; i++) size = Math.max(size, Math.abs(a[at + i * stride]));
  for (let i = 0; i < length; i++) {
    const x = a[at + i * stride];
    if (Math.abs(x) >= 0.3 * size) return x < 0 ? -1 : 1;
  }
  return 1;
}
