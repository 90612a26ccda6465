/** Axes: which ones an argument names, and what becomes of a shape when ops work along them. */

import type {
  Dims,
  Dyn,
  Ident,
  IsAny,
  IsLiteral,
  IsMessage,
  IsUnion,
  IsUnknown,
  MayEqual,
  Show,
  ShowDim,
} from "./dims.ts";

/** What an `axis` option may be; undefined stands for all axes. */
export type Axes = number | readonly number[] | undefined;

// ---- from an axis to an index ----

/** The index of the axis `-N`, counted from the end; never if there are fewer axes. */
export type FromEnd<
  S extends readonly unknown[],
  N extends string,
  Counted extends 0[] = [0],
> = S extends readonly [...infer Rest, unknown]
  ? `${Counted["length"]}` extends N
    ? `${Rest["length"]}`
    : FromEnd<Rest, N, [...Counted, 0]>
  : never;

/** The index of axis X in S as a string ("0", "1", ...); never if it is out of range. */
export type AxisIndex<S extends Dims, X extends number> = `${X}` extends `-${infer N}`
  ? FromEnd<S, N>
  : `${X}` extends keyof S
    ? `${X}`
    : never;

export type OutOfRange<
  S extends Dims,
  X extends number,
  Op extends string,
> = `${Op}: axis ${X} is out of range for shape ${Show<S>}`;

/** Are the axes written out, so that something can be said about them? */
export type IsKnownAxes<X> =
  IsUnion<X> extends true
    ? false
    : X extends number
      ? number extends X
        ? false
        : true
      : X extends readonly number[]
        ? number extends X["length"] | X[number]
          ? false
          : true
        : false;

export type AxisList<X> = X extends readonly number[] ? X : readonly [X];

export interface Resolved<Indices extends string> {
  indices: Indices;
}

/** All the axes of a list as a union of indices, or a message. */
export type ResolveAxes<
  S extends Dims,
  List,
  Op extends string,
  Seen extends string = never,
> = List extends readonly [infer X extends number, ...infer Rest]
  ? [AxisIndex<S, X>] extends [never]
    ? OutOfRange<S, X, Op>
    : AxisIndex<S, X> extends Seen
      ? `${Op}: axis ${X} of ${Show<S>} is named twice`
      : ResolveAxes<S, Rest, Op, Seen | AxisIndex<S, X>>
  : Resolved<Seen>;

/** S with New in place of each axis whose index is in Indices. */
export type ReplaceAxes<
  S extends Dims,
  Indices extends string,
  New extends Dims,
  Done extends Dims = [],
  Position extends 0[] = [],
> = S extends readonly [infer Head extends number, ...infer Rest extends Dims]
  ? `${Position["length"]}` extends Indices
    ? ReplaceAxes<Rest, Indices, New, [...Done, ...New], [...Position, 0]>
    : ReplaceAxes<Rest, Indices, New, [...Done, Head], [...Position, 0]>
  : Done;

// ---- reductions ----

/** Without axes everything is reduced: without keepDims that is a scalar, whatever the shape. */
export type ReduceAll<S extends Dims, Keep extends boolean> =
  Ident<Keep, false> extends true
    ? []
    : IsAny<S> extends true
      ? Dyn
      : Ident<Keep, true> extends true
        ? { -readonly [I in keyof S]: 1 }
        : Dyn;

export type ReduceAxes<S extends Dims, List, Keep extends boolean, Op extends string> =
  ResolveAxes<S, List, Op> extends infer R
    ? IsMessage<R> extends true
      ? R
      : R extends Resolved<infer Indices>
        ? boolean extends Keep
          ? Dyn
          : ReplaceAxes<S, Indices, Keep extends true ? [1] : []>
        : never
    : never;

/** Shape function of sum, mean, max, argmax, ...; an empty list of axes is left to run time. */
export type Reduce<S extends Dims, X extends Axes, Keep extends boolean, Op extends string> =
  Ident<X, undefined> extends true
    ? ReduceAll<S, Keep>
    : IsUnknown<S> extends true
      ? Dyn
      : IsKnownAxes<X> extends true
        ? AxisList<X> extends readonly []
          ? Dyn
          : ReduceAxes<S, AxisList<X>, Keep, Op>
        : Dyn;

/** Shape function of ops that work along axes but keep the shape: softmax, cumsum, flip, ... */
export type AlongAxes<S extends Dims, X extends Axes, Op extends string> =
  IsUnknown<S> extends true
    ? Dyn
    : IsKnownAxes<X> extends true
      ? ResolveAxes<S, AxisList<X>, Op> extends infer R
        ? IsMessage<R> extends true
          ? R
          : S
        : never
      : Dyn;

// ---- rearranging axes ----

export type PermuteBy<
  S extends Dims,
  P extends Dims,
  Message extends string,
  Seen extends string = never,
  Done extends Dims = [],
