// Circular functions, of angles in radians.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { neg, pointwise } from "./pointwise.ts";

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
