/** Ops that keep a part of an axis, or want a tensor for one of them. */

import type { AxisIndex, IsKnownAxes, OutOfRange, ReplaceAxes, SizeAt } from "./axes.ts";
import type {
  Dims,
  Dyn,
  Ident,
  IsAny,
  IsLiteral,
  IsOpen,
  IsUnknown,
  MayEqual,
  Show,
  ShowDim,
} from "./dims.ts";
import type { Divide, Subtract, ToNumber } from "./digits.ts";

/** A message if K is more than N, both written as numbers; else true. */
export type AtMost<K extends number, N extends number, Message extends string> = false extends
  IsLiteral<K> | IsLiteral<N>
  ? true
  : Subtract<`${N}`, `${K}`> extends "negative"
    ? Message
    : true;

/** Shape function of `topk(x, k, { axis })`: k elements of an axis. */
export type TopK<S extends Dims, K extends number, X extends number> =
  IsUnknown<S> extends true
    ? Dyn
    : IsKnownAxes<X> extends true
      ? [AxisIndex<S, X>] extends [never]
        ? OutOfRange<S, X, "topk">
        : AtMost<
              K,
              SizeAt<S, AxisIndex<S, X>>,
              `topk: k = ${ShowDim<K>} is more than the size of axis ${X} of ${Show<S>}`
            > extends infer Fault extends string
          ? Fault
          : ReplaceAxes<S, AxisIndex<S, X>, [K]>
      : Dyn;

/** The shape R of one quantile, with an axis in front for several. */
export type Quantile<R, Q> = R extends Dims
  ? Q extends Dims
    ? IsOpen<R> extends true
      ? Dyn
      : [Q["length"], ...R]
    : R
  : R;

/** Half of an even size; "odd" for others. */
export type Half<N extends number> =
  IsLiteral<N> extends true
    ? Divide<`${N}`, "2"> extends [infer Quotient extends string, infer Rest]
      ? Rest extends "0"
        ? ToNumber<Quotient>
        : "odd"
      : never
    : number;

/** Shape function of `glu(x, { axis })`: half of an axis. The last one is known even where the others
 *  are not, as after a layer. */
export type Glu<S extends Dims, X extends number> =
  IsAny<S> extends true
    ? Dyn
    : Ident<X, -1> extends true
      ? S extends readonly [...infer Lead extends Dims, infer N extends number]
        ? Half<N> extends infer H
          ? H extends number
            ? [...Lead, H]
            : OddAxis<S, X>
          : never
        : IsOpen<S> extends true
          ? Dyn
          : OutOfRange<S, X, "glu">
      : IsOpen<S> extends true
        ? Dyn
        : IsKnownAxes<X> extends true
          ? HalfAxis<S, X>
          : Dyn;

export type HalfAxis<S extends Dims, X extends number> = [AxisIndex<S, X>] extends [never]
  ? OutOfRange<S, X, "glu">
  : Half<SizeAt<S, AxisIndex<S, X>>> extends infer H
    ? H extends number
      ? ReplaceAxes<S, AxisIndex<S, X>, [H]>
      : OddAxis<S, X>
    : never;

export type OddAxis<
  S extends Dims,
  X extends number,
> = `glu: axis ${X} of ${Show<S>} has an odd size`;

/** Shape function of `prelu(x, weight)`: one slope, or one for each channel (axis 1). */
export type Prelu<S extends Dims, W extends Dims> = true extends IsUnknown<S> | IsUnknown<W>
  ? S
  : W extends readonly [] | readonly [1]
    ? S
    : S extends readonly [number, infer C extends number, ...Dims]
      ? W extends readonly [infer N extends number]
        ? MayEqual<N, C> extends true
          ? S
          : MayEqual<N, 1> extends true
            ? S
            : `prelu: a weight [${ShowDim<N>}] does not fit the channels (axis 1) of ${Show<S>}`
        : `prelu: needs a weight [], [1] or [${ShowDim<C>}], got ${Show<W>}`
      : W extends readonly [infer N extends number]
        ? MayEqual<N, 1> extends true
          ? S
          : `prelu: needs a weight [] or [1] for ${Show<S>}, got ${Show<W>}`
        : `prelu: needs a weight [] or [1] for ${Show<S>}, got ${Show<W>}`;
