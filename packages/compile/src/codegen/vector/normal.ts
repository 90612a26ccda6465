// The error function and its relatives: erfc, the normal distribution function, and its density's
// e^(−x²/2). With a = |x| all are made of e^(−a²) and E(a) = e^(a²)·erfc(a), which is smooth: with
// u = (a − k) / (a + k) it is a polynomial in u over a + k. Coefficients: interpolation at the Chebyshev nodes
// of u, in 50 digits. float32 goes through doubles, since E, its argument and the exponential would each cost
// an ulp in single precision, and the exponent a² of them.
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import { expSum, rounder } from "./exponential.ts";

/** What the functions have in common: Φ(x) is half of erfc at −x/√2. */
interface Kind {
  /** Of e^(−scale·x²), and of the tail. */
  readonly scale: 1 | 0.5;
  /** From here on a float32 is 0. */
  readonly end: number;
}

const plain: Kind = { scale: 1, end: 10.2 };
const normal: Kind = { scale: 0.5, end: 14.425 };

/** erfc x of floats that became doubles. */
export const erfcOfSingle = (code: FloatCode, x: Local): Local =>
  ofTail(code, x, "lt", plain, singleTail(code, x, plain));

/** erfc x of any doubles; near 0 as 1 − erf x. */
export function erfcOfDouble(code: FloatCode, x: Local): Local {
  const far = ofTail(code, x, "lt", plain, doubleTail(code, x, plain));
  return nearOr(code, x, far, (near) => code.sub(code.const(1), near));
}

export function ndtrOfDouble(code: FloatCode, x: Local): Local {
  const far = ofTail(code, x, "gt", normal, doubleTail(code, x, normal));
  const half = code.const(0.5);
  return nearOr(code, code.mul(x, code.const(Math.SQRT1_2)), far, (near) =>
    code.madd(near, half, half),
  );
}

export function erfOfDouble(code: FloatCode, x: Local): Local {
  const far = code.sub(code.const(1), doubleTail(code, x, plain));
  return nearOr(code, x, code.withSignOf(far, x), (near) => near);
}

export function gaussOfDouble(code: FloatCode, x: Local): Local {
  return doubleGaussian(code, code.atMost(code.unary("abs", x), 40), normal, code.const(1));
}

/** The tail on one side of 0, what is left of the whole on the other. */
function ofTail(code: FloatCode, x: Local, side: "lt" | "gt", { scale }: Kind, tail: Local): Local {
  const isOther = code.compare(side, x, code.const(0));
  return code.choose(isOther, code.sub(code.const(2 * scale), tail), tail);
}

/** What is made of erf x for |x| < ½, else `far`. */
function nearOr(code: FloatCode, x: Local, far: Local, make: (erf: Local) => Local): Local {
  const isNear = code.compare("lt", code.unary("abs", x), code.const(0.5));
  const near = code.madd(x, code.poly(code.mul(x, x), erfNear), x);
  return code.choose(isNear, make(near), far);
}

/** (erf x − x) / x in x² for |x| ≤ ½; relative error of erf 4.1e-18. */
const erfNear = [
  1.4725211252266738e-6, -1.4845787890421724e-5, 0.00012053332795966865, -0.0008548297707906897,
  0.0052239773725259965, -0.026866170632859, 0.11283791670925271, -0.3761263890318347,
  0.12837916709551256,
];

/** E(a)·(a + 2.75) for a ≤ 10.25; relative error 1.6e-9. */
const single = {
  k: 2.75,
  coefficients: [
    -8.631421163969064e-5, -0.0002609454097068306, 0.0004792349086547552, 0.001718497637572696,
    -0.00568992851987225, -0.0046292402969396376, 0.07063029867611959, -0.24195613567090057,
    0.5266003400174954, -0.8477970155307551, 1.0651415296312206,
  ],
};

/** E(a)·(a + 3) for a ≤ 27.4; relative error 1.8e-17. */
const double = {
  k: 3,
  coefficients: [
    -1.629064809002569e-9, -6.429041281771235e-9, 2.4924457147235315e-9, 4.894159324138131e-8,
    4.015041148670902e-8, -2.3333972736024596e-7, -4.0259279355977996e-7, 9.995967191811939e-7,
    2.7624311385785647e-6, -4.749816286671137e-6, -1.7469538674454155e-5, 3.0398396692773668e-5,
    0.00010756126189733491, -0.0002767778985155426, -0.0005483096617440871, 0.0030340620078769527,
    -0.001212416629496203, -0.026827234624936122, 0.11952776128737781, -0.31046726190055335,
    0.5902283571041006, -0.8833944531698837, 1.0740069070883398,
  ],
};

function scaledTail(code: FloatCode, a: Local, { k, coefficients }: typeof single): Local {
  const inverse = code.div(code.const(1), code.add(a, code.const(k)));
  const u = code.nmadd(code.const(2 * k), inverse, code.const(1));
  return code.mul(code.poly(u, coefficients), inverse);
}

/** eʳ = 1 + r + r²·Q(r) for |r| ≤ ln 2 / 2; relative error 3.6e-9. */
const expTail = [
  0.001381461275741458, 0.008368710055947304, 0.04166838899254799, 0.1666652113199234,
  0.4999999403953552, 1, 1,
];

/** scale·e^(−scale·x²)·E(√scale·|x|). */
function singleTail(code: FloatCode, x: Local, kind: Kind): Local {
  const a = code.atMost(code.unary("abs", x), kind.end);
  return code.mul(
    singleGaussian(code, a, kind, kind.scale),
    scaledTail(code, rooted(code, a, kind), single),
  );
}

/** factor·e^(−scale·a²). The square of a float32 is exact in doubles, and 2ⁿ a normal one. */
function singleGaussian(code: FloatCode, a: Local, { scale }: Kind, factor: 1 | 0.5 = 1): Local {
  const square = code.mul(a, a);
  const sum = code.madd(square, code.const(-scale * Math.LOG2E), code.const(rounder));
  const n = code.sub(sum, code.const(rounder));
  const exponent = code.mul(square, code.const(-scale));
  const r = code.nmadd(n, code.const(Math.LN2), exponent);
  const power = code.op("i64x2.add", code.shift("i64x2.shl", sum, 52), code.const(factor));
  return code.mul(code.poly(r, expTail), power);
}

/** The same in full precision. */
function doubleTail(code: FloatCode, x: Local, kind: Kind): Local {
  const a = code.atMost(code.unary("abs", x), 40);
  const e = scaledTail(code, rooted(code, a, kind), double);
  return doubleGaussian(code, a, kind, kind.scale === 1 ? e : code.mul(e, code.const(kind.scale)));
}

/** factor·e^(−scale·a²) for 0 ≤ a ≤ 40. The head has 26 bits, so that its square is exact. */
function doubleGaussian(code: FloatCode, a: Local, { scale }: Kind, factor: Local): Local {
  const head = code.and(a, code.i64(-(1n << 27n)));
  const rest = code.mul(code.sub(a, head), code.add(a, head));
  const scaled = (x: Local): Local => code.mul(x, code.const(-scale));
  return expSum(code, scaled(code.mul(head, head)), scaled(rest), factor);
}

const rooted = (code: FloatCode, a: Local, { scale }: Kind): Local =>
  scale === 1 ? a : code.mul(a, code.const(Math.SQRT1_2));
