// Convolution (cross-correlation, as everywhere in machine learning): a contraction of a sliding
// window with the weight. Its derivatives are contractions as well, and windows added up.
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { OpRecord, Saved } from "../op/op.ts";
import { checkOperands, requireTensor } from "../op/operands.ts";
import { reals } from "../op/samples.ts";
import type { SpatialRank } from "../shapes/spatial.ts";
import type { ConvolutionFn } from "../tensor/signatures-windows.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bilinearJvp } from "./contract.ts";
import {
  batchConv,
  checkRanks,
  convAttrs,
  correlation,
  drawConvAttrs,
  toLarge,
  toWeight,
  type ConvAttrs,
  type ConvOptions,
} from "./correlation.ts";
import { padSpatial, sizesOf, spatialNames, type SizesOption } from "./spatial.ts";
import { windowPlaces } from "./window.ts";

/** What of a convolution's call follows from its shapes. */
function planConv(name: string, rank: SpatialRank, x: Shape, weight: Shape, attrs: ConvAttrs) {
  const { stride, padding, dilation, groups } = attrs;
  checkRanks(name, rank, [x, weight], "out, channels / groups");
  if (weight[1] * groups !== x[1] || weight[0] % groups !== 0) {
    throw new ShapeError({
      where: name,
      expected:
        groups === 1
          ? `a weight of ${x[1]} input channels, as x has`
          : `x of ${weight[1] * groups} channels and outputs divisible by ${groups}, for ${groups} groups`,
      got: `x ${showShape(x)} and weight ${showShape(weight)}`,
      fix: `A weight is [out, channels / groups, ${spatialNames[rank]}].`,
    });
  }
  const plane = x.slice(2);
  const padded = plane.map((n, d) => n + 2 * padding[d]);
  const places = windowPlaces(name, padded, { size: weight.slice(2), stride, dilation });
  return correlation(x[0], plane, places, weight, attrs);
}

/** The record of a convolution over `rank` spatial axes. */
function convolution(rank: SpatialRank): OpRecord<ConvAttrs> {
  const name = `conv${rank}d`;
  const planOf = (saved: Saved<ConvAttrs>) =>
    planConv(name, rank, saved.shape(0), saved.shape(1), saved.attrs);
  return {
    name,
    arity: 2,
    broadcasts: false,
    shape: (inputs, attrs) => {
      const dtype = checkOperands(name, inputs, "number");
      const [x, weight] = inputs;
      return [{ shape: planConv(name, rank, x.shape, weight.shape, attrs).small, dtype }];
    },
    body: (k, [x, weight], attrs) => {
      const plan = planConv(name, rank, x.shape, weight.shape, attrs);
      const edges = [0, 0, ...attrs.padding];
      const windows = k.view(k.pad(x, edges, edges), plan.windows);
      const kernels = k.reshape(weight, plan.weightGroups);
      const { labels } = plan;
      const small = k.contract(windows, labels.windows, kernels, labels.weight, labels.small);
      return [k.reshape(small, plan.small)];
    },
    vjp: [
      (g, saved) => toLarge(g, saved.b, planOf(saved)),
      (g, saved) => toWeight(saved.a, g, planOf(saved)),
    ],
    jvp: bilinearJvp,
    batch: batchConv(),
    samples: (draw) => {
      const { size, ...attrs } = drawConvAttrs(draw, rank);
      const { groups, dilation } = attrs;
      const inputs = draw.int(1, 2);
      const plane = size.map((n, d) => dilation[d] * (n - 1) + 1 + draw.int(0, 1));
      const x = reals(draw, [draw.pick([1, 2, 0]), groups * inputs, ...plane]);
      return { inputs: [x, reals(draw, [groups * draw.int(1, 2), inputs, ...size])], attrs };
    },
    reference: ([x, weight], { stride, padding, dilation, groups }) => {
      const [batch, , ...plane] = x.shape;
      const [outputs, inputs, ...size] = weight.shape;
      const places = plane.map((n, d) =>
        Math.floor((n + 2 * padding[d] - dilation[d] * (size[d] - 1) - 1) / stride[d] + 1),
      );
      return NDArray.build([batch, outputs, ...places], ([n, o, ...at]) => {
        const first = Math.floor(o / (outputs / groups)) * inputs;
        let total = 0;
        for (const [c, ...k] of indices([inputs, ...size])) {
          const from = at.map((i, d) => i * stride[d] + k[d] * dilation[d] - padding[d]);
          const isInside = from.every((i, d) => i >= 0 && i < plane[d]);
          if (isInside) total += x.at([n, first + c, ...from]) * weight.at([o, c, ...k]);
        }
        return total;
      });
    },
  };
}

