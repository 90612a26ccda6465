// Leaves out stores that nobody reads, and groups that store nothing.
import { accesses, canFail, type Group, type Plan } from "../plan/group.ts";
import { prune } from "./combine.ts";

export function pruneStores(plan: Plan): Plan {
  const needed = new Set(plan.outputs.map(({ buffer }) => buffer));
  const groups: Group[] = [];
  for (const group of plan.groups.toReversed()) {
    const isNeeded = (buffer: number): boolean =>
      needed.has(buffer) || plan.buffers[buffer].role.kind === "cell";
    const isUsed = accesses(group).some((it) => it.writes && isNeeded(it.buffer));
    if (!isUsed && !canFail(group)) continue;
    const slimmed = slim(group, isNeeded);
    // Its checks are needed, whatever becomes of its results.
    const kept = canFail(group) && !canFail(slimmed) ? group : slimmed;
    for (const { buffer, writes } of accesses(kept)) if (!writes) needed.add(buffer);
    groups.push(kept);
  }
  return { ...plan, groups: groups.reverse() };
}

function slim(group: Group, isNeeded: (buffer: number) => boolean): Group {
  if (group.kind === "loop") return { ...group, ...prune(group, isNeeded) };
  if (group.kind !== "contract") return group;
  const { kernel, bindings } = prune(
    { kernel: group.kernel.epilogue, bindings: group.bindings },
    isNeeded,
  );
  return { ...group, kernel: { ...group.kernel, epilogue: kernel }, bindings };
}
