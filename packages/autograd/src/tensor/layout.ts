// What a tensor's elements are and how they lie in its storage. Layouts are interned: equal layouts are one object,
// so that an op call finds its plan by a number instead of comparing shapes.
import type { DType } from "./dtype.ts";
import { contiguousStrides, sizeOf, type Shape } from "./shape.ts";

export interface Layout {
  /** Distinct for distinct layouts. */
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  /** In elements; 0 for a broadcast axis, negative for a flipped one. */
  readonly strides: readonly number[];
  readonly size: number;
  readonly isContiguous: boolean;
}

const limit = 1 << 14;
let nextId = 0;
let interned = new Map<string, Layout>();

export function layoutOf(dtype: DType, shape: Shape, strides: readonly number[]): Layout {
  const key = `${dtype};${shape.join()};${strides.join()}`;
  const known = interned.get(key);
  if (known) return known;
  // Programs with ever new shapes must not grow the table without end. A forgotten layout is made
  // again under a new id: its plans are built again, nothing else changes.
  if (interned.size >= limit) interned = new Map();
  nextId += 1;
  const layout: Layout = {
    id: nextId,
    dtype,
    shape: Object.freeze([...shape]),
    strides: Object.freeze([...strides]),
    size: sizeOf(shape),
    isContiguous: isRowMajor(shape, strides),
  };
  interned.set(key, layout);
  return layout;
}

export const contiguousLayout = (dtype: DType, shape: Shape): Layout =>
  layoutOf(dtype, shape, contiguousStrides(shape));

/** Whether several elements are one in memory, as in a broadcast. */
export const hasRepeats = ({ shape, strides, size }: Layout): boolean =>
  size > 1 && strides.some((stride, axis) => stride === 0 && shape[axis] > 1);

/** Strides of axes of size 1 are never used, so they do not count. */
function isRowMajor(shape: Shape, strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}
