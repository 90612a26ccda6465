// The functions of the scalar algebra on float64. Coefficients: interpolation at the Chebyshev nodes of
// the interval, in 60 digits. Largest errors found, in units in the last place, at 8000 random places
// against 40 digits: exp 1.12, expm1 1.66, log 0.79, log1p 0.76, tanh 2.11.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import type { Constants } from "./lanes.ts";
import { expSum, ln2, powerOfTwo, reduce } from "./exponential.ts";
import { emitFloat } from "./float.ts";
import { erfcOfDouble, erfOfDouble, gaussOfDouble, ndtrOfDouble } from "./normal.ts";
import { hostDoubles } from "./shared.ts";
import { sigmoidOfDouble } from "./sigmoid.ts";

export function emitFloat64(
  code: FloatCode,
  fn: string,
  args: readonly Local[],
  constants: Constants,
): Local {
  const simple = emitFloat(code, fn, args, constants);
  if (simple) return simple;
  switch (fn) {
    case "floorDivide":
      return code.unary("floor", code.div(args[0], args[1]));
    case "exp":
      return expSum(code, args[0]);
    case "expm1":
      return expm1(code, args[0]);
    case "log":
      return log(code, args[0]);
    case "log1p":
      return log1p(code, args[0]);
    case "tanh":
      return tanh(code, args[0]);
    case "sigmoid":
      return sigmoidOfDouble(code, args[0]);
    case "erf":
      return erfOfDouble(code, args[0]);
    case "erfc":
      return erfcOfDouble(code, args[0]);
    case "ndtr":
      return ndtrOfDouble(code, args[0]);
    case "gauss":
      return gaussOfDouble(code, args[0]);
    default:
      return hostDoubles(code, fn, args);
  }
}

/** eʳ − 1 = r + r²·Q(r); relative error 9e-19. */
const expm1Tail = [
  2.0914679376583935e-9, 2.510520637395701e-8, 2.7557273661348637e-7, 2.7557255425746435e-6,
  2.4801587325533363e-5, 0.00019841269874800493, 0.0013888888888883752, 0.008333333333326141,
  0.04166666666666667, 0.1666666666666667, 0.5,
];

/** eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1); where n is 1024, as twice the value for 2¹⁰²³. */
function expm1(code: FloatCode, x: Local): Local {
  const { n, bits, r } = reduce(code, code.atMost(code.atLeast(x, -40), 710));
  const isTop = code.compare("gt", n, code.const(1023));
  const scale = powerOfTwo(code, code.op("i64x2.add", bits, isTop));
  const small = code.madd(code.mul(r, r), code.poly(r, expm1Tail), r);
  const one = code.choose(isTop, code.const(0.5), code.const(1));
  const y = code.madd(scale, small, code.sub(scale, one));
  // Zero keeps its sign.
  return code.withSignOf(code.mul(y, code.choose(isTop, code.const(2), code.const(1))), x);
}

/** (ln((1 + s) / (1 − s)) − 2s) / s³ in s²; relative error of the logarithm 5e-19. */
const logTail = [
  0.13086626147840102, 0.13268773138656886, 0.15386239702814658, 0.18181795640132906,
  0.22222222391713917, 0.28571428570803614, 0.4000000000000088, 0.6666666666666666,
];

function log(code: FloatCode, x: Local): Local {
  const isTiny = code.compare("lt", x, code.const(2 ** -1022));
  const normal = code.choose(isTiny, code.mul(x, code.const(2 ** 54)), x);
  const exponent = code.and(isTiny, code.const(-54));
  return logSpecial(code, x, logNormal(code, normal, exponent, code.const(0)));
}

/** With u = 1 + x rounded, ln(1 + x) = ln u + (x − (u − 1)) / u. */
function log1p(code: FloatCode, x: Local): Local {
  const u = code.add(code.const(1), x);
  const lost = code.sub(x, code.sub(u, code.const(1)));
  const y = logNormal(code, u, code.const(0), code.div(lost, u));
  // It has the sign of x, zero included.
  return code.withSignOf(logSpecial(code, u, y), x);
}

/** ln x + exponent·ln 2 + c for a normal x > 0, with c small against the result. x = 2ᵏ(1 + f) with
 *  1 + f in [√½, √2), and s = f / (2 + f); the sum as in FreeBSD's e_log.c. */
function logNormal(code: FloatCode, x: Local, exponent: Local, c: Local): Local {
  const above = code.op("i64x2.sub", x, code.i64(rootHalfBits));
  const k = code.shift("i64x2.shr_s", above, 52);
  const f = code.sub(code.op("i64x2.sub", x, code.shift("i64x2.shl", k, 52)), code.const(1));
  const e = code.add(code.op("f64x2.convert_low_i32x4_s", code.words(k, k, 0, 2, 0, 2)), exponent);
  const s = code.div(f, code.add(code.const(2), f));
  const z = code.mul(s, s);
  const tail = code.mul(z, code.poly(z, logTail));
  const halfSquare = code.mul(code.mul(f, f), code.const(0.5));
  const low = code.madd(e, code.const(ln2.low), c);
  const inner = code.sub(halfSquare, code.madd(s, code.add(halfSquare, tail), low));
  return code.sub(code.mul(e, code.const(ln2.high)), code.sub(inner, f));
}

const rootHalfBits = 0x3fe6a09e667f3bcdn;

/** y = ln x, mended: ∞ and NaN are themselves, 0 gives −∞, less gives NaN. */
export function logSpecial(code: FloatCode, x: Local, y: Local): Local {
  const finite = code.choose(code.compare("lt", x, code.const(Infinity)), y, x);
  const zero = code.const(0);
  // A lane of ones is NaN.
  const known = code.or(finite, code.compare("lt", x, zero));
  return code.choose(code.compare("eq", x, zero), code.const(-Infinity), known);
}

/** With u = e²ˣ − 1 for x ≥ 0, tanh x = u / (u + 2); beyond 20 it is 1. */
function tanh(code: FloatCode, x: Local): Local {
  const a = code.atMost(code.unary("abs", x), 20);
  const u = expm1(code, code.add(a, a));
  return code.withSignOf(code.div(u, code.add(u, code.const(2))), x);
}
