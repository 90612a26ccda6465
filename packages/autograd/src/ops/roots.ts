// Reciprocals and roots.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { div, square } from "./arith.ts";
import { mul, neg, pointwise } from "./pointwise.ts";

/** 1/x. @example reciprocal(tensor([4])) // [0.25] */
export const reciprocal: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "reciprocal",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.div(1, x),
    partials: [({ y }) => neg(square(y))],
    domain: { min: 0.3 },
    reference: ([x]) => x ** -1,
  }),
);

/** 1/√x; infinite at 0, NaN below. @example rsqrt(tensor([4])) // [0.5] */
export const rsqrt: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "rsqrt",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.div(1, s.sqrt(x)),
    partials: [({ x, y }) => div(mul(-0.5, y), x)],
    domain: { min: 0.2, max: 4 },
    reference: ([x]) => (x < 0 ? NaN : x ** -0.5),
  }),
);

/** The real cube root ∛x, of negative numbers, too. Its derivative at 0 is infinite; a cotangent of 0 makes
 *  it 0. @example cbrt(tensor([8, -27])) // [2, -3] */
export const cbrt: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "cbrt",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.cbrt(x),
    partials: [({ y }) => div(1 / 3, square(y))],
    domain: { min: 0.2 },
    reference: ([x]) => (x < 0 ? -1 : 1) * Math.abs(x) ** (1 / 3),
  }),
);
