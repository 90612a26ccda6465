// Pools: the largest element or the mean of each window over the last one, two or three axes.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { OpRecord, Saved } from "../op/op.ts";
import { batchUnary, checkFloat, constantLike, linearJvp } from "../op/rules.ts";
import { distinctReals, drawShape, reals, type Draw } from "../op/samples.ts";
import type { SpatialRank } from "../shapes/spatial.ts";
import type { AvgPoolingFn, MaxPoolingFn } from "../tensor/signatures-windows.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./arith.ts";
import { cast } from "./cast.ts";
import { eq } from "./compare.ts";
import { expand, reshape, sum } from "./move.ts";
import { mulZero } from "./pointwise.ts";
import {
  cropSpatial,
  padSpatial,
  sizesOf,
  spatialNames,
  type Sizes,
  type SizesOption,
} from "./spatial.ts";
import { overlapped, planWindowsFirst, windowed, type WindowAttrs } from "./window.ts";

export interface PoolOptions<R extends SpatialRank = SpatialRank> {
  /** How far the window moves. Default: its size. */
  readonly stride?: SizesOption<R>;
  /** Elements added on each side, at most half of the window. Default: 0. */
  readonly padding?: SizesOption<R>;
  /** Whether there is one more window where some elements at the end are left, though it reaches over the
   *  edge. (Not where it would begin in the padding.) Default: false. */
  readonly ceilMode?: boolean;
}

export interface MaxPoolOptions<R extends SpatialRank = SpatialRank> extends PoolOptions<R> {
  /** How far the window's elements lie apart. Default: 1. */
  readonly dilation?: SizesOption<R>;
}

export interface AvgPoolOptions<R extends SpatialRank = SpatialRank> extends PoolOptions<R> {
  /** Whether the zeros of the padding count in the mean. (What lies beyond, see ceilMode, never does.)
   *  Default: true. */
  readonly countIncludePad?: boolean;
}

type PoolAttrs = {
  readonly size: Sizes;
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly dilation: Sizes;
  readonly ceilMode: boolean;
};
type AvgPoolAttrs = PoolAttrs & { readonly countIncludePad: boolean };

interface PoolPlan {
  readonly padded: Shape;
  /** What is added at the end of each axis: the padding, and what the last window reaches over it. */
  readonly after: Sizes;
  readonly windows: WindowAttrs;
  readonly out: Shape;
  /** The result's shape with axes of size 1 for the window. */
  readonly kept: Shape;
  /** The axes of the window. */
  readonly axes: readonly number[];
}

/** How far one more window reaches over the padded end; 0 where it would not begin before the padding, and
 *  where no element is left. */
function overhang(n: number, d: number, { size, stride, padding, dilation }: PoolAttrs): number {
  const reach = dilation[d] * (size[d] - 1) + 1;
  const room = n + 2 * padding[d] - reach;
  const start = Math.ceil(room / stride[d]) * stride[d];
  return start >= 0 && start < n + padding[d] ? start - room : 0;
}

function planPool(where: string, shape: Shape, attrs: PoolAttrs): PoolPlan {
  const { size, padding, ceilMode } = attrs;
  const count = shape.length - size.length;
  const lead = shape.slice(0, count);
  const plane = shape.slice(count);
  const after = plane.map((n, d) => padding[d] + (ceilMode ? overhang(n, d, attrs) : 0));
  const padded = [...lead, ...plane.map((n, d) => padding[d] + n + after[d])];
  // The window stands before the places: the innermost loops should be long ones.
  const { windows, places } = planWindowsFirst(where, padded, attrs);
  return {
    padded,
    after,
    windows,
    out: [...lead, ...places],
    kept: [...lead, ...size.map(() => 1), ...places],
    axes: size.map((_, d) => count + d),
  };
}

/** The windows inside of a body. */
function windowsOf(k: KernelBuilder, x: Value, { padding }: PoolAttrs, plan: PoolPlan, value = 0) {
  const lead = Array<number>(x.shape.length - padding.length).fill(0);
  const padded = k.pad(x, [...lead, ...padding], [...lead, ...plan.after], { value });
  return k.view(padded, plan.windows);
}

