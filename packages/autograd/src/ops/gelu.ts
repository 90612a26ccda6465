// The error function, and the activation that is made of it.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { Saved } from "../op/op.ts";
import type { ActivationFn, UnaryFn } from "../tensor/signatures.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { tanh } from "./activation.ts";
import { square, sub } from "./arith.ts";
import { exp } from "./exp-log.ts";
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

/** 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)): exact enough for the small x of samples. */
function erfSeries(x: number): number {
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
const exactSlope = ({ x }: Saved<GeluAttrs>): Tensor => {
  const below = mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))));
  const density = mul(root / 2, exp(mul(-0.5, square(x))));
  return add(below, mulZero(x, density));
};

/** With t = tanh(u): (1 + t)/2 + x/2·(1 − t²)·u'. */
const tanhSlope = ({ x }: Saved<GeluAttrs>): Tensor => {
  const t = tanh(mul(mul(root, x), add(1, mul(cubic, square(x)))));
  const inner = mul(root, add(1, mul(3 * cubic, square(x))));
  return mul(0.5, add(add(1, t), mulZero(mulZero(x, sub(1, square(t))), inner)));
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
      const u =
        approximate === "tanh"
          ? s.tanh(s.mul(s.mul(root, x), s.add(1, s.mul(cubic, s.mul(x, x)))))
          : s.erf(s.mul(x, Math.SQRT1_2));
      // At −∞ it is 0.
      return s.mulZero(s.mul(0.5, x), s.add(1, u));
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
