// The exponential function of singles, and what it is made of.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { rounder } from "./narrow.ts";

/** eʳ = 1 + r + r²·Q(r) for |r| ≤ ln 2; relative error 2.0e-8. */
const expTail = [
  0.00019611854804679751, 0.0014104264555498958, 0.008336097933351994, 0.041661277413368225,
  0.1666661500930786, 0.5000003576278687,
];

/** Below, eˣ is 0 in singles. */
const least = -104;

/** eˣ, of any x. */
export function exp(code: FloatCode, x: Local): Local {
  const bounded = code.atMost(code.atLeast(x, least), 89);
  return expSum(code, bounded, { isZero: code.compare("lt", x, code.const(least)) });
}

/**
 * e^(x + low) for −104 ≤ x ≤ 89 and a small `low`: 2ʰ·2ʰ·eʳ. The integer is halved before, not after: that is
 * shorter, and infinity and denormals come by rounding. 2 ln 2 is in two parts, of which the first has 14
 * bits: its product with h is exact. Where it `isZero` the last factor is 0: a product that underflows takes
 * a processor some 20 cycles longer, and masked attention is full of e^−∞.
 */
export function expSum(
  code: FloatCode,
  x: Local,
  { low, isZero }: { readonly low?: Local; readonly isZero?: Local } = {},
): Local {
  const sum = code.madd(x, code.const(Math.LOG2E / 2), code.const(rounder));
  const h = code.sub(sum, code.const(rounder));
  const high = code.nmadd(h, code.const(1.38623046875), x);
  const rest = code.nmadd(h, code.const(6.389236989061883e-5), high);
  const r = low ? code.add(rest, low) : rest;
  const scale = code.op("i32x4.add", code.shift("i32x4.shl", sum, 23), code.const(1));
  const square = code.mul(r, r);
  const expm1 = code.madd(square, code.poly(r, expTail, square), r);
  // One rounding less than (1 + expm1)·scale.
  const last = isZero ? code.without(scale, isZero) : scale;
  return code.mul(code.madd(expm1, scale, scale), last);
}
