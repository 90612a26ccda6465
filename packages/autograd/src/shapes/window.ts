/** Sliding windows over one, two or three spatial axes: convolutions and pools. */

import type { Add, Multiply, Subtract, ToNumber } from "./digits.ts";
import type { Dims, Dyn, IsUnknown, MayEqual, Show, ShowDim } from "./dims.ts";
import type {
  AllLiteral,
  Along,
  NumbersByRank,
  PaddingN,
  PaddingSizes,
  SplitParts,
  Reach,
  SamePlaces,
  ShowSize,
  SizeN,
  Slide,
  SlideUp,
  SpatialNames,
  SpatialRank,
  SplitSpatial,
  Times,
} from "./spatial.ts";

/** [batch, C channels, ...] with R spatial axes, taken apart for a result of O channels. Images of which
 *  nothing is known have the result that there is then, others a message. */
export type Images<
  X extends Dims,
  C extends number,
  O extends number,
  R extends SpatialRank,
  Op extends string,
> =
  IsUnknown<X> extends true
    ? [number, O, ...NumbersByRank[R]]
    : X extends readonly [
          infer N extends number,
          infer Channels extends number,
          ...infer Spatial extends NumbersByRank[R],
        ]
      ? MayEqual<Channels, C> extends true
        ? SplitParts<[N, O], Spatial>
        : `${Op}: expects ${ShowDim<C>} input channels, got ${ShowDim<Channels>} in ${Show<X>}`
      : `${Op}: needs [batch, channels, ${SpatialNames[R]}], got ${Show<X>}`;

/** Shape function of a convolution of C input and O output channels with a kernel of size K. */
export type ConvShape<
  X extends Dims,
  C extends number,
  O extends number,
  K extends SizeN,
  S extends SizeN = 1,
  P extends PaddingN = 0,
  D extends SizeN = 1,
  R extends SpatialRank = 2,
> =
  Images<X, C, O, R, `conv${R}d`> extends infer Split
    ? Split extends SplitParts<infer Lead, infer Spatial>
      ? P extends "same"
        ? [...Lead, ...SamePlaces<Spatial, S>]
        : Slide<
            Lead,
            Spatial,
            K,
            S,
            PaddingSizes<P>,
            D,
            `conv${R}d: the kernel, ${ShowSize<K, Spatial>}, is larger than the padded input ${Show<X>}`
          >
      : Split
    : never;

/** Shape function of `conv2d(x, weight, options)` and its like, with the weight
 *  [out, channels / groups, ...kernel]. */
export type Conv<
  X extends Dims,
  Weight extends Dims,
  S extends SizeN,
  P extends PaddingN,
  D extends SizeN,
  G extends number,
  R extends SpatialRank,
> =
  IsUnknown<Weight> extends true
    ? Dyn
    : Weight extends readonly [
          infer O extends number,
          infer C extends number,
          ...infer K extends NumbersByRank[R],
        ]
      ? ConvShape<X, Times<C, G>, O, K, S, P, D, R>
      : `conv${R}d: needs a weight [out, channels, ${SpatialNames[R]}], got ${Show<Weight>}`;

// ---- the transpose of a convolution ----

/** (N − 1) · S − 2P + reach + E, with E more elements at the end; "none" if that is less than 1. */
export type SpreadPlaces<
  N extends number,
  K extends number,
  S extends number,
  P extends number,
  D extends number,
  E extends number,
> =
  AllLiteral<[N, K, S, P, D, E]> extends true
    ? 0 extends N | K | S | D
      ? number
      : Subtract<
            Add<Add<Multiply<Subtract<`${N}`, "1">, `${S}`>, Reach<K, D>>, `${E}`>,
            Multiply<`${P}`, "2">
          > extends infer Q extends string
        ? Q extends "negative" | "0"
          ? "none"
          : ToNumber<Q>
        : number
    : number;

export type Spread<
  Lead extends Dims,
  Spatial extends Dims,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  D extends SizeN,
  E extends SizeN,
  Message extends string,
  Done extends Dims = [],
> = Spatial extends readonly [infer N extends number, ...infer Rest extends Dims]
  ? SpreadPlaces<
      N,
      Along<K, `${Done["length"]}`>,
      Along<S, `${Done["length"]}`>,
      Along<P, `${Done["length"]}`>,
      Along<D, `${Done["length"]}`>,
      Along<E, `${Done["length"]}`>
    > extends infer Q extends number
    ? Spread<Lead, Rest, K, S, P, D, E, Message, [...Done, Q]>
    : Message
  : [...Lead, ...Done];

/** Shape function of a transposed convolution of C input and O output channels. */
export type ConvTransposeShape<
  X extends Dims,
  C extends number,
  O extends number,
  K extends SizeN,
  S extends SizeN = 1,
  P extends SizeN = 0,
  D extends SizeN = 1,
  E extends SizeN = 0,
  R extends SpatialRank = 2,
> =
  Images<X, C, O, R, `convTranspose${R}d`> extends infer Split
    ? Split extends SplitParts<infer Lead, infer Spatial>
      ? Spread<
          Lead,
          Spatial,
          K,
          S,
          P,
          D,
          E,
          `convTranspose${R}d: the padding leaves nothing of the output for ${Show<X>}`
        >
      : Split
    : never;

/** Shape function of `convTranspose2d(x, weight, options)` and its like, with the weight
 *  [channels, out / groups, ...kernel]. */
export type ConvTranspose<
  X extends Dims,
  Weight extends Dims,
  S extends SizeN,
  P extends SizeN,
  D extends SizeN,
  E extends SizeN,
  G extends number,
  R extends SpatialRank,
> =
  IsUnknown<Weight> extends true
    ? Dyn
    : Weight extends readonly [
          infer C extends number,
          infer O extends number,
          ...infer K extends NumbersByRank[R],
        ]
      ? ConvTransposeShape<X, C, Times<O, G>, K, S, P, D, E, R>
      : `convTranspose${R}d: needs a weight [channels, out, ${SpatialNames[R]}], got ${Show<Weight>}`;

// ---- pools ----

/** Shape function of a pool over the last R axes. */
export type PoolShape<
  X extends Dims,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  Op extends string,
  R extends SpatialRank = 2,
  D extends SizeN = 1,
  C extends boolean = false,
> =
  IsUnknown<X> extends true
    ? Dyn
    : SplitSpatial<X, R> extends SplitParts<infer Lead, infer Spatial>
      ? boolean extends C
        ? [...Lead, ...NumbersByRank[R]]
        : C extends true
          ? SlideUp<Lead, Spatial, K, S, P, D>
          : Slide<
              Lead,
              Spatial,
              K,
              S,
              P,
              D,
              `${Op}: the kernel, ${ShowSize<K, Spatial>}, is larger than the padded input ${Show<X>}`
            >
      : `${Op}: needs [..., ${SpatialNames[R]}], got ${Show<X>}`;
