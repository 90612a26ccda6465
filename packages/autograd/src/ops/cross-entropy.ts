// The cross-entropy of logits with class indices or probabilities.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Spec } from "../kernel/kernel.ts";
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { BatchRule, Saved } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { checkFloat } from "../op/rules.ts";
import { drawShape, integers, reals, type Draw } from "../op/samples.ts";
import type { CrossEntropyFn } from "../tensor/signatures.ts";
import { arange } from "../tensor/create.ts";
import { isFloat } from "../tensor/dtype.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { sameShape, showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div, maximum, sub } from "./arith.ts";
import { cast } from "./cast.ts";
import { eq, ne } from "./compare.ts";
import {
  batchReduction,
  checkReduction,
  divisor,
  reduceLosses,
  reduceReference,
  reductions,
  type Reduction,
  type ReductionOptions,
} from "./loss.ts";
import { sum, unsqueeze } from "./move.ts";
import { add, mul, mulZero } from "./pointwise.ts";
import { logSoftmax, softmax } from "./softmax.ts";

export interface CrossEntropyOptions extends ReductionOptions {
  /** Targets of this class count neither in the loss nor in the mean. Default: none. */
  readonly ignoreIndex?: number;
  /** How much of each target is spread evenly over the classes, from 0 (default) to 1. */
  readonly labelSmoothing?: number;
}

type CrossEntropyAttrs = {
  readonly reduction: Reduction;
  readonly ignoreIndex: number | null;
  readonly labelSmoothing: number;
};

const rowsOf = (shape: Shape): Shape => shape.slice(0, -1);

function crossEntropyShape([logits, targets]: readonly Spec[], attrs: CrossEntropyAttrs): Spec[] {
  checkFloat("crossEntropy", logits);
  const rows = rowsOf(logits.shape);
  const wanted = isFloat(targets.dtype) ? logits.shape : rows;
  if (logits.shape.length === 0 || !sameShape(targets.shape, wanted)) {
    throw new ShapeError({
      where: "crossEntropy",
      expected: `logits [..., classes] and int32 targets ${showShape(rows)} or float targets ${showShape(logits.shape)}`,
      got: `logits ${showShape(logits.shape)}, ${targets.dtype} targets ${showShape(targets.shape)}`,
      fix: "Classes are the last axis; targets are class indices, or probabilities.",
    });
  }
  if (isFloat(targets.dtype)) {
    checkOperands("crossEntropy", [logits, targets], "float");
    if (attrs.ignoreIndex !== null) {
      throw new OptionError({
        where: "crossEntropy",
        expected: "ignoreIndex with class indices as targets",
        got: `${targets.dtype} targets`,
        fix: "Leave it out, and give rows that do not count probabilities of 0.",
      });
    }
  } else checkOperands("crossEntropy (targets)", [targets], "int");
  return [{ shape: attrs.reduction === "none" ? rows : [], dtype: logits.dtype }];
}

function crossEntropyBody(
  k: KernelBuilder,
  [logits, targets]: readonly Value[],
  attrs: CrossEntropyAttrs,
): Value[] {
  const { ignoreIndex, labelSmoothing: smoothing, reduction } = attrs;
  const classes = logits.shape[logits.shape.length - 1];
  const last = logits.shape.length - 1;
  const rows = rowsOf(logits.shape);
  const logp = logSoftmax.op.body(k, [logits], { axis: last })[0];
  if (isFloat(targets.dtype)) {
    const terms = k.map([targets, logp], (q, logp) =>
      s.mulZero(s.add(s.mul(q, 1 - smoothing), smoothing / classes), s.neg(logp)),
    );
    return [reduceLosses(k, k.reduce("sum", terms, [last]), reduction)];
  }
  const chosen =
    ignoreIndex === null ? targets : k.map([targets], (t) => s.select(s.eq(t, ignoreIndex), 0, t));
  const picked = k.reshape(k.gather(logp, k.reshape(chosen, [...rows, 1]), last), rows);
  let losses = k.map([picked], (p) => s.mul(p, smoothing - 1));
  if (smoothing > 0) {
    const spread = k.reduce("sum", logp, [last]);
    losses = k.map([losses, spread], (l, t) => s.sub(l, s.mul(t, smoothing / classes)));
  }
  if (ignoreIndex === null) return [reduceLosses(k, losses, reduction)];
  losses = k.map([targets, losses], (t, l) => s.select(s.eq(t, ignoreIndex), 0, l));
  if (reduction !== "mean") return [reduceLosses(k, losses, reduction)];
  const counted = k.cast(
    k.map([targets], (t) => s.ne(t, ignoreIndex)),
    logits.dtype,
  );
  const count = reduceLosses(k, counted, "sum");
  const total = reduceLosses(k, losses, "sum");
  return [k.map([total, count], (t, n) => s.div(t, s.max(n, 1)))];
}

