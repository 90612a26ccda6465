// Running extrema, and the running logsumexp that is shifted by one.
import type { Expr } from "../kernel/expr.ts";
import * as s from "../kernel/scalar.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { OpRecord, Saved } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { drawAxis, distinctReals, drawShape } from "../op/samples.ts";
import type { AlongAxisFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div, maximum, sub } from "./arith.ts";
import { cast } from "./cast.ts";
import { eq, where } from "./compare.ts";
import { exp } from "./exp-log.ts";
import { mulZero } from "./pointwise.ts";
import { linearRecurrence, previous } from "./scan.ts";
import { alongAxis, callAlongAxis, type AxisAttrs } from "./softmax.ts";

/** What no element is beyond: where an extremum starts. */
const limits = {
  max: { float: -Infinity, int32: -(2 ** 31) },
  min: { float: Infinity, int32: 2 ** 31 - 1 },
} as const;

function runningExtremum(k: KernelBuilder, x: Value, axis: number, op: "max" | "min"): Value {
  const init = limits[op][x.dtype === "int32" ? "int32" : "float"];
  return k.scan([x], { axis, init }, (best, x) => (op === "max" ? s.max : s.min)(best, x));
}

/** 1 where two neighbouring outputs are the same, else 0: at i for i − 1 and i, in reverse for i and
 *  i + 1. */
const stays = (y: Tensor, axis: number, reverse: boolean): Tensor =>
  cast(eq(y, previous(y, { axis, reverse })), y.dtype);

/**
 * The elements that attain the extremum of their prefix, 1 or 0, and how many do at each place. Along a
 * run of equal outputs both are running sums, that start anew with each run.
 */
function attained({ x, y, attrs: { axis } }: Saved<AxisAttrs>) {
  const hits = cast(eq(x, y), x.dtype);
  const count = linearRecurrence(stays(y, axis, false), hits, { axis });
  // NaN attains nothing.
  return { hits, count: maximum(count, 1) };
}

const cumExtremum = (name: "cummax" | "cummin", op: "max" | "min"): OpRecord<AxisAttrs> => ({
  ...alongAxis(name, (values) => values.map((_, i) => Math[op](...values.slice(0, i + 1)))),
  shape: ([x]) => {
    checkOperands(name, [x], "number");
    return [x];
  },
  body: (k, [x], { axis }) => [runningExtremum(k, x, axis, op)],
  // Each element gets, of all outputs that it attains, its share.
  vjp: [
    (g, saved) => {
      const { axis } = saved.attrs;
      const { hits, count } = attained(saved);
      const run = stays(saved.y, axis, true);
      return mulZero(hits, linearRecurrence(run, div(g, count), { axis, reverse: true }));
    },
  ],
  jvp: ([t], saved) => {
    const { axis } = saved.attrs;
    const { hits, count } = attained(saved);
    const run = stays(saved.y, axis, false);
    return [div(linearRecurrence(run, mulZero(hits, t!), { axis }), count)];
  },
  samples: (draw) => {
    const shape = drawShape(draw, { minRank: 1 });
    const attrs = { axis: drawAxis(draw, shape.length) };
    return { inputs: [distinctReals(draw, shape)], attrs };
  },
});

/**
 * The largest element so far along an axis (the last by default). Where several attain it they share
 * the gradient evenly. From the first NaN on it is NaN, with no gradient. As in NumPy and JAX there are values
 * alone; where they stand (of equal ones the last, as PyTorch's indices) is a running maximum as well.
 * @example cummax(tensor([1, 3, 2])).toArray(); // [1, 3, 3]
 * @example
 * const places = arange(x.shape.at(-1), { dtype: "int32" });
 * const indices = cummax(where(eq(x, cummax(x)), places, 0));
 */
export const cummax: OpOf<AlongAxisFn<"cummax">, AxisAttrs> = defineOp<
  AlongAxisFn<"cummax">,
  AxisAttrs
>(cumExtremum("cummax", "max"), callAlongAxis("cummax"));

