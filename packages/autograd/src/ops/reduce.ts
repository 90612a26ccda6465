// Reductions over axes. `sum` stands beside its transpose, the expansion, in move.ts.
import * as s from "../kernel/scalar.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { foldAxes } from "../op/ndarray.ts";
import type { OpRecord, Saved } from "../op/op.ts";
import { batchUnary, checkFloat, linearJvp, shiftAxes } from "../op/rules.ts";
import { drawShape, distinctReals, reals } from "../op/samples.ts";
import type { ReduceFn } from "../tensor/signatures.ts";
import { ShapeError } from "../tensor/errors.ts";
import { showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div, sub } from "./arith.ts";
import { cast } from "./cast.ts";
import { eq, where } from "./compare.ts";
import { exp } from "./exp-log.ts";
import {
  drawReduceAttrs,
  expandReduced,
  keepReduced,
  reduceAttrs,
  reducedSpec,
  sum,
  type ReduceAttrs,
} from "./move.ts";
import { mulZero } from "./pointwise.ts";

/** How many elements become one. */
export const reducedSize = ({ shape }: Spec, { axes }: ReduceAttrs): number =>
  sizeOf(axes.map((axis) => shape[axis]));

/** The call of an op over axes that has no other options. */
export const callReduce =
  (name: string) =>
  (apply: (inputs: Tensor[], attrs: ReduceAttrs) => Tensor) =>
  (x: Tensor, options?: object) =>
    apply([x], reduceAttrs(name, x, options));

/** The mean over axes (all by default); NaN over none.
 *  @example mean(x, { axis: 0 }) */
export const mean: OpOf<ReduceFn<"mean">, ReduceAttrs> = defineOp<ReduceFn<"mean">, ReduceAttrs>(
  {
    name: "mean",
    arity: 1,
    broadcasts: false,
    shape: ([x], attrs) => {
      checkFloat("mean", x);
      return [reducedSpec(x, attrs)];
    },
    body: (k, [x], attrs) => {
      const total = k.reduce("sum", x, attrs.axes, attrs.keepDims);
      return [k.map([total], (t) => s.div(t, reducedSize(x, attrs)))];
    },
    vjp: [
      (g, saved) =>
        expandReduced(div(g, reducedSize(saved.spec(0), saved.attrs)), saved.shape(0), saved.attrs),
    ],
    jvp: linearJvp,
    batch: batchUnary(shiftAxes),
    samples: (draw) => {
      const shape = drawShape(draw, { minDim: 1 });
      return { inputs: [reals(draw, shape)], attrs: drawReduceAttrs(draw, shape.length) };
    },
    reference: ([x], { axes, keepDims }) =>
      foldAxes(x, axes, keepDims, (v) => v.reduce((total, value) => total + value / v.length, 0)),
  },
  callReduce("mean"),
);

/** 1 for each element that attains the extremum, divided by how many do: ties share evenly. */
function shareOfExtremum(saved: Saved<ReduceAttrs>): Tensor {
  const { x, y, attrs } = saved;
  const attains = cast(eq(x, keepReduced(y, x.shape, attrs)), x.dtype);
  return div(attains, sum(attains, { axis: attrs.axes, keepDims: true }));
}

const extremum = (name: "max" | "min"): OpRecord<ReduceAttrs> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    if (sizeOf(x.shape) === 0 && reducedSize(x, attrs) === 0) throw emptyAxis(name, x);
    return [reducedSpec(x, attrs)];
  },
  body: (k, [x], { axes, keepDims }) => [k.reduce(name, x, axes, keepDims)],
  vjp: [
    (g, saved) => mulZero(expandReduced(g, saved.shape(0), saved.attrs), shareOfExtremum(saved)),
  ],
  jvp: ([t], saved) => [
    sum(mulZero(t!, shareOfExtremum(saved)), {
      axis: saved.attrs.axes,
      keepDims: saved.attrs.keepDims,
    }),
  ],
  batch: batchUnary(shiftAxes),
  samples: (draw) => {
    const shape = drawShape(draw, { minDim: 1 });
    return { inputs: [distinctReals(draw, shape)], attrs: drawReduceAttrs(draw, shape.length) };
  },
  reference: ([x], { axes, keepDims }) =>
    foldAxes(x, axes, keepDims, (values) =>
      values.reduce((a, b) => ((name === "max" ? b > a : b < a) ? b : a)),
    ),
});

