// Hyperbolic functions and their inverses, made of expm1, exp and log1p as in FreeBSD's library: no
// cancellation near 0, no overflow before the result's own.
import { defineUnary } from "../defined.ts";
import type { Expr } from "../expr.ts";
import {
  abs,
  add,
  copySign,
  div,
  exp,
  expm1,
  gt,
  log,
  log1p,
  lt,
  mul,
  select,
  sqrt,
  sub,
} from "../scalar.ts";

/** eᵃ/2 where eᵃ itself may be infinite. */
function halfExp(a: Expr): Expr {
  const root = exp(mul(0.5, a));
  return mul(mul(0.5, root), root);
}

/** Where eᵃ is near infinity. */
const top = 709;

export const sinh = defineUnary(
  "sinh",
  (x) => {
    const a = abs(x);
    const e = expm1(a);
    const y = mul(0.5, add(e, div(e, add(e, 1))));
    return copySign(select(gt(a, top), halfExp(a), y), x);
  },
  { float: Math.sinh, floatCode: "Math.sinh($0)" },
);

export const cosh = defineUnary(
  "cosh",
  (x) => {
    const a = abs(x);
    const e = exp(a);
    return select(gt(a, top), halfExp(a), mul(0.5, add(e, div(1, e))));
  },
  { float: Math.cosh, floatCode: "Math.cosh($0)" },
);

/** ln 2x, for an x whose square need not be looked at. */
const logTwice = (x: Expr): Expr => add(log(x), Math.LN2);
const large = 2 ** 28;

export const asinh = defineUnary(
  "asinh",
  (x) => {
    const a = abs(x);
    const square = mul(a, a);
    const y = log1p(add(a, div(square, add(1, sqrt(add(1, square))))));
    return copySign(select(gt(a, large), logTwice(a), y), x);
  },
  { float: Math.asinh, floatCode: "Math.asinh($0)" },
);

export const acosh = defineUnary(
  "acosh",
  (x) => {
    const t = sub(x, 1);
    const y = log1p(add(t, sqrt(add(mul(2, t), mul(t, t)))));
    return select(lt(x, 1), NaN, select(gt(x, large), logTwice(x), y));
  },
  { float: Math.acosh, floatCode: "Math.acosh($0)" },
);

export const atanh = defineUnary(
  "atanh",
  (x) => {
    const a = abs(x);
    const twice = mul(2, a);
    const y = mul(0.5, log1p(add(twice, div(mul(twice, a), sub(1, a)))));
    return copySign(select(gt(a, 1), NaN, y), x);
  },
  { float: Math.atanh, floatCode: "Math.atanh($0)" },
);
