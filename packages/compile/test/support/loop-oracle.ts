// What a loop kernel means, in plain TypeScript: every index in turn, every value in double precision
// and rounded to its dtype.
import type { DType, TypedArray } from "@wengert/autograd";
import { primitives, type Primitive } from "@wengert/autograd/compiler";
import type { Instr, LoopKernel, ReduceOp, Store } from "../../src/plan/ir.ts";

export interface Failure {
  readonly site: number;
  readonly index: number;
  readonly size: number;
}

/** Runs the kernel over arrays (of which the same may stand for several operands), whose bases are
 *  `offsets` elements from their starts. Returns the gathers that failed. */
export function runLoop(
  kernel: LoopKernel,
  arrays: readonly TypedArray[],
  offsets: readonly number[] = arrays.map(() => 0),
): Failure[] {
  const { dims, rowDims, operands, instrs, stores } = kernel;
  const split = dims.length - rowDims;
  const failures: Failure[] = [];
  const rows = indices(dims.slice(split));
  // A dim of one element is no way to move.
  const isRow = (strides: readonly number[]) =>
    strides.slice(split).some((s, d) => s !== 0 && dims[split + d] !== 1);
  const address = (operand: number, at: readonly number[]) =>
    offsets[operand] + dot(operands[operand].strides, at);

  const inRow: boolean[] = [];
  for (const instr of instrs) inRow.push(dependsOnRow(instr));

  function dependsOnRow(instr: Instr): boolean {
    switch (instr.kind) {
      case "load":
        return isRow(operands[instr.operand].strides);
      case "gather":
        return inRow[instr.index] || isRow(operands[instr.operand].strides);
      case "index":
      case "random":
        return isRow(instr.strides);
      case "call":
        return instr.args.some((arg) => inRow[arg]);
      case "cast":
        return inRow[instr.arg];
      case "const":
      case "reduce":
        return false;
    }
  }

  const isFull = ({ operand, value }: Store) => inRow[value] || isRow(operands[operand].strides);

  // What no store needs is not computed, and cannot fail; an empty row needs nothing.
  const live = new Set(
    stores.filter((store) => rows.length > 0 || !isFull(store)).map((store) => store.value),
  );
  for (let v = instrs.length - 1; v >= 0; v--) {
    const isEmpty = instrs[v].kind === "reduce" && rows.length === 0;
    if (live.has(v) && !isEmpty) argsOf(instrs[v]).forEach((arg) => live.add(arg));
  }

  for (const outer of indices(dims.slice(0, split))) {
    const here = rows.map((row) => [...outer, ...row]);
    const once = [...outer, ...new Array<number>(rowDims).fill(0)];
    const values: number[][] = [];
    const valueAt = (value: number, i: number) => values[value][inRow[value] ? i : 0];
    instrs.forEach((instr, v) => {
      if (!live.has(v)) values.push([]);
      else if (instr.kind === "reduce") {
        const row = rows.map((_, i) => valueAt(instr.arg, i));
        values.push([rounded(instr.dtype, fold(instr.op, row))]);
      } else {
        const places = inRow[v] ? here : [once];
        values.push(places.map((at, i) => rounded(instr.dtype, evaluate(instr, at, i))));
      }
    });

    function evaluate(
      instr: Exclude<Instr, { kind: "reduce" }>,
      at: readonly number[],
      i: number,
    ): number {
      switch (instr.kind) {
        case "load":
          return arrays[instr.operand][address(instr.operand, at)];
        case "gather": {
          const { site, size, stride, operand } = instr;
          const index = valueAt(instr.index, i);
          const isInside = index >= 0 && index < size;
          if (!isInside) failures.push({ site, index, size });
          if (size === 0) return 0;
          return arrays[operand][address(operand, at) + (isInside ? index : 0) * stride];
        }
        case "const":
          return instr.value;
        case "index":
          return instr.offset + dot(instr.strides, at);
        case "random": {
          const state = arrays[instr.operand].subarray(address(instr.operand, at));
          return randomWord(state, instr.offset + dot(instr.strides, at));
        }
        case "cast":
          return convert(instr.dtype, valueAt(instr.arg, i));
        case "call": {
          const fn: Primitive = primitives[instr.fn as keyof typeof primitives];
          const isInt = instrs[instr.args.at(-1)!].dtype === "int32";
          return ((isInt && fn.int) || fn.float)(...instr.args.map((arg) => valueAt(arg, i)));
        }
      }
    }

    for (const store of stores) {
      const { operand, value, accumulate } = store;
      (isFull(store) ? here : [once]).forEach((at, i) => {
        const place = address(operand, at);
        const before = accumulate ? arrays[operand][place] : 0;
        arrays[operand][place] = before + valueAt(value, i);
      });
    }
  }
  return failures;
}

function argsOf(instr: Instr): readonly number[] {
  if (instr.kind === "call") return instr.args;
  if (instr.kind === "gather") return [instr.index];
  return "arg" in instr ? [instr.arg] : [];
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);

/** All indices of a shape, the last one fastest. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}

function rounded(dtype: DType, x: number): number {
  if (dtype === "float32") return Math.fround(x);
  return dtype === "int32" ? x | 0 : x;
}

function convert(dtype: DType, x: number): number {
  if (dtype === "bool") return x !== 0 ? 1 : 0;
  if (dtype !== "int32") return x;
  return Number.isNaN(x) ? 0 : Math.trunc(Math.min(2147483647, Math.max(-2147483648, x)));
}

function fold(op: ReduceOp, row: readonly number[]): number {
  switch (op) {
    case "sum":
      return row.reduce((a, b) => a + b, 0);
    case "prod":
      return row.reduce((a, b) => a * b, 1);
    case "max":
      return row.reduce((a, b) => Math.max(a, b), -Infinity);
    case "min":
      return row.reduce((a, b) => Math.min(a, b), Infinity);
    case "argmax":
    case "argmin": {
      const nan = row.findIndex((x) => Number.isNaN(x));
      if (nan >= 0) return nan;
      return row.indexOf(op === "argmax" ? Math.max(...row) : Math.min(...row));
    }
  }
}

/** A word of the Threefry-2x32-20 stream of a state, by the definition. */
export function randomWord(state: ArrayLike<number>, word: number): number {
  const wrap = (x: bigint) => BigInt.asUintN(32, x);
  const [k0, k1, low, high] = Array.from({ length: 4 }, (_, i) => wrap(BigInt(state[i])));
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bdan];
  const counter = low + (high << 32n) + BigInt(Math.floor(word / 2));
  let a = wrap(wrap(counter) + k0);
  let b = wrap(wrap(counter >> 32n) + k1);
  const rotations = [13n, 15n, 26n, 6n, 17n, 29n, 16n, 24n];
  for (let round = 0; round < 20; round++) {
    a = wrap(a + b);
    const r = rotations[round % 8];
    b = wrap((b << r) | (b >> (32n - r))) ^ a;
    if (round % 4 !== 3) continue;
    const group = (round + 1) / 4;
    a = wrap(a + keys[group % 3]);
    b = wrap(b + keys[(group + 1) % 3] + BigInt(group));
  }
  return Number(BigInt.asIntN(32, word % 2 === 0 ? a : b));
}
