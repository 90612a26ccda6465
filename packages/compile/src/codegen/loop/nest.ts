// A loop kernel as the generator sees it: dims that carry the strides of everything that moves with
// them, so that dims can be dropped, reordered, merged and split without touching anything else.
import type { DType } from "@wengert/autograd";
import { ceilDiv } from "../../size/scope.ts";
import type { Instr, LoopKernel, ReduceOp } from "../../plan/ir.ts";
import { elementBytes } from "../vector/index.ts";

/** Something that moves with the loops: the address of an operand's element, or a number. */
export interface Stream {
  readonly base:
    | { readonly kind: "operand"; readonly index: number }
    /** A number: offset + Σ strides[d] · i_d. */
    | { readonly kind: "counter"; readonly offset: number }
    /** In scratch memory; `perThread` bytes on for each thread. */
    | { readonly kind: "scratch"; readonly offset: number; readonly perThread: number };
  readonly dtype: DType;
  /** Bytes of a unit of stride. */
  readonly bytes: number;
}

export interface Dim {
  readonly size: number;
  /** A stride for each stream, in elements. */
  readonly strides: readonly number[];
  /** This dim and `parent` were one of `total` elements; the last part may be shorter than `size`. */
  readonly limit?: { readonly parent: Dim; readonly total: number };
}

/** Instructions whose indices are streams, and whose gathers are taken apart. Streams of operands have
 *  the operands' numbers. */
export type NestInstr = { readonly dtype: DType } & (
  | { readonly kind: "load"; readonly operand: number }
  | { readonly kind: "const"; readonly value: number }
  | { readonly kind: "call"; readonly fn: string; readonly args: readonly number[] }
  | { readonly kind: "cast"; readonly arg: number }
  | { readonly kind: "index"; readonly stream: number }
  | { readonly kind: "random"; readonly operand: number; readonly stream: number }
  /** Checks an index and yields how many bytes further on its element is. */
  | {
      readonly kind: "locate";
      readonly index: number;
      readonly byteStride: number;
      readonly size: number;
      readonly site: number;
    }
  /** The element that a "locate" has found; 0 if there is none at all. */
  | {
      readonly kind: "gather";
      readonly operand: number;
      readonly at: number;
      readonly size: number;
    }
  /** `position` is the stream of positions in the row, for argmax and argmin. */
  | {
      readonly kind: "reduce";
      readonly op: ReduceOp;
      readonly arg: number;
      readonly position: number;
    }
);

export interface NestStore {
  readonly stream: number;
  readonly value: number;
  readonly accumulate: boolean;
}

export interface Nest {
  readonly outer: readonly Dim[];
  readonly row: readonly Dim[];
  readonly streams: readonly Stream[];
  readonly instrs: readonly NestInstr[];
  readonly stores: readonly NestStore[];
}

export const product = (dims: readonly Dim[]): number =>
  dims.reduce((n, dim) => n * (dim.limit ? dim.limit.total / dim.limit.parent.size : dim.size), 1);

/** The values that an instruction is computed from. */
export function argsOf(instr: NestInstr): readonly number[] {
  switch (instr.kind) {
    case "call":
      return instr.args;
    case "cast":
    case "reduce":
      return [instr.arg];
    case "locate":
      return [instr.index];
    case "gather":
      return [instr.at];
    case "load":
    case "const":
    case "index":
    case "random":
      return [];
  }
}

/** The streams that an instruction reads. */
export function streamsOf(instr: NestInstr): readonly number[] {
  switch (instr.kind) {
    case "load":
    case "gather":
      return [instr.operand];
    case "index":
      return [instr.stream];
    case "random":
      return [instr.operand, instr.stream];
    case "reduce":
      return instr.op === "argmax" || instr.op === "argmin" ? [instr.position] : [];
    case "const":
    case "call":
    case "cast":
    case "locate":
      return [];
  }
}

/** The kernel as a nest: dims of one element dropped, the others ordered and merged; null if the
 *  kernel has nothing to do. */
export function nestOf(kernel: LoopKernel): Nest | null {
  const { dims, rowDims } = kernel;
  const split = dims.length - rowDims;
  if (dims.slice(0, split).includes(0)) return null;
  const builder = new NestBuilder(kernel);
  const isEmptyRow = dims.slice(split).includes(0);
  kernel.instrs.forEach((instr) => builder.add(isEmptyRow ? withoutRow(instr) : instr));
  const all = dims.map((size, d) => ({
    size,
    strides: builder.strides.map((strides) => strides[d]),
  }));
  const isUseful = ({ size }: Dim) => size !== 1;
  const outer = all.slice(0, split).filter(isUseful);
  const row = isEmptyRow ? [] : all.slice(split).filter(isUseful);
  const stores = kernel.stores.map((store) => ({
    stream: store.operand,
    value: builder.numbers[store.value],
    accumulate: store.accumulate ?? false,
  }));
  const inRow = movesInRow(kernel);
  const kept = isEmptyRow
    ? stores.filter((_, i) => !inRow(kernel.stores[i].operand, kernel.stores[i].value))
    : stores;
  const nest = { row, outer, streams: builder.streams, instrs: builder.instrs, stores: kept };
  return { ...nest, outer: merge(arrange(outer, nest)), row: merge(arrange(row, nest)) };
}

