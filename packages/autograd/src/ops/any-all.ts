// Whether any element, or every one, is not 0.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { foldAxes } from "../op/ndarray.ts";
import { notDifferentiable, type OpRecord } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { batchUnary, shiftAxes } from "../op/rules.ts";
import { booleans, drawShape, integers } from "../op/samples.ts";
import type { ReduceFn } from "../tensor/signatures.ts";
import { drawReduceAttrs, reducedSpec, type ReduceAttrs } from "./move.ts";
import { callReduce } from "./reduce.ts";

/** Counts the elements that decide. Over nothing none does: `any` is false there, `all` is true. */
const quantifier = (name: "any" | "all"): OpRecord<ReduceAttrs> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    checkOperands(name, [x], "any");
    return [{ ...reducedSpec(x, attrs), dtype: "bool" }];
  },
  body: (k, [x], { axes, keepDims }) => {
    const decides = k.map([x], (x) => s.cast(name === "any" ? s.ne(x, 0) : s.eq(x, 0), "int32"));
    const count = k.reduce("sum", decides, axes, keepDims);
    return [k.map([count], (n) => (name === "any" ? s.ne(n, 0) : s.eq(n, 0)))];
  },
  vjp: notDifferentiable,
  jvp: notDifferentiable,
  batch: batchUnary(shiftAxes),
  samples: (draw) => {
    const shape = drawShape(draw);
    const x = draw.pick([0, 1]) === 0 ? booleans(draw, shape) : integers(draw, shape, -1, 1);
    return { inputs: [x], attrs: drawReduceAttrs(draw, shape.length) };
  },
  reference: ([x], { axes, keepDims }) =>
    foldAxes(x, axes, keepDims, (values) =>
      Number(name === "any" ? values.some((v) => v !== 0) : values.every((v) => v !== 0)),
    ),
});

/** Whether any element over axes (all by default) is true, or for numbers not 0 (NaN is not); false
 *  for none. @example any(isWrong, { axis: 0 }) */
export const any: OpOf<ReduceFn<"any">, ReduceAttrs> = defineOp<ReduceFn<"any">, ReduceAttrs>(
  quantifier("any"),
  callReduce("any"),
);

/** Whether every element over axes (all by default) is true, or for numbers not 0 (NaN is not); true
 *  for none. @example all(eq(a, b)).item() === 1 */
export const all: OpOf<ReduceFn<"all">, ReduceAttrs> = defineOp<ReduceFn<"all">, ReduceAttrs>(
  quantifier("all"),
  callReduce("all"),
);
