// Functions in double precision, for lanes that are not doubles: half by half.
import type { Local } from "../../wasm/function.ts";
import { FloatCode, type VectorCode } from "./code.ts";
import type { Lanes } from "./lanes.ts";

export type DoubleFn = (code: FloatCode, args: readonly Local[]) => Local;

/** float32 → float64 → float32: one rounding after those of `fn`. */
export const float32ThroughDoubles = (
  code: VectorCode,
  lanes: Lanes,
  args: readonly Local[],
  fn: DoubleFn,
): Local =>
  byHalves(code, lanes, args, (half) => {
    const wide = half.map((x) => code.op("f64x2.promote_low_f32x4", x));
    const doubles = new FloatCode(code.ctx, code.f, "f64x2");
    return code.op("f32x4.demote_f64x2_zero", fn(doubles, wide));
  });

/** int32 → float64 → int32, where what leaves the range wraps around and NaN is 0. */
export const int32ThroughDoubles = (
  code: VectorCode,
  lanes: Lanes,
  args: readonly Local[],
  fn: DoubleFn,
): Local =>
  byHalves(code, lanes, args, (half) => {
    const wide = half.map((x) => code.op("f64x2.convert_low_i32x4_s", x));
    const doubles = new FloatCode(code.ctx, code.f, "f64x2");
    return wrap(doubles, fn(doubles, wide));
  });

function byHalves(
  code: VectorCode,
  lanes: Lanes,
  args: readonly Local[],
  compute: (args: readonly Local[]) => Local,
): Local {
  const low = compute(args);
  if (lanes === 2) return low;
  const high = compute(args.map((x) => code.words(x, x, 2, 3, 2, 3)));
  return code.words(low, high, 0, 1, 4, 5);
}

/** ECMAScript's ToInt32: the integer part modulo 2³², all steps exact; ±∞ become NaN and that 0. */
function wrap(code: FloatCode, x: Local): Local {
  const whole = code.op("f64x2.trunc", x);
  const turns = code.unary("floor", code.mul(whole, code.const(2 ** -32)));
  const rest = code.sub(whole, code.mul(turns, code.const(2 ** 32)));
  return code.op("i32x4.trunc_sat_f64x2_u_zero", rest);
}
