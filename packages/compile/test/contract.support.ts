// Runs a contraction as generated code, and as plain loops over doubles.
import type { DType } from "@wengert/autograd";
import type { CodegenContext } from "../src/codegen/context.ts";
import { emitContraction } from "../src/codegen/contract/index.ts";
import { wideForms, wideKernels, wideLibraries } from "../src/codegen/contract/wide.ts";
import type { Contraction, ContractionAxis, Instr } from "../src/plan/ir.ts";
import { hostImports, importHostFunctions } from "../src/codegen/vector/index.ts";
import { wasm } from "../src/run/platform.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";

export const engine = wasm()!;

export interface Numbers extends ArrayLike<number>, Iterable<number> {
  [index: number]: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly BYTES_PER_ELEMENT: number;
}

export const arrayOf = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/** An operand's memory, and the position of the element with all indices 0 in it. */
export interface Placed {
  readonly data: Numbers;
  readonly origin: number;
}

export interface Machine {
  readonly relaxedSimd: boolean;
  /** With the tiles that wide vectors have. Whether an engine makes these of them is another question. */
  readonly isWide?: boolean;
  readonly threads: number;
}

export const hasRelaxedSimd: boolean = (() => {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: true });
  module.function(["v128"], ["v128"], (f) => {
    const [x] = f.params;
    f.get(x).get(x).get(x).op("f32x4.relaxed_madd");
  });
  return engine.validate(module.toBytes());
})();

/** On each, and for any number of threads, results have the same bits. */
export const machineKinds: readonly Omit<Machine, "threads">[] = hasRelaxedSimd
  ? [{ relaxedSimd: true }, { relaxedSimd: false }, { relaxedSimd: true, isWide: true }]
  : [{ relaxedSimd: false }];

const pageBytes = 65536;
const limits = { initial: 1024, maximum: 1024, shared: true };
/** One for all: an engine reserves much address space for each. */
const memory = new engine.Memory(limits);
const table = new engine.Table({ element: "anyfunc", initial: wideForms.length });
if (hasRelaxedSimd) {
  const library = new engine.Module(wideLibraries(limits, wideForms)[0]);
  const { exports } = new engine.Instance(library, { env: { memory } });
  Object.values(exports).forEach((f, i) => table.set(i, f));
}
const maxThreads = 4;
const guard = 64;

/** What the operands (a, b, the epilogue's from 1 on) hold afterwards; the arrays stay as they are.
 *  `aliases[i]` = j puts operand i into the memory of operand j. */
export function runContraction(
  c: Contraction,
  operands: readonly Placed[],
  { relaxedSimd, isWide = false, threads }: Machine,
  aliases: readonly (number | undefined)[] = [],
): Numbers[] {
  const module = new ModuleBuilder(limits);
  const host = importHostFunctions(module);
  const ctx: CodegenContext = {
    module,
    host,
    maxThreads,
    failureAddress: 16,
    wide: isWide ? wideKernels : null,
    features: { relaxedSimd },
  };
  const kernel = emitContraction(ctx, c);
  kernel.phases.forEach((phase, i) => module.export(`phase${i}`, phase));
  const instance = new engine.Instance(new engine.Module(module.toBytes()), {
    env: { memory, functions: table, ...hostImports },
  });
  const all = new Uint8Array(memory.buffer);
  let next = 1024;
  const take = (bytes: number): number => {
    const address = next + guard;
    next = Math.ceil((address + bytes) / 64) * 64 + guard;
    return address;
  };
  const starts = operands.map(({ data }) => take(data.byteLength));
  aliases.forEach((other, i) => {
    if (other !== undefined) starts[i] = starts[other];
  });
  const scratch = take(kernel.scratchBytes);
  if (next > limits.initial * pageBytes) throw new Error("the test's memory is too small");
  // Garbage in scratch memory and between the operands: NaN as floats. None of it may change results.
  all.fill(0xff, 1024, next);
  operands.forEach(({ data }, i) => {
    all.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), starts[i]);
  });
  const bases = operands.map(({ data, origin }, i) => starts[i] + origin * data.BYTES_PER_ELEMENT);
  for (let p = 0; p < kernel.phases.length; p++) {
    const phase = instance.exports[`phase${p}`] as (...args: number[]) => void;
    for (let thread = 0; thread < threads; thread++) {
      phase(thread, threads, ...bases, scratch, thread);
    }
  }
  starts.forEach((start, i) => {
    const end = start + operands[i].data.byteLength;
    const around = [...all.slice(start - guard, start), ...all.slice(end, end + guard)];
    if (around.some((byte) => byte !== 0xff)) throw new Error(`operand ${i} was left`);
  });
  return operands.map(({ data }, i) => {
    const bytes = all.slice(starts[i], starts[i] + data.byteLength);
    return new arrayOf[dtypeOf(data)](bytes.buffer);
  });
}

