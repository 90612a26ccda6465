// What the tests of scatters and scans share: memory, random kernels, and runs thread by thread.
import fc from "fast-check";
import { expect } from "vitest";
import type { DType } from "@wengert/autograd";
import type { CodegenContext, EmittedKernel } from "../src/codegen/context.ts";
import { hostImports, importHostFunctions } from "../src/codegen/vector/index.ts";
import { wasm } from "../src/run/platform.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";

// The oracles work on a copy of the memory, at the same addresses, and all of the memory is compared:
// so nothing else may have been touched. Bits of NaN are not compared, those of zeros are.

export const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
};
export const failureAddress = 16;
const pages = 64;

/** Where an operand's elements lie; no two operands share memory, and there is some between them. */
export class Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  private next = 64;

  constructor() {
    this.bytes = new Uint8Array(pages * 65536).fill(0xa5);
    this.bytes.fill(0, 0, 64);
  }

  /** The base of an operand whose elements lie from `low` to `high` elements after it. */
  place(dtype: DType, [low, high]: readonly [number, number], value: () => number): number {
    const size = arrays[dtype].BYTES_PER_ELEMENT;
    // An odd multiple of the element's size: vectors are not aligned.
    const start = Math.ceil(this.next / size) * size + 3 * size;
    this.next = start + (high - low + 4) * size;
    if (this.next > this.bytes.length) throw new Error("the test wants more memory");
    const view = new arrays[dtype](this.bytes.buffer, start, high - low + 1);
    for (let i = 0; i < view.length; i++) view[i] = value();
    return start - low * size;
  }

  get used(): number {
    return Math.ceil(this.next / 64) * 64;
  }
}

/** Emits a kernel; the function runs it on a copy of the memory, thread by thread in this order. */
export function compile(emit: (ctx: CodegenContext) => EmittedKernel) {
  const module = new ModuleBuilder({ initial: pages, maximum: pages, shared: false });
  const host = importHostFunctions(module);
  const features = { relaxedSimd: false };
  const { phases, scratchBytes } = emit({
    module,
    features,
    wide: null,
    host,
    failureAddress,
    maxThreads: 4,
  });
  expect(scratchBytes).toBe(0);
  phases.forEach((phase, i) => module.export(`phase${i}`, phase));
  const engine = wasm()!;
  const memory = new engine.Memory({ initial: pages, maximum: pages });
  const compiled = new engine.Module(module.toBytes());
  const { exports } = new engine.Instance(compiled, { env: { memory, ...hostImports } });
  return (from: Memory, bases: readonly number[], order: readonly number[], threads: number) => {
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(from.bytes.subarray(0, from.used));
    phases.forEach((_, i) => {
      const phase = exports[`phase${i}`] as (...args: number[]) => void;
      for (const thread of order) phase(thread, threads, ...bases, 0, thread);
    });
    return bytes.slice(0, from.used);
  };
}

/** Threads in this order, in reverse too: shares must not meet. */
export const schedules = [[0], [0, 1], [1, 0], [0, 1, 2], [2, 1, 0]];

/** The first element that differs, as seen through a dtype. */
export function difference(dtype: DType, a: Uint8Array, b: Uint8Array) {
  const [x, y] = [a, b].map((bytes) => new arrays[dtype](bytes.slice(64).buffer));
  const at = x.findIndex((value, i) => !Object.is(value, y[i]));
  return at < 0 ? null : { byte: 64 + at * x.BYTES_PER_ELEMENT, got: x[at], expected: y[at] };
}

/** Calls f with each index, in row-major order; it is one array, which changes. */
export function forEachIndex(dims: readonly number[], f: (index: readonly number[]) => void): void {
  const index = dims.map(() => 0);
  const visit = (d: number) => {
    if (d === dims.length) f(index);
    else for (index[d] = 0; index[d] < dims[d]; index[d]++) visit(d + 1);
  };
  visit(0);
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);

export const extent = (dims: readonly number[], strides: readonly number[]): [number, number] => [
  dims.reduce((sum, n, d) => sum + Math.min(0, strides[d] * Math.max(0, n - 1)), 0),
  dims.reduce((sum, n, d) => sum + Math.max(0, strides[d] * Math.max(0, n - 1)), 0),
];

/** mulberry32 */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const specials = [NaN, Infinity, -Infinity, -0, 0, 1e-45, 3e38];

export function valueOf(dtype: DType, random: () => number): number {
  if (dtype === "bool") return Math.floor(2 * random());
  if (dtype === "int32") return Math.floor((random() - 0.5) * 2 ** 32);
  const special = Math.floor(random() * 200);
  return specials[special] ?? (random() - 0.5) * 4;
}

/** Rounding to the dtype: that of every single addition and multiplication. */
export const rounded: Record<DType, (x: number) => number> = {
  float32: Math.fround,
  float64: (x) => x,
  int32: (x) => x | 0,
  bool: (x) => (x !== 0 ? 1 : 0),
};

const size = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 3, arbitrary: fc.integer({ min: 17, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 16, 64, 100) },
);

/** Up to four dims, of up to some ten thousand elements. */
export const dimsOf = (minRank: number) =>
  fc.array(size, { minLength: minRank, maxLength: 4 }).map((sizes) => {
    let left = 12_000;
    return sizes.map((n) => {
      const fit = Math.max(1, Math.min(n, left));
      left = Math.floor(left / fit);
      return n === 0 ? 0 : fit;
    });
  });

/** Strides of a permuted, padded, partly reversed array. */
export const injective = (dims: readonly number[]) =>
  fc
    .tuple(
      fc.oneof(
        fc.constant([...dims.keys()].reverse()),
        fc.shuffledSubarray([...dims.keys()], { minLength: dims.length }),
      ),
      fc.array(fc.constantFrom(0, 0, 0, 1, 3), { minLength: 4, maxLength: 4 }),
      fc.array(fc.constantFrom(1, 1, 1, -1), { minLength: 4, maxLength: 4 }),
    )
    .map(([order, gaps, signs]) => {
      const strides = dims.map(() => 0);
      let step = 1;
      order.forEach((d, i) => {
        strides[d] = signs[i] * step;
        step = step * Math.max(1, dims[d]) + gaps[i];
      });
      return strides;
    });

/** The same, but along some dims the array is repeated. */
export const repeated = (dims: readonly number[]) =>
  fc
    .tuple(injective(dims), fc.array(fc.constantFrom(1, 1, 0), { minLength: 4, maxLength: 4 }))
    .map(([strides, kept]) => strides.map((stride, d) => stride * kept[d]));
