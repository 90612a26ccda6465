/** The types of movement and indexing as functions; see signatures.ts. */

import type { Tensor } from "./tensor.ts";
import type { At, AtArgs, Index, Range, Slice } from "../shapes/at.ts";
import type { AlongAxes, Axes, Transpose } from "../shapes/axes.ts";
import type { Broadcast, BroadcastOut } from "../shapes/broadcast.ts";
import type { Check, Dims, Out, ShapeOf } from "../shapes/dims.ts";
import type {
  BroadcastTo,
  Chunk,
  Diag,
  Diagonal,
  Grid,
  Matrices,
  MoveAxis,
  Pad,
  RepeatElements,
  Several,
  Split,
  Tile,
  Trace,
} from "../shapes/move.ts";
import type { IndexSelect, Scatter, Take, TakeAlongAxis } from "../shapes/take.ts";
import type { ShapesOf } from "./signatures.ts";

/** at(x, ...indices): a part of a tensor, in NumPy's words. */
export interface AtFn {
  <T extends Tensor, const E extends readonly Index[]>(
    x: T,
    ...indices: AtArgs<ShapeOf<T>, E>
  ): Tensor<Out<At<ShapeOf<T>, E>>>;
}

/** slice(x, ranges): the same by arrays of numbers. */
export interface SliceFn {
  <T extends Tensor, const R extends readonly Range[]>(
    x: T,
    ranges: Check<Slice<ShapeOf<T>, R>, R>,
  ): Tensor<Out<Slice<ShapeOf<T>, R>>>;
}

/** pad(x, widths): [before, after] for each axis. */
export interface PadFn<Options = object> {
  <T extends Tensor, const W extends readonly (readonly number[])[]>(
    x: T,
    widths: Check<Pad<ShapeOf<T>, W>, W>,
    options?: Options,
  ): Tensor<Out<Pad<ShapeOf<T>, W>>>;
}

/** flip: along axes, all of them by default; the shape stays. */
export interface FlipFn {
  <T extends Tensor, const X extends Axes = undefined>(
    x: T,
    options?: { axis?: Check<AlongAxes<ShapeOf<T>, X, "flip">, X> },
  ): Tensor<ShapeOf<T>>;
}

export interface RollFn {
  <T extends Tensor, const X extends Axes = undefined>(
    x: T,
    shift: number | readonly number[],
    options?: { axis?: Check<AlongAxes<ShapeOf<T>, X, "roll">, X> },
  ): Tensor<ShapeOf<T>>;
}

export interface TileFn {
  <T extends Tensor, const R extends number | Dims>(
    x: T,
    repeats: R,
  ): Tensor<Out<Tile<ShapeOf<T>, R>>>;
}

export interface RepeatFn {
  <T extends Tensor, const R extends number | Dims, const X extends number | undefined = undefined>(
    x: T,
    repeats: R,
    options?: { axis?: Check<RepeatElements<ShapeOf<T>, R, X>, X> },
  ): Tensor<Out<RepeatElements<ShapeOf<T>, R, X>>>;
}

/** A tuple of tensors where the number of parts is known. */
export type Tensors<R> =
  R extends Several<infer L> ? { -readonly [I in keyof L]: Tensor<Out<L[I]>> } : Tensor[];

export interface SplitFn {
  <T extends Tensor, const Z extends number | Dims, const X extends number = 0>(
    x: Check<Split<ShapeOf<T>, Z, X>, T>,
    size: Z,
    options?: { axis?: X },
  ): Tensors<Split<ShapeOf<T>, Z, X>>;
}

export interface ChunkFn {
  <T extends Tensor, const C extends number, const X extends number = 0>(
    x: Check<Chunk<ShapeOf<T>, C, X>, T>,
    chunks: C,
    options?: { axis?: X },
  ): Tensors<Chunk<ShapeOf<T>, C, X>>;
}

export interface SwapaxesFn {
  <T extends Tensor, X extends number, Y extends number>(
    x: Check<Transpose<ShapeOf<T>, X, Y, "swapaxes">, T>,
    axis0: X,
    axis1: Y,
  ): Tensor<Out<Transpose<ShapeOf<T>, X, Y, "swapaxes">>>;
}

export interface MoveaxisFn {
  <
    T extends Tensor,
    const X extends number | readonly number[],
    const Y extends number | readonly number[],
  >(
    x: Check<MoveAxis<ShapeOf<T>, X, Y>, T>,
    source: X,
    destination: Y,
  ): Tensor<Out<MoveAxis<ShapeOf<T>, X, Y>>>;
}

