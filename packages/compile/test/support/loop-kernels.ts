// Kernels for tests, and their comparison with the oracle.
import type { DType, TypedArray } from "@wengert/autograd";
import { expect } from "vitest";
import type { Instr, LoopKernel, Operand, ReduceOp } from "../../src/plan/ir.ts";
import { runLoop } from "./loop-oracle.ts";
import { runCompiled } from "./loop-run.ts";

export const operand = (dtype: DType, ...strides: number[]): Operand => ({ dtype, strides });
export const f32 = (...strides: number[]) => operand("float32", ...strides);
export const i32 = (...strides: number[]) => operand("int32", ...strides);

/** Writes the instructions of a kernel, of one dtype unless something else is said. */
export class Body {
  readonly instrs: Instr[] = [];
  private readonly dtype: DType;

  constructor(dtype: DType = "float32") {
    this.dtype = dtype;
  }

  add(instr: Instr): number {
    return this.instrs.push(instr) - 1;
  }

  load(index: number, dtype: DType = this.dtype): number {
    return this.add({ kind: "load", operand: index, dtype });
  }

  const(value: number): number {
    return this.add({ kind: "const", value, dtype: this.dtype });
  }

  call(fn: string, ...args: number[]): number {
    const isBool = ["eq", "lt"].includes(fn);
    return this.add({ kind: "call", fn, args, dtype: isBool ? "bool" : this.dtype });
  }

  reduce(op: ReduceOp, arg: number): number {
    const isArg = op === "argmax" || op === "argmin";
    return this.add({ kind: "reduce", op, arg, dtype: isArg ? "int32" : this.dtype });
  }
}

export const reals = (count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * 12.9898 + 1) * 3);

export const bitsOf = (array: TypedArray) =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("hex");

/** Runs at one, two and three threads: the bits must be equal. Returns the arrays. */
export function run(
  kernel: LoopKernel,
  arrays: readonly TypedArray[],
  offsets?: readonly number[],
) {
  const [alone, ...others] = [1, 2, 3].map((n) => runCompiled(kernel, arrays, offsets, n));
  for (const other of others) {
    expect(other.arrays.map(bitsOf)).toEqual(alone.arrays.map(bitsOf));
  }
  return alone;
}

/** Compares with the oracle: floats to `ulps` units of float32 in the largest element. */
export function expectOracle(
  kernel: LoopKernel,
  arrays: readonly TypedArray[],
  ulps = 8,
  offsets?: readonly number[],
): readonly TypedArray[] {
  const copies = new Map(arrays.map((array) => [array, array.slice()]));
  const wanted = arrays.map((array) => copies.get(array)!);
  runLoop(kernel, wanted, offsets);
  const got = run(kernel, arrays, offsets).arrays;
  got.forEach((array, k) => {
    const largest = largestOf(wanted[k]);
    array.forEach((x: number, i: number) => {
      const want = wanted[k][i];
      const isSame = Object.is(x + 0, want + 0) || Math.abs(x - want) <= ulps * 2 ** -24 * largest;
      if (!isSame)
        expect({ operand: k, element: i, value: x }).toEqual({
          operand: k,
          element: i,
          value: want,
        });
    });
  });
  return got;
}

/** The size of the largest finite element. */
const largestOf = (array: TypedArray): number =>
  Array.from(array, Math.abs)
    .filter(Number.isFinite)
    .reduce((a, b) => Math.max(a, b), 0);
