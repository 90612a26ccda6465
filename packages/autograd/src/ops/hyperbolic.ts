// Hyperbolic functions and their inverses. (tanh stands with the activations.)
import * as s from "../kernel/algebra.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { sub } from "./arith.ts";
import { hypot } from "./plane.ts";
import { add, mul, pointwise } from "./pointwise.ts";
import { reciprocal, rsqrt } from "./roots.ts";

/** (eˣ − e⁻ˣ)/2, precise for small x. */
export const sinh: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "sinh",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.sinh(x),
    partials: [({ x }) => cosh(x)],
    reference: ([x]) => (Math.exp(x) - Math.exp(-x)) / 2,
  }),
);

/** (eˣ + e⁻ˣ)/2. */
export const cosh: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "cosh",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.cosh(x),
    partials: [({ x }) => sinh(x)],
    reference: ([x]) => (Math.exp(x) + Math.exp(-x)) / 2,
  }),
);

/** The inverse of sinh. */
export const asinh: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "asinh",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.asinh(x),
    // 1/√(1 + x²), where the square cannot overflow.
    partials: [({ x }) => reciprocal(hypot(1, x))],
    reference: ([x]) => Math.sign(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1)),
  }),
);

/** The inverse of cosh, from 0 on; NaN below 1. Its derivative is infinite at 1; a cotangent of 0 makes it 0. */
export const acosh: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "acosh",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.acosh(x),
    partials: [({ x }) => mul(rsqrt(sub(x, 1)), rsqrt(add(x, 1)))],
    domain: { min: 1.2, max: 4 },
    reference: ([x]) => Math.log(x + Math.sqrt(x * x - 1)),
  }),
);

/** The inverse of tanh; ±inf at ±1, NaN beyond. */
export const atanh: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "atanh",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.atanh(x),
    partials: [({ x }) => reciprocal(mul(sub(1, x), add(1, x)))],
    domain: { min: -0.9, max: 0.9 },
    reference: ([x]) => Math.log((1 + x) / (1 - x)) / 2,
  }),
);
