/** Shapes of ops that select by index. (Slices stand in at.ts, padding in move.ts.) */

import type { AxisIndex, OutOfRange } from "./axes.ts";
import type { Dims, Dyn, IsAny, IsUnknown, MayEqualDims, Show } from "./dims.ts";

/** Shape function of `gather(x, index, { axis })`: the index has x's rank, the result its shape. */
export type Gather<S extends Dims, I extends Dims, X extends number> = true extends
  IsUnknown<S> | IsUnknown<I>
  ? Dyn
  : I["length"] extends S["length"]
    ? number extends X
      ? I
      : [AxisIndex<S, X>] extends [never]
        ? OutOfRange<S, X, "gather">
        : I
    : `gather: the index ${Show<I>} must have as many axes as ${Show<S>}`;

/** Shape function of `oneHot(indices, numClasses)`: the classes are a new last axis. */
export type OneHot<S extends Dims, C extends number> = IsUnknown<S> extends true ? Dyn : [...S, C];

/** Shape function of `embedding(indices, weight)`: each index becomes a row of [rows, features]. */
export type Embedding<I extends Dims, W extends Dims> =
  IsUnknown<W> extends true
    ? Dyn
    : W extends readonly [number, infer D extends number]
      ? IsAny<I> extends true
        ? Dyn
        : [...I, D]
      : `embedding: needs a weight [rows, features], got ${Show<W>}`;

/**
 * Shape function of `crossEntropy(logits, targets)`: targets are class indices, without the axis of
 * the classes, or probabilities, of the same shape as the logits.
 */
export type CrossEntropy<L extends Dims, T extends Dims> = true extends IsUnknown<L> | IsUnknown<T>
  ? []
  : L extends readonly [...infer Batch extends Dims, number]
    ? true extends MayEqualDims<Batch, T> | MayEqualDims<L, T>
      ? []
      : `crossEntropy: logits ${Show<L>} need targets ${Show<Batch>} or ${Show<L>}, got ${Show<T>}`
    : "crossEntropy: logits need an axis of classes, got []";

/** Shape function of losses of two tensors of one shape; here broadcasting is mostly a mistake. */
export type SameShape<A extends Dims, B extends Dims, Op extends string> =
  MayEqualDims<A, B> extends true ? [] : `${Op}: shapes differ: ${Show<A>} vs ${Show<B>}`;
