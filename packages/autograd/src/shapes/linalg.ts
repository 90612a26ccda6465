/** Shapes of linear algebra: matrices are the last two axes, whatever comes before is a batch. */

import type { BroadcastOr } from "./broadcast.ts";
import type { Subtract } from "./digits.ts";
import type {
  Dims,
  Dyn,
  Ident,
  IsAny,
  IsLiteral,
  IsOpen,
  IsUnknown,
  MayEqual,
  MoreSpecific,
  Show,
  ShowDim,
} from "./dims.ts";

/** [..., n, n], with what is known of n from both axes; a message for other shapes. */
export type SquareMatrix<S extends Dims, Op extends string> =
  IsUnknown<S> extends true
    ? Dyn
    : S extends readonly [
          ...infer Batch extends Dims,
          infer M extends number,
          infer N extends number,
        ]
      ? MayEqual<M, N> extends true
        ? [...Batch, MoreSpecific<M, N>, MoreSpecific<M, N>]
        : `${Op}: the matrices of ${Show<S>} are not square`
      : NoMatrix<S, Op>;

export type NoMatrix<
  S extends Dims,
  Op extends string,
> = `${Op}: needs matrices [..., m, n], got ${Show<S>}`;

/** Square matrices that become a number each. */
export type BatchOf<S extends Dims, Op extends string> =
  SquareMatrix<S, Op> extends infer R
    ? R extends readonly [...infer Batch extends Dims, number, number]
      ? Batch
      : R
    : never;

/** Square matrices that become a vector each. */
export type VectorsOf<S extends Dims, Op extends string> =
  SquareMatrix<S, Op> extends infer R
    ? R extends readonly [...infer Batch extends Dims, infer N extends number, number]
      ? [...Batch, N]
      : R
    : never;

/** The smaller of two sizes; `number` where one of them is not known. */
export type Smaller<M extends number, N extends number> =
  Ident<M, N> extends true
    ? M
    : IsLiteral<M> extends true
      ? IsLiteral<N> extends true
        ? Subtract<`${M}`, `${N}`> extends "negative"
          ? M
          : N
        : number
      : number;

/** The parts of a shape [..., m, n] that is known, else a message or an unknown shape. */
export interface Parts<Batch extends Dims, M extends number, N extends number> {
  batch: Batch;
  m: M;
  n: N;
}

export type MatrixParts<S extends Dims, Op extends string> =
  IsUnknown<S> extends true
    ? Dyn
    : S extends readonly [
          ...infer Batch extends Dims,
          infer M extends number,
          infer N extends number,
        ]
      ? Parts<Batch, M, N>
      : NoMatrix<S, Op>;

/** [..., n, m]: what pinv makes of [..., m, n]. */
export type Turned<S extends Dims, Op extends string> =
  MatrixParts<S, Op> extends infer P
    ? P extends Parts<infer Batch, infer M, infer N>
      ? [...Batch, N, M]
      : P
    : never;

/** [..., m, k] with k = min(m, n), or m where the factor is complete. */
export type LeftFactor<S extends Dims, Complete, Op extends string> =
  MatrixParts<S, Op> extends infer P
    ? P extends Parts<infer Batch, infer M, infer N>
      ? [...Batch, M, Inner<Complete, M, Smaller<M, N>>]
      : P
    : never;

/** [..., k, n] for R, with k = min(m, n), or m. */
export type RightFactor<S extends Dims, Complete, Op extends string> =
  MatrixParts<S, Op> extends infer P
    ? P extends Parts<infer Batch, infer M, infer N>
      ? [...Batch, Inner<Complete, M, Smaller<M, N>>, N]
      : P
    : never;

/** [..., k, n] for Vᵀ, with k = min(m, n), or n. */
export type RightVectors<S extends Dims, Full, Op extends string> =
  MatrixParts<S, Op> extends infer P
    ? P extends Parts<infer Batch, infer M, infer N>
      ? [...Batch, Inner<Full, N, Smaller<M, N>>, N]
      : P
    : never;

/** [..., k] with k = min(m, n). */
export type SingularValues<S extends Dims, Op extends string> =
  MatrixParts<S, Op> extends infer P
    ? P extends Parts<infer Batch, infer M, infer N>
      ? [...Batch, Smaller<M, N>]
      : P
    : never;

export type Inner<Whole, Yes extends number, No extends number> =
  Ident<Whole, true> extends true ? Yes : Ident<Whole, false> extends true ? No : number;

/** The systems A·X = B: b is a vector [n] or matrices [..., n, k]; the unknowns are M. */
export type Solutions<
  Batch extends Dims,
  Rows extends number,
  M extends number,
  B extends Dims,
  Op extends string,
> =
  IsAny<B> extends true
    ? Dyn
    : B extends readonly [infer N extends number]
      ? MayEqual<Rows, N> extends true
        ? [...Batch, M]
        : RowsDiffer<Rows, N, Op>
      : B extends readonly [
            ...infer BatchB extends Dims,
            infer N extends number,
            infer K extends number,
          ]
        ? MayEqual<Rows, N> extends true
          ? BroadcastOr<
              Batch,
              BatchB,
              `${Op}: batch dimensions ${Show<Batch>} and ${Show<BatchB>} do not broadcast`,
              [M, K]
            >
          : RowsDiffer<Rows, N, Op>
        : IsOpen<B> extends true
          ? Dyn
          : `${Op}: the right-hand side is a scalar`;

export type RowsDiffer<
  M,
  N,
  Op extends string,
> = `${Op}: the matrix has ${ShowDim<M>} rows, the right-hand side ${ShowDim<N>}`;

/** Shape function of `solve(a, b)` and of triangularSolve. */
export type SolveSystem<A extends Dims, B extends Dims, Op extends string> =
  SquareMatrix<A, Op> extends infer R
    ? R extends readonly [...infer Batch extends Dims, infer N extends number, number]
      ? Solutions<Batch, N, N, B, Op>
      : R
    : never;

/** Shape function of `lstsq(a, b)`. */
export type Lstsq<A extends Dims, B extends Dims> =
  MatrixParts<A, "lstsq"> extends infer P
    ? P extends Parts<infer Batch, infer M, infer N>
      ? Solutions<Batch, M, N, B, "lstsq">
      : P
    : never;
