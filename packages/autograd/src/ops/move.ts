// Ops that move elements without changing them, and the sum, which is the transpose of a repetition.
import type { Spec } from "../kernel/kernel.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { foldAxes, NDArray } from "../op/ndarray.ts";
import type { Attrs } from "../op/attrs.ts";
import type { BatchRule } from "../op/op.ts";
import { batchUnary, linearJvp, shiftAxes } from "../op/rules.ts";
import { drawAxes, drawBroadcastable, drawShape, reals, type Draw } from "../op/samples.ts";
import type {
  ExpandFn,
  FlattenFn,
  PermuteFn,
  ReduceFn,
  ReshapeFn,
  SqueezeFn,
  TransposeFn,
  UnsqueezeFn,
} from "../tensor/signatures.ts";
import { describe } from "../tensor/dtype.ts";
import { AxisError, ShapeError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import {
  checkShape,
  normalizeAxes,
  normalizeAxis,
  reduceShape,
  resolveShape,
  sameShape,
  showShape,
  sizeOf,
  type Shape,
} from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { requireTensor } from "../op/operands.ts";

type ShapeAttrs = { readonly shape: Shape };
type AxesAttrs = { readonly axes: readonly number[] };
export type ReduceAttrs = AxesAttrs & { readonly keepDims: boolean };

const batchShape: BatchRule<ShapeAttrs> = batchUnary(({ shape }, size) => ({
  shape: [size, ...shape],
}));

/** The same elements in row-major order under another shape; one size may be -1.
 *  @throws ShapeError when the numbers of elements differ.
 *  @example reshape(arange(6), [2, -1]); // shape [2, 3] */
export const reshape: OpOf<ReshapeFn, ShapeAttrs> = defineOp<ReshapeFn, ShapeAttrs>(
  {
    name: "reshape",
    arity: 1,
    broadcasts: false,
    shape: ([x], { shape }) => [{ shape: resolveShape("reshape", shape, x.shape), dtype: x.dtype }],
    body: (k, [x], { shape }) => [k.reshape(x, shape)],
    vjp: [(g, saved) => reshapeTo(g, saved.shape(0))],
    jvp: linearJvp,
    batch: batchShape,
    samples: (draw) => {
      const shape = drawShape(draw);
      return { inputs: [reals(draw, shape)], attrs: { shape: drawReshape(draw, shape) } };
    },
    reference: ([x], { shape }) => new NDArray(shape, x.data),
  },
  (apply) => (x: Tensor, shape: Shape) => {
    requireTensor("reshape", x);
    return apply([x], { shape: resolveShape("reshape", shape, x.shape) });
  },
);

const reshapeTo = (x: Tensor, shape: Shape): Tensor => bind(reshape.op, [x], { shape })[0];

function drawReshape(draw: Draw, shape: Shape): Shape {
  const kept = shape.filter((dim) => dim !== 1);
  return draw.pick([[sizeOf(shape)], shape.toReversed(), kept, [1, ...kept]]);
}

/** The axes in another order: axis i of the result is axis `axes[i]` of x.
 *  @example permute(zeros([2, 3, 4]), [2, 0, 1]); // shape [4, 2, 3] */
export const permute: OpOf<PermuteFn, AxesAttrs> = defineOp<PermuteFn, AxesAttrs>(
  {
    name: "permute",
    arity: 1,
    broadcasts: false,
    shape: ([x], { axes }) => [{ shape: axes.map((axis) => x.shape[axis]), dtype: x.dtype }],
    body: (k, [x], { axes }) => [k.permute(x, axes)],
    vjp: [(g, { attrs }) => permuteTo(g, inverse(attrs.axes))],
    jvp: linearJvp,
    batch: batchUnary(({ axes }) => ({ axes: [0, ...axes.map((axis) => axis + 1)] })),
    samples: (draw) => {
      const shape = drawShape(draw);
      return { inputs: [reals(draw, shape)], attrs: { axes: drawPermutation(draw, shape.length) } };
    },
    reference: ([x], { axes }) =>
      NDArray.build(
        axes.map((axis) => x.shape[axis]),
        (index) => x.at(x.shape.map((_, axis) => index[axes.indexOf(axis)])),
      ),
  },
  (apply) => (x: Tensor, axes: readonly number[]) =>
    apply([x], { axes: checkPermutation(x, axes) }),
);

const permuteTo = (x: Tensor, axes: readonly number[]): Tensor =>
  bind(permute.op, [x], { axes })[0];

const inverse = (axes: readonly number[]): number[] => axes.map((_, i) => axes.indexOf(i));

function checkPermutation(x: Tensor, axes: readonly number[]): number[] {
  requireTensor("permute", x);
  if (!Array.isArray(axes)) {
    throw new AxisError({
      where: "permute",
      expected: "an array of axes",
      got: describe(axes),
      fix: "Write e.g. permute(x, [1, 0]).",
    });
  }
  const normalized = axes.map((axis) => normalizeAxis("permute", axis, x.rank));
  if (axes.length === x.rank && new Set(normalized).size === x.rank) return normalized;
  throw new ShapeError({
    where: "permute",
    expected: `each axis of ${showShape(x.shape)} once`,
    got: showShape(axes),
    fix: "To swap two axes, use transpose(x, axis0, axis1).",
  });
}

function drawPermutation(draw: Draw, rank: number): number[] {
  const rest = Array.from({ length: rank }, (_, i) => i);
  return Array.from({ length: rank }, () => rest.splice(draw.int(0, rest.length - 1), 1)[0]);
}

/** Swaps two axes, the last two by default. @example transpose(zeros([2, 3])); // shape [3, 2] */
export const transpose = ((x: Tensor, axis0: number = -2, axis1: number = -1): Tensor => {
  requireTensor("transpose", x);
  if (x.rank < 2 && axis0 === -2 && axis1 === -1) {
    throw new ShapeError({
      where: "transpose",
      expected: "a tensor of at least two axes",
      got: `shape ${showShape(x.shape)}`,
      fix: "Add one first: unsqueeze(x, 0).",
    });
  }
  const first = normalizeAxis("transpose", axis0, x.rank);
  const second = normalizeAxis("transpose", axis1, x.rank);
  const axes = Array.from({ length: x.rank }, (_, i) => i);
  [axes[first], axes[second]] = [second, first];
  return permuteTo(x, axes);
}) as unknown as TransposeFn;

/** Repeats axes of size 1, and the whole along new axes in front, without copying. A size of -1
 *  keeps what is there. @throws ShapeError where x does not broadcast to the shape.
 *  @example expand(tensor([[1], [2]]), [2, 3]); // [[1, 1, 1], [2, 2, 2]] */
export const expand: OpOf<ExpandFn, ShapeAttrs> = defineOp<ExpandFn, ShapeAttrs>(
  {
    name: "expand",
    arity: 1,
    broadcasts: false,
    shape: ([x], { shape }) => [{ shape: checkExpand(x.shape, shape), dtype: x.dtype }],
    body: (k, [x], { shape }) => [k.expand(x, shape)],
    vjp: [(g, saved) => sumTo(g, saved.shape(0))],
    jvp: linearJvp,
    // The batch must stay in front: missing axes of x are put behind it.
    batch: ({ op, inputs: [x], attrs: { shape }, size }) => {
      const missing = Array<number>(shape.length + 1 - x.rank).fill(1);
      return bind(op, [reshapeTo(x, [size, ...missing, ...x.shape.slice(1)])], {
        shape: [size, ...shape],
      });
    },
    samples: (draw) => {
      const shape = drawShape(draw);
      return { inputs: [reals(draw, drawBroadcastable(draw, shape))], attrs: { shape } };
    },
    reference: ([x], { shape }) => NDArray.build(shape, (index) => x.at(index)),
  },
  (apply) => (x: Tensor, shape: Shape) => {
    requireTensor("expand", x);
    return apply([x], { shape: keepSizes(x.shape, shape) });
  },
);

const keepSizes = (from: Shape, shape: Shape): Shape =>
  !Array.isArray(shape)
    ? checkShape("expand", shape)
    : shape.map((dim, d) => (dim === -1 ? (from[d - shape.length + from.length] ?? -1) : dim));

function checkExpand(from: Shape, to: Shape): Shape {
  const lead = to.length - from.length;
  const valid = to.every((dim) => Number.isInteger(dim) && dim >= 0);
  if (valid && lead >= 0 && from.every((dim, i) => dim === 1 || dim === to[i + lead])) return to;
  throw new ShapeError({
    where: "expand",
    expected: `a shape that ${showShape(from)} broadcasts to`,
    got: brief(to),
    fix: "Only axes of size 1 are repeated, and new axes come in front.",
  });
}

/** Sums over the axes along which a shape was broadcast: what the gradient of an expansion does. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < g.rank; i++) {
    if (i < lead || (shape[i - lead] === 1 && g.shape[i] !== 1)) axes.push(i);
  }
  const summed = bind(sum.op, [g], { axes, keepDims: false })[0];
  return sameShape(summed.shape, shape) ? summed : reshapeTo(summed, shape);
}

/** The shape rule of a reduction. */
export const reducedSpec = ({ shape, dtype }: Spec, { axes, keepDims }: ReduceAttrs): Spec => ({
  shape: reduceShape(shape, axes, keepDims),
  dtype,
});

/** The options of a reduction as attributes; `more` are those that the caller reads itself. */
export function reduceAttrs(
  where: string,
  x: Tensor,
  options: object = {},
  more: readonly string[] = [],
): ReduceAttrs {
  requireTensor(where, x);
  checkOptions(where, options, ["axis", "keepDims", ...more]);
  const { axis, keepDims = false } = options as {
    readonly axis?: number | readonly number[];
    readonly keepDims?: boolean;
  };
  checkBoolean(where, "keepDims", keepDims);
  return { axes: normalizeAxes(where, axis, x.rank), keepDims };
}

/** Options for samples: some of the axes, kept or not. */
export const drawReduceAttrs = (draw: Draw, rank: number): ReduceAttrs => ({
  axes: drawAxes(draw, rank),
  keepDims: draw.pick([false, true]),
});

/** A reduced tensor with its reduced axes back as axes of size 1, so that it broadcasts. */
export function keepReduced(y: Tensor, shape: Shape, { axes, keepDims }: ReduceAttrs): Tensor {
  return keepDims ? y : reshapeTo(y, reduceShape(shape, axes, true));
}

/** A reduced tensor repeated over what was reduced. */
export const expandReduced = (y: Tensor, shape: Shape, attrs: ReduceAttrs): Tensor =>
  bind(expand.op, [keepReduced(y, shape, attrs)], { shape })[0];

/** The sum over axes (all by default); 0 for none. Booleans are counted, as int32.
 *  @example sum(x, { axis: -1, keepDims: true }) */
export const sum: OpOf<ReduceFn<"sum">, ReduceAttrs> = defineOp<ReduceFn<"sum">, ReduceAttrs>(
  {
    name: "sum",
    arity: 1,
    broadcasts: false,
    shape: ([x], attrs) => [
      { ...reducedSpec(x, attrs), dtype: x.dtype === "bool" ? "int32" : x.dtype },
    ],
    body: (k, [x], { axes, keepDims }) => [
      k.reduce("sum", x.dtype === "bool" ? k.cast(x, "int32") : x, axes, keepDims),
    ],
    vjp: [(g, saved) => expandReduced(g, saved.shape(0), saved.attrs)],
    jvp: linearJvp,
    batch: batchUnary(shiftAxes),
    samples: (draw) => {
      const shape = drawShape(draw);
      return { inputs: [reals(draw, shape)], attrs: drawReduceAttrs(draw, shape.length) };
    },
    reference: ([x], { axes, keepDims }) =>
      foldAxes(x, axes, keepDims, (values) => values.reduce((a, b) => a + b, 0)),
  },
  (apply) => (x: Tensor, options?: object) => apply([x], reduceAttrs("sum", x, options)),
);

/** The batching of an op that needs the batch on all of its inputs: the others are repeated. */
export const batchAll =
  <A extends Attrs>(shift: (attrs: A, size: number) => A): BatchRule<A> =>
  ({ op, inputs, batched, attrs, size }) =>
    bind(
      op,
      inputs.map((x, i) => (batched[i] ? x : expand(x, [size, ...x.shape]))),
      shift(attrs, size),
    );

type AxesOption = { readonly axis?: number | readonly number[] };

/** Drops axes of size 1: the given ones, or all there are.
 *  @throws ShapeError for an axis of another size.
 *  @example squeeze(zeros([1, 3, 1])); // shape [3] */
export const squeeze: OpOf<SqueezeFn, AxesAttrs> = defineOp<SqueezeFn, AxesAttrs>(
  {
    name: "squeeze",
    arity: 1,
    broadcasts: false,
    shape: ([x], { axes }) => [{ shape: reduceShape(x.shape, axes, false), dtype: x.dtype }],
    body: (k, [x], { axes }) => [k.reshape(x, reduceShape(x.shape, axes, false))],
    vjp: [(g, saved) => reshapeTo(g, saved.shape(0))],
    jvp: linearJvp,
    batch: batchUnary(shiftAxes),
    samples: (draw) => {
      const shape = drawShape(draw);
      const axes = shape.flatMap((dim, i) => (dim === 1 && draw.int(0, 1) === 0 ? [i] : []));
      return { inputs: [reals(draw, shape)], attrs: { axes } };
    },
    reference: ([x], { axes }) =>
      new NDArray(
        x.shape.filter((_, i) => !axes.includes(i)),
        x.data,
      ),
  },
  (apply) =>
    (x: Tensor, options: AxesOption = {}) => {
      requireTensor("squeeze", x);
      checkOptions("squeeze", options, ["axis"]);
      const ones = x.shape.flatMap((dim: number, i: number) => (dim === 1 ? [i] : []));
      const axes =
        options.axis === undefined ? ones : normalizeAxes("squeeze", options.axis, x.rank);
      const wrong = axes.find((axis: number) => x.shape[axis] !== 1);
      if (wrong === undefined) return apply([x], { axes });
      throw new ShapeError({
        where: "squeeze",
        expected: "axes of size 1",
        got: `axis ${wrong} of size ${x.shape[wrong]} in ${showShape(x.shape)}`,
        fix: "Leave it out, or reduce it first.",
      });
    },
);

/** A new axis of size 1 before the given one; -1 puts it at the end.
 *  @example unsqueeze(zeros([3]), 0); // shape [1, 3] */
export const unsqueeze: OpOf<UnsqueezeFn, { readonly axis: number }> = defineOp<
  UnsqueezeFn,
  { readonly axis: number }
>(
  {
    name: "unsqueeze",
    arity: 1,
    broadcasts: false,
    shape: ([x], { axis }) => [{ shape: x.shape.toSpliced(axis, 0, 1), dtype: x.dtype }],
    body: (k, [x], { axis }) => [k.reshape(x, x.shape.toSpliced(axis, 0, 1))],
    vjp: [(g, saved) => reshapeTo(g, saved.shape(0))],
    jvp: linearJvp,
    batch: batchUnary(({ axis }) => ({ axis: axis + 1 })),
    samples: (draw) => {
      const shape = drawShape(draw);
      return { inputs: [reals(draw, shape)], attrs: { axis: draw.int(0, shape.length) } };
    },
    reference: ([x], { axis }) =>
      new NDArray([...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)], x.data),
  },
  (apply) => (x: Tensor, axis: number) => {
    requireTensor("unsqueeze", x);
    return apply([x], { axis: normalizeAxis("unsqueeze", axis, x.rank + 1) });
  },
);

/** All axes but the first as one. @example flatten(zeros([64, 28, 28])); // shape [64, 784] */
export const flatten = ((x: Tensor) => {
  requireTensor("flatten", x);
  const { shape } = x;
  if (shape.length === 0) {
    throw new ShapeError({
      where: "flatten",
      expected: "a tensor of at least one axis",
      got: "shape []",
      fix: "Add one first: unsqueeze(x, 0).",
    });
  }
  return reshapeTo(x, [shape[0], sizeOf(shape.slice(1))]);
}) as FlattenFn;
