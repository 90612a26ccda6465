// Activations and losses are ops of the autograd package; they stand here beside the layers.
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  binaryCrossEntropyWithLogits,
  celu,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  crossEntropy,
  elu,
  embedding,
  fold,
  gelu,
  glu,
  hardsigmoid,
  hardswish,
  hardtanh,
  interpolate,
  layerNorm,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  mish,
  mse,
  prelu,
  relu,
  scaledDotProductAttention,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softsign,
  tanh,
  unfold,
} from "@wengert/autograd";

export {
  CELU,
  ELU,
  GELU,
  GLU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmin,
  Softplus,
  Softsign,
  Tanh,
  type AxisOptions,
} from "./activations.ts";
export { MultiheadAttention, type AttentionLayerOptions } from "./attention.ts";
export { Conv1d, Conv2d, Conv3d } from "./conv.ts";
export {
  ConvBase,
  type ConvKind,
  type ConvLayerOptions,
  type KernelShape,
  type PerGroup,
} from "./conv-base.ts";
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
} from "./conv-transpose.ts";
export { Dropout, type DropoutOptions } from "./dropout.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { StateDictError, type StateDictProblems } from "./errors.ts";
export { Flatten } from "./flatten.ts";
export {
  gainOf,
  kaimingNormal,
  kaimingUniform,
  xavierNormal,
  xavierUniform,
  type InitOptions,
  type KaimingOptions,
  type Nonlinearity,
  type XavierOptions,
} from "./init.ts";
export { LayerNorm, type LayerNormLayerOptions } from "./layer-norm.ts";
export { Linear, type Initializer, type LinearOptions } from "./linear.ts";
export { Module, type ForwardHook } from "./module.ts";
export { parameter } from "./parameter.ts";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  type AvgPoolLayerOptions,
  type MaxPoolLayerOptions,
  type PoolLayerOptions,
} from "./pool.ts";
export { PReLU, type PReLUOptions } from "./prelu.ts";
export { Sequential, type Layer } from "./sequential.ts";
export type { LoadOptions, LoadReport, StateDict } from "./state.ts";
export { summary, Summary, type SummaryOptions, type SummaryRow } from "./summary.ts";
