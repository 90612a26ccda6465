// Transposed convolutions: what a convolution's gradient does to its cotangent, as ops of their own.
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { OpRecord, Saved } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { reals } from "../op/samples.ts";
import type { SpatialRank } from "../shapes/spatial.ts";
import type { ConvTransposeOpFn } from "../tensor/signatures-windows.ts";
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
  toSmall,
  toWeight,
  type ConvAttrs,
  type ConvOptions,
  type Correlation,
} from "./correlation.ts";
import { sizesOf, spatialNames, type Sizes, type SizesOption } from "./spatial.ts";

export interface ConvTransposeOptions<R extends SpatialRank = SpatialRank> extends ConvOptions<R> {
  /** So many elements more at the end of each axis, fewer than the stride or the dilation: several
   *  sizes become one under a convolution with a stride; this says which is meant. Default: 0. */
  readonly outputPadding?: SizesOption<R>;
}

type TransposeAttrs = ConvAttrs & { readonly outputPadding: Sizes };

/** (n − 1)·stride + dilation·(k − 1) + 1 + outputPadding − 2·padding along each axis. */
const sizesAfter = (plane: Shape, kernel: Shape, attrs: TransposeAttrs): number[] =>
  plane.map(
    (n, d) =>
      (n - 1) * attrs.stride[d] +
      attrs.dilation[d] * (kernel[d] - 1) +
      1 +
      attrs.outputPadding[d] -
      2 * attrs.padding[d],
  );

/** What of a call follows from its shapes: the input is the small side, the output the large one. */
function planTranspose(
  where: string,
  rank: SpatialRank,
  x: Shape,
  weight: Shape,
  attrs: TransposeAttrs,
): { readonly plan: Correlation; readonly out: Shape } {
  checkRanks(where, rank, [x, weight], "channels, out / groups");
  const complain = (expected: string, fix: string) =>
    new ShapeError({
      where,
      expected,
      got: `x ${showShape(x)} and weight ${showShape(weight)}`,
      fix,
    });
  const { groups } = attrs;
  if (weight[0] !== x[1] || x[1] % groups !== 0) {
    throw complain(
      `a weight of ${x[1]} input channels, as x has${groups > 1 ? `, divisible by ${groups}, for ${groups} groups` : ""}`,
      `A weight is [channels, out / groups, ${spatialNames[rank]}], input channels first.`,
    );
  }
  const places = x.slice(2);
  const plane = sizesAfter(places, weight.slice(2), attrs);
  if (places.includes(0) || plane.some((n) => n < 1)) {
    throw complain(
      "at least one element along each spatial axis, of the input and of the output",
      `The output would be ${showShape(plane)}: pad less.`,
    );
  }
  const plan = correlation(x[0], plane, places, weight, attrs);
  return { plan, out: [x[0], groups * weight[1], ...plane] };
}

/** The record of a transposed convolution over `rank` spatial axes. */
function transposed(rank: SpatialRank): OpRecord<TransposeAttrs> {
  const name = `convTranspose${rank}d`;
  const planOf = (saved: Saved<TransposeAttrs>): Correlation =>
    planTranspose(name, rank, saved.shape(0), saved.shape(1), saved.attrs).plan;
  return {
    name,
    arity: 2,
    broadcasts: false,
    shape: (inputs, attrs) => {
      const dtype = checkOperands(name, inputs, "number");
      const [x, weight] = inputs;
      return [{ shape: planTranspose(name, rank, x.shape, weight.shape, attrs).out, dtype }];
    },
    body: (k, [x, weight], attrs) => {
      const { plan, out } = planTranspose(name, rank, x.shape, weight.shape, attrs);
      const { labels } = plan;
      const small = k.reshape(x, plan.smallGroups);
      const kernels = k.reshape(weight, plan.weightGroups);
      const terms = k.contract(small, labels.small, kernels, labels.weight, labels.windows);
      const whole = k.overlapAdd(terms, { ...plan.windows, shape: plan.padded });
      const starts = [0, 0, ...attrs.padding];
      const axes = [...out.keys()];
      return [k.view(whole, { shape: out, axes, steps: axes.map(() => 1), starts })];
    },
    vjp: [
      (g, saved) => toSmall(g, saved.b, planOf(saved)),
      (g, saved) => toWeight(g, saved.a, planOf(saved)),
    ],
    jvp: bilinearJvp,
    batch: batchConv(),
    samples: (draw) => {
      const { size, ...common } = drawConvAttrs(draw, rank);
      const { stride, dilation, groups } = common;
      const outputPadding = stride.map((n, d) => draw.int(0, Math.max(n, dilation[d]) - 1));
      const attrs = { ...common, outputPadding };
      // With less the padding might leave nothing of the output.
      const plane = size.map((n, d) => {
        const room = 2 * attrs.padding[d] - dilation[d] * (n - 1) - outputPadding[d];
        return Math.max(0, Math.ceil(room / stride[d])) + draw.int(1, 2);
      });
      const inputs = groups * draw.int(1, 2);
      const x = reals(draw, [draw.pick([1, 2, 0]), inputs, ...plane]);
      return { inputs: [x, reals(draw, [inputs, draw.int(1, 2), ...size])], attrs };
    },
    // Each element of the input adds a multiple of the kernel to the output.
    reference: ([x, weight], attrs) => {
      const { stride, padding, dilation, groups } = attrs;
      const [batch, channels, ...places] = x.shape;
      const [, outputs, ...size] = weight.shape;
      const plane = places.map(
        (n, d) =>
          (n - 1) * stride[d] -
          2 * padding[d] +
          dilation[d] * (size[d] - 1) +
          attrs.outputPadding[d] +
          1,
      );
      return NDArray.build([batch, groups * outputs, ...plane], ([n, o, ...at]) => {
        const group = Math.floor(o / outputs);
        const each = channels / groups;
        let total = 0;
        for (const [c, ...from] of indices([each, ...places])) {
          const offsets = at.map((i, d) => i + padding[d] - from[d] * stride[d]);
          const kernel = offsets.map((offset, d) => offset / dilation[d]);
          const isHit = kernel.every((i, d) => i >= 0 && i < size[d] && Number.isInteger(i));
          if (!isHit) continue;
          const channel = group * each + c;
          total += x.at([n, channel, ...from]) * weight.at([channel, o % outputs, ...kernel]);
        }
        return total;
      });
    },
  };
}

