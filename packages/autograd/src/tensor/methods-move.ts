/** The fluent forms of movement and indexing; ops/fluent.ts attaches them. */

import type { At, AtArgs, Index } from "../shapes/at.ts";
import type { AlongAxes, Axes, Transpose } from "../shapes/axes.ts";
import type { Broadcast, BroadcastOut } from "../shapes/broadcast.ts";
import type { Check, Dims, Out, Shaped, ShapeOf } from "../shapes/dims.ts";
import type {
  BroadcastTo,
  Chunk,
  Diagonal,
  Matrices,
  MoveAxis,
  Several,
  Split,
  Tile,
  Trace,
} from "../shapes/move.ts";
import type { Take } from "../shapes/take.ts";
import type { Of, TensorKind } from "./kind.ts";

type Any<K extends TensorKind> = Of<K, any> & Shaped<any>;

/** A tuple of tensors where the number of parts is known. */
export type TensorParts<K extends TensorKind, R> =
  R extends Several<infer L> ? { -readonly [I in keyof L]: Of<K, Out<L[I]>> } : Of<K, any>[];

export interface MoveMethods<K extends TensorKind> {
  /** A part of the tensor, in NumPy's words: x.at(0, "1:-1", null, "...", "::-1"). */
  at<A extends Any<K>, const E extends readonly Index[]>(
    this: A,
    ...indices: AtArgs<ShapeOf<A>, E>
  ): Of<K, Out<At<ShapeOf<A>, E>>>;
  flip<A extends Any<K>, const X extends Axes = undefined>(
    this: A,
    options?: { axis?: Check<AlongAxes<ShapeOf<A>, X, "flip">, X> },
  ): Of<K, ShapeOf<A>>;
  roll<A extends Any<K>, const X extends Axes = undefined>(
    this: A,
    shift: number | readonly number[],
    options?: { axis?: Check<AlongAxes<ShapeOf<A>, X, "roll">, X> },
  ): Of<K, ShapeOf<A>>;
  tile<A extends Any<K>, const R extends number | Dims>(
    this: A,
    repeats: R,
  ): Of<K, Out<Tile<ShapeOf<A>, R>>>;
  split<A extends Any<K>, const Z extends number | Dims, const X extends number = 0>(
    this: Check<Split<ShapeOf<A>, Z, X>, A>,
    size: Z,
    options?: { axis?: X },
  ): TensorParts<K, Split<ShapeOf<A>, Z, X>>;
  chunk<A extends Any<K>, const C extends number, const X extends number = 0>(
    this: Check<Chunk<ShapeOf<A>, C, X>, A>,
    chunks: C,
    options?: { axis?: X },
  ): TensorParts<K, Chunk<ShapeOf<A>, C, X>>;
  swapaxes<A extends Any<K>, X extends number, Y extends number>(
    this: Check<Transpose<ShapeOf<A>, X, Y, "swapaxes">, A>,
    axis0: X,
    axis1: Y,
  ): Of<K, Out<Transpose<ShapeOf<A>, X, Y, "swapaxes">>>;
  moveaxis<
    A extends Any<K>,
    const X extends number | readonly number[],
    const Y extends number | readonly number[],
  >(
    this: Check<MoveAxis<ShapeOf<A>, X, Y>, A>,
    source: X,
    destination: Y,
  ): Of<K, Out<MoveAxis<ShapeOf<A>, X, Y>>>;
  broadcastTo<A extends Any<K>, const N extends Dims>(
    this: A,
    shape: Check<BroadcastTo<ShapeOf<A>, N>, N>,
  ): Of<K, Out<BroadcastTo<ShapeOf<A>, N>>>;
  tril<A extends Any<K>>(
    this: Check<Matrices<ShapeOf<A>, "tril">, A>,
    options?: { readonly diagonal?: number },
  ): Of<K, ShapeOf<A>>;
  triu<A extends Any<K>>(
    this: Check<Matrices<ShapeOf<A>, "triu">, A>,
    options?: { readonly diagonal?: number },
  ): Of<K, ShapeOf<A>>;
  diagonal<
    A extends Any<K>,
    const D extends number = 0,
    const X extends number = 0,
    const Y extends number = 1,
  >(
    this: Check<Diagonal<ShapeOf<A>, D, X, Y, "diagonal">, A>,
    options?: { readonly offset?: D; readonly axis1?: X; readonly axis2?: Y },
  ): Of<K, Out<Diagonal<ShapeOf<A>, D, X, Y, "diagonal">>>;
  trace<
    A extends Any<K>,
    const D extends number = 0,
    const X extends number = 0,
    const Y extends number = 1,
  >(
    this: Check<Trace<ShapeOf<A>, D, X, Y>, A>,
    options?: { readonly offset?: D; readonly axis1?: X; readonly axis2?: Y },
  ): Of<K, Out<Trace<ShapeOf<A>, D, X, Y>>>;
  take<A extends Any<K>, I extends Any<K>, const X extends number | undefined = undefined>(
    this: A,
    index: Check<Take<ShapeOf<A>, ShapeOf<I>, X>, I>,
    options?: { axis?: X },
  ): Of<K, Out<Take<ShapeOf<A>, ShapeOf<I>, X>>>;
  maskedFill<A extends Any<K>, M extends Any<K>>(
    this: A,
    mask: Check<Broadcast<ShapeOf<A>, ShapeOf<M>, "maskedFill">, M>,
    value: Any<K> | number,
  ): Of<K, BroadcastOut<ShapeOf<A>, ShapeOf<M>>>;
}
