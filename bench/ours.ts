// Times one of our workloads in a process of its own, as the peers are, so that no workload inherits
// another one's garbage or a loop that V8 has compiled for other types.
//
//   node ours.ts '{"workload":"xor","threads":0,"budget":{…}}'   threads 0: eager

import { difference } from "./difference.ts";
import { medianMicroseconds, type Budget } from "./measure.ts";
import type { Compile, Outcome, Workload, WorkloadId } from "./types.ts";
import { workloads } from "./workloads/index.ts";
import { mlp, type MlpOptions } from "./workloads/mlp.ts";

export interface OurTask {
  readonly workload: WorkloadId | MlpOptions;
  readonly threads: number;
  readonly budget: Budget;
}

const eager: Compile = (step) => step;

async function compilerFor(threads: number): Promise<Compile> {
  if (threads === 0) return eager;
  const { compile, ready, setThreads } = await import("@wengert/compile");
  setThreads(threads);
  await ready();
  return compile as Compile;
}

async function outcomeOf({ workload, threads, budget }: OurTask): Promise<Outcome> {
  const { prepare }: Workload = typeof workload === "string" ? workloads[workload] : mlp(workload);
  const compile = await compilerFor(threads);
  const us = await medianMicroseconds(prepare(compile), budget);
  // Afterwards, so that the eager steps do not disturb what is timed.
  const error = threads > 0 ? difference(prepare(eager), prepare(compile)) : undefined;
  return error === undefined ? { us } : { error };
}

console.log(JSON.stringify(await outcomeOf(JSON.parse(process.argv[2]!) as OurTask)));
