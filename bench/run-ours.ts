import { join } from "node:path";
import { runContender } from "./child.ts";
import type { OurTask } from "./ours.ts";
import type { Meter } from "./peers.ts";
import type { OurColumn, Outcome } from "./types.ts";

const script = join(import.meta.dirname, "ours.ts");

/** Runs ours.ts as this process runs: with the packages' sources, or as they are built. */
export function runOurs(task: OurTask): Promise<Outcome> {
  return runContender(process.execPath, [...process.execArgv, script, JSON.stringify(task)]);
}

export function ourMeters(isWide: boolean): Readonly<Record<OurColumn, readonly Meter[]>> {
  const meterOf =
    (threads: number): Meter =>
    (workload, budget) =>
      runOurs({ workload, threads, isWide, budget });
  return { eager: [meterOf(0)], compiled1: [meterOf(1)], compiled2: [meterOf(2)] };
}
