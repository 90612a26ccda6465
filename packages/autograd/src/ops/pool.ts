// Pools: the largest element or the mean of each window over the last two axes.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { OpRecord, Saved } from "../op/op.ts";
import { batchUnary, checkFloat, constantLike, linearJvp } from "../op/rules.ts";
import { distinctReals, drawShape, reals, type Draw } from "../op/samples.ts";
import type { Size2 } from "../shapes/window.ts";
import type { Pool2dFn } from "../tensor/signatures.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div } from "./arith.ts";
import { cast } from "./cast.ts";
import { eq } from "./compare.ts";
import { expand, reshape, sum } from "./move.ts";
import { pairOf, type Pair } from "./pairs.ts";
import { mulZero } from "./pointwise.ts";
import {
  cropPlane,
  padPlane,
  overlapped,
  windowed,
  windowPlaces,
  type WindowAttrs,
} from "./window.ts";

export interface Pool2dOptions {
  /** How far the window moves. Default: its size. */
  readonly stride?: Size2;
  /** Elements added on each side, at most half of the window. Default: 0. */
  readonly padding?: Size2;
}

export interface AvgPool2dOptions extends Pool2dOptions {
  /** Whether the zeros of the padding count in the mean. Default: true. */
  readonly countIncludePad?: boolean;
}

type PoolAttrs = { readonly size: Pair; readonly stride: Pair; readonly padding: Pair };
type AvgPoolAttrs = PoolAttrs & { readonly countIncludePad: boolean };

interface PoolPlan {
  readonly padded: Shape;
  readonly windows: WindowAttrs;
  readonly out: Shape;
  /** The result's shape with axes of size 1 for the window. */
  readonly kept: Shape;
  /** The axes of the window. */
  readonly axes: readonly number[];
}

function planPool(where: string, shape: Shape, { size, stride, padding }: PoolAttrs): PoolPlan {
  const lead = shape.slice(0, -2);
  const [height, width] = shape.slice(-2);
  const plane = [height + 2 * padding[0], width + 2 * padding[1]];
  const places = windowPlaces(where, plane, { size, stride, dilation: [1, 1] });
  const [y, x] = [lead.length, lead.length + 1];
  return {
    padded: [...lead, ...plane],
    windows: {
      // The window stands before the places: the innermost loops should be long ones.
      shape: [...lead, ...size, ...places],
      axes: [...lead.keys(), y, x, y, x],
      steps: [...lead.map(() => 1), 1, 1, ...stride],
      starts: shape.map(() => 0),
    },
    out: [...lead, ...places],
    kept: [...lead, 1, 1, ...places],
    axes: [y, x],
  };
}

/** The windows inside of a body. */
function windowsOf(k: KernelBuilder, x: Value, { padding }: PoolAttrs, plan: PoolPlan, value = 0) {
  const edges = [...x.shape.slice(2).map(() => 0), ...padding];
  return k.view(k.pad(x, edges, edges, { value }), plan.windows);
}

/** What both pools have in common. */
const pool = <A extends PoolAttrs>(
  name: string,
): Pick<OpRecord<A>, "name" | "arity" | "broadcasts" | "shape" | "batch"> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    checkFloat(name, x);
    if (x.shape.length >= 2) {
      return [{ shape: planPool(name, x.shape, attrs).out, dtype: x.dtype }];
    }
    throw new ShapeError({
      where: name,
      expected: "a tensor [..., height, width]",
      got: showShape(x.shape),
      fix: "Windows slide over the last two axes; reshape it.",
    });
  },
  batch: batchUnary((attrs) => attrs),
});

const planOf = (saved: Saved<PoolAttrs>): PoolPlan =>
  planPool(saved.op.name, saved.shape(0), saved.attrs);

/** 1 for each element of a window that attains its maximum, divided by how many do. */
function shareOfWindow({ x, y, attrs }: Saved<PoolAttrs>, { windows, kept, axes }: PoolPlan) {
  const all = windowed(padPlane(x, attrs.padding, -Infinity), windows);
  const attains = cast(eq(all, reshape(y, kept)), x.dtype);
  return div(attains, sum(attains, { axis: axes, keepDims: true }));
}

/** The gradient of the windows, at the places that they were taken from. */
const placeWindows = (g: Tensor, { padding }: PoolAttrs, { windows, padded }: PoolPlan): Tensor =>
  cropPlane(overlapped(g, { ...windows, shape: padded }), padding);

/**
 * The largest element of each window over the last two axes. Padding counts as −∞; NaN wins; ties
 * share the gradient evenly.
 * @param kernelSize The window's size, one number or [height, width].
 * @throws ShapeError where the window is larger than the padded plane.
 * @example maxPool2d(zeros([64, 6, 28, 28]), 2); // shape [64, 6, 14, 14]
 */
export const maxPool2d: OpOf<Pool2dFn<"maxPool2d">, PoolAttrs> = defineOp<
  Pool2dFn<"maxPool2d">,
  PoolAttrs
