export { compile, type Compiled, type CompileOptions } from "./compile.ts";
export { CompiledProgramError } from "./errors.ts";
export type { ExplainOptions, Explanation, KernelKind, KernelReport } from "./explain/types.ts";
export { compiledExecutor } from "./executor.ts";
export { lendKernels } from "./lend.ts";
export { ready, setThreads } from "./run/pool.ts";
export { setWideVectors } from "./program/wide.ts";
