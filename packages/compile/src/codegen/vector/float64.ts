// The functions of the scalar algebra on float64. Coefficients: interpolation at the Chebyshev nodes of
// the interval, in 60 digits. Largest errors found, in units in the last place, at 8000 random places
// against 40 digits: exp 1.12, expm1 1.66, log 0.79, log1p 0.76, tanh 2.11.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import type { Constants } from "./lanes.ts";
import { expSum, ln2, powerOfTwo, reduce } from "./exponential.ts";
import { emitDefined } from "./defined.ts";
import { emitFloat } from "./float.ts";
import { logParts, logSpecial, normalized } from "./logarithm.ts";
import { erfcOfDouble, erfOfDouble, gaussOfDouble, ndtrOfDouble } from "./normal.ts";
import { cbrt, exp2, scaledLog } from "./bases.ts";
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
    case "exp2":
      return exp2(code, args[0]);
    case "log2":
    case "log10":
      return scaledLog(code, fn, args[0]);
    case "cbrt":
      return cbrt(code, args[0]);
    default:
      return emitDefined(code, fn, args, emitFloat64) ?? hostDoubles(code, fn, args);
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

function log(code: FloatCode, x: Local): Local {
  const { normal, exponent } = normalized(code, x);
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

/** ln x + exponent·ln 2 + c for a normal x > 0, with c small against the result. */
function logNormal(code: FloatCode, x: Local, exponent: Local, c: Local): Local {
  const { k, f, s, halfSquare, tail } = logParts(code, x);
  const e = code.add(k, exponent);
  const low = code.madd(e, code.const(ln2.low), c);
  const inner = code.sub(halfSquare, code.madd(s, code.add(halfSquare, tail), low));
  return code.sub(code.mul(e, code.const(ln2.high)), code.sub(inner, f));
}

/** With u = e²ˣ − 1 for x ≥ 0, tanh x = u / (u + 2); beyond 20 it is 1. */
function tanh(code: FloatCode, x: Local): Local {
  const a = code.atMost(code.unary("abs", x), 20);
  const u = expm1(code, code.add(a, a));
  return code.withSignOf(code.div(u, code.add(u, code.const(2))), x);
}
