// Inner loops in which V8 makes one instruction of 256 bits of two neighbouring ones of 128: tiles of twice as
// many vectors, which these registers hold. They stand in a library of their own, since V8 is to do so here and nowhere
// else (program/wide.ts); programs find them in a table.
import { ModuleBuilder, type MemoryLimits } from "../../wasm/module.ts";
import type { WideKernels } from "../context.ts";
import {
  columnModes,
  formName,
  microKernel,
  rowModes,
  type FloatType,
  type MicroForm,
} from "./micro.ts";

/** Tiles of fewer rows have too few sums to keep the processor busy: as a rule memory holds them up, too. */
const leastRows = 3;

/** How many vectors a tile may have: 12 registers of sums, or 9. */
export const mostWideVectors = (rows: number): number => (rows === leastRows ? 6 : 4);

/** Whether the vectors of such a tile are all halves of wide ones. */
export const isWideTile = (dtype: FloatType, rows: number, vectors: number): boolean =>
  dtype === "float32" && rows >= leastRows && vectors % 2 === 0;

export const wideForms: readonly MicroForm[] = [3, 4, 5, 6].flatMap((rows) =>
  [2, 4, 6]
    .filter((vectors) => vectors <= mostWideVectors(rows))
    .flatMap((vectors) =>
      rowModes.flatMap((a) =>
        columnModes.map((b) => ({ dtype: "float32", rows, vectors, a, b }) as const),
      ),
    ),
);

/** Two modules that export some of them, in order. V8 knows a module that it has seen before by its bytes, and takes the code
 *  that it has made of it: so the second one exports something more. */
export function wideLibraries(
  limits: MemoryLimits,
  forms: readonly MicroForm[],
): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] {
  const module = new ModuleBuilder(limits);
  const ctx = { module, features: { relaxedSimd: true }, wide: null };
  for (const form of forms) module.export(formName(form), microKernel(ctx, form));
  const first = module.toBytes();
  module.export("second", microKernel(ctx, forms[0]));
  return [first, module.toBytes()];
}

export const wideKernels: WideKernels = new Map(wideForms.map((form, i) => [formName(form), i]));
