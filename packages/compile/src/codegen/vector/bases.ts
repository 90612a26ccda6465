// Powers of two, logarithms to the bases 2 and 10, and cube roots of doubles.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { powerOfTwo, rounder, rounderBits } from "./exponential.ts";
import { logParts, logSpecial, normalized } from "./logarithm.ts";

/** 2ᶠ in f for |f| ≤ ½, interpolated at Chebyshev nodes; relative error 6.3e-18. */
const exp2Near = [
  4.4549605981865186e-10, 7.072585949269223e-9, 1.0178062445845774e-7, 1.321544258792169e-6,
  1.525273382983612e-5, 0.0001540353044173605, 0.0013333558146416936, 0.009618129107606888,
  0.0555041086648216, 0.24022650695910097, 0.6931471805599453, 1,
];

/** 2ˣ = 2ⁿ·2ᶠ, where 2ⁿ is two factors, so that infinity and denormals come by rounding. */
export function exp2(code: FloatCode, x: Local): Local {
  const bounded = code.atMost(code.atLeast(x, -1080), 1030);
  const sum = code.add(bounded, code.const(rounder));
  const f = code.sub(bounded, code.sub(sum, code.const(rounder)));
  const bits = code.op("i64x2.sub", sum, code.i64(rounderBits));
  const half = code.shift("i64x2.shr_s", bits, 1);
  const rest = code.op("i64x2.sub", bits, half);
  const first = code.mul(code.poly(f, exp2Near), powerOfTwo(code, half));
  return code.mul(first, powerOfTwo(code, rest));
}

/** 1/ln b in two parts, of which the first has 21 bits, and log_b 2, whose first part has 40. */
const bases = {
  log2: { high: 1.4426946640014648, low: 3.768874985636099e-7, two: [1, 0] },
  log10: {
    high: 0.4342944622039795,
    low: 1.9699272335463627e-8,
    two: [0.30102999566361177, 3.694239077158931e-13],
  },
} as const;

/** log_b x = k·log_b 2 + ln(1 + f)/ln b. What is added last is split such that the products of its large parts
 *  are exact; so powers of the base have no error. As in FreeBSD's e_log2.c and e_log10.c. */
export function scaledLog(code: FloatCode, base: keyof typeof bases, x: Local): Local {
  const { high, low, two } = bases[base];
  const { normal, exponent } = normalized(code, x);
  const { k, f, s, halfSquare, tail } = logParts(code, normal);
  const e = code.add(k, exponent);
  const head = code.and(code.sub(f, halfSquare), code.i64(-(1n << 32n)));
  const rest = code.madd(s, code.add(halfSquare, tail), code.sub(code.sub(f, head), halfSquare));
  const large = code.mul(head, code.const(high));
  const small = code.madd(code.add(rest, head), code.const(low), code.mul(rest, code.const(high)));
  const whole = code.mul(e, code.const(two[0]));
  const sum = code.add(whole, large);
  const lost = code.add(code.sub(whole, sum), large);
  const corrections = code.madd(e, code.const(two[1]), code.add(small, lost));
  return logSpecial(code, x, code.add(sum, corrections));
}

/** ∛m in m for m in [1, 8]; relative error 0.0049. */
const rootNear = [
  -0.0002882199346276574, 0.0069891694835587225, -0.06797280035500547, 0.4121814779629245,
  0.6538962985569791,
];

/** ∛x of x = ±m·2³ᵠ with m in [1, 8): two steps of Halley's method from a polynomial, the second with a square
 *  that is exact, as in FreeBSD's s_cbrt.c. */
export function cbrt(code: FloatCode, x: Local): Local {
  const a = code.unary("abs", x);
  const isTiny = code.compare("lt", a, code.const(2 ** -1022));
  const normal = code.choose(isTiny, code.mul(a, code.const(2 ** 54)), a);
  const bits = code.op("i64x2.sub", code.shift("i64x2.shr_u", normal, 52), code.i64(1023n));
  const exponent = code.op("f64x2.convert_low_i32x4_s", code.words(bits, bits, 0, 2, 0, 2));
  const third = code.unary(
    "floor",
    code.mul(code.add(exponent, code.const(0.5)), code.const(1 / 3)),
  );
  const q = code.op("i64x2.extend_low_i32x4_s", code.op("i32x4.trunc_sat_f64x2_s_zero", third));
  const triple = code.op("i64x2.add", q, code.shift("i64x2.shl", q, 1));
  const m = code.op("i64x2.sub", normal, code.shift("i64x2.shl", triple, 52));
  const first = code.poly(m, rootNear);
  const cube = code.mul(code.mul(first, first), first);
  const twice = code.add(m, m);
  const second = code.div(
    code.mul(first, code.add(cube, twice)),
    code.add(code.add(cube, cube), m),
  );
  const t = code.and(second, code.i64(-(1n << 29n)));
  const r = code.div(m, code.mul(t, t));
  const step = code.div(code.sub(r, t), code.add(code.add(t, t), r));
  const root = code.mul(code.madd(t, step, t), powerOfTwo(code, q));
  const scaled = code.mul(root, code.choose(isTiny, code.const(2 ** -18), code.const(1)));
  // ±0, ±∞ and NaN are themselves.
  const isOrdinary = code.and(
    code.compare("gt", a, code.const(0)),
    code.compare("lt", a, code.const(Infinity)),
  );
  return code.choose(isOrdinary, code.withSignOf(scaled, x), x);
}
