// Functions over slices, concatenations and expansions: no op of their own, so that their derivatives,
// batching and compiled form are those of what they are made of.
import { bind } from "../op/bind.ts";
import { requireTensor } from "../op/operands.ts";
import type {
  BroadcastToFn,
  ChunkFn,
  FlipFn,
  MeshgridFn,
  MoveaxisFn,
  RepeatFn,
  RollFn,
  SplitFn,
  SwapaxesFn,
  TileFn,
} from "../tensor/signatures-move.ts";
import { wrap } from "../tensor/create.ts";
import { describe } from "../tensor/dtype.ts";
import { AxisError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import {
  broadcastShapes,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  showShape,
} from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { brief, counted } from "../tensor/words.ts";
import { slice, sliceAxis } from "./indexing.ts";
import { concat } from "./join.ts";
import { expand, permute, reshape } from "./move.ts";
import { take } from "./take.ts";

type AxesOption = { readonly axis?: number | readonly number[] };
type AxisOption = { readonly axis?: number };

/**
 * The elements in reverse order along axes: one, several, or all by default. Made of `slice`.
 * @throws AxisError for an axis that x does not have.
 * @example flip(tensor([[1, 2], [3, 4]]), { axis: 1 }); // [[2, 1], [4, 3]]
 */
export const flip = ((x: Tensor, options: AxesOption = {}): Tensor => {
  requireTensor("flip", x);
  checkOptions("flip", options, ["axis"]);
  const axes = normalizeAxes("flip", options.axis, x.rank);
  return slice(
    x,
    x.shape.map((_: number, d: number) => (axes.includes(d) ? [null, null, -1] : null)),
  );
}) as FlipFn;

/** A list of whole numbers, from one or several. */
function integersOf(where: string, name: string, value: unknown, least: number): number[] {
  const list = (Array.isArray(value) ? value : [value]) as number[];
  if (list.every((n) => Number.isInteger(n) && n >= least)) return list;
  throw new OptionError({
    where,
    expected: `${name}: an integer${least > -Infinity ? ` >= ${least}` : ""}, or an array of them`,
    got: brief(value),
    fix: "Write e.g. 2, or [2, 1].",
  });
}

/**
 * The elements moved along axes by so many places; those pushed over the end come back at the front.
 * Without an axis they move in row-major order. Made of `slice` and `concat`.
 * @param shift One number, or one for each of the axes; negative ones move to the front.
 * @throws OptionError where there are not as many shifts as axes.
 * @example roll(tensor([1, 2, 3]), 1); // [3, 1, 2]
 */
export const roll = ((
  x: Tensor,
  shift: number | readonly number[],
  options: AxesOption = {},
): Tensor => {
  requireTensor("roll", x);
  checkOptions("roll", options, ["axis"]);
  const shifts = integersOf("roll", "shift", shift, -Infinity);
  const { axis } = options;
  if (axis === undefined) {
    const total = shifts.reduce((sum, n) => sum + n, 0);
    return reshape(rollAxis(reshape(x, [x.size]), total, 0), x.shape);
  }
  // As in NumPy and PyTorch, an axis may be named twice.
  const axes = (Array.isArray(axis) ? axis : [axis]).map((a: number) =>
    normalizeAxis("roll", a, x.rank),
  );
  if (shifts.length !== axes.length) {
    throw new OptionError({
      where: "roll",
      expected: `a shift for each of ${counted(axes.length, "axis", "axes")}`,
      got: brief(shift),
      fix: "Give as many of the one as of the other.",
    });
  }
  return axes.reduce((y, a, i) => rollAxis(y, shifts[i], a), x);
}) as RollFn;

function rollAxis(x: Tensor, shift: number, axis: number): Tensor {
  const size = x.shape[axis];
  const places = size === 0 ? 0 : ((shift % size) + size) % size;
  if (places === 0) return x;
  const [head, tail] = [
    sliceAxis(x, axis, 0, size - places),
    sliceAxis(x, axis, size - places, size),
  ];
  return concat([tail, head], { axis });
}

/**
 * The whole tensor several times along its axes, as NumPy's and PyTorch's tile: one number of times
 * for each of the last axes; more numbers than axes make new ones in front. Made of `expand` and
 * `reshape`. (PyTorch's `repeat` is this; `repeat` here is NumPy's, which repeats each element.)
 * @throws OptionError for what are no integers >= 0.
 * @example tile(tensor([1, 2]), 2); // [1, 2, 1, 2]
 */
export const tile = ((x: Tensor, repeats: number | readonly number[]): Tensor => {
  requireTensor("tile", x);
  const counts = integersOf("tile", "repeats", repeats, 0);
  const rank = Math.max(x.rank, counts.length);
  const shape = [...Array<number>(rank - x.rank).fill(1), ...x.shape];
  const times = [...Array<number>(rank - counts.length).fill(1), ...counts];
  const [apart, repeated] = [shape.flatMap((n) => [1, n]), shape.flatMap((n, d) => [times[d], n])];
  return reshape(
    expand(reshape(x, apart), repeated),
    shape.map((n, d) => n * times[d]),
  );
}) as TileFn;

/**
 * Each element several times, one after the other, along an axis, as NumPy's and JAX's repeat and
 * PyTorch's repeatInterleave. Without an axis the elements are taken in row-major order. Made of
 * `expand` and `reshape`; of `take`, if there is a number of times for each element.
 * @param repeats How often: one number (in an array or not), or one for each element along the axis.
 * @throws OptionError where there are not as many numbers as elements.
 * @example repeat(tensor([1, 2]), 2); // [1, 1, 2, 2]
 * @example repeat(tensor([[1], [2]]), [1, 2], { axis: 0 }); // [[1], [2], [2]]
 */
export const repeat = ((
  x: Tensor,
  repeats: number | readonly number[],
  options: AxisOption = {},
): Tensor => {
  requireTensor("repeat", x);
  checkOptions("repeat", options, ["axis"]);
  if (options.axis === undefined) return repeatAlong(reshape(x, [x.size]), repeats, 0);
  return repeatAlong(x, repeats, normalizeAxis("repeat", options.axis, x.rank));
}) as unknown as RepeatFn;

function repeatAlong(x: Tensor, repeats: number | readonly number[], axis: number): Tensor {
  const counts = integersOf("repeat", "repeats", repeats, 0);
  const size = x.shape[axis];
  if (counts.length === 1) {
    const apart = x.shape.toSpliced(axis + 1, 0, 1);
    return reshape(
      expand(reshape(x, apart), apart.with(axis + 1, counts[0])),
      x.shape.with(axis, size * counts[0]),
    );
  }
  if (counts.length !== size) {
    throw new OptionError({
      where: "repeat",
      expected: `a number, or one for each of ${counted(size, "element")} along axis ${axis}`,
      got: brief(repeats),
      fix: "Give one number for all of them.",
    });
  }
  const places = counts.flatMap((count, i) => Array<number>(count).fill(i));
  const index = wrap("repeat", Int32Array.from(places), [places.length], "int32");
  return take(x, index, { axis });
}

/**
 * Parts of a tensor along an axis (default 0), without copying: of a size each, the last of what is
 * left, or of the sizes given. Made of `slice`.
 * @throws OptionError for sizes that are no integers > 0 or do not add up to the axis.
 * @example const [q, k, v] = split(zeros([2, 12]), 4, { axis: 1 }); // three of [2, 4]
 * @example split(zeros([5]), [2, 3]); // [2] and [3]
 */
export const split = ((
  x: Tensor,
  size: number | readonly number[],
  options: AxisOption = {},
): Tensor[] => {
  requireTensor("split", x);
  checkOptions("split", options, ["axis"]);
  const axis = normalizeAxis("split", options.axis === undefined ? 0 : options.axis, x.rank);
  const total = x.shape[axis];
  if (typeof size === "number") {
    const [each] = integersOf("split", "size", size, 1);
    return parts(x, evenly(total, each), axis);
  }
  const sizes = integersOf("split", "size", size, 0);
  if (sizes.reduce((sum, n) => sum + n, 0) === total) return parts(x, sizes, axis);
  throw new OptionError({
    where: "split",
    expected: `sizes that add up to ${total}, the size of axis ${axis} of ${showShape(x.shape)}`,
    got: brief(size),
    fix: "Give one number for parts of one size.",
  });
}) as unknown as SplitFn;

/**
 * A tensor in so many parts along an axis (default 0), of ⌈size / chunks⌉ each, the last of what is
 * left; there may be fewer than asked for. (Of an empty axis there are as many empty parts, so that an empty
 * batch can be taken apart like any other.) Made of `slice`.
 * @throws OptionError for a number of chunks that is no integer > 0.
 * @example chunk(zeros([5]), 2); // [3] and [2]
 */
export const chunk = ((x: Tensor, chunks: number, options: AxisOption = {}): Tensor[] => {
  requireTensor("chunk", x);
  checkOptions("chunk", options, ["axis"]);
  const axis = normalizeAxis("chunk", options.axis === undefined ? 0 : options.axis, x.rank);
  if (Number.isInteger(chunks) && chunks >= 1) {
    const total = x.shape[axis];
    const sizes =
      total === 0 ? Array<number>(chunks).fill(0) : evenly(total, Math.ceil(total / chunks));
    return parts(x, sizes, axis);
  }
  throw new OptionError({
    where: "chunk",
    expected: "a number of chunks: an integer >= 1",
    got: brief(chunks),
    fix: "To give the sizes, use split.",
  });
}) as unknown as ChunkFn;

/** The sizes of the parts; of nothing there is one part, as in PyTorch. */
const evenly = (total: number, each: number): number[] =>
  Array.from({ length: Math.max(1, Math.ceil(total / each)) }, (_, i) =>
    Math.min(each, total - i * each),
  );

function parts(x: Tensor, sizes: readonly number[], axis: number): Tensor[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return sliceAxis(x, axis, start - size, start);
  });
}

