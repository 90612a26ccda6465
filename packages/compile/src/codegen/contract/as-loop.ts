// A contraction as a loop with a sum: for integers, for what has no sum worth the name (outer
// products), and for epilogues that tiles cannot run.
import { plus } from "../../size/scope.ts";
import type { FunctionRef } from "../../wasm/function.ts";
import type { CodegenContext, EmittedKernel } from "../context.ts";
import type { Contraction, Instr, LoopKernel, Operand } from "../../plan/ir.ts";
import { elementBytes } from "../vector/index.ts";
import { emitLoop } from "../loop/index.ts";
import { align } from "./layout.ts";

/** The loop whose operands are a, b and the epilogue's from 1 on. */
export function loopOf(c: Contraction): LoopKernel {
  const outer = [...c.batch, ...c.m, ...c.n];
  const axes = [...outer, ...c.k];
  const padded = (strides: readonly number[]): number[] => [...strides, ...c.k.map(() => 0)];
  const { operands, instrs, stores } = c.epilogue;
  // Sums begin with 0, those of one term as well: it makes 0 of −0.
  const sum: readonly Instr[] =
    c.k.length > 0
      ? [{ kind: "reduce", dtype: c.dtype, op: "sum", arg: 2 }]
      : [
          { kind: "const", dtype: c.dtype, value: 0 },
          { kind: "call", dtype: c.dtype, fn: "add", args: [2, 3] },
        ];
  const own: Instr[] = [
    { kind: "load", dtype: c.dtype, operand: 0 },
    { kind: "load", dtype: c.dtype, operand: 1 },
    { kind: "call", dtype: c.dtype, fn: "mul", args: [0, 1] },
    ...sum,
  ];
  // A load of the sum stands for the sum; the other values come after this loop's own.
  const first = own.length;
  const isAcc = (instr: Instr): boolean => instr.kind === "load" && instr.operand === 0;
  const numbers = instrs.map((instr, i) =>
    isAcc(instr) ? first - 1 : first + instrs.slice(0, i).filter((it) => !isAcc(it)).length,
  );
  const shifted = instrs
    .filter((instr) => !isAcc(instr))
    .map((instr) => shift(instr, numbers, padded));
  return {
    dims: axes.map(({ size }) => size),
    rowDims: c.k.length,
    operands: [
      { dtype: c.dtype, strides: axes.map(({ a }) => a) },
      { dtype: c.dtype, strides: axes.map(({ b }) => b) },
      ...operands.slice(1).map(({ dtype, strides }) => ({ dtype, strides: padded(strides) })),
    ],
    instrs: [...own, ...shifted],
    stores: stores.map((it) => ({ ...it, operand: it.operand + 1, value: numbers[it.value] })),
  };
}

function shift(
  instr: Instr,
  numbers: readonly number[],
  padded: (strides: readonly number[]) => number[],
): Instr {
  switch (instr.kind) {
    case "load":
      return { ...instr, operand: instr.operand + 1 };
    case "gather":
      return { ...instr, operand: instr.operand + 1, index: numbers[instr.index] };
    case "const":
      return instr;
    case "index":
      return { ...instr, strides: padded(instr.strides) };
    case "random":
      return { ...instr, operand: instr.operand + 1, strides: padded(instr.strides) };
    case "call":
      return { ...instr, args: instr.args.map((arg) => numbers[arg]) };
    case "cast":
    case "reduce":
      return { ...instr, arg: numbers[instr.arg] };
  }
}

/** First the sums, row-major in scratch memory, then the epilogue as a loop over them. */
export function emitInTwo(
  ctx: CodegenContext,
  c: Contraction,
  emitSums: (sums: Contraction) => EmittedKernel,
): EmittedKernel {
  const { dims, operands } = c.epilogue;
  const strides = dims.map((_, d) => dims.slice(d + 1).reduce((x, y) => x * y, 1));
  const target: Operand = { dtype: c.dtype, strides };
  const sums = emitSums({
    ...c,
    epilogue: {
      dims,
      rowDims: 0,
      operands: [target, target],
      instrs: [
        {
          kind: "load",
          dtype: c.dtype,
          operand: 0,
        },
      ],
      stores: [
        {
          operand: 1,
          value: 0,
        },
      ],
    },
  });
  const loop = emitLoop(ctx, { ...c.epilogue, operands: [target, ...operands.slice(1)] });
  const sumBytes = align(dims.reduce((x, y) => x * y, elementBytes[c.dtype]));
  const used = align(sums.scratchBytes);
  const params = new Array<"i32">(operands.length + 5).fill("i32");
  const wrap = (phase: FunctionRef, bases: readonly Base[]): FunctionRef =>
    ctx.module.function(params, [], (f) => {
      const base = (of: Base): void => {
        if (typeof of === "number") f.get(f.params[of]);
        else f.get(f.params.at(-2)!).i32(of.scratch).op("i32.add");
      };
      bases.forEach(base);
      f.get(f.params.at(-1)!).call(phase);
    });
  const inner = operands.slice(1).map((_, i) => 4 + i);
  return {
    phases: [
      ...sums.phases.map((phase) => wrap(phase, [0, 1, 2, 3, { scratch: used }, { scratch: 0 }])),
      ...loop.phases.map((phase) =>
        wrap(phase, [0, 1, { scratch: used }, ...inner, { scratch: plus(used, sumBytes) }]),
      ),
    ],
    startsAlone: sums.startsAlone,
    scratchBytes: plus(plus(used, sumBytes), align(loop.scratchBytes)),
    cycles: sums.cycles + loop.cycles,
    pieces: sums.pieces,
  };
}

/** A parameter, or an address in scratch memory. */
type Base = number | { readonly scratch: number };
