/** The types of convolutions and pools as functions; see signatures.ts. R counts the spatial axes. */

import type { Tensor } from "./tensor.ts";
import type { Check, Out, ShapeOf } from "../shapes/dims.ts";
import type { AdaptivePool, AdaptiveSize, Fold, Interpolate, Unfold } from "../shapes/resize.ts";
import type { SizeN, SizesByRank, SpatialRank } from "../shapes/spatial.ts";
import type { Conv, ConvTranspose, PoolShape } from "../shapes/window.ts";

/** conv2d(images, weight): channels must agree, sizes follow from the options. */
export interface ConvolutionFn<R extends SpatialRank> {
  <
    X extends Tensor,
    W extends Tensor,
    const S extends SizesByRank[R] = 1,
    const P extends SizesByRank[R] | "same" | "valid" = 0,
    const D extends SizesByRank[R] = 1,
    const G extends number = 1,
  >(
    x: X,
    weight: Check<Conv<ShapeOf<X>, ShapeOf<W>, S, P, D, G, R>, W>,
    options?: {
      readonly stride?: S;
      readonly padding?: P;
      readonly dilation?: D;
      readonly groups?: G;
    },
  ): Tensor<Out<Conv<ShapeOf<X>, ShapeOf<W>, S, P, D, G, R>>>;
}

/** convTranspose2d(images, weight): the transpose of conv2d with the same weight and options. */
export interface ConvTransposeOpFn<R extends SpatialRank> {
  <
    X extends Tensor,
    W extends Tensor,
    const S extends SizesByRank[R] = 1,
    const P extends SizesByRank[R] = 0,
    const D extends SizesByRank[R] = 1,
    const E extends SizesByRank[R] = 0,
    const G extends number = 1,
  >(
    x: X,
    weight: Check<ConvTranspose<ShapeOf<X>, ShapeOf<W>, S, P, D, E, G, R>, W>,
    options?: {
      readonly stride?: S;
      readonly padding?: P;
      readonly outputPadding?: E;
      readonly dilation?: D;
      readonly groups?: G;
    },
  ): Tensor<Out<ConvTranspose<ShapeOf<X>, ShapeOf<W>, S, P, D, E, G, R>>>;
}

/** maxPool2d and its like: windows of a size over the last axes. */
export interface MaxPoolingFn<Op extends string, R extends SpatialRank> {
  <
    T extends Tensor,
    const K extends SizesByRank[R],
    const S extends SizesByRank[R] = K,
    const P extends SizesByRank[R] = 0,
    const D extends SizesByRank[R] = 1,
    const C extends boolean = false,
  >(
    x: Check<PoolShape<ShapeOf<T>, K, S, P, Op, R, D, C>, T>,
    kernelSize: K,
    options?: {
      readonly stride?: S;
      readonly padding?: P;
      readonly dilation?: D;
      readonly ceilMode?: C;
    },
  ): Tensor<Out<PoolShape<ShapeOf<T>, K, S, P, Op, R, D, C>>>;
}

/** avgPool2d and its like: windows of a size over the last axes. */
export interface AvgPoolingFn<Op extends string, R extends SpatialRank, Options = object> {
  <
    T extends Tensor,
    const K extends SizesByRank[R],
    const S extends SizesByRank[R] = K,
    const P extends SizesByRank[R] = 0,
    const C extends boolean = false,
  >(
    x: Check<PoolShape<ShapeOf<T>, K, S, P, Op, R, 1, C>, T>,
    kernelSize: K,
    options?: Options & { readonly stride?: S; readonly padding?: P; readonly ceilMode?: C },
  ): Tensor<Out<PoolShape<ShapeOf<T>, K, S, P, Op, R, 1, C>>>;
}

/** adaptiveAvgPool2d(x, outputSize): so many places over the last axes. */
export interface AdaptivePoolingFn<Op extends string, R extends SpatialRank> {
  <T extends Tensor, const N extends AdaptiveSize>(
    x: Check<AdaptivePool<ShapeOf<T>, N, R, Op>, T>,
    outputSize: N,
  ): Tensor<Out<AdaptivePool<ShapeOf<T>, N, R, Op>>>;
}

/** unfold(x, kernelSize): windows as columns. */
export interface UnfoldFn {
  <
    T extends Tensor,
    const K extends SizeN,
    const S extends SizeN = 1,
    const P extends SizeN = 0,
    const D extends SizeN = 1,
  >(
    x: Check<Unfold<ShapeOf<T>, K, S, P, D>, T>,
    kernelSize: K,
    options?: { readonly stride?: S; readonly padding?: P; readonly dilation?: D },
  ): Tensor<Out<Unfold<ShapeOf<T>, K, S, P, D>>>;
}

/** fold(x, outputSize, kernelSize): columns added up where they came from. */
export interface FoldFn<Options = object> {
  <T extends Tensor, const N extends readonly number[], const K extends SizeN>(
    x: Check<Fold<ShapeOf<T>, N, K>, T>,
    outputSize: N,
    kernelSize: K,
    options?: Options,
  ): Tensor<Out<Fold<ShapeOf<T>, N, K>>>;
}

export interface InterpolateFn<Options = object> {
  <
    T extends Tensor,
    const N extends SizeN | undefined = undefined,
    const F extends SizeN | undefined = undefined,
  >(
    x: Check<Interpolate<ShapeOf<T>, N, F>, T>,
    options: Options & { readonly size?: N; readonly scaleFactor?: F },
  ): Tensor<Out<Interpolate<ShapeOf<T>, N, F>>>;
}
