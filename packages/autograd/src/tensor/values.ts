// Moving elements between strided storage, flat arrays and nested arrays.
import { allocate, checkNumber, type DType, type TypedArray } from "./dtype.ts";
import { ValueError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import type { Shape } from "./shape.ts";
import { brief, counted } from "./words.ts";

/** Numbers (booleans for dtype bool) nested as deep as the tensor has axes. */
export type NestedArray = number | boolean | NestedArray[];

/** What `tensor()` takes: numbers, booleans, or arrays of them nested to any depth. */
export type NestedInput = number | boolean | readonly NestedInput[];

/** The elements in row-major order, in a new array. */
export function copyElements(data: TypedArray, layout: Layout, offset: number): TypedArray {
  if (layout.isContiguous) return data.slice(offset, offset + layout.size);
  const result = allocate(layout.dtype, layout.size);
  forEachOffset(layout, offset, (at, i) => {
    result[i] = data[at];
  });
  return result;
}

/** Visits the storage offsets of the elements in row-major order. */
export function forEachOffset(
  layout: Pick<Layout, "shape" | "strides" | "size">,
  offset: number,
  visit: (offset: number, i: number) => void,
): void {
  const { shape, strides, size } = layout;
  const rank = shape.length;
  const index = new Array<number>(rank).fill(0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    visit(at, i);
    for (let axis = rank - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

export function nested(data: TypedArray, shape: Shape, dtype: DType): NestedArray {
  let next = 0;
  const build = (axis: number): NestedArray => {
    if (axis === shape.length) return dtype === "bool" ? data[next++] !== 0 : data[next++];
    return Array.from({ length: shape[axis] }, () => build(axis + 1));
  };
  return build(0);
}

/** The shape of nested arrays, read off their first entries; `flatten` checks the others. */
export function shapeOfNested(values: NestedInput): number[] {
  const shape: number[] = [];
  for (let level: NestedInput = values; Array.isArray(level); level = level[0] as NestedInput) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

/** Row-major elements of nested arrays, checked against the shape and the dtype. */
export function flatten(
  where: string,
  values: NestedInput,
  shape: Shape,
  dtype: DType,
  into: TypedArray,
): void {
  let next = 0;
  const walk = (value: NestedInput, axis: number, path: string): void => {
    if (axis === shape.length) {
      if (Array.isArray(value))
        throw ragged(
          where,
          path,
          `an array of ${counted(value.length, "entry", "entries")}`,
          "a number",
        );
      into[next++] = checkNumber(`${where}${path}`, value, dtype);
      return;
    }
    const expected = counted(shape[axis], "entry", "entries");
    if (!Array.isArray(value)) throw ragged(where, path, brief(value), expected);
    if (value.length !== shape[axis]) {
      throw ragged(where, path, counted(value.length, "entry", "entries"), expected);
    }
    for (let i = 0; i < value.length; i++) walk(value[i], axis + 1, `${path}[${i}]`);
  };
  walk(values, 0, "");
}

const ragged = (where: string, path: string, got: string, expected: string) =>
  new ValueError({
    where: `${where}${path && `: at ${path}`}`,
    expected: `${expected}, as its neighbours have`,
    got,
    fix: "Nested arrays must be rectangular; pad the short ones.",
  });