const callTransposed =
  (rank: SpatialRank) =>
  (apply: (inputs: Tensor[], attrs: TransposeAttrs) => Tensor) =>
  (x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}) => {
    const where = `convTranspose${rank}d`;
    checkOptions(where, options, ["stride", "padding", "outputPadding", "dilation", "groups"]);
    const attrs = convAttrs(where, rank, options);
    const outputPadding = sizesOf(where, "outputPadding", options.outputPadding ?? 0, 0, rank);
    if (outputPadding.every((n, d) => n < Math.max(attrs.stride[d], attrs.dilation[d]))) {
      return apply([x, weight], { ...attrs, outputPadding });
    }
    throw new OptionError({
      where,
      expected: "outputPadding less than the stride or the dilation",
      got: showShape(outputPadding),
      fix: "It chooses between the sizes that a stride makes one; for zeros around, use pad.",
    });
  };

/**
 * The transpose of `conv1d` with the same weight and options: sequences [batch, channels, length]
 * with a weight [channels, out / groups, kernel length]; see `convTranspose2d`.
 * @throws ShapeError when channels and groups do not fit, or nothing would be left of the output.
 * @example convTranspose1d(zeros([8, 6, 48]), zeros([6, 4, 5]), { stride: 2 }); // [8, 4, 99]
 */
export const convTranspose1d: OpOf<ConvTransposeOpFn<1>, TransposeAttrs> = defineOp<
  ConvTransposeOpFn<1>,
  TransposeAttrs
>(transposed(1), callTransposed(1));

/**
 * The transpose of `conv2d` with the same weight and options: images [batch, channels, height, width]
 * with a weight [channels, out / groups, kernel height, kernel width]. Each element adds a multiple of
 * the kernel to the output: y[n, o, i·stride + p·dilation − padding, …] += x[n, c, i, …] · weight[c, o, p, …].
 * Along each axis n elements become (n − 1)·stride − 2·padding + dilation·(k − 1) + 1 + outputPadding.
 *
 * @throws ShapeError when channels and groups do not fit, or nothing would be left of the output;
 *   OptionError for an outputPadding that is neither less than the stride nor than the dilation.
 * @example convTranspose2d(zeros([8, 16, 7, 7]), zeros([16, 4, 2, 2]), { stride: 2 }); // [8, 4, 14, 14]
 */
export const convTranspose2d: OpOf<ConvTransposeOpFn<2>, TransposeAttrs> = defineOp<
  ConvTransposeOpFn<2>,
  TransposeAttrs
>(transposed(2), callTransposed(2));

/**
 * The transpose of `conv3d` with the same weight and options: volumes
 * [batch, channels, depth, height, width] with a weight
 * [channels, out / groups, kernel depth, kernel height, kernel width]; see `convTranspose2d`.
 * @throws ShapeError when channels and groups do not fit, or nothing would be left of the output.
 * @example convTranspose3d(zeros([1, 2, 4, 4, 4]), zeros([2, 3, 2, 2, 2]), { stride: 2 }); // [1, 3, 8, 8, 8]
 */
export const convTranspose3d: OpOf<ConvTransposeOpFn<3>, TransposeAttrs> = defineOp<
  ConvTransposeOpFn<3>,
  TransposeAttrs
>(transposed(3), callTransposed(3));
