// Rewriting a loop over other dims: splitting one, reordering them, going along those of another loop.
import type { Instr, LoopKernel } from "./ir.ts";

/** Something that a loop has for each dim. */
type PerDim = (strides: readonly number[]) => number[];

/** Rewrites all strides of a loop. */
export function mapStrides(
  kernel: LoopKernel,
  dims: readonly number[],
  rowDims: number,
  f: PerDim,
): LoopKernel {
  return {
    ...kernel,
    dims,
    rowDims,
    operands: kernel.operands.map((operand) => ({ ...operand, strides: f(operand.strides) })),
    instrs: kernel.instrs.map((instr) => mapInstrStrides(instr, f)),
  };
}

export const mapInstrStrides = (instr: Instr, f: PerDim): Instr =>
  instr.kind === "index" || instr.kind === "random"
    ? { ...instr, strides: f(instr.strides) }
    : instr;

/** Dim d as two: the outer one over blocks of `inner` elements. */
export function splitDim(kernel: LoopKernel, d: number, inner: number): LoopKernel {
  const { dims, rowDims } = kernel;
  const isRow = d >= dims.length - rowDims;
  return mapStrides(
    kernel,
    dims.toSpliced(d, 1, dims[d] / inner, inner),
    isRow ? rowDims + 1 : rowDims,
    (strides) => strides.toSpliced(d, 1, strides[d] * inner, strides[d]),
  );
}

/** Without dims of extent 1. */
export function dropUnitDims(kernel: LoopKernel): LoopKernel {
  const { dims, rowDims } = kernel;
  const kept = [...dims.keys()].filter((d) => dims[d] !== 1);
  if (kept.length === dims.length) return kernel;
  const rows = kept.filter((d) => d >= dims.length - rowDims).length;
  // A reduction over axes of extent 1 alone still needs a row to fold.
  if (rowDims > 0 && rows === 0) {
    const last = dims.length - 1;
    const order = [...kept, last];
    return mapStrides(kernel, [...kept.map((d) => dims[d]), 1], 1, (s) => order.map((d) => s[d]));
  }
  return mapStrides(
    kernel,
    kept.map((d) => dims[d]),
    rows,
    (strides) => kept.map((d) => strides[d]),
  );
}

/** The loop over the dims of another one: dim d of that is dim `from[d]` of this, or none (-1). */
export const overDims = (
  kernel: LoopKernel,
  dims: readonly number[],
  rowDims: number,
  from: readonly number[],
): LoopKernel =>
  mapStrides(kernel, dims, rowDims, (strides) => from.map((d) => (d < 0 ? 0 : strides[d])));
