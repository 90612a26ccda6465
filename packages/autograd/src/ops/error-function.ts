// The complement and the inverse of the error function (which stands in gelu.ts).
import * as s from "../kernel/algebra.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { square } from "./arith.ts";
import { exp } from "./exp-log.ts";
import { mul, neg, pointwise } from "./pointwise.ts";

/** 1 − erf x, precise where that is small. @example erfc(tensor([5])) // [1.53746e-12] */
export const erfc: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "erfc",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.erfc(x),
    partials: [({ x }) => mul(-2 / Math.sqrt(Math.PI), exp(neg(square(x))))],
    reference: ([x]) => 1 - erfByIntegral(x),
  }),
);

/** The x of which erf is the argument: the inverse of the error function; ±inf at ±1, NaN beyond.
 *  @example erfinv(tensor([0.5])) // [0.476936] */
export const erfinv: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "erfinv",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.erfinv(x),
    partials: [({ y }) => mul(Math.sqrt(Math.PI) / 2, exp(square(y)))],
    domain: { min: -0.9, max: 0.9 },
    reference: ([x]) => (Math.abs(x) < 1 ? solve(x) : NaN),
  }),
);

/** 2/√π ∫₀ˣ e^(−t²) dt by Simpson's rule. */
function erfByIntegral(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  const steps = 400;
  const at = (i: number) => Math.exp(-(((x * i) / steps) ** 2));
  let total = at(0) + at(steps);
  for (let i = 1; i < steps; i++) total += at(i) * (i % 2 === 1 ? 4 : 2);
  return ((2 / Math.sqrt(Math.PI)) * total * x) / steps / 3;
}

/** Where erf is y, by bisection. */
function solve(y: number): number {
  let [low, high] = [-2, 2];
  while (high - low > 1e-11) {
    const middle = (low + high) / 2;
    if (erfByIntegral(middle) < y) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
