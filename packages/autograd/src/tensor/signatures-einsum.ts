/** The types of sums of products as functions; see signatures.ts. */

import type { Tensor } from "./tensor.ts";
import type { Check, Out, ShapeOf } from "../shapes/dims.ts";
import type { Einsum, InnerProduct, Outer, Tensordot, TensordotAxes } from "../shapes/einsum.ts";
import type { ShapesOf } from "./signatures.ts";

export interface EinsumFn {
  <const E extends string, const L extends readonly Tensor[]>(
    equation: Check<Einsum<E, ShapesOf<L>>, E>,
    ...operands: L
  ): Tensor<Out<Einsum<E, ShapesOf<L>>>>;
}

export interface OuterFn {
  <A extends Tensor, B extends Tensor>(
    a: A,
    b: Check<Outer<ShapeOf<A>, ShapeOf<B>>, B>,
  ): Tensor<Out<Outer<ShapeOf<A>, ShapeOf<B>>>>;
}

export interface InnerFn {
  <A extends Tensor, B extends Tensor>(
    a: A,
    b: Check<InnerProduct<ShapeOf<A>, ShapeOf<B>>, B>,
  ): Tensor<Out<InnerProduct<ShapeOf<A>, ShapeOf<B>>>>;
}

export interface TensordotFn {
  <A extends Tensor, B extends Tensor, const N extends TensordotAxes = 2>(
    a: A,
    b: Check<Tensordot<ShapeOf<A>, ShapeOf<B>, N>, B>,
    options?: { readonly axes?: N },
  ): Tensor<Out<Tensordot<ShapeOf<A>, ShapeOf<B>, N>>>;
}
