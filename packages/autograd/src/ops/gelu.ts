// The error function, and the activation that is made of it.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { Saved } from "../op/op.ts";
import type { ActivationFn, UnaryFn } from "../tensor/signatures.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { sigmoid } from "./activation.ts";
import { square } from "./arith.ts";
import { exp } from "./exp-log.ts";
import { ndtr, normPdf } from "./normal-distribution.ts";
import { add, mul, mulZero, neg, pointwise } from "./pointwise.ts";

/** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "erf",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.erf(x),
    partials: [({ x }) => mul(2 / Math.sqrt(Math.PI), exp(neg(square(x))))],
    reference: ([x]) => erfSeries(x),
  }),
);

/** 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)): exact enough for small x. From 6 on, erf(x) rounds to 1. */
function erfSeries(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

export interface GeluOptions {
  /** "tanh" for x/2·(1 + tanh(√(2/π)·(x + 0.044715x³))). Default: "none", exact. */
  readonly approximate?: "none" | "tanh";
}

type GeluAttrs = { readonly approximate: "none" | "tanh" };

const root = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/** Φ(x) + x·φ(x), of the normal distribution. */
const exactSlope = ({ x }: Saved<GeluAttrs>): Tensor => add(ndtr(x), mulZero(x, normPdf(x)));

/** (1 + tanh u)/2 is σ(2u), which keeps its digits where that is small, and 1 − σ(2u) is σ(−2u). With
 *  v = 2u: σ(v) + x·σ(v)·σ(−v)·v'. */
const tanhSlope = ({ x }: Saved<GeluAttrs>): Tensor => {
  const v = mul(mul(2 * root, x), add(1, mul(cubic, square(x))));
  const below = sigmoid(v);
  const slope = mul(2 * root, add(1, mul(3 * cubic, square(x))));
  return add(below, mulZero(mulZero(x, mul(below, sigmoid(neg(v)))), slope));
};

/**
 * x·Φ(x), where Φ is the distribution function of the normal distribution (D. Hendrycks and
 * K. Gimpel, "Gaussian error linear units", 2016).
 * @example gelu(x, { approximate: "tanh" })
 */
export const gelu: OpOf<ActivationFn<GeluOptions>, GeluAttrs> = defineOp<
  ActivationFn<GeluOptions>,
  GeluAttrs
>(
  pointwise<GeluAttrs>({
    name: "gelu",
    arity: 1,
    accepts: "float",
    expr: ([x], { approximate }) => {
      // As a function of its own Φ is precise where 1 + erf(x/√2) cancels; so is 1/(1 + e⁻²ᵘ) beside
      // (1 + tanh u)/2. At −∞ the product is 0.
      if (approximate === "none") return s.mulZero(x, s.ndtr(x));
      const v = s.mul(s.mul(-2 * root, x), s.add(1, s.mul(cubic, s.mul(x, x))));
      return s.mulZero(x, s.div(1, s.add(1, s.exp(v))));
    },
    partials: [
      (saved) => (saved.attrs.approximate === "tanh" ? tanhSlope(saved) : exactSlope(saved)),
    ],
    attrs: (draw) => ({ approximate: draw.pick(["none", "tanh"]) }),
    reference: ([x], { approximate }) =>
      approximate === "tanh"
        ? x / (1 + Math.exp(-2 * root * (x + cubic * x ** 3)))
        : (x / 2) * (1 + erfSeries(x / Math.SQRT2)),
  }),
  (apply) =>
    (x: Tensor, options: GeluOptions = {}) => {
      checkOptions("gelu", options, ["approximate"]);
      const { approximate = "none" } = options;
      if (approximate === "none" || approximate === "tanh") return apply([x], { approximate });
      throw new OptionError({
        where: "gelu",
        expected: 'approximate "none" or "tanh"',
        got: brief(approximate),
        fix: "Name one of these.",
      });
    },
);
