// Compiles loop kernels and runs them in memory, thread after thread.
import type { TypedArray } from "@wengert/autograd";
import type { CodegenContext, Features } from "../../src/codegen/context.ts";
import type { LoopKernel } from "../../src/plan/ir.ts";
import { emitLoop } from "../../src/codegen/loop/index.ts";
import { elementBytes, hostImports, importHostFunctions } from "../../src/codegen/vector/index.ts";
import { features } from "../../src/run/features.ts";
import { wasm } from "../../src/run/platform.ts";
import { ModuleBuilder } from "../../src/wasm/module.ts";

export interface Loaded {
  /** Runs all phases for each thread in turn. */
  readonly run: (threads: number, bases: readonly number[]) => void;
  /** Runs the share of one thread, of all phases. */
  readonly runThread: (thread: number, threads: number, bases: readonly number[]) => void;
  readonly buffer: ArrayBuffer;
  /** Where memory is free. */
  readonly free: number;
  readonly phases: number;
  readonly bytes: number;
}

const engine = wasm()!;
const { relaxedSimd } = features();

const maxThreads = 3;
const failureAddress = 16;

export function loadLoop(
  kernel: LoopKernel,
  pages = 64,
  enabled: Features = { relaxedSimd },
): Loaded {
  const module = new ModuleBuilder({ initial: pages, maximum: pages, shared: false });
  const host = importHostFunctions(module);
  const ctx: CodegenContext = {
    module,
    features: enabled,
    wide: null,
    host,
    failureAddress,
    maxThreads,
  };
  const { phases, scratchBytes } = emitLoop(ctx, kernel);
  phases.forEach((phase, i) => module.export(`phase${i}`, phase));
  const memory = new engine.Memory({ initial: pages, maximum: pages });
  const bytes = module.toBytes();
  const instance = new engine.Instance(new engine.Module(bytes), {
    env: { memory, ...hostImports },
  });
  const functions = phases.map(
    (_, i) => instance.exports[`phase${i}`] as (...args: number[]) => void,
  );
  const scratch = 64;
  return {
    buffer: memory.buffer as ArrayBuffer,
    free: scratch + ((scratchBytes + 63) & ~63) + 64,
    phases: phases.length,
    bytes: bytes.length,
    runThread: (thread, threads, bases) => {
      for (const phase of functions) phase(thread, threads, ...bases, scratch, thread);
    },
    run: (threads, bases) => {
      for (const phase of functions) {
        for (let thread = 0; thread < threads; thread++) {
          phase(thread, threads, ...bases, scratch, thread);
        }
      }
    },
  };
}

export interface Outcome {
  readonly arrays: readonly TypedArray[];
  /** 1, site, index, size after a gather has failed. */
  readonly failure: readonly number[];
}

const guard = 64;
const filler = 0xa5;

/** The arrays after the kernel has run; operands of the same array share its memory. Checks that
 *  nothing around the arrays was written. */
export function runCompiled(
  kernel: LoopKernel,
  arrays: readonly TypedArray[],
  offsets: readonly number[] = arrays.map(() => 0),
  threads = 1,
  enabled?: Features,
): Outcome {
  const size = arrays.reduce((sum, array) => sum + array.byteLength + 2 * guard + 8, 1 << 21);
  const { run, buffer, free } = loadLoop(kernel, Math.ceil(size / 65536), enabled);
  const bytes = new Uint8Array(buffer);
  const starts = new Map<TypedArray, number>();
  let next = free;
  for (const array of arrays) {
    if (starts.has(array)) continue;
    bytes.fill(filler, next, next + 2 * guard + array.byteLength);
    starts.set(array, next + guard);
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), next + guard);
    next = (next + 2 * guard + array.byteLength + 7) & ~7;
  }
  const bases = arrays.map(
    (array, i) => starts.get(array)! + offsets[i] * elementBytes[kernel.operands[i].dtype],
  );
  run(threads, bases);
  for (const [array, start] of starts) {
    for (let i = 1; i <= guard; i++) {
      if (bytes[start - i] !== filler || bytes[start + array.byteLength + i - 1] !== filler) {
        throw new Error("the kernel wrote outside of its arrays");
      }
    }
  }
  const made = new Map(
    [...starts].map(([array, start]) => [
      array,
      new (array.constructor as new (b: ArrayBuffer) => TypedArray)(
        buffer.slice(start, start + array.byteLength),
      ),
    ]),
  );
  return {
    arrays: arrays.map((array) => made.get(array)!),
    failure: [...new Int32Array(buffer, failureAddress, 4)],
  };
}
