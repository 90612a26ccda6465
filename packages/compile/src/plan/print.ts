import { showShape } from "@wengert/autograd/compiler";
import type { Instr, LoopKernel } from "./ir.ts";
import type { Binding, ContractGroup, Group, Plan } from "./group.ts";

/** A plan as text: one group a paragraph, with its dims and its straight-line program. */
export const printPlan = (plan: Plan): string =>
  plan.groups.map((group, i) => `${i}: ${printGroup(group)}`).join("\n");

export function printGroup(group: Group): string {
  const origins = group.origins.join("+");
  switch (group.kind) {
    case "loop":
      return `loop ${dimsOf(group.kernel)} of ${origins}\n${bodyOf(group.kernel, group.bindings)}`;
    case "contract":
      return `${headOf(group)} of ${origins}\n${bodyOf(group.kernel.epilogue, group.bindings)}`;
    case "turns": {
      const inner = printPlan(group.body).replaceAll(/^/gm, "  ");
      return `${group.length} turns${group.reverse ? " backward" : ""} of ${origins}\n${inner}`;
    }
    default: {
      const places = group.bindings.map(({ buffer }) => `b${buffer}`).join(", ");
      return `${group.kind} (${places}) of ${origins}`;
    }
  }
}

const dimsOf = ({ dims, rowDims }: LoopKernel): string => {
  const outer = dims.slice(0, dims.length - rowDims);
  return rowDims === 0
    ? showShape(outer)
    : `${showShape(outer)} rows ${showShape(dims.slice(outer.length))}`;
};

function headOf({ kernel, a, b }: ContractGroup): string {
  const sizes = (["batch", "m", "n", "k"] as const)
    .map((name) => `${name} ${showShape(kernel[name].map(({ size }) => size))}`)
    .join(" ");
  return `contract b${a.buffer} × b${b.buffer}, ${sizes}`;
}

function bodyOf(kernel: LoopKernel, bindings: readonly Binding[]): string {
  const place = (i: number): string => {
    const { buffer, offset } = bindings[i];
    if (buffer < 0) return "acc";
    return `b${buffer}${offset ? `+${offset}` : ""}${showShape(kernel.operands[i].strides)}`;
  };
  const lines = kernel.instrs.map((instr, i) => `  %${i} = ${describe(instr, place)}`);
  for (const { operand, value, accumulate } of kernel.stores) {
    lines.push(`  ${place(operand)} ${accumulate ? "+=" : "="} %${value}`);
  }
  return lines.join("\n");
}

function describe(instr: Instr, place: (i: number) => string): string {
  switch (instr.kind) {
    case "load":
      return place(instr.operand);
    case "gather":
      return `${place(instr.operand)} at %${instr.index}·${instr.stride}`;
    case "const":
      return `${instr.value} ${instr.dtype}`;
    case "index":
      return `index ${showShape(instr.strides)}+${instr.offset}`;
    case "random":
      return `random ${place(instr.operand)}`;
    case "call":
      return `${instr.fn}(${instr.args.map((arg) => `%${arg}`).join(", ")})`;
    case "cast":
      return `${instr.dtype}(%${instr.arg})`;
    case "reduce":
      return `${instr.op} over the row of %${instr.arg}`;
  }
}