>(
  {
    ...pool("maxPool2d"),
    body: (k, [x], attrs) => {
      const plan = planPool("maxPool2d", x.shape, attrs);
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
      const windows = windowed(padPlane(t!, saved.attrs.padding), plan.windows);
      return [sum(mulZero(windows, shareOfWindow(saved, plan)), { axis: plan.axes })];
    },
    samples: (draw) => {
      const { shape, attrs } = drawPool(draw);
      return { inputs: [distinctReals(draw, shape)], attrs };
    },
    reference: ([x], attrs) => reducePlane(x, attrs, (values) => Math.max(...values)),
  },
  (apply) =>
    (x: Tensor, kernelSize: Size2, options: Pool2dOptions = {}) => {
      checkOptions("maxPool2d", options, ["stride", "padding"]);
      return apply([x], poolAttrs("maxPool2d", kernelSize, options));
    },
);

/** How many elements a window has, or how many of each are none of the padding, [places…]. */
function countOf({ x, attrs }: Saved<AvgPoolAttrs>, plan: PoolPlan): Tensor | number {
  const { size, padding } = attrs;
  if (attrs.countIncludePad) return size[0] * size[1];
  const ones = windowed(padPlane(constantLike(x, 1), padding), plan.windows);
  return sum(ones, { axis: plan.axes });
}

/**
 * The mean of each window over the last two axes, with zeros as padding.
 * @param kernelSize The window's size, one number or [height, width].
 * @throws ShapeError where the window is larger than the padded plane.
 * @example avgPool2d(zeros([64, 6, 28, 28]), 2); // shape [64, 6, 14, 14]
 */
export const avgPool2d: OpOf<Pool2dFn<"avgPool2d", AvgPool2dOptions>, AvgPoolAttrs> = defineOp<
  Pool2dFn<"avgPool2d", AvgPool2dOptions>,
  AvgPoolAttrs
>(
  {
    ...pool("avgPool2d"),
    body: (k, [x], attrs) => {
      const plan = planPool("avgPool2d", x.shape, attrs);
      const { size, countIncludePad } = attrs;
      const total = k.reduce("sum", windowsOf(k, x, attrs, plan), plan.axes);
      if (countIncludePad) return [k.map([total], (t) => s.div(t, size[0] * size[1]))];
      const ones = k.map([k.iota(x.shape, 0)], (i) => s.cast(s.eq(i, i), x.dtype));
      const count = k.reduce("sum", windowsOf(k, ones, attrs, plan), plan.axes);
      return [k.map([total, count], s.div)];
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
      const { shape, attrs } = drawPool(draw);
      const countIncludePad = draw.pick([true, false]);
      return { inputs: [reals(draw, shape)], attrs: { ...attrs, countIncludePad } };
    },
    reference: ([x], attrs) =>
      reducePlane(x, attrs, (values) => {
        const count = attrs.countIncludePad ? attrs.size[0] * attrs.size[1] : values.length;
        return values.reduce((total, value) => total + value / count, 0);
      }),
  },
  (apply) =>
    (x: Tensor, kernelSize: Size2, options: AvgPool2dOptions = {}) => {
      checkOptions("avgPool2d", options, ["stride", "padding", "countIncludePad"]);
      const { countIncludePad = true } = options;
      checkBoolean("avgPool2d", "countIncludePad", countIncludePad);
      return apply([x], { ...poolAttrs("avgPool2d", kernelSize, options), countIncludePad });
    },
);

function poolAttrs(where: string, kernelSize: Size2, options: Pool2dOptions): PoolAttrs {
  const size = pairOf(where, "kernelSize", kernelSize, 1);
  const stride = pairOf(where, "stride", options.stride ?? size, 1);
  const padding = pairOf(where, "padding", options.padding ?? 0, 0);
  if (padding.every((n, d) => 2 * n <= size[d])) return { size, stride, padding };
  throw new OptionError({
    where,
    expected: `padding of at most half of the window ${showShape(size)}`,
    got: showShape(padding),
    fix: "More of it would make windows that hold nothing but padding.",
  });
}

function drawPool(draw: Draw): { readonly shape: Shape; readonly attrs: PoolAttrs } {
  const pair = (max: (d: 0 | 1) => number): Pair => [draw.int(0, max(0)), draw.int(0, max(1))];
  const size: Pair = [draw.int(1, 3), draw.int(1, 3)];
  const stride: Pair = [draw.int(1, 3), draw.int(1, 3)];
  const padding = pair((d) => size[d] >> 1);
  const extra = pair(() => 2);
  const plane = size.map((n, d) => Math.max(1, n - 2 * padding[d] + extra[d]));
  return {
    shape: [...drawShape(draw, { maxRank: 2 }), ...plane],
    attrs: { size, stride, padding },
  };
}

/** A function of the elements in each window that are none of the padding. */
function reducePlane(
  x: NDArray,
  { size, stride, padding }: PoolAttrs,
  fold: (values: number[]) => number,
): NDArray {
  const plane = x.shape.slice(-2);
  const places = plane.map((n, d) => Math.floor((n + 2 * padding[d] - size[d]) / stride[d]) + 1);
  return NDArray.build([...x.shape.slice(0, -2), ...places], (index) => {
    const at = index.slice(-2);
    const inside = indices(size)
      .map((k) => k.map((j, d) => at[d] * stride[d] - padding[d] + j))
      .filter((from) => from.every((i, d) => i >= 0 && i < plane[d]));
    return fold(inside.map((from) => x.at([...index.slice(0, -2), ...from])));
  });
}
