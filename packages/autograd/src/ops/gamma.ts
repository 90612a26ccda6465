// The logarithm of the gamma function and its derivatives: lgamma' = digamma = polygamma of order 0, and the
// derivative of each polygamma function is the next one.
import * as s from "../kernel/algebra.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { requireTensor } from "../op/operands.ts";
import { OptionError } from "../tensor/errors.ts";
import type { PolygammaFn, UnaryFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { pointwise } from "./pointwise.ts";

/** Away from the poles. */
const domain = { min: 0.6, max: 4 };

/**
 * ln |Γ(x)| for all real x; infinite at 0, −1, −2, … (Beside its zeros at 1 and 2 it keeps its relative
 * precision; beside those between negative integers the absolute one.)
 * @example lgamma(tensor([5])) // [3.17805], which is ln 24
 */
export const lgamma: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "lgamma",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.lgamma(x),
    partials: [({ x }) => digamma(x)],
    domain,
    reference: ([x]) => {
      // Stirling's series where it is good, and the recurrence down from there.
      const z = x + 20;
      const series = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5);
      const far = (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
      return far - sumOver(20, (k) => Math.log(x + k));
    },
  }),
);

/**
 * The digamma function ψ = (ln Γ)' for all real x; −inf at 0, +inf at −0 and NaN at −1, −2, …, where it
 * jumps from one infinity to the other. (Beside its zeros, the first of which is 1.46163…, its absolute error is
 * what is small.) @example digamma(tensor([1])) // [-0.577216]
 */
export const digamma: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "digamma",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.digamma(x),
    partials: [({ x }) => polygamma(1, x)],
    domain,
    reference: ([x]) => {
      const z = x + 40;
      const far = Math.log(z) - 1 / (2 * z) - 1 / (12 * z ** 2) + 1 / (120 * z ** 4);
      return far - sumOver(40, (k) => 1 / (x + k));
    },
  }),
);

/** Beyond it n! is infinite. */
const highest = 170;

type PolygammaAttrs = { readonly order: number };

/**
 * The derivative of the given order of the digamma function, for all real x: order 1 is the trigamma function,
 * 0 digamma itself. At 0, −1, −2, … it is infinite for odd orders and NaN for even ones (at ±0 infinite, too).
 * The relative error grows with the order, as the function's own sensitivity does.
 * @throws OptionError unless the order is an integer from 0 to 170.
 * @example polygamma(1, tensor([1])) // [1.64493], which is π²/6
 */
export const polygamma: OpOf<PolygammaFn, PolygammaAttrs> = defineOp<PolygammaFn, PolygammaAttrs>(
  pointwise<PolygammaAttrs>({
    name: "polygamma",
    arity: 1,
    accepts: "float",
    expr: ([x], { order }) => (order === 0 ? s.digamma(x) : s.polygamma(order)(x)),
    partials: [({ x, attrs: { order } }) => polygamma(order + 1, x)],
    domain: { min: 1, max: 4 },
    attrs: (draw) => ({ order: draw.int(1, 3) }),
    reference: ([x], { order: n }) => {
      // Poles, and so far to their left that the sum below does not reach.
      if (x < -200) return NaN;
      // (−1)ⁿ⁺¹ n! Σ (x + k)^(−n−1), its end by the summation formula.
      const z = x + 300;
      const s = n + 1;
      const end = z ** -n / n + 0.5 * z ** -s + (s / 12) * z ** (-s - 1);
      const sum = end + sumOver(300, (k) => (x + k) ** -s);
      const factorial = [1, 1, 2, 6][n];
      return (n % 2 === 1 ? 1 : -1) * factorial * sum;
    },
  }),
  (apply) => (order: number, x: Tensor) => {
    requireTensor("polygamma", x);
    if (Number.isInteger(order) && order >= 0 && order <= highest) return apply([x], { order });
    throw new OptionError({
      where: "polygamma",
      expected: `an order that is an integer from 0 to ${highest}`,
      got: brief(order),
      fix: "The order comes first, then the tensor: polygamma(1, x).",
    });
  },
);

function sumOver(count: number, term: (k: number) => number): number {
  let total = 0;
  for (let k = 0; k < count; k++) total += term(k);
  return total;
}
