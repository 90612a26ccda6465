/** Movement: rolling, repeating, splitting and rearranging axes; grids; diagonals. */

import type { AddSizes } from "./join.ts";
import type {
  AxisIndex,
  AxisList,
  IsKnownAxes,
  OutOfRange,
  ReplaceAxes,
  ResolveAxes,
  Resolved,
  SizeAt,
} from "./axes.ts";
import type { Expand } from "./broadcast.ts";
import type { Add, Divide, Subtract, ToNumber } from "./digits.ts";
import type { Dims, Dyn, Ident, IsLiteral, IsMessage, IsOpen, IsUnknown, Show } from "./dims.ts";
import type { ElementCount } from "./reshape.ts";
import type { AllLiteral, Times } from "./spatial.ts";

/** Shape function of `broadcastTo(x, shape)`. */
export type BroadcastTo<S extends Dims, N extends Dims> =
  Expand<S, N> extends infer R
    ? IsMessage<R> extends true
      ? `broadcastTo: cannot broadcast ${Show<S>} to ${Show<N>}`
      : R
    : never;

// ---- moving axes ----

/** The entry of Values at the place where Keys has K; never if it has it nowhere. */
export type Lookup<Keys, Values, K> = Keys extends readonly [infer Key, ...infer RestK]
  ? Values extends readonly [infer Value, ...infer RestV]
    ? Key extends K
      ? Value
      : Lookup<RestK, RestV, K>
    : never
  : never;

/** The axes of a list as indices from the front; those that S lacks are never. */
export type Indices<S extends Dims, List> = List extends readonly [
  infer X extends number,
  ...infer Rest,
]
  ? [AxisIndex<S, X>, ...Indices<S, Rest>]
  : [];

/** The result from its first axis on: a moved axis where one has its place, else the next of Rest. */
export type PlaceAxes<
  S extends Dims,
  Rest extends Dims,
  From,
  To,
  Done extends Dims = [],
> = Done["length"] extends S["length"]
  ? Done
  : [Lookup<To, From, `${Done["length"]}`>] extends [never]
    ? Rest extends readonly [infer Next extends number, ...infer Others extends Dims]
      ? PlaceAxes<S, Others, From, To, [...Done, Next]>
      : Done
    : PlaceAxes<S, Rest, From, To, [...Done, SizeAt<S, Lookup<To, From, `${Done["length"]}`>>]>;

/** Shape function of `moveaxis(x, source, destination)`. */
export type MoveAxis<
  S extends Dims,
  From extends number | readonly number[],
  To extends number | readonly number[],
> =
  IsUnknown<S> extends true
    ? Dyn
    : false extends IsKnownAxes<From> | IsKnownAxes<To>
      ? Dyn
      : AxisList<From>["length"] extends AxisList<To>["length"]
        ? ResolveAxes<S, AxisList<From>, "moveaxis"> extends infer R
          ? IsMessage<R> extends true
            ? R
            : ResolveAxes<S, AxisList<To>, "moveaxis"> extends infer Q
              ? IsMessage<Q> extends true
                ? Q
                : R extends Resolved<infer Moved>
                  ? PlaceAxes<
                      S,
                      ReplaceAxes<S, Moved, []>,
                      Indices<S, AxisList<From>>,
                      Indices<S, AxisList<To>>
                    >
                  : never
              : never
          : never
        : `moveaxis: ${Show<AxisList<From>>} are not as many axes as ${Show<AxisList<To>>}`;

// ---- repeating ----

/** Sizes times repetitions, aligned at the last axes. */
export type TileEach<S extends Dims, R extends Dims, Done extends Dims = []> = R extends readonly [
  ...infer RestR extends Dims,
  infer Count extends number,
]
  ? S extends readonly [...infer RestS extends Dims, infer Size extends number]
    ? TileEach<RestS, RestR, [Repeated<Size, Count>, ...Done]>
    : TileEach<[], RestR, [Count, ...Done]>
  : [...S, ...Done];

export type Repeated<Size extends number, Count extends number> =
  Ident<Count, 1> extends true ? Size : Times<Size, Count>;

/** Shape function of `tile(x, repeats)`; one number is for the last axis. */
export type Tile<S extends Dims, R extends number | Dims> =
  IsUnknown<S> extends true
    ? Dyn
    : R extends Dims
      ? IsOpen<R> extends true
        ? Dyn
        : TileEach<S, R>
      : TileEach<S, [R & number]>;

/** Shape function of `repeat(x, repeats, { axis })`; without an axis the elements are repeated. */
export type RepeatElements<S extends Dims, R extends number | Dims, X extends number | undefined> =
  IsUnknown<S> extends true
    ? Dyn
    : Ident<X, undefined> extends true
      ? [RepeatedBy<ElementCount<S>, R>]
      : IsKnownAxes<X> extends true
        ? [AxisIndex<S, X & number>] extends [never]
          ? OutOfRange<S, X & number, "repeat">
          : ReplaceAxes<
              S,
              AxisIndex<S, X & number>,
              [RepeatedBy<SizeAt<S, AxisIndex<S, X & number>>, R>]
            >
        : Dyn;

