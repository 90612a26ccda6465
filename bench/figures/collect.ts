import { join } from "node:path";
import { complaintIn, run } from "../child.ts";
import type { WorkloadId } from "../types.ts";
import type { FiguresTask } from "./child.ts";
import { median } from "../measure.ts";
import type { Figures, FirstCall } from "./types.ts";

const script = join(import.meta.dirname, "child.ts");

interface Failure {
  readonly error: string;
}

/** As the contenders run: in a process of its own, with the packages' sources or as they are built. */
async function inProcess<R>(task: FiguresTask): Promise<R | Failure> {
  const args = [...process.execArgv, script, JSON.stringify(task)];
  const { stdout, stderr, code } = await run(process.execPath, args);
  if (code === 0) return JSON.parse(stdout.trim().split("\n").at(-1)!) as R;
  return { error: complaintIn(stderr) ?? `it ended with code ${code}` };
}

/** The first call is made once in a process, so it takes some for a median. */
async function figuresOf(task: FiguresTask, processes: number): Promise<Figures | Failure> {
  const figures = await inProcess<Figures>(task);
  if ("error" in figures) return figures;
  const firstCalls = [figures.firstCallMs];
  while (firstCalls.length < processes) {
    const other = await inProcess<FirstCall>({ ...task, rounds: 0 });
    if ("error" in other) return other;
    firstCalls.push(other.firstCallMs);
  }
  return { ...figures, firstCallMs: median(firstCalls) };
}

export interface CollectedFigures {
  readonly figures: readonly Figures[];
  /** Why a workload is missing. */
  readonly failures: readonly string[];
}

export async function collectFigures(
  ids: readonly WorkloadId[],
  isWide: boolean,
  quick: boolean,
  tell: (progress: string) => void,
): Promise<CollectedFigures> {
  const figures: Figures[] = [];
  const failures: string[] = [];
  for (const workload of ids) {
    tell(`${workload}: first call, kernels by threads, memory…`);
    const effort = quick
      ? { steps: 100, limitMs: 1000, rounds: 1 }
      : { steps: 10_000, limitMs: 10_000, rounds: 5 };
    const result = await figuresOf({ workload, isWide, ...effort }, quick ? 1 : 5);
    if ("error" in result) failures.push(`${workload}, figures: ${result.error}`);
    else figures.push(result);
  }
  return { figures, failures };
}
