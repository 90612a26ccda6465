import {
  defineOp,
  NDArray,
  samples,
  scalar as s,
  type OpFunction,
  type Tensor,
} from "@wengert/autograd";
import { checkLike, checkScalar, checkTarget, drawRate, updateFields } from "./update.ts";

export type SgdAttrs = {
  /** The factor of the parameter that is added to its gradient. */
  readonly weightDecay: number;
};

export type MomentumAttrs = SgdAttrs & { readonly momentum: number; readonly nesterov: boolean };

type Expr = Parameters<typeof s.neg>[0];

/** The gradient of the loss and of weightDecay/2 · ‖p‖². */
const decayed = (p: Expr, g: Expr, weightDecay: number): Expr =>
  weightDecay === 0 ? g : s.add(g, s.mul(weightDecay, p));

type SgdUpdate = (p: Tensor, g: Tensor, lr: Tensor, attrs: SgdAttrs) => void;

/** p ← p − lr · (g + weightDecay · p), one step of gradient descent. */
export const sgdUpdate: SgdUpdate & OpFunction<SgdAttrs> = defineOp<SgdUpdate, SgdAttrs>(
  {
    ...updateFields,
    name: "sgdUpdate",
    arity: 3,
    shape: ([p, g, lr]) => {
      checkLike("sgdUpdate", "a gradient", p, g);
      checkScalar("sgdUpdate", "learning rate", lr);
      return [p];
    },
    body: (k, [p, g, lr], { weightDecay }) => {
      const next = k.map([p, g, k.cast(lr, p.dtype)], (p, g, lr) =>
        s.sub(p, s.mul(lr, decayed(p, g, weightDecay))),
      );
      return [k.assign(p, next)];
    },
    samples: (draw) => {
      const shape = samples.drawShape(draw);
      return {
        inputs: [samples.reals(draw, shape), samples.reals(draw, shape), drawRate(draw)],
        attrs: { weightDecay: draw.pick([0, 0.1]) },
      };
    },
    reference: ([p, g, lr], { weightDecay }) =>
      new NDArray(
        p.shape,
        p.data.map((w, i) => w * (1 - lr.data[0] * weightDecay) - lr.data[0] * g.data[i]),
      ),
  },
  (apply) => (p: Tensor, g: Tensor, lr: Tensor, attrs: SgdAttrs) => {
    checkTarget("sgdUpdate", p);
    apply([p, g, lr], attrs);
  },
);

type MomentumUpdate = (
  p: Tensor,
  g: Tensor,
  lr: Tensor,
  buffer: Tensor,
  attrs: MomentumAttrs,
) => void;

/**
 * One step of gradient descent with momentum μ, where d = g + weightDecay · p:
 * b ← μ·b + d, then p ← p − lr · (nesterov ? d + μ·b : b).
 * (I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and
 * momentum in deep learning", ICML 2013, in PyTorch's form: the learning rate is outside of b.)
 */
export const sgdMomentumUpdate: MomentumUpdate & OpFunction<MomentumAttrs> = defineOp<
  MomentumUpdate,
  MomentumAttrs
>(
  {
    ...updateFields,
    name: "sgdMomentumUpdate",
    arity: 4,
    shape: ([p, g, lr, buffer]) => {
      checkLike("sgdMomentumUpdate", "a gradient", p, g);
      checkLike("sgdMomentumUpdate", "a momentum buffer", p, buffer);
      checkScalar("sgdMomentumUpdate", "learning rate", lr);
      return [p, buffer];
    },
    body: (k, [p, g, lr, buffer], { weightDecay, momentum, nesterov }) => {
      const b = k.map([p, g, buffer], (p, g, b) =>
        s.add(s.mul(momentum, b), decayed(p, g, weightDecay)),
      );
      const next = k.map([p, g, b, k.cast(lr, p.dtype)], (p, g, b, lr) => {
        const ahead = () => s.add(decayed(p, g, weightDecay), s.mul(momentum, b));
        return s.sub(p, s.mul(lr, nesterov ? ahead() : b));
      });
      return [k.assign(p, next), k.assign(buffer, b)];
    },
    samples: (draw) => {
      const shape = samples.drawShape(draw);
      const like = () => samples.reals(draw, shape);
      return {
        inputs: [like(), like(), drawRate(draw), like()],
        attrs: {
          weightDecay: draw.pick([0, 0.1]),
          momentum: draw.pick([0.9, 0.5]),
          nesterov: draw.pick([false, true]),
        },
      };
    },
    reference: ([p, g, lr, buffer], { weightDecay, momentum, nesterov }) => {
      const next: number[] = [];
      const velocity = buffer.data.map((b, i) => {
        const slope = g.data[i] + weightDecay * p.data[i];
        const moved = momentum * b + slope;
        next.push(p.data[i] - lr.data[0] * (nesterov ? slope + momentum * moved : moved));
        return moved;
      });
      return [new NDArray(p.shape, next), new NDArray(p.shape, velocity)];
    },
  },
  (apply) => (p: Tensor, g: Tensor, lr: Tensor, buffer: Tensor, attrs: MomentumAttrs) => {
    checkTarget("sgdMomentumUpdate", p);
    checkTarget("sgdMomentumUpdate", buffer);
    apply([p, g, lr, buffer], attrs);
  },
);
