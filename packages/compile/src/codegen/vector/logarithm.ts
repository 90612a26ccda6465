// What the logarithms of doubles are made of: x = 2ᵏ(1 + f) with 1 + f in [√½, √2), and s = f / (2 + f); the
// sum as in FreeBSD's e_log.c. Coefficients: interpolation at Chebyshev nodes, in 60 digits.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";

/** (ln((1 + s) / (1 − s)) − 2s) / s³ in s²; relative error of the logarithm 5e-19. */
const logTail = [
  0.13086626147840102, 0.13268773138656886, 0.15386239702814658, 0.18181795640132906,
  0.22222222391713917, 0.28571428570803614, 0.4000000000000088, 0.6666666666666666,
];

/** √½. */
const rootHalfBits = 0x3fe6a09e667f3bcdn;

/** The parts of ln x = k·ln 2 + f − (halfSquare − s·(halfSquare + tail)) for a normal x > 0. */
export function logParts(code: FloatCode, x: Local) {
  const above = code.op("i64x2.sub", x, code.i64(rootHalfBits));
  const bits = code.shift("i64x2.shr_s", above, 52);
  const f = code.sub(code.op("i64x2.sub", x, code.shift("i64x2.shl", bits, 52)), code.const(1));
  const k = code.op("f64x2.convert_low_i32x4_s", code.words(bits, bits, 0, 2, 0, 2));
  const s = code.div(f, code.add(code.const(2), f));
  const z = code.mul(s, s);
  const tail = code.mul(z, code.poly(z, logTail));
  const halfSquare = code.mul(code.mul(f, f), code.const(0.5));
  return { k, f, s, halfSquare, tail };
}

/** x = normal · 2^exponent. */
export function normalized(code: FloatCode, x: Local): { normal: Local; exponent: Local } {
  const isTiny = code.compare("lt", x, code.const(2 ** -1022));
  const normal = code.choose(isTiny, code.mul(x, code.const(2 ** 54)), x);
  return { normal, exponent: code.and(isTiny, code.const(-54)) };
}

/** y = ln x, mended: ∞ and NaN are themselves, 0 gives −∞, less gives NaN. */
export function logSpecial(code: FloatCode, x: Local, y: Local): Local {
  const finite = code.choose(code.compare("lt", x, code.const(Infinity)), y, x);
  const zero = code.const(0);
  // A lane of ones is NaN.
  const known = code.or(finite, code.compare("lt", x, zero));
  return code.choose(code.compare("eq", x, zero), code.const(-Infinity), known);
}
