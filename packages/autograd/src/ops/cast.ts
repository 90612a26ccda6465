// Changing what a tensor is without changing its values: its dtype, its storage, its tape.
import * as s from "../kernel/scalar.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { notDifferentiable, type VjpRule } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import type { ShapeOf } from "../shapes/dims.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { checkDType, isFloat, type DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { pointwise } from "./pointwise.ts";

type CastAttrs = { readonly dtype: DType };

const castBack: VjpRule<CastAttrs> = (g, saved) => {
  const { dtype } = saved.spec(0);
  return isFloat(dtype) ? bind(cast.op, [g], { dtype })[0] : null;
};

/**
 * The values as another dtype. Floats become integers towards zero (saturating; NaN as 0) and
 * booleans by x ≠ 0. Between floats the gradient is cast back; to and from others there is none.
 * @example cast(gt(x, 0), "float32")
 */
export const cast: OpOf<<T extends Tensor>(x: T, dtype: DType) => Tensor<ShapeOf<T>>, CastAttrs> =
  defineOp(
    {
      ...pointwise<CastAttrs>({
        name: "cast",
        arity: 1,
        accepts: "any",
        expr: ([x], { dtype }) => s.cast(x, dtype),
        partials: notDifferentiable,
        yields: ({ dtype }) => dtype,
        attrs: (draw) => ({ dtype: draw.pick(["float64", "float64", "int32", "bool"]) }),
        domain: { avoid: [-2, -1, 0, 1, 2] },
        reference: ([x], { dtype }) =>
          dtype === "bool" ? Number(x !== 0) : dtype === "int32" ? Math.trunc(x) : x,
      }),
      vjp: [castBack],
      jvp: ([t], saved) => [
        t && isFloat(saved.attrs.dtype) ? bind(cast.op, [t], saved.attrs)[0] : null,
      ],
    },
    (apply) => (x: Tensor, dtype: DType) => {
      requireTensor("cast", x);
      return x.dtype === checkDType("cast", dtype) ? x : apply([x], { dtype });
    },
  );

/** The same values off the tape: no gradient flows back through it. It shares x's storage. */
export const detach: OpOf<UnaryFn> = defineOp({
  ...pointwise({
    name: "detach",
    arity: 1,
    accepts: "any",
    expr: ([x]) => x,
    partials: notDifferentiable,
    reference: ([x]) => x,
  }),
  body: (_, [x]) => [x],
});

/** A copy with storage of its own, on the tape. */
export const clone: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "clone",
    arity: 1,
    accepts: "any",
    expr: ([x]) => x,
    partials: [() => 1],
    reference: ([x]) => x,
  }),
);

/** The same values, on the tape and in the same memory. To a compiler they are other values, so that what
 *  is computed from them again is not found to be there already. */
export const barrier: OpOf<UnaryFn> = defineOp({
  ...pointwise({
    name: "barrier",
    arity: 1,
    accepts: "any",
    expr: ([x]) => x,
    partials: [() => 1],
    reference: ([x]) => x,
  }),
  body: (k, [x]) => [k.barrier(x)],
});
