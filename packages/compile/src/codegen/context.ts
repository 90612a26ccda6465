// What all code generators of one module share.
import type { FunctionRef } from "../wasm/function.ts";
import type { ModuleBuilder } from "../wasm/module.ts";

/** What the engine that will run the module can do. */
export interface Features {
  /** Relaxed SIMD: fused multiply-add in one rounding where the hardware has it. */
  readonly relaxedSimd: boolean;
}

/** Inner loops of products that are functions of the table that a module may import: their places there, by the names of
 *  their forms (contract/wide.ts). */
export type WideKernels = ReadonlyMap<string, number>;

export interface CodegenContext {
  readonly module: ModuleBuilder;
  readonly features: Features;
  /** null: there are none. */
  readonly wide: WideKernels | null;
  /** Functions of doubles that the host lends (Math.pow and the like), by the name that they have in
   *  the scalar algebra. */
  readonly host: ReadonlyMap<string, FunctionRef>;
  /** Where a kernel records a failure, four int32: 1, site, the index that came, the size. */
  readonly failureAddress: number;
  readonly maxThreads: number;
}

/**
 * A generated kernel. All threads call each phase, in order, with a barrier between phases (but see
 * `startsAlone`) and one before the next kernel that depends on it; each computes its share, which depends on `part` and
 * `parts` alone. What is computed does not: not one rounding differs with the number of parts or threads.
 */
export interface EmittedKernel {
  /** (part, parts, ...base addresses of the operands, scratch address, thread) → nothing. For a
   *  contraction the bases are a, b, then the epilogue's operands from 1 on. Parts are numbered from 0 on,
   *  and in any order any thread may do any of them; only a serial kernel's threads must have their own. */
  readonly phases: readonly FunctionRef[];
  /** Each thread does all of the first phase for itself: no barrier follows. */
  readonly startsAlone?: boolean;
  /** Cycles that it takes, about; 0: nobody knows. */
  readonly cycles: number;
  /** How many pieces it consists of that parts had better not cut; null: parts may begin anywhere. */
  readonly pieces: number | null;
  /** Bytes of scratch memory that the phases share, 16-byte aligned; for up to `maxThreads` threads. */
  readonly scratchBytes: number;
}
