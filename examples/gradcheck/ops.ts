/**
 * A module as a user might write one, for `npx wengert gradcheck`: two ops and a function. One of the
 * ops has a derivative that is wrong, on purpose.
 *
 * Huber's loss grows like a parabola near 0 and like a line further out (P. J. Huber, Robust
 * estimation of a location parameter, 1964):
 *
 *     h(x) = x²/2 where |x| ≤ 1, else |x| − 1/2        h'(x) = x where |x| ≤ 1, else sign(x)
 */
import {
  checkable,
  clamp,
  defineOp,
  matmul,
  mean,
  pointwise,
  scalar as s,
  square,
  sub,
  type PointwiseSpec,
  type Attrs,
  type Tensor,
  type UnaryFn,
} from "@wengert/autograd";

const huberSpec: PointwiseSpec<Attrs> = {
  name: "huber",
  arity: 1,
  accepts: "float",
  expr: ([x]) => s.select(s.le(s.abs(x), 1), s.mul(0.5, s.mul(x, x)), s.sub(s.abs(x), 0.5)),
  partials: [({ x }) => clamp(x, { min: -1, max: 1 })],
  // The second derivative jumps there, so samples keep away.
  domain: { min: -3, max: 3, avoid: [-1, 1] },
  reference: ([x]) => (Math.abs(x) <= 1 ? (x * x) / 2 : Math.abs(x) - 0.5),
};

/** Huber's loss of each element. */
export const huber = defineOp<UnaryFn>(pointwise(huberSpec));

/** The same, but the derivative is that of the parabola everywhere: right near 0, wrong further out. */
export const wrongHuber = defineOp<UnaryFn>(
  pointwise({ ...huberSpec, name: "wrongHuber", partials: [({ x }) => x] }),
);

interface Line {
  readonly w: Tensor;
  readonly b: Tensor;
}

/** The mean squared error of a linear model, as a function of its parameters and of data. */
export const linearLoss = checkable(
  ({ w, b }: Line, x: Tensor, y: Tensor): Tensor => mean(square(sub(matmul(x, w).add(b), y))),
  (draw) => {
    const rows = draw.int(1, 4);
    return [
      { w: { shape: [3, 2] }, b: { shape: [2] } },
      { shape: [rows, 3] },
      { shape: [rows, 2] },
    ];
  },
);
