export { compile, type Compiled, type CompileOptions } from "./compile.ts";
export { CompiledProgramError } from "./errors.ts";
export { ready, setThreads } from "./run/pool.ts";
