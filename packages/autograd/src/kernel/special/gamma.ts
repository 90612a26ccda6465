// The logarithm of the gamma function and its derivatives, for all real numbers. Coefficients:
// interpolation at the Chebyshev nodes of the interval, in 60 digits and more.
import { defineUnary } from "../defined.ts";
import type { Expr, ExprLike } from "../expr.ts";
import {
  abs,
  add,
  and,
  div,
  eq,
  floor,
  ge,
  gt,
  le,
  log,
  lt,
  mul,
  neg,
  round,
  select,
  sub,
} from "../scalar.ts";
import { polynomial, rational, type Rational } from "./polynomial.ts";

/** sin(πr)/r in r² for |r| ≤ ½; relative error 3.2e-19. */
const sineTail = [
  7.697826768224191e-7,
  -2.1903497074626018e-5,
  0.0004662998161898394,
  -0.007370430505916944,
  0.0821458865731029,
  -0.5992645293189447,
  2.5501640398773007,
  -5.167712780049969,
  Math.PI,
];

const sinPi = (r: Expr): Expr => mul(r, polynomial(mul(r, r), sineTail));

/** cot πr for |r| ≤ ½. */
const cotPi = (r: Expr): Expr => div(sinPi(sub(0.5, abs(r))), sinPi(r));

/** The distance from the nearest integer, which is exact. */
const fromInteger = (x: Expr): Expr => sub(x, round(x));

/** Γ(2 + t) as e^(t·f(t)) for |t| ≤ ½; relative error 5.4e-18. */
const gammaNear: Rational = {
  top: [
    6.592004121668464e-5, 0.0034112224337486457, 0.04785238906134353, 0.2781842697268787,
    0.7588996356750448, 0.9480067876881235, 0.42278433509846713,
  ],
  bottom: [
    1.4166305007605586e-5, 0.0012537756994497478, 0.02608891595046021, 0.21514529191316645,
    0.8258083331269758, 1.4795717398524737, 1,
  ],
};

/** x·(ln Γ(x) − (x − ½)(ln x − 1)) less its constant, in 1/x² for x ≥ 7.5: Stirling's series; 4.0e-19. */
const stirling = [
  -0.01996069991676489, 0.0061594829311992965, -0.0019139313272271152, 0.0008417216737331355,
  -0.0005952379653539187, 0.0007936507933649074, -0.0027777777777775368, 0.08333333333333333,
];

/** (ln 2π − 1) / 2. */
const stirlingConstant = 0.4189385332046727;

/**
 * ln |Γ(x)|. From 7.5 on by Stirling's series; below, from Γ(2 + t) by the recurrence Γ(x + 1) = x·Γ(x), such
 * that the zeros at 1 and 2 keep their digits; below −½ by the reflection Γ(x)·Γ(−x) = −π/(x·sin πx).
 */
export const lgamma = defineUnary("lgamma", (x) => {
  const isReflected = le(x, -0.5);
  const w = select(isReflected, neg(x), x);
  const n = floor(add(w, 0.5));
  const t = sub(w, n);
  const isLarge = ge(w, 7.5);
  const below = select(lt(n, 1), mul(t, add(1, t)), w);
  const factor = select(lt(n, 2), below, product([2, 3, 4, 5, 6], n, t));
  const logarithm = log(select(isLarge, w, abs(factor)));
  const near = mul(t, rational(t, gammaNear));
  const small = select(lt(n, 2), sub(near, logarithm), add(near, logarithm));
  const inverse = div(1, w);
  const tail = mul(inverse, polynomial(mul(inverse, inverse), stirling));
  const large = add(mul(sub(w, 0.5), sub(logarithm, 1)), add(stirlingConstant, tail));
  const y = select(isLarge, large, small);
  const sine = abs(sinPi(fromInteger(w)));
  const reflected = sub(log(div(Math.PI, mul(w, sine))), y);
  const isPole = and(isReflected, eq(sine, 0));
  const isInfinite = eq(abs(x), Infinity);
  return select(isInfinite, Infinity, select(isPole, Infinity, select(isReflected, reflected, y)));
});

/** Π (t + j) over those j that are less than n. */
function product(js: readonly number[], n: Expr, t: Expr): Expr {
  const factors = js.map((j) => select(gt(n, j), add(t, j), 1));
  return factors.reduce((all, factor) => mul(all, factor));
}

/** The zero of the digamma function, as a double and what it lacks. */
const root = { high: 1.4616321449683622, low: 9.549995429965697e-17 };

/** ψ(v + 1.5) / (v + 1.5 − root) for |v| ≤ ½; relative error 6.2e-18. */
const digammaNear: Rational = {
  top: [
    -2.1371909144303333e-7, 1.9227634434238662e-5, 0.0035369185229135415, 0.06552136794893776,
    0.41869245850949033, 1.0786473286494878, 0.9510558760318328,
  ],
  bottom: [
    0.000857691360255349, 0.023995076433558565, 0.22226135682897646, 0.8909108601153678,
    1.5795862133768737, 1,
  ],
};

/** x²·(ψ(x) − ln x + 1/(2x)) in 1/x² for x ≥ 8; 2.44e-18. */
const digammaTail = [
  0.2994253706194389, -0.08002337465354925, 0.02105106090803768, -0.007575459920369056,
  0.004166665501516724, -0.003968253965999701, 0.008333333333331664, -0.08333333333333333,
];

