/**
 * Replaces a symmetric matrix, of which the lower triangle is read, by L with A = L·Lᵀ.
 * @returns 0, or the order of the first leading minor that is not positive; the result is then of
 *   no use. NaN is no verdict: it goes on into the result.
 */
export function factorCholesky(a: Float64Array, n: number): number {
  for (let j = 0; j < n; j++) {
    let pivot = a[j * n + j];
    for (let k = 0; k < j; k++) pivot -= a[j * n + k] * a[j * n + k];
    if (pivot <= 0) return j + 1;
    const head = Math.sqrt(pivot);
    a[j * n + j] = head;
    for (let i = j + 1; i < n; i++) {
      let entry = a[i * n + j];
      for (let k = 0; k < j; k++) entry -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = entry / head;
      a[j * n + i] = 0;
    }
  }
  return 0;
}
