// Exponentials, logarithms and powers.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { BinaryFn, UnaryFn } from "../tensor/signatures.ts";
import { div, sub } from "./arith.ts";
import { eq, where } from "./compare.ts";
import { add, callBinary, mul, mulZero, pointwise } from "./pointwise.ts";

/** eˣ. */
export const exp: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "exp",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.exp(x),
    partials: [({ y }) => y],
    reference: ([x]) => Math.E ** x,
  }),
);

/** 2ˣ, exact for integers. @example exp2(tensor([0, 3, -1])) // [1, 8, 0.5] */
export const exp2: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "exp2",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.exp2(x),
    partials: [({ y }) => mul(Math.LN2, y)],
    reference: ([x]) => Math.exp(x * Math.LN2),
  }),
);

/** The natural logarithm; −inf at 0, NaN below. */
export const log: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "log",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.log(x),
    partials: [({ x }) => div(1, x)],
    domain: { min: 0.1, max: 4 },
    reference: ([x]) => Math.log2(x) * Math.LN2,
  }),
);

/** The logarithm to base 2, exact for powers of 2; −inf at 0, NaN below.
 *  @example log2(tensor([8, 0.5])) // [3, -1] */
export const log2: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "log2",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.log2(x),
    partials: [({ x }) => div(Math.LOG2E, x)],
    domain: { min: 0.1, max: 4 },
    reference: ([x]) => Math.log(x) / Math.LN2,
  }),
);

/** The logarithm to base 10; −inf at 0, NaN below. @example log10(tensor([1000, 0.1])) // [3, -1] */
export const log10: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "log10",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.log10(x),
    partials: [({ x }) => div(Math.LOG10E, x)],
    domain: { min: 0.1, max: 4 },
    reference: ([x]) => Math.log(x) / Math.LN10,
  }),
);

/** ln(1 + x), precise for small x. */
export const log1p: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "log1p",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.log1p(x),
    partials: [({ x }) => div(1, add(1, x))],
    domain: { min: -0.9, max: 3 },
    reference: ([x]) => Math.log(1 + x),
  }),
);

/** eˣ − 1, precise for small x. */
export const expm1: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "expm1",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.expm1(x),
    partials: [({ x }) => exp(x)],
    reference: ([x]) => Math.exp(x) - 1,
  }),
);

/**
 * a to the power b. The derivative by a is b·a^(b−1), 0 for b = 0 even at a = 0; by b it is
 * a^b·ln a, 0 at a = 0, and NaN for a < 0, where the power exists for integer b only.
 */
export const pow: OpOf<BinaryFn<"pow">> = defineOp(
  pointwise({
    name: "pow",
    arity: 2,
    accepts: "float",
    expr: ([a, b]) => s.pow(a, b),
    partials: [
      ({ a, b }) => mulZero(b, pow(a, sub(b, 1))),
      ({ a, y }) => mulZero(y, log(where(eq(a, 0), 1, a))),
    ],
    domain: [{ min: 0.1 }, {}],
    reference: ([a, b]) => Math.exp(b * Math.log(a)),
  }),
  callBinary("pow"),
);
