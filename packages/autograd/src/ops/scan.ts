// Running sums and products, and the linear recurrence that differentiates products without a
// division, so that zeros need no special case.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { linearJvp, shiftAxis } from "../op/rules.ts";
import { drawAxis, drawShape, reals } from "../op/samples.ts";
import { checkOperands } from "../op/operands.ts";
import type { AlongAxisFn, RecurrenceFn } from "../tensor/signatures.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkBoolean } from "../tensor/options.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { flipAxis, pad, requireAxis, sliceAxis } from "./indexing.ts";
import { batchAll } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { alongAxis, callAlongAxis, type AxisAttrs } from "./softmax.ts";

export type ScanAttrs = AxisAttrs & { readonly reverse: boolean };

const runningSum = (x: Tensor, axis: number, reverse: boolean): Tensor =>
  reverse ? flipAxis(cumsum(flipAxis(x, axis), { axis }), axis) : cumsum(x, { axis });

/** The running sum along an axis (the last by default). Booleans are counted, as int32.
 *  @example cumsum(tensor([1, 2, 3])) // [1, 3, 6] */
export const cumsum: OpOf<AlongAxisFn<"cumsum">, AxisAttrs> = defineOp<
  AlongAxisFn<"cumsum">,
  AxisAttrs
>(
  {
    ...alongAxis("cumsum", (values) => {
      let total = 0;
      return values.map((value) => (total += value));
    }),
    shape: ([x]) => {
      checkOperands("cumsum", [x], "any");
      return [x.dtype === "bool" ? { ...x, dtype: "int32" } : x];
    },
    body: (k, [x], { axis }) => {
      const terms = x.dtype === "bool" ? k.cast(x, "int32") : x;
      return [k.scan([terms], { axis, init: 0 }, (total, x) => s.add(total, x))];
    },
    vjp: [(g, { attrs: { axis } }) => runningSum(g, axis, true)],
    jvp: linearJvp,
  },
  callAlongAxis("cumsum"),
);

/** What came one step earlier along the axis (later, in reverse); `first` at the start. */
export function previous(x: Tensor, { axis, reverse }: ScanAttrs, first = 0): Tensor {
  const size = x.shape[axis];
  if (size === 0) return x;
  const kept = reverse ? sliceAxis(x, axis, 1, size) : sliceAxis(x, axis, 0, size - 1);
  const low = x.shape.map((_: number, d: number) => (d === axis && !reverse ? 1 : 0));
  const high = x.shape.map((_: number, d: number) => (d === axis && reverse ? 1 : 0));
  const widths = low.map((l: number, d: number) => [l, high[d]]);
  return pad(kept, widths, { value: first });
}

/**
 * h_i = a_i · h_{i−1} + b_i along an axis, from h = 0 before the start (from the end, in `reverse`): a running
 * sum whose past fades. Factors and terms have one shape, and so has the result.
 *
 * The adjoint of a recurrence is a recurrence that runs the other way:
 * b̄_i = h̄_i + a_{i+1} · b̄_{i+1}, and ā_i = b̄_i · h_{i−1}.
 * @throws ShapeError where the shapes differ; AxisError where there is no such axis; DTypeError where an operand
 * has no floats.
 * @example linearRecurrence(tensor([0.5, 0.5]), tensor([1, 1]), { axis: 0 }); // [1, 1.5]
 */
export const linearRecurrence: OpOf<RecurrenceFn<{ reverse?: boolean }>, ScanAttrs> = defineOp<
  RecurrenceFn<{ reverse?: boolean }>,
  ScanAttrs
>(
  {
    name: "linearRecurrence",
    arity: 2,
    broadcasts: false,
    shape: (inputs) => {
      checkOperands("linearRecurrence", inputs, "float");
      const [a, b] = inputs;
      if (!sameShape(a.shape, b.shape)) {
        throw new ShapeError({
          where: "linearRecurrence",
          expected: "factors and terms of one shape",
          got: `${showShape(a.shape)} and ${showShape(b.shape)}`,
          fix: "Expand one of them.",
        });
      }
      return [b];
    },
    body: (k, [a, b], { axis, reverse }) => [
      k.scan([a, b], { axis, reverse, init: 0 }, (h, a, b) => s.add(s.mul(a, h), b)),
    ],
    vjp: [
      (g, { a, y, attrs }) => mul(adjoint(g, a, attrs), previous(y, attrs)),
      (g, { a, attrs }) => adjoint(g, a, attrs),
    ],
    // ḣ_i = a_i · ḣ_{i−1} + (ȧ_i · h_{i−1} + ḃ_i)
    jvp: ([ta, tb], { a, y, attrs }) => {
      const driven = ta && mul(ta, previous(y, attrs));
      return [linearRecurrence(a, driven && tb ? add(driven, tb) : (driven ?? tb)!, attrs)];
    },
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const shape = drawShape(draw, { minRank: 1 });
      const attrs = { axis: drawAxis(draw, shape.length), reverse: draw.pick([false, true]) };
      return { inputs: [reals(draw, shape), reals(draw, shape)], attrs };
    },
    reference: ([a, b], { axis, reverse }) =>
      NDArray.build(b.shape, (index) => {
        const order = Array.from({ length: b.shape[axis] }, (_, i) => i);
        if (reverse) order.reverse();
        const until = order.slice(0, order.indexOf(index[axis]) + 1);
        return until.reduce((h, i) => a.at(index.with(axis, i)) * h + b.at(index.with(axis, i)), 0);
      }),
  },
  (apply) => (a: Tensor, b: Tensor, options: AxisAttrs & { reverse?: boolean }) => {
    const axis = requireAxis("linearRecurrence", a, options, ["axis", "reverse"]);
    const reverse = checkBoolean("linearRecurrence", "reverse", options.reverse ?? false);
    return apply([a, b], { axis, reverse });
  },
);

const adjoint = (g: Tensor, a: Tensor, { axis, reverse }: ScanAttrs): Tensor => {
  const back = { axis, reverse: !reverse };
  return linearRecurrence(previous(a, back), g, back);
};

/** Products of all that came before along the axis; 1 at the start. */
export function exclusiveProduct(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis];
  if (size === 0) return x;
  const low = x.shape.map((_: number, d: number) => [d === axis ? 1 : 0, 0]);
  return cumprod(pad(sliceAxis(x, axis, 0, size - 1), low, { value: 1 }), { axis });
}

/** The running product along an axis (the last by default). Its gradient is right at zeros too:
 *  x̄_i = (Π_{k<i} x_k) · R_i with R_i = ȳ_i + x_{i+1} · R_{i+1}. */
export const cumprod: OpOf<AlongAxisFn<"cumprod">, AxisAttrs> = defineOp<
  AlongAxisFn<"cumprod">,
  AxisAttrs
>(
  {
    ...alongAxis("cumprod", (values) =>
      values.map((_, i) => values.slice(0, i + 1).reduce((a, b) => a * b)),
    ),
    shape: ([x]) => {
      checkOperands("cumprod", [x], "number");
      return [x];
    },
    body: (k, [x], { axis }) => [k.scan([x], { axis, init: 1 }, (total, x) => s.mul(total, x))],
    vjp: [
      (g, { x, attrs: { axis } }) =>
        mul(exclusiveProduct(x, axis), adjoint(g, x, { axis, reverse: false })),
    ],
    // ẏ_i = x_i · ẏ_{i−1} + ẋ_i · y_{i−1}
    jvp: ([t], { x, attrs: { axis } }) => [
      linearRecurrence(x, mul(t!, exclusiveProduct(x, axis)), { axis }),
    ],
  },
  callAlongAxis("cumprod"),
);
