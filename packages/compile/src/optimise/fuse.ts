// Fusion: loops and contractions that hand values on become one, so that the values stay in registers.
import type { LoopKernel } from "../plan/ir.ts";
import type { ContractGroup, Group, LoopGroup, Plan } from "../plan/group.ts";
import { between, Conflicts } from "../plan/order.ts";
import { combine } from "./combine.ts";
import { isWorthwhile, widensLanes } from "./limits.ts";
import { match, type Bound, type Match } from "./match.ts";

type Fusible = LoopGroup | ContractGroup;

const isFusible = (group: Group): group is Fusible =>
  group.kind === "loop" || group.kind === "contract";

const bound = (group: Fusible): Bound => ({
  kernel: group.kind === "loop" ? group.kernel : group.kernel.epilogue,
  bindings: group.bindings,
});

/** Which pairs a pass puts together: `first` comes before `second` in the program. */
export type Chooses = (first: Fusible, second: Fusible) => boolean;

/** Elementwise loops go into the contraction whose result they work on. */
export const epilogues: Chooses = (first, second) =>
  first.kind === "contract" && second.kind === "loop" && second.kernel.rowDims === 0;

/** Loops that hand values on. */
export const chains: Chooses = (first, second) => first.kind === "loop" && second.kind === "loop";

/** Fuses what the pass chooses until nothing more fits. */
export function fuse(plan: Plan, chooses: Chooses): Plan {
  const fusion = new Fusion(plan, chooses);
  for (let j = 0; j < fusion.groups.length; j++) {
    let place = j;
    for (;;) {
      // The new group may take in more.
      const next = fusion.fuseInto(place);
      if (next < 0) break;
      place = next;
      j--;
    }
  }
  return { ...plan, groups: fusion.groups };
}

class Fusion {
  readonly groups: Group[];
  private readonly chooses: Chooses;
  private readonly conflicts: Conflicts;
  /** Which groups write a buffer. */
  private readonly writers = new Map<number, Set<Group>>();

  constructor(plan: Plan, chooses: Chooses) {
    this.groups = [...plan.groups];
    this.chooses = chooses;
    this.conflicts = new Conflicts(plan.buffers);
    for (const group of this.groups) this.note(group);
  }

  /** Fuses the group at j with an earlier one that it reads from; the place of the result, or -1. */
  fuseInto(j: number): number {
    const { groups, conflicts } = this;
    const later = groups[j];
    if (!isFusible(later)) return -1;
    for (const i of this.sources(later, j)) {
      const earlier = groups[i];
      if (!isFusible(earlier) || !this.chooses(earlier, later)) continue;
      const order = between(groups, i, j, conflicts);
      const fused = order && tryFuse(earlier, later);
      if (!fused) continue;
      groups.splice(i, j - i + 1, ...order.before, fused, ...order.after);
      this.forget(earlier);
      this.forget(later);
      this.note(fused);
      return i + order.before.length;
    }
    return -1;
  }

  /** The places before j of groups that write what the group reads, the nearest first. */
  private sources(group: Group, j: number): number[] {
    const found = new Set<Group>();
    for (const buffer of this.conflicts.touch(group).reads) {
      for (const writer of this.writers.get(buffer) ?? []) found.add(writer);
    }
    const places = [...found].map((writer) => this.groups.indexOf(writer));
    return places.filter((i) => i < j).sort((x, y) => y - x);
  }

  private note(group: Group): void {
    for (const buffer of this.conflicts.touch(group).writes) {
      const known = this.writers.get(buffer);
      if (known) known.add(group);
      else this.writers.set(buffer, new Set([group]));
    }
  }

  private forget(group: Group): void {
    for (const buffer of this.conflicts.touch(group).writes)
      this.writers.get(buffer)?.delete(group);
  }
}

/** One group that does what both did, or null where they do not fit. */
export function tryFuse(earlier: Fusible, later: Fusible): Fusible | null {
  if (later.kind === "contract") return null;
  const [first, second] = [bound(earlier), bound(later)];
  const hostIsEarlier =
    earlier.kind === "contract" || !(second.kernel.rowDims > first.kernel.rowDims);
  if (widensLanes(first.kernel, second.kernel) || widensLanes(second.kernel, first.kernel)) {
    return null;
  }
  const [host, guest] = hostIsEarlier ? [first, second] : [second, first];
  for (const matched of matches(host, guest, earlier.kind === "contract")) {
    const loop = combine(matched, host.bindings, guest.bindings, hostIsEarlier);
    if (!isSound(first, second, loop, earlier)) continue;
    if (!isWorthwhile(loop.kernel)) continue;
    const origins = [...new Set([...earlier.origins, ...later.origins])];
    if (earlier.kind === "loop") return { kind: "loop", ...loop, origins };
    const { kernel, a, b } = earlier;
    return {
      kind: "contract",
      kernel: { ...kernel, epilogue: loop.kernel },
      a,
      b,
      bindings: loop.bindings,
      origins,
    };
  }
  return null;
}

/** The ways in which a store of one is a load of the other. */
function* matches(host: Bound, guest: Bound, keepsHost: boolean): Generator<Match> {
  for (const [h, { buffer, offset }] of host.bindings.entries()) {
    if (buffer < 0) continue;
    for (const [g, other] of guest.bindings.entries()) {
      if (other.buffer !== buffer || other.offset !== offset) continue;
      const found = match(host.kernel, guest.kernel, h, g);
      if (!found) continue;
      if (keepsHost && found.host !== host.kernel) continue;
      yield found;
    }
  }
}

/** Whether the combined loop computes what its parts did one after the other. */
function isSound(first: Bound, second: Bound, loop: Bound, earlier: Fusible): boolean {
  const written = new Set<number>();
  for (const part of [first, second]) {
    for (const { operand, accumulate } of part.kernel.stores) {
      const { buffer } = part.bindings[operand];
      if (written.has(buffer) || accumulate) return false;
      written.add(buffer);
    }
  }
  if (
    earlier.kind === "contract" &&
    (written.has(earlier.a.buffer) || written.has(earlier.b.buffer))
  )
    return false;
  return [...written].every((buffer) => isReadInPlace(loop, buffer));
}

/** A buffer that is written may be read in the same loop only at the place that is written next. */
function isReadInPlace({ kernel, bindings }: Bound, buffer: number): boolean {
  const operands = [...bindings.keys()].filter((i) => bindings[i].buffer === buffer);
  const isRead = kernel.instrs.some(
    (instr) =>
      (instr.kind === "load" || instr.kind === "gather" || instr.kind === "random") &&
      operands.includes(instr.operand),
  );
  if (!isRead) return operands.length === 1 || writesApart(kernel, operands);
  if (operands.length > 1) return false;
  const [operand] = operands;
  const isGathered = kernel.instrs.some(
    (instr) => (instr.kind === "gather" || instr.kind === "random") && instr.operand === operand,
  );
  const { strides } = kernel.operands[operand];
  const firstRow = kernel.dims.length - kernel.rowDims;
  return !isGathered && strides.every((stride, d) => d < firstRow || stride === 0);
}

/** Several operands of one buffer, none of them read: they may not both be stores. */
const writesApart = ({ stores }: LoopKernel, operands: readonly number[]): boolean =>
  stores.filter((store) => operands.includes(store.operand)).length <= 1;
