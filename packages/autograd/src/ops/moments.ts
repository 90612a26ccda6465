// What is left when the mean is taken away, and how large that is.
import * as s from "../kernel/scalar.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import { defineOp, type Apply, type OpOf } from "../op/define.ts";
import { foldAxes, NDArray } from "../op/ndarray.ts";
import type { OpRecord, Saved } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { batchUnary, checkFloat, linearJvp, shiftAxes } from "../op/rules.ts";
import { distinctReals, drawAxes, drawShape, reals } from "../op/samples.ts";
import type { CenterFn, ReduceFn } from "../tensor/signatures.ts";
import { checkFinite, checkOptions } from "../tensor/options.ts";
import { normalizeAxes, reduceShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./arith.ts";
import { eq, where } from "./compare.ts";
import {
  drawReduceAttrs,
  expandReduced,
  keepReduced,
  reduceAttrs,
  reducedSpec,
  sum,
  type ReduceAttrs,
} from "./move.ts";
import { mul, mulZero } from "./pointwise.ts";
import { scaledNorm } from "./norm.ts";
import { reducedSize } from "./reduce.ts";

type AxesAttrs = { readonly axes: readonly number[] };

/**
 * x minus its mean over axes. The first element is taken away before the mean is computed: equal
 * elements leave exactly 0, and a mean that is large beside the spread costs no precision.
 */
function centered(k: KernelBuilder, x: Value, axes: readonly number[]): Value {
  if (sizeOf(x.shape) === 0) return x;
  const shape = reduceShape(x.shape, axes, true);
  const all = shape.map((_, d) => d);
  const starts = all.map(() => 0);
  const first = k.view(x, { shape, axes: all, steps: all.map(() => 1), starts });
  const shifted = k.map([x, first], s.sub);
  const total = k.reduce("sum", shifted, axes, true);
  const n = sizeOf(axes.map((axis) => x.shape[axis]));
  return k.map([shifted, total], (e, t) => s.sub(e, s.div(t, n)));
}

/**
 * x minus its mean over axes (all by default). Equal elements become exactly 0.
 * @example center(features, { axis: 0 }) // each column has the mean 0
 */
export const center: OpOf<CenterFn, AxesAttrs> = defineOp<CenterFn, AxesAttrs>(
  {
    name: "center",
    arity: 1,
    broadcasts: false,
    shape: ([x]) => {
      checkFloat("center", x);
      return [x];
    },
    body: (k, [x], { axes }) => [centered(k, x, axes)],
    // A projection: symmetric.
    vjp: [(g, { attrs }) => center(g, { axis: attrs.axes })],
    jvp: linearJvp,
    batch: batchUnary(shiftAxes),
    samples: (draw) => {
      const shape = drawShape(draw);
      return { inputs: [reals(draw, shape)], attrs: { axes: drawAxes(draw, shape.length) } };
    },
    reference: ([x], { axes }) => {
      const means = foldAxes(x, axes, true, (v) => v.reduce((t, e) => t + e / v.length, 0));
      return NDArray.build(x.shape, (index) => x.at(index) - means.at(index));
    },
  },
  (apply) =>
    (x: Tensor, options: { readonly axis?: number | readonly number[] } = {}) => {
      requireTensor("center", x);
      checkOptions("center", options, ["axis"]);
      return apply([x], { axes: normalizeAxes("center", options.axis, x.rank) });
    },
);

export interface VarianceOptions {
  /** The sum of squares is divided by the number of elements less this. Default: 1, for a sample; 0 is
   *  for a whole population. */
  readonly correction?: number;
}

type VarianceAttrs = ReduceAttrs & { readonly correction: number };

/** What the sum of squares is divided by: at least 0. */
const freedom = (size: number, { correction }: VarianceAttrs): number =>
  Math.max(0, size - correction);

const freedomOf = (saved: Saved<VarianceAttrs>): number =>
  freedom(reducedSize(saved.spec(0), saved.attrs), saved.attrs);

/** ∂variance/∂x = 2·(x − mean) / (n − correction). */
const varianceSlope = (saved: Saved<VarianceAttrs>): Tensor =>
  mul(center(saved.x, { axis: saved.attrs.axes }), 2 / freedomOf(saved));

/** ∂std/∂x = (x − mean) / ((n − correction)·std), 0 where that is 0. */
function stdSlope(saved: Saved<VarianceAttrs>): Tensor {
  const { x, attrs } = saved;
  const y = keepReduced(saved.y, x.shape, attrs);
  const direction = where(eq(y, 0), 0, div(center(x, { axis: attrs.axes }), y));
  return mul(direction, 1 / freedomOf(saved));
}

const spread = (
  name: "variance" | "std",
  body: (k: KernelBuilder, centered: Value, attrs: VarianceAttrs) => Value,
  slope: (saved: Saved<VarianceAttrs>) => Tensor,
): OpRecord<VarianceAttrs> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    checkFloat(name, x);
    return [reducedSpec(x, attrs)];
  },
  body: (k, [x], attrs) => [body(k, centered(k, x, attrs.axes), attrs)],
  vjp: [(g, saved) => mulZero(expandReduced(g, saved.shape(0), saved.attrs), slope(saved))],
  jvp: ([t], saved) => {
    const { axes, keepDims } = saved.attrs;
    return [sum(mulZero(t!, slope(saved)), { axis: axes, keepDims })];
  },
  batch: batchUnary(shiftAxes),
  samples: (draw) => {
    // Half of them have axes to keep beside those that go.
    const shape = drawShape(draw, { minDim: 1, minRank: draw.pick([0, 2]) });
    const attrs = drawReduceAttrs(draw, shape.length);
    const size = sizeOf(attrs.axes.map((axis) => shape[axis]));
    // Over one element a correction of 1 gives NaN: nothing to differentiate.
    const correction = size > 1 ? draw.pick([1, 0, 0.5]) : 0;
    // No two are equal: std has its kink where all are.
    return { inputs: [distinctReals(draw, shape)], attrs: { ...attrs, correction } };
  },
  reference: ([x], { axes, keepDims, correction }) =>
    foldAxes(x, axes, keepDims, (values) => {
      // Half the mean square of all differences.
      const n = values.length;
      const squares = values.flatMap((a) => values.map((b) => (a - b) ** 2));
      const variance = squares.reduce((t, v) => t + v, 0) / (2 * n * (n - correction));
      return name === "std" ? Math.sqrt(variance) : variance;
    }),
});