/** The sum of reciprocals as one quotient, term by term. */
interface Quotient {
  readonly top: ExprLike;
  readonly bottom: ExprLike;
}

/** With 1/f more where the condition holds. */
const plusReciprocal = ({ top, bottom }: Quotient, f: Expr, condition: Expr): Quotient => ({
  top: select(condition, add(mul(top, f), bottom), top),
  bottom: select(condition, mul(bottom, f), bottom),
});

/**
 * ψ = (ln Γ)'. From 8 on by its asymptotic series; below, from [1, 2) by ψ(x + 1) = ψ(x) + 1/x, such that its
 * zero keeps its digits; below 0 by ψ(x) = ψ(1 − x) − π cot πx.
 */
export const digamma = defineUnary("digamma", (x) => {
  const isReflected = lt(x, 0);
  const w = select(isReflected, sub(1, x), x);
  const steps = floor(sub(w, 1));
  const base = sub(w, steps);
  const up = [0, 1, 2, 3, 4, 5].reduce<Quotient>(
    (sum, j) => plusReciprocal(sum, add(base, j), gt(steps, j)),
    { top: 0, bottom: 1 },
  );
  // Below 1 it is one step down.
  const isBelow = lt(steps, 0);
  const moved = div(select(isBelow, -1, up.top), select(isBelow, w, up.bottom));
  const near = mul(sub(sub(base, root.high), root.low), rational(sub(base, 1.5), digammaNear));
  const inverse = div(1, w);
  const z = mul(inverse, inverse);
  const large = add(sub(log(w), mul(0.5, inverse)), mul(z, polynomial(z, digammaTail)));
  const y = select(ge(w, 8), large, add(near, moved));
  const r = fromInteger(x);
  const reflected = sub(y, mul(Math.PI, cotPi(r)));
  return select(isReflected, select(eq(r, 0), NaN, reflected), y);
});

/** B₂ₖ / (2k)! of the Bernoulli numbers, k from 1 on. */
const bernoulli = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
  -174611 / 802857662698291200000,
];

/** So many terms of ζ(s, w) are summed before the integral takes over. */
const summed = 10;

/**
 * The derivative of order n ≥ 1 of the digamma function: (−1)ⁿ⁺¹ n! ζ(n + 1, x), with Hurwitz' zeta function by
 * the summation formula of Euler and Maclaurin; below 0 by the derivatives of ψ(x) = ψ(1 − x) − π cot πx.
 */
export function polygamma(n: number): (x: ExprLike) => Expr {
  let known = polygammas.get(n);
  if (!known) {
    known = defineUnary(`polygamma${n}`, (x) => polygammaOf(n, x));
    polygammas.set(n, known);
  }
  return known;
}

const polygammas = new Map<number, (x: ExprLike) => Expr>();

function polygammaOf(n: number, x: Expr): Expr {
  const isReflected = lt(x, 0);
  const w = select(isReflected, sub(1, x), x);
  const isOdd = n % 2 === 1;
  const size = mul(factorial(n), zeta(n + 1, w));
  const y = isOdd ? size : neg(size);
  const r = fromInteger(x);
  const turned = mul(-(Math.PI ** (n + 1)), cotangentDerivative(n, cotPi(r)));
  const reflected = isOdd ? sub(turned, y) : add(turned, y);
  const pole = isOdd ? Infinity : NaN;
  return select(isReflected, select(eq(r, 0), pole, reflected), y);
}

/** Σ (w + k)^(−s) over k ≥ 0, for w ≥ 0. */
function zeta(s: number, w: Expr): Expr {
  const end = div(1, add(w, summed));
  const square = mul(end, end);
  // B₂ₖ/(2k)! · s(s + 1)…(s + 2k − 2), from the highest power down.
  let rising = s;
  const coefficients = bernoulli.map((b, i) => {
    const c = b * rising;
    rising *= (s + 2 * i + 1) * (s + 2 * i + 2);
    return c;
  });
  const series = mul(square, polynomial(square, coefficients.toReversed()));
  const integral = add(1 / (s - 1), add(mul(0.5, end), series));
  let sum = mul(power(end, s - 1), integral);
  // The small terms first; the last one knows the sign of a zero.
  for (let k = summed - 1; k > 0; k--) sum = add(sum, div(1, power(add(w, k), s)));
  return add(sum, div(1, power(w, s)));
}

function power(x: Expr, n: number): Expr {
  if (n === 1) return x;
  const half = power(x, Math.floor(n / 2));
  const square = mul(half, half);
  return n % 2 === 0 ? square : mul(square, x);
}

const factorial = (n: number): number => (n === 0 ? 1 : n * factorial(n - 1));

/** The derivative of order n of cot, in c = cot: P₀ = c, and Pₙ₊₁ = −(1 + c²)·Pₙ'. All of its coefficients
 *  have one sign, so that nothing cancels; every other one is 0. */
function cotangentDerivative(n: number, c: Expr): Expr {
  // From the lowest power up.
  let p = [0, 1];
  for (let k = 0; k < n; k++) {
    const slope = p.slice(1).map((a, i) => a * (i + 1));
    p = Array.from({ length: slope.length + 2 }, (_, i) => -(slope[i] ?? 0) - (slope[i - 2] ?? 0));
  }
  const parity = (n + 1) % 2;
  const inSquare = p.filter((_, i) => i % 2 === parity);
  const value = polynomial(mul(c, c), inSquare.toReversed());
  return parity === 1 ? mul(c, value) : value;
}
