// Plain arrays for the independent formulas of the tests: nothing is shared with tensors or kernels.
import { contiguousStrides, sizeOf, type Shape } from "../tensor/shape.ts";

export class NDArray {
  readonly shape: Shape;
  readonly data: readonly number[];

  constructor(shape: Shape, data: readonly number[]) {
    this.shape = shape;
    this.data = data;
  }

  /** Each element as a formula of its index.
   *  @example NDArray.build([2, 3], ([i, j]) => x.at([j, i])) */
  static build(shape: Shape, element: (index: readonly number[]) => number): NDArray {
    return new NDArray(shape, indices(shape).map(element));
  }

  /** The element at an index. Axes of size 1 broadcast, and so do missing ones in front. */
  at(index: readonly number[]): number {
    const strides = contiguousStrides(this.shape);
    const lead = index.length - this.shape.length;
    return this.data[
      strides.reduce((at, s, d) => at + (this.shape[d] === 1 ? 0 : index[d + lead] * s), 0)
    ];
  }
}

/** All indices of a shape in row-major order. */
export function indices(shape: Shape): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    let rest = i;
    return shape.map((_, d) => {
      const stride = sizeOf(shape.slice(d + 1));
      const at = Math.floor(rest / stride);
      rest -= at * stride;
      return at;
    });
  });
}

/** A function of the values along some axes, for each place of the others. */
export function foldAxes(
  x: NDArray,
  axes: readonly number[],
  keepDims: boolean,
  fold: (values: number[]) => number,
): NDArray {
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const inner = indices(axes.map((axis) => x.shape[axis]));
  const shape = kept.map((d) => x.shape[d]);
  const values = indices(shape).map((outer) =>
    fold(
      inner.map((at) =>
        x.at(
          x.shape.map((_, d) => (axes.includes(d) ? at[axes.indexOf(d)] : outer[kept.indexOf(d)])),
        ),
      ),
    ),
  );
  return new NDArray(keepDims ? x.shape.map((n, d) => (axes.includes(d) ? 1 : n)) : shape, values);
}
