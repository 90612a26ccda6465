/** Broadcasting: shapes are aligned at their last axes; a 1 stretches, anything else must agree. */

import type { Box, Dims, Dyn, Ident, IsAny, MayEqual, MoreSpecific, Out, Show } from "./dims.ts";

// Spelled as one comparison of pairs because that is decided at once for equal type parameters.
export type Equal<X, Y> = Box<[X, Y]> extends Box<[Y, X]> ? true : false;

export type Clash<X, Y> =
  Equal<X, Y> extends true
    ? false
    : Box<X> extends Box<1>
      ? false
      : Box<Y> extends Box<1>
        ? false
        : MayEqual<X, Y> extends true
          ? false
          : true;

export type BroadcastDim<X extends number, Y extends number> =
  Equal<X, Y> extends true
    ? X
    : Box<X> extends Box<1>
      ? Y
      : Box<Y> extends Box<1>
        ? X
        : MoreSpecific<X, Y>;

/**
 * Walks both shapes from their last axes and collects the result in Done; Message if they clash.
 * Also used for the batch dimensions of matmul, with Done = the dimensions of the product.
 */
export type BroadcastOr<
  A extends Dims,
  B extends Dims,
  Message extends string,
  Done extends Dims = [],
> = A extends readonly [...infer RestA extends Dims, infer X extends number]
  ? B extends readonly [...infer RestB extends Dims, infer Y extends number]
    ? Clash<X, Y> extends true
      ? Message
      : BroadcastOr<RestA, RestB, Message, [BroadcastDim<X, Y>, ...Done]>
    : B extends readonly []
      ? [...A, ...Done]
      : [...number[], ...Done]
  : A extends readonly []
    ? [...B, ...Done]
    : [...number[], ...Done];

/** Shape function of the binary pointwise ops. */
export type Broadcast<A extends Dims, B extends Dims, Op extends string> = true extends
  IsAny<A> | IsAny<B>
  ? Dyn
  : BroadcastOr<A, B, `${Op}: cannot broadcast ${Show<A>} with ${Show<B>}`>;

/**
 * Result shape of a binary pointwise op. Equal shapes and scalars are recognised before anything is
 * computed, so that `add(x, x)` and `mul(x, 2)` of a `Tensor<S>` are `Tensor<S>` in generic code.
 */
export type BroadcastOut<A extends Dims, B extends Dims> =
  Ident<A, B> extends true
    ? A
    : Ident<B, []> extends true
      ? A
      : Ident<A, []> extends true
        ? B
        : Out<Broadcast<A, B, "">>;

/**
 * Shape function of ternary pointwise ops. A clash of the first two is not reported again: the
 * second argument already carries it.
 */
export type Broadcast3<A extends Dims, B extends Dims, C extends Dims, Op extends string> =
  Broadcast<A, B, Op> extends infer AB ? (AB extends Dims ? Broadcast<AB, C, Op> : Dyn) : never;

export type Broadcast3Out<A extends Dims, B extends Dims, C extends Dims> = BroadcastOut<
  BroadcastOut<A, B>,
  C
>;

/** -1 keeps the size the axis has. */
export type KeepMinusOne<
  S extends Dims,
  N extends Dims,
  Done extends Dims = [],
> = N extends readonly [...infer RestN extends Dims, infer To extends number]
  ? S extends readonly [...infer RestS extends Dims, infer From extends number]
    ? KeepMinusOne<RestS, RestN, [Ident<To, -1> extends true ? From : To, ...Done]>
    : [...N, ...Done]
  : Done;

export type Target<S extends Dims, N extends Dims, Filled extends Dims = KeepMinusOne<S, N>> =
  BroadcastOr<S, Filled, "clash"> extends infer R
    ? R extends Dims
      ? MatchesTarget<R, Filled> extends true
        ? Filled
        : `expand: cannot expand ${Show<S>} to ${Show<N>}`
      : `expand: cannot expand ${Show<S>} to ${Show<N>}`
    : never;

// Broadcasting must not change the target: [4, 3] does not expand to [1, 3] or to [3].
export type MatchesTarget<R extends Dims, N extends Dims> = R extends readonly [
  ...infer RestR extends Dims,
  infer X,
]
  ? N extends readonly [...infer RestN extends Dims, infer Y]
    ? MayEqual<X, Y> extends true
      ? MatchesTarget<RestR, RestN>
      : false
    : false
  : true;

/** Shape function of `expand(x, shape)`. */
export type Expand<S extends Dims, N extends Dims> =
  IsAny<N> extends true
    ? Dyn
    : number extends N["length"]
      ? Dyn
      : IsAny<S> extends true
        ? ForgetMinusOne<N>
        : number extends S["length"]
          ? ForgetMinusOne<N>
          : Target<S, N>;

export type ForgetMinusOne<N extends Dims> = {
  -readonly [I in keyof N]: Ident<N[I], -1> extends true ? number : N[I];
};