> = P extends readonly [infer X extends number, ...infer Rest extends Dims]
  ? [AxisIndex<S, X>] extends [never]
    ? Message
    : AxisIndex<S, X> extends Seen
      ? Message
      : PermuteBy<S, Rest, Message, Seen | AxisIndex<S, X>, [...Done, SizeAt<S, AxisIndex<S, X>>]>
  : Done["length"] extends S["length"]
    ? Done
    : Message;

export type SizeAt<S extends Dims, I> = I extends keyof S ? S[I] & number : number;

/** Shape function of `permute(x, axes)`. */
export type Permute<S extends Dims, P extends Dims> =
  IsUnknown<S> extends true
    ? Dyn
    : number extends P["length"] | P[number]
      ? Dyn
      : PermuteBy<S, P, `permute: ${Show<P>} is not a permutation of the axes of ${Show<S>}`>;

export type SwapAt<S extends Dims, I extends string, J extends string> = {
  -readonly [At in keyof S]: At extends I ? SizeAt<S, J> : At extends J ? SizeAt<S, I> : S[At];
};

/** Shape function of `transpose(x, axis0, axis1)`, which swaps two axes, and of `swapaxes`. */
export type Transpose<
  S extends Dims,
  X extends number = -2,
  Y extends number = -1,
  Op extends string = "transpose",
> =
  IsUnknown<S> extends true
    ? Dyn
    : number extends X | Y
      ? { -readonly [I in keyof S]: number }
      : [AxisIndex<S, X>] extends [never]
        ? OutOfRange<S, X, Op>
        : [AxisIndex<S, Y>] extends [never]
          ? OutOfRange<S, Y, Op>
          : SwapAt<S, AxisIndex<S, X>, AxisIndex<S, Y>>;

// ---- axes of size one ----

/** Every literal 1 is dropped; a size that is not a literal may be 1 at run time: rank unknown. */
export type SqueezeAll<S extends Dims, Done extends Dims = []> = S extends readonly [
  infer Head extends number,
  ...infer Rest extends Dims,
]
  ? IsLiteral<Head> extends true
    ? SqueezeAll<Rest, Head extends 1 ? Done : [...Done, Head]>
    : Dyn
  : Done;

/** A message if the size of a listed axis is a literal other than 1, else true. */
export type AllOnes<S extends Dims, List> = List extends readonly [
  infer X extends number,
  ...infer Rest,
]
  ? MayBeOne<SizeAt<S, AxisIndex<S, X>>> extends true
    ? AllOnes<S, Rest>
    : `squeeze: axis ${X} of ${Show<S>} has size ${ShowDim<SizeAt<S, AxisIndex<S, X>>>}, not 1`
  : true;

/** A symbol may: what it stands for is known at run time only. */
export type MayBeOne<Size> =
  MayEqual<Size, 1> extends true ? true : IsLiteral<Size> extends true ? false : true;

export type SqueezeAxes<S extends Dims, List> =
  ResolveAxes<S, List, "squeeze"> extends infer R
    ? IsMessage<R> extends true
      ? R
      : AllOnes<S, List> extends infer Fault
        ? IsMessage<Fault> extends true
          ? Fault
          : R extends Resolved<infer Indices>
            ? ReplaceAxes<S, Indices, []>
            : never
        : never
    : never;

/** Shape function of `squeeze(x, { axis })`. */
export type Squeeze<S extends Dims, X extends Axes> =
  IsUnknown<S> extends true
    ? Dyn
    : Ident<X, undefined> extends true
      ? SqueezeAll<S>
      : IsKnownAxes<X> extends true
        ? SqueezeAxes<S, AxisList<X>>
        : Dyn;

/** S with the dimensions New inserted before the axis with index I; at the end if there is none. */
export type InsertAt<
  S extends Dims,
  I extends string,
  New extends Dims,
  Done extends Dims = [],
> = `${Done["length"]}` extends I
  ? [...Done, ...New, ...S]
  : S extends readonly [infer Head extends number, ...infer Rest extends Dims]
    ? InsertAt<Rest, I, New, [...Done, Head]>
    : Done;

/** S with a new axis of size N at X; X counts the axes of the result, so that -1 appends. */
export type InsertAxis<S extends Dims, X extends number, N extends number, Op extends string> =
  IsUnknown<S> extends true
    ? Dyn
    : IsKnownAxes<X> extends true
      ? [AxisIndex<[...S, N], X>] extends [never]
        ? OutOfRange<S, X, Op>
        : InsertAt<S, AxisIndex<[...S, N], X>, [N]>
      : Dyn;

/** Shape function of `unsqueeze(x, axis)`. */
export type Unsqueeze<S extends Dims, X extends number> = InsertAxis<S, X, 1, "unsqueeze">;
