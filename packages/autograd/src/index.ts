import "./grad/backward.ts";
import "./ops/fluent.ts";
import { setExecutor } from "./op/bind.ts";
import { fast } from "./kernel/fast/index.ts";

setExecutor(fast);

export {
  Tensor,
  type BackwardOptions,
  type GradientHook,
  type TensorsByShape,
} from "./tensor/tensor.ts";
export type * from "./tensor/methods-move.ts";
export type { DType, TypedArray } from "./tensor/dtype.ts";
export type { NestedArray, NestedInput } from "./tensor/values.ts";
export * from "./tensor/errors.ts";
export { dependsOn, dependsOnFields } from "./tensor/watch.ts";
export { describe as describeValue } from "./tensor/dtype.ts";
export { checkOptions } from "./tensor/options.ts";
export { normalizeAxes, normalizeAxis, type Shape } from "./tensor/shape.ts";
export {
  arange,
  eye,
  full,
  linspace,
  ones,
  tensor,
  zeros,
  type CreateOptions,
  type TensorOptions,
} from "./tensor/create.ts";
export type * from "./shapes/index.ts";
export type * from "./tensor/kind.ts";
export type * from "./tensor/methods-reduce.ts";
export type * from "./tensor/signatures.ts";
export type * from "./tensor/signatures-linalg.ts";
export type * from "./tensor/signatures-einsum.ts";
export type * from "./tensor/signatures-move.ts";
export type * from "./tensor/signatures-windows.ts";

export * from "./ops/activation.ts";
export { all, any } from "./ops/any-all.ts";
export { argmax, argmin } from "./ops/arg-reduce.ts";
export * from "./ops/arith.ts";
export { scaledDotProductAttention, type AttentionOptions } from "./ops/attention.ts";
export {
  broadcastTo,
  chunk,
  flip,
  meshgrid,
  moveaxis,
  repeat,
  roll,
  split,
  swapaxes,
  tile,
} from "./ops/arrange.ts";
export { assign } from "./ops/assign.ts";
export {
  binaryCrossEntropyWithLogits,
  type BinaryCrossEntropyOptions,
} from "./ops/binary-cross-entropy.ts";
export { at } from "./ops/at.ts";
export { cast, clone, detach } from "./ops/cast.ts";
export {
  cholesky,
  triangularSolve,
  type CholeskyOptions,
  type TriangularSolveOptions,
} from "./ops/cholesky.ts";
export * from "./ops/classify.ts";
export * from "./ops/compare.ts";
export { contract, matmul } from "./ops/contract.ts";
export { conv1d, conv2d, conv3d, type ConvolutionOptions } from "./ops/conv.ts";
export {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvTransposeOptions,
} from "./ops/conv-transpose.ts";
export type { ConvOptions } from "./ops/correlation.ts";
export { crossEntropy, type CrossEntropyOptions } from "./ops/cross-entropy.ts";
export { cofactor, det, slogdet } from "./ops/det.ts";
export { eigh, eigvalsh } from "./ops/eigh.ts";
export { diag, diagonal, trace, tril, triu, type DiagonalOptions } from "./ops/diagonal.ts";
export { einsum, inner, outer, tensordot, type TensordotOptions } from "./ops/einsum.ts";
export { embedding } from "./ops/embedding.ts";
export * from "./ops/error-function.ts";
export * from "./ops/exp-log.ts";
export { fft, ifft } from "./ops/fft.ts";
export type { ComplexPair, FftOptions, Norm } from "./ops/fft-options.ts";
export { digamma, lgamma, polygamma } from "./ops/gamma.ts";
export { erf, gelu, type GeluOptions } from "./ops/gelu.ts";
export { ndtr, normPdf } from "./ops/normal-distribution.ts";
export {
  Generator,
  manualSeed,
  normal,
  permutation,
  randomIntegers,
  uniform,
  type NormalOptions,
  type RandomIntegersOptions,
  type RandomOptions,
  type UniformOptions,
} from "./ops/generator.ts";
export { glu } from "./ops/glu.ts";
export { gather, pad, scatterAdd, slice, type PadOptions } from "./ops/indexing.ts";
export * from "./ops/hyperbolic.ts";
export { concat, stack } from "./ops/join.ts";
export { layerNorm, type LayerNormOptions } from "./ops/layer-norm.ts";
export { lerp } from "./ops/lerp.ts";
export * from "./ops/log-pairs.ts";
export { mse, type Reduction, type ReductionOptions } from "./ops/loss.ts";
export {
  expand,
  flatten,
  permute,
  reshape,
  squeeze,
  sum,
  transpose,
  unsqueeze,
} from "./ops/move.ts";
export { maskedFill, maskedSelect } from "./ops/mask.ts";
export { oneHot, type OneHotOptions } from "./ops/one-hot.ts";
export { lstsq, pinv, type RankOptions } from "./ops/pinv.ts";
export { center, std, variance, type VarianceOptions } from "./ops/moments.ts";
export { norm, type NormOptions } from "./ops/norm.ts";
export { median, quantile } from "./ops/quantile.ts";
export {
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  prelu,
  type HardtanhOptions,
  type LeakyReluOptions,
} from "./ops/piecewise-activation.ts";
export * from "./ops/plane.ts";
export {
  add,
  mul,
  mulZero,
  neg,
  pointwise,
  type PartialDerivative,
  type PointwiseSpec,
} from "./ops/pointwise.ts";
export {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type AvgPoolOptions,
  type MaxPoolOptions,
  type PoolOptions,
} from "./ops/pool.ts";
export { prod } from "./ops/prod.ts";
export { qr, type QrOptions } from "./ops/qr.ts";
export { randomNormal, randomUniform } from "./ops/random.ts";
export { irfft, rfft } from "./ops/rfft.ts";
export { cumprod, cumsum, linearRecurrence } from "./ops/scan.ts";
export { inverse, matrixPower, solve } from "./ops/solve.ts";
export { logSoftmax, softmax, softmin } from "./ops/softmax.ts";
export { svd, svdvals, type SvdOptions } from "./ops/svd.ts";
export { logsumexp, max, max as amax, mean, min, min as amin } from "./ops/reduce.ts";
export { cummax, cummin, logcumsumexp } from "./ops/running.ts";
export {
  celu,
  elu,
  logSigmoid,
  mish,
  selu,
  silu,
  softsign,
  type EluOptions,
} from "./ops/smooth-activation.ts";
export { argsort, sort, topk, type SortOptions, type TopkOptions } from "./ops/sort.ts";
export * from "./ops/roots.ts";
export * from "./ops/rounding.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  interpolate,
  type InterpolateOptions,
} from "./ops/resize.ts";
export { scatter } from "./ops/scatter.ts";
export { indexSelect, take, takeAlongAxis } from "./ops/take.ts";
export * from "./ops/trig.ts";
export { fold, unfold, type FoldOptions } from "./ops/unfold.ts";
export { overlapAdd, window, type WindowOptions } from "./ops/window.ts";

