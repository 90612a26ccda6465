/**
 * The least a tensor class must be for its shape to be checked. The fixtures are compiled with this
 * in place of the real class, so that they test the shapes and nothing else.
 */

import type { Broadcast, BroadcastOut } from "../../src/shapes/broadcast.ts";
import type { Check, Dims } from "../../src/shapes/dims.ts";

// The default is any, so that a bare Tensor is assignable both ways.
export declare class Tensor<out S extends Dims = any> {
  // Names S itself: inference through a subclass would read a readonly tuple off `shape`.
  readonly shapeType?: S;
  readonly shape: { readonly [I in keyof S]: S[I] };
  add<A extends Dims, B extends Dims = []>(
    // Without it S would stand in the parameter, too, and `out S` would be untrue.
    this: Tensor<A>,
    other: Check<Broadcast<A, B, "add">, Tensor<B> | number>,
  ): Tensor<BroadcastOut<A, B>>;
}
