/** The types of linear algebra and Fourier transforms as functions; see signatures.ts. */

import type { Axes } from "../shapes/axes.ts";
import type { Check, Out, ShapeOf } from "../shapes/dims.ts";
import type { Fft, Irfft, Lengths, Rfft } from "../shapes/fft.ts";
import type {
  BatchOf,
  LeftFactor,
  Lstsq,
  RightFactor,
  RightVectors,
  SingularValues,
  SolveSystem,
  SquareMatrix,
  Turned,
  VectorsOf,
} from "../shapes/linalg.ts";
import type { Tensor } from "./tensor.ts";

/** det(a): [..., n, n] → [...]. */
export interface DetFn {
  <A extends Tensor>(
    a: Check<BatchOf<ShapeOf<A>, "det">, A>,
  ): Tensor<Out<BatchOf<ShapeOf<A>, "det">>>;
}

/** slogdet(a): sign and logarithm, both [...]. */
export interface SlogdetFn {
  <A extends Tensor>(
    a: Check<BatchOf<ShapeOf<A>, "slogdet">, A>,
  ): {
    readonly sign: Tensor<Out<BatchOf<ShapeOf<A>, "slogdet">>>;
    readonly logabsdet: Tensor<Out<BatchOf<ShapeOf<A>, "slogdet">>>;
  };
}

/** inverse, cofactor: [..., n, n] → [..., n, n]. */
export interface SquareFn<Op extends string> {
  <A extends Tensor>(
    a: Check<SquareMatrix<ShapeOf<A>, Op>, A>,
  ): Tensor<Out<SquareMatrix<ShapeOf<A>, Op>>>;
}

export interface CholeskyFn<Options = object> {
  <A extends Tensor>(
    a: Check<SquareMatrix<ShapeOf<A>, "cholesky">, A>,
    options?: Options,
  ): Tensor<Out<SquareMatrix<ShapeOf<A>, "cholesky">>>;
}

export interface MatrixPowerFn {
  <A extends Tensor>(
    a: Check<SquareMatrix<ShapeOf<A>, "matrixPower">, A>,
    exponent: number,
  ): Tensor<Out<SquareMatrix<ShapeOf<A>, "matrixPower">>>;
}

/** solve: [..., n, n] and [n] or [..., n, k]. */
export interface SolveFn {
  <A extends Tensor, B extends Tensor>(
    a: A,
    b: Check<SolveSystem<ShapeOf<A>, ShapeOf<B>, "solve">, B>,
  ): Tensor<Out<SolveSystem<ShapeOf<A>, ShapeOf<B>, "solve">>>;
}

export interface TriangularSolveFn<Options = object> {
  <A extends Tensor, B extends Tensor>(
    a: A,
    b: Check<SolveSystem<ShapeOf<A>, ShapeOf<B>, "triangularSolve">, B>,
    options?: Options,
  ): Tensor<Out<SolveSystem<ShapeOf<A>, ShapeOf<B>, "triangularSolve">>>;
}

/** lstsq: [..., m, n] and [m] or [..., m, k]. */
export interface LstsqFn<Options = object> {
  <A extends Tensor, B extends Tensor>(
    a: A,
    b: Check<Lstsq<ShapeOf<A>, ShapeOf<B>>, B>,
    options?: Options,
  ): Tensor<Out<Lstsq<ShapeOf<A>, ShapeOf<B>>>>;
}

export interface PinvFn<Options = object> {
  <A extends Tensor>(
    a: Check<Turned<ShapeOf<A>, "pinv">, A>,
    options?: Options,
  ): Tensor<Out<Turned<ShapeOf<A>, "pinv">>>;
}

export type IsComplete<M> = M extends "complete" ? true : false;

export interface QrFn<Options = object> {
  <A extends Tensor, const M extends "reduced" | "complete" = "reduced">(
    a: Check<LeftFactor<ShapeOf<A>, false, "qr">, A>,
    options?: Options & { readonly mode?: M },
  ): {
    readonly q: Tensor<Out<LeftFactor<ShapeOf<A>, IsComplete<M>, "qr">>>;
    readonly r: Tensor<Out<RightFactor<ShapeOf<A>, IsComplete<M>, "qr">>>;
  };
}

export interface EighFn {
  <A extends Tensor>(
    a: Check<SquareMatrix<ShapeOf<A>, "eigh">, A>,
  ): {
    readonly eigenvalues: Tensor<Out<VectorsOf<ShapeOf<A>, "eigh">>>;
    readonly eigenvectors: Tensor<Out<SquareMatrix<ShapeOf<A>, "eigh">>>;
  };
}

export interface EigvalshFn {
  <A extends Tensor>(
    a: Check<VectorsOf<ShapeOf<A>, "eigvalsh">, A>,
  ): Tensor<Out<VectorsOf<ShapeOf<A>, "eigvalsh">>>;
}

export interface SvdvalsFn {
  <A extends Tensor>(
    a: Check<SingularValues<ShapeOf<A>, "svdvals">, A>,
  ): Tensor<Out<SingularValues<ShapeOf<A>, "svdvals">>>;
}

export interface SvdFn<Options = object> {
  <A extends Tensor, const F extends boolean = false>(
    a: Check<SingularValues<ShapeOf<A>, "svd">, A>,
    options?: Options & { readonly fullMatrices?: F },
  ): {
    readonly u: Tensor<Out<LeftFactor<ShapeOf<A>, F, "svd">>>;
    readonly s: Tensor<Out<SingularValues<ShapeOf<A>, "svd">>>;
    readonly vh: Tensor<Out<RightVectors<ShapeOf<A>, F, "svd">>>;
  };
}

/** A complex tensor. */
export interface ComplexOf<R> {
  readonly re: Tensor<Out<R>>;
  readonly im: Tensor<Out<R>>;
}

/** fft, ifft: of a real tensor or of a pair. */
export interface FftFn<Op extends string, Options = object> {
  <T extends Tensor, const X extends Axes = -1, const N extends Lengths = undefined>(
    x: T | { readonly re: T; readonly im: Tensor },
    options?: Omit<Options, "axis" | "n"> & {
      readonly axis?: Check<Fft<ShapeOf<T>, X, N, Op>, X>;
      readonly n?: N;
    },
  ): ComplexOf<Fft<ShapeOf<T>, X, N, Op>>;
}

export interface RfftFn<Options = object> {
  <T extends Tensor, const X extends Axes = -1, const N extends Lengths = undefined>(
    x: T,
    options?: Omit<Options, "axis" | "n"> & {
      readonly axis?: Check<Rfft<ShapeOf<T>, X, N>, X>;
      readonly n?: N;
    },
  ): ComplexOf<Rfft<ShapeOf<T>, X, N>>;
}

export interface IrfftFn<Options = object> {
  <T extends Tensor, const X extends Axes = -1, const N extends Lengths = undefined>(
    x: T | { readonly re: T; readonly im: Tensor },
    options?: Omit<Options, "axis" | "n"> & {
      readonly axis?: Check<Irfft<ShapeOf<T>, X, N>, X>;
      readonly n?: N;
    },
  ): Tensor<Out<Irfft<ShapeOf<T>, X, N>>>;
}