/** What both pools have in common. */
const pool = <A extends PoolAttrs>(
  name: string,
  rank: SpatialRank,
): Pick<OpRecord<A>, "name" | "arity" | "broadcasts" | "shape" | "batch"> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    checkFloat(name, x);
    if (x.shape.length >= rank) {
      return [{ shape: planPool(name, x.shape, attrs).out, dtype: x.dtype }];
    }
    throw new ShapeError({
      where: name,
      expected: `a tensor [..., ${spatialNames[rank]}]`,
      got: showShape(x.shape),
      fix: `Windows slide over the last ${["", "axis", "two axes", "three axes"][rank]}; reshape it.`,
    });
  },
  batch: batchUnary((attrs) => attrs),
});

const planOf = (saved: Saved<PoolAttrs>): PoolPlan =>
  planPool(saved.op.name, saved.shape(0), saved.attrs);

/** 1 for each element of a window that attains its maximum, divided by how many do. */
function shareOfWindow({ x, y, attrs }: Saved<PoolAttrs>, plan: PoolPlan) {
  const { windows, kept, axes } = plan;
  // NaN equals nothing: padding of −∞ would have its share where the whole window is −∞.
  const all = windowed(padSpatial(x, attrs.padding, plan.after, NaN), windows);
  const attains = cast(eq(all, reshape(y, kept)), x.dtype);
  return div(attains, sum(attains, { axis: axes, keepDims: true }));
}

/** The gradient of the windows, at the places that they were taken from. */
const placeWindows = (g: Tensor, { padding }: PoolAttrs, plan: PoolPlan): Tensor =>
  cropSpatial(overlapped(g, { ...plan.windows, shape: plan.padded }), padding, plan.after);

/** The record of a pool that takes the largest. */
const maxPool = (rank: SpatialRank): OpRecord<PoolAttrs> => ({
  ...pool(`maxPool${rank}d`, rank),
  body: (k, [x], attrs) => {
    const plan = planPool(`maxPool${rank}d`, x.shape, attrs);
    return [k.reduce("max", windowsOf(k, x, attrs, plan, -Infinity), plan.axes)];
  },
  vjp: [
    (g, saved) => {
      const plan = planOf(saved);
      const shared = mulZero(reshape(g, plan.kept), shareOfWindow(saved, plan));
      return placeWindows(shared, saved.attrs, plan);
    },
  ],
  jvp: ([t], saved) => {
    const plan = planOf(saved);
    const windows = windowed(padSpatial(t!, saved.attrs.padding, plan.after), plan.windows);
    return [sum(mulZero(windows, shareOfWindow(saved, plan)), { axis: plan.axes })];
  },
  samples: (draw) => {
    const { shape, attrs } = drawPool(draw, rank, 2);
    return { inputs: [distinctReals(draw, shape)], attrs };
  },
  reference: ([x], attrs) => reduceWindows(x, attrs, (values) => Math.max(...values)),
});

const callMaxPool =
  (rank: SpatialRank) =>
  (apply: (inputs: Tensor[], attrs: PoolAttrs) => Tensor) =>
  (x: Tensor, kernelSize: SizesOption, options: MaxPoolOptions = {}) => {
    checkOptions(`maxPool${rank}d`, options, ["stride", "padding", "dilation", "ceilMode"]);
    return apply([x], poolAttrs(`maxPool${rank}d`, rank, kernelSize, options));
  };

type MaxPoolOp<R extends SpatialRank> = OpOf<MaxPoolingFn<`maxPool${R}d`, R>, PoolAttrs>;

/**
 * The largest element of each window over the last axis; see `maxPool2d`.
 * @throws ShapeError where the window is larger than the padded axis.
 * @example maxPool1d(zeros([8, 4, 100]), 2); // shape [8, 4, 50]
 */
export const maxPool1d: MaxPoolOp<1> = defineOp(maxPool(1), callMaxPool(1));

/**
 * The largest element of each window over the last two axes. Padding counts as −∞; NaN wins; ties
 * share the gradient evenly. Options: stride, padding, dilation, ceilMode.
 * @param kernelSize The window's size, one number or [height, width].
 * @throws ShapeError where the window is larger than the padded plane.
 * @example maxPool2d(zeros([64, 6, 28, 28]), 2); // shape [64, 6, 14, 14]
 */
export const maxPool2d: MaxPoolOp<2> = defineOp(maxPool(2), callMaxPool(2));

