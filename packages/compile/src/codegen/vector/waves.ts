// Sine, cosine and tangent on float32.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { float32ThroughDoubles } from "./doubles.ts";
import type { Lanes } from "./lanes.ts";
import { pushHostCall } from "./host.ts";
import { callShared } from "./shared.ts";

type Wave = "sin" | "cos" | "tan";

/** From here on the host computes them, lane by lane. */
const limit = 2 ** 20;

export function emitWave(code: FloatCode, lanes: Lanes, fn: Wave, x: Local): Local {
  const y = float32ThroughDoubles(code, lanes, [x], (doubles, [wide]) =>
    nearWave(doubles, fn, wide),
  );
  const isFar = code.compare("ge", code.unary("abs", x), code.const(limit));
  code.ifAny(isFar, () => {
    code.f.get(farWave(code, lanes, fn, [x, y, isFar])).set(y);
  });
  return y;
}

/** y, but where x is far what the host says. */
const farWave = (code: FloatCode, lanes: Lanes, fn: string, args: readonly Local[]): Local =>
  callShared(code, `f32x4.${fn} far ${lanes}`, "f32x4", args, ({ ctx, f }, [x, y, isFar]) => {
    for (let lane = 0; lane < lanes; lane++) {
      f.get(isFar).lane("i32x4.extract_lane", lane);
      f.if(() => {
        f.get(y).get(x).lane("f32x4.extract_lane", lane).op("f64.promote_f32");
        pushHostCall(ctx, f, fn);
        f.op("f32.demote_f64").lane("f32x4.replace_lane", lane).set(y);
      });
    }
    return y;
  });

/** 1.5 · 2⁵²: in a sum with it, a double is rounded to an integer, which its low bits are. */
const rounder = 1.5 * 2 ** 52;

/** π/2 in two parts; the first has 33 bits: its product with up to 20 more is exact. The rest leaves
 *  an error of 2⁻⁶⁶, and no float32 below the limit is so near a multiple of π/2 that it would count. */
const quarter = { high: 1.5707963267341256, low: 6.077100506506192e-11 };

/** (sin r − r) / r³ in r² for |r| ≤ π/4, interpolated at Chebyshev nodes; relative error 1.7e-11. */
const sinTail = [
  2.7249864655139585e-6, -0.00019840086263755443, 0.008333331873837089, -0.16666666663853044,
];

/** (cos r − 1 + r²/2) / r⁴ likewise; error 9e-13. */
const cosTail = [
  -2.7300908167996537e-7, 2.480059998353171e-5, -0.0013888887671288108, 0.04166666666431933,
];

/** x = n·π/2 + r; of the last two bits of n, one says which function of r it is and one the sign. */
function nearWave(code: FloatCode, fn: Wave, x: Local): Local {
  const sum = code.madd(x, code.const(2 / Math.PI), code.const(rounder));
  const n = code.sub(sum, code.const(rounder));
  const r = code.nmadd(n, code.const(quarter.low), code.nmadd(n, code.const(quarter.high), x));
  const z = code.mul(r, r);
  // As a product, so that −0 stays.
  const sine = code.mul(r, code.poly(z, [...sinTail, 1]));
  const cosine = code.poly(z, [...cosTail, -0.5, 1]);
  const one = code.i64(1n);
  if (fn === "tan") {
    // After an odd number of quarters it is −cos r / sin r.
    const isOdd = code.op("i64x2.eq", code.and(sum, one), one);
    const top = code.choose(isOdd, code.unary("neg", cosine), sine);
    return code.div(top, code.choose(isOdd, sine, cosine));
  }
  const turns = fn === "sin" ? sum : code.op("i64x2.add", sum, code.i64(1n));
  const isCosine = code.op("i64x2.eq", code.and(turns, one), one);
  const sign = code.and(code.shift("i64x2.shl", turns, 62), code.signBit());
  return code.op("v128.xor", code.choose(isCosine, cosine, sine), sign);
}
