// Measures one workload's figures in a process of its own.
//
//   node child.ts '{"workload":"mlpSgd","isWide":true,"steps":10000,"limitMs":8000,"rounds":5}'

import { Tensor } from "@wengert/autograd";
import { compile, lendKernels, ready, setThreads, setWideVectors } from "@wengert/compile";
import { performance } from "node:perf_hooks";
import { median } from "../measure.ts";
import type { Compile, WorkloadId } from "../types.ts";
import { workloads } from "../workloads/index.ts";
import { eagerPeak } from "./eager-peak.ts";
import type { Figures, FirstCall, KernelFigure } from "./types.ts";

export interface FiguresTask {
  readonly workload: WorkloadId;
  /** With vectors of 256 bits, which must be to be had. */
  readonly isWide: boolean;
  /** Steps whose memory is watched; fewer where they would take longer than this. */
  readonly steps: number;
  readonly limitMs: number;
  /** How often the kernels are timed; 0: nothing is measured but the first call. */
  readonly rounds: number;
}

interface Explained {
  readonly step: () => unknown;
  readonly explain: ReturnType<typeof compile>["explain"];
}

/** A workload on so many threads, and the way to its compiled function. */
async function prepare(workload: WorkloadId, threads: number): Promise<Explained> {
  setThreads(threads);
  await ready();
  let compiled: { readonly explain: Explained["explain"] } | null = null;
  const step = workloads[workload].prepare(((f: (...args: never[]) => unknown) => {
    const made = compile(f);
    compiled = made;
    return made;
  }) as Compile);
  const dispose = (): unknown => {
    const result = step();
    if (result instanceof Tensor) result[Symbol.dispose]();
    return result;
  };
  return { step: dispose, explain: (options) => compiled!.explain(options) };
}

/** The least of several explanations, each of which is itself the best of a few runs. */
function kernelTimes({ step, explain }: Explained, rounds: number): { what: string; us: number }[] {
  for (let i = 0; i < 3; i++) step();
  const all = Array.from({ length: rounds }, () => explain().kernels);
  return all[0]!.map(({ ops, description }, k) => ({
    what: `${[...new Set(ops)].join(", ")} ${description}`,
    us: Math.min(...all.map((kernels) => kernels[k]!.microseconds)),
  }));
}

function stepMs(step: () => unknown): number {
  const begin = performance.now();
  step();
  return performance.now() - begin;
}

/** Bytes that a step allocates: the growth of the heap between collections, where nothing is collected. */
function heapPerStep(step: () => unknown, steps: number): number {
  const stretch = Math.max(1, Math.min(200, Math.floor(steps / 20)));
  const growths: number[] = [];
  for (let i = 0; i < 15; i++) {
    const before = process.memoryUsage().heapUsed;
    for (let k = 0; k < stretch; k++) step();
    growths.push((process.memoryUsage().heapUsed - before) / stretch);
  }
  // A collection makes it negative. What asking costs is a few hundred bytes for all of a stretch.
  return median(growths.filter((growth) => growth >= 0));
}

async function figuresOf(task: FiguresTask): Promise<Figures | FirstCall> {
  const { workload, isWide, steps, limitMs, rounds } = task;
  if (setWideVectors(isWide) !== isWide) throw new Error("there are no wide vectors");
  const two = await prepare(workload, 2);
  const firstCallMs = stepMs(two.step);
  if (rounds === 0) return { firstCallMs };
  const times2 = kernelTimes(two, rounds);
  const least = Math.min(stepMs(two.step), stepMs(two.step), stepMs(two.step));
  const count = Math.max(20, Math.min(steps, Math.floor(limitMs / least)));
  const heapBytesPerStep = heapPerStep(two.step, count);
  const residentBefore = process.memoryUsage().rss;
  for (let i = 0; i < count; i++) two.step();
  const residentBytes = process.memoryUsage().rss - residentBefore;
  const { arenaBytes, arenaLowerBound } = two.explain({ warmUpMs: 0 });
  const times1 = kernelTimes(await prepare(workload, 1), rounds);
  const kernels = times1.map(({ what, us }, k): KernelFigure => ({
    what,
    us1: us,
    us2: times2[k]!.us,
  }));
  lendKernels(false);
  return {
    workload,
    firstCallMs,
    kernels,
    arenaBytes,
    arenaLowerBound,
    eagerPeakBytes: eagerPeak(() => workloads[workload].prepare((f) => f)),
    steps: count,
    heapBytesPerStep,
    residentBytes,
  };
}

console.log(JSON.stringify(await figuresOf(JSON.parse(process.argv[2]!) as FiguresTask)));
