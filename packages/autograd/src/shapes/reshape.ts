/**
 * Reshape: the number of elements must stay the same.
 *
 * Sizes may be literals, symbols and unknown numbers, mixed. Equal leading dimensions are set
 * aside, the literals of the rest are multiplied, the symbols cancelled, and -1 is what remains.
 * Where an unknown number keeps the outcome open, the call is accepted.
 */

import type { Dims, Dyn, IdentWithin, IsAny, IsLiteral, IsUnknown, Show } from "./dims.ts";
import type { Divide, Multiply, ToNumber } from "./digits.ts";

/** A product of sizes: the literals multiplied out, the others as a list. */
export interface Product<Literal extends string, Others extends Dims> {
  literal: Literal;
  others: Others;
}

/** The product of the sizes of S; a -1 in it is passed over. */
export type ProductOf<
  S extends Dims,
  Literal extends string = "1",
  Others extends Dims = [],
> = S extends readonly [infer D extends number, ...infer Rest extends Dims]
  ? IdentWithin<Rest, D, -1> extends true
    ? ProductOf<Rest, Literal, Others>
    : IsLiteral<D> extends true
      ? ProductOf<Rest, Multiply<Literal, `${D}`>, Others>
      : ProductOf<Rest, Literal, [...Others, D]>
  : Product<Literal, Others>;

/** The number of elements as a dimension, where it can be written as one. */
export type Size<P> =
  P extends Product<infer Literal, infer Others>
    ? Others extends readonly []
      ? ToNumber<Literal>
      : Literal extends "1"
        ? Others extends readonly [infer D extends number]
          ? D
          : number
        : number
    : number;

export type ElementCount<S extends Dims> = Size<ProductOf<S>>;

export type ShowCount<N extends number> = IsLiteral<N> extends true ? ` (${N} elements)` : "";

/** S without the first D in it. */
export type Without<S extends Dims, D, Before extends Dims = []> = S extends readonly [
  infer Head extends number,
  ...infer Rest extends Dims,
]
  ? IdentWithin<Rest, Head, D> extends true
    ? [...Before, ...Rest]
    : Without<Rest, D, [...Before, Head]>
  : Before;

/** Two unknown numbers may differ although they are written alike, and 0 cannot be divided by. */
export type CanCancel<D, Rest extends Dims> = true extends
  IdentWithin<Rest, D, number> | IdentWithin<Rest, D, 0>
  ? false
  : true;

/** Cancels the sizes that stand in both shapes, so that less is left to multiply, and solves. */
export type Solve<S extends Dims, N extends Dims, Kept extends Dims = []> = N extends readonly [
  infer D extends number,
  ...infer Rest extends Dims,
]
  ? CanCancel<D, Rest> extends true
    ? Without<S, D>["length"] extends S["length"]
      ? Solve<S, Rest, [...Kept, D]>
      : Solve<Without<S, D>, Rest, Kept>
    : Solve<S, Rest, [...Kept, D]>
  : SolveProducts<ProductOf<S>, ProductOf<Kept>, CountMinusOnes<Kept>>;

/** What stands for -1, "even" without one, or what is wrong. */
export type SolveProducts<From, To, MinusOnes> =
  From extends Product<infer FromLiteral, infer FromOthers>
    ? To extends Product<infer ToLiteral, infer ToOthers>
      ? MinusOnes extends 0
        ? Compare<FromLiteral, ToLiteral, [...FromOthers, ...ToOthers]>
        : MinusOnes extends 1
          ? ToOthers extends readonly []
            ? Quotient<FromLiteral, ToLiteral, FromOthers>
            : number
          : "ambiguous"
      : never
    : never;

/** "uneven" if the element counts surely differ. */
export type Compare<From extends string, To extends string, Others> = Others extends readonly []
  ? From extends To
    ? "even"
    : "uneven"
  : "even";

/** From * Others / To as a dimension, where it can be written as one; "uneven" if not an integer. */
export type Quotient<From extends string, To extends string, Others> = To extends "0"
  ? number
  : From extends To
    ? Others extends readonly []
      ? 1
      : Others extends readonly [infer D extends number]
        ? D
        : number
    : Others extends readonly []
      ? Divide<From, To> extends [infer Q extends string, infer Rest]
        ? Rest extends "0"
          ? ToNumber<Q>
          : "uneven"
        : number
      : number;

export type CountMinusOnes<N extends Dims, Found extends 0[] = []> = N extends readonly [
  infer D,
  ...infer Rest extends Dims,
]
  ? CountMinusOnes<Rest, IdentWithin<Rest, D, -1> extends true ? [...Found, 0] : Found>
  : Found["length"];

export type Fill<N extends Dims, D> = {
  -readonly [I in keyof N]: IdentWithin<N, N[I], -1> extends true ? D : N[I];
};

/** `[...Leading, ...]` are sizes that stand in front of both shapes and need no arithmetic. */
export type SolveTail<
  S extends Dims,
  N extends Dims,
  TailS extends Dims = S,
  TailN extends Dims = N,
  Leading extends Dims = [],
> = [TailS, TailN] extends [
  readonly [infer X extends number, ...infer RestS extends Dims],
  readonly [infer Y extends number, ...infer RestN extends Dims],
]
  ? IdentWithin<[...RestS, ...RestN], X, Y> extends true
    ? CanCancel<X, RestS> extends true
      ? SolveTail<S, N, RestS, RestN, [...Leading, X]>
      : Finish<S, N, Leading, TailN, Solve<TailS, TailN>>
    : Finish<S, N, Leading, TailN, Solve<TailS, TailN>>
  : Finish<S, N, Leading, TailN, Solve<TailS, TailN>>;

export type Finish<
  S extends Dims,
  N extends Dims,
  Leading extends Dims,
  Tail extends Dims,
  Solution,
> = Solution extends "ambiguous"
  ? `reshape: only one dimension may be -1, got ${Show<N>}`
  : Solution extends "uneven"
    ? `reshape: cannot turn ${Show<S>}${ShowCount<ElementCount<S>>} into ${Show<N>}`
    : [...Leading, ...Fill<Tail, Solution>];

/** Shape function of `reshape(x, shape)`; one dimension of the shape may be -1. */
export type Reshape<S extends Dims, N extends Dims> =
  IsUnknown<N> extends true ? Dyn : IsUnknown<S> extends true ? Fill<N, number> : SolveTail<S, N>;

/** Shape function of flattening all but the first axis, as between convolutions and Linear. */
export type Flatten<S extends Dims> =
  IsAny<S> extends true
    ? [number, number]
    : S extends readonly [infer Batch extends number, ...infer Rest extends Dims]
      ? number extends Rest["length"]
        ? [Batch, number]
        : [Batch, ElementCount<Rest>]
      : number extends S["length"]
        ? [number, number]
        : "flatten: needs at least one axis, got []";
