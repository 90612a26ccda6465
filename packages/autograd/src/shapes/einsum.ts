/** Sums of products: einsum by its equation, tensordot, inner and outer products. */

import type { AxisList, ReplaceAxes, ResolveAxes, Resolved, SizeAt, AxisIndex } from "./axes.ts";
import type { BroadcastDim, BroadcastOr, Clash } from "./broadcast.ts";
import type {
  AxesMayEqual,
  Dims,
  Dyn,
  IsMessage,
  IsOpen,
  IsUnknown,
  MayEqual,
  Show,
  ShowDim,
} from "./dims.ts";
import type { SplitParts, SplitSpatial } from "./spatial.ts";

// ---- reading the equation ----

export type NoSpaces<E extends string> = E extends `${infer A} ${infer B}`
  ? NoSpaces<`${A}${B}`>
  : E;

export type SplitTerms<E extends string> = E extends `${infer Head},${infer Rest}`
  ? [Head, ...SplitTerms<Rest>]
  : [E];

/** The letters of a term, one by one. */
export type LettersOf<
  E extends string,
  Done extends string[] = [],
> = E extends `${infer Head}${infer Rest}` ? LettersOf<Rest, [...Done, Head]> : Done;

// ---- sizes by letter ----

/** What the operands say so far: the size of each letter, and what "..." stands for. */
export interface Bound<Sizes, Dots extends Dims> {
  sizes: Sizes;
  dots: Dots;
}

/** The letters' sizes with another one; a letter that is there broadcasts. */
export type Put<Sizes, L extends string, D extends number> = {
  [K in keyof Sizes | L]: K extends L
    ? K extends keyof Sizes
      ? BroadcastDim<Sizes[K] & number, D>
      : D
    : K extends keyof Sizes
      ? Sizes[K]
      : never;
};

export type DoClash<Sizes, L extends string, D extends number> = L extends keyof Sizes
  ? Clash<Sizes[L] & number, D>
  : false;

/** Letters, each for an axis of S from the front: the sizes, or a message. */
export type BindLetters<Letters, S extends Dims, Sizes> = Letters extends readonly [
  infer L extends string,
  ...infer Others,
]
  ? S extends readonly [infer D extends number, ...infer Rest extends Dims]
    ? DoClash<Sizes, L, D> extends true
      ? `einsum: ${L} is ${ShowDim<Sizes[L & keyof Sizes]>} and ${ShowDim<D>}`
      : BindLetters<Others, Rest, Put<Sizes, L, D>>
    : never
  : Sizes;

/** One operand. Of one whose rank is unknown nothing is learnt. */
export type BindTerm<T extends string, S extends Dims, Sizes, Dots extends Dims> =
  IsUnknown<S> extends true
    ? T extends `${string}...${string}`
      ? Bound<Sizes, Dyn>
      : Bound<Sizes, Dots>
    : T extends `${infer Before}...${infer After}`
      ? BindAround<LettersOf<Before>, LettersOf<After>, T, S, Sizes, Dots>
      : LettersOf<T>["length"] extends S["length"]
        ? WithSizes<BindLetters<LettersOf<T>, S, Sizes>, Dots>
        : `einsum: ${T} does not have as many letters as ${Show<S>} has axes`;

export type WithSizes<R, Dots extends Dims> = IsMessage<R> extends true ? R : Bound<R, Dots>;

/** S as Before, what "..." stands for, After. */
export type BindAround<
  Before extends readonly string[],
  After extends readonly string[],
  T extends string,
  S extends Dims,
  Sizes,
  Dots extends Dims,
