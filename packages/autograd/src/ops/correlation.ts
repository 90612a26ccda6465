// Three bilinear maps tie a large side, a small side and a weight together, each a contraction around
// a sliding window over one, two or three spatial axes:
//
//   small  = windows(large) · weight        a convolution
//   large  = Σ overlapping small · weight   a transposed convolution
//   weight = windows(large) · small         what both have as the gradient of the weight
//
// The derivatives of each by its operands are the other two.
import { bind } from "../op/bind.ts";
import type { BatchRule } from "../op/op.ts";
import type { Draw } from "../op/samples.ts";
import type { SpatialRank } from "../shapes/spatial.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { contract } from "./contract.ts";
import { expand, permute, reshape } from "./move.ts";
import {
  cropSpatial,
  padSpatial,
  sizesOf,
  spatialNames,
  type Sizes,
  type SizesOption,
} from "./spatial.ts";
import { overlapped, windowed, type WindowAttrs } from "./window.ts";

export interface ConvOptions<R extends SpatialRank = SpatialRank> {
  /** How far the kernel moves. Default: 1. */
  readonly stride?: SizesOption<R>;
  /** Zeros on each side. Default: 0. */
  readonly padding?: SizesOption<R>;
  /** How far the kernel's elements lie apart. Default: 1. */
  readonly dilation?: SizesOption<R>;
  /** Input and output channels fall into so many groups that know nothing of each other. Default: 1. */
  readonly groups?: number;
}

export type ConvAttrs = {
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly dilation: Sizes;
  readonly groups: number;
};

/** Labels of contractions: batch, group, the small side's and the large side's channel (of the
 *  group), places, kernel. */
interface Labels {
  readonly windows: readonly number[];
  readonly weight: readonly number[];
  readonly small: readonly number[];
}

const [N, G, O, C] = [0, 1, 2, 3];

function labelsOf(rank: number): Labels {
  const places = Array.from({ length: rank }, (_, d) => 4 + d);
  const kernel = places.map((label) => label + rank);
  return {
    windows: [N, ...places, G, C, ...kernel],
    weight: [G, O, C, ...kernel],
    small: [N, G, O, ...places],
  };
}

/** How the large side, the small side and the weight lie to each other. */
export interface Correlation {
  readonly labels: Labels;
  /** From the padded large side to its windows. */
  readonly windows: WindowAttrs;
  readonly padding: Sizes;
  readonly padded: Shape;
  /** The shapes of the weight and of the small side, and the same with their groups apart. */
  readonly weight: Shape;
  readonly weightGroups: Shape;
  readonly small: Shape;
  readonly smallGroups: Shape;
}

/** The large side is [batch, groups · inputs, ...plane], the weight [outputs, inputs, ...size]. */
export function correlation(
  batch: number,
  plane: Shape,
  places: Shape,
  weight: Shape,
  { stride, padding, dilation, groups }: ConvAttrs,
): Correlation {
  const [outputs, inputs, ...size] = weight;
  const spatial = size.map((_, d) => 2 + d);
  return {
    labels: labelsOf(size.length),
    windows: {
      shape: [batch, ...places, groups, inputs, ...size],
      axes: [0, ...spatial, 1, 1, ...spatial],
      steps: [1, ...stride, inputs, 1, ...dilation],
      starts: [0, 0, ...size.map(() => 0)],
    },
    padding,
    padded: [batch, groups * inputs, ...plane.map((n, d) => n + 2 * padding[d])],
    weight,
    weightGroups: [groups, outputs / groups, inputs, ...size],
    small: [batch, outputs, ...places],
    smallGroups: [batch, groups, outputs / groups, ...places],
  };
}

export function toSmall(large: Tensor, weight: Tensor, plan: Correlation): Tensor {
  const { labels } = plan;
  const windows = windowed(padSpatial(large, plan.padding), plan.windows);
  const small = contract(windows, reshape(weight, plan.weightGroups), {
    a: labels.windows,
    b: labels.weight,
    out: labels.small,
  });
  return reshape(small, plan.small);
}

