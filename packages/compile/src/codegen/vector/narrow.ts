// The exponential function of floats, with its power of 2 apart.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";

/** 1.5 · 2²³: in a sum with it, a float is rounded to an integer, which its low bits are; the bits
 *  that it brings itself leave when the sum is shifted to where the exponent is. */
export const rounder = 1.5 * 2 ** 23;

/** eʳ = 1 + r + r²·Q(r) for |r| ≤ ln 2 / 2; relative error 3.6e-9. */
export const narrowTail = [
  0.001381461275741458, 0.008368710055947304, 0.04166838899254799, 0.1666652113199234,
  0.4999999403953552,
];

/** ln 2 in two parts; the first has 15 bits: its product with an exponent is exact. */
export const ln2 = { high: 0.693145751953125, low: 1.4286068203094173e-6 };

/** eˣ = power·(1 + p), where power is 2ⁿ, for x whose power of 2 is a normal float. */
export function expNarrow(code: FloatCode, x: Local): { power: Local; p: Local } {
  const sum = code.madd(x, code.const(Math.LOG2E), code.const(rounder));
  const n = code.sub(sum, code.const(rounder));
  const r = code.nmadd(n, code.const(ln2.low), code.nmadd(n, code.const(ln2.high), x));
  const square = code.mul(r, r);
  const p = code.madd(square, code.poly(r, narrowTail, square), r);
  const power = code.op("i32x4.add", code.shift("i32x4.shl", sum, 23), code.const(1));
  return { power, p };
}
