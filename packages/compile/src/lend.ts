// Lends compiled contractions to eager code: a large product is worth the copy into the programs'
// memory and back.
import type { Program } from "@wengert/autograd";
import {
  contractionRoles,
  fast,
  isFloat,
  setExecutor,
  sizeOf,
  type Executor,
} from "@wengert/autograd/compiler";
import { CompiledProgramError } from "./errors.ts";
import { compiledExecutor } from "./executor.ts";

/** Fewer operations than this take less time than the call of a program. */
const minFlops = 1e5;

/** Multiply-adds of eager code take some 0.1 ns longer each than compiled ones; a byte that is copied
 *  to and fro takes about as long. */
const minFlopsPerByte = 1;

const lending: Executor = {
  name: "fast, with compiled contractions",
  prepare: (program, layouts) => {
    if (!isWorthwhile(program)) return fast.prepare(program, layouts);
    try {
      return compiledExecutor.prepare(program, layouts);
    } catch (error) {
      // An engine that refuses to compile still runs eager code.
      if (error instanceof CompiledProgramError) return fast.prepare(program, layouts);
      throw error;
    }
  },
};

function isWorthwhile({ inputs, steps, outputs }: Program): boolean {
  const specs = [...inputs, ...steps.map(({ spec }) => spec)];
  const bytes = [...inputs, ...outputs.map((id) => specs[id])].reduce(
    (sum, { shape }) => sum + 4 * sizeOf(shape),
    0,
  );
  let flops = 0;
  for (const { kernel, inputs: ids, spec } of steps) {
    if (kernel.kind === "host" || kernel.kind === "assign") return false;
    if (kernel.kind !== "contract" || !isFloat(spec.dtype)) continue;
    const { k } = contractionRoles(kernel);
    const a = specs[ids[0]].shape;
    flops += 2 * k.reduce((n, label) => n * a[kernel.a.indexOf(label)], sizeOf(spec.shape));
  }
  return flops >= minFlops && flops >= minFlopsPerByte * bytes;
}

/**
 * Whether eager code borrows compiled kernels for its large contractions (matmul, Linear, conv2d). It
 * does from the moment that this package is imported; values differ from those of the plain eager
 * executor by rounding.
 * @example lendKernels(false); // eager code is to be the judge of compiled code
 */
export function lendKernels(on: boolean): void {
  setExecutor(on ? lending : fast);
}

lendKernels(true);
