// The functions of the scalar algebra on float32. Coefficients: weighted minimax (Lawson's iteration
// on 600 Chebyshev nodes of the interval), then rounded to single precision. Largest errors found, in
// units in the last place, on every 997th float32 and densely where the functions are not trivial, without
// and with fused multiply-add: exp 1.48 and 1.61, tanh 1.99 and 1.93 (every third), log 0.89, erf 1.44; what
// goes through doubles is rounded once, 0.50.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { float32ThroughDoubles } from "./doubles.ts";
import { emitFloat } from "./float.ts";
import { emitFloat64 } from "./float64.ts";
import type { Constants, Lanes } from "./lanes.ts";
import { exp } from "./exponential32.ts";
import { logSpecial } from "./logarithm.ts";
import { ln2, narrowTail, rounder } from "./narrow.ts";
import { erfcOfSingle } from "./normal.ts";
import { gauss, ndtr } from "./normal32.ts";
import { powerOfSingle } from "./power.ts";
import { callShared } from "./shared.ts";
import { sigmoidOfSingle } from "./sigmoid.ts";
import { emitWave } from "./waves.ts";

export function emitFloat32(
  code: FloatCode,
  lanes: Lanes,
  fn: string,
  args: readonly Local[],
  constants: Constants,
): Local {
  const simple = emitFloat(code, fn, args, constants);
  if (simple) return simple;
  switch (fn) {
    case "exp":
      return exp(code, args[0]);
    case "tanh":
      return tanh(code, args[0]);
    case "log":
      return log(code, args[0]);
    case "erf":
      return erf(code, args[0]);
    case "sigmoid":
      return sigmoidOfSingle(code, lanes, args[0]);
    case "gauss":
      return gauss(code, args[0]);
    case "ndtr":
      return ndtr(code, args[0], gauss(code, args[0]));
    case "ndtrOfGauss":
      return ndtr(code, args[0], args[1]);
    case "erfc":
      return float32ThroughDoubles(code, lanes, args, (doubles, [x]) => erfcOfSingle(doubles, x));
    case "pow":
      return callShared(code, `f32x4.pow ${lanes}`, "f32x4", args, (inner, inputs) =>
        float32ThroughDoubles(inner, lanes, inputs, (doubles, [x, y]) =>
          powerOfSingle(doubles, (a) => emitFloat64(doubles, "log", [a], []), x, y),
        ),
      );
    case "sin":
    case "cos":
    case "tan":
      return emitWave(code, lanes, fn, args[0]);
    default:
      return float32ThroughDoubles(code, lanes, args, (doubles, wide) =>
        emitFloat64(doubles, fn, wide, []),
      );
  }
}

/** With u = (e²ᵃ − 1) / 2 ≥ 0 and w = 1 / (1 + u), tanh a is both u − u·(u·w) and 1 − w: near 0 the first is
 *  precise, far from it the second. Beyond 9.1 it is 1. */
function tanh(code: FloatCode, x: Local): Local {
  const a = code.unary("abs", x);
  const bounded = code.atMost(a, 9.1);
  const sum = code.madd(bounded, code.const(2 * Math.LOG2E), code.const(rounder));
  const n = code.sub(sum, code.const(rounder));
  const r = code.nmadd(n, code.const(Math.LN2), code.add(bounded, bounded));
  const square = code.mul(r, r);
  const expm1 = code.madd(square, code.poly(r, narrowTail, square), r);
  // n is 0 … 26: added to the exponent of ½.
  const half = code.const(0.5);
  const scale = code.op("i32x4.add", code.shift("i32x4.shl", sum, 23), half);
  const u = code.madd(expm1, scale, code.sub(scale, half));
  const one = code.const(1);
  const w = code.div(one, code.add(u, one));
  const near = code.nmadd(u, code.mul(u, w), u);
  const isFar = code.compare("ge", a, half);
  // NaN is near; zero keeps its sign.
  return code.withSignOf(code.choose(isFar, code.sub(one, w), near), x);
}

/** ln(1 + f) = f + f²·(−½ + f·P(f)) for 1 + f in [√½, √2); relative error 6.2e-9. */
const logTail = [
  -0.07634495943784714, 0.1276157647371292, -0.13160182535648346, 0.14201757311820984,
  -0.16623356938362122, 0.20001226663589478, -0.2500081956386566, 0.3333333134651184,
];

/** ln x = k·ln 2 + ln(1 + f) with x = 2ᵏ(1 + f); k is the exponent of x / √½, from the bits. */
function log(code: FloatCode, x: Local): Local {
  const isTiny = code.compare("lt", x, code.const(2 ** -126));
  const normal = code.choose(isTiny, code.mul(x, code.const(2 ** 25)), x);
  const k = code.shift("i32x4.shr_s", code.op("i32x4.sub", normal, code.const(Math.SQRT1_2)), 23);
  const mantissa = code.op("i32x4.sub", normal, code.shift("i32x4.shl", k, 23));
  const exponent = code.op("i32x4.add", k, code.and(isTiny, code.i32(-25)));
  const e = code.op("f32x4.convert_i32x4_s", exponent);
  const f = code.sub(mantissa, code.const(1));
  const tail = code.mul(code.mul(f, f), code.poly(f, [...logTail, -0.5]));
  const low = code.add(f, code.madd(e, code.const(ln2.low), tail));
  return logSpecial(code, x, code.madd(e, code.const(ln2.high), low));
}

/** (erf x − x) / x in x² for |x| ≤ 1. */
const erfNear = [
  7.889113476267084e-5, -0.0008020839304663241, 0.005189535208046436, -0.026854444295167923,
  0.11283600330352783, -0.3761262595653534, 0.12837916709551256,
];

/** ln(1 − erf x) for 1 ≤ x ≤ 3.95; error of erf 2.2e-9. */
const erfFar = [
  0.0001855740265455097, -0.0029396074824035168, 0.02180531993508339, -0.10303737223148346,
  -0.6382256746292114, -1.1270400285720825, -0.00035371925332583487,
];

function erf(code: FloatCode, x: Local): Local {
  const a = code.unary("abs", x);
  const near = code.madd(x, code.poly(code.mul(x, x), erfNear), x);
  // From 3.92 on it is 1.
  const tail = exp(code, code.poly(code.atMost(a, 3.95), erfFar));
  const far = code.withSignOf(code.sub(code.const(1), tail), x);
  return code.choose(code.compare("lt", a, code.const(1)), near, far);
}
