// Long sums into a narrow target, in blocks, so that threads have something to do side by side: a block of the
// terms has a target of its own, and these are added to the target in their order. How blocks are cut depends
// on extents alone, so results do not depend on the number of threads.
import { sizeOf } from "@wengert/autograd/compiler";
import type { Instr, Operand, ScatterKernel } from "./ir.ts";
import { isSymbolic } from "../size/scope.ts";
import type { Buffer, Group, LoopGroup, Plan, ScatterGroup } from "./group.ts";

/** Blocks of one scatter. */
const blocks = 16;
/** Fewer terms are added before threads have met. */
const fewestTerms = 32_768;
/** Of wider ones threads take columns: the terms of different columns never meet. */
const widest = 16;
/** Elements between the targets of two blocks: no thread's writing is to disturb another's. */
const gap = 128;

export function blockScatters(plan: Plan): Plan {
  const buffers = [...plan.buffers];
  const groups = plan.groups.flatMap((group) => {
    const cut = group.kind === "scatter" ? cutOf(group, buffers) : -1;
    return cut < 0 ? [group] : inBlocks(group as ScatterGroup, cut, buffers);
  });
  return { ...plan, buffers, groups };
}

/** The dim whose terms meet at one element, if it is worth cutting; else −1. */
function cutOf({ kernel, bindings }: ScatterGroup, buffers: readonly Buffer[]): number {
  const { combine, dims, target, axisSize } = kernel;
  if (combine !== "add" || bindings[0].offset !== 0) return -1;
  if ([...dims, axisSize].some(isSymbolic)) return -1;
  const { size } = buffers[bindings[0].buffer];
  const terms = sizeOf(dims);
  if (terms < fewestTerms || 2 * blocks * (size + gap) > terms) return -1;
  const moving = dims.filter((_, d) => target.strides[d] !== 0);
  if (sizeOf(moving) > widest || target.strides.some((stride) => stride >= widest)) return -1;
  const lengths = dims.map((length, d) => (target.strides[d] === 0 ? length : 0));
  const longest = Math.max(...lengths);
  return longest < 2 * blocks ? -1 : lengths.indexOf(longest);
}

function inBlocks(group: ScatterGroup, cut: number, buffers: Buffer[]): Group[] {
  const { kernel, bindings, origins } = group;
  const [{ buffer: whole }] = bindings;
  const { dtype, size } = buffers[whole];
  const each = Math.floor(kernel.dims[cut] / blocks);
  const rest = kernel.dims[cut] - blocks * each;
  const stride = Math.ceil(size / 16) * 16 + gap;
  const parts = buffers.push({ dtype, size: blocks * stride, role: { kind: "temporary" } }) - 1;
  // −0 changes nothing that it is added to: an element to which no term comes stays what it is.
  const clear: LoopGroup = {
    kind: "loop",
    kernel: {
      dims: [blocks * stride],
      rowDims: 0,
      operands: [{ dtype, strides: [1] }],
      instrs: [{ kind: "const", value: dtype === "int32" ? 0 : -0, dtype }],
      stores: [{ operand: 0, value: 0 }],
    },
    bindings: [{ buffer: parts, offset: 0 }],
    origins,
  };
  const withBlocks = ({ strides, ...it }: Operand, step: number): Operand => ({
    ...it,
    strides: [step, ...strides],
  });
  const along = [kernel.target, kernel.index, kernel.source].map(({ strides }) => strides[cut]);
  const terms: ScatterGroup = {
    ...group,
    kernel: {
      ...kernel,
      dims: [blocks, ...kernel.dims.with(cut, each)],
      target: withBlocks(kernel.target, stride),
      index: withBlocks(kernel.index, each * along[1]),
      source: withBlocks(kernel.source, each * along[2]),
    },
    bindings: bindings.with(0, { buffer: parts, offset: 0 }),
  };
  const last: ScatterGroup = {
    ...group,
    kernel: { ...kernel, dims: kernel.dims.with(cut, rest) } satisfies ScatterKernel,
    bindings: bindings.map((it, i) => ({ ...it, offset: it.offset + blocks * each * along[i] })),
  };
  return [
    clear,
    terms,
    joined(whole, parts, stride, buffers, origins),
    ...(rest > 0 ? [last] : []),
  ];
}

/** target[i] = target[i] + parts[0, i] + parts[1, i] + … */
function joined(
  whole: number,
  parts: number,
  stride: number,
  buffers: readonly Buffer[],
  origins: readonly string[],
): LoopGroup {
  const { dtype, size } = buffers[whole];
  const instrs: Instr[] = [{ kind: "load", operand: 0, dtype }];
  let sum = 0;
  for (let block = 0; block < blocks; block++) {
    const term = instrs.push({ kind: "load", operand: block + 1, dtype }) - 1;
    sum = instrs.push({ kind: "call", fn: "add", args: [sum, term], dtype }) - 1;
  }
  return {
    kind: "loop",
    kernel: {
      dims: [size],
      rowDims: 0,
      operands: Array.from({ length: blocks + 1 }, () => ({ dtype, strides: [1] })),
      instrs,
      stores: [{ operand: 0, value: sum }],
    },
    bindings: [
      { buffer: whole, offset: 0 },
      ...Array.from({ length: blocks }, (_, i) => ({ buffer: parts, offset: i * stride })),
    ],
    origins,
  };
}
