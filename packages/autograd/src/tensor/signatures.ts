/**
 * The types of the ops as functions: an op is declared `export const add: BinaryFn<"add"> = ...`.
 *
 * None has overloads: of several overloads the compiler reports every one that does not match, and
 * the message would no longer be one line. A JavaScript number is a tensor of shape [] here.
 *
 * Arguments are inferred as whole types (`x: T`, its shape ShapeOf<T>), not by their shapes: of the
 * shapes of `Tensor<[2]> | Tensor<[3]>` the compiler would take the first and refuse the second.
 */

import type { Tensor } from "./tensor.ts";
import type { Attention, AttentionScores } from "../shapes/attention.ts";
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
import type { Glu, Prelu, Quantile, TopK } from "../shapes/choice.ts";
import type { Check, Dims, Dyn, Out, ShapeOf } from "../shapes/dims.ts";
import type { CrossEntropy, Embedding, Gather, OneHot, SameShape } from "../shapes/indexing.ts";
import type { Concat, Stack } from "../shapes/join.ts";
import type { FlatFn, GluLayerFn, HasShapeFn, IdFn, LayerNormShape } from "../shapes/layers.ts";
import type { Matmul } from "../shapes/matmul.ts";
import type { Nested, NestedShape } from "../shapes/nested.ts";
import type { Flatten, Reshape } from "../shapes/reshape.ts";

// ---- pointwise ----

/** neg, exp, relu, ...: the shape stays, and so they can stand in a Sequential. */
export interface UnaryFn extends HasShapeFn<IdFn> {
  <T extends Tensor>(x: T): Tensor<ShapeOf<T>>;
}

