/** Shapes of nested array literals: `tensor([[1, 2, 3], [4, 5, 6]])` is a `Tensor<[2, 3]>`. */

import type { Dims, Dyn, IsUnion } from "./dims.ts";

/** Numbers in arrays in arrays. */
export type Nested = number | boolean | readonly Nested[];

/**
 * Shape function of `tensor(data)`. Only the lengths are looked at, and rows of different lengths
 * show as a union of lengths: the cost does not grow with the number of elements. (The tuple around
 * D keeps that union together; without it every row would be looked at by itself.)
 */
export type NestedShape<D, Done extends Dims = []> = [D] extends [readonly unknown[]]
  ? number extends D["length"]
    ? Dyn
    : IsUnion<D["length"]> extends true
      ? `tensor: rows along axis ${Done["length"]} have different lengths`
      : D["length"] extends 0
        ? [...Done, 0]
        : NestedShape<D[number], [...Done, D["length"]]>
  : Done;
