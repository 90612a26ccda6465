// Groups: what becomes one generated kernel each, with the buffers that it works on.
import type { DType, HostKernel, Shape } from "@wengert/autograd";
import type { Contraction, LoopKernel, ScanKernel, ScatterKernel } from "./ir.ts";

/** A piece of memory that kernels read and write. */
export interface Buffer {
  readonly dtype: DType;
  /** In elements. */
  readonly size: number;
  readonly role:
    | { readonly kind: "temporary" }
    | { readonly kind: "input"; readonly index: number }
    | { readonly kind: "cell"; readonly index: number }
    | { readonly kind: "constant"; readonly data: ArrayLike<number> };
}

/** Which memory an operand is: a buffer, from an element on. */
export interface Binding {
  readonly buffer: number;
  readonly offset: number;
}

interface Common {
  /** The ops that it came from, for people. */
  readonly origins: readonly string[];
}

export interface LoopGroup extends Common {
  readonly kind: "loop";
  readonly kernel: LoopKernel;
  /** One for each operand. */
  readonly bindings: readonly Binding[];
}

export interface ContractGroup extends Common {
  readonly kind: "contract";
  readonly kernel: Contraction;
  readonly a: Binding;
  readonly b: Binding;
  /** One for each operand of the epilogue; that of operand 0 is not used. */
  readonly bindings: readonly Binding[];
}

export interface ScatterGroup extends Common {
  readonly kind: "scatter";
  /** Its indices were checked before, by a gather. */
  readonly isChecked: boolean;
  readonly kernel: ScatterKernel;
  /** Target, index, source. */
  readonly bindings: readonly Binding[];
}

export interface ScanGroup extends Common {
  readonly kind: "scan";
  readonly kernel: ScanKernel;
  /** One for each operand; that of operand 0 is not used. */
  readonly bindings: readonly Binding[];
}

/** A function of the host's, called with whole buffers in row-major order. */
export interface HostGroup extends Common {
  readonly kind: "host";
  readonly kernel: HostKernel;
  readonly shapes: readonly Shape[];
  /** The inputs' bindings, then the output's. */
  readonly bindings: readonly Binding[];
}

/** Where a buffer of a loop's body lies: from a byte of a buffer outside on, and further on by so many
 *  bytes in each turn. */
export interface Location {
  readonly buffer: number;
  readonly byte: number;
  readonly step: number;
}

/** A program that is run several times, forwards or backwards through slices. */
export interface TurnsGroup extends Common {
  readonly kind: "turns";
  readonly body: Plan;
  readonly length: number;
  readonly reverse: boolean;
  /** One for each buffer of the body. */
  readonly places: readonly Location[];
}

export type Group = LoopGroup | ContractGroup | ScatterGroup | ScanGroup | HostGroup | TurnsGroup;

/** A program as groups, in an order in which they may run. */
export interface Plan {
  readonly buffers: readonly Buffer[];
  readonly groups: readonly Group[];
  /** Where each output of the graph lies; they are contiguous. */
  readonly outputs: readonly Binding[];
  /** Who checks indices, by site number: op names. */
  readonly sites: readonly string[];
}

/** What a group touches, buffer by buffer. */
export interface Access {
  readonly buffer: number;
  readonly writes: boolean;
}

const known = new WeakMap<Group, readonly Access[]>();

export function accesses(group: Group): readonly Access[] {
  let list = known.get(group);
  if (!list) known.set(group, (list = listAccesses(group)));
  return list;
}

function listAccesses(group: Group): Access[] {
  const list: Access[] = [];
  const add = (binding: Binding, writes: boolean) => list.push({ buffer: binding.buffer, writes });
  switch (group.kind) {
    case "loop":
      loopAccesses(group.kernel, group.bindings, 0, add);
      break;
    case "contract":
      add(group.a, false);
      add(group.b, false);
      loopAccesses(group.kernel.epilogue, group.bindings, 1, add);
      break;
    case "scatter":
      group.bindings.forEach((binding, i) => add(binding, i === 0));
      break;
    case "scan":
      group.bindings.forEach((binding, i) => {
        if (i > 0) add(binding, i === group.kernel.output);
      });
      break;
    case "host":
      group.bindings.forEach((binding, i) => add(binding, i === group.bindings.length - 1));
      break;
    case "turns":
      return turnsAccesses(group);
  }
  return list;
}

/** Each buffer once: a body may touch it often. */
function turnsAccesses({ body, places }: TurnsGroup): Access[] {
  const touched = body.groups.flatMap((group) =>
    accesses(group).map((it) => ({ ...it, buffer: places[it.buffer].buffer })),
  );
  const [reads, writes] = [false, true].map(
    (kind) => new Set(touched.flatMap((it) => (it.writes === kind ? [it.buffer] : []))),
  );
  return [
    ...Array.from(reads, (buffer) => ({ buffer, writes: false })),
    ...Array.from(writes, (buffer) => ({ buffer, writes: true })),
  ];
}

function loopAccesses(
  kernel: LoopKernel,
  bindings: readonly Binding[],
  first: number,
  add: (binding: Binding, writes: boolean) => void,
): void {
  for (const instr of kernel.instrs) {
    const reads = instr.kind === "load" || instr.kind === "gather" || instr.kind === "random";
    if (reads && instr.operand >= first) add(bindings[instr.operand], false);
  }
  for (const store of kernel.stores) {
    if (store.accumulate) add(bindings[store.operand], false);
    add(bindings[store.operand], true);
  }
}

/** Whether the group may fail: it checks indices, or calls the host. */
export function canFail(group: Group): boolean {
  if (group.kind === "host") return true;
  if (group.kind === "scatter") return !group.isChecked;
  if (group.kind === "scan") return false;
  if (group.kind === "turns") return group.body.groups.some(canFail);
  const { instrs } = group.kind === "loop" ? group.kernel : group.kernel.epilogue;
  return instrs.some((instr) => instr.kind === "gather");
}
