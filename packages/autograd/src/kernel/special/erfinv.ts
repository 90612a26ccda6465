import { defineUnary } from "../defined.ts";
import { abs, copySign, div, eq, gt, log, mul, neg, select, sqrt, sub } from "../scalar.ts";
import { polynomial, type Rational } from "./polynomial.ts";

/** erfinv(x) / x in 9/16 − x² for |x| ≤ ¾; relative error 2.1e-18. These are interpolations at Chebyshev
 *  nodes, in 60 digits. */
const middle: Rational = {
  top: [
    0.004629517836199464, 0.31730417194039606, 3.408658782601145, 12.832151510619875,
    21.727106021614006, 18.039487150473597, 7.160921199707379, 1.0845597967968248,
  ],
  bottom: [
    0.030108495873496597, 0.8535064285470091, 6.247619308964538, 18.607684554381887,
    26.78300806716227, 19.70783200731746, 7.121354241112377, 1,
  ],
};

/** erfinv(x) in s = √(−ln(1 − x)) for s in [1.17, 2.6]; 8.9e-18. */
const outer: Rational = {
  top: [
    0.052772875307485395, 0.8504228225838302, 2.9444867901462275, 2.635034228746738,
    1.9716634460851579, 0.8372584811608971, 0.00883566038311644, -0.0007402062421258729,
  ],
  bottom: [
    0.05276562373326506, 0.8511499607597793, 3.0585964716217746, 3.714338991972982,
    3.8903617647533393, 2.038564478721729, 1,
  ],
};

/** The same for s in [2.6, 6.1], where the last double before 1 is; 6.9e-17. */
const last: Rational = {
  top: [
    -0.01986558936421191, -0.416472040561548, -1.7236220482764864, -0.4047048179431417,
    2.175742585995418, -0.19921320610622567, 0.41292907190639133, -0.06936496289762499,
  ],
  bottom: [
    -1.6906882930208343e-8, -0.01986333729367864, -0.4166927165066747, -1.769139941176332,
    -0.9847829799440195, 1.0698336008181042, 0.7366161283303146, 1,
  ],
};

/** The inverse of the error function: rational functions in three ranges, as M. J. Wichura, "Algorithm AS 241:
 *  the percentage points of the normal distribution", Applied Statistics 37 (1988), has them. */
export const erfinv = defineUnary("erfinv", (x) => {
  const a = abs(x);
  const inner = sub(9 / 16, mul(a, a));
  // 1 − a is exact where it counts.
  const s = sqrt(neg(log(sub(1, a))));
  const squared = mul(s, s);
  const isOuter = gt(a, 0.75);
  const isLast = gt(s, 2.6);
  const pick = (part: keyof Rational) =>
    select(
      isOuter,
      select(isLast, polynomial(s, last[part], squared), polynomial(s, outer[part], squared)),
      polynomial(inner, middle[part]),
    );
  const quotient = div(pick("top"), pick("bottom"));
  const y = select(isOuter, quotient, mul(a, quotient));
  return copySign(select(eq(a, 1), Infinity, y), x);
});
