// Runs the benchmarks of this folder: see README.md.

import { globSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

type Cases = Record<string, () => unknown>;

const WARM_UP_MS = 200;
const MEASURE_MS = 800;
const MIN_CALLS = 5;

/** Calls `f` again and again until the time is over; the duration of each call, in ms. */
function sample(f: () => unknown, forMs: number): number[] {
  const durations: number[] = [];
  const end = performance.now() + forMs;
  while (performance.now() < end || durations.length < MIN_CALLS) {
    const start = performance.now();
    f();
    durations.push(performance.now() - start);
  }
  return durations;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function main(filter = ""): Promise<void> {
  const files = globSync("**/*.bench.ts", { cwd: import.meta.dirname }).sort();
  for (const file of files.filter((name) => name.includes(filter))) {
    const url = pathToFileURL(join(import.meta.dirname, file)).href;
    const { cases } = (await import(url)) as { cases: Cases };
    for (const [name, f] of Object.entries(cases)) {
      sample(f, WARM_UP_MS);
      const microseconds = median(sample(f, MEASURE_MS)) * 1000;
      console.log(`${microseconds.toFixed(1).padStart(12)} µs  ${name}`);
    }
  }
}

await main(process.argv[2]);
