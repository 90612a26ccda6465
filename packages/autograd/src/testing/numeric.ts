// Derivatives by differences: the judge of all derivative rules.
import { wrap } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A tensor of the same shape and dtype with other values. */
export const withData = (like: Tensor, data: ArrayLike<number>): Tensor => {
  const copy = like.data;
  copy.set(data);
  return wrap("gradcheck", copy, like.shape, like.dtype);
};

/** x with one element moved. */
export function moved(x: Tensor, element: number, by: number): Tensor {
  const data = x.data;
  data[element] += by;
  return withData(x, data);
}

/**
 * f'(0) by central differences at steps h and h/2, extrapolated to a step of 0: the error is
 * O(h⁴). L. F. Richardson, "The approximate arithmetical solution by finite differences", 1911.
 */
export function differentiate(f: (step: number) => number, h: number): number {
  const slope = (step: number): number => (f(step) - f(-step)) / (2 * step);
  return (4 * slope(h / 2) - slope(h)) / 3;
}

/** Fixed numbers without pattern, of both signs and between ½ and 3/2 in size: as weights they let
 *  no error cancel. */
export function weights(count: number, salt: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const fraction = (Math.sin((i + 1) * 12.9898 + salt * 78.233) * 43758.5453) % 1;
    return fraction + Math.sign(fraction) / 2;
  });
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}
