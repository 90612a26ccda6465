// Ops that pick and place elements: slice ⇄ pad, gather ⇄ scatterAdd.
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { batchUnary, linearJvp, shiftAxis, zerosLike } from "../op/rules.ts";
import { drawAxis, drawShape, integers, reals, type Draw } from "../op/samples.ts";
import { checkOperands, requireTensor } from "../op/operands.ts";
import type { Range } from "../shapes/at.ts";
import type { GatherFn } from "../tensor/signatures.ts";
import type { PadFn, ScatterAddFn, SliceFn } from "../tensor/signatures-move.ts";
import { checkNumber } from "../tensor/dtype.ts";
import { AxisError, DTypeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis, sameShape, showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import type { Spec } from "../kernel/kernel.ts";
import { batchAll, reshape } from "./move.ts";
import { parseRanges } from "./ranges.ts";

type SliceAttrs = {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly sizes: readonly number[];
  /** Axes that an integer picked from, which vanish. */
  readonly dropped: readonly number[];
};

const keptAxes = ({ sizes, dropped }: SliceAttrs): number[] =>
  sizes.map((_, axis) => axis).filter((axis) => !dropped.includes(axis));

/**
 * A part of a tensor, without copying: for each axis from the front an integer (picks, and drops
 * the axis), a range [start, stop, step] as in Python (each part may be left out or null, negative
 * indices count from the back, the step may be negative), or null for the whole axis.
 *
 * @throws IndexRangeError for an integer out of range; ranges are cut off at the ends.
 * @example slice(x, [0, [1, -1], null, [null, null, -1]]); // NumPy's x[0, 1:-1, :, ::-1]
 */
export const slice: OpOf<SliceFn, SliceAttrs> = defineOp<SliceFn, SliceAttrs>(
  {
    name: "slice",
    arity: 1,
    broadcasts: false,
    shape: ([x], attrs) => [
      { shape: keptAxes(attrs).map((axis) => attrs.sizes[axis]), dtype: x.dtype },
    ],
    body: (k, [x], attrs) => {
      const axes = keptAxes(attrs);
      return [
        k.view(x, {
          shape: axes.map((axis) => attrs.sizes[axis]),
          axes,
          steps: axes.map((axis) => attrs.steps[axis]),
          starts: attrs.starts,
        }),
      ];
    },
    vjp: [(g, saved) => placeSlice(g, saved.shape(0), saved.attrs)],
    jvp: linearJvp,
    batch: batchUnary(({ starts, steps, sizes, dropped }, size) => ({
      starts: [0, ...starts],
      steps: [1, ...steps],
      sizes: [size, ...sizes],
      dropped: dropped.map((axis) => axis + 1),
    })),
    samples: (draw) => {
      const shape = drawShape(draw);
      return {
        inputs: [reals(draw, shape)],
        attrs: parseRanges("slice", shape, drawRanges(draw, shape)),
      };
    },
    reference: ([x], attrs) => {
      const axes = keptAxes(attrs);
      return NDArray.build(
        axes.map((axis) => attrs.sizes[axis]),
        (index) =>
          x.at(
            attrs.starts.map((start, axis) => {
              const place = axes.indexOf(axis);
              return start + (place < 0 ? 0 : index[place] * attrs.steps[axis]);
            }),
          ),
      );
    },
  },
  (apply) => (x: Tensor, ranges: readonly Range[]) => {
    requireTensor("slice", x);
    return apply([x], parseRanges("slice", x.shape, ranges));
  },
);

/** A slice on behalf of another function, which errors name. */
export const sliceAs = (where: string, x: Tensor, ranges: readonly Range[]): Tensor =>
  bind(slice.op, [x], parseRanges(where, x.shape, ranges))[0];

function drawRanges(draw: Draw, shape: Shape): Range[] {
  return shape.slice(0, draw.int(0, shape.length)).map((size) => {
    if (size > 0 && draw.int(0, 3) === 3) return draw.int(-size, size - 1);
    const end = () => draw.pick([null, draw.int(-size - 1, size + 1)]);
    return [end(), end(), draw.pick([1, 2, -1, -2, 3])];
  });
}

/** Zeros of a shape with g where the slice was taken. */
function placeSlice(g: Tensor, shape: Shape, { starts, steps, sizes }: SliceAttrs): Tensor {
  let whole = sameShape(g.shape, sizes) ? g : reshape(g, sizes);
  const low: number[] = [];
  const high: number[] = [];
  const interior: number[] = [];
  shape.forEach((dim, axis) => {
    const [size, step] = [sizes[axis], steps[axis]];
    const last = starts[axis] + (size - 1) * step;
    if (size > 1 && step < 0) whole = flipAxis(whole, axis);
    low.push(size === 0 ? dim : Math.min(starts[axis], last));
    high.push(size === 0 ? 0 : dim - 1 - Math.max(starts[axis], last));
    interior.push(size > 1 ? Math.abs(step) - 1 : 0);
  });
  return bind(pad.op, [whole], { low, high, interior, value: 0 })[0];
}

/** One axis cut to [start, stop). */
export const sliceAxis = (x: Tensor, axis: number, start: number, stop: number): Tensor =>
  slice(
    x,
    x.shape.map((_: number, d: number) => (d === axis ? [start, stop] : null)),
  );

/** One axis in reverse order. */
export const flipAxis = (x: Tensor, axis: number): Tensor =>
  slice(
    x,
    x.shape.map((_: number, d: number) => (d === axis ? [null, null, -1] : null)),
  );

type PadAttrs = {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
};

export interface PadOptions {
  /** What to pad with. Default: 0. */
  readonly value?: number;
}

/**
 * Adds elements around a tensor: for each axis [before, after].
 * @throws OptionError for widths that are no integers >= 0 or not one pair for each axis.
 * @example pad(tensor([1, 2]), [[1, 2]]); // [0, 1, 2, 0, 0]
 */
export const pad: OpOf<PadFn<PadOptions>, PadAttrs> = defineOp<PadFn<PadOptions>, PadAttrs>(
  {
    name: "pad",
    arity: 1,
    broadcasts: false,
    shape: ([x], { low, high, interior }) => [
      {
        shape: x.shape.map((n, d) => low[d] + n + Math.max(0, n - 1) * interior[d] + high[d]),
        dtype: x.dtype,
      },
    ],
    body: (k, [x], { low, high, interior, value }) => [k.pad(x, low, high, { interior, value })],
    vjp: [
      (g, saved) => {
        const { low, interior } = saved.attrs;
        const attrs: SliceAttrs = {
          starts: low,
          steps: interior.map((gap) => gap + 1),
          sizes: saved.shape(0),
          dropped: [],
        };
        return bind(slice.op, [g], attrs)[0];
      },
    ],
    jvp: ([t], { attrs }) => bind(pad.op, [t!], { ...attrs, value: 0 }),
    batch: batchUnary(({ low, high, interior, value }) => ({
      low: [0, ...low],
      high: [0, ...high],
      interior: [0, ...interior],
      value,
    })),
    samples: (draw) => {
      const shape = drawShape(draw);
      const widths = () => shape.map(() => draw.int(0, 2));
      const attrs = { low: widths(), high: widths(), interior: widths(), value: draw.int(0, 1) };
      return { inputs: [reals(draw, shape)], attrs };
    },
    reference: ([x], { low, high, interior, value }) => {
      const gaps = x.shape.map((n, d) => (n > 0 ? (n - 1) * interior[d] : 0));
      const shape = x.shape.map((n, d) => low[d] + n + gaps[d] + high[d]);
      return NDArray.build(shape, (index) => {
        const steps = index.map((i, d) => (i - low[d]) / (1 + interior[d]));
        const hit = steps.every((i, d) => i >= 0 && i < x.shape[d] && i % 1 === 0);
        return hit ? x.at(steps) : value;
      });
    },
  },
  (apply) =>
    (x: Tensor, widths: readonly (readonly number[])[], options: PadOptions = {}) => {
      requireTensor("pad", x);
      checkOptions("pad", options, ["value"]);
      checkWidths(x.shape, widths);
      return apply([x], {
        low: widths.map(([low]) => low),
        high: widths.map(([, high]) => high),
        interior: widths.map(() => 0),
        value: checkNumber("pad", options.value ?? 0, x.dtype),
      });
    },
);

function checkWidths(shape: Shape, widths: readonly (readonly number[])[]): void {
  const isPair = (pair: readonly number[]): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((w) => Number.isInteger(w) && w >= 0);
  if (Array.isArray(widths) && widths.length === shape.length && widths.every(isPair)) return;
  throw new OptionError({
    where: "pad",
    expected: `[before, after] for each axis of ${showShape(shape)}, integers >= 0`,
    got: brief(widths),
    fix: "Write [0, 0] for axes that stay; to cut, use slice.",
  });
}

type AxisAttrs = { readonly axis: number };
type AxisOption = { readonly axis?: number };

/** Indices are int32, so that none is rounded. */
export function checkIndexDType(where: string, index: Spec): void {
  if (index.dtype === "int32") return;
  throw new DTypeError({
    where,
    expected: "an index of dtype int32",
    got: index.dtype,
    fix: 'Make it with { dtype: "int32" } or cast(index, "int32").',
  });
}

/** An index beside the elements: x's rank, and no larger but on the axis. */
export function checkIndexTensor(where: string, x: Spec, index: Spec, axis: number): void {
  checkIndexDType(where, index);
  const fits =
    index.shape.length === x.shape.length &&
    index.shape.every((dim, d) => d === axis || dim <= x.shape[d]);
  if (fits) return;
  throw new ShapeError({
    where,
    expected: `an index of rank ${x.shape.length}, no larger than ${showShape(x.shape)} but on axis ${axis}`,
    got: showShape(index.shape),
    fix: "Give the index as many axes as the tensor: unsqueeze and expand it.",
  });
}

/**
 * Picks by an integer tensor along an axis, as PyTorch's gather: for axis 0 of a matrix,
 * out[i, j] = x[index[i, j], j]. The result has the index's shape.
 * @throws IndexRangeError for indices outside of 0 … size − 1.
 * @example gather(logits, unsqueeze(labels, 1), { axis: 1 })
 */
export const gather: OpOf<GatherFn, AxisAttrs> = defineOp<GatherFn, AxisAttrs>(
  {
    name: "gather",
    arity: 2,
    broadcasts: false,
    shape: ([x, index], { axis }) => {
      checkIndexTensor("gather", x, index, axis);
      return [{ shape: index.shape, dtype: x.dtype }];
    },
    body: (k, [x, index], { axis }) => [k.gather(x, index, axis)],
    vjp: [(g, saved) => scatterAdd(zerosLike(saved.spec(0)), saved.b, g, saved.attrs), null],
    jvp: ([t], { b, attrs }) => [t && gather(t, b, attrs)],
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const { shape, axis, index } = drawIndex(draw);
      return { inputs: [reals(draw, shape), index], attrs: { axis } };
    },
    reference: ([x, index], { axis }) =>
      NDArray.build(index.shape, (at) => x.at(at.with(axis, index.at(at)))),
  },
  (apply) => (x: Tensor, index: Tensor, options: AxisOption) =>
    apply([x, index], { axis: requireAxis("gather", x, options) }),
);