const callSpread =
  (name: string) =>
  (apply: Apply<VarianceAttrs>) =>
  (x: Tensor, options: VarianceOptions = {}) => {
    const attrs = reduceAttrs(name, x, options, ["correction"]);
    const correction = checkFinite(name, "correction", options.correction ?? 1);
    return apply([x], { ...attrs, correction });
  };

/**
 * The variance over axes (all by default): the sum of squared distances from the mean, divided by the
 * number of elements less `correction`. Equal elements have a variance of exactly 0. NaN over none, and
 * over one element with the default correction: one sample says nothing about its spread.
 * @example variance(x, { axis: 0, correction: 0 })
 */
export const variance: OpOf<ReduceFn<"variance", VarianceOptions>, VarianceAttrs> = defineOp<
  ReduceFn<"variance", VarianceOptions>,
  VarianceAttrs
>(
  spread(
    "variance",
    (k, centered, attrs) => {
      const squares = k.map([centered], (e) => s.mul(e, e));
      const total = k.reduce("sum", squares, attrs.axes, attrs.keepDims);
      return k.map([total], (t) => s.div(t, freedom(reducedSize(centered, attrs), attrs)));
    },
    varianceSlope,
  ),
  callSpread("variance"),
);

/**
 * The standard deviation over axes (all by default): the root of `variance`, without overflow on the
 * way. Its gradient is 0 where all elements are equal.
 * @example std(x, { axis: -1, keepDims: true })
 */
export const std: OpOf<ReduceFn<"std", VarianceOptions>, VarianceAttrs> = defineOp<
  ReduceFn<"std", VarianceOptions>,
  VarianceAttrs
>(
  spread(
    "std",
    (k, centered, attrs) => {
      const length = scaledNorm(k, centered, attrs.axes);
      const root = Math.sqrt(freedom(reducedSize(centered, attrs), attrs));
      const y = k.map([length], (l) => s.div(l, root));
      return k.reshape(y, reducedSpec(centered, attrs).shape);
    },
    stdSlope,
  ),
  callSpread("std"),
);
