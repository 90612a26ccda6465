// Activations and losses are ops of the autograd package; they stand here beside the layers.
export {
  crossEntropy,
  logSoftmax,
  mse,
  relu,
  sigmoid,
  softmax,
  softplus,
  tanh,
} from "@wengert/autograd";

export {
  LogSoftmax,
  ReLU,
  Sigmoid,
  Softmax,
  Softplus,
  Tanh,
  type AxisOptions,
} from "./activations.ts";
export { Dropout, type DropoutOptions } from "./dropout.ts";
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
export { Linear, type Initializer, type LinearOptions } from "./linear.ts";
export { Module, type ForwardHook } from "./module.ts";
export { parameter } from "./parameter.ts";
export { Sequential, type Layer } from "./sequential.ts";
export type { LoadOptions, LoadReport, StateDict } from "./state.ts";
export { summary, Summary, type SummaryOptions, type SummaryRow } from "./summary.ts";
