/**
 * The types of the ops as functions: an op is declared `export const add: BinaryFn<"add"> = ...`.
 *
 * None has overloads: of several overloads the compiler reports every one that does not match, and
 * the message would no longer be one line. A JavaScript number is a tensor of shape [] here.
 */

import type { Tensor } from "./tensor.ts";
import type {
  AlongAxes,
  Axes,
  Permute,
  Reduce,
  Squeeze,
  Transpose,
  Unsqueeze,
} from "../shapes/axes.ts";
import type {
  Broadcast,
  Broadcast3,
  Broadcast3Out,
  BroadcastOut,
  Expand,
} from "../shapes/broadcast.ts";
import type { Check, Dims, Dyn, Out } from "../shapes/dims.ts";
import type { CrossEntropy, Gather, OneHot, SameShape } from "../shapes/indexing.ts";
import type { Concat, Stack } from "../shapes/join.ts";
import type { FlatFn, HasShapeFn, IdFn } from "../shapes/layers.ts";
import type { Matmul } from "../shapes/matmul.ts";
import type { Nested, NestedShape } from "../shapes/nested.ts";
import type { Flatten, Reshape } from "../shapes/reshape.ts";

// ---- pointwise ----

/** neg, exp, relu, ...: the shape stays, and so they can stand in a Sequential. */
export interface UnaryFn extends HasShapeFn<IdFn> {
  <S extends Dims>(x: Tensor<S>): Tensor<S>;
}

/** add, mul, greater, ...: shapes broadcast, either side may be a number. */
export interface BinaryFn<Op extends string> {
  <A extends Dims = [], B extends Dims = []>(
    a: Tensor<A> | number,
    b: Check<Broadcast<A, B, Op>, Tensor<B> | number>,
  ): Tensor<BroadcastOut<A, B>>;
}

/** where(condition, a, b): all three broadcast. */
export interface WhereFn {
  <C extends Dims, A extends Dims = [], B extends Dims = []>(
    condition: Tensor<C>,
    a: Check<Broadcast<C, A, "where">, Tensor<A> | number>,
    b: Check<Broadcast3<C, A, B, "where">, Tensor<B> | number>,
  ): Tensor<Broadcast3Out<C, A, B>>;
}

// ---- contractions ----

export interface MatmulFn {
  <A extends Dims, B extends Dims>(
    a: Tensor<A>,
    b: Check<Matmul<A, B>, Tensor<B>>,
  ): Tensor<Out<Matmul<A, B>>>;
}

// ---- along axes ----

/** sum, mean, max, ...: over one axis, several, or all. */
export interface ReduceFn<Op extends string> {
  <S extends Dims, const X extends Axes = undefined, const K extends boolean = false>(
    x: Tensor<S>,
    options?: { axis?: Check<Reduce<S, X, K, Op>, X>; keepDims?: K },
  ): Tensor<Out<Reduce<S, X, K, Op>>>;
}

/** argmax, argmin: over one axis, or over all elements in order. */
export interface ArgReduceFn<Op extends string> {
  <S extends Dims, const X extends number | undefined = undefined, const K extends boolean = false>(
    x: Tensor<S>,
    options?: { axis?: Check<Reduce<S, X, K, Op>, X>; keepDims?: K },
  ): Tensor<Out<Reduce<S, X, K, Op>>>;
}

/** softmax, logSoftmax, cumsum, ...: along one axis, the last by default; the shape stays. */
export interface AlongAxisFn<Op extends string> extends HasShapeFn<IdFn> {
  <S extends Dims, const X extends number = -1>(
    x: Tensor<S>,
    options?: { axis?: Check<AlongAxes<S, X, Op>, X> },
  ): Tensor<S>;
}

// ---- movement ----

export interface ReshapeFn {
  <S extends Dims, const N extends Dims>(
    x: Tensor<S>,
    shape: Check<Reshape<S, N>, N>,
  ): Tensor<Out<Reshape<S, N>>>;
}

/** All axes but the first become one. */
export interface FlattenFn extends HasShapeFn<FlatFn> {
  <S extends Dims>(x: Check<Flatten<S>, Tensor<S>>): Tensor<Out<Flatten<S>>>;
}