/** The option axis of ops that have no default for it, counted from the front. */
export function requireAxis(
  where: string,
  x: Tensor,
  options: AxisOption,
  known = ["axis"],
): number {
  requireTensor(where, x);
  checkOptions(where, options ?? {}, known);
  if (options?.axis !== undefined) return normalizeAxis(where, options.axis, x.rank);
  throw new AxisError({
    where,
    expected: "an option axis",
    got: "none",
    fix: "Write { axis: 0 } for the first axis.",
  });
}

/** A tensor's shape, an axis, and an index (some of it repeated) that fits them. */
export function drawIndex(draw: Draw) {
  const shape = drawShape(draw, { minRank: 1, minDim: 1 });
  const axis = drawAxis(draw, shape.length);
  const indexShape = shape.map((dim, d) => (d === axis ? draw.int(0, 4) : draw.int(0, dim)));
  return { shape, axis, index: integers(draw, indexShape, 0, shape[axis] - 1) };
}

/**
 * x with the source's elements added at an integer tensor's places along an axis: for axis 0 of a
 * matrix, out[index[i, j], j] += source[i, j]. Repeated indices add up, in a fixed order.
 * @throws IndexRangeError for indices outside of 0 … size − 1.
 */
export const scatterAdd: OpOf<ScatterAddFn, AxisAttrs> = defineOp<ScatterAddFn, AxisAttrs>(
  {
    name: "scatterAdd",
    arity: 3,
    broadcasts: false,
    shape: ([x, index, source], { axis }) => {
      checkIndexTensor("scatterAdd", x, index, axis);
      checkOperands("scatterAdd", [x, source], "number");
      if (!sameShape(index.shape, source.shape)) {
        throw new ShapeError({
          where: "scatterAdd",
          expected: `a source of the index's shape ${showShape(index.shape)}`,
          got: showShape(source.shape),
          fix: "Slice or expand one of them.",
        });
      }
      return [x];
    },
    body: (k, [x, index, source], { axis }) => [k.scatterAdd(x, index, source, axis)],
    vjp: [(g) => g, null, (g, { b, attrs }) => gather(g, b, attrs)],
    jvp: ([tx, , ts], saved) => [
      ts ? scatterAdd(tx ?? zerosLike(saved.spec(0)), saved.b, ts, saved.attrs) : tx,
    ],
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const { shape, axis, index } = drawIndex(draw);
      return { inputs: [reals(draw, shape), index, reals(draw, index.shape)], attrs: { axis } };
    },
    reference: ([x, index, source], { axis }) =>
      NDArray.build(x.shape, (at) =>
        Array.from({ length: index.shape[axis] }, (_, i) => at.with(axis, i))
          .filter((from) => from.every((i, d) => i < index.shape[d]) && index.at(from) === at[axis])
          .reduce((total, from) => total + source.at(from), x.at(at)),
      ),
  },
  (apply) => (x: Tensor, index: Tensor, source: Tensor, options: AxisOption) =>
    apply([x, index, source], { axis: requireAxis("scatterAdd", x, options) }),
);
