// The gated linear unit.
import * as s from "../kernel/scalar.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { batchUnary, checkFloat, shiftAxis } from "../op/rules.ts";
import { drawAxis, drawShape, reals } from "../op/samples.ts";
import type { GluFn } from "../tensor/signatures.ts";
import { ShapeError } from "../tensor/errors.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./arith.ts";
import { sigmoid } from "./activation.ts";
import { sliceAxis } from "./indexing.ts";
import { concat } from "./join.ts";
import { add, mul } from "./pointwise.ts";
import { callAlongAxis, type AxisAttrs } from "./softmax.ts";

const half = (shape: Shape, axis: number): Shape => shape.with(axis, shape[axis] / 2);

/** One half of an axis as a view. */
function halfOf(k: KernelBuilder, x: Value, axis: number, which: 0 | 1): Value {
  const shape = half(x.shape, axis);
  const axes = shape.map((_, d) => d);
  const starts = axes.map((d) => (d === axis ? which * shape[axis] : 0));
  return k.view(x, { shape, axes, steps: axes.map(() => 1), starts });
}

/** ∂y/∂a = σ(b), ∂y/∂b = a·σ(b)·(1 − σ(b)). */
function slopes(x: Tensor, axis: number): [Tensor, Tensor] {
  const n = x.shape[axis] / 2;
  const gate = sigmoid(sliceAxis(x, axis, n, 2 * n));
  return [gate, mul(sliceAxis(x, axis, 0, n), mul(gate, sub(1, gate)))];
}

/**
 * a·σ(b), where a and b are the first and the second half of an axis, the last by default (Y. N.
 * Dauphin et al., "Language modeling with gated convolutional networks", 2016).
 * @throws ShapeError when the axis has an odd size. @example glu(zeros([8, 256])); // shape [8, 128]
 */
export const glu: OpOf<GluFn, AxisAttrs> = defineOp<GluFn, AxisAttrs>(
  {
    name: "glu",
    arity: 1,
    broadcasts: false,
    shape: ([x], { axis }) => {
      checkFloat("glu", x);
      if (x.shape[axis] % 2 !== 0) throw oddAxis(x, axis);
      return [{ shape: half(x.shape, axis), dtype: x.dtype }];
    },
    body: (k, [x], { axis }) => {
      const [a, b] = [halfOf(k, x, axis, 0), halfOf(k, x, axis, 1)];
      return [
        k.map([a, b], (a, b) => {
          const e = s.exp(s.neg(s.abs(b)));
          return s.mul(a, s.div(s.select(s.ge(b, 0), 1, e), s.add(1, e)));
        }),
      ];
    },
    vjp: [
      (g, { x, attrs: { axis } }) => {
        const [byValue, byGate] = slopes(x, axis);
        return concat([mul(g, byValue), mul(g, byGate)], { axis });
      },
    ],
    jvp: ([t], { x, attrs: { axis } }) => {
      const [byValue, byGate] = slopes(x, axis);
      const n = byGate.shape[axis];
      return [
        add(mul(sliceAxis(t!, axis, 0, n), byValue), mul(sliceAxis(t!, axis, n, 2 * n), byGate)),
      ];
    },
    batch: batchUnary(shiftAxis),
    samples: (draw) => {
      const shape = drawShape(draw, { minRank: 1 });
      const axis = drawAxis(draw, shape.length);
      return { inputs: [reals(draw, shape.with(axis, 2 * shape[axis]))], attrs: { axis } };
    },
    reference: ([x], { axis }) => {
      const n = x.shape[axis] / 2;
      return NDArray.build(half(x.shape, axis), (index) => {
        const gate = x.at(index.with(axis, index[axis] + n));
        return x.at(index) / (1 + Math.exp(-gate));
      });
    },
  },
  callAlongAxis("glu"),
);

const oddAxis = ({ shape }: Spec, axis: number) =>
  new ShapeError({
    where: "glu",
    expected: "an axis of even size, half values and half gates",
    got: `size ${shape[axis]} on axis ${axis} of ${showShape(shape)}`,
    fix: "Make the layer before it twice as wide as what is wanted.",
  });