export { detectAnomaly, type AnomalyOptions } from "./debug/anomaly.ts";
export { toDot } from "./debug/dot.ts";
export { explain, TapeReport } from "./debug/explain.ts";
export type { TapeCall, TapeGraph, TapeInput, TapeLeaf, TapeTensor } from "./debug/graph.ts";
export { toSvg } from "./debug/svg.ts";

export { backward } from "./grad/backward.ts";
export { checkpoint } from "./grad/checkpoint.ts";
export {
  customJvp,
  customVjp,
  type CustomCall,
  type CustomGradient,
  type CustomGradients,
  type CustomOptions,
  type Tangents,
} from "./grad/custom.ts";
export { jvp } from "./grad/forward.ts";
export {
  hessian,
  hvp,
  jacobian,
  type DerivativeOf,
  type HessianOf,
  type JacobianOf,
  type JacobianOptions,
  type JoinedShape,
} from "./grad/jacobian.ts";
export { linearize } from "./grad/linearize.ts";
export {
  grad,
  noGrad,
  valueAndGrad,
  vjp,
  type Argnums,
  type AuxOf,
  type GradOf,
  type GradOptions,
} from "./grad/reverse.ts";
export {
  scan,
  type LengthOf,
  type ScanOptions,
  type SliceOf,
  type StackOf,
  type WithFirst,
  type WithoutFirst,
} from "./grad/scan.ts";
export { stopGradient } from "./grad/stop.ts";
export { leavesOf, mapTree } from "./grad/tree.ts";
export { Tape, tapeOf, type TapeEntry, type TapeValue } from "./grad/tape.ts";
export { vmap, type BatchAxes, type Batched, type VmapOptions } from "./grad/vmap.ts";

export * as scalar from "./kernel/algebra.ts";
export type { KernelBuilder, Value, ViewPlan } from "./kernel/builder.ts";
export type { Expr, ExprLike } from "./kernel/expr.ts";
export type { Plan } from "./kernel/executor.ts";
export type {
  ContractKernel,
  HostArray,
  HostKernel,
  Kernel,
  Program,
  RepeatKernel,
  Step,
} from "./kernel/kernel.ts";
export type { Spec } from "./kernel/kernel.ts";
export type { Attrs, AttrValue } from "./op/attrs.ts";
export {
  checkable,
  isCheckable,
  type ArgumentSample,
  type CheckableFunction,
  type CheckableOptions,
  type CheckableRecord,
  type SampleOf,
  type SamplesOf,
} from "./op/checkable.ts";
export { defineOp, isOp, type Apply as ApplyOp, type OpFunction, type OpOf } from "./op/define.ts";
export { NDArray } from "./op/ndarray.ts";
export { checkOperands, requireTensor, type Accepts } from "./op/operands.ts";
export {
  notBatchable,
  notDifferentiable,
  type BatchedCall,
  type BatchRule,
  type JvpRule,
  type NotBatchable,
  type NotDifferentiable,
  type Op,
  type OpRecord,
  type PlanCache,
  type Saved,
  type VjpRule,
} from "./op/op.ts";
export * as rules from "./op/rules.ts";
export * as samples from "./op/samples.ts";
export type { Domain, Draw, Sample, SampleArray } from "./op/samples.ts";
