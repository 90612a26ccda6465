// Where the largest and the smallest element are.
import { defineOp, type Apply, type OpOf } from "../op/define.ts";
import { foldAxes } from "../op/ndarray.ts";
import { notDifferentiable, type OpRecord } from "../op/op.ts";
import { checkOperands, requireTensor } from "../op/operands.ts";
import { batchUnary } from "../op/rules.ts";
import { distinctReals, drawShape, reals } from "../op/samples.ts";
import type { ArgReduceFn } from "../tensor/signatures.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reducedSpec } from "./move.ts";
import { emptyAxis } from "./reduce.ts";

type ArgAttrs = { readonly axis: number; readonly keepDims: boolean };

const argExtremum = (name: "argmax" | "argmin", op: "max" | "min"): OpRecord<ArgAttrs> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], { axis, keepDims }) => {
    checkOperands(name, [x], "any");
    if (x.shape[axis] === 0) throw emptyAxis(name, x);
    return [{ ...reducedSpec(x, { axes: [axis], keepDims }), dtype: "int32" }];
  },
  body: (k, [x], { axis, keepDims }) => {
    const index = k.argReduce(op, x, axis);
    return [k.reshape(index, reducedSpec(x, { axes: [axis], keepDims }).shape)];
  },
  vjp: notDifferentiable,
  jvp: notDifferentiable,
  batch: batchUnary(({ axis, keepDims }) => ({ axis: axis + 1, keepDims })),
  samples: (draw) => {
    const shape = drawShape(draw, { minRank: 1, minDim: 1 });
    const axis = draw.int(0, shape.length - 1);
    return {
      inputs: [draw.pick([distinctReals, reals])(draw, shape)],
      attrs: { axis, keepDims: draw.pick([false, true]) },
    };
  },
  reference: ([x], { axis, keepDims }) =>
    foldAxes(x, [axis], keepDims, (values) => values.indexOf(Math[op](...values))),
});

const callArg =
  (name: string) =>
  (apply: Apply<ArgAttrs>) =>
  (x: Tensor, options: { readonly axis?: number; readonly keepDims?: boolean } = {}) => {
    requireTensor(name, x);
    checkOptions(name, options, ["axis", "keepDims"]);
    const { axis } = options;
    const keepDims = checkBoolean(name, "keepDims", options.keepDims ?? false);
    if (axis !== undefined) {
      return apply([x], { axis: normalizeAxis(name, axis, x.rank), keepDims });
    }
    const index = apply([x.reshape([-1])], { axis: 0, keepDims: false });
    return keepDims ? index.reshape(x.shape.map(() => 1)) : index;
  };

/** The first index (int32) of the largest element along an axis; over all elements in row-major
 *  order without one. NaN counts as the largest. @throws ShapeError over an axis of size 0.
 *  @example argmax(logits, { axis: -1 }) */
export const argmax: OpOf<ArgReduceFn<"argmax">, ArgAttrs> = defineOp<
  ArgReduceFn<"argmax">,
  ArgAttrs
>(argExtremum("argmax", "max"), callArg("argmax"));

/** The first index (int32) of the smallest element along an axis; over all elements in row-major
 *  order without one. The first NaN wins, as it does in `min`.
 *  @throws ShapeError over an axis of size 0. @example argmin(distances, { axis: -1 }) */
export const argmin: OpOf<ArgReduceFn<"argmin">, ArgAttrs> = defineOp<
  ArgReduceFn<"argmin">,
  ArgAttrs
>(argExtremum("argmin", "min"), callArg("argmin"));