/** The target distribution for each row, smoothed. */
function targetDistribution({ a, b, attrs }: Saved<CrossEntropyAttrs>): Tensor {
  const classes: number = a.shape[a.rank - 1];
  const { labelSmoothing: smoothing } = attrs;
  const q = isFloat(b.dtype)
    ? b
    : cast(eq(unsqueeze(b, -1), arange(classes, { dtype: "int32" })), a.dtype);
  return smoothing === 0 ? q : add(mul(q, 1 - smoothing), smoothing / classes);
}

/** What a row's loss counts for, [..., 1]: 0 if ignored, and divided by the count for a mean. */
function rowWeights({ a, b, attrs }: Saved<CrossEntropyAttrs>): Tensor | number {
  const { ignoreIndex, reduction } = attrs;
  if (isFloat(b.dtype) || ignoreIndex === null) {
    return 1 / divisor(reduction, sizeOf(rowsOf(a.shape)));
  }
  const counted = unsqueeze(cast(ne(b, ignoreIndex), a.dtype), -1);
  return reduction === "mean" ? div(counted, maximum(sum(counted), 1)) : counted;
}

/** ∂loss/∂logits = softmax(logits) · Σq − q, weighted. Integer targets have Σq = 1. */
function crossEntropySlope(saved: Saved<CrossEntropyAttrs>): Tensor {
  const q = targetDistribution(saved);
  const p = softmax(saved.a);
  const mass = isFloat(saved.b.dtype) ? mul(p, sum(q, { axis: -1, keepDims: true })) : p;
  return mulZero(sub(mass, q), rowWeights(saved));
}

/** ∂loss/∂targets = −(1 − smoothing) · log softmax(logits), weighted. */
const targetSlope = (saved: Saved<CrossEntropyAttrs>): Tensor =>
  mulZero(mul(logSoftmax(saved.a), saved.attrs.labelSmoothing - 1), rowWeights(saved));

const perRow = (g: Tensor, { attrs }: Saved<CrossEntropyAttrs>): Tensor =>
  attrs.reduction === "none" ? unsqueeze(g, -1) : g;

/**
 * The cross-entropy −Σ q·ln softmax(logits) of logits [..., classes] with targets: class indices
 * (int32) [...], or probabilities (e.g. one-hot) [..., classes]. The classes are the last axis. If
 * all targets are ignored, the loss is 0.
 *
 * @throws IndexRangeError for a class index that is not in 0 … classes − 1 (and not ignored).
 * @example crossEntropy(model.forward(images), labels).backward();
 */
export const crossEntropy: OpOf<CrossEntropyFn<CrossEntropyOptions>, CrossEntropyAttrs> = defineOp<
  CrossEntropyFn<CrossEntropyOptions>,
  CrossEntropyAttrs