export function toLarge(small: Tensor, weight: Tensor, plan: Correlation): Tensor {
  const { labels } = plan;
  const windows = contract(reshape(small, plan.smallGroups), reshape(weight, plan.weightGroups), {
    a: labels.small,
    b: labels.weight,
    out: labels.windows,
  });
  return cropSpatial(overlapped(windows, { ...plan.windows, shape: plan.padded }), plan.padding);
}

export function toWeight(large: Tensor, small: Tensor, plan: Correlation): Tensor {
  const { labels } = plan;
  const windows = windowed(padSpatial(large, plan.padding), plan.windows);
  const kernels = contract(windows, reshape(small, plan.smallGroups), {
    a: labels.windows,
    b: labels.small,
    out: labels.weight,
  });
  return reshape(kernels, plan.weight);
}

const singles: Record<SpatialRank, string> = { 1: "one sequence", 2: "one image", 3: "one volume" };

/** Complains about ranks, and about a kernel of no elements. `layout` is the weight's. */
export function checkRanks(
  where: string,
  rank: SpatialRank,
  [x, weight]: readonly Shape[],
  layout: string,
): void {
  const names = spatialNames[rank];
  const complain = (expected: string, fix: string) =>
    new ShapeError({
      where,
      expected,
      got: `x ${showShape(x)} and weight ${showShape(weight)}`,
      fix,
    });
  if (x.length !== rank + 2 || weight.length !== rank + 2) {
    throw complain(
      `x [batch, channels, ${names}] and weight [${layout}, ${names}]`,
      `For ${singles[rank]}, add the axis of the batch: unsqueeze(x, 0).`,
    );
  }
  if (sizeOf(weight.slice(2)) === 0) {
    throw complain(
      "a kernel of at least one element",
      `Check the weight's last ${rank === 1 ? "axis" : `${rank === 2 ? "two" : "three"} axes`}.`,
    );
  }
}

/** The options that a convolution and its transpose have in common. */
export function convAttrs(where: string, rank: SpatialRank, options: ConvOptions): ConvAttrs {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new OptionError({
      where,
      expected: "groups: an integer >= 1",
      got: brief(groups),
      fix: "Leave it out for an ordinary convolution.",
    });
  }
  return {
    stride: sizesOf(where, "stride", stride, 1, rank),
    padding: sizesOf(where, "padding", padding, 0, rank),
    dilation: sizesOf(where, "dilation", dilation, 1, rank),
    groups,
  };
}

/** A batch of images only is more images; with a batch of weights, each entry is a group. */
export function batchConv<A extends ConvAttrs>(): BatchRule<A> {
  return ({ op, inputs, batched, size, attrs }) => {
    const [x, weight] = inputs.map((t, i) => (batched[i] ? t : expand(t, [size, ...t.shape])));
    const [batch, channels, ...plane] = x.shape.slice(1);
    if (!batched[1]) {
      const [y] = bind(op, [reshape(x, [size * batch, channels, ...plane]), inputs[1]], attrs);
      return [reshape(y, [size, batch, ...y.shape.slice(1)])];
    }
    const [first, ...kernel] = weight.shape.slice(1);
    const swapped = [1, 0, ...Array.from({ length: plane.length + 1 }, (_, d) => d + 2)];
    const images = reshape(permute(x, swapped), [batch, size * channels, ...plane]);
    const kernels = reshape(weight, [size * first, ...kernel]);
    const [y] = bind(op, [images, kernels], { ...attrs, groups: size * attrs.groups });
    const outputs = y.shape[1] / Math.max(1, size);
    return [permute(reshape(y, [batch, size, outputs, ...y.shape.slice(2)]), swapped)];
  };
}

/** A kernel and options for samples. */
export function drawConvAttrs(draw: Draw, rank: SpatialRank): ConvAttrs & { size: number[] } {
  const some = (min: number, max: number) => Array.from({ length: rank }, () => draw.int(min, max));
  return {
    size: some(1, 2),
    stride: some(1, 2),
    padding: some(0, 1),
    dilation: some(1, 2),
    groups: draw.int(1, 2),
  };
}
