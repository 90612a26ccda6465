// Activations and losses are ops of the autograd package; they stand here beside the layers.
export {
  avgPool2d,
  binaryCrossEntropyWithLogits,
  celu,
  conv2d,
  crossEntropy,
  elu,
  embedding,
  gelu,
  glu,
  hardsigmoid,
  hardswish,
  hardtanh,
  layerNorm,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  maxPool2d,
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
export { Conv2d, type Conv2dLayerOptions } from "./conv2d.ts";
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
  AvgPool2d,
  MaxPool2d,
  type AvgPool2dLayerOptions,
  type Pool2dLayerOptions,
} from "./pool2d.ts";
export { PReLU, type PReLUOptions } from "./prelu.ts";
export { Sequential, type Layer } from "./sequential.ts";
export type { LoadOptions, LoadReport, StateDict } from "./state.ts";
export { summary, Summary, type SummaryOptions, type SummaryRow } from "./summary.ts";
