/**
 * Shapes of `x.at(":", -1, "2:5", null, "::-1")`: indices as NumPy writes them. An integer picks and
 * drops its axis, "start:stop:step" keeps a part, null is a new axis of size 1, "..." stands for
 * as many ":" as there are axes left.
 *
 * A range is counted as CPython does it: limits are clipped to 0 … n going up. Going down they are −1 …
 * n − 1; both are raised by 1 here, so that no number is negative.
 */

import type { Add, Divide, Subtract, ToNumber } from "./digits.ts";
import type { Dims, Dyn, Ident, IsAny, IsLiteral, IsOpen, IsUnion, Show, ShowDim } from "./dims.ts";

/** What stands for an axis. */
export type Index = number | string | null;

/** The same for `slice`: an integer, [start, stop, step] (each may be null or left out), or null for all. */
export type Range = number | readonly (number | null)[] | null;

// ---- one range ----

/** The parts of a range, "" where one is left out; never if it is none. */
export type RangeParts<E extends string> = E extends `${infer A}:${infer B}:${infer C}`
  ? C extends `${string}:${string}`
    ? never
    : [A, B, C]
  : E extends `${infer A}:${infer B}`
    ? [A, B, ""]
    : never;

/** Are the parts integers or empty, and the step not 0? */
export type AreIntegers<L> = L extends readonly [infer Head, ...infer Rest]
  ? Head extends "" | `${bigint}`
    ? AreIntegers<Rest>
    : false
  : true;

export type IsRange<E extends string> = [RangeParts<E>] extends [never]
  ? false
  : RangeParts<E> extends [string, string, "0" | "-0"]
    ? false
    : AreIntegers<RangeParts<E>>;

export type ClipTo<X extends string, N extends string> = Subtract<N, X> extends "negative" ? N : X;

export type AtLeastZero<X extends string> = X extends "negative" ? "0" : X;

/** A limit going up, in 0 … N. */
export type LimitUp<I extends string, N extends string> = I extends `-${infer K}`
  ? AtLeastZero<Subtract<N, K>>
  : ClipTo<I, N>;

/** A limit going down, raised by 1, in 0 … N. */
export type LimitDown<I extends string, N extends string> = I extends `-${infer K}`
  ? AtLeastZero<Subtract<Add<N, "1">, K>>
  : ClipTo<Add<I, "1">, N>;

/** ⌈(High − Low) / Step⌉, at least 0. */
export type CountSteps<Low extends string, High extends string, Step extends string> =
  Subtract<High, Low> extends infer D extends string
    ? D extends "negative" | "0"
      ? 0
      : Divide<Subtract<Add<D, Step>, "1">, Step> extends [infer Q extends string, string]
        ? ToNumber<Q>
        : number
    : number;

export type SliceUp<
  N extends string,
  A extends string,
  B extends string,
  Step extends string,
> = CountSteps<A extends "" ? "0" : LimitUp<A, N>, B extends "" ? N : LimitUp<B, N>, Step>;

export type SliceDown<
  N extends string,
  A extends string,
  B extends string,
  Step extends string,
> = CountSteps<B extends "" ? "0" : LimitDown<B, N>, A extends "" ? N : LimitDown<A, N>, Step>;

/** How many elements of an axis of size D a range of these parts keeps. */
export type RangeSize<D extends number, Parts> = Parts extends [
  infer A extends string,
  infer B extends string,
  infer C extends string,
]
  ? [A, B, C] extends ["", "", "" | "1" | "-1"]
    ? D
    : IsLiteral<D> extends true
      ? C extends `-${infer K}`
        ? SliceDown<`${D}`, A, B, K>
        : SliceUp<`${D}`, A, B, C extends "" ? "1" : C>
      : number
  : number;

// ---- one index ----

/** May I stand for an axis of size D? */
export type IsWithin<D extends number, I extends number> =
  IsLiteral<D> extends true
    ? `${I}` extends `-${infer K}`
      ? Subtract<`${D}`, K> extends "negative"
        ? false
        : true
      : Subtract<`${D}`, Add<`${I}`, "1">> extends "negative"
        ? false
        : true
    : true;

export type NotWithin<
  D extends number,
  I extends number,
  S extends Dims,
  Op extends string,
> = `${Op}: index ${I} is out of range for an axis of size ${ShowDim<D>} in ${Show<S>}`;

/** What an index leaves of an axis of size D: [] or [size], or a message. */
export type IndexAxis<D extends number, E, S extends Dims> = E extends number
  ? Ident<E, number> extends true
    ? []
    : IsWithin<D, E> extends true
      ? []
      : NotWithin<D, E, S, "at">
  : E extends string
    ? string extends E
      ? [number]
      : IsRange<E> extends true
        ? [RangeSize<D, RangeParts<E>>]
        : `at: '${E}' is no range; write e.g. '1:-1', ':' or '::2'`
    : [number];