export interface ConvolutionOptions<R extends SpatialRank = SpatialRank> extends Omit<
  ConvOptions<R>,
  "padding"
> {
  /** Zeros on each side; or "valid", none, or "same": as many as make ⌈n / stride⌉ of n elements along each
   *  axis, half of them on each side, where the number is odd one more at the end. (As JAX; PyTorch has
   *  "same" for strides of 1 alone.) Default: 0. */
  readonly padding?: SizesOption<R> | "same" | "valid";
}

/** How a convolution is called. */
const callConv =
  (rank: SpatialRank) =>
  (apply: (inputs: Tensor[], attrs: ConvAttrs) => Tensor) =>
  (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}) => {
    const where = `conv${rank}d`;
    checkOptions(where, options, ["stride", "padding", "dilation", "groups"]);
    const { padding = 0, ...others } = options;
    const attrs = convAttrs(where, rank, others);
    if (typeof padding !== "string") {
      return apply([x, weight], { ...attrs, padding: sizesOf(where, "padding", padding, 0, rank) });
    }
    if (padding === "valid") return apply([x, weight], attrs);
    if (padding === "same") {
      requireTensor(where, x);
      requireTensor(where, weight);
      checkRanks(where, rank, [x.shape, weight.shape], "out, channels / groups");
      const { around, more } = samePadding(x.shape.slice(2), weight.shape.slice(2), attrs);
      const padded = padSpatial(
        x,
        more.map(() => 0),
        more,
      );
      return apply([padded, weight], { ...attrs, padding: around });
    }
    throw new OptionError({
      where,
      expected: 'padding: "same", "valid", an integer >= 0, or one for each spatial axis',
      got: JSON.stringify(padding),
      fix: 'Write e.g. 1; "valid" is 0.',
    });
  };

/** ⌈n / stride⌉ places along each axis: half of what these need in padding on both sides, and one more at
 *  the end where it is odd. */
function samePadding(plane: Shape, kernel: Shape, { stride, dilation }: ConvAttrs) {
  const total = plane.map((n, d) => {
    const places = Math.ceil(n / stride[d]);
    return Math.max(0, (places - 1) * stride[d] + dilation[d] * (kernel[d] - 1) + 1 - n);
  });
  return {
    around: total.map((width) => Math.floor(width / 2)),
    more: total.map((width) => width % 2),
  };
}

/**
 * The convolution of sequences [batch, channels, length] with a weight
 * [out, channels / groups, kernel length]; see `conv2d`.
 * @throws ShapeError when channels and groups do not fit, or the kernel is longer than the sequence.
 * @example conv1d(zeros([8, 4, 100]), zeros([6, 4, 5]), { stride: 2 }); // [8, 6, 48]
 */
export const conv1d: OpOf<ConvolutionFn<1>, ConvAttrs> = defineOp<ConvolutionFn<1>, ConvAttrs>(
  convolution(1),
  callConv(1),
);

/**
 * The convolution of images [batch, channels, height, width] with a weight
 * [out, channels / groups, kernel height, kernel width]:
 * y[n, o, i, j] = Σ x[n, c, i·stride + p·dilation − padding, …] · weight[o, c, p, q].
 * Each option is one number, or a pair for height and width; the padding may be "same" or "valid". For a
 * bias, add b.reshape([-1, 1, 1]).
 *
 * @throws ShapeError when channels and groups do not fit, or the kernel is larger than the image.
 * @example conv2d(zeros([64, 1, 28, 28]), zeros([6, 1, 5, 5]), { padding: 2 }); // [64, 6, 28, 28]
 */
export const conv2d: OpOf<ConvolutionFn<2>, ConvAttrs> = defineOp<ConvolutionFn<2>, ConvAttrs>(
  convolution(2),
  callConv(2),
);

/**
 * The convolution of volumes [batch, channels, depth, height, width] with a weight
 * [out, channels / groups, kernel depth, kernel height, kernel width]; see `conv2d`.
 * @throws ShapeError when channels and groups do not fit, or the kernel is larger than the volume.
 * @example conv3d(zeros([2, 1, 8, 8, 8]), zeros([4, 1, 3, 3, 3])); // [2, 4, 6, 6, 6]
 */
export const conv3d: OpOf<ConvolutionFn<3>, ConvAttrs> = defineOp<ConvolutionFn<3>, ConvAttrs>(
  convolution(3),
  callConv(3),
);