/** add, mul, greater, ...: shapes broadcast, either side may be a number. */
export interface BinaryFn<Op extends string> {
  <A extends Tensor | number, B extends Tensor | number>(
    a: A,
    b: Check<Broadcast<ShapeOf<A>, ShapeOf<B>, Op>, B>,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
}

/** where(condition, a, b): all three broadcast. */
export interface WhereFn {
  <C extends Tensor, A extends Tensor | number, B extends Tensor | number>(
    condition: C,
    a: Check<Broadcast<ShapeOf<C>, ShapeOf<A>, "where">, A>,
    b: Check<Broadcast3<ShapeOf<C>, ShapeOf<A>, ShapeOf<B>, "where">, B>,
  ): Tensor<Broadcast3Out<ShapeOf<C>, ShapeOf<A>, ShapeOf<B>>>;
}

/** lerp(a, b, weight): all three broadcast, each may be a number. */
export interface LerpFn {
  <A extends Tensor | number, B extends Tensor | number, W extends Tensor | number>(
    a: A,
    b: Check<Broadcast<ShapeOf<A>, ShapeOf<B>, "lerp">, B>,
    weight: Check<Broadcast3<ShapeOf<A>, ShapeOf<B>, ShapeOf<W>, "lerp">, W>,
  ): Tensor<Broadcast3Out<ShapeOf<A>, ShapeOf<B>, ShapeOf<W>>>;
}

/** isClose(a, b): shapes broadcast, either side may be a number. */
export interface IsCloseFn<Options = object> {
  <A extends Tensor | number, B extends Tensor | number>(
    a: A,
    b: Check<Broadcast<ShapeOf<A>, ShapeOf<B>, "isClose">, B>,
    options?: Options,
  ): Tensor<BroadcastOut<ShapeOf<A>, ShapeOf<B>>>;
}

/** polygamma(order, x): the shape stays. */
export interface PolygammaFn {
  <T extends Tensor>(order: number, x: T): Tensor<ShapeOf<T>>;
}

/** gelu, ...: pointwise with options. */
export interface ActivationFn<Options = object> extends HasShapeFn<IdFn> {
  <T extends Tensor>(x: T, options?: Options): Tensor<ShapeOf<T>>;
}

/** prelu(x, weight): a slope for all, or one for each channel. */
export interface PreluFn {
  <T extends Tensor, W extends Tensor>(
    x: T,
    weight: Check<Prelu<ShapeOf<T>, ShapeOf<W>>, W>,
  ): Tensor<ShapeOf<T>>;
}

// ---- contractions ----

export interface MatmulFn {
  <A extends Tensor, B extends Tensor>(
    a: A,
    b: Check<Matmul<ShapeOf<A>, ShapeOf<B>>, B>,
  ): Tensor<Out<Matmul<ShapeOf<A>, ShapeOf<B>>>>;
}

/** scaledDotProductAttention(q, k, v): [..., T, D], [..., S, D], [..., S, E] → [..., T, E]. */
export interface AttentionFn<Options = object> {
  <Q extends Tensor, K extends Tensor, V extends Tensor>(
    q: Q,
    k: Check<AttentionScores<ShapeOf<Q>, ShapeOf<K>>, K>,
    v: Check<Attention<ShapeOf<Q>, ShapeOf<K>, ShapeOf<V>>, V>,
    options?: Options,
  ): Tensor<Out<Attention<ShapeOf<Q>, ShapeOf<K>, ShapeOf<V>>>>;
}

// ---- along axes ----

/** layerNorm(x, normalizedShape): the last axes have this shape, or one of them this size. */
export interface LayerNormFn<Options = object> {
  <T extends Tensor, const N extends number | Dims>(
    x: T,
    normalizedShape: Check<LayerNormShape<ShapeOf<T>, N>, N>,
    options?: Options,
  ): Tensor<ShapeOf<T>>;
}

/** sum, mean, max, ...: over one axis, several, or all. */
export interface ReduceFn<Op extends string, Options = unknown> {
  <T extends Tensor, const X extends Axes = undefined, const K extends boolean = false>(
    x: T,
    options?: Options & { axis?: Check<Reduce<ShapeOf<T>, X, K, Op>, X>; keepDims?: K },
  ): Tensor<Out<Reduce<ShapeOf<T>, X, K, Op>>>;
}

/** quantile(x, q): a reduction with a number beside the tensor, or with several. */
export interface QuantileFn {
  <
    T extends Tensor,
    const Q extends number | readonly number[],
    const X extends Axes = undefined,
    const K extends boolean = false,
  >(
    x: T,
    q: Q,
    options?: { axis?: Check<Reduce<ShapeOf<T>, X, K, "quantile">, X>; keepDims?: K },
  ): Tensor<Out<Quantile<Reduce<ShapeOf<T>, X, K, "quantile">, Q>>>;
}

/** argmax, argmin: over one axis, or over all elements in order. */
export interface ArgReduceFn<Op extends string> {
  <
    T extends Tensor,
    const X extends number | undefined = undefined,
    const K extends boolean = false,
  >(
    x: T,
    options?: { axis?: Check<Reduce<ShapeOf<T>, X, K, Op>, X>; keepDims?: K },
  ): Tensor<Out<Reduce<ShapeOf<T>, X, K, Op>>>;
}

/** softmax, logSoftmax, cumsum, ...: along one axis, the last by default; the shape stays. */
export interface AlongAxisFn<Op extends string, Options = unknown> extends HasShapeFn<IdFn> {
  <T extends Tensor, const X extends number = -1>(
    x: T,
    options?: Options & { axis?: Check<AlongAxes<ShapeOf<T>, X, Op>, X> },
  ): Tensor<ShapeOf<T>>;
}

/** linearRecurrence: along one axis of factors and terms of one shape, which stays. */
export interface RecurrenceFn<Options> {
  <A extends Tensor, B extends Tensor, const X extends number>(
    a: A,
    b: B,
    options: Options & { axis: Check<AlongAxes<ShapeOf<B>, X, "linearRecurrence">, X> },
  ): Tensor<ShapeOf<B>>;
}

/** center: along one axis, several, or all; the shape stays. */
export interface CenterFn extends HasShapeFn<IdFn> {
  <T extends Tensor, const X extends Axes = undefined>(
    x: T,
    options?: { axis?: Check<AlongAxes<ShapeOf<T>, X, "center">, X> },
  ): Tensor<ShapeOf<T>>;
}

/** glu: half of one axis, the last by default. */
export interface GluFn extends HasShapeFn<GluLayerFn<-1>> {
  <T extends Tensor, const X extends number = -1>(
    x: Check<Glu<ShapeOf<T>, X>, T>,
    options?: { axis?: X },
  ): Tensor<Out<Glu<ShapeOf<T>, X>>>;
}

/** What topk finds. */
export interface TopkResult<R> {
  readonly values: Tensor<Out<R>>;
  /** Where they are along the axis, int32. */
  readonly indices: Tensor<Out<R>>;
}

/** topk(x, k): k elements of one axis, the last by default. */
export interface TopkFn<Options = unknown> {
  <T extends Tensor, const K extends number, const X extends number = -1>(
    x: Check<TopK<ShapeOf<T>, K, X>, T>,
    k: K,
    options?: Options & { axis?: X },
  ): TopkResult<TopK<ShapeOf<T>, K, X>>;
}

// ---- movement ----

export interface ReshapeFn {
  <T extends Tensor, const N extends Dims>(
    x: T,
    shape: Check<Reshape<ShapeOf<T>, N>, N>,
  ): Tensor<Out<Reshape<ShapeOf<T>, N>>>;
}

/** All axes but the first become one. */
export interface FlattenFn extends HasShapeFn<FlatFn> {
  <T extends Tensor>(x: Check<Flatten<ShapeOf<T>>, T>): Tensor<Out<Flatten<ShapeOf<T>>>>;
}

export interface PermuteFn {
  <T extends Tensor, const P extends Dims>(
    x: T,
    axes: Check<Permute<ShapeOf<T>, P>, P>,
  ): Tensor<Out<Permute<ShapeOf<T>, P>>>;
}

/** Swaps two axes, the last two by default. */
export interface TransposeFn {
  <T extends Tensor, X extends number = -2, Y extends number = -1>(
    x: Check<Transpose<ShapeOf<T>, X, Y>, T>,
    axis0?: X,
    axis1?: Y,
  ): Tensor<Out<Transpose<ShapeOf<T>, X, Y>>>;
}

export interface ExpandFn {
  <T extends Tensor, const N extends Dims>(
    x: T,
    shape: Check<Expand<ShapeOf<T>, N>, N>,
  ): Tensor<Out<Expand<ShapeOf<T>, N>>>;
}

/** Drops axes of size 1: the given ones, or all there are. */
export interface SqueezeFn {
  <T extends Tensor, const X extends Axes = undefined>(
    x: T,
    options?: { axis?: Check<Squeeze<ShapeOf<T>, X>, X> },
  ): Tensor<Out<Squeeze<ShapeOf<T>, X>>>;
}

export interface UnsqueezeFn {
  <T extends Tensor, X extends number>(
    x: T,
    axis: Check<Unsqueeze<ShapeOf<T>, X>, X>,
  ): Tensor<Out<Unsqueeze<ShapeOf<T>, X>>>;
}

// ---- joining and indexing ----

/** The shapes of a list of tensors. */
export type ShapesOf<L extends readonly Tensor[]> = {
  [I in keyof L]: ShapeOf<L[I]>;
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
  <T extends Tensor, I extends Tensor, X extends number>(
    x: T,
    index: Check<Gather<ShapeOf<T>, ShapeOf<I>, X>, I>,
    options: { axis: X },
  ): Tensor<Out<Gather<ShapeOf<T>, ShapeOf<I>, X>>>;
}

/** embedding(indices, weight): rows of a table by their numbers. */
export interface EmbeddingFn {
  <I extends Tensor, W extends Tensor>(
    indices: I,
    weight: Check<Embedding<ShapeOf<I>, ShapeOf<W>>, W>,
  ): Tensor<Out<Embedding<ShapeOf<I>, ShapeOf<W>>>>;
}

export interface OneHotFn<Options = object> {
  <T extends Tensor, C extends number>(
    indices: T,
    numClasses: C,
    options?: Options,
  ): Tensor<Out<OneHot<ShapeOf<T>, C>>>;
}

// ---- losses ----

/** A scalar, unless the losses are asked for one by one. */
export type LossOf<O> = O extends { readonly reduction: infer R }
  ? R extends "mean" | "sum"
    ? Tensor<[]>
    : Tensor
  : Tensor<[]>;

export interface CrossEntropyFn<Options = object> {
  <L extends Tensor, T extends Tensor, const O extends Options = Options>(
    logits: L,
    targets: Check<CrossEntropy<ShapeOf<L>, ShapeOf<T>>, T>,
    options?: O,
  ): LossOf<O>;
}

/** mse and other losses of a prediction and a target of the same shape. */
export interface PairLossFn<Op extends string, Options = object> {
  <A extends Tensor, B extends Tensor, const O extends Options = Options>(
    prediction: A,
    target: Check<SameShape<ShapeOf<A>, ShapeOf<B>, Op>, B>,
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