/**
 * The largest element of each window over the last three axes; see `maxPool2d`.
 * @throws ShapeError where the window is larger than the padded volume.
 * @example maxPool3d(zeros([2, 4, 8, 8, 8]), 2); // shape [2, 4, 4, 4, 4]
 */
export const maxPool3d: MaxPoolOp<3> = defineOp(maxPool(3), callMaxPool(3));

/** Whether each window has as many elements that count. */
const isEven = ({ padding, countIncludePad }: AvgPoolAttrs, { after }: PoolPlan): boolean =>
  countIncludePad && padding.every((width, d) => width === after[d]);

/** How many elements count: of a window, or of each, [places…]. */
function countOf({ x, attrs }: Saved<AvgPoolAttrs>, plan: PoolPlan): Tensor | number {
  const { size, padding } = attrs;
  if (isEven(attrs, plan)) return sizeOf(size);
  const [before, none] = [padding, padding.map(() => 0)];
  // The padding counts as well or it does not; what lies beyond it does not.
  const inside = padSpatial(constantLike(x, 1), before, before, attrs.countIncludePad ? 1 : 0);
  const beyond = plan.after.map((width, d) => width - padding[d]);
  return sum(windowed(padSpatial(inside, none, beyond), plan.windows), { axis: plan.axes });
}

/** The same inside of a body. */
function countsOf(k: KernelBuilder, x: Value, attrs: AvgPoolAttrs, plan: PoolPlan): Value {
  const { padding, countIncludePad } = attrs;
  const lead = Array<number>(x.shape.length - padding.length).fill(0);
  const ones = k.map([k.iota(x.shape, 0)], (i) => s.cast(s.eq(i, i), x.dtype));
  const edges = [...lead, ...padding];
  const inside = k.pad(ones, edges, edges, { value: countIncludePad ? 1 : 0 });
  const beyond = [...lead, ...plan.after.map((width, d) => width - padding[d])];
  const none = beyond.map(() => 0);
  return k.reduce("sum", k.view(k.pad(inside, none, beyond), plan.windows), plan.axes);
}

/** The record of a pool that takes the mean. */
const avgPool = (rank: SpatialRank): OpRecord<AvgPoolAttrs> => ({
  ...pool(`avgPool${rank}d`, rank),
  body: (k, [x], attrs) => {
    const plan = planPool(`avgPool${rank}d`, x.shape, attrs);
    const total = k.reduce("sum", windowsOf(k, x, attrs, plan), plan.axes);
    if (isEven(attrs, plan)) return [k.map([total], (t) => s.div(t, sizeOf(attrs.size)))];
    return [k.map([total, countsOf(k, x, attrs, plan)], s.div)];
  },
  vjp: [
    (g, saved) => {
      const plan = planOf(saved);
      const each = reshape(div(g, countOf(saved, plan)), plan.kept);
      return placeWindows(expand(each, plan.windows.shape), saved.attrs, plan);
    },
  ],
  jvp: linearJvp,
  samples: (draw) => {
    const { shape, attrs } = drawPool(draw, rank, 1);
    const countIncludePad = draw.pick([true, false]);
    return { inputs: [reals(draw, shape)], attrs: { ...attrs, countIncludePad } };
  },
  reference: ([x], attrs) =>
    reduceWindows(x, attrs, (values, padded) => {
      const count = attrs.countIncludePad ? padded : values.length;
      return values.reduce((total, value) => total + value / count, 0);
    }),
});

const callAvgPool =
  (rank: SpatialRank) =>
  (apply: (inputs: Tensor[], attrs: AvgPoolAttrs) => Tensor) =>
  (x: Tensor, kernelSize: SizesOption, options: AvgPoolOptions = {}) => {
    const where = `avgPool${rank}d`;
    checkOptions(where, options, ["stride", "padding", "ceilMode", "countIncludePad"]);
    const { countIncludePad = true } = options;
    checkBoolean(where, "countIncludePad", countIncludePad);
    return apply([x], { ...poolAttrs(where, rank, kernelSize, options), countIncludePad });
  };

type CountOption = Pick<AvgPoolOptions, "countIncludePad">;
type AvgPoolOp<R extends SpatialRank> = OpOf<
  AvgPoolingFn<`avgPool${R}d`, R, CountOption>,
  AvgPoolAttrs
>;