export type RepeatedBy<N extends number, R extends number | Dims> = R extends Dims
  ? number
  : Repeated<N, R & number>;

// ---- splitting ----

/** N in parts of Z, the last of what is left. */
export type Cut<N extends string, Z extends string, Done extends Dims = []> =
  Subtract<N, Z> extends infer Rest extends string
    ? Rest extends "negative"
      ? [...Done, ToNumber<N>]
      : Rest extends "0"
        ? [...Done, ToNumber<N>]
        : Cut<Rest, Z, [...Done, ToNumber<Z>]>
    : never;

/** The sizes that an axis of N elements is split into; Dyn where they are unknown or very many. */
export type Parted<N extends number, Z extends number | Dims> = Z extends Dims
  ? Z
  : AllLiteral<[N, Z & number]> extends true
    ? Ident<Z, 0> extends true
      ? Dyn
      : Divide<`${N}`, `${Z & number}`> extends [infer Q, string]
        ? Q extends `${string}${string}${infer Third}`
          ? Third extends ""
            ? Cut<`${N}`, `${Z & number}`>
            : Dyn
          : Cut<`${N}`, `${Z & number}`>
        : Dyn
    : Dyn;

/** ⌈N / C⌉. */
export type Share<N extends number, C extends number> =
  AllLiteral<[N, C]> extends true
    ? Ident<C, 0> extends true
      ? number
      : Divide<Add<`${N}`, Subtract<`${C}`, "1">>, `${C}`> extends [infer Q extends string, string]
        ? ToNumber<Q>
        : number
    : number;

export type SumOf<L extends Dims, Sum extends number = 0> = L extends readonly [
  infer Head extends number,
  ...infer Rest extends Dims,
]
  ? SumOf<Rest, AddSizes<Sum, Head>>
  : Sum;

/** A list of shapes: those of the parts. */
export interface Several<L extends readonly unknown[]> {
  shapes: L;
}

export type EachPart<S extends Dims, I extends string, Sizes extends Dims> = {
  -readonly [P in keyof Sizes]: ReplaceAxes<S, I, [Sizes[P]]>;
};

export type Unknowns<L extends readonly unknown[]> = { -readonly [P in keyof L]: Dyn };

/** Whether the sizes of the parts may add up to the axis. */
export type AddUp<N extends number, Sizes extends Dims> =
  AllLiteral<[N, ...Sizes]> extends true ? Ident<SumOf<Sizes>, N> : true;

/** Shape function of `split(x, size, { axis })`: Several shapes. */
export type Split<
  S extends Dims,
  Z extends number | Dims,
  X extends number,
  Op extends string = "split",
> =
  IsUnknown<S> extends true
    ? Several<Z extends Dims ? Unknowns<Z> : Dyn[]>
    : IsKnownAxes<X> extends true
      ? [AxisIndex<S, X>] extends [never]
        ? OutOfRange<S, X, Op>
        : Parted<SizeAt<S, AxisIndex<S, X>>, Z> extends infer Sizes extends Dims
          ? IsOpen<Sizes> extends true
            ? Several<ReplaceAxes<S, AxisIndex<S, X>, [number]>[]>
            : AddUp<SizeAt<S, AxisIndex<S, X>>, Sizes> extends true
              ? Several<EachPart<S, AxisIndex<S, X>, Sizes>>
              : `${Op}: the sizes ${Show<Sizes>} do not add up to axis ${X} of ${Show<S>}`
          : never
      : Several<Z extends Dims ? Unknowns<Z> : Dyn[]>;

/** Shape function of `chunk(x, chunks, { axis })`: parts of ⌈n / chunks⌉ elements; of nothing as many as
 *  asked for. */
export type Chunk<S extends Dims, C extends number, X extends number> =
  IsUnknown<S> extends true
    ? Several<Dyn[]>
    : [AxisIndex<S, X>] extends [never]
      ? IsKnownAxes<X> extends true
        ? OutOfRange<S, X, "chunk">
        : Several<Dyn[]>
      : Ident<SizeAt<S, AxisIndex<S, X>>, 0> extends true
        ? Several<S[]>
        : Split<S, Share<SizeAt<S, AxisIndex<S, X>>, C>, X, "chunk">;

// ---- padding ----

export type PadEach<S extends Dims, W, Done extends Dims = []> = S extends readonly [
  infer D extends number,
  ...infer Rest extends Dims,
]
  ? W extends readonly [readonly [infer A extends number, infer B extends number], ...infer RestW]
    ? PadEach<Rest, RestW, [...Done, Padded<D, A, B>]>
    : "misfit"
  : W extends readonly []
    ? Done
    : "misfit";

