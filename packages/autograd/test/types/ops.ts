/** Declarations of some ops and layers with the types that the real ones have. */

import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Check, Dim, Dims } from "../../src/shapes/dims.ts";
import type {
  Apply,
  ConvFn,
  EmbeddingLayerFn,
  FlatFn,
  FN,
  ForwardOut,
  LayerNormLayerFn,
  LinearFn,
  PoolFn,
  SeqArgs,
  SeqFn,
  ShapeFn,
} from "../../src/shapes/layers.ts";
import type { Size2 } from "../../src/shapes/spatial.ts";
import type * as sig from "../../src/tensor/signatures.ts";
import type * as linear from "../../src/tensor/signatures-linalg.ts";
import type * as products from "../../src/tensor/signatures-einsum.ts";
import type * as move from "../../src/tensor/signatures-move.ts";
import type * as windows from "../../src/tensor/signatures-windows.ts";

export declare const zeros: sig.CreateFn;
export declare const full: sig.FullFn;
export declare const tensor: sig.TensorFn;
export declare const relu: sig.UnaryFn;
export declare const exp: sig.UnaryFn;
export declare const square: sig.UnaryFn;
export declare const add: sig.BinaryFn<"add">;
export declare const mul: sig.BinaryFn<"mul">;
export declare const greater: sig.BinaryFn<"greater">;
export declare const where: sig.WhereFn;
export declare const round: sig.UnaryFn;
export declare const hypot: sig.BinaryFn<"hypot">;
export declare const lerp: sig.LerpFn;
export declare const isClose: sig.IsCloseFn;
export declare const polygamma: sig.PolygammaFn;
export declare const matmul: sig.MatmulFn;
export declare const sum: sig.ReduceFn<"sum">;
export declare const mean: sig.ReduceFn<"mean">;
export declare const argmax: sig.ArgReduceFn<"argmax">;
export declare const softmax: sig.AlongAxisFn<"softmax">;
export declare const cumsum: sig.AlongAxisFn<"cumsum">;
export declare const linearRecurrence: sig.RecurrenceFn<{ reverse?: boolean }>;
export declare const reshape: sig.ReshapeFn;
export declare const flatten: sig.FlattenFn;
export declare const permute: sig.PermuteFn;
export declare const transpose: sig.TransposeFn;
export declare const expand: sig.ExpandFn;
export declare const squeeze: sig.SqueezeFn;
export declare const unsqueeze: sig.UnsqueezeFn;
export declare const concat: sig.ConcatFn;
export declare const stack: sig.StackFn;
export declare const gather: sig.GatherFn;
export declare const oneHot: sig.OneHotFn;
export declare const crossEntropy: sig.CrossEntropyFn;
export declare const mse: sig.PairLossFn<"mse">;

export declare const std: sig.ReduceFn<"std", { readonly correction?: number }>;
export declare const quantile: sig.QuantileFn;
export declare const center: sig.CenterFn;
export declare const sort: sig.AlongAxisFn<"sort", { readonly descending?: boolean }>;
export declare const topk: sig.TopkFn<{ readonly largest?: boolean }>;
export declare const glu: sig.GluFn;
export declare const prelu: sig.PreluFn;

export declare const conv2d: windows.ConvolutionFn<2>;
export declare const maxPool2d: windows.MaxPoolingFn<"maxPool2d", 2>;
export declare const embedding: sig.EmbeddingFn;
export declare const layerNorm: sig.LayerNormFn;
export declare const scaledDotProductAttention: sig.AttentionFn;

export declare const det: linear.DetFn;
export declare const slogdet: linear.SlogdetFn;
export declare const inverse: linear.SquareFn<"inverse">;
export declare const cholesky: linear.CholeskyFn;
export declare const matrixPower: linear.MatrixPowerFn;
export declare const solve: linear.SolveFn;
export declare const lstsq: linear.LstsqFn;
export declare const pinv: linear.PinvFn;
export declare const qr: linear.QrFn;
export declare const eigh: linear.EighFn;
export declare const svd: linear.SvdFn;
export declare const eigvalsh: linear.EigvalshFn;
export declare const svdvals: linear.SvdvalsFn;
export declare const fft: linear.FftFn<"fft">;
export declare const ifft: linear.FftFn<"ifft">;
export declare const rfft: linear.RfftFn;
export declare const irfft: linear.IrfftFn;
export declare const conv1d: windows.ConvolutionFn<1>;
export declare const conv3d: windows.ConvolutionFn<3>;
export declare const convTranspose1d: windows.ConvTransposeOpFn<1>;
export declare const convTranspose2d: windows.ConvTransposeOpFn<2>;
export declare const convTranspose3d: windows.ConvTransposeOpFn<3>;
export declare const maxPool1d: windows.MaxPoolingFn<"maxPool1d", 1>;
export declare const avgPool3d: windows.AvgPoolingFn<"avgPool3d", 3>;
export declare const adaptiveAvgPool1d: windows.AdaptivePoolingFn<"adaptiveAvgPool1d", 1>;
export declare const adaptiveAvgPool2d: windows.AdaptivePoolingFn<"adaptiveAvgPool2d", 2>;
export declare const adaptiveAvgPool3d: windows.AdaptivePoolingFn<"adaptiveAvgPool3d", 3>;
export declare const unfold: windows.UnfoldFn;
export declare const fold: windows.FoldFn;
export declare const interpolate: windows.InterpolateFn;

