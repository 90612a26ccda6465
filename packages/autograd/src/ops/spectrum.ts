// What derivatives of eigenvectors and singular vectors divide by, and where they do not exist.
import { defineOp, type OpOf } from "../op/define.ts";
import type { NDArray } from "../op/ndarray.ts";
import type { JvpRule } from "../op/op.ts";
import type { HostArray } from "../kernel/kernel.ts";
import { reals } from "../op/samples.ts";
import { GradientError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sizeOf } from "../tensor/shape.ts";
import { abs, div, sub } from "./arith.ts";
import { cast } from "./cast.ts";
import { le, where } from "./compare.ts";
import { matmul } from "./contract.ts";
import { epsilonOf, showPlace } from "./matrices.ts";
import { batchAll, reshape, sum, unsqueeze } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { max } from "./reduce.ts";

/** Values closer than this times the largest one count as equal: about the error that rounding the
 *  matrix to its dtype makes. */
const tieWidth = (n: number, dtype: "float32" | "float64"): number => 4 * n * epsilonOf(dtype);

/** The distance under which values [..., n] count as equal, [..., 1]. */
const widthOf = (w: Tensor): Tensor =>
  mul(
    max(abs(w), { axis: -1, keepDims: true }),
    tieWidth(w.shape.at(-1)!, w.dtype as "float32" | "float64"),
  );

export interface Gaps {
  /** 1 / (wⱼ − wᵢ), and 0 where the values are equal. */
  readonly differences: Tensor;
  /** 1 / (wⱼ + wᵢ), and 0 where both are 0. */
  readonly sums: Tensor;
  /** 1 / wᵢ, and 0 where the value is 0. */
  readonly values: Tensor;
  /** The mean over the values that are equal to one, as a matrix: ties are split evenly. */
  readonly means: Tensor;
  /** 0 where the value is 0, else 1. */
  readonly nonZero: Tensor;
}

/** All of them are functions of values [..., n]; n must be at least 1. */
export function gapsOf(w: Tensor): Gaps {
  const row = unsqueeze(w, -2);
  const column = unsqueeze(w, -1);
  const width = unsqueeze(widthOf(w), -1);
  const difference = sub(row, column);
  const total = add(row, column);
  const isTie = le(abs(difference), width);
  const isZero = le(total, width);
  const isNothing = le(w, widthOf(w));
  const ties = cast(isTie, w.dtype);
  return {
    differences: reciprocal(difference, isTie),
    sums: reciprocal(total, isZero),
    values: reciprocal(w, isNothing),
    means: div(ties, sum(ties, { axis: -1, keepDims: true })),
    nonZero: where(isNothing, mul(w, 0), 1),
  };
}

const reciprocal = (x: Tensor, isZero: Tensor): Tensor =>
  where(isZero, 0, div(1, where(isZero, 1, x)));

/** Each entry of [..., n] becomes the mean over those whose values are equal. */
export function averaged(g: Tensor, { means }: Gaps): Tensor {
  return reshape(matmul(means, unsqueeze(g, -1)), g.shape);
}

/** The largest absolute value of each of `count` matrices of `size` elements. */
const sizeAt = ({ data }: HostArray, index: number, size: number): number => {
  let result = 0;
  for (let i = index * size; i < (index + 1) * size; i++) {
    result = Math.max(result, Math.abs(data[i]));
  }
  return result;
};

/** The first input, as it is: its derivative is the identity, and checks have none. */
const passOn: JvpRule<object & Record<string, never>> = ([t]) => [t];

const checkDefaults = {
  arity: 3,
  broadcasts: false,
  vjp: [(g: Tensor) => g, null, null],
  jvp: passOn,
  batch: batchAll<Record<string, never>>((attrs) => attrs),
} as const;

/**
 * The first input X, [..., n, n], after a check: X = VᵀV̄ for the cotangent V̄ of vectors with values w,
 * whose own cotangent is ḡ. Vectors with equal values may be turned among each other at will; only
 * functions that do not see that have a derivative: those for which Xᵢⱼ = Xⱼᵢ at ties. And where
 * ḡ differs at a tie, the function may be one of the matrix V·h(w)·Vᵀ, whose derivative X and ḡ do not
 * tell.
 * @throws GradientError where the derivative does not exist, or cannot be told.
 */
