/** Shapes of Fourier transforms. */

import type {
  Axes,
  AxisIndex,
  AxisList,
  IsKnownAxes,
  ReplaceAxes,
  ResolveAxes,
  SizeAt,
} from "./axes.ts";
import type { Add, Divide, Multiply, Subtract, ToNumber } from "./digits.ts";
import type { Dims, Dyn, Ident, IsLiteral, IsMessage, IsUnknown } from "./dims.ts";

/** The option n: one length, one for each axis, or none. */
export type Lengths = number | readonly number[] | undefined;

/** ⌊n/2⌋ + 1 */
export type HalfOf<N extends number> =
  IsLiteral<N> extends true
    ? Divide<`${N}`, "2"> extends [infer Q extends string, string]
      ? ToNumber<Add<Q, "1">>
      : number
    : number;

/** 2·(m − 1) */
export type WholeOf<M extends number> =
  IsLiteral<M> extends true
    ? Subtract<`${M}`, "1"> extends infer Less extends string
      ? Less extends "negative"
        ? number
        : ToNumber<Multiply<Less, "2">>
      : number
    : number;

/** The shape after a transform along axes that keeps their lengths, unless n says something. */
export type Fft<S extends Dims, X extends Axes, N extends Lengths, Op extends string> =
  IsUnknown<S> extends true
    ? Dyn
    : IsKnownAxes<X> extends true
      ? ResolveAxes<S, AxisList<X>, Op> extends infer R
        ? IsMessage<R> extends true
          ? R
          : Ident<N, undefined> extends true
            ? S
            : X extends number
              ? N extends number
                ? ReplaceAxes<S, AxisIndex<S, X>, [N]>
                : Dyn
              : Dyn
        : never
      : Dyn;

/** The same for a transform of real numbers, whose last axis is halved. */
export type Rfft<S extends Dims, X extends Axes, N extends Lengths> =
  Fft<S, X, N, "rfft"> extends infer R ? (R extends Dims ? ChangeLast<R, X, "half"> : R) : never;

/** The same for its inverse; without n the last axis becomes 2·(m − 1). */
export type Irfft<S extends Dims, X extends Axes, N extends Lengths> =
  Fft<S, X, N, "irfft"> extends infer R
    ? R extends Dims
      ? Ident<N, undefined> extends true
        ? ChangeLast<R, X, "whole">
        : R
      : R
    : never;

export type ChangeLast<S extends Dims, X extends Axes, How extends "half" | "whole"> =
  IsUnknown<S> extends true
    ? Dyn
    : AxisList<X> extends readonly [...unknown[], infer Last extends number]
      ? ReplaceAxes<S, AxisIndex<S, Last>, [Changed<SizeAt<S, AxisIndex<S, Last>>, How>]>
      : Dyn;

export type Changed<N extends number, How extends "half" | "whole"> = How extends "half"
  ? HalfOf<N>
  : WholeOf<N>;