> =
  SplitFirst<S, Before["length"]> extends SplitParts<infer First, infer Behind>
    ? SplitSpatial<Behind, After["length"]> extends SplitParts<infer Middle, infer Last>
      ? BindLetters<[...Before, ...After], [...First, ...Last], Sizes> extends infer R
        ? IsMessage<R> extends true
          ? R
          : IsOpen<Dots> extends true
            ? Bound<R, Dots>
            : BroadcastOr<
                  Dots,
                  Middle,
                  `einsum: ${Show<Dots>} and ${Show<Middle>} under ... do not broadcast`
                > extends infer Common
              ? Common extends Dims
                ? Bound<R, Common>
                : Common
              : never
        : never
      : `einsum: ${T} has more letters than ${Show<S>} has axes`
    : `einsum: ${T} has more letters than ${Show<S>} has axes`;

/** A shape with its first N axes apart; "short" if there are fewer. */
export type SplitFirst<
  S extends Dims,
  N extends number,
  First extends Dims = [],
> = First["length"] extends N
  ? SplitParts<First, S>
  : S extends readonly [infer D extends number, ...infer Rest extends Dims]
    ? SplitFirst<Rest, N, [...First, D]>
    : "short";

/** All operands, one after another. */
export type BindAll<Terms, L, Sizes = {}, Dots extends Dims = []> = Terms extends readonly [
  infer T extends string,
  ...infer RestT,
]
  ? L extends readonly [infer S extends Dims, ...infer RestL]
    ? BindTerm<T, S, Sizes, Dots> extends infer R
      ? R extends Bound<infer NewSizes, infer NewDots>
        ? BindAll<RestT, RestL, NewSizes, NewDots>
        : R
      : never
    : "einsum: the equation has more terms than there are operands"
  : L extends readonly []
    ? Bound<Sizes, Dots>
    : "einsum: the equation has fewer terms than there are operands";

// ---- the output ----

export type Alphabet = LettersOf<"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz">;

/** The letters that stand once in the terms, in alphabetical order. */
export type OnceIn<
  Terms extends string,
  Letters = Alphabet,
  Done extends string = "",
> = Letters extends readonly [infer L extends string, ...infer Rest]
  ? Terms extends `${string}${L}${infer After}`
    ? After extends `${string}${L}${string}`
      ? OnceIn<Terms, Rest, Done>
      : OnceIn<Terms, Rest, `${Done}${L}`>
    : OnceIn<Terms, Rest, Done>
  : Done;

/** The output's letters as sizes. A letter of which nothing was learnt has some size. */
export type ReadLetters<
  Letters,
  Terms extends string,
  Sizes,
  Seen extends string = never,
  Done extends Dims = [],
> = Letters extends readonly [infer L extends string, ...infer Rest]
  ? L extends Seen
    ? `einsum: ${L} stands twice in the output`
    : Terms extends `${string}${L}${string}`
      ? ReadLetters<
          Rest,
          Terms,
          Sizes,
          Seen | L,
          [...Done, L extends keyof Sizes ? Sizes[L] & number : number]
        >
      : `einsum: ${L} of the output stands in no operand`
  : Done;

export type ReadOutput<Output extends string, Terms extends string, B> =
  B extends Bound<infer Sizes, infer Dots>
    ? Output extends `${infer Before}...${infer After}`
      ? IsOpen<Dots> extends true
        ? Dyn
        : ReadLetters<LettersOf<Before>, Terms, Sizes> extends infer First
          ? ReadLetters<LettersOf<After>, Terms, Sizes> extends infer Last
            ? First extends Dims
              ? Last extends Dims
                ? [...First, ...Dots, ...Last]
                : Last
              : First
            : never
          : never
      : ReadLetters<LettersOf<Output>, Terms, Sizes>
    : B;

export type EinsumOf<
  E extends string,
  L extends readonly unknown[],
> = E extends `${infer Terms}->${infer Output}`
  ? ReadOutput<Output, Terms, BindAll<SplitTerms<Terms>, L>>
  : ReadOutput<
      E extends `${string}...${string}` ? `...${OnceIn<E>}` : OnceIn<E>,
      E,
      BindAll<SplitTerms<E>, L>
    >;

