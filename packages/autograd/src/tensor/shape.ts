// Pure functions of shapes: sizes, strides, axes, broadcasting.
import { AxisError, ShapeError } from "./errors.ts";
import { brief, counted } from "./words.ts";

export type Shape = readonly number[];

/** A shape and a dtype: all that is known of a tensor without its values. */
export interface Spec<D = string> {
  readonly shape: Shape;
  readonly dtype: D;
}

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

export function checkShape(where: string, shape: unknown): Shape {
  const valid = Array.isArray(shape) && shape.every((d) => Number.isInteger(d) && d >= 0);
  if (valid) return shape as number[];
  throw new ShapeError({
    where,
    expected: "a shape: an array of integers >= 0",
    got: brief(shape),
    fix: "Write e.g. [2, 3], or [] for a scalar.",
  });
}

/** The axis counted from the front; negative axes count from the back. */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new AxisError({
    where,
    expected: rank === 0 ? "no axis for a 0-d tensor" : `an axis from ${-rank} to ${rank - 1}`,
    got: typeof axis === "number" ? `axis ${axis}` : brief(axis),
    fix: "Axes count from 0 at the front and from -1 at the back.",
  });
}

/** Sorted distinct axes from the front; undefined means all of them. */
export function normalizeAxes(
  where: string,
  axis: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (!Array.isArray(axis)) return [normalizeAxis(where, axis as number, rank)];
  const axes = axis.map((a) => normalizeAxis(where, a, rank)).toSorted((a, b) => a - b);
  const twice = axes.find((a, i) => i > 0 && a === axes[i - 1]);
  if (twice === undefined) return axes;
  throw new AxisError({
    where,
    expected: "distinct axes",
    got: `axis ${twice} twice in ${showShape(axis)}`,
    fix: "Name each axis once.",
  });
}

/** The shape without the axes, or with 1 in their place. */
export function reduceShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
  return shape.filter((_, i) => !axes.includes(i));
}

/** NumPy's rule: align at the right; sizes are equal or one of them is 1. */
export function broadcastShapes(where: string, shapes: readonly Shape[]): Shape {
  let result = shapes[0];
  for (let i = 1; i < shapes.length; i++) result = broadcastPair(where, result, shapes[i]);
  return result;
}

function broadcastPair(where: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError({
        where,
        expected: "shapes that broadcast (aligned at the right, sizes equal or 1)",
        got: `${showShape(a)} and ${showShape(b)}`,
        fix: `Sizes ${x} and ${y} differ; reshape or unsqueeze one of them.`,
      });
    }
    result[i] = x === 1 ? y : x;
  }
  return result;
}

/** The shape with a size of -1 replaced by what is left of `size`. */
export function resolveShape(where: string, shape: Shape, from: Shape): number[] {
  if (!Array.isArray(shape)) return [...checkShape(where, shape)];
  const size = sizeOf(from);
  const open = shape.indexOf(-1);
  const known = sizeOf(shape.filter((dim) => dim !== -1));
  const complain = (fix: string) =>
    new ShapeError({
      where,
      expected: `a shape of ${counted(size, "element")}, as ${showShape(from)} has`,
      got: brief(shape),
      fix,
    });
  if (shape.some((dim) => !Number.isInteger(dim) || dim < -1)) {
    throw complain("Sizes are integers >= 0, or one -1 for the rest.");
  }
  if (open >= 0) {
    if (shape.indexOf(-1, open + 1) >= 0) throw complain("Only one size may be -1.");
    if (known === 0) throw complain("-1 is ambiguous beside a size of 0; write the size.");
    if (size % known !== 0) throw complain(`${size} is not divisible by ${known}.`);
    return shape.map((dim) => (dim === -1 ? size / known : dim));
  }
  if (known !== size)
    throw complain(`It has ${counted(known, "element")}; write -1 for one size to infer it.`);
  return [...shape];
}

/** The index of an element that has this number in row-major order, printed. */
export function showElement(element: number, shape: Shape): string {
  let rest = element;
  const index = shape.toReversed().map((dim) => {
    const i = rest % dim;
    rest = (rest - i) / dim;
    return i;
  });
  return showShape(index.toReversed());
}
