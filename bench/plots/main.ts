// `npm run bench -- --plots`: measures the sweeps and writes the pictures of docs/performance.md.

import { setWideVectors } from "@wengert/compile";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FULL, QUICK } from "../measure.ts";
import type { Options } from "../options.ts";
import { draw, type Picture } from "./draw.ts";
import { measureSweeps, SWEEPS, THREADS, type Point, type Size, type Sweep } from "./sweeps.ts";

const folder = join(import.meta.dirname, "..", "..", "docs", "plots");

const LABELS: Readonly<Record<keyof Size, string>> = {
  batch: "batch",
  width: "units of a hidden layer",
  depth: "hidden layers",
};

/** Batches of which the picture by threads has a line. */
const BATCHES = [1, 16, 128, 1024];

export async function plot(
  { quick, narrow }: Pick<Options, "quick" | "narrow">,
  tell: (progress: string) => void,
): Promise<void> {
  const sweep = await measureSweeps(!narrow && setWideVectors(true), quick ? QUICK : FULL, tell);
  mkdirSync(folder, { recursive: true });
  for (const [name, picture] of Object.entries(picturesOf(sweep))) {
    const file = join(folder, `${name}.svg`);
    if (picture.points.length === 0) tell(`${file} was left as it is: nothing was measured for it`);
    else {
      writeFileSync(file, draw(picture));
      console.log(file);
    }
  }
}

export function picturesOf(sweep: Sweep): Record<keyof Size | "threads", Picture> {
  return {
    batch: byAxis("batch", sweep.batch),
    width: byAxis("width", sweep.width),
    depth: byAxis("depth", sweep.depth),
    threads: byThreads(sweep.batch),
  };
}

function byAxis(axis: keyof Size, points: readonly Point[]): Picture {
  return {
    title: `A training step of an MLP by ${LABELS[axis]}`,
    xLabel: LABELS[axis],
    points: points.map(({ value, threads, ms }) => ({ x: value, ms, series: modeOf(threads) })),
    series: THREADS.map(modeOf),
    ticks: SWEEPS[axis],
  };
}

function byThreads(points: readonly Point[]): Picture {
  const compiled = points.filter(({ value, threads }) => threads > 0 && BATCHES.includes(value));
  return {
    title: "A compiled training step of an MLP by threads",
    xLabel: "threads",
    points: compiled.map(({ value, threads, ms }) => ({ x: threads, ms, series: batchOf(value) })),
    series: BATCHES.map(batchOf),
    ticks: THREADS.filter((threads) => threads > 0),
  };
}

const modeOf = (threads: number): string => (threads === 0 ? "eager" : `compiled ×${threads}`);
const batchOf = (batch: number): string => `batch ${batch}`;
