/** Matrix products: vectors, matrices, and batches of matrices whose batch dimensions broadcast. */

import type { BroadcastOr } from "./broadcast.ts";
import type { Dims, Dyn, IsAny, IsOpen, MayEqual, Show, ShowDim } from "./dims.ts";

export type InnerDiffer<K, L> = `matmul: inner dimensions differ: ${ShowDim<K>} vs ${ShowDim<L>}`;

export type NoScalars<Side extends string> = `matmul: the ${Side} side is a scalar; use mul`;

/** Result, the shape of the product, if the inner dimensions K and L agree. */
export type IfInnerAgree<K, L, Result> = MayEqual<K, L> extends true ? Result : InnerDiffer<K, L>;

/** [K] @ [L] -> [], and [K] @ [..., L, N] -> [..., N]. */
export type VectorTimes<K extends number, B extends Dims> = B extends readonly [infer L]
  ? IfInnerAgree<K, L, []>
  : B extends readonly [...infer Batch extends Dims, infer L, infer N extends number]
    ? IfInnerAgree<K, L, [...Batch, N]>
    : Otherwise<B, "right">;

/** [..., M, K] @ [L] -> [..., M], and [..., M, K] @ [..., L, N] -> [..., M, N]. */
export type MatrixTimes<
  Batch extends Dims,
  M extends number,
  K extends number,
  B extends Dims,
> = B extends readonly [infer L]
  ? IfInnerAgree<K, L, [...Batch, M]>
  : B extends readonly [...infer BatchB extends Dims, infer L, infer N extends number]
    ? IfInnerAgree<K, L, MultiplyBatches<Batch, BatchB, M, N>>
    : Otherwise<B, "right">;

export type MultiplyBatches<
  Left extends Dims,
  Right extends Dims,
  M extends number,
  N extends number,
> = BroadcastOr<
  Left,
  Right,
  `matmul: batch dimensions ${Show<Left>} and ${Show<Right>} do not broadcast`,
  [M, N]
>;

export type Otherwise<S extends Dims, Side extends string> =
  IsOpen<S> extends true ? Dyn : NoScalars<Side>;

/** Shape function of `matmul(a, b)`. */
export type Matmul<A extends Dims, B extends Dims> = true extends IsAny<A> | IsAny<B>
  ? Dyn
  : A extends readonly [infer K extends number]
    ? VectorTimes<K, B>
    : A extends readonly [
          ...infer Batch extends Dims,
          infer M extends number,
          infer K extends number,
        ]
      ? MatrixTimes<Batch, M, K, B>
      : Otherwise<A, "left">;
