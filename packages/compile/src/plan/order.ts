// Which groups must stay in order, and what may be moved together.
import { accesses, canFail, type Buffer, type Group } from "./group.ts";

interface Touch {
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
  readonly canFail: boolean;
  readonly writesCell: boolean;
}

/** What groups read and write, remembered per group. */
export class Conflicts {
  private readonly touches = new WeakMap<Group, Touch>();
  private readonly buffers: readonly Buffer[];

  constructor(buffers: readonly Buffer[]) {
    this.buffers = buffers;
  }

  touch(group: Group): Touch {
    let touch = this.touches.get(group);
    if (!touch) this.touches.set(group, (touch = this.look(group)));
    return touch;
  }

  private look(group: Group): Touch {
    const reads = new Set<number>();
    const writes = new Set<number>();
    for (const access of accesses(group)) (access.writes ? writes : reads).add(access.buffer);
    const writesCell = [...writes].some((b) => this.buffers[b].role.kind === "cell");
    return { reads, writes, canFail: canFail(group), writesCell };
  }
}

/** Groups that come one after another, seen from a later one. */
class Earlier {
  private readonly reads = new Set<number>();
  private readonly writes = new Set<number>();
  private canFail = false;
  private readonly conflicts: Conflicts;

  constructor(conflicts: Conflicts) {
    this.conflicts = conflicts;
  }

  add(group: Group): void {
    const touch = this.conflicts.touch(group);
    for (const buffer of touch.reads) this.reads.add(buffer);
    for (const buffer of touch.writes) this.writes.add(buffer);
    this.canFail ||= touch.canFail;
  }

  /** Whether a later group has to wait for one of these: they meet at a buffer that one of them writes;
   *  or one of these may fail, and the later one writes a cell, which a failed call must leave as it
   *  is. */
  bind(later: Group): boolean {
    const touch = this.conflicts.touch(later);
    if (this.canFail && touch.writesCell) return true;
    for (const buffer of touch.reads) if (this.writes.has(buffer)) return true;
    for (const buffer of touch.writes) {
      if (this.writes.has(buffer) || this.reads.has(buffer)) return true;
    }
    return false;
  }
}

/**
 * Where the groups at i < j can become one: the groups between that do not depend on i stay before
 * it, the others come after. Null when j depends on one of the others.
 */
export function between(
  groups: readonly Group[],
  i: number,
  j: number,
  conflicts: Conflicts,
): { before: Group[]; after: Group[] } | null {
  const bound = new Earlier(conflicts);
  const afterI = new Earlier(conflicts);
  bound.add(groups[i]);
  const before: Group[] = [];
  const after: Group[] = [];
  for (let k = i + 1; k < j; k++) {
    if (!bound.bind(groups[k])) {
      before.push(groups[k]);
      continue;
    }
    bound.add(groups[k]);
    afterI.add(groups[k]);
    after.push(groups[k]);
  }
  return afterI.bind(groups[j]) ? null : { before, after };
}
