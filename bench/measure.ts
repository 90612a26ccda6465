// How every JavaScript contender is timed, ours and the peers alike; torch_bench.py does the same.

import { performance } from "node:perf_hooks";

export interface Budget {
  /** Calls that are not counted, until optimising compilers have had their say. */
  readonly warmUpMs: number;
  readonly sampleMs: number;
  /** As many calls are counted even if they take longer than `sampleMs`, … */
  readonly calls: number;
  /** … unless they take longer than this. */
  readonly limitMs: number;
}

export const FULL: Budget = { warmUpMs: 250, sampleMs: 300, calls: 7, limitMs: 2000 };
export const QUICK: Budget = { warmUpMs: 100, sampleMs: 200, calls: 5, limitMs: 1000 };

const WARM_UP_CALLS = 2;
const FEWEST_CALLS = 3;

/** The median duration of a call of `f`, which may return a promise, in microseconds. */
export async function medianMicroseconds(f: () => unknown, budget: Budget): Promise<number> {
  const { warmUpMs, sampleMs, calls, limitMs } = budget;
  await sample(f, (n, ms) => n < WARM_UP_CALLS || ms < warmUpMs);
  const durations = await sample(
    f,
    (n, ms) => n < FEWEST_CALLS || ms < sampleMs || (n < calls && ms < limitMs),
  );
  return median(durations) * 1000;
}

async function sample(
  f: () => unknown,
  goesOn: (calls: number, ms: number) => boolean,
): Promise<number[]> {
  const durations: number[] = [];
  const begin = performance.now();
  for (let now = begin; goesOn(durations.length, now - begin);) {
    const start = performance.now();
    const result = f();
    if (result instanceof Promise) await result;
    now = performance.now();
    durations.push(now - start);
  }
  return durations;
}

/** The middle value; the mean of both where two are in the middle. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
