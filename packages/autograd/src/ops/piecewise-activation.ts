// Activations made of straight lines (and one parabola). At a kink the derivative is the one of least
// size between those of both sides.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { requireTensor } from "../op/operands.ts";
import { constantLike } from "../op/rules.ts";
import type { ActivationFn, PreluFn, UnaryFn } from "../tensor/signatures.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkFinite, checkOptions } from "../tensor/options.ts";
import { showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clamp, div } from "./arith.ts";
import { cast } from "./cast.ts";
import { eq, ge, gt, le, logicalAnd, lt, where } from "./compare.ts";
import { reshape } from "./move.ts";
import { add, pointwise } from "./pointwise.ts";

/** 1 above 0 and `below` elsewhere, whose value at 0 is `slope`; but at 0 the number of least size
 *  between both: the subgradient of least norm. */
export function slopeAround(x: Tensor, below: Tensor, slope: number): Tensor {
  const least = Math.max(0, Math.min(slope, 1));
  return where(gt(x, 0), 1, least === slope ? below : where(eq(x, 0), least, below));
}

export interface LeakyReluOptions {
  /** The slope below 0. Default: 0.01. */
  readonly negativeSlope?: number;
}

type LeakyReluAttrs = { readonly negativeSlope: number };

/**
 * x for x > 0, else negativeSlope·x (A. L. Maas, A. Y. Hannun and A. Y. Ng, "Rectifier nonlinearities
 * improve neural network acoustic models", 2013). The derivative at 0 is negativeSlope, but 1 at most
 * and 0 at least.
 * @example leakyRelu(x, { negativeSlope: 0.2 })
 */
export const leakyRelu: OpOf<ActivationFn<LeakyReluOptions>, LeakyReluAttrs> = defineOp<
  ActivationFn<LeakyReluOptions>,
  LeakyReluAttrs
>(
  pointwise<LeakyReluAttrs>({
    name: "leakyRelu",
    arity: 1,
    accepts: "float",
    // A slope of 0 times −inf is 0, as for relu.
    expr: ([x], { negativeSlope }) =>
      s.select(s.gt(x, 0), x, negativeSlope === 0 ? s.max(x, 0) : s.mul(negativeSlope, x)),
    partials: [
      ({ x, attrs: { negativeSlope } }) => {
        const below = constantLike({ shape: [], dtype: x.dtype }, negativeSlope);
        return slopeAround(x, below, negativeSlope);
      },
    ],
    domain: { avoid: [0] },
    attrs: (draw) => ({ negativeSlope: draw.pick([0.01, 0.5, 0, -0.5, 2]) }),
    reference: ([x], { negativeSlope }) => Math.max(x, 0) + negativeSlope * Math.min(x, 0),
  }),
  (apply) =>
    (x: Tensor, options: LeakyReluOptions = {}) => {
      checkOptions("leakyRelu", options, ["negativeSlope"]);
      const { negativeSlope = 0.01 } = options;
      return apply([x], {
        negativeSlope: checkFinite("leakyRelu", "negativeSlope", negativeSlope),
      });
    },
);

/**
 * x for x > 0, else weight·x, where the slope is learned (K. He et al., "Delving deep into
 * rectifiers", 2015). The weight is one number, or one for each channel: axis 1 of x. The derivative
 * by x at 0 is the slope, but 1 at most and 0 at least; that by the weight is min(x, 0).
 *
 * @param weight Of shape [], [1] or [channels].
 * @throws ShapeError when the weight is neither. @example prelu(images, tensor([0.25]))
 */