// ---- all of them ----

export type TooMany<S extends Dims> = `at: more indices than ${Show<S>} has axes`;

/** From the front up to "...": what is left of the axes, and of the indices. */
export type FromFront<
  S extends Dims,
  E extends readonly unknown[],
  Whole extends Dims,
  Done extends Dims = [],
> = E extends readonly [infer Head, ...infer Rest]
  ? Ident<Head, null> extends true
    ? FromFront<S, Rest, Whole, [...Done, 1]>
    : Ident<Head, "..."> extends true
      ? FromBack<S, Rest, Whole, Done>
      : S extends readonly [infer D extends number, ...infer Axes extends Dims]
        ? IndexAxis<D, Head, Whole> extends infer R
          ? R extends Dims
            ? FromFront<Axes, Rest, Whole, [...Done, ...R]>
            : R
          : never
        : TooMany<Whole>
  : [...Done, ...S];

/** From the back down to "...". */
export type FromBack<
  S extends Dims,
  E extends readonly unknown[],
  Whole extends Dims,
  Front extends Dims,
  Done extends Dims = [],
> = E extends readonly [...infer Rest, infer Last]
  ? Ident<Last, null> extends true
    ? FromBack<S, Rest, Whole, Front, [1, ...Done]>
    : Ident<Last, "..."> extends true
      ? "at: '...' may stand once"
      : S extends readonly [...infer Axes extends Dims, infer D extends number]
        ? IndexAxis<D, Last, Whole> extends infer R
          ? R extends Dims
            ? FromBack<Axes, Rest, Whole, Front, [...R, ...Done]>
            : R
          : never
        : TooMany<Whole>
  : [...Front, ...S, ...Done];

/** Shape function of `at(x, ...indices)`. */
export type At<S extends Dims, E extends readonly unknown[]> =
  IsAny<S> extends true
    ? Dyn
    : true extends IsOpen<S> | (number extends E["length"] ? true : false)
      ? Dyn
      : FromFront<S, E, S>;

/** The indices; or, if they are wrong, the message in the place of the first that does not fit. */
export type AtArgs<S extends Dims, E extends readonly unknown[]> =
  At<S, E> extends string ? BlameIndex<S, E, At<S, E>> : E;

export type BlameIndex<
  S extends Dims,
  E extends readonly unknown[],
  Message,
  Fitting extends readonly unknown[] = [],
> = E extends readonly [infer Head, ...infer Rest]
  ? At<S, [...Fitting, Head]> extends string
    ? [...Fitting, Message, ...Rest]
    : BlameIndex<S, Rest, Message, [...Fitting, Head]>
  : Fitting;

// ---- slice ----

/** A limit or step as a part of a range; `number` where it is not written out. */
export type PartOf<X> = X extends number ? (Ident<X, number> extends true ? number : `${X}`) : "";

/** [start, stop, step] as parts. */
export type PartsOf<L> = L extends readonly [infer A, infer B, infer C]
  ? [PartOf<A>, PartOf<B>, PartOf<C>]
  : L extends readonly [infer A, infer B]
    ? [PartOf<A>, PartOf<B>, ""]
    : L extends readonly [infer A]
      ? [PartOf<A>, "", ""]
      : L extends readonly []
        ? ["", "", ""]
        : never;

/** What a range of `slice` leaves of an axis of size D. */
export type SliceAxis<D extends number, E, S extends Dims> = E extends null
  ? [D]
  : E extends number
    ? Ident<E, number> extends true
      ? []
      : IsWithin<D, E> extends true
        ? []
        : NotWithin<D, E, S, "slice">
    : [PartsOf<E>] extends [never]
      ? [number]
      : number extends PartsOf<E>[number]
        ? [number]
        : PartsOf<E>[2] extends "0"
          ? "slice: a step must not be 0"
          : [RangeSize<D, PartsOf<E>>];

export type SliceEach<
  S extends Dims,
  R extends readonly unknown[],
  Whole extends Dims,
  Done extends Dims = [],
> = R extends readonly [infer Head, ...infer Rest]
  ? S extends readonly [infer D extends number, ...infer Axes extends Dims]
    ? true extends IsUnion<Head>
      ? Dyn
      : SliceAxis<D, Head, Whole> extends infer Kept
        ? Kept extends Dims
          ? SliceEach<Axes, Rest, Whole, [...Done, ...Kept]>
          : Kept
        : never
    : `slice: more ranges than ${Show<Whole>} has axes`
  : [...Done, ...S];

/** Shape function of `slice(x, ranges)`; unknown where the ranges are not written out. */
export type Slice<S extends Dims, R extends readonly unknown[]> =
  IsAny<S> extends true
    ? Dyn
    : true extends IsOpen<S> | (number extends R["length"] ? true : false)
      ? Dyn
      : SliceEach<S, R, S>;
