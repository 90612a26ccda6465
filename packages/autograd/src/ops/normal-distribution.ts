// The normal distribution: its distribution function and its density.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { mulZero, neg, pointwise } from "./pointwise.ts";

/**
 * The distribution function Φ(x) of the standard normal distribution, 1/√(2π) ∫ e^(−t²/2) dt from −∞ to x,
 * precise to a few units in the last place in its lower tail, too (where 1 + erf(x/√2) would have lost all
 * digits). PyTorch's `torch.special.ndtr`; its derivative is `normPdf`.
 * @example ndtr(tensor([-4, 0])) // [0.0000316712, 0.5]
 */
export const ndtr: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "ndtr",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.ndtr(x),
    partials: [({ x }) => normPdf(x)],
    reference: ([x]) => 0.5 + normalSeries(x),
  }),
);

/**
 * The density φ(x) = e^(−x²/2) / √(2π) of the standard normal distribution. (JAX's
 * `jax.scipy.stats.norm.pdf`.)
 * @example normPdf(tensor([0])) // [0.398942]
 */
export const normPdf: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "normPdf",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.mul(1 / Math.sqrt(2 * Math.PI), s.gauss(x)),
    // At ±∞ it is 0.
    partials: [({ x, y }) => neg(mulZero(x, y))],
    reference: ([x]) => 1 / (Math.sqrt(2 * Math.PI) * Math.exp(x ** 2 / 2)),
  }),
);

/** Φ(x) − ½ = φ(x)·(x + x³/3 + x⁵/(3·5) + …): no term cancels another. */
function normalSeries(x: number): number {
  let [term, total] = [x, x];
  for (let n = 3; n < 400; n += 2) {
    term *= (x * x) / n;
    total += term;
  }
  return (total * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
