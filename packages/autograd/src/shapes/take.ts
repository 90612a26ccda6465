/** Picking and placing by integer tensors. */

import type { AxisIndex, IsKnownAxes, OutOfRange, ReplaceAxes } from "./axes.ts";
import type { BroadcastDim, Clash } from "./broadcast.ts";
import type { Dims, Dyn, Ident, IsUnknown, Show } from "./dims.ts";

/** Shape function of `take(x, index, { axis })`: the index's axes in the place of the axis. */
export type Take<S extends Dims, I extends Dims, X extends number | undefined> =
  Ident<X, undefined> extends true
    ? IsUnknown<I> extends true
      ? Dyn
      : I
    : true extends IsUnknown<S> | IsUnknown<I>
      ? Dyn
      : IsKnownAxes<X> extends true
        ? [AxisIndex<S, X & number>] extends [never]
          ? OutOfRange<S, X & number, "take">
          : ReplaceAxes<S, AxisIndex<S, X & number>, I>
        : Dyn;

/** Shape function of `indexSelect(x, index, { axis })`. */
export type IndexSelect<S extends Dims, I extends Dims, X extends number> = true extends
  IsUnknown<S> | IsUnknown<I>
  ? Dyn
  : I extends readonly [number]
    ? IsKnownAxes<X> extends true
      ? [AxisIndex<S, X>] extends [never]
        ? OutOfRange<S, X, "indexSelect">
        : ReplaceAxes<S, AxisIndex<S, X>, I>
      : Dyn
    : `indexSelect: needs an index of one axis, got ${Show<I>}`;

/** x and the index broadcast but on the axis with index At, where the index decides. */
export type AlongEach<
  S extends Dims,
  I extends Dims,
  At extends string,
  Done extends Dims = [],
> = S extends readonly [infer X extends number, ...infer RestS extends Dims]
  ? I extends readonly [infer Y extends number, ...infer RestI extends Dims]
    ? `${Done["length"]}` extends At
      ? AlongEach<RestS, RestI, At, [...Done, Y]>
      : Clash<X, Y> extends true
        ? "clash"
        : AlongEach<RestS, RestI, At, [...Done, BroadcastDim<X, Y>]>
    : "clash"
  : I extends readonly []
    ? Done
    : "clash";

/** Shape function of `takeAlongAxis(x, index, { axis })`. */
export type TakeAlongAxis<S extends Dims, I extends Dims, X extends number> = true extends
  IsUnknown<S> | IsUnknown<I>
  ? Dyn
  : IsKnownAxes<X> extends true
    ? [AxisIndex<S, X>] extends [never]
      ? OutOfRange<S, X, "takeAlongAxis">
      : AlongEach<S, I, AxisIndex<S, X>> extends infer R
        ? R extends Dims
          ? R
          : `takeAlongAxis: the index ${Show<I>} does not broadcast with ${Show<S>} beside axis ${X}`
        : never
    : Dyn;

/** Shape function of `scatter(x, index, source, { axis })`: x's shape; ranks agree. */
export type Scatter<
  S extends Dims,
  I extends Dims,
  X extends number,
  Op extends string,
> = true extends IsUnknown<S> | IsUnknown<I>
  ? Dyn
  : I["length"] extends S["length"]
    ? IsKnownAxes<X> extends true
      ? [AxisIndex<S, X>] extends [never]
        ? OutOfRange<S, X, Op>
        : S
      : S
    : `${Op}: the index ${Show<I>} must have as many axes as ${Show<S>}`;
