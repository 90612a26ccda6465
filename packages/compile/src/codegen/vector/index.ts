// Scalar expressions, loads, stores and reductions as vector code.
export { emitCombine, emitHorizontal, emitIdentity, type FoldOp } from "./fold.ts";
export { hostFunctions, hostImports, importHostFunctions, type HostFunction } from "./host.ts";
export { emitInstr } from "./instr.ts";
export { elementBytes, lanesFor, type Constants, type Lanes } from "./lanes.ts";
export {
  emitLoad,
  emitLoadPartial,
  emitLoadSplat,
  emitLoadStrided,
  emitStore,
  emitStorePartial,
  emitStoreStrided,
} from "./memory.ts";
export { transpose } from "./transpose.ts";