class NestBuilder {
  readonly streams: Stream[];
  readonly strides: (readonly number[])[];
  readonly instrs: NestInstr[] = [];
  /** The new numbers of the kernel's values. */
  readonly numbers: number[] = [];
  private readonly kernel: LoopKernel;
  private readonly positions: readonly number[];

  constructor(kernel: LoopKernel) {
    this.kernel = kernel;
    this.streams = kernel.operands.map(({ dtype }, index) => ({
      base: { kind: "operand", index },
      dtype,
      bytes: elementBytes[dtype],
    }));
    this.strides = kernel.operands.map((operand) => operand.strides);
    const { dims, rowDims } = kernel;
    this.positions = dims.map((_, d) =>
      d < dims.length - rowDims ? 0 : dims.slice(d + 1).reduce((n, size) => n * size, 1),
    );
  }

  add(instr: Instr): void {
    this.instrs.push(this.translate(instr));
    this.numbers.push(this.instrs.length - 1);
  }

  private translate(instr: Instr): NestInstr {
    const { numbers } = this;
    const { dtype } = instr;
    switch (instr.kind) {
      case "load":
      case "const":
        return instr;
      case "call":
        return { ...instr, args: instr.args.map((arg) => numbers[arg]) };
      case "cast":
        return { ...instr, arg: numbers[instr.arg] };
      case "index":
        return { kind: "index", dtype, stream: this.counter(instr.offset, instr.strides) };
      case "random": {
        const stream = this.counter(instr.offset, instr.strides);
        return { kind: "random", dtype, operand: instr.operand, stream };
      }
      case "reduce": {
        const isArg = instr.op === "argmax" || instr.op === "argmin";
        const position = isArg ? this.counter(0, this.positions) : -1;
        return { ...instr, arg: numbers[instr.arg], position };
      }
      case "gather": {
        const { operand, size, site, stride } = instr;
        const byteStride = stride * this.streams[operand].bytes;
        const index = numbers[instr.index];
        this.instrs.push({ kind: "locate", dtype: "int32", index, byteStride, size, site });
        return { kind: "gather", dtype, operand, at: this.instrs.length - 1, size };
      }
    }
  }

  private counter(offset: number, strides: readonly number[]): number {
    this.strides.push(strides);
    const base = { kind: "counter", offset } as const;
    return this.streams.push({ base, dtype: "int32", bytes: 1 }) - 1;
  }
}

/** What is left of an instruction when the row has no elements. */
function withoutRow(instr: Instr): Instr {
  if (instr.kind !== "reduce") return instr;
  const { dtype } = instr;
  const isProduct = instr.op === "prod";
  return { kind: "const", dtype, value: isProduct ? 1 : 0 };
}

/** Whether a store happens for each element of the row. */
function movesInRow({ dims, rowDims, operands, instrs }: LoopKernel) {
  const split = dims.length - rowDims;
  const isRow = (strides: readonly number[]) => strides.slice(split).some((stride) => stride !== 0);
  const depends: boolean[] = [];
  for (const instr of instrs) {
    depends.push(
      ("operand" in instr && isRow(operands[instr.operand].strides)) ||
        ("strides" in instr && isRow(instr.strides)) ||
        (instr.kind === "call" && instr.args.some((arg) => depends[arg])) ||
        (instr.kind === "cast" && depends[instr.arg]) ||
        (instr.kind === "gather" && depends[instr.index]),
    );
  }
  return (operand: number, value: number) => isRow(operands[operand].strides) || depends[value];
}

/**
 * Dims in the order in which memory is gone through best: by the stride of what is stored along them,
 * or, where nothing is, of what is loaded, from the largest to the smallest. Their order is free:
 * reductions know positions, and elements that several iterations meet are met in a fixed order.
 */
function arrange(dims: readonly Dim[], nest: Nest): Dim[] {
  const moves = (stream: number) => dims.some((dim) => dim.strides[stream] !== 0);
  const stored = nest.stores.map((store) => store.stream).filter(moves);
  const loaded = nest.instrs.flatMap((instr) => (instr.kind === "load" ? [instr.operand] : []));
  const [leader] = [...stored, ...loaded.filter(moves)];
  if (leader === undefined) return [...dims];
  return dims.toSorted((a, b) => Math.abs(b.strides[leader]) - Math.abs(a.strides[leader]));
}

/** Neighbouring dims through which every stream runs at an even pace become one. */
function merge(dims: readonly Dim[]): Dim[] {
  const merged: Dim[] = [];
  for (const dim of dims) {
    const last = merged.at(-1);
    const isEven = last?.strides.every((stride, s) => stride === dim.strides[s] * dim.size);
    if (last && isEven) merged[merged.length - 1] = { ...dim, size: last.size * dim.size };
    else merged.push(dim);
  }
  return merged;
}

/** A dim in parts of `size`: the dim of the parts, and the dim within one. */
export function splitDim(dim: Dim, size: number): [parts: Dim, within: Dim] {
  const strides = dim.strides.map((stride) => stride * size);
  const parts: Dim = { size: ceilDiv(dim.size, size), strides };
  const limit = { parent: parts, total: dim.size };
  return [parts, { size, strides: dim.strides, limit }];
}
