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

/** x + step · direction */
export function movedAlong(x: Tensor, direction: ArrayLike<number>, step: number): Tensor {
  const data = x.data;
  for (let i = 0; i < data.length; i++) data[i] += step * direction[i];
  return withData(x, data);
}

export type Line = (step: number) => number;

const central = (f: Line, h: number): number => (f(h) - f(-h)) / (2 * h);

/**
 * f'(0) by central differences at steps h and h/2, extrapolated to a step of 0: the error is
 * O(h⁴). L. F. Richardson, "The approximate arithmetical solution by finite differences", 1911.
 */
export function differentiate(f: Line, h: number): number {
  return (4 * central(f, h / 2) - central(f, h)) / 3;
}

/** A derivative by differences, and how far off it may be by its own estimate. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/**
 * f'(0) where one step size does not do: central differences at steps from 2⁻⁷ that shrink by √2,
 * extrapolated column by column, until the columns agree best. C. J. F. Ridders, "Accurate
 * computation of F'(x) and F'(x) F''(x)", 1982.
 */
export function differentiateAdaptively(f: Line): Estimate {
  let best: Estimate = { value: NaN, error: Infinity };
  let previous: number[] = [];
  for (let i = 0; i < 40; i++) {
    const row = [central(f, Math.SQRT1_2 ** (i + 14))];
    for (let j = 1; j <= Math.min(i, 6); j++) {
      const weight = 2 ** j;
      row.push((weight * row[j - 1] - previous[j - 1]) / (weight - 1));
      const error = Math.max(Math.abs(row[j] - row[j - 1]), Math.abs(row[j] - previous[j - 1]));
      if (error < best.error) best = { value: row[j], error };
    }
    previous = row;
  }
  return best;
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