/**
 * The mean of each window over the last axis; see `avgPool2d`.
 * @throws ShapeError where the window is larger than the padded axis.
 * @example avgPool1d(zeros([8, 4, 100]), 2); // shape [8, 4, 50]
 */
export const avgPool1d: AvgPoolOp<1> = defineOp(avgPool(1), callAvgPool(1));

/**
 * The mean of each window over the last two axes, with zeros as padding. Options: stride, padding,
 * ceilMode, countIncludePad.
 * @param kernelSize The window's size, one number or [height, width].
 * @throws ShapeError where the window is larger than the padded plane.
 * @example avgPool2d(zeros([64, 6, 28, 28]), 2); // shape [64, 6, 14, 14]
 */
export const avgPool2d: AvgPoolOp<2> = defineOp(avgPool(2), callAvgPool(2));

/**
 * The mean of each window over the last three axes; see `avgPool2d`.
 * @throws ShapeError where the window is larger than the padded volume.
 * @example avgPool3d(zeros([2, 4, 8, 8, 8]), 2); // shape [2, 4, 4, 4, 4]
 */
export const avgPool3d: AvgPoolOp<3> = defineOp(avgPool(3), callAvgPool(3));

function poolAttrs(
  where: string,
  rank: SpatialRank,
  kernelSize: SizesOption,
  options: MaxPoolOptions,
): PoolAttrs {
  const size = sizesOf(where, "kernelSize", kernelSize, 1, rank);
  const stride = sizesOf(where, "stride", options.stride ?? size, 1, rank);
  const padding = sizesOf(where, "padding", options.padding ?? 0, 0, rank);
  const dilation = sizesOf(where, "dilation", options.dilation ?? 1, 1, rank);
  const ceilMode = checkBoolean(where, "ceilMode", options.ceilMode ?? false);
  if (padding.every((n, d) => 2 * n <= size[d])) {
    return { size, stride, padding, dilation, ceilMode };
  }
  throw new OptionError({
    where,
    expected: `padding of at most half of the window ${showShape(size)}`,
    got: showShape(padding),
    fix: "More of it would make windows that hold nothing but padding.",
  });
}

function drawPool(
  draw: Draw,
  rank: SpatialRank,
  farthest: number,
): { readonly shape: Shape; readonly attrs: PoolAttrs } {
  const some = (max: number) => Array.from({ length: rank }, () => draw.int(1, max));
  // Few elements, since derivatives are taken by each of them.
  const size = some(rank === 3 ? 2 : 3);
  const stride = some(rank === 3 ? 2 : 3);
  const padding = size.map((n) => draw.int(0, n >> 1));
  const dilation = some(farthest);
  // No window may lie around all there is: it would hold padding alone.
  const plane = size.map((n, d) =>
    Math.max(
      dilation[d],
      dilation[d] * (n - 1) + 1 - 2 * padding[d] + draw.int(0, rank === 3 ? 1 : 2),
    ),
  );
  return {
    shape: [...drawShape(draw, { maxRank: rank === 3 ? 1 : 2 }), ...plane],
    attrs: { size, stride, padding, dilation, ceilMode: draw.pick([false, true]) },
  };
}

/** A function of the elements in each window that are none of the padding, and of how many it has with those
 *  of the padding. */
function reduceWindows(
  x: NDArray,
  { size, stride, padding, dilation, ceilMode }: PoolAttrs,
  fold: (values: number[], padded: number) => number,
): NDArray {
  const count = x.shape.length - size.length;
  const plane = x.shape.slice(count);
  const places = plane.map((n, d) => {
    const last = n + 2 * padding[d] - dilation[d] * (size[d] - 1) - 1;
    const whole = Math.floor(last / stride[d]) + 1;
    const isOver = ceilMode && last % stride[d] !== 0 && whole * stride[d] < n + padding[d];
    return isOver ? whole + 1 : whole;
  });
  return NDArray.build([...x.shape.slice(0, count), ...places], (index) => {
    const at = index.slice(count);
    const all = indices(size).map((k) =>
      k.map((j, d) => at[d] * stride[d] - padding[d] + j * dilation[d]),
    );
    const within = (width: (d: number) => number) =>
      all.filter((from) => from.every((i, d) => i >= -width(d) && i < plane[d] + width(d)));
    const values = within(() => 0).map((from) => x.at([...index.slice(0, count), ...from]));
    return fold(values, within((d) => padding[d]).length);
  });
}
