/** Joining tensors: concat along an axis they have, stack along a new one. */

import type { AxisIndex, InsertAxis, OutOfRange } from "./axes.ts";
import type {
  Dims,
  Dyn,
  IsLiteral,
  IsUnion,
  IsUnknown,
  MayEqual,
  MayEqualDims,
  MoreSpecific,
  Show,
} from "./dims.ts";
import type { Add, ToNumber } from "./digits.ts";

export type AddSizes<X extends number, Y extends number> = false extends IsLiteral<X> | IsLiteral<Y>
  ? number
  : ToNumber<Add<`${X}`, `${Y}`>>;

/** Two shapes joined along the axis with index I; "clash" if another axis or the rank differs. */
export type JoinTwo<
  A extends Dims,
  B extends Dims,
  I extends string,
  Done extends Dims = [],
> = A extends readonly [infer X extends number, ...infer RestA extends Dims]
  ? B extends readonly [infer Y extends number, ...infer RestB extends Dims]
    ? `${Done["length"]}` extends I
      ? JoinTwo<RestA, RestB, I, [...Done, AddSizes<X, Y>]>
      : MayEqual<X, Y> extends true
        ? JoinTwo<RestA, RestB, I, [...Done, MoreSpecific<X, Y>]>
        : "clash"
    : "clash"
  : B extends readonly []
    ? Done
    : "clash";

export type JoinAll<
  Joined extends Dims,
  List,
  X extends number,
  I extends string,
> = List extends readonly [infer Next extends Dims, ...infer Rest]
  ? IsUnknown<Next> extends true
    ? Dyn
    : JoinTwo<Joined, Next, I> extends infer R
      ? R extends Dims
        ? JoinAll<R, Rest, X, I>
        : `concat: ${Show<Joined>} and ${Show<Next>} differ outside axis ${X}`
      : never
  : Joined;

/** Shape function of `concat(tensors, { axis })`; L lists the shapes of the tensors. */
export type Concat<L, X extends number> =
  true extends IsUnion<X>
    ? Dyn
    : number extends X
      ? Dyn
      : L extends readonly [infer First extends Dims, ...infer Rest]
        ? IsUnknown<First> extends true
          ? Dyn
          : [AxisIndex<First, X>] extends [never]
            ? OutOfRange<First, X, "concat">
            : JoinAll<First, Rest, X, AxisIndex<First, X>>
        : L extends readonly []
          ? "concat: needs at least one tensor"
          : Dyn;

/** The common shape of a list of shapes, or the first that differs from it. */
export type CommonShape<First extends Dims, List> = List extends readonly [
  infer Next extends Dims,
  ...infer Rest,
]
  ? MayEqualDims<First, Next> extends true
    ? CommonShape<First, Rest>
    : `stack: shapes differ: ${Show<First>} vs ${Show<Next>}`
  : First;

/** Shape function of `stack(tensors, { axis })`. */
export type Stack<L, X extends number> = L extends readonly [
  infer First extends Dims,
  ...infer Rest,
]
  ? IsUnknown<First> extends true
    ? Dyn
    : CommonShape<First, Rest> extends infer R
      ? R extends Dims
        ? InsertAxis<R, X, L["length"] & number, "stack">
        : R
      : never
  : L extends readonly []
    ? "stack: needs at least one tensor"
    : Dyn;