export const checkTies: OpOf<(x: Tensor, w: Tensor, g: Tensor) => Tensor> = defineOp({
  ...checkDefaults,
  name: "checkTies",
  shape: ([x]) => [x],
  body: (k, inputs) => [
    k.host(inputs, inputs[0], ([x, w, g], out) => {
      const { dtype } = inputs[0];
      const n = w.shape.at(-1)!;
      const batch = w.shape.slice(0, -1);
      const limit = Math.sqrt(epsilonOf(dtype));
      for (let b = 0; b < sizeOf(batch); b++) {
        const size = sizeAt(w, b, n);
        const width = tieWidth(n, dtype as "float32" | "float64") * size;
        const scale = sizeAt(x, b, n * n);
        const slack = limit * (sizeAt(g, b, n) + (size > 0 ? scale / size : 0));
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < i; j++) {
            const [first, second] = [w.data[b * n + i], w.data[b * n + j]];
            if (!(Math.abs(first - second) <= width)) continue;
            const skew = x.data[(b * n + i) * n + j] - x.data[(b * n + j) * n + i];
            const apart = g.data[b * n + i] - g.data[b * n + j];
            if (Math.abs(skew) > limit * scale) throw noVectors(first, second, b, batch);
            if (Math.abs(apart) > slack) throw noMatrix(first, second, b, batch);
          }
        }
      }
      out.set(x.data);
    }),
  ],
  samples: (draw) => ({
    inputs: [
      reals(draw, [2, 2]),
      { shape: [2], data: [-1, draw.real(1, 2)], dtype: "float" },
      reals(draw, [2]),
    ],
    attrs: {},
  }),
  reference: ([x]: readonly NDArray[]) => x,
}) as OpOf<(x: Tensor, w: Tensor, g: Tensor) => Tensor>;

const noVectors = (first: number, second: number, index: number, batch: readonly number[]) =>
  new GradientError({
    where: "derivative of eigenvectors or singular vectors",
    expected: "distinct values, or a function that does not depend on the choice of vectors",
    got: `equal values ${second} and ${first}${showPlace(index, batch)}, and one that does`,
    fix: "Their vectors have no derivative. Use what they span, V·Vᵀ, or move the values apart.",
  });

const noMatrix = (first: number, second: number, index: number, batch: readonly number[]) =>
  new GradientError({
    where: "derivative of eigenvalues and vectors together",
    expected: "distinct values, or a function that treats equal ones alike",
    got: `equal values ${second} and ${first}${showPlace(index, batch)}, and unequal cotangents`,
    fix: "Compute functions of the matrix by products, cholesky, inverse or solve instead.",
  });

/**
 * The first input N after a check: N is what is left of the cotangent G of vectors, both [..., m, k],
 * outside of what these span. A vector whose value w is 0 may be turned out of that space at will.
 * @throws GradientError where such a vector has a share in N.
 */
export const checkNullVectors: OpOf<(n: Tensor, g: Tensor, w: Tensor) => Tensor> = defineOp({
  ...checkDefaults,
  name: "checkNullVectors",
  shape: ([x]) => [x],
  body: (k, inputs) => [
    k.host(inputs, inputs[0], ([x, g, w], out) => {
      const { dtype } = inputs[0];
      const [m, n] = x.shape.slice(-2);
      const batch = w.shape.slice(0, -1);
      for (let b = 0; b < sizeOf(batch); b++) {
        const width = tieWidth(n, dtype as "float32" | "float64") * sizeAt(w, b, n);
        const limit = Math.sqrt(epsilonOf(dtype)) * sizeAt(g, b, m * n);
        for (let i = 0; i < m * n; i++) {
          if (!(w.data[b * n + (i % n)] <= width)) continue;
          if (Math.abs(x.data[b * m * n + i]) > limit) throw noNullVector(b, batch);
        }
      }
      out.set(x.data);
    }),
  ],
  samples: (draw) => ({
    inputs: [
      reals(draw, [3, 2]),
      reals(draw, [3, 2]),
      { shape: [2], data: [2, draw.real(0.5, 1.5)], dtype: "float" },
    ],
    attrs: {},
  }),
  reference: ([x]: readonly NDArray[]) => x,
}) as OpOf<(n: Tensor, g: Tensor, w: Tensor) => Tensor>;

const noNullVector = (index: number, batch: readonly number[]) =>
  new GradientError({
    where: "derivative of svd",
    expected: "a matrix of full rank, or a function that ignores vectors of singular values of 0",
    got: `a singular value of 0${showPlace(index, batch)}, and a function of its vector`,
    fix: "Slice the vectors to the rank first.",
  });
