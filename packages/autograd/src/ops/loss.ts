// What losses share, and the mean squared error.
import * as s from "../kernel/scalar.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import type { BatchRule, Saved } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { drawShape, reals } from "../op/samples.ts";
import type { PairLossFn } from "../tensor/signatures.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { sameShape, showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div, sub } from "./arith.ts";
import { batchAll, sum } from "./move.ts";
import { mul, neg } from "./pointwise.ts";

/** How the losses of the samples become one: their mean, their sum, or not at all. */
export type Reduction = "mean" | "sum" | "none";

export const reductions: readonly Reduction[] = ["mean", "sum", "none"];

export function checkReduction(where: string, reduction: Reduction): Reduction {
  if (reductions.includes(reduction)) return reduction;
  throw new OptionError({
    where,
    expected: `reduction ${reductions.map((name) => `"${name}"`).join(", ")}`,
    got: JSON.stringify(reduction),
    fix: "Name one of these.",
  });
}

/** The number of losses that a mean divides by, or 1. */
export const divisor = (reduction: Reduction, count: number): number =>
  reduction === "mean" ? count : 1;

/** In a body: the losses as one, or as they are. */
export function reduceLosses(k: KernelBuilder, losses: Value, reduction: Reduction): Value {
  if (reduction === "none") return losses;
  const axes = losses.shape.map((_, axis) => axis);
  const total = k.reduce("sum", losses, axes);
  if (reduction === "sum") return total;
  return k.map([total], (t) => s.div(t, sizeOf(losses.shape)));
}

/** The shape rule of a loss of two tensors of one shape. */
export function pairLossShape(
  where: string,
  inputs: readonly Spec[],
  reduction: Reduction,
): readonly Spec[] {
  const [{ shape }, target] = inputs;
  if (!sameShape(shape, target.shape)) {
    throw new ShapeError({
      where,
      expected: `a target of the prediction's shape ${showShape(shape)}`,
      got: showShape(target.shape),
      fix: "Reshape or expand one of them; a silent broadcast would average the wrong pairs.",
    });
  }
  const dtype = checkOperands(where, inputs, "float");
  return [{ shape: reduction === "none" ? shape : [], dtype }];
}

export type ReductionAttrs = { readonly reduction: Reduction };

/** 2 (a − b), divided by the count for a mean: the derivative of the loss by a. */
const mseSlope = ({ a, b, attrs }: Saved<ReductionAttrs>): Tensor =>
  mul(sub(a, b), 2 / divisor(attrs.reduction, a.size));

export interface ReductionOptions {
  /** Default: "mean". */
  readonly reduction?: Reduction;
}

/**
 * The mean squared error: the mean of (prediction − target)².
 * @throws ShapeError when the shapes differ; broadcasting here is mostly a mistake.
 * @example mse(model.forward(x), y).backward();
 */
export const mse: OpOf<PairLossFn<"mse", ReductionOptions>, ReductionAttrs> = defineOp<
  PairLossFn<"mse", ReductionOptions>,
  ReductionAttrs
>(
  {
    name: "mse",
    arity: 2,
    broadcasts: false,
    shape: (inputs, { reduction }) => pairLossShape("mse", inputs, reduction),
    body: (k, [a, b], { reduction }) => {
      const squares = k.map([a, b], (a, b) => s.mul(s.sub(a, b), s.sub(a, b)));
      return [reduceLosses(k, squares, reduction)];
    },
    vjp: [(g, saved) => mul(mseSlope(saved), g), (g, saved) => neg(mul(mseSlope(saved), g))],
    jvp: ([ta, tb], saved) => {
      const difference = ta && tb ? sub(ta, tb) : (ta ?? neg(tb!));
      const terms = mul(mseSlope(saved), difference);
      return [saved.attrs.reduction === "none" ? terms : sum(terms)];
    },
    batch: batchReduction(({ reduction }, count) => divisor(reduction, count)),
    samples: (draw) => {
      const shape = drawShape(draw, { minDim: 1 });
      const attrs = { reduction: draw.pick(reductions) };
      return { inputs: [reals(draw, shape), reals(draw, shape)], attrs };
    },
    reference: ([a, b], { reduction }) =>
      reduceReference(
        NDArray.build(a.shape, (index) => (a.at(index) - b.at(index)) ** 2),
        reduction,
        sizeOf(a.shape),
      ),
  },
  (apply) =>
    (prediction: Tensor, target: Tensor, options: ReductionOptions = {}) => {
      checkOptions("mse", options, ["reduction"]);
      const reduction = checkReduction("mse", options.reduction ?? "mean");
      return apply([prediction, target], { reduction });
    },
);

/** The unreduced losses of the whole batch, then a sum for each of its entries. */
export function batchReduction<A extends ReductionAttrs>(
  count: (attrs: A, losses: number) => number,
): BatchRule<A> {
  const repeated = batchAll<A>((attrs) => ({ ...attrs, reduction: "none" }));
  return (call) => {
    const [losses] = repeated(call);
    if (call.attrs.reduction === "none") return [losses];
    const axes = losses.shape.slice(1).map((_: number, axis: number) => axis + 1);
    return [div(sum(losses, { axis: axes }), count(call.attrs, losses.size / call.size))];
  };
}

export function reduceReference(losses: NDArray, reduction: Reduction, count: number): NDArray {
  if (reduction === "none") return losses;
  const total = losses.data.reduce((a, b) => a + b, 0);
  return new NDArray([], [reduction === "mean" ? total / count : total]);
}
