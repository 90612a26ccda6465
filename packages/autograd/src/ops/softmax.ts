// Softmax and its logarithm along an axis, shifted by the largest element.
import * as s from "../kernel/scalar.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import type { OpRecord } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { batchUnary, checkFloat, shiftAxis } from "../op/rules.ts";
import { drawAxis, drawShape, reals } from "../op/samples.ts";
import type { AlongAxisFn } from "../tensor/signatures.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./arith.ts";
import { exp } from "./exp-log.ts";
import { sum } from "./move.ts";
import { mul, neg } from "./pointwise.ts";
import { finiteMax } from "./reduce.ts";

export type AxisAttrs = { readonly axis: number };

/** The call of an op along one axis, the last one by default. */
export const callAlongAxis =
  (name: string) =>
  (apply: (inputs: Tensor[], attrs: AxisAttrs) => Tensor) =>
  (x: Tensor, options: { readonly axis?: number } = {}) => {
    requireTensor(name, x);
    checkOptions(name, options, ["axis"]);
    const { axis = -1 } = options;
    return apply([x], { axis: normalizeAxis(name, axis, x.rank) });
  };

/** What ops along one axis that keep the shape have in common. */
export const alongAxis = (
  name: string,
  reference: (values: readonly number[]) => number[],
): Pick<
  OpRecord<AxisAttrs>,
  "name" | "arity" | "broadcasts" | "shape" | "batch" | "samples" | "reference"
> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x]: readonly Spec[]) => {
    checkFloat(name, x);
    return [x];
  },
  batch: batchUnary(shiftAxis),
  samples: (draw) => {
    const shape = drawShape(draw, { minRank: 1 });
    return { inputs: [reals(draw, shape)], attrs: { axis: drawAxis(draw, shape.length) } };
  },
  reference: ([x], { axis }) =>
    NDArray.build(x.shape, (index) => {
      const line = Array.from({ length: x.shape[axis] }, (_, i) => x.at(index.with(axis, i)));
      return reference(line)[index[axis]];
    }),
});

function softmaxOf(k: KernelBuilder, x: Value, axis: number): Value {
  const e = k.map([x, finiteMax(k, x, [axis])], (x, m) => s.exp(s.sub(x, m)));
  const total = k.reduce("sum", e, [axis], true);
  return k.map([e, total], (e, t) => s.select(s.eq(t, 0), 0, s.div(e, t)));
}

/** Σ eʷ⁻ᵛ, for the references: softmax is its reciprocal, without a shift that all have in common. */
const sumOfExp = (values: readonly number[], v: number): number =>
  values.reduce((total, w) => total + Math.exp(w - v), 0);

/** eˣ / Σ eˣ along an axis (the last by default). Where all elements are −inf, as in a row that is
 *  masked whole, it is 0. @example softmax(logits, { axis: -1 }) */
export const softmax: OpOf<AlongAxisFn<"softmax">, AxisAttrs> = defineOp<
  AlongAxisFn<"softmax">,
  AxisAttrs
>(
  {
    ...alongAxis("softmax", (values) =>
      values.map((v) => (v === -Infinity ? 0 : 1 / sumOfExp(values, v))),
    ),
    body: (k, [x], { axis }) => [softmaxOf(k, x, axis)],
    // ∂y_i/∂x_j = y_i (δ_ij − y_j): symmetric, so the tangent has the same formula.
    vjp: [(g, { y, attrs }) => softmaxDerivative(g, y, attrs)],
    jvp: ([t], { y, attrs }) => [softmaxDerivative(t!, y, attrs)],
  },
  callAlongAxis("softmax"),
);

/** e⁻ˣ / Σ e⁻ˣ along an axis (the last by default): softmax of −x, the smallest weighs most. Where all
 *  elements are +inf it is 0. @example softmin(distances, { axis: -1 }) */
export const softmin: OpOf<AlongAxisFn<"softmin">, AxisAttrs> = defineOp<
  AlongAxisFn<"softmin">,
  AxisAttrs
>(
  {
    ...alongAxis("softmin", (values) => {
      const total = values.reduce((t, v) => t + 1 / Math.exp(v), 0);
      return values.map((v) => 1 / (Math.exp(v) * total));
    }),
    body: (k, [x], { axis }) => [softmaxOf(k, k.map([x], s.neg), axis)],
    vjp: [(g, { y, attrs }) => neg(softmaxDerivative(g, y, attrs))],
    jvp: ([t], { y, attrs }) => [neg(softmaxDerivative(t!, y, attrs))],
  },
  callAlongAxis("softmin"),
);

const softmaxDerivative = (g: Tensor, y: Tensor, { axis }: AxisAttrs): Tensor =>
  mul(y, sub(g, sum(mul(g, y), { axis, keepDims: true })));

/** ln softmax(x) along an axis (the last by default): x − logsumexp(x), without overflow. Where all
 *  elements are −inf it is −inf. */
export const logSoftmax: OpOf<AlongAxisFn<"logSoftmax">, AxisAttrs> = defineOp<
  AlongAxisFn<"logSoftmax">,
  AxisAttrs
>(
  {
    ...alongAxis("logSoftmax", (values) => values.map((v) => -Math.log(sumOfExp(values, v)))),
    body: (k, [x], { axis }) => {
      const shift = finiteMax(k, x, [axis]);
      const shifted = k.map([x, shift], (x, m) => s.sub(x, m));
      const total = k.reduce("sum", k.map([shifted], s.exp), [axis], true);
      return [k.map([shifted, total], (x, t) => s.select(s.eq(t, 0), x, s.sub(x, s.log(t))))];
    },
    vjp: [(g, { y, attrs: { axis } }) => sub(g, mul(exp(y), sum(g, { axis, keepDims: true })))],
    jvp: ([t], { y, attrs: { axis } }) => [sub(t!, sum(mul(exp(y), t!), { axis, keepDims: true }))],
  },
  callAlongAxis("logSoftmax"),
);
