// What compilers are built on: how calls become kernels, how tensors lie in memory, and the places
// where a recording steps in. For everyone else the main entry is enough.
export {
  bind,
  evaluate,
  programOf,
  setExecutor,
  withEvaluator,
  type Evaluator,
} from "./op/bind.ts";
export { callerLine } from "./op/caller.ts";
export { isRecording, isTransforming } from "./op/entry.ts";
export type { Executor } from "./kernel/executor.ts";
export { fast } from "./kernel/fast/index.ts";
export { checkIndex, reference } from "./kernel/reference.ts";
export { contractionRoles } from "./kernel/kernel.ts";
export type * from "./kernel/kernel.ts";
export { typeOf, typeOfArgs } from "./kernel/scalar.ts";
// Also part of the main entry; named here, too, so that both entries declare it in one place.
export * as scalar from "./kernel/algebra.ts";
export { definedFunction, definedFunctions, type DefinedFunction } from "./kernel/defined.ts";
export { primitives, type Primitive } from "./kernel/primitives.ts";
export { reshapeLayout, viewLayout } from "./kernel/views.ts";
export { allocate, dtypeInfo, isFloat } from "./tensor/dtype.ts";
export { contiguousLayout, layoutOf, type Layout } from "./tensor/layout.ts";
export { contiguousStrides, sameShape, showShape, sizeOf } from "./tensor/shape.ts";
export { Storage, storageCount } from "./tensor/storage.ts";
export { copyElements } from "./tensor/values.ts";
export { currentWatcher, withWatcher, type Watcher } from "./tensor/watch.ts";
export { WengertError } from "./tensor/errors.ts";
export type { Box, Producer, Trace } from "./tensor/tensor.ts";
