// The order in which groups run: any that keeps what depends on each other in order computes the same;
// this one keeps little memory alive.
import { bytesOf } from "./arena.ts";
import { accesses, canFail, type Group, type Plan } from "./group.ts";

/** For each group, the later ones that have to wait for it. */
function successors(plan: Plan): number[][] {
  const { groups, buffers } = plan;
  const followers = groups.map((): number[] => []);
  const lastWriter = new Map<number, number>();
  const readers = new Map<number, number[]>();
  const failing: number[] = [];
  const bind = (earlier: number | undefined, later: number): void => {
    if (earlier !== undefined && earlier !== later) followers[earlier].push(later);
  };
  groups.forEach((group, i) => {
    const touched = accesses(group);
    for (const { buffer, writes } of touched) {
      bind(lastWriter.get(buffer), i);
      if (writes) for (const reader of readers.get(buffer) ?? []) bind(reader, i);
    }
    for (const { buffer, writes } of touched) {
      if (writes) {
        lastWriter.set(buffer, i);
        readers.set(buffer, []);
      } else readers.set(buffer, [...(readers.get(buffer) ?? []), i]);
    }
    // A failed call leaves the cells as they were: checks come before the first of them is written.
    const writesCell = touched.some((it) => it.writes && buffers[it.buffer].role.kind === "cell");
    if (writesCell) for (const earlier of failing) bind(earlier, i);
    if (canFail(group)) failing.push(i);
  });
  return followers;
}

/** Results of so few bytes take nothing: an optimizer's scalars had kept its updates waiting. */
const negligibleBytes = 1024;

/**
 * List scheduling: of the groups that may run next, the one that frees most memory comes first, or one that takes
 * none: an update of a weight finds the gradient still in the cache, and lets it go. Where all take some, the one that
 * comes first in the program.
 */
export function schedule(plan: Plan): Plan {
  const { groups } = plan;
  const followers = successors(plan);
  const waitsFor = groups.map(() => 0);
  for (const list of followers) for (const i of new Set(list)) waitsFor[i]++;
  const uses = usesOf(plan);
  const alive = new Set<number>();
  const ready = new Set<number>([...groups.keys()].filter((i) => waitsFor[i] === 0));
  const order: Group[] = [];
  while (ready.size > 0) {
    const i = choose(plan, ready, uses, alive);
    ready.delete(i);
    order.push(groups[i]);
    for (const buffer of temporariesOf(plan, groups[i])) {
      alive.add(buffer);
      uses.set(buffer, uses.get(buffer)! - 1);
      if (uses.get(buffer) === 0) alive.delete(buffer);
    }
    for (const j of new Set(followers[i])) if (--waitsFor[j] === 0) ready.add(j);
  }
  return { ...plan, groups: order };
}

function choose(
  plan: Plan,
  ready: ReadonlySet<number>,
  uses: ReadonlyMap<number, number>,
  alive: ReadonlySet<number>,
): number {
  let best = -1;
  let bestGrowth = 0;
  let first = Infinity;
  for (const i of ready) {
    first = Math.min(first, i);
    let growth = 0;
    for (const buffer of temporariesOf(plan, plan.groups[i])) {
      if (!alive.has(buffer)) growth += bytesOf(plan, buffer);
      if (uses.get(buffer) === 1) growth -= bytesOf(plan, buffer);
    }
    if (growth > 0 && growth <= negligibleBytes) growth = 0;
    if (growth < bestGrowth || (growth === bestGrowth && (best < 0 || i < best))) {
      best = i;
      bestGrowth = growth;
    }
  }
  return best >= 0 ? best : first;
}

/** How many groups touch each temporary; outputs are also needed at the end. */
function usesOf(plan: Plan): Map<number, number> {
  const uses = new Map<number, number>();
  const count = (buffer: number) => uses.set(buffer, (uses.get(buffer) ?? 0) + 1);
  for (const group of plan.groups) temporariesOf(plan, group).forEach(count);
  for (const { buffer } of plan.outputs) count(buffer);
  return uses;
}

const remembered = new WeakMap<Group, readonly number[]>();

function temporariesOf({ buffers }: Plan, group: Group): readonly number[] {
  let list = remembered.get(group);
  if (!list) {
    const all = new Set(accesses(group).map(({ buffer }) => buffer));
    list = [...all].filter((buffer) => buffers[buffer].role.kind === "temporary");
    remembered.set(group, list);
  }
  return list;
}
