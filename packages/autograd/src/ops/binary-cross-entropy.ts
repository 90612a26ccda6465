// The cross-entropy of yes-or-no decisions, from logits.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import type { Saved } from "../op/op.ts";
import { drawShape, reals } from "../op/samples.ts";
import type { PairLossFn } from "../tensor/signatures.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkFinite, checkOptions } from "../tensor/options.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sigmoid, softplus } from "./activation.ts";
import { sub } from "./arith.ts";
import {
  batchReduction,
  checkReduction,
  divisor,
  pairLossShape,
  reduceLosses,
  reduceReference,
  reductions,
  type ReductionAttrs,
  type ReductionOptions,
} from "./loss.ts";
import { sum } from "./move.ts";
import { add, mul, mulZero, neg } from "./pointwise.ts";

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** What a positive target counts for, >= 0; e.g. negatives per positive, where positives are rare.
   *  Default: 1. */
  readonly posWeight?: number;
}

type BinaryAttrs = ReductionAttrs & { readonly posWeight: number };

const countOf = ({ a, attrs }: Saved<BinaryAttrs>): number => divisor(attrs.reduction, a.size);

/** ∂loss/∂z = (1 − t)·σ(z) − w·t·σ(−z), each term precise at its small end. */
function logitSlope(saved: Saved<BinaryAttrs>): Tensor {
  const { a: z, b: t, attrs } = saved;
  const count = countOf(saved);
  const negative = mul(mul(sub(1, t), 1 / count), sigmoid(z));
  return sub(negative, mul(mul(t, attrs.posWeight / count), sigmoid(neg(z))));
}

/** ∂loss/∂t = w·softplus(−z) − softplus(z). */
function targetSlope(saved: Saved<BinaryAttrs>): Tensor {
  const { a: z, attrs } = saved;
  const count = countOf(saved);
  return sub(mul(softplus(neg(z)), attrs.posWeight / count), mul(softplus(z), 1 / count));
}

/**
 * The binary cross-entropy −posWeight·t·ln σ(z) − (1 − t)·ln(1 − σ(z)) of logits z with targets t from
 * 0 to 1 of the same shape, computed as posWeight·t·softplus(−z) + (1 − t)·softplus(z), which neither
 * overflows nor loses what is small: it and its derivatives of every order are right at any logit.
 *
 * @throws ShapeError when the shapes differ; OptionError for a posWeight below 0.
 * @example binaryCrossEntropyWithLogits(model.forward(x), y, { posWeight: 9 }).backward();
 */
export const binaryCrossEntropyWithLogits: OpOf<
  PairLossFn<"binaryCrossEntropyWithLogits", BinaryCrossEntropyOptions>,
  BinaryAttrs
> = defineOp<PairLossFn<"binaryCrossEntropyWithLogits", BinaryCrossEntropyOptions>, BinaryAttrs>(
  {
    name: "binaryCrossEntropyWithLogits",
    arity: 2,
    broadcasts: false,
    shape: (inputs, { reduction }) =>
      pairLossShape("binaryCrossEntropyWithLogits", inputs, reduction),
    body: (k, [z, t], { reduction, posWeight }) => {
      const losses = k.map([z, t], (z, t) => {
        const small = s.log1p(s.exp(s.neg(s.abs(z))));
        const no = s.add(s.max(z, 0), small);
        const yes = s.add(s.max(s.neg(z), 0), small);
        // An infinite logit on the right side costs nothing.
        return s.add(s.mulZero(s.mul(posWeight, t), yes), s.mulZero(s.sub(1, t), no));
      });
      return [reduceLosses(k, losses, reduction)];
    },
    vjp: [
      (g, saved) => mulZero(g, logitSlope(saved)),
      (g, saved) => mulZero(g, targetSlope(saved)),
    ],
    jvp: ([tz, tt], saved) => {
      const byLogits = tz && mulZero(tz, logitSlope(saved));
      const byTargets = tt && mulZero(tt, targetSlope(saved));
      const terms = byLogits && byTargets ? add(byLogits, byTargets) : (byLogits ?? byTargets)!;
      return [saved.attrs.reduction === "none" ? terms : sum(terms)];
    },
    batch: batchReduction(({ reduction }, count) => divisor(reduction, count)),
    samples: (draw) => {
      const shape = drawShape(draw, { minDim: 1 });
      const attrs = { reduction: draw.pick(reductions), posWeight: draw.pick([1, 3, 0.5]) };
      return { inputs: [reals(draw, shape), reals(draw, shape, { min: 0, max: 1 })], attrs };
    },
    reference: ([z, t], { reduction, posWeight }) => {
      const losses = NDArray.build(z.shape, (index) => {
        const p = 1 / (1 + Math.exp(-z.at(index)));
        const target = t.at(index);
        return -posWeight * target * Math.log(p) - (1 - target) * Math.log(1 - p);
      });
      return reduceReference(losses, reduction, sizeOf(z.shape));
    },
  },
  (apply) =>
    (logits: Tensor, targets: Tensor, options: BinaryCrossEntropyOptions = {}) => {
      const where = "binaryCrossEntropyWithLogits";
      checkOptions(where, options, ["reduction", "posWeight"]);
      const reduction = checkReduction(where, options.reduction ?? "mean");
      const posWeight = checkFinite(where, "posWeight", options.posWeight ?? 1);
      if (posWeight >= 0) return apply([logits, targets], { reduction, posWeight });
      throw new OptionError({
        where,
        expected: "posWeight >= 0",
        got: String(posWeight),
        fix: "Leave it out for 1.",
      });
    },
);