export type Padded<D extends number, A extends number, B extends number> = [A, B] extends [0, 0]
  ? D
  : AddSizes<AddSizes<D, A>, B>;

/** Shape function of `pad(x, widths)`; unknown where the widths are not written out. */
export type Pad<S extends Dims, W extends readonly (readonly number[])[]> =
  IsUnknown<S> extends true
    ? Dyn
    : number extends W["length"] | W[number]["length"]
      ? Dyn
      : PadEach<S, W> extends infer R
        ? R extends Dims
          ? R
          : `pad: needs [before, after] for each axis of ${Show<S>}`
        : never;

// ---- grids ----

/** The size of a vector; that of a scalar is 1. */
export type VectorSize<S> = S extends readonly [infer N extends number]
  ? N
  : S extends readonly []
    ? 1
    : number;

export type GridSizes<L> = L extends readonly [infer S, ...infer Rest]
  ? [VectorSize<S>, ...GridSizes<Rest>]
  : [];

/** The shape of each of the tensors that `meshgrid` makes of vectors of shapes L. */
export type Grid<L extends readonly unknown[], Indexing extends string> = number extends L["length"]
  ? Dyn
  : Ident<Indexing, "ij"> extends true
    ? GridSizes<L>
    : Ident<Indexing, "xy"> extends true
      ? GridSizes<L> extends [
          infer X extends number,
          infer Y extends number,
          ...infer Rest extends Dims,
        ]
        ? [Y, X, ...Rest]
        : GridSizes<L>
      : Dyn;

// ---- diagonals ----

/** Shape function of `tril` and `triu`: matrices stay as they are. */
export type Matrices<S extends Dims, Op extends string> =
  IsUnknown<S> extends true
    ? Dyn
    : S extends readonly [...Dims, number, number]
      ? S
      : `${Op}: needs at least two axes, got ${Show<S>}`;

/** N − K, at least 0. */
export type Less<N extends number, K extends string> =
  IsLiteral<N> extends true
    ? Subtract<`${N}`, K> extends infer D extends string
      ? D extends "negative"
        ? 0
        : ToNumber<D>
      : number
    : Ident<K, "0"> extends true
      ? N
      : number;

export type LesserSize<N extends number, M extends number> =
  Ident<N, M> extends true
    ? N
    : AllLiteral<[N, M]> extends true
      ? Subtract<`${N}`, `${M}`> extends "negative"
        ? N
        : M
      : number;

/** The length of a diagonal of an N × M matrix, K above the main one. */
export type DiagonalSize<N extends number, M extends number, K extends number> =
  Ident<K, number> extends true
    ? number
    : `${K}` extends `-${infer Below}`
      ? LesserSize<Less<N, Below>, M>
      : LesserSize<N, Less<M, `${K}`>>;

/** Shape function of `diagonal(x, { offset, axis1, axis2 })`: the diagonal is a new last axis. */
export type Diagonal<
  S extends Dims,
  K extends number,
  X extends number,
  Y extends number,
  Op extends string,
> =
  IsUnknown<S> extends true
    ? Dyn
    : IsKnownAxes<readonly [X, Y]> extends true
      ? S extends readonly [number, number, ...Dims]
        ? ResolveAxes<S, readonly [X, Y], Op> extends infer R
          ? R extends Resolved<infer I>
            ? [
                ...ReplaceAxes<S, I, []>,
                DiagonalSize<SizeAt<S, AxisIndex<S, X>>, SizeAt<S, AxisIndex<S, Y>>, K>,
              ]
            : R
          : never
        : `${Op}: needs at least two axes, got ${Show<S>}`
      : Dyn;

/** Shape function of `trace`: without the two axes. */
export type Trace<S extends Dims, K extends number, X extends number, Y extends number> =
  Diagonal<S, K, X, Y, "trace"> extends infer R
    ? R extends readonly [...infer Rest extends Dims, number]
      ? Rest
      : R
    : never;

/** N + |K|. */
export type Beside<N extends number, K extends number> =
  Ident<K, 0> extends true
    ? N
    : AllLiteral<[N]> extends true
      ? Ident<K, number> extends true
        ? number
        : `${K}` extends `-${infer Below}`
          ? ToNumber<Add<`${N}`, Below>>
          : ToNumber<Add<`${N}`, `${K}`>>
      : number;

/** Shape function of `diag`: a vector becomes a matrix, a matrix its diagonal. */
export type Diag<S extends Dims, K extends number> =
  IsUnknown<S> extends true
    ? Dyn
    : S extends readonly [infer N extends number]
      ? [Beside<N, K>, Beside<N, K>]
      : S extends readonly [number, number]
        ? Diagonal<S, K, 0, 1, "diag">
        : `diag: needs a vector or a matrix, got ${Show<S>}`;