export declare const einsum: products.EinsumFn;
export declare const outer: products.OuterFn;
export declare const inner: products.InnerFn;
export declare const tensordot: products.TensordotFn;

export declare const at: move.AtFn;
export declare const slice: move.SliceFn;
export declare const pad: move.PadFn;
export declare const scatterAdd: move.ScatterAddFn;
export declare const flip: move.FlipFn;
export declare const roll: move.RollFn;
export declare const tile: move.TileFn;
export declare const repeat: move.RepeatFn;
export declare const split: move.SplitFn;
export declare const chunk: move.ChunkFn;
export declare const swapaxes: move.SwapaxesFn;
export declare const moveaxis: move.MoveaxisFn;
export declare const broadcastTo: move.BroadcastToFn;
export declare const meshgrid: move.MeshgridFn;
export declare const tril: move.TriangleFn<"tril">;
export declare const diag: move.DiagFn;
export declare const diagonal: move.DiagonalFn;
export declare const trace: move.TraceFn;
export declare const take: move.TakeFn;
export declare const indexSelect: move.IndexSelectFn;
export declare const takeAlongAxis: move.TakeAlongAxisFn;
export declare const scatter: move.ScatterFn<"scatter">;
export declare const maskedFill: move.MaskedFillFn;
export declare const maskedSelect: move.MaskedSelectFn;

export declare function dim<const N extends string>(name: N, size: number): Dim<N>;

export declare abstract class Module<F extends ShapeFn = ShapeFn> {
  readonly [FN]?: F;
  forward<S extends Dims>(x: Check<Apply<F, S>, Tensor<S>>): Tensor<ForwardOut<F, S>>;
}

export declare class Linear<const I extends number, const O extends number> extends Module<
  LinearFn<I, O>
> {
  readonly weight: Tensor<[O, I]>;
  readonly bias: Tensor<[O]>;
  constructor(inFeatures: I, outFeatures: O);
}

export declare class Conv2d<
  const I extends number,
  const O extends number,
  const K extends Size2,
  const S extends Size2 = 1,
  const P extends Size2 | "same" | "valid" = 0,
  const D extends Size2 = 1,
> extends Module<ConvFn<I, O, K, S, P, D>> {
  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    options?: { readonly stride?: S; readonly padding?: P; readonly dilation?: D },
  );
}

export declare class MaxPool2d<
  const K extends Size2,
  const S extends Size2 = K,
  const P extends Size2 = 0,
  const D extends Size2 = 1,
  const C extends boolean = false,
> extends Module<PoolFn<K, S, P, "maxPool2d", 2, D, C>> {
  constructor(
    kernelSize: K,
    options?: {
      readonly stride?: S;
      readonly padding?: P;
      readonly dilation?: D;
      readonly ceilMode?: C;
    },
  );
}

export declare class LayerNorm<const N extends number | Dims> extends Module<LayerNormLayerFn<N>> {
  constructor(normalizedShape: N);
}

export declare class Embedding<const V extends number, const D extends number> extends Module<
  EmbeddingLayerFn<D>
> {
  constructor(numEmbeddings: V, embeddingDim: D);
}

export declare class Flatten extends Module<FlatFn> {}

type Layer = Module<any> | ((x: Tensor) => Tensor);

export declare class Sequential<const L extends readonly Layer[]> extends Module<SeqFn<L>> {
  constructor(...layers: SeqArgs<L>);
}

/** `is<T>()(x)` compiles only if x has exactly the type T. */
export declare function is<T>(): <U>(x: Identical<T, U> extends true ? U : never) => void;

type Identical<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
