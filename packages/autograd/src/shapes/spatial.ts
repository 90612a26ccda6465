/** Sizes along spatial axes (length; height, width; depth, height, width), and windows over them. */

import type { Add, Divide, Multiply, Subtract, ToNumber } from "./digits.ts";
import type { Dims, IsLiteral, ShowDim } from "./dims.ts";

/** How many spatial axes there are. */
export type SpatialRank = 1 | 2 | 3;

/** What holds for the spatial axes: one number for all of them, or one for each. */
export type Size1 = number | readonly [number];
export type Size2 = number | readonly [number, number];
export type Size3 = number | readonly [number, number, number];
export type SizeN = number | readonly number[];

/** What a convolution's padding may be. */
export type PaddingN = SizeN | "same" | "valid";

/** The padding in numbers, where it is not "same". */
export type PaddingSizes<P extends PaddingN> = P extends "valid" ? 0 : Extract<P, SizeN>;

export interface SizesByRank {
  1: Size1;
  2: Size2;
  3: Size3;
}

/** The spatial axes as messages name them. */
export interface SpatialNames {
  1: "length";
  2: "height, width";
  3: "depth, height, width";
}

/** As many numbers as there are spatial axes. */
export interface NumbersByRank {
  1: [number];
  2: [number, number];
  3: [number, number, number];
}

/** The size along one of the axes, counted from the first spatial one. */
export type Along<V extends SizeN, Axis> = V extends readonly number[]
  ? Axis extends keyof V
    ? V[Axis] & number
    : number
  : Extract<V, number>;

/** A shape in two parts. */
export interface SplitParts<Lead extends Dims, Spatial extends Dims> {
  lead: Lead;
  spatial: Spatial;
}

/** A shape with its last R axes apart; "short" if there are fewer. */
export type SplitSpatial<
  X extends Dims,
  R extends number,
  Spatial extends Dims = [],
> = Spatial["length"] extends R
  ? SplitParts<X, Spatial>
  : X extends readonly [...infer Lead extends Dims, infer D extends number]
    ? SplitSpatial<Lead, R, [D, ...Spatial]>
    : "short";

export type AllLiteral<L extends readonly number[]> = L extends readonly [
  infer Head,
  ...infer Rest extends readonly number[],
]
  ? IsLiteral<Head> extends true
    ? AllLiteral<Rest>
    : false
  : true;

/** Dilation · (size − 1) + 1: how many elements a window spans. */
export type Reach<K extends number, D extends number> = Add<
  Multiply<`${D}`, Subtract<`${K}`, "1">>,
  "1"
>;

/** (N + 2P − reach) / S as a quotient and what is left; "negative" where the window is larger than what it slides
 *  over, "unknown" where a part is. Windows of size 0 and strides of 0 are left to the run-time check. */
export type Slid<
  N extends number,
  K extends number,
  S extends number,
  P extends number,
  D extends number,
> =
  AllLiteral<[N, K, S, P, D]> extends true
    ? 0 extends K | S | D
      ? "unknown"
      : Subtract<Add<`${N}`, Multiply<`${P}`, "2">>, Reach<K, D>> extends infer Room extends string
        ? Room extends "negative"
          ? "negative"
          : Divide<Room, `${S}`>
        : "unknown"
    : "unknown";

/** ⌊(N + 2P − reach) / S⌋ + 1; `number` where a part is unknown, "none" where the window is too large. */
export type Places<
  N extends number,
  K extends number,
  S extends number,
  P extends number,
  D extends number,
> =
  Slid<N, K, S, P, D> extends infer Found
    ? Found extends "negative"
      ? "none"
      : Found extends [infer Q extends string, string]
        ? ToNumber<Add<Q, "1">>
        : number
    : number;

/** The same with one more place where something is left and its window begins before the padding at the end. */
export type PlacesUp<
  N extends number,
  K extends number,
  S extends number,
  P extends number,
  D extends number,
> =
  Slid<N, K, S, P, D> extends [infer Q extends string, infer Rest extends string]
    ? Rest extends "0"
      ? ToNumber<Add<Q, "1">>
      : Subtract<Add<`${N}`, `${P}`>, Multiply<Add<Q, "1">, `${S}`>> extends "negative" | "0"
        ? ToNumber<Add<Q, "1">>
        : ToNumber<Add<Q, "2">>
    : number;

/** [...Lead, places along each axis of Spatial], with one more each where ceilMode says so. */
export type SlideUp<
  Lead extends Dims,
  Spatial extends Dims,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  D extends SizeN,
  Done extends Dims = [],
> = Spatial extends readonly [infer N extends number, ...infer Rest extends Dims]
  ? SlideUp<
      Lead,
      Rest,
      K,
      S,
      P,
      D,
      [
        ...Done,
        PlacesUp<
          N,
          Along<K, `${Done["length"]}`>,
          Along<S, `${Done["length"]}`>,
          Along<P, `${Done["length"]}`>,
          Along<D, `${Done["length"]}`>
        >,
      ]
    >
  : [...Lead, ...Done];

/** [...Lead, places along each axis of Spatial], or the message where a window does not fit. */
export type Slide<
  Lead extends Dims,
  Spatial extends Dims,
  K extends SizeN,
  S extends SizeN,
  P extends SizeN,
  D extends SizeN,
  Message extends string,
  Done extends Dims = [],
> = Spatial extends readonly [infer N extends number, ...infer Rest extends Dims]
  ? Places<
      N,
      Along<K, `${Done["length"]}`>,
      Along<S, `${Done["length"]}`>,
      Along<P, `${Done["length"]}`>,
      Along<D, `${Done["length"]}`>
    > extends infer Q extends number
    ? Slide<Lead, Rest, K, S, P, D, Message, [...Done, Q]>
    : Message
  : [...Lead, ...Done];

/** ⌈N / S⌉ along each axis. */
export type SamePlaces<
  Spatial extends Dims,
  S extends SizeN,
  Done extends Dims = [],
> = Spatial extends readonly [infer N extends number, ...infer Rest extends Dims]
  ? SamePlaces<Rest, S, [...Done, DividedUp<N, Along<S, `${Done["length"]}`>>]>
  : Done;

export type DividedUp<N extends number, S extends number> =
  AllLiteral<[N, S]> extends true
    ? 0 extends S
      ? number
      : Divide<Add<`${N}`, Subtract<`${S}`, "1">>, `${S}`> extends [infer Q extends string, string]
        ? ToNumber<Q>
        : number
    : number;

/** A window as messages print it: `3 × 3`. */
export type ShowSize<
  K extends SizeN,
  Spatial extends Dims,
  Text extends string = "",
  Axis extends 0[] = [],
> = Spatial extends readonly [number, ...infer Rest extends Dims]
  ? ShowSize<
      K,
      Rest,
      `${Text}${Text extends "" ? "" : " × "}${ShowDim<Along<K, `${Axis["length"]}`>>}`,
      [...Axis, 0]
    >
  : Text;

/** The product of two sizes. */
export type Times<C extends number, G extends number> =
  AllLiteral<[C, G]> extends true ? ToNumber<Multiply<`${C}`, `${G}`>> : number;