export interface PermuteFn {
  <S extends Dims, const P extends Dims>(
    x: Tensor<S>,
    axes: Check<Permute<S, P>, P>,
  ): Tensor<Out<Permute<S, P>>>;
}

/** Swaps two axes, the last two by default. */
export interface TransposeFn {
  <S extends Dims, X extends number = -2, Y extends number = -1>(
    x: Check<Transpose<S, X, Y>, Tensor<S>>,
    axis0?: X,
    axis1?: Y,
  ): Tensor<Out<Transpose<S, X, Y>>>;
}

export interface ExpandFn {
  <S extends Dims, const N extends Dims>(
    x: Tensor<S>,
    shape: Check<Expand<S, N>, N>,
  ): Tensor<Out<Expand<S, N>>>;
}

/** Drops axes of size 1: the given ones, or all there are. */
export interface SqueezeFn {
  <S extends Dims, const X extends Axes = undefined>(
    x: Tensor<S>,
    options?: { axis?: Check<Squeeze<S, X>, X> },
  ): Tensor<Out<Squeeze<S, X>>>;
}

export interface UnsqueezeFn {
  <S extends Dims, X extends number>(
    x: Tensor<S>,
    axis: Check<Unsqueeze<S, X>, X>,
  ): Tensor<Out<Unsqueeze<S, X>>>;
}

// ---- joining and indexing ----

/** The shapes of a list of tensors. */
export type ShapesOf<L extends readonly Tensor[]> = {
  [I in keyof L]: L[I] extends Tensor<infer S> ? S : Dims;
};

export interface ConcatFn {
  <const L extends readonly Tensor[], X extends number = 0>(
    tensors: Check<Concat<ShapesOf<L>, X>, L>,
    options?: { axis?: X },
  ): Tensor<Out<Concat<ShapesOf<L>, X>>>;
}

export interface StackFn {
  <const L extends readonly Tensor[], X extends number = 0>(
    tensors: Check<Stack<ShapesOf<L>, X>, L>,
    options?: { axis?: X },
  ): Tensor<Out<Stack<ShapesOf<L>, X>>>;
}

export interface GatherFn {
  <S extends Dims, I extends Dims, X extends number>(
    x: Tensor<S>,
    index: Check<Gather<S, I, X>, Tensor<I>>,
    options: { axis: X },
  ): Tensor<Out<Gather<S, I, X>>>;
}

export interface OneHotFn<Options = object> {
  <S extends Dims, C extends number>(
    indices: Tensor<S>,
    numClasses: C,
    options?: Options,
  ): Tensor<Out<OneHot<S, C>>>;
}

// ---- losses ----

/** A scalar, unless the losses are asked for one by one. */
export type LossOf<O> = O extends { readonly reduction: infer R }
  ? R extends "mean" | "sum"
    ? Tensor<[]>
    : Tensor
  : Tensor<[]>;

export interface CrossEntropyFn<Options = object> {
  <L extends Dims, T extends Dims, const O extends Options = Options>(
    logits: Tensor<L>,
    targets: Check<CrossEntropy<L, T>, Tensor<T>>,
    options?: O,
  ): LossOf<O>;
}

/** mse and other losses of a prediction and a target of the same shape. */
export interface PairLossFn<Op extends string, Options = object> {
  <A extends Dims, B extends Dims, const O extends Options = Options>(
    prediction: Tensor<A>,
    target: Check<SameShape<A, B, Op>, Tensor<B>>,
    options?: O,
  ): LossOf<O>;
}

// ---- creation ----

/** zeros, ones, randn, ...; Options are whatever the function takes beside the shape. */
export interface CreateFn<Options = object> {
  <const S extends Dims>(shape: S, options?: Options): Tensor<Out<S>>;
}

export interface FullFn<Options = object> {
  <const S extends Dims>(shape: S, value: number, options?: Options): Tensor<Out<S>>;
}

/** tensor([[1, 2], [3, 4]]): the shape of the nested arrays, or the one in the options; typed arrays
 *  without one have an unknown shape. */
export interface TensorFn<Options = object> {
  <const D extends Nested | ArrayBufferView, const S extends Dims = never>(
    data: Check<NestedShape<D>, D>,
    options?: Options & { readonly shape?: S },
  ): Tensor<[S] extends [never] ? Out<D extends ArrayBufferView ? Dyn : NestedShape<D>> : Out<S>>;
}
