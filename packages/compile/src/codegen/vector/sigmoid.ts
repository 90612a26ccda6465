// The logistic function 1 / (1 + e⁻ˣ). As exp, a sum and a quotient it is 3.1 ulp off in single precision: each
// of them rounds, and where the result begins a new power of 2 their errors count twice.
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
 * With e = e^−|x|: for x < 0 it is q = e / (1 + e), else 1 − q. What e = 2ⁿ + 2ⁿ·p loses when it is summed, and
 * what 1 + e loses, is put into the quotient to first order, where 1 / (1 + e) is 1 − q.
 */
export function sigmoidOfSingle(code: FloatCode, lanes: Lanes, x: Local): Local {
  const a = code.unary("abs", x);
  const { power, p } = expNarrow(code, code.unary("neg", code.atMost(a, limit)));
  const small = code.mul(power, p);
  const e = code.add(power, small);
  const lost = code.sub(small, code.sub(e, power));
  const one = code.const(1);
  const bottom = code.add(one, e);
  const rest = code.add(code.add(code.sub(one, bottom), e), lost);
  const q = code.div(e, bottom);
  const y = code.madd(code.nmadd(q, rest, lost), code.sub(one, q), q);
  const isPositive = code.compare("ge", x, code.const(0));
  const result = code.choose(isPositive, code.sub(one, y), y);
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
