// How much work a group is: operations and bytes, counted from what it computes.
import { dtypeInfo } from "@wengert/autograd/compiler";
import { shareOf } from "../plan/band.ts";
import type { DType } from "@wengert/autograd";
import {
  argsOf,
  type Contraction,
  type ContractionAxis,
  type Instr,
  type LoopKernel,
  type Operand,
} from "../plan/ir.ts";
import type { Group, Plan } from "../plan/group.ts";

export interface Work {
  /** Floating-point operations; a multiply-add counts as two, a function such as exp as one. A value
   *  that is the same for several indices counts once. */
  readonly flops: number;
  /** What is read and written, each element once. */
  readonly bytes: number;
}

const product = (numbers: readonly number[]): number => numbers.reduce((n, d) => n * d, 1);

const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

const widthOf = ({ dtype }: Operand): number => dtypeInfo(dtype).bytes;

export function workOf(group: Group, plan: Plan): Work {
  switch (group.kind) {
    case "loop":
      return loopWork(group.kernel, 0);
    case "contract":
      return contractWork(group.kernel);
    case "scatter": {
      const { combine, dims, target, index, source, axisSize } = group.kernel;
      const hit = Math.min(product(dims), elements(target.strides, dims) * axisSize);
      return {
        flops: combine === "add" && isFloat(source.dtype) ? product(dims) : 0,
        bytes:
          (combine === "add" ? 2 : 1) * hit * widthOf(target) +
          bytesOf(index, dims) +
          bytesOf(source, dims),
      };
    }
    case "scan": {
      const { dims, instrs, operands, output, onlyIf } = group.kernel;
      // What is done where all else fails is not work that is usually done.
      if (onlyIf !== undefined) return { flops: 0, bytes: 0 };
      const used = new Set([output, ...loaded(instrs)]);
      used.delete(0);
      return {
        flops: product(dims) * instrs.filter((instr) => computes(instr, instrs)).length,
        bytes: [...used].reduce((sum, i) => sum + bytesOf(operands[i], dims), 0),
      };
    }
    case "turns": {
      const turn = group.body.groups.map((inner) => workOf(inner, group.body));
      const total = (of: keyof Work) => group.length * turn.reduce((sum, it) => sum + it[of], 0);
      return { flops: total("flops"), bytes: total("bytes") };
    }
    case "host": {
      const bytes = group.bindings.map(
        ({ buffer }, i) => product(group.shapes[i]) * dtypeInfo(plan.buffers[buffer].dtype).bytes,
      );
      return { flops: 0, bytes: bytes.reduce((sum, n) => sum + n, 0) };
    }
  }
}

function contractWork(kernel: Contraction): Work {
  const { dtype, batch, m, n, k, epilogue } = kernel;
  const outer = [...batch, ...m, ...n];
  // Terms that are known to be 0 do not count.
  const shares = k.map(({ band, size }) => {
    const place = outer.find(({ label }) => label !== undefined && label === band?.place);
    return band && place ? shareOf(band, size, place.size) : 1;
  });
  const size = product([
    ...outer.map((axis) => axis.size),
    ...k.map((axis) => axis.size),
    ...shares,
  ]);
  const after = loopWork(epilogue, 1);
  const moving = (name: "a" | "b", axes: readonly ContractionAxis[]): number =>
    elements(
      axes.map((axis) => axis[name]),
      axes.map((axis) => axis.size),
    ) * dtypeInfo(dtype).bytes;
  const [a, b] = [moving("a", [...batch, ...m, ...k]), moving("b", [...batch, ...n, ...k])];
  return {
    flops: (isFloat(dtype) ? 2 * Math.round(size) : 0) + after.flops,
    bytes: a + b + after.bytes,
  };
}

/** The work of a loop, without its operands before `first`. */
function loopWork({ dims, rowDims, operands, instrs, stores }: LoopKernel, first: number): Work {
  const row = dims.map((_, d) => d >= dims.length - rowDims);
  const dependence: (readonly boolean[])[] = [];
  const over = (wanted: readonly boolean[]) => product(dims.filter((_, d) => wanted[d]));
  // What has no memory is the sum, another one for each element.
  const moved = (i: number): boolean[] =>
    operands[i].strides.map((stride) => i < first || stride !== 0);
  let flops = 0;
  let bytes = 0;
  for (const instr of instrs) {
    const needed = union(
      dims.map(() => false),
      ...argsOf(instr).map((arg) => dependence[arg]),
      ...("strides" in instr ? [instr.strides.map((stride) => stride !== 0)] : []),
      ...(instr.kind === "load" || instr.kind === "gather" ? [moved(instr.operand)] : []),
    );
    const folded = instr.kind === "reduce" ? union(needed, row) : needed;
    dependence.push(instr.kind === "reduce" ? needed.map((it, d) => it && !row[d]) : needed);
    if (computes(instr, instrs)) flops += over(folded);
    if (instr.kind === "gather") {
      const operand = operands[instr.operand];
      const reached = elements(operand.strides, dims) * instr.size;
      bytes += Math.min(over(needed), reached) * widthOf(operand);
    }
  }
  for (const i of loaded(instrs)) if (i >= first) bytes += bytesOf(operands[i], dims);
  for (const { operand, accumulate } of stores) {
    bytes += bytesOf(operands[operand], dims) * (accumulate ? 2 : 1);
    if (accumulate && isFloat(operands[operand].dtype)) flops += product(dims);
  }
  return { flops, bytes };
}

const union = (...sets: readonly (readonly boolean[])[]): boolean[] =>
  sets[0].map((_, d) => sets.some((set) => set[d]));

/** Whether it is a floating-point operation. */
const computes = (instr: Instr, instrs: readonly Instr[]): boolean =>
  (instr.kind === "call" || instr.kind === "reduce") &&
  (isFloat(instr.dtype) || argsOf(instr).some((arg) => isFloat(instrs[arg].dtype)));

const loaded = (instrs: readonly Instr[]): Set<number> =>
  new Set(instrs.flatMap((instr) => (instr.kind === "load" ? [instr.operand] : [])));

/** How many elements an operand has: no more than lie between the first and the last of them, where
 *  indices meet at one as in overlapping windows. */
function elements(strides: readonly number[], dims: readonly number[]): number {
  const count = product(dims.filter((_, d) => strides[d] !== 0));
  if (count === 0) return 0;
  return Math.min(
    count,
    strides.reduce((span, stride, d) => span + Math.abs(stride) * (dims[d] - 1), 1),
  );
}

const bytesOf = (operand: Operand, dims: readonly number[]): number =>
  elements(operand.strides, dims) * widthOf(operand);
