// Activations and losses are ops of the autograd package; they stand here beside the layers.
export {
  avgPool2d,
  conv2d,
  crossEntropy,
  embedding,
  gelu,
  layerNorm,
  logSoftmax,
  maxPool2d,
  mse,
  relu,
  scaledDotProductAttention,
  sigmoid,
  softmax,
  softplus,
  tanh,
} from "@wengert/autograd";

export {
  GELU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  Softmax,
  Softplus,
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
export { Sequential, type Layer } from "./sequential.ts";
export type { LoadOptions, LoadReport, StateDict } from "./state.ts";
export { summary, Summary, type SummaryOptions, type SummaryRow } from "./summary.ts";
