// What all code generators of one module share.
import type { FunctionRef } from "../wasm/function.ts";
import type { ModuleBuilder } from "../wasm/module.ts";

/** What the engine that will run the module can do. */
export interface Features {
  /** Relaxed SIMD: fused multiply-add in one rounding where the hardware has it. */
  readonly relaxedSimd: boolean;
}

export interface CodegenContext {
  readonly module: ModuleBuilder;
  readonly features: Features;
  /** Functions of doubles that the host lends (Math.pow and the like), by the name that they have in
   *  the scalar algebra. */
  readonly host: ReadonlyMap<string, FunctionRef>;
  /** Where a kernel records a failure, four int32: 1, site, the index that came, the size. */
  readonly failureAddress: number;
  readonly maxThreads: number;
}
