import { join } from "node:path";
import { complaintIn, run } from "../child.ts";
import type { WorkloadId } from "../types.ts";
import type { FiguresTask } from "./child.ts";
import type { Figures } from "./types.ts";

const script = join(import.meta.dirname, "child.ts");

/** As the contenders run: in a process of its own, with the packages' sources or as they are built. */
async function figuresOf(task: FiguresTask): Promise<Figures | { readonly error: string }> {
  const args = [...process.execArgv, script, JSON.stringify(task)];
  const { stdout, stderr, code } = await run(process.execPath, args);
  if (code === 0) return JSON.parse(stdout.trim().split("\n").at(-1)!) as Figures;
  return { error: complaintIn(stderr) ?? `it ended with code ${code}` };
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
    const result = await figuresOf({ workload, isWide, ...effort });
    if ("error" in result) failures.push(`${workload}, figures: ${result.error}`);
    else figures.push(result);
  }
  return { figures, failures };
}
