// The exponential function of doubles, and what it is made of.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";

/** 1.5 · 2⁵²: in a sum with it, a double is rounded to an integer, which its low bits are. */
export const rounder = 1.5 * 2 ** 52;
export const rounderBits = 0x4338000000000000n;

/** ln 2 in two parts; the first has 40 bits, so its product with an exponent is exact. */
export const ln2 = { high: 0.6931471805592082, low: 7.371002565167799e-13 };

/** n and r of x = n·ln 2 + r, |r| ≤ ln 2 / 2. */
export function reduce(code: FloatCode, x: Local): { n: Local; bits: Local; r: Local } {
  const sum = code.madd(x, code.const(Math.LOG2E), code.const(rounder));
  const n = code.sub(sum, code.const(rounder));
  const r = code.nmadd(n, code.const(ln2.low), code.nmadd(n, code.const(ln2.high), x));
  return { n, bits: code.op("i64x2.sub", sum, code.i64(rounderBits)), r };
}

/** 2ⁿ for an integer n of −1022 … 1023. */
export const powerOfTwo = (code: FloatCode, n: Local): Local =>
  code.shift("i64x2.shl", code.op("i64x2.add", n, code.i64(1023n)), 52);

/** eʳ = 1 + r + r²·Q(r); relative error 1.6e-17. */
const expTail = [
  2.5100375832561234e-8, 2.7620075879983367e-7, 2.7557268480310024e-6, 2.4801521322368692e-5,
  0.00019841269863040545, 0.0013888888917196719, 0.008333333333330065, 0.041666666666624164,
  0.16666666666666669, 0.5000000000000001,
];

/** factor·e^(x + low), with low small against ln 2: 2ⁿ·eʳ, where 2ⁿ is two factors, so that infinity and
 *  denormals come by rounding. */
export function expSum(code: FloatCode, x: Local, low?: Local, factor?: Local): Local {
  const { bits, r } = reduce(code, code.atMost(code.atLeast(x, -746), 710));
  const power = code.poly(low ? code.add(r, low) : r, [...expTail, 1, 1]);
  const half = code.shift("i64x2.shr_s", bits, 1);
  const rest = code.op("i64x2.sub", bits, half);
  const first = code.mul(factor ? code.mul(power, factor) : power, powerOfTwo(code, half));
  return code.mul(first, powerOfTwo(code, rest));
}
