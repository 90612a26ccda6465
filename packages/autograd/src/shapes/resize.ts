/** Planes of other sizes: adaptive pools, windows as columns, interpolation. */

import type { Divide, Multiply, ToNumber } from "./digits.ts";
import type { Dims, Dyn, Ident, IsOpen, IsUnknown, Show, ShowDim } from "./dims.ts";
import type { ElementCount } from "./reshape.ts";
import type {
  AllLiteral,
  Along,
  SplitParts,
  ShowSize,
  SizeN,
  Slide,
  SpatialNames,
  SpatialRank,
  SplitSpatial,
  Times,
} from "./spatial.ts";

// ---- adaptive pools ----

/** How many places an adaptive pool makes; null keeps what an axis has. */
export type AdaptiveSize = number | readonly (number | null)[];

export type AdaptiveEach<
  Spatial extends Dims,
  N extends AdaptiveSize,
  Done extends Dims = [],
> = Spatial extends readonly [infer D extends number, ...infer Rest extends Dims]
  ? AdaptiveEach<Rest, N, [...Done, AdaptiveAlong<N, `${Done["length"]}`, D>]>
  : Done;

export type AdaptiveAlong<
  N extends AdaptiveSize,
  Axis,
  D extends number,
> = N extends readonly unknown[]
  ? Axis extends keyof N
    ? N[Axis] extends null
      ? D
      : N[Axis] & number
    : number
  : N & number;

/** Shape function of `adaptiveAvgPool2d(x, outputSize)` and its like. */
export type AdaptivePool<
  X extends Dims,
  N extends AdaptiveSize,
  R extends SpatialRank,
  Op extends string,
> =
  IsUnknown<X> extends true
    ? Dyn
    : SplitSpatial<X, R> extends SplitParts<infer Lead, infer Spatial>
      ? [...Lead, ...AdaptiveEach<Spatial, N>]
      : `${Op}: needs [..., ${SpatialNames[R]}], got ${Show<X>}`;

// ---- windows as columns ----

/** The product of a window's sizes along R axes. */
export type Volume<
  K extends SizeN,
  Spatial extends Dims,
  Product extends number = 1,
  Axis extends 0[] = [],
> = Spatial extends readonly [number, ...infer Rest extends Dims]
  ? Volume<K, Rest, Times<Product, Along<K, `${Axis["length"]}`>>, [...Axis, 0]>
  : Product;

/** Shape function of `unfold(x, kernelSize, options)`: [batch, channels · window, places]. */
export type Unfold<
  X extends Dims,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  D extends SizeN,
> =
  IsUnknown<X> extends true
    ? [number, number, number]
    : X extends readonly [infer N extends number, infer C extends number, number, ...Dims]
      ? X extends readonly [number, number, ...infer Spatial extends Dims]
        ? Slide<
            [],
            Spatial,
            K,
            S,
            P,
            D,
            `unfold: the window, ${ShowSize<K, Spatial>}, is larger than the padded input ${Show<X>}`
          > extends infer Places
          ? Places extends Dims
            ? [N, Times<C, Volume<K, Spatial>>, ElementCount<Places>]
            : Places
          : never
        : never
      : `unfold: needs [batch, channels, ...], got ${Show<X>}`;

/** N / M where it can be written as a number. */
export type DividedBy<N extends number, M extends number> =
  AllLiteral<[N, M]> extends true
    ? Ident<M, 0> extends true
      ? number
      : Divide<`${N}`, `${M}`> extends [infer Q extends string, infer Rest]
        ? Rest extends "0"
          ? ToNumber<Q>
          : "uneven"
        : number
    : number;

/** Shape function of `fold(x, outputSize, kernelSize, options)`: [batch, channels, ...outputSize]. */
export type Fold<X extends Dims, Out extends Dims, K extends SizeN> =
  IsOpen<Out> extends true
    ? Dyn
    : IsUnknown<X> extends true
      ? [number, number, ...Out]
      : X extends readonly [infer N extends number, infer C extends number, number]
        ? DividedBy<C, Volume<K, Out>> extends infer Channels
          ? Channels extends number
            ? [N, Channels, ...Out]
            : `fold: ${ShowDim<C>} rows are no multiple of the window, ${ShowSize<K, Out>}`
          : never
        : `fold: needs [batch, channels · window, places], got ${Show<X>}`;

// ---- interpolation ----

/** N · F for a whole factor; other products are not known to the compiler. */
export type Scaled<N extends number, F> = F extends number
  ? AllLiteral<[N, F]> extends true
    ? ToNumber<Multiply<`${N}`, `${F}`>>
    : number
  : number;

export type ScaleEach<
  Spatial extends Dims,
  F extends SizeN,
  Done extends Dims = [],
> = Spatial extends readonly [infer D extends number, ...infer Rest extends Dims]
  ? ScaleEach<Rest, F, [...Done, Scaled<D, Along<F, `${Done["length"]}`>>]>
  : Done;

export type SizeEach<
  Spatial extends Dims,
  Size extends SizeN,
  Done extends Dims = [],
> = Spatial extends readonly [number, ...infer Rest extends Dims]
  ? SizeEach<Rest, Size, [...Done, Along<Size, `${Done["length"]}`>]>
  : Done;

/** Shape function of `interpolate(x, { size })` and `interpolate(x, { scaleFactor })`. */
export type Interpolate<
  X extends Dims,
  Size extends SizeN | undefined,
  F extends SizeN | undefined,
> =
  IsUnknown<X> extends true
    ? Dyn
    : X extends readonly [infer N extends number, infer C extends number, number, ...Dims]
      ? X extends readonly [number, number, ...infer Spatial extends Dims]
        ? Size extends SizeN
          ? [N, C, ...SizeEach<Spatial, Size>]
          : F extends SizeN
            ? [N, C, ...ScaleEach<Spatial, F>]
            : [N, C, ...SizeEach<Spatial, number>]
        : never
      : `interpolate: needs [batch, channels, ...], got ${Show<X>}`;
