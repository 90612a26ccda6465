// The inverses of the circular functions. Coefficients: interpolation at the Chebyshev nodes of the interval,
// in 70 digits.
import { defineBinary, defineUnary } from "../defined.ts";
import { abs, add, and, copySign, div, eq, gt, lt, mul, select, sqrt, sub } from "../scalar.ts";
import type { Expr } from "../expr.ts";
import { polynomial } from "./polynomial.ts";

/** π/2 as a double and what it lacks. */
const quarter = { high: Math.PI / 2, low: 6.123233995736766e-17 };

/** (asin x − x) / x³ in x² for |x| ≤ ½; relative error of asin 3.2e-18. */
const asinTail = [
  0.028757851367421566, -0.014851887071247204, 0.01740087944269402, 0.005457506718640358,
  0.01032281435018578, 0.011479177415184906, 0.013971212973552933, 0.017352392720869973,
  0.02237217294214989, 0.030381944138531247, 0.04464285714635543, 0.07499999999998433,
  0.16666666666666669,
];

/** asin of |x| up to ½; beyond, asin √((1 − |x|)/2), which is half of acos |x|. */
function arc(x: Expr): { isFar: Expr; y: Expr } {
  const a = abs(x);
  const isFar = gt(a, 0.5);
  const z = select(isFar, mul(0.5, sub(1, a)), mul(a, a));
  const s = select(isFar, sqrt(z), a);
  return { isFar, y: add(s, mul(s, mul(z, polynomial(z, asinTail)))) };
}

/** π/2 − y. */
const complement = (y: Expr): Expr => sub(quarter.high, sub(y, quarter.low));

export const asin = defineUnary(
  "asin",
  (x) => {
    const { isFar, y } = arc(x);
    return copySign(select(isFar, complement(mul(2, y)), y), x);
  },
  { float: Math.asin, floatCode: "Math.asin($0)" },
);

export const acos = defineUnary(
  "acos",
  (x) => {
    const { isFar, y } = arc(x);
    const twice = mul(2, y);
    const far = select(lt(x, 0), sub(Math.PI, sub(twice, 2 * quarter.low)), twice);
    return select(isFar, far, complement(copySign(y, x)));
  },
  { float: Math.acos, floatCode: "Math.acos($0)" },
);

/** (atan x − x) / x³ in x² for |x| ≤ 0.66; relative error of atan 6.5e-18. */
const atanTail = [
  -0.002233190322634193, 0.009710654827910926, -0.02124341168627798, 0.032440431711566076,
  -0.04078361874157361, 0.04690618976510973, -0.05249245606674334, 0.0588037381846034,
  -0.0666646564159431, 0.07692293584058214, -0.09090908440859424, 0.1111111109298794,
  -0.14285714285448603, 0.19999999999998458, -0.3333333333333333,
];

/** atan a for a ≥ 0: of a, or π/4 more than of (a − 1)/(a + 1), or π/2 more than of −1/a. */
function atanOf(a: Expr): Expr {
  const isFar = gt(a, 1 + Math.SQRT2);
  const isMiddle = gt(a, 0.66);
  const share = (far: number, middle: number): Expr =>
    select(isFar, far, select(isMiddle, middle, 0));
  const top = select(isFar, -1, select(isMiddle, sub(a, 1), a));
  const bottom = select(isFar, a, select(isMiddle, add(a, 1), 1));
  const t = div(top, bottom);
  const z = mul(t, t);
  const y = add(t, mul(t, mul(z, polynomial(z, atanTail))));
  const low = share(quarter.low, quarter.low / 2);
  return add(share(quarter.high, quarter.high / 2), add(y, low));
}

export const atan = defineUnary("atan", (x) => copySign(atanOf(abs(x)), x), {
  float: Math.atan,
  floatCode: "Math.atan($0)",
});

/** The angle of the point (x, y): atan(y/x) in the quadrant of the point. Signs of zeros count. */
export const atan2 = defineBinary(
  "atan2",
  (y, x) => {
    const [a, b] = [abs(y), abs(x)];
    // ∞/∞ is meant as 1, and 0/0 as 0.
    const tie = select(eq(a, 0), 0, 1);
    const slope = select(eq(a, b), tie, div(a, b));
    const angle = atanOf(slope);
    // The vertical is π/2 on both sides.
    const isLeft = and(lt(copySign(1, x), 0), lt(slope, Infinity));
    const turned = sub(Math.PI, sub(angle, 2 * quarter.low));
    return copySign(select(isLeft, turned, angle), y);
  },
  { float: Math.atan2, floatCode: "Math.atan2($0, $1)" },
);
