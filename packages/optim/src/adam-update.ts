import {
  defineOp,
  NDArray,
  samples,
  scalar as s,
  type OpFunction,
  type Tensor,
} from "@wengert/autograd";
import { checkLike, checkScalar, checkTarget, drawRate, updateFields } from "./update.ts";

export type AdamAttrs = {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Whether the weights decay by themselves (AdamW) or through the gradient (Adam). */
  readonly decoupled: boolean;
};

const drawCount = (draw: samples.Draw): samples.SampleArray => ({
  shape: [],
  data: [draw.int(0, 20)],
  dtype: "float",
});

type AdamUpdate = (
  p: Tensor,
  g: Tensor,
  lr: Tensor,
  m: Tensor,
  v: Tensor,
  step: Tensor,
  attrs: AdamAttrs,
) => void;

/**
 * One step of Adam: t ← t + 1, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², and
 * p ← p − lr · m̂ / (√v̂ + eps) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
 * (D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.)
 * Decay is either added to the gradient, g + weightDecay · p, or decoupled from it,
 * p ← (1 − lr · weightDecay) p (I. Loshchilov and F. Hutter, "Decoupled weight decay
 * regularization", ICLR 2019).
 *
 * The learning rate and the step count t are 0-d. The corrections are computed in float64, once for
 * all elements.
 */
export const adamUpdate: AdamUpdate & OpFunction<AdamAttrs> = defineOp<AdamUpdate, AdamAttrs>(
  {
    ...updateFields,
    name: "adamUpdate",
    arity: 6,
    shape: ([p, g, lr, m, v, step]) => {
      checkLike("adamUpdate", "a gradient", p, g);
      checkLike("adamUpdate", "a first moment", p, m);
      checkLike("adamUpdate", "a second moment", p, v);
      checkScalar("adamUpdate", "learning rate", lr);
      checkScalar("adamUpdate", "step count", step);
      return [p, m, v, step];
    },
    body: (k, inputs, { beta1, beta2, eps, weightDecay, decoupled }) => {
      const [p, g, lr, m, v, step] = inputs;
      const coupled = !decoupled && weightDecay !== 0;
      const slope = coupled ? k.map([g, p], (g, p) => s.add(g, s.mul(weightDecay, p))) : g;
      const count = k.map([step], (t) => s.add(t, 1));
      const t = k.cast(count, "float64");
      const rate = k.cast(lr, "float64");
      const stepSize = k.map([rate, t], (lr, t) => s.div(lr, s.sub(1, s.pow(beta1, t))));
      const rootOfCorrection = k.map([t], (t) => s.sqrt(s.sub(1, s.pow(beta2, t))));
      const first = k.map([m, slope], (m, g) => s.add(s.mul(beta1, m), s.mul(1 - beta1, g)));
      const second = k.map([v, slope], (v, g) =>
        s.add(s.mul(beta2, v), s.mul(1 - beta2, s.mul(g, g))),
      );
      const keep = () => k.map([rate], (lr) => s.sub(1, s.mul(lr, weightDecay)));
      const base = decoupled && weightDecay !== 0 ? k.map([p, k.cast(keep(), p.dtype)], s.mul) : p;
      const [size, root] = [stepSize, rootOfCorrection].map((c) => k.cast(c, p.dtype));
      const next = k.map([base, first, second, size, root], (p, m, v, size, root) =>
        s.sub(p, s.div(s.mul(size, m), s.add(s.div(s.sqrt(v), root), eps))),
      );
      return [k.assign(p, next), k.assign(m, first), k.assign(v, second), k.assign(step, count)];
    },
    samples: (draw) => {
      const shape = samples.drawShape(draw);
      const like = () => samples.reals(draw, shape);
      const moment = samples.reals(draw, shape, { min: 0.1, max: 2 });
      return {
        inputs: [like(), like(), drawRate(draw), like(), moment, drawCount(draw)],
        attrs: {
          beta1: draw.pick([0.9, 0.5, 0]),
          beta2: draw.pick([0.999, 0.5, 0]),
          eps: draw.pick([1e-8, 0.1]),
          weightDecay: draw.pick([0, 0.1]),
          decoupled: draw.pick([false, true]),
        },
      };
    },
    reference: (inputs, { beta1, beta2, eps, weightDecay, decoupled }) => {
      const [p, g, lr, m, v, step] = inputs.map((x) => x.data);
      const t = step[0] + 1;
      const slope = g.map((x, i) => x + (decoupled ? 0 : weightDecay * p[i]));
      const first = m.map((x, i) => x + (1 - beta1) * (slope[i] - x));
      const second = v.map((x, i) => x + (1 - beta2) * (slope[i] ** 2 - x));
      const next = p.map((w, i) => {
        const direction = first[i] / (1 - beta1 ** t);
        const scale = Math.sqrt(second[i] / (1 - beta2 ** t)) + eps;
        return w - lr[0] * (direction / scale + (decoupled ? weightDecay * w : 0));
      });
      const { shape } = inputs[0];
      return [
        ...[next, first, second].map((data) => new NDArray(shape, data)),
        new NDArray([], [t]),
      ];
    },
  },
  (apply) =>
    (p: Tensor, g: Tensor, lr: Tensor, m: Tensor, v: Tensor, step: Tensor, attrs: AdamAttrs) => {
      for (const target of [p, m, v, step]) checkTarget("adamUpdate", target);
      apply([p, g, lr, m, v, step], attrs);
    },
);