const dtypeOf = (data: Numbers): DType =>
  data instanceof Float32Array
    ? "float32"
    : data instanceof Float64Array
      ? "float64"
      : data instanceof Int32Array
        ? "int32"
        : "bool";

/** Calls `visit` for each index of these extents, row-major. */
function eachIndex(extents: readonly number[], visit: (index: readonly number[]) => void): void {
  const index = extents.map(() => 0);
  if (extents.includes(0)) return;
  for (;;) {
    visit(index);
    let d = extents.length - 1;
    while (d >= 0 && ++index[d] === extents[d]) index[d--] = 0;
    if (d < 0) return;
  }
}

export const dot = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, i, d) => sum + i * strides[d], 0);

/** A sum of products in doubles, and the sum of their sizes. */
export interface Sum {
  readonly value: number;
  readonly magnitude: number;
}

/** All sums, in the order of the epilogue's dims. */
export function sumsOf(c: Contraction, a: Placed, b: Placed): Sum[] {
  const { batch, m, n, k } = c;
  const outer = [...batch, ...m, ...n];
  const at = (of: "a" | "b", axes: readonly ContractionAxis[], index: readonly number[]) =>
    dot(
      index,
      axes.map((axis) => axis[of]),
    );
  const sums: Sum[] = [];
  const inner: [number, number][] = [];
  eachIndex(
    k.map(({ size }) => size),
    (index) => inner.push([at("a", k, index), at("b", k, index)]),
  );
  eachIndex(
    outer.map(({ size }) => size),
    (index) => {
      const [ai, bi] = [a.origin + at("a", outer, index), b.origin + at("b", outer, index)];
      let value = 0;
      let magnitude = 0;
      for (const [aOffset, bOffset] of inner) {
        const [x, y] = [a.data[ai + aOffset], b.data[bi + bOffset]];
        if (c.dtype === "int32") value = (value + Math.imul(x, y)) | 0;
        else value += x * y;
        magnitude += Math.abs(x * y);
      }
      sums.push({ value, magnitude });
    },
  );
  return sums;
}

const functions: Record<string, (...args: number[]) => number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  max: Math.max,
  sqrt: Math.sqrt,
  neg: (x) => -x,
};

/** Integers wrap around. */
function call(fn: string, dtype: DType, args: readonly number[]): number {
  if (dtype === "int32" && fn === "mul") return Math.imul(args[0], args[1]);
  const value = functions[fn](...args);
  return dtype === "int32" ? value | 0 : value;
}

/** Runs the epilogue over given sums, in doubles, on copies of the operands (a, b, its own from 1 on). */
export function runEpilogue(
  { epilogue }: Contraction,
  sums: readonly number[],
  operands: readonly Placed[],
  aliases: readonly (number | undefined)[] = [],
): Float64Array[] {
  const copies = operands.map(({ data }) => Float64Array.from(data));
  aliases.forEach((other, i) => {
    if (other !== undefined) copies[i] = copies[other];
  });
  let position = 0;
  eachIndex(epilogue.dims, (index) => {
    const at = (operand: number): number =>
      operands[operand + 1].origin + dot(index, epilogue.operands[operand].strides);
    const values: number[] = [];
    for (const instr of epilogue.instrs) values.push(valueOf(instr));
    for (const { operand, value } of epilogue.stores) {
      copies[operand + 1][at(operand)] = values[value];
    }
    position++;

    function valueOf(instr: Instr): number {
      switch (instr.kind) {
        case "load":
          return instr.operand === 0
            ? sums[position]
            : copies[instr.operand + 1][at(instr.operand)];
        case "const":
          return instr.value;
        case "index":
          return instr.offset + dot(index, instr.strides);
        case "cast":
          return values[instr.arg];
        case "call":
          return call(
            instr.fn,
            instr.dtype,
            instr.args.map((arg) => values[arg]),
          );
        default:
          throw new Error(`the test's oracle has no ${instr.kind}`);
      }
    }
  });
  return copies;
}
