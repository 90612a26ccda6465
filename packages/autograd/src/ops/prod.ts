// The product over axes.
import { defineOp, type OpOf } from "../op/define.ts";
import { foldAxes } from "../op/ndarray.ts";
import type { Saved } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { batchUnary, shiftAxes } from "../op/rules.ts";
import { drawShape, reals } from "../op/samples.ts";
import type { ReduceFn } from "../tensor/signatures.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { flipAxis } from "./indexing.ts";
import {
  drawReduceAttrs,
  expandReduced,
  permute,
  reduceAttrs,
  reducedSpec,
  reshape,
  sum,
  type ReduceAttrs,
} from "./move.ts";
import { mul, mulZero } from "./pointwise.ts";
import { exclusiveProduct } from "./scan.ts";

/**
 * For each element the product of those that it is multiplied with: what comes before it times what
 * comes after it, over the reduced elements in a row. There is no division, so zeros are no special
 * case, however many there are and whatever the order of the derivative.
 */
function productOfOthers({ x, attrs: { axes } }: Saved<ReduceAttrs>): Tensor {
  const kept = x.shape.flatMap((_: number, d: number) => (axes.includes(d) ? [] : [d]));
  const order: number[] = [...kept, ...axes];
  const moved = permute(x, order);
  const outer = kept.map((d: number) => x.shape[d]);
  const row = reshape(moved, [...outer, sizeOf(axes.map((d) => x.shape[d]))]);
  const last = outer.length;
  const before = exclusiveProduct(row, last);
  const after = flipAxis(exclusiveProduct(flipAxis(row, last), last), last);
  const inverse = order.map((_, d) => order.indexOf(d));
  return permute(reshape(mul(before, after), moved.shape), inverse);
}

/** The product over axes (all by default); 1 over none. Its gradient is right at zeros too.
 *  @example prod(x, { axis: 0 }) */
export const prod: OpOf<ReduceFn<"prod">, ReduceAttrs> = defineOp<ReduceFn<"prod">, ReduceAttrs>(
  {
    name: "prod",
    arity: 1,
    broadcasts: false,
    shape: ([x], attrs) => {
      checkOperands("prod", [x], "number");
      return [reducedSpec(x, attrs)];
    },
    body: (k, [x], { axes, keepDims }) => [k.reduce("prod", x, axes, keepDims)],
    vjp: [
      (g, saved) => mulZero(expandReduced(g, saved.shape(0), saved.attrs), productOfOthers(saved)),
    ],
    jvp: ([t], saved) => {
      const { axes, keepDims } = saved.attrs;
      return [sum(mulZero(t!, productOfOthers(saved)), { axis: axes, keepDims })];
    },
    batch: batchUnary(shiftAxes),
    samples: (draw) => {
      const shape = drawShape(draw);
      const x = reals(draw, shape);
      const data = x.data.map((value) => (draw.int(0, 4) === 4 ? 0 : value));
      return { inputs: [{ ...x, data }], attrs: drawReduceAttrs(draw, shape.length) };
    },
    reference: ([x], { axes, keepDims }) =>
      foldAxes(x, axes, keepDims, (values) => {
        const negative = values.filter((value) => value < 0).length % 2 === 1;
        const logs = values.reduce((total, value) => total + Math.log(Math.abs(value)), 0);
        const isZero = values.includes(0) && values.every(Number.isFinite);
        const product = isZero ? 0 : (negative ? -1 : 1) * Math.exp(logs);
        return values.every(Number.isInteger) ? Math.round(product) : product;
      }),
  },
  (apply) => (x: Tensor, options?: object) => apply([x], reduceAttrs("prod", x, options)),
);