/** Over nothing there is nothing to choose. */
export const emptyAxis = (where: string, { shape }: Spec) =>
  new ShapeError({
    where,
    expected: "at least one element to choose from",
    got: `shape ${showShape(shape)}`,
    fix: "There is nothing to choose in an empty set; check the shape first.",
  });

/** The largest element over axes (all by default). Ties share the gradient evenly; NaN wins. `amax` is
 *  another name for it. @throws ShapeError over an axis of size 0. */
export const max: OpOf<ReduceFn<"max">, ReduceAttrs> = defineOp<ReduceFn<"max">, ReduceAttrs>(
  extremum("max"),
  callReduce("max"),
);

/** The smallest element over axes (all by default). Ties share the gradient evenly; NaN wins. `amin` is
 *  another name for it. @throws ShapeError over an axis of size 0. */
export const min: OpOf<ReduceFn<"min">, ReduceAttrs> = defineOp<ReduceFn<"min">, ReduceAttrs>(
  extremum("min"),
  callReduce("min"),
);

/** The largest element over axes, but 0 where that is infinite: a shift for exponentials. */
export function finiteMax(k: KernelBuilder, x: Value, axes: readonly number[]): Value {
  const largest = k.reduce("max", x, axes, true);
  return k.map([largest], (m) => s.select(s.lt(s.abs(m), Infinity), m, 0));
}

/** e^(x − y) with 0 where y is −inf: the softmax of what is masked whole is 0. */
const weights = ({ x, y, attrs }: Saved<ReduceAttrs>): Tensor => {
  const shift = keepReduced(y, x.shape, attrs);
  return exp(sub(x, where(eq(shift, -Infinity), 0, shift)));
};

/** ln Σ eˣ over axes (all by default) without overflow; −inf over none.
 *  Its gradient is the softmax, 0 where every element is −inf. */
export const logsumexp: OpOf<ReduceFn<"logsumexp">, ReduceAttrs> = defineOp<
  ReduceFn<"logsumexp">,
  ReduceAttrs
>(
  {
    name: "logsumexp",
    arity: 1,
    broadcasts: false,
    shape: ([x], attrs) => {
      checkFloat("logsumexp", x);
      return [reducedSpec(x, attrs)];
    },
    body: (k, [x], attrs) => {
      const shift = finiteMax(k, x, attrs.axes);
      const terms = k.map([x, shift], (e, m) => s.exp(s.sub(e, m)));
      const total = k.reduce("sum", terms, attrs.axes, true);
      const y = k.map([total, shift], (t, m) => s.add(s.log(t), m));
      return [k.reshape(y, reducedSpec(x, attrs).shape)];
    },
    vjp: [(g, saved) => mulZero(expandReduced(g, saved.shape(0), saved.attrs), weights(saved))],
    jvp: ([t], saved) => [
      sum(mulZero(t!, weights(saved)), { axis: saved.attrs.axes, keepDims: saved.attrs.keepDims }),
    ],
    batch: batchUnary(shiftAxes),
    samples: (draw) => {
      // Over nothing it is −inf, where differences mean nothing.
      const shape = drawShape(draw, { minDim: 1 });
      return { inputs: [reals(draw, shape)], attrs: drawReduceAttrs(draw, shape.length) };
    },
    reference: ([x], { axes, keepDims }) =>
      foldAxes(x, axes, keepDims, (values) => values.reduce(logAddExp, -Infinity)),
  },
  callReduce("logsumexp"),
);

/** ln(eᵃ + eᵇ), for the reference: two at a time, without a common shift. */
const logAddExp = (a: number, b: number): number =>
  a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
