// Lifetimes of temporaries, and one piece of memory that holds them all.
import { dtypeInfo } from "@wengert/autograd/compiler";
import { accesses, type Plan } from "./group.ts";

export interface Arena {
  /** Where each temporary lies, in bytes from the start; undefined for other buffers. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
  /** The most that is alive at once: no arena can be smaller. */
  readonly lowerBound: number;
}

/** The first and the last group that touch a buffer. */
interface Lifetime {
  readonly buffer: number;
  readonly bytes: number;
  readonly first: number;
  last: number;
}

/** Cache lines apart, so that no two threads write to one. */
const alignment = 64;

export const bytesOf = (plan: Plan, buffer: number): number => {
  const { dtype, size } = plan.buffers[buffer];
  return Math.max(1, Math.ceil((size * dtypeInfo(dtype).bytes) / alignment)) * alignment;
};

/**
 * Places temporaries so that those alive at once lie apart: the largest first, each in the tightest
 * gap that is free during its lifetime.
 * (Y. Pisarchyk and J. Lee, "Efficient memory management for deep neural net inference", 2020:
 * greedy by size.)
 */
export function planArena(plan: Plan): Arena {
  const lifetimes = lifetimesOf(plan);
  const placed: { readonly life: Lifetime; readonly offset: number }[] = [];
  const offsets = new Map<number, number>();
  let bytes = 0;
  for (const life of lifetimes.toSorted((a, b) => b.bytes - a.bytes)) {
    const neighbours = placed
      .filter(({ life: other }) => other.first <= life.last && life.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    const offset = tightestGap(neighbours, life.bytes);
    placed.push({ life, offset });
    offsets.set(life.buffer, offset);
    bytes = Math.max(bytes, offset + life.bytes);
  }
  return { offsets, bytes, lowerBound: peakOf(lifetimes, plan.groups.length) };
}

function tightestGap(
  neighbours: readonly { readonly life: Lifetime; readonly offset: number }[],
  bytes: number,
): number {
  let best = -1;
  let bestGap = Infinity;
  let end = 0;
  for (const { life, offset } of neighbours) {
    const gap = offset - end;
    if (gap >= bytes && gap < bestGap) {
      best = end;
      bestGap = gap;
    }
    end = Math.max(end, offset + life.bytes);
  }
  return best >= 0 ? best : end;
}

function lifetimesOf(plan: Plan): Lifetime[] {
  const lifetimes = new Map<number, Lifetime>();
  const touch = (buffer: number, at: number): void => {
    if (plan.buffers[buffer].role.kind !== "temporary") return;
    const life = lifetimes.get(buffer);
    if (life) life.last = at;
    else lifetimes.set(buffer, { buffer, bytes: bytesOf(plan, buffer), first: at, last: at });
  };
  plan.groups.forEach((group, at) => {
    for (const { buffer } of accesses(group)) touch(buffer, at);
  });
  // What is returned is read when all is done.
  for (const { buffer } of plan.outputs) touch(buffer, plan.groups.length);
  return [...lifetimes.values()];
}

function peakOf(lifetimes: readonly Lifetime[], steps: number): number {
  const changes = new Float64Array(steps + 2);
  for (const { first, last, bytes } of lifetimes) {
    changes[first] += bytes;
    changes[last + 1] -= bytes;
  }
  let live = 0;
  let peak = 0;
  for (const change of changes) {
    live += change;
    peak = Math.max(peak, live);
  }
  return peak;
}