/** Swaps two axes, as NumPy's swapaxes; `transpose` without defaults. Made of `permute`.
 *  @example swapaxes(zeros([2, 3, 4]), 0, 2); // shape [4, 3, 2] */
export const swapaxes = ((x: Tensor, axis0: number, axis1: number): Tensor => {
  requireTensor("swapaxes", x);
  const first = normalizeAxis("swapaxes", axis0, x.rank);
  const second = normalizeAxis("swapaxes", axis1, x.rank);
  const axes = [...x.shape.keys()];
  [axes[first], axes[second]] = [second, first];
  return permute(x, axes);
}) as unknown as SwapaxesFn;

/**
 * Axes moved to other places; the others keep their order. Made of `permute`.
 * @param source One axis or several. @param destination Where each goes.
 * @throws AxisError for axes out of range or named twice; ShapeError for lists of different lengths.
 * @example moveaxis(zeros([2, 3, 4]), 0, -1); // shape [3, 4, 2]
 */
export const moveaxis = ((
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor => {
  requireTensor("moveaxis", x);
  const [from, to] = [source, destination].map((list) => distinctAxes(list, x.rank));
  if (from.length !== to.length) {
    throw new ShapeError({
      where: "moveaxis",
      expected: "as many destinations as sources",
      got: `${brief(source)} and ${brief(destination)}`,
      fix: "Name the new place of each axis.",
    });
  }
  const rest = [...x.shape.keys()].filter((axis) => !from.includes(axis));
  const axes = x.shape.map((_: number, d: number) => {
    const moved = to.indexOf(d);
    return moved < 0 ? rest.shift()! : from[moved];
  });
  return permute(x, axes);
}) as unknown as MoveaxisFn;

function distinctAxes(list: number | readonly number[], rank: number): number[] {
  const axes = (Array.isArray(list) ? list : [list]).map((axis: number) =>
    normalizeAxis("moveaxis", axis, rank),
  );
  if (new Set(axes).size === axes.length) return axes;
  throw new AxisError({
    where: "moveaxis",
    expected: "distinct axes",
    got: brief(list),
    fix: "Name each axis once.",
  });
}

/**
 * The tensor under a shape that it broadcasts to, without copying, as NumPy's broadcastTo. Made of
 * `expand`, which also takes -1 for sizes that stay.
 * @throws ShapeError where x does not broadcast to the shape.
 * @example broadcastTo(tensor([1, 2]), [3, 2]); // [[1, 2], [1, 2], [1, 2]]
 */
export const broadcastTo = ((x: Tensor, shape: readonly number[]): Tensor => {
  requireTensor("broadcastTo", x);
  checkShape("broadcastTo", shape);
  if (sameShape(broadcastShapes("broadcastTo", [x.shape, shape]), shape)) {
    return bind(expand.op, [x], { shape })[0];
  }
  throw new ShapeError({
    where: "broadcastTo",
    expected: `a shape that ${showShape(x.shape)} broadcasts to`,
    got: showShape(shape),
    fix: "Only axes of size 1 are repeated, and new axes come in front.",
  });
}) as unknown as BroadcastToFn;

/**
 * The coordinates of a grid: for vectors of n, m, … elements as many tensors of shape [n, m, …], each
 * with one vector's elements along its axis, without copying. With `indexing: "xy"` the first two
 * axes are swapped, as for points in a plane. The default is "ij", as in PyTorch; NumPy's is "xy".
 * Made of `reshape` and `expand`.
 * @throws ShapeError for tensors of more than one axis; OptionError for another indexing.
 * @example const [i, j] = meshgrid([arange(2), arange(3)]); // i and j of shape [2, 3]
 */
export const meshgrid = ((
  vectors: readonly Tensor[],
  options: { readonly indexing?: "ij" | "xy" } = {},
): Tensor[] => {
  checkOptions("meshgrid", options, ["indexing"]);
  const { indexing = "ij" } = options;
  if (indexing !== "ij" && indexing !== "xy") {
    throw new OptionError({
      where: "meshgrid",
      expected: 'indexing: "ij" or "xy"',
      got: JSON.stringify(indexing) ?? describe(indexing),
      fix: 'With "ij" the axes are in the order of the vectors.',
    });
  }
  const isList = Array.isArray(vectors) && vectors.length > 0;
  const odd: unknown = isList ? vectors.find((x) => !(x instanceof Tensor) || x.rank > 1) : vectors;
  if (!isList || odd !== undefined) {
    throw new ShapeError({
      where: "meshgrid",
      expected: "an array of tensors of one axis",
      got: odd instanceof Tensor ? `shape ${showShape(odd.shape)}` : describe(odd),
      fix: "Write meshgrid([x, y]).",
    });
  }
  const places = [...vectors.keys()];
  if (indexing === "xy" && places.length > 1) [places[0], places[1]] = [1, 0];
  const shape = places.map((i) => vectors[i].size);
  return vectors.map((x, i) => {
    const axis = places.indexOf(i);
    const along = shape.map((n, d) => (d === axis ? n : 1));
    return expand(reshape(x, along), shape);
  });
}) as unknown as MeshgridFn;
