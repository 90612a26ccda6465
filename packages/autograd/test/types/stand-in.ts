/**
 * The least a tensor class must be for its shape to be checked. The fixtures are compiled with this
 * in place of the real class, so that they test the shapes and nothing else.
 */

import type { Axes, Reduce } from "../../src/shapes/axes.ts";
import type { Broadcast, BroadcastOut } from "../../src/shapes/broadcast.ts";
import type { Check, Dims, Out, ShapeOf } from "../../src/shapes/dims.ts";
import type { Matmul } from "../../src/shapes/matmul.ts";

// The default is any, so that a bare Tensor is assignable both ways.
export declare class Tensor<out S extends Dims = any> {
  // Names S itself: inference through a subclass would read a readonly tuple off `shape`.
  readonly shapeType?: S;
  readonly shape: { readonly [I in keyof S]: S[I] };
  square(): Tensor<S>;
  add<A extends Tensor, B extends Tensor | number>(
    // Without it S would stand in the parameter, too, and `out S` would be untrue.
    this: A,
    other: Check<Broadcast<ShapeOf<A>, ShapeOf<B>, "add">, B>,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
  mul<A extends Tensor, B extends Tensor | number>(
    this: A,
    other: Check<Broadcast<ShapeOf<A>, ShapeOf<B>, "mul">, B>,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
  matmul<A extends Tensor, B extends Tensor>(
    this: A,
    other: Check<Matmul<ShapeOf<A>, ShapeOf<B>>, B>,
  ): Tensor<Out<Matmul<ShapeOf<A>, ShapeOf<B>>>>;
  sum<A extends Tensor, const X extends Axes = undefined, const K extends boolean = false>(
    this: A,
    options?: {
      readonly axis?: Check<Reduce<ShapeOf<A>, X, K, "sum">, X>;
      readonly keepDims?: K;
    },
  ): Tensor<Out<Reduce<ShapeOf<A>, X, K, "sum">>>;
}
