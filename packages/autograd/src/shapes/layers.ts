/**
 * Layers: how `Sequential` knows, when it is built, which layer does not fit.
 *
 * A type cannot take a type function as an argument. So a shape function is an interface with a
 * slot for its argument, `in`, and `out` defined by it; `Apply` fills the slot by intersection.
 * Modules and functions carry theirs as a phantom property under the key FN: it exists for the type
 * checker only, never at run time.
 */

import type { Dims, Dyn, IsAny, IsOpen, IsUnknown, MayEqual, Out, Show, ShowDim } from "./dims.ts";
import type { Glu, Prelu } from "./choice.ts";
import type { Embedding } from "./indexing.ts";
import type { Flatten } from "./reshape.ts";
import type { AdaptivePool, AdaptiveSize } from "./resize.ts";
import type { PaddingN, SizeN, SpatialRank } from "./spatial.ts";
import type { ConvShape, ConvTransposeShape, PoolShape } from "./window.ts";

/** The key of the phantom property. */
export declare const FN: unique symbol;

export interface ShapeFn {
  readonly in: unknown;
  readonly out: unknown;
}

/** Something that carries the shape function F. */
export interface HasShapeFn<F extends ShapeFn> {
  readonly [FN]?: F;
}

/** The argument inside a shape function: `out: Flatten<In<this>>`. */
export type In<F extends ShapeFn> = F["in"] extends Dims ? F["in"] : Dyn;

/** What F makes of the shape S: a tuple, Dyn or a message. */
export type Apply<F, S> = F extends ShapeFn ? (F & { readonly in: S })["out"] : Dyn;

/** Result shape of a module's forward; nothing is promised about an unchecked tensor. */
export type ForwardOut<F, S extends Dims> = IsAny<S> extends true ? any : Out<Apply<F, S>>;

// ---- the shape functions of layers ----

export interface IdFn extends ShapeFn {
  readonly out: this["in"];
}

export interface DynFn extends ShapeFn {
  readonly out: Dyn;
}

export interface LinearFn<I extends number, O extends number> extends ShapeFn {
  readonly out: LinearShape<In<this>, I, O>;
}

export interface FlatFn extends ShapeFn {
  readonly out: Flatten<In<this>>;
}

/** A convolution of C input and O output channels over R spatial axes. */
export interface ConvFn<
  C extends number,
  O extends number,
  K extends SizeN,
  S extends SizeN = 1,
  P extends PaddingN = 0,
  D extends SizeN = 1,
  R extends SpatialRank = 2,
> extends ShapeFn {
  readonly out: ConvShape<In<this>, C, O, K, S, P, D, R>;
}

/** The transpose of a convolution; E more elements at the end. */
export interface ConvTransposeFn<
  C extends number,
  O extends number,
  K extends SizeN,
  S extends SizeN = 1,
  P extends SizeN = 0,
  D extends SizeN = 1,
  E extends SizeN = 0,
  R extends SpatialRank = 2,
> extends ShapeFn {
  readonly out: ConvTransposeShape<In<this>, C, O, K, S, P, D, E, R>;
}

export interface PoolFn<
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  Op extends string,
  R extends SpatialRank = 2,
  D extends SizeN = 1,
  C extends boolean = false,
> extends ShapeFn {
  readonly out: PoolShape<In<this>, K, S, P, Op, R, D, C>;
}

export interface AdaptivePoolFn<
  N extends AdaptiveSize,
  R extends SpatialRank,
  Op extends string,
> extends ShapeFn {
  readonly out: AdaptivePool<In<this>, N, R, Op>;
}

export interface LayerNormLayerFn<N extends number | Dims> extends ShapeFn {
  readonly out: LayerNormShape<In<this>, N>;
}

/** Indices of any shape become rows of D features. */
export interface EmbeddingLayerFn<D extends number> extends ShapeFn {
  readonly out: Embedding<In<this>, [number, D]>;
}

/** Half of an axis. */
export interface GluLayerFn<X extends number> extends ShapeFn {
  readonly out: Glu<In<this>, X>;
}

/** One slope, or one for each of C channels. */
export interface PreluLayerFn<C extends number> extends ShapeFn {
  readonly out: Prelu<In<this>, [C]>;
}

export interface SeqFn<L extends readonly unknown[]> extends ShapeFn {
  readonly out: SeqShape<L, In<this>>;
}

/** Shape function of x @ weightᵀ + bias, with weight [O, I]. */
export type LinearShape<S extends Dims, I extends number, O extends number> =
  IsAny<S> extends true
    ? [...number[], O]
    : S extends readonly [...infer Batch extends Dims, infer Features]
      ? MayEqual<Features, I> extends true
        ? [...Batch, O]
        : `Linear: expects ${ShowDim<I>} input features, got ${ShowDim<Features>} in ${Show<S>}`
      : IsOpen<S> extends true
        ? [...number[], O]
        : `Linear: expects ${ShowDim<I>} input features, got a scalar`;

/** Shape function of `layerNorm(x, N)`: the last axes of x are N; the shape stays. */
export type LayerNormShape<S extends Dims, N extends number | Dims> =
  IsAny<S> extends true ? Dyn : N extends Dims ? NormTail<S, N> : NormTail<S, [N & number]>;

export type NormTail<S extends Dims, N extends Dims> =
  IsUnknown<N> extends true
    ? S
    : EndsIn<S, N> extends true
      ? S
      : `layerNorm: expects the last axes to be ${Show<N>}, got ${Show<S>}`;

export type EndsIn<S extends Dims, N extends Dims> = N extends readonly [
  ...infer RestN extends Dims,
  infer Y,
]
  ? S extends readonly [...infer RestS extends Dims, infer X]
    ? MayEqual<X, Y> extends true
      ? EndsIn<RestS, RestN>
      : false
    : IsOpen<S>
  : true;

// ---- Sequential ----

/** The shape function a layer carries; a plain function carries none and is taken as unknown. */
export type FnOf<Layer> = Layer extends { readonly [FN]?: infer F }
  ? F extends ShapeFn
    ? F
    : DynFn
  : DynFn;

/** What the layers L make of S, one after another; the message names the layer that does not fit. */
export type SeqShape<
  L extends readonly unknown[],
  S,
  Position extends 0[] = [],
> = L extends readonly [infer Layer, ...infer Rest]
  ? Apply<FnOf<Layer>, S> extends infer R
    ? R extends string
      ? `layer ${Position["length"]}: ${R}`
      : SeqShape<Rest, R, [...Position, 0]>
    : never
  : L extends readonly []
    ? S
    : Dyn;

/**
 * The types of Sequential's arguments: the layers themselves, but a message in the place of the
 * first that does not fit, so that the error points at that layer.
 */
export type SeqArgs<L extends readonly unknown[]> = SeqShape<L, Dyn> extends string ? Blame<L> : L;

export type Blame<
  L extends readonly unknown[],
  S = Dyn,
  Fitting extends readonly unknown[] = [],
> = L extends readonly [infer Layer, ...infer Rest]
  ? Apply<FnOf<Layer>, S> extends infer R
    ? R extends string
      ? [...Fitting, R, ...Rest]
      : Blame<Rest, R, [...Fitting, Layer]>
    : never
  : Fitting;
