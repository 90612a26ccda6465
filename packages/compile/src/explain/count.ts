// How much work a group is: operations and bytes, counted from what it computes.
import { dtypeInfo } from "@wengert/autograd/compiler";
import type { LoopKernel, Operand } from "../codegen/ir.ts";
import type { Group, Plan } from "../plan/group.ts";

export interface Work {
  /** Floating-point operations; a multiply-add counts as two, a function such as exp as one. */
  readonly flops: number;
  /** What is read and written, each element once. */
  readonly bytes: number;
}

const product = (numbers: readonly number[]): number => numbers.reduce((n, d) => n * d, 1);

export function workOf(group: Group, plan: Plan): Work {
  switch (group.kind) {
    case "loop":
      return loopWork(group.kernel, 0);
    case "contract": {
      const { kernel } = group;
      const sizes = (axes: readonly { readonly size: number }[]) =>
        product(axes.map((it) => it.size));
      const [batch, m, n, k] = [kernel.batch, kernel.m, kernel.n, kernel.k].map(sizes);
      const width = dtypeInfo(kernel.dtype).bytes;
      const after = loopWork(kernel.epilogue, 1);
      const moving = (name: "a" | "b", axes: typeof kernel.k): number =>
        product(axes.filter((it) => it[name] !== 0).map((it) => it.size)) * width;
      const [a, b] = [
        moving("a", [...kernel.batch, ...kernel.m, ...kernel.k]),
        moving("b", [...kernel.batch, ...kernel.n, ...kernel.k]),
      ];
      return { flops: 2 * batch * m * n * k + after.flops, bytes: a + b + after.bytes };
    }
    case "scatter": {
      const { dims, target, index, source } = group.kernel;
      return { flops: product(dims), bytes: bytesOf([target, target, index, source], dims) };
    }
    case "scan": {
      const { dims, instrs, operands } = group.kernel;
      return { flops: product(dims) * calls(instrs), bytes: bytesOf(operands.slice(1), dims) };
    }
    case "host": {
      const bytes = group.bindings.map(({ buffer }, i) => {
        return product(group.shapes[i]) * dtypeInfo(plan.buffers[buffer].dtype).bytes;
      });
      return { flops: 0, bytes: bytes.reduce((sum, n) => sum + n, 0) };
    }
  }
}

function loopWork({ dims, operands, instrs, stores }: LoopKernel, first: number): Work {
  const touched: Operand[] = [];
  for (const instr of instrs) {
    const reads = instr.kind === "load" || instr.kind === "gather";
    if (reads && instr.operand >= first) touched.push(operands[instr.operand]);
  }
  for (const { operand } of stores) touched.push(operands[operand]);
  return { flops: product(dims) * calls(instrs), bytes: bytesOf(touched, dims) };
}

const calls = (instrs: LoopKernel["instrs"]): number =>
  instrs.filter(({ kind }) => kind === "call" || kind === "reduce").length;

const bytesOf = (operands: readonly Operand[], dims: readonly number[]): number =>
  operands.reduce(
    (sum, { dtype, strides }) =>
      sum + dtypeInfo(dtype).bytes * product(dims.filter((_, d) => strides[d] !== 0)),
    0,
  );
