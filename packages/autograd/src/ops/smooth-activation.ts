// Activations that are smooth, or nearly: made of exponentials, of arguments that cannot overflow.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { Domain } from "../op/samples.ts";
import type { ActivationFn, UnaryFn } from "../tensor/signatures.ts";
import { checkFinite, checkOptions } from "../tensor/options.ts";
import { OptionError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sigmoid, softplus, tanh } from "./activation.ts";
import { abs, div, square, sub } from "./arith.ts";
import { gt, where } from "./compare.ts";
import { exp } from "./exp-log.ts";
import { add, mul, mulZero, neg, pointwise } from "./pointwise.ts";
import { slopeAround } from "./piecewise-activation.ts";

/** Some derivative jumps at 0, be it the second. */
const exceptZero: Domain = { avoid: [0] };

/**
 * x·σ(x), also known as swish (S. Elfwing, E. Uchibe and K. Doya, "Sigmoid-weighted linear units",
 * 2017); 0 at −inf. y' = σ(x)·(1 + x·(1 − σ(x))).
 */
export const silu: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "silu",
    arity: 1,
    accepts: "float",
    expr: ([x]) => {
      const e = s.exp(s.neg(s.abs(x)));
      return s.mulZero(x, s.div(s.select(s.ge(x, 0), 1, e), s.add(1, e)));
    },
    partials: [
      ({ x }) => {
        const p = sigmoid(x);
        return mulZero(p, add(1, mulZero(x, sub(1, p))));
      },
    ],
    reference: ([x]) => x / (1 + Math.exp(-x)),
  }),
);

/**
 * x·tanh(softplus(x)) (D. Misra, "Mish", 2019); 0 at −inf. With w = tanh(softplus(x)) it is
 * y' = w + x·(1 − w²)·σ(x).
 */
export const mish: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "mish",
    arity: 1,
    accepts: "float",
    // tanh(ln(1 + eˣ)) = (e²ˣ + 2eˣ) / (e²ˣ + 2eˣ + 2), for x ≥ 0 with both sides times e⁻²ˣ.
    expr: ([x]) => {
      const e = s.exp(s.neg(s.abs(x)));
      const isLarge = s.ge(x, 0);
      const top = s.select(isLarge, s.add(1, s.mul(2, e)), s.mul(e, s.add(e, 2)));
      const rest = s.select(isLarge, s.mul(2, s.mul(e, e)), 2);
      return s.mulZero(x, s.div(top, s.add(top, rest)));
    },
    partials: [
      ({ x }) => {
        const w = tanh(softplus(x));
        return add(w, mulZero(mulZero(x, sub(1, square(w))), sigmoid(x)));
      },
    ],
    reference: ([x]) => x * Math.tanh(Math.log(1 + Math.exp(x))),
  }),
);

/** x / (1 + |x|), ±1 at ±inf; y' = 1 / (1 + |x|)², whose own derivative jumps at 0 (there it is 0). */
export const softsign: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "softsign",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.select(s.lt(s.abs(x), Infinity), s.div(x, s.add(1, s.abs(x))), s.sign(x)),
    partials: [({ x }) => square(div(1, add(1, abs(x))))],
    domain: exceptZero,
    reference: ([x]) => Math.sign(x) * (1 - 1 / (1 + Math.abs(x))),
  }),
);

/** ln σ(x) = −softplus(−x), without overflow; its derivative is σ(−x). */
export const logSigmoid: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "logSigmoid",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.sub(s.min(x, 0), s.log1p(s.exp(s.neg(s.abs(x))))),
    partials: [({ x }) => sigmoid(neg(x))],
    reference: ([x]) => Math.log(1 / (1 + Math.exp(-x))),
  }),
);

export interface EluOptions {
  /** What it tends to at −inf is −alpha. Default: 1. */
  readonly alpha?: number;
}

type EluAttrs = { readonly alpha: number };

const drawAlpha = (draw: { pick<T>(options: readonly T[]): T }): EluAttrs => ({
  alpha: draw.pick([1, 0.5, 1.5]),
});

/**
 * x for x > 0, else alpha·(eˣ − 1) (D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and
 * accurate deep network learning by exponential linear units", 2015). The derivative at 0 is alpha,
 * but 1 at most and 0 at least.
 * @example elu(x, { alpha: 0.5 })
 */
export const elu: OpOf<ActivationFn<EluOptions>, EluAttrs> = defineOp<
  ActivationFn<EluOptions>,
  EluAttrs
>(
  pointwise<EluAttrs>({
    name: "elu",
    arity: 1,
    accepts: "float",
    expr: ([x], { alpha }) => s.select(s.gt(x, 0), x, s.mul(alpha, s.expm1(s.min(x, 0)))),
    partials: [({ x, attrs: { alpha } }) => slopeAround(x, mul(alpha, exp(x)), alpha)],
    domain: exceptZero,
    attrs: drawAlpha,
    reference: ([x], { alpha }) => (x > 0 ? x : alpha * (Math.exp(x) - 1)),
  }),
  (apply) =>
    (x: Tensor, options: EluOptions = {}) => {
      checkOptions("elu", options, ["alpha"]);
      return apply([x], { alpha: checkFinite("elu", "alpha", options.alpha ?? 1) });
    },
);

/** Chosen such that mean 0 and variance 1 are a fixed point of a layer (Klambauer et al., eq. 14). */
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/**
 * scale·elu(x, { alpha }) with scale = 1.0507… and alpha = 1.6733…, which keep activations at mean 0
 * and variance 1 (G. Klambauer et al., "Self-normalizing neural networks", 2017). The derivative at 0
 * is scale, the lesser of both sides.
 */
export const selu: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "selu",
    arity: 1,
    accepts: "float",
    expr: ([x]) => {
      const below = s.mul(seluScale * seluAlpha, s.expm1(s.min(x, 0)));
      return s.select(s.gt(x, 0), s.mul(seluScale, x), below);
    },
    partials: [({ x }) => mul(seluScale, slopeAround(x, mul(seluAlpha, exp(x)), seluAlpha))],
    domain: exceptZero,
    reference: ([x]) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.exp(x) - 1)),
  }),
);

/**
 * x for x > 0, else alpha·(e^(x/alpha) − 1), which has the slope 1 on both sides of 0 (J. T. Barron,
 * "Continuously differentiable exponential linear units", 2017).
 * @throws OptionError when alpha is not positive. @example celu(x, { alpha: 0.5 })
 */
export const celu: OpOf<ActivationFn<EluOptions>, EluAttrs> = defineOp<
  ActivationFn<EluOptions>,
  EluAttrs
>(
  pointwise<EluAttrs>({
    name: "celu",
    arity: 1,
    accepts: "float",
    expr: ([x], { alpha }) =>
      s.select(s.gt(x, 0), x, s.mul(alpha, s.expm1(s.div(s.min(x, 0), alpha)))),
    partials: [({ x, attrs: { alpha } }) => where(gt(x, 0), 1, exp(div(x, alpha)))],
    domain: exceptZero,
    attrs: drawAlpha,
    reference: ([x], { alpha }) => (x > 0 ? x : alpha * (Math.exp(x / alpha) - 1)),
  }),
  (apply) =>
    (x: Tensor, options: EluOptions = {}) => {
      checkOptions("celu", options, ["alpha"]);
      const alpha = checkFinite("celu", "alpha", options.alpha ?? 1);
      if (alpha > 0) return apply([x], { alpha });
      throw new OptionError({
        where: "celu",
        expected: "alpha > 0",
        got: String(alpha),
        fix: "It is where the function levels out: −alpha.",
      });
    },
);