export const prelu: OpOf<PreluFn> = defineOp<PreluFn>(
  pointwise({
    name: "prelu",
    arity: 2,
    accepts: "float",
    expr: ([x, weight]) => s.select(s.gt(x, 0), x, s.mul(weight, x)),
    partials: [
      ({ a: x, b: weight }) =>
        where(gt(x, 0), 1, where(eq(x, 0), clamp(weight, { min: 0, max: 1 }), weight)),
      ({ a: x }) => where(lt(x, 0), x, 0),
    ],
    domain: [{ avoid: [0] }, {}],
    reference: ([x, weight]) => Math.max(x, 0) + weight * Math.min(x, 0),
  }),
  (apply) => (x: Tensor, weight: Tensor) => {
    requireTensor("prelu", x);
    requireTensor("prelu (weight)", weight);
    const channels = x.rank < 2 ? 1 : x.shape[1];
    if (weight.rank === 0 || (weight.rank === 1 && weight.size === 1)) {
      return apply([x, weight.rank === 0 ? weight : reshape(weight, [])], {});
    }
    if (weight.rank === 1 && weight.size === channels) {
      const ones = Array<number>(x.rank - 2).fill(1);
      return apply([x, reshape(weight, [channels, ...ones])], {});
    }
    throw new ShapeError({
      where: "prelu",
      expected:
        x.rank < 2 ? "a weight of one number" : `a weight of shape [], [1] or [${channels}]`,
      got: showShape(weight.shape),
      fix: "Channels are axis 1 of x; for other slopes write where(gt(x, 0), x, mul(slopes, x)).",
    });
  },
);

export interface HardtanhOptions {
  /** Default: -1. */
  readonly min?: number;
  /** Default: 1. */
  readonly max?: number;
}

type HardtanhAttrs = { readonly min: number; readonly max: number };

/** 1 strictly between two numbers, else 0. */
const isBetween = (x: Tensor, low: number, high: number): Tensor =>
  cast(logicalAnd(gt(x, low), lt(x, high)), x.dtype);

/** x limited to [min, max], [−1, 1] by default. The derivative is 1 strictly between, else 0.
 *  @throws OptionError unless min < max. @example hardtanh(x, { min: 0, max: 6 }); // relu6 */
export const hardtanh: OpOf<ActivationFn<HardtanhOptions>, HardtanhAttrs> = defineOp<
  ActivationFn<HardtanhOptions>,
  HardtanhAttrs
>(
  pointwise<HardtanhAttrs>({
    name: "hardtanh",
    arity: 1,
    accepts: "float",
    expr: ([x], { min, max }) => s.min(s.max(x, min), max),
    partials: [({ x, attrs: { min, max } }) => isBetween(x, min, max)],
    domain: { avoid: [-1, 1] },
    attrs: (draw) => ({ min: -1, max: draw.pick([1, 10]) }),
    reference: ([x], { min, max }) => (x < min ? min : x > max ? max : x),
  }),
  (apply) =>
    (x: Tensor, options: HardtanhOptions = {}) => {
      checkOptions("hardtanh", options, ["min", "max"]);
      const min = checkFinite("hardtanh", "min", options.min ?? -1);
      const max = checkFinite("hardtanh", "max", options.max ?? 1);
      if (min < max) return apply([x], { min, max });
      throw new OptionError({
        where: "hardtanh",
        expected: "min < max",
        got: `min ${min}, max ${max}`,
        fix: "Exchange them.",
      });
    },
);

/** x/6 + 1/2 limited to [0, 1], a sigmoid without an exponential (M. Courbariaux, Y. Bengio and
 *  J.-P. David, "BinaryConnect", 2015; PyTorch's slope). The derivative is 0 at its kinks ±3. */
export const hardsigmoid: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "hardsigmoid",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.div(s.min(s.max(s.add(x, 3), 0), 6), 6),
    partials: [({ x }) => div(isBetween(x, -3, 3), 6)],
    domain: { min: -5, max: 5, avoid: [-3, 3] },
    reference: ([x]) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5),
  }),
);

/** x·hardsigmoid(x) (A. Howard et al., "Searching for MobileNetV3", 2019); 0 at −inf. The derivative is
 *  that of least size at the kinks: 0 at −3, 1 at 3. */
export const hardswish: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "hardswish",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.mulZero(x, s.div(s.min(s.max(s.add(x, 3), 0), 6), 6)),
    partials: [({ x }) => where(ge(x, 3), 1, where(le(x, -3), 0, add(div(x, 3), 0.5)))],
    domain: { min: -5, max: 5, avoid: [-3, 3] },
    reference: ([x]) => (x <= -3 ? 0 : x >= 3 ? x : (x * x + 3 * x) / 6),
  }),
);
