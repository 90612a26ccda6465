// Sliding windows, and their transpose, which adds windows up where they overlap. Convolutions and
// pools, and all of their derivatives, are made of them.
import type { ViewPlan } from "../kernel/builder.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import { checkOperands, requireTensor } from "../op/operands.ts";
import { batchUnary, linearJvp } from "../op/rules.ts";
import { drawShape, reals, type Draw } from "../op/samples.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { checkShape, sameShape, showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";

/** A view that repeats nothing: no axis is -1. The shape is that of the result. */
export type WindowAttrs = { readonly [K in keyof ViewPlan]: ViewPlan[K] };

/** A window along some axes: how many elements it has, how far apart they lie, and how far it moves. */
export interface Sliding {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

export interface WindowOptions {
  /** How far the window moves, one number or one for each axis. Default: 1. */
  readonly stride?: number | readonly number[];
  /** How far the elements of a window lie apart. Default: 1. */
  readonly dilation?: number | readonly number[];
}

/** How many places the windows have along each of the axes. @throws ShapeError where there is none. */
export function windowPlaces(where: string, from: Shape, sliding: Sliding): number[] {
  const { size, stride, dilation } = sliding;
  const reach = size.map((n, d) => dilation[d] * (n - 1) + 1);
  if (from.every((n, d) => n >= reach[d])) {
    return from.map((n, d) => Math.floor((n - reach[d]) / stride[d]) + 1);
  }
  throw new ShapeError({
    where,
    expected: `at least ${showShape(reach)} elements along the axes of the window`,
    got: showShape(from),
    fix: "Make the window smaller, or pad the input.",
  });
}

const batchWindow = batchUnary<WindowAttrs>(({ shape, axes, steps, starts }, size) => ({
  shape: [size, ...shape],
  axes: [0, ...axes.map((axis) => axis + 1)],
  steps: [1, ...steps],
  starts: [0, ...starts],
}));

/** Where the view reads, for each index of the windows. */
const placeOf = ({ axes, steps, starts }: WindowAttrs, index: readonly number[]): number[] =>
  starts.map((start, axis) =>
    axes.reduce((at, from, d) => (from === axis ? at + index[d] * steps[d] : at), start),
  );

type WindowFn = (x: Tensor, size: readonly number[], options?: WindowOptions) => Tensor;

/**
 * Sliding windows over the last axes, without copying: [..., places…, size…].
 * @param size The window's size along each of the last axes.
 * @throws ShapeError where the window is larger than the tensor.
 * @example window(tensor([1, 2, 3, 4]), [2]); // [[1, 2], [2, 3], [3, 4]]
 */
export const window: OpOf<WindowFn, WindowAttrs> = defineOp<WindowFn, WindowAttrs>(
  {
    name: "window",
    arity: 1,
    broadcasts: false,
    shape: ([{ dtype }], { shape }) => [{ shape, dtype }],
    body: (k, [x], plan) => [k.view(x, plan)],
    vjp: [(g, saved) => overlapped(g, { ...saved.attrs, shape: saved.shape(0) })],
    jvp: linearJvp,
    batch: batchWindow,
    samples: (draw) => {
      const { shape, plan } = drawWindows(draw);
      return { inputs: [reals(draw, shape)], attrs: plan };
    },
    reference: ([x], plan) => NDArray.build(plan.shape, (index) => x.at(placeOf(plan, index))),
  },
  (apply) =>
    (x: Tensor, size: readonly number[], options: WindowOptions = {}) => {
      requireTensor("window", x);
      const sliding = slidingOf("window", size, options, x.rank);
      return apply([x], planWindows("window", x.shape, sliding));
    },
);

/** A view by a plan, as an op. */
export const windowed = (x: Tensor, plan: WindowAttrs): Tensor => bind(window.op, [x], plan)[0];

type OverlapAddFn = (windows: Tensor, shape: Shape, options?: WindowOptions) => Tensor;

/**
 * The transpose of `window`: windows [..., places…, size…] of a tensor of this shape are added up
 * where they came from.
 * @throws ShapeError where the windows are not those of such a tensor.
 * @example overlapAdd(tensor([[1, 2], [2, 3], [3, 4]]), [4]); // [1, 4, 6, 4]
 */
export const overlapAdd: OpOf<OverlapAddFn, WindowAttrs> = defineOp<OverlapAddFn, WindowAttrs>(
  {
    name: "overlapAdd",
    arity: 1,
    broadcasts: false,
    shape: (inputs, { shape }) => [{ shape, dtype: checkOperands("overlapAdd", inputs, "number") }],
    body: (k, [x], plan) => [k.overlapAdd(x, plan)],
    vjp: [(g, saved) => windowed(g, { ...saved.attrs, shape: saved.shape(0) })],
    jvp: linearJvp,
    batch: batchWindow,
    samples: (draw) => {
      const { shape, plan } = drawWindows(draw);
      return { inputs: [reals(draw, plan.shape)], attrs: { ...plan, shape } };
    },
    reference: ([x], plan) => {
      const places = indices(x.shape).map((index) => placeOf(plan, index));
      return NDArray.build(plan.shape, (index) =>
        x.data.reduce((sum, v, i) => (sameShape(places[i], index) ? sum + v : sum), 0),
      );
    },
  },
  (apply) =>
    (windows: Tensor, shape: Shape, options: WindowOptions = {}) => {
      requireTensor("overlapAdd", windows);
      const count = windows.rank - checkShape("overlapAdd", shape).length;
      const size = windows.shape.slice(windows.rank - Math.max(0, count));
      const sliding = slidingOf("overlapAdd", size, options, shape.length);
      const plan = planWindows("overlapAdd", shape, sliding);
      if (sameShape(plan.shape, windows.shape)) return apply([windows], { ...plan, shape });
      throw new ShapeError({
        where: "overlapAdd",
        expected: `windows ${showShape(plan.shape)} for the shape ${showShape(shape)}`,
        got: showShape(windows.shape),
        fix: "Give the shape, stride and dilation that the windows were made with.",
      });
    },
);

/** The transpose of a view by a plan, as an op. */
export const overlapped = (x: Tensor, plan: WindowAttrs): Tensor =>
  bind(overlapAdd.op, [x], plan)[0];

/** Windows over the last axes of a shape: what is before them, the places, the window. */
function planWindows(where: string, shape: Shape, sliding: Sliding): WindowAttrs {
  const { size, stride, dilation } = sliding;
  const lead = shape.length - size.length;
  const places = windowPlaces(where, shape.slice(lead), sliding);
  const slid = size.map((_, d) => lead + d);
  return {
    shape: [...shape.slice(0, lead), ...places, ...size],
    axes: [...shape.keys(), ...slid],
    steps: [...shape.slice(0, lead).map(() => 1), ...stride, ...dilation],
    starts: shape.map(() => 0),
  };
}

/** The same windows, but the window stands before the places. */
export function planWindowsFirst(where: string, shape: Shape, sliding: Sliding) {
  const { size, stride, dilation } = sliding;
  const lead = shape.length - size.length;
  const places = windowPlaces(where, shape.slice(lead), sliding);
  const slid = size.map((_, d) => lead + d);
  const windows: WindowAttrs = {
    shape: [...shape.slice(0, lead), ...size, ...places],
    axes: [...shape.slice(0, lead).keys(), ...slid, ...slid],
    steps: [...shape.slice(0, lead).map(() => 1), ...dilation, ...stride],
    starts: shape.map(() => 0),
  };
  return { windows, places };
}

function slidingOf(
  where: string,
  size: readonly number[],
  options: WindowOptions,
  rank: number,
): Sliding {
  checkOptions(where, options, ["stride", "dilation"]);
  const { stride = 1, dilation = 1 } = options;
  const count = Array.isArray(size) ? size.length : 0;
  const each = (value: number | readonly number[]): readonly number[] =>
    typeof value === "number" ? Array<number>(count).fill(value) : value;
  const sliding = { size, stride: each(stride), dilation: each(dilation) };
  const isValid = (list: readonly number[]) =>
    Array.isArray(list) &&
    list.length === count &&
    list.every((n) => Number.isInteger(n) && n >= 1);
  if (count >= 1 && count <= rank && Object.values(sliding).every(isValid)) return sliding;
  throw new OptionError({
    where,
    expected: `size, stride and dilation: integers >= 1 for one to ${rank} of the last axes`,
    got: Object.entries(sliding)
      .map(([name, value]) => `${name} ${brief(value)}`)
      .join(", "),
    fix: "Write e.g. window(x, [3, 3], { stride: 2 }).",
  });
}

function drawWindows(draw: Draw): { readonly shape: Shape; readonly plan: WindowAttrs } {
  const count = draw.int(1, 2);
  const some = (max: number) => Array.from({ length: count }, () => draw.int(1, max));
  const sliding = { size: some(3), stride: some(2), dilation: some(2) };
  const reach = sliding.size.map((n, d) => sliding.dilation[d] * (n - 1) + 1);
  const shape = [...drawShape(draw, { maxRank: 1 }), ...reach.map((n) => n + draw.int(0, 2))];
  return { shape, plan: planWindows("window", shape, sliding) };
}