>(
  {
    name: "crossEntropy",
    arity: 2,
    broadcasts: false,
    shape: crossEntropyShape,
    body: crossEntropyBody,
    vjp: [
      (g, saved) => mulZero(perRow(g, saved), crossEntropySlope(saved)),
      (g, saved) => mulZero(perRow(g, saved), targetSlope(saved)),
    ],
    jvp: ([tl, tt], saved) => {
      const byLogits = tl && mulZero(tl, crossEntropySlope(saved));
      const byTargets = tt && mulZero(tt, targetSlope(saved));
      const terms = byLogits && byTargets ? add(byLogits, byTargets) : (byLogits ?? byTargets)!;
      return [saved.attrs.reduction === "none" ? sum(terms, { axis: -1 }) : sum(terms)];
    },
    batch: (call) => batchCrossEntropy(call),
    samples: drawCrossEntropy,
    reference: ([logits, targets], attrs) => {
      const rows = rowsOf(logits.shape);
      const classes = logits.shape[logits.shape.length - 1];
      const { ignoreIndex, labelSmoothing } = attrs;
      const dense = targets.shape.length === logits.shape.length;
      const ignored = (row: readonly number[]) => !dense && targets.at(row) === ignoreIndex;
      const losses = NDArray.build(rows, (row) => {
        if (ignored(row)) return 0;
        const x = Array.from({ length: classes }, (_, c) => logits.at([...row, c]));
        return x.reduce((loss, v, c) => {
          const q = dense ? targets.at([...row, c]) : Number(targets.at(row) === c);
          const smooth = (1 - labelSmoothing) * q + labelSmoothing / classes;
          if (smooth === 0) return loss;
          return loss + smooth * Math.log(x.reduce((sum, w) => sum + Math.exp(w - v), 0));
        }, 0);
      });
      const count = indices(rows).filter((row) => !ignored(row)).length;
      return reduceReference(losses, attrs.reduction, ignoreIndex === null ? count : count || 1);
    },
  },
  (apply) =>
    (logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}) =>
      apply([logits, targets], crossEntropyAttrs(options)),
);

function crossEntropyAttrs(options: CrossEntropyOptions): CrossEntropyAttrs {
  checkOptions("crossEntropy", options, ["reduction", "ignoreIndex", "labelSmoothing"]);
  const { ignoreIndex = null, labelSmoothing = 0 } = options;
  const reduction = checkReduction("crossEntropy", options.reduction ?? "mean");
  if (labelSmoothing >= 0 && labelSmoothing <= 1) return { reduction, ignoreIndex, labelSmoothing };
  throw new OptionError({
    where: "crossEntropy",
    expected: "labelSmoothing from 0 to 1",
    got: String(labelSmoothing),
    fix: "Common values are 0 and 0.1.",
  });
}

/** As for mse; the mean divides by how many targets of each batch entry count. */
const batchCrossEntropy: BatchRule<CrossEntropyAttrs> = (call) => {
  const { attrs, batched, inputs } = call;
  const targets = inputs[1];
  const sums = batchReduction<CrossEntropyAttrs>((a, n) => divisor(a.reduction, n));
  if (attrs.reduction !== "mean" || attrs.ignoreIndex === null || isFloat(targets.dtype)) {
    return sums(call);
  }
  const [totals] = sums({ ...call, attrs: { ...attrs, reduction: "sum" } });
  const axes = targets.shape.map((_: number, d: number) => d).slice(batched[1] ? 1 : 0);
  const count = sum(cast(ne(targets, attrs.ignoreIndex), totals.dtype), { axis: axes });
  return [div(totals, maximum(count, 1))];
};

function drawCrossEntropy(draw: Draw) {
  const rows = drawShape(draw, { maxRank: 2, minDim: 1 });
  const classes = draw.pick([3, 2, 1]);
  const attrs: CrossEntropyAttrs = {
    reduction: draw.pick(reductions),
    ignoreIndex: draw.pick([null, -100]),
    labelSmoothing: draw.pick([0, 0.25]),
  };
  const logits = reals(draw, [...rows, classes]);
  if (draw.int(0, 1) === 1) {
    const probabilities = reals(draw, [...rows, classes], { min: 0, max: 1 });
    return { inputs: [logits, probabilities], attrs: { ...attrs, ignoreIndex: null } };
  }
  const labels = integers(draw, rows, 0, classes - 1);
  const data = labels.data.map((label) =>
    attrs.ignoreIndex !== null && draw.int(0, 2) === 2 ? attrs.ignoreIndex : label,
  );
  return { inputs: [logits, { ...labels, data }], attrs };
}