/** The smallest element so far along an axis (the last by default). Where several attain it they share
 *  the gradient evenly. From the first NaN on it is NaN, with no gradient. */
export const cummin: OpOf<AlongAxisFn<"cummin">, AxisAttrs> = defineOp<
  AlongAxisFn<"cummin">,
  AxisAttrs
>(cumExtremum("cummin", "min"), callAlongAxis("cummin"));

/** In a body: what came one step earlier along the axis, `first` at the start. */
function before(k: KernelBuilder, x: Value, axis: number, first: number): Value {
  if (x.shape[axis] === 0) return x;
  const shape = x.shape.with(axis, x.shape[axis] - 1);
  const axes = shape.map((_, d) => d);
  const none = axes.map(() => 0);
  const kept = k.view(x, { shape, axes, steps: axes.map(() => 1), starts: none });
  return k.pad(kept, none.with(axis, 1), none, { value: first });
}

/** e^(a − b) for a ≤ b: 0 where a is −inf, even if b is; 1 where both are inf. */
const ratio = (a: Tensor, b: Tensor): Tensor =>
  where(eq(a, Infinity), 1, exp(sub(a, where(eq(b, -Infinity), 0, b))));

/** e^(x_i − y_i). */
const ownWeight = ({ x, y }: Saved<AxisAttrs>): Tensor => ratio(x, y);

/**
 * ln Σ eˣ over what came so far along an axis (the last by default), without overflow. Its gradient is
 * made of the softmax of each prefix, 0 where every element is −inf.
 *
 * The sum is kept as S·e^m with the largest element so far, m: S_i = S_{i−1}·e^(m_{i−1} − m_i) +
 * e^(x_i − m_i), a linear recurrence beside a running maximum. Its rounding errors are relative to
 * sums between 1 and n; those of a recurrence of logarithms would be relative to the logarithms.
 */
export const logcumsumexp: OpOf<AlongAxisFn<"logcumsumexp">, AxisAttrs> = defineOp<
  AlongAxisFn<"logcumsumexp">,
  AxisAttrs
>(
  {
    ...alongAxis("logcumsumexp", (values) =>
      values.map((_, i) =>
        Math.log(values.slice(0, i + 1).reduce((total, v) => total + Math.exp(v), 0)),
      ),
    ),
    body: (k, [x], { axis }) => {
      const largest = runningExtremum(k, x, axis, "max");
      const finite = (m: Expr) => s.select(s.lt(s.abs(m), Infinity), m, 0);
      const fades = k.map([before(k, largest, axis, -Infinity), largest], (was, m) =>
        s.select(s.eq(was, -Infinity), 0, s.exp(s.sub(finite(was), finite(m)))),
      );
      const terms = k.map([x, largest], (x, m) => s.exp(s.sub(x, finite(m))));
      const sums = k.scan([fades, terms], { axis, init: 0 }, (total, fade, term) =>
        s.add(s.mul(fade, total), term),
      );
      return [k.map([sums, largest], (total, m) => s.add(s.log(total), finite(m)))];
    },
    // x̄_j = e^(x_j − y_j)·R_j with R_j = ȳ_j + e^(y_j − y_{j+1})·R_{j+1}: y never falls.
    vjp: [
      (g, saved) => {
        const { axis } = saved.attrs;
        const { y } = saved;
        const fades = ratio(y, previous(y, { axis, reverse: true }, Infinity));
        return mulZero(ownWeight(saved), linearRecurrence(fades, g, { axis, reverse: true }));
      },
    ],
    // ẏ_i = e^(y_{i−1} − y_i)·ẏ_{i−1} + e^(x_i − y_i)·ẋ_i
    jvp: ([t], saved) => {
      const { axis } = saved.attrs;
      const { y } = saved;
      const fades = ratio(previous(y, { axis, reverse: false }, -Infinity), y);
      return [linearRecurrence(fades, mulZero(ownWeight(saved), t!), { axis })];
    },
  },
  callAlongAxis("logcumsumexp"),
);
