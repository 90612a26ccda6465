// Activations.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { square, sub } from "./arith.ts";
import { cast } from "./cast.ts";
import { gt } from "./compare.ts";
import { mul, pointwise } from "./pointwise.ts";

/** The hyperbolic tangent; y' = 1 − y². */
export const tanh: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "tanh",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.tanh(x),
    partials: [({ y }) => sub(1, square(y))],
    reference: ([x]) => 1 - 2 / (Math.exp(2 * x) + 1),
  }),
);

/** The logistic function 1 / (1 + e⁻ˣ); y' = y·(1 − y). */
export const sigmoid: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "sigmoid",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.sigmoid(x),
    partials: [({ y }) => mul(y, sub(1, y))],
    reference: ([x]) => 1 / (1 + Math.exp(-x)),
  }),
);

/** max(x, 0). Its derivative is the step: 1 for x > 0, else 0 (at the kink as well). */
export const relu: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "relu",
    arity: 1,
    accepts: "number",
    expr: ([x]) => s.max(x, 0),
    partials: [({ y }) => cast(gt(y, 0), y.dtype)],
    domain: { avoid: [0] },
    reference: ([x]) => (x > 0 ? x : 0),
  }),
);

/** ln(1 + eˣ) without overflow; its derivative is the sigmoid. */
export const softplus: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "softplus",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.add(s.max(x, 0), s.log1p(s.exp(s.neg(s.abs(x))))),
    partials: [({ x }) => sigmoid(x)],
    reference: ([x]) => Math.log(1 + Math.exp(x)),
  }),
);
