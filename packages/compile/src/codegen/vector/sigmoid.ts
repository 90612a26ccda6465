// The logistic function 1 / (1 + e⁻ˣ). As exp, a sum and a quotient it is 3.1 ulp off in single precision: each
// of them rounds, and where the result begins a new power of 2 their errors count twice. Here it is 1.7 at most.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { float32ThroughDoubles } from "./doubles.ts";
import { expSum } from "./exponential.ts";
import type { Lanes } from "./lanes.ts";
import { expNarrow } from "./narrow.ts";
import { callShared } from "./shared.ts";

/** Beyond, e⁻ˣ is no normal float. */
const limit = 87;

/**
 * With e^|x| = 2ⁿ + 2ⁿ·p it is q = 1 / (1 + 2ⁿ + 2ⁿ·p) for x < 0, else 1 − q. 1 + 2ⁿ is exact up to n = 23, so
 * that the denominator is rounded once; further out what that sum loses joins 2ⁿ·p.
 */
export function sigmoidOfSingle(code: FloatCode, lanes: Lanes, x: Local): Local {
  const { power, p } = expNarrow(code, code.atMost(code.unary("abs", x), limit));
  const one = code.const(1);
  const sum = code.add(power, one);
  const lost = code.sub(one, code.sub(sum, power));
  const q = code.div(one, code.add(sum, code.madd(power, p, lost)));
  const isPositive = code.compare("ge", x, code.const(0));
  const result = code.choose(isPositive, code.sub(one, q), q);
  const isFar = code.compare("lt", x, code.const(-limit));
  code.ifAny(isFar, () => {
    code.f.get(far(code, lanes, [x, result, isFar])).set(result);
  });
  return result;
}

/** y, but where x is far below 0 what doubles say. */
const far = (code: FloatCode, lanes: Lanes, args: readonly Local[]): Local =>
  callShared(code, `f32x4.sigmoid far ${lanes}`, "f32x4", args, (inner, [x, y, isFar]) =>
    inner.choose(
      isFar,
      float32ThroughDoubles(inner, lanes, [x], (doubles, [wide]) => sigmoidOfDouble(doubles, wide)),
      y,
    ),
  );

export function sigmoidOfDouble(code: FloatCode, x: Local): Local {
  const e = expSum(code, code.unary("neg", code.unary("abs", x)));
  const one = code.const(1);
  const isPositive = code.compare("ge", x, code.const(0));
  return code.div(code.choose(isPositive, one, e), code.add(one, e));
}