export interface BroadcastToFn {
  <T extends Tensor, const N extends Dims>(
    x: T,
    shape: Check<BroadcastTo<ShapeOf<T>, N>, N>,
  ): Tensor<Out<BroadcastTo<ShapeOf<T>, N>>>;
}

/** meshgrid([x, y]): a tensor for each vector, all of one shape. */
export interface MeshgridFn {
  <const L extends readonly Tensor[], const M extends "ij" | "xy" = "ij">(
    vectors: L,
    options?: { readonly indexing?: M },
  ): { -readonly [I in keyof L]: Tensor<Out<Grid<ShapesOf<L>, M>>> };
}

/** tril, triu: the shape stays. */
export interface TriangleFn<Op extends string> {
  <T extends Tensor>(
    x: Check<Matrices<ShapeOf<T>, Op>, T>,
    options?: { readonly diagonal?: number },
  ): Tensor<ShapeOf<T>>;
}

export interface DiagFn {
  <T extends Tensor, const K extends number = 0>(
    x: Check<Diag<ShapeOf<T>, K>, T>,
    options?: { readonly offset?: K },
  ): Tensor<Out<Diag<ShapeOf<T>, K>>>;
}

export interface DiagonalFn {
  <
    T extends Tensor,
    const K extends number = 0,
    const X extends number = 0,
    const Y extends number = 1,
  >(
    x: Check<Diagonal<ShapeOf<T>, K, X, Y, "diagonal">, T>,
    options?: { readonly offset?: K; readonly axis1?: X; readonly axis2?: Y },
  ): Tensor<Out<Diagonal<ShapeOf<T>, K, X, Y, "diagonal">>>;
}

export interface TraceFn {
  <
    T extends Tensor,
    const K extends number = 0,
    const X extends number = 0,
    const Y extends number = 1,
  >(
    x: Check<Trace<ShapeOf<T>, K, X, Y>, T>,
    options?: { readonly offset?: K; readonly axis1?: X; readonly axis2?: Y },
  ): Tensor<Out<Trace<ShapeOf<T>, K, X, Y>>>;
}

// ---- picking and placing by tensors ----

export interface TakeFn {
  <T extends Tensor, I extends Tensor, const X extends number | undefined = undefined>(
    x: T,
    index: Check<Take<ShapeOf<T>, ShapeOf<I>, X>, I>,
    options?: { axis?: X },
  ): Tensor<Out<Take<ShapeOf<T>, ShapeOf<I>, X>>>;
}

export interface IndexSelectFn {
  <T extends Tensor, I extends Tensor, const X extends number>(
    x: T,
    index: Check<IndexSelect<ShapeOf<T>, ShapeOf<I>, X>, I>,
    options: { axis: X },
  ): Tensor<Out<IndexSelect<ShapeOf<T>, ShapeOf<I>, X>>>;
}

export interface TakeAlongAxisFn {
  <T extends Tensor, I extends Tensor, const X extends number>(
    x: T,
    index: Check<TakeAlongAxis<ShapeOf<T>, ShapeOf<I>, X>, I>,
    options: { axis: X },
  ): Tensor<Out<TakeAlongAxis<ShapeOf<T>, ShapeOf<I>, X>>>;
}

export interface ScatterFn<Op extends string> {
  <T extends Tensor, I extends Tensor, const X extends number>(
    x: T,
    index: Check<Scatter<ShapeOf<T>, ShapeOf<I>, X, Op>, I>,
    source: Tensor | number,
    options: { axis: X },
  ): Tensor<ShapeOf<T>>;
}

export interface ScatterAddFn {
  <T extends Tensor, I extends Tensor, const X extends number>(
    x: T,
    index: Check<Scatter<ShapeOf<T>, ShapeOf<I>, X, "scatterAdd">, I>,
    source: Tensor,
    options: { axis: X },
  ): Tensor<ShapeOf<T>>;
}

export interface MaskedFillFn {
  <T extends Tensor, M extends Tensor>(
    x: T,
    mask: Check<Broadcast<ShapeOf<T>, ShapeOf<M>, "maskedFill">, M>,
    value: Tensor | number,
  ): Tensor<BroadcastOut<ShapeOf<T>, ShapeOf<M>>>;
}

export interface MaskedSelectFn {
  <T extends Tensor, M extends Tensor>(
    x: T,
    mask: Check<Broadcast<ShapeOf<T>, ShapeOf<M>, "maskedSelect">, M>,
  ): Tensor<[number]>;
}
