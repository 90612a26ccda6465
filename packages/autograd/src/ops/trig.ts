// Circular functions, of angles in radians, and their inverses.
import * as s from "../kernel/algebra.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { square, sub } from "./arith.ts";
import { add, mul, neg, pointwise } from "./pointwise.ts";
import { reciprocal, rsqrt } from "./roots.ts";

/** The sine of an angle in radians. */
export const sin: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "sin",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.sin(x),
    partials: [({ x }) => cos(x)],
    reference: ([x]) => 2 * Math.sin(x / 2) * Math.cos(x / 2),
  }),
);

/** The cosine of an angle in radians. */
export const cos: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "cos",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.cos(x),
    partials: [({ x }) => neg(sin(x))],
    reference: ([x]) => 1 - 2 * Math.sin(x / 2) ** 2,
  }),
);

/** The tangent of an angle in radians; y' = 1 + y². */
export const tan: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "tan",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.tan(x),
    partials: [({ y }) => add(1, square(y))],
    domain: { min: -1.2, max: 1.2 },
    reference: ([x]) => Math.sin(x) / Math.cos(x),
  }),
);

/** 1/√(1 − x²), as factors that keep their digits near ±1. */
const arcSlope = ({ x }: { readonly x: Tensor }): Tensor => rsqrt(mul(sub(1, x), add(1, x)));

/** The angle in [−π/2, π/2] whose sine is x; NaN beyond [−1, 1]. Its derivative is infinite at ±1; a cotangent
 *  of 0 makes it 0. @example asin(tensor([0.5])) // [0.523599] */
export const asin: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "asin",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.asin(x),
    partials: [arcSlope],
    domain: { min: -0.9, max: 0.9 },
    reference: ([x]) => Math.atan2(x, Math.sqrt(1 - x * x)),
  }),
);

/** The angle in [0, π] whose cosine is x; NaN beyond [−1, 1]. Its derivative is −∞ at ±1; a cotangent of 0
 *  makes it 0. @example acos(tensor([0.5])) // [1.0472] */
export const acos: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "acos",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.acos(x),
    partials: [(saved) => neg(arcSlope(saved))],
    domain: { min: -0.9, max: 0.9 },
    reference: ([x]) => Math.atan2(Math.sqrt(1 - x * x), x),
  }),
);

/** The angle in [−π/2, π/2] whose tangent is x. @example atan(tensor([1])) // [0.785398] */
export const atan: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "atan",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.atan(x),
    partials: [({ x }) => reciprocal(add(1, square(x)))],
    reference: ([x]) => Math.asin(x / Math.sqrt(1 + x * x)),
  }),
);
