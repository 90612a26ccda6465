// Which groups must stay in order, and what may be moved together.
import { accesses, canFail, type Buffer, type Group } from "./group.ts";

interface Touch {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
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

  /** No groups yet, of those that touch these buffers. */
  none(): Earlier {
    return new Earlier(this, this.buffers.length);
  }

  private look(group: Group): Touch {
    const reads = new Set<number>();
    const writes = new Set<number>();
    for (const access of accesses(group)) (access.writes ? writes : reads).add(access.buffer);
    const writesCell = [...writes].some((b) => this.buffers[b].role.kind === "cell");
    return { reads: [...reads], writes: [...writes], canFail: canFail(group), writesCell };
  }
}

const [isRead, isWritten] = [1, 2];

/** Groups that come one after another, seen from a later one. */
class Earlier {
  /** How each buffer is touched. */
  private readonly uses: Uint8Array;
  private canFail = false;
  private readonly conflicts: Conflicts;

  constructor(conflicts: Conflicts, buffers: number) {
    this.conflicts = conflicts;
    this.uses = new Uint8Array(buffers);
  }

  add(group: Group): void {
    const { uses } = this;
    const { reads, writes, canFail: mayFail } = this.conflicts.touch(group);
    for (let i = 0; i < reads.length; i++) uses[reads[i]] |= isRead;
    for (let i = 0; i < writes.length; i++) uses[writes[i]] |= isWritten;
    this.canFail ||= mayFail;
  }

  /** Whether a later group has to wait for one of these: they meet at a buffer that one of them writes;
   *  or one of these may fail, and the later one writes a cell, which a failed call must leave as it
   *  is. */
  bind(later: Group): boolean {
    const { uses } = this;
    const { reads, writes, writesCell } = this.conflicts.touch(later);
    if (this.canFail && writesCell) return true;
    for (let i = 0; i < reads.length; i++) if ((uses[reads[i]] & isWritten) !== 0) return true;
    for (let i = 0; i < writes.length; i++) if (uses[writes[i]] !== 0) return true;
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
  const bound = conflicts.none();
  const afterI = conflicts.none();
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
