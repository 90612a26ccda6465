// What a view does to a layout. Both executors share it: a view must alias its input's storage.
import { layoutOf, type Layout } from "../tensor/layout.ts";
import type { Shape } from "../tensor/shape.ts";
import type { ViewKernel } from "./kernel.ts";

export interface ViewLayout {
  readonly layout: Layout;
  /** How far the first element moves. */
  readonly offset: number;
}

export function viewLayout(
  from: Layout,
  kernel: Omit<ViewKernel, "kind">,
  shape: Shape,
): ViewLayout {
  const { axes, steps, starts } = kernel;
  const strides = axes.map((axis, d) => (axis < 0 ? 0 : steps[d] * from.strides[axis]));
  const offset = starts.reduce((sum, start, axis) => sum + start * from.strides[axis], 0);
  return { layout: layoutOf(from.dtype, shape, strides), offset: from.size === 0 ? 0 : offset };
}

/** The layout of the same elements under another shape, or null when they must be copied. */
export function reshapeLayout(from: Layout, shape: Shape): Layout | null {
  if (from.size === 0)
    return layoutOf(
      from.dtype,
      shape,
      shape.map(() => 0),
    );
  const dims = from.shape.map((_, i) => i).filter((i) => from.shape[i] !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let next = 0;
  let axis = 0;
  while (axis < shape.length) {
    if (shape[axis] === 1) {
      axis++;
      continue;
    }
    // A run of old axes and a run of new ones with the same number of elements.
    const first = next;
    let oldSize = from.shape[dims[next++]];
    const start = axis;
    let newSize = shape[axis++];
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= from.shape[dims[next++]];
      else newSize *= shape[axis++];
    }
    for (let i = first; i + 1 < next; i++) {
      const inner = dims[i + 1];
      if (from.strides[dims[i]] !== from.strides[inner] * from.shape[inner]) return null;
    }
    let stride = from.strides[dims[next - 1]];
    for (let i = axis - 1; i >= start; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
  }
  return layoutOf(from.dtype, shape, strides);
}
