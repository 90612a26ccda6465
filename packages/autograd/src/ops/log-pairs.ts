// Logarithms of two arguments.
import * as s from "../kernel/algebra.ts";
import type { Expr } from "../kernel/expr.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { Saved } from "../op/op.ts";
import type { BinaryFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sigmoid } from "./activation.ts";
import { sub } from "./arith.ts";
import { isInf } from "./classify.ts";
import { eq, le, logicalAnd, where } from "./compare.ts";
import { log, log1p } from "./exp-log.ts";
import { add, callBinary, mulZero, pointwise } from "./pointwise.ts";
import { reciprocal } from "./roots.ts";

/** eᵃ/(eᵃ + eᵇ). Equal infinities are a tie; of two that are −∞ none has a share, as in logsumexp. */
function share(a: Tensor, b: Tensor, { y }: Saved): Tensor {
  const isTie = logicalAnd(eq(a, b), isInf(a));
  return where(eq(y, -Infinity), 0, sigmoid(where(isTie, 0, sub(a, b))));
}

/**
 * ln(eᵃ + eᵇ) without overflow; −inf where both are. (Where the result is near 0, its absolute error is what is
 * small.) @example logaddexp(tensor([1000]), 1000) // [1000.69]
 */
export const logaddexp: OpOf<BinaryFn<"logaddexp">> = defineOp(
  pointwise({
    name: "logaddexp",
    arity: 2,
    accepts: "float",
    expr: ([a, b]) => s.logaddexp(a, b),
    partials: [
      (saved) => share(saved.a, saved.b, saved),
      (saved) => share(saved.b, saved.a, saved),
    ],
    reference: ([a, b]) => Math.log(Math.exp(a) + Math.exp(b)),
  }),
  callBinary("logaddexp"),
);

/**
 * a·ln b, but 0 where a is 0, whatever b is (other than NaN): what entropies are made of. Its derivative by a
 * is ln b, and 0 where a is 0 and b is not positive; by b it is a/b, 0 where a is 0.
 * @example xlogy(tensor([0, 2]), tensor([0, 1])) // [0, 0]
 */
export const xlogy: OpOf<BinaryFn<"xlogy">> = defineOp(
  pointwise({
    name: "xlogy",
    arity: 2,
    accepts: "float",
    expr: ([a, b]) => unlessZero(a, b, s.log(b)),
    partials: [
      ({ a, b }) => where(logicalAnd(eq(a, 0), le(b, 0)), 0, log(b)),
      ({ a, b }) => mulZero(a, reciprocal(b)),
    ],
    domain: [{}, { min: 0.3, max: 4 }],
    reference: ([a, b]) => a * Math.log2(b) * Math.LN2,
  }),
  callBinary("xlogy"),
);

/**
 * a·ln(1 + b), precise for small b, but 0 where a is 0, whatever b is (other than NaN). Its derivatives are
 * as those of `xlogy`. @example xlog1py(tensor([0, 2]), tensor([-1, 0])) // [0, 0]
 */
export const xlog1py: OpOf<BinaryFn<"xlog1py">> = defineOp(
  pointwise({
    name: "xlog1py",
    arity: 2,
    accepts: "float",
    expr: ([a, b]) => unlessZero(a, b, s.log1p(b)),
    partials: [
      ({ a, b }) => where(logicalAnd(eq(a, 0), le(b, -1)), 0, log1p(b)),
      ({ a, b }) => mulZero(a, reciprocal(add(1, b))),
    ],
    domain: [{}, { min: -0.7, max: 3 }],
    reference: ([a, b]) => a * Math.log(1 + b),
  }),
  callBinary("xlog1py"),
);

/** a·logarithm, but 0 where a is 0 and b a number. */
const unlessZero = (a: Expr, b: Expr, logarithm: Expr): Expr =>
  s.select(s.and(s.eq(a, 0), s.eq(b, b)), 0, s.mul(a, logarithm));
