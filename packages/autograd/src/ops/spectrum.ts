// What derivatives of eigenvectors and singular vectors divide by.
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { abs, div, sub } from "./arith.ts";
import { cast } from "./cast.ts";
import { le, where } from "./compare.ts";
import { matmul } from "./contract.ts";
import { epsilonOf } from "./matrices.ts";
import { reshape, sum, unsqueeze } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { max } from "./reduce.ts";

/** Values closer than this times the largest one count as equal: about the error that rounding the
 *  matrix to its dtype makes. */
export const tieWidth = (n: number, dtype: DType): number => 4 * n * epsilonOf(dtype);

/** The distance under which values [..., n] count as equal, [..., 1]. */
const widthOf = (w: Tensor): Tensor =>
  mul(max(abs(w), { axis: -1, keepDims: true }), tieWidth(w.shape.at(-1)!, w.dtype));

export interface Gaps {
  /** 1 / (wⱼ − wᵢ), and 0 where the values are equal. */
  readonly differences: Tensor;
  /** The mean over the values that are equal to one, as a matrix: ties are split evenly. */
  readonly means: Tensor;
}

/** Of values [..., n], n at least 1. */
export function gapsOf(w: Tensor): Gaps {
  const difference = sub(unsqueeze(w, -2), unsqueeze(w, -1));
  const isTie = le(abs(difference), unsqueeze(widthOf(w), -1));
  const ties = cast(isTie, w.dtype);
  return {
    differences: reciprocal(difference, isTie),
    means: div(ties, sum(ties, { axis: -1, keepDims: true })),
  };
}

export interface SingularGaps extends Gaps {
  /** 1 / (sⱼ + sᵢ), and 0 where both are 0. */
  readonly sums: Tensor;
  /** 1 / sᵢ, and 0 where the value is 0. */
  readonly values: Tensor;
}

/** Of singular values [..., k], k at least 1. */
export function singularGapsOf(s: Tensor): SingularGaps {
  const total = add(unsqueeze(s, -2), unsqueeze(s, -1));
  return {
    ...gapsOf(s),
    sums: reciprocal(total, le(total, unsqueeze(widthOf(s), -1))),
    values: reciprocal(s, le(s, widthOf(s))),
  };
}

const reciprocal = (x: Tensor, isZero: Tensor): Tensor =>
  where(isZero, 0, div(1, where(isZero, 1, x)));

/** Each entry of [..., n] becomes the mean over those whose values are equal. */
export function averaged(g: Tensor, { means }: Gaps): Tensor {
  return reshape(matmul(means, unsqueeze(g, -1)), g.shape);
}

/** The same for singular values, where those that are 0 have derivative 0. */
export const averagedSingular = (g: Tensor, s: Tensor, gaps: Gaps): Tensor =>
  where(le(s, widthOf(s)), 0, averaged(g, gaps));
