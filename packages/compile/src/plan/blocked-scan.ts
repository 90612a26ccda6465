// Long scans in blocks, so that lanes and threads have something to do side by side: each block by itself, then the
// totals of the blocks, then each block with the total of those before it. How blocks are cut depends on the
// extent alone, so results do not depend on the number of threads.
// (G. E. Blelloch, "Prefix sums and their applications", 1990.)
import { isSymbolic } from "../size/scope.ts";
import { sizeOf } from "@wengert/autograd/compiler";
import { recurrenceInBlocks } from "./blocked-recurrence.ts";
import type { Binding, Buffer, Group, LoopGroup, Plan, ScanGroup } from "./group.ts";
import type { Instr, ScanKernel } from "./ir.ts";

/** Blocks of one scan. */
const blocks = 64;
/** Shorter ones are over before threads have met. */
const shortest = 16_384;
/** With more scans side by side there is work enough. */
const fewest = 4;

/** Functions for which f(f(a, b), c) is f(a, f(b, c)) up to rounding, whatever the arguments. Not products: a
 *  block's own may overflow where those of before are 0 (see blocked-recurrence.ts). */
const associative = new Set(["add", "min", "max"]);

export function blockScans(plan: Plan): Plan {
  const buffers = [...plan.buffers];
  const groups = plan.groups.flatMap((group) => {
    if (group.kind !== "scan" || !isLong(group.kernel)) return [group];
    if (isAssociative(group.kernel)) return inBlocks(group, buffers);
    return recurrenceInBlocks(group, buffers, blocks) ?? [group];
  });
  return { ...plan, buffers, groups };
}

/** Long enough, and not many of them side by side. */
function isLong({ dims, operands, output }: ScanKernel): boolean {
  // How many blocks there are has to be known.
  if (dims.some(isSymbolic) || dims.at(-1)! < shortest) return false;
  const rows = sizeOf(dims.slice(0, -1));
  return rows > 0 && rows <= fewest && operands[output].dtype === operands[0].dtype;
}

/** Whether one argument of the step is the carry, and the other does not look at it. */
function isAssociative({ instrs, value }: ScanKernel): boolean {
  const isCarry = (id: number): boolean => {
    const instr = instrs[id];
    return instr.kind === "load" && instr.operand === 0;
  };
  const step = instrs[value];
  return (
    step.kind === "call" &&
    associative.has(step.fn) &&
    step.args.filter(isCarry).length === 1 &&
    instrs.every((instr, id) => id === value || !argsOf(instr).some(isCarry))
  );
}

const argsOf = (instr: Instr): readonly number[] =>
  instr.kind === "call" ? instr.args : instr.kind === "cast" ? [instr.arg] : [];

function inBlocks(group: ScanGroup, buffers: Buffer[]): Group[] {
  const { kernel, bindings, origins } = group;
  const { operands, instrs, init, value, output } = kernel;
  const outer = kernel.dims.slice(0, -1);
  const length = kernel.dims.at(-1)!;
  const size = Math.floor(length / blocks);
  const rest = length - blocks * size;
  const { dtype, strides } = operands[output];
  const along = strides.at(-1)!;
  const across = strides.slice(0, -1);
  const out = (element: number): Binding => ({
    buffer: bindings[output].buffer,
    offset: bindings[output].offset + element * along,
  });
  const fn = (instrs[value] as Extract<Instr, { kind: "call" }>).fn;

  const within: ScanGroup = {
    ...group,
    kernel: {
      ...kernel,
      dims: [...outer, blocks, size],
      operands: operands.map((it) => ({
        ...it,
        strides: [...it.strides.slice(0, -1), it.strides.at(-1)! * size, it.strides.at(-1)!],
      })),
    },
  };
  const last: ScanGroup = {
    ...group,
    kernel: { ...kernel, dims: [...outer, rest] },
    bindings: bindings.map((it, i) => ({
      ...it,
      offset: it.offset + blocks * size * operands[i].strides.at(-1)!,
    })),
  };
  const totals = buffers.push({ dtype, size: sizeOf(outer) * blocks, role: { kind: "temporary" } });
  const totalStrides = outer.map((_, d) => blocks * sizeOf(outer.slice(d + 1)));
  const nowhere = { dtype, strides: kernel.dims.map(() => 0) };
  const steps: Instr[] = [
    { kind: "load", operand: 0, dtype },
    { kind: "load", operand: 1, dtype },
    { kind: "call", fn, args: [0, 1], dtype },
  ];
  const summing: ScanGroup = {
    kind: "scan",
    kernel: {
      dims: [...outer, blocks],
      operands: [
        nowhere,
        { dtype, strides: [...across, along * size] },
        { dtype, strides: [...totalStrides, 1] },
      ],
      instrs: steps,
      init,
      value: 2,
      output: 2,
    },
    bindings: [bindings[0], out(size - 1), { buffer: totals - 1, offset: 0 }],
    origins,
  };
  /** Elements from `first` on, `count` blocks of `each`, with the totals from that of block `from` on. */
  const joined = (first: number, count: number, each: number, from: number): LoopGroup => ({
    kind: "loop",
    kernel: {
      dims: [...outer, count, each],
      rowDims: 0,
      operands: [
        { dtype, strides: [...totalStrides, 1, 0] },
        { dtype, strides: [...across, along * size, along] },
      ],
      instrs: steps,
      stores: [{ operand: 1, value: 2 }],
    },
    bindings: [{ buffer: totals - 1, offset: from }, out(first)],
    origins,
  });
  return [
    within,
    ...(rest > 0 ? [last] : []),
    summing,
    joined(size, blocks - 1, size, 0),
    ...(rest > 0 ? [joined(blocks * size, 1, rest, blocks - 1)] : []),
  ];
}