/** Shape function of `einsum(equation, ...operands)`; L lists the shapes of the operands. */
export type Einsum<E extends string, L extends readonly unknown[]> = string extends E
  ? Dyn
  : number extends L["length"]
    ? Dyn
    : EinsumOf<NoSpaces<E>, L>;

// ---- products of two ----

/** Shape function of `outer(a, b)`. */
export type Outer<A extends Dims, B extends Dims> =
  IsVector<A> extends true
    ? IsVector<B> extends true
      ? [VectorLength<A>, VectorLength<B>]
      : `outer: needs vectors, got ${Show<B>}`
    : `outer: needs vectors, got ${Show<A>}`;

export type IsVector<S extends Dims> =
  IsUnknown<S> extends true ? true : S extends readonly [number] ? true : false;

export type VectorLength<S extends Dims> =
  IsUnknown<S> extends true ? number : S extends readonly [infer N extends number] ? N : number;

/** Shape function of `inner(a, b)`: the last axes are summed over. */
export type InnerProduct<A extends Dims, B extends Dims> = true extends IsUnknown<A> | IsUnknown<B>
  ? Dyn
  : [A, B] extends [
        readonly [...infer RestA extends Dims, infer X],
        readonly [...infer RestB extends Dims, infer Y],
      ]
    ? MayEqual<X, Y> extends true
      ? [...RestA, ...RestB]
      : `inner: last axes differ: ${ShowDim<X>} vs ${ShowDim<Y>}`
    : "inner: one side is a scalar; use mul";

/** What tensordot sums over: so many axes, or these. */
export type TensordotAxes =
  number | readonly [number | readonly number[], number | readonly number[]];

export type Differ<
  A extends Dims,
  B extends Dims,
> = `tensordot: axes ${Show<A>} and ${Show<B>} differ`;

/** The sizes of a list of axes. */
export type SizesAt<S extends Dims, List> = List extends readonly [
  infer X extends number,
  ...infer Rest,
]
  ? [SizeAt<S, AxisIndex<S, X>>, ...SizesAt<S, Rest>]
  : [];

export type TensordotLists<A extends Dims, B extends Dims, X, Y> =
  ResolveAxes<A, X, "tensordot"> extends infer P
    ? P extends Resolved<infer I>
      ? ResolveAxes<B, Y, "tensordot"> extends infer Q
        ? Q extends Resolved<infer J>
          ? AxesMayEqual<SizesAt<A, X>, SizesAt<B, Y>> extends true
            ? [...ReplaceAxes<A, I, []>, ...ReplaceAxes<B, J, []>]
            : Differ<SizesAt<A, X>, SizesAt<B, Y>>
          : Q
        : never
      : P
    : never;

export type TensordotLast<A extends Dims, B extends Dims, N extends number> =
  SplitSpatial<A, N> extends SplitParts<infer RestA, infer Last>
    ? SplitFirst<B, N> extends SplitParts<infer First, infer RestB>
      ? AxesMayEqual<Last, First> extends true
        ? [...RestA, ...RestB]
        : Differ<Last, First>
      : `tensordot: ${Show<B>} has fewer than ${N} axes`
    : `tensordot: ${Show<A>} has fewer than ${N} axes`;

/** Shape function of `tensordot(a, b, { axes })`. */
export type Tensordot<A extends Dims, B extends Dims, N extends TensordotAxes> = true extends
  IsUnknown<A> | IsUnknown<B>
  ? Dyn
  : N extends number
    ? number extends N
      ? Dyn
      : TensordotLast<A, B, N>
    : N extends readonly [infer X, infer Y]
      ? number extends Listed<X> | Listed<Y>
        ? Dyn
        : TensordotLists<A, B, AxisList<X>, AxisList<Y>>
      : Dyn;

/** The numbers in an axis or a list; `number` where they are not written out. */
export type Listed<X> = X extends readonly number[]
  ? number extends X["length"]
    ? number
    : X[number]
  : X;
