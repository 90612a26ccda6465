// Times one of our workloads in a process of its own, as the peers are, so that no workload inherits
// another one's garbage or a loop that V8 has compiled for other types.
//
//   node ours.ts '{"workload":"xor","threads":0,"isWide":true,"budget":{…}}'   threads 0: eager

import { Tensor } from "@wengert/autograd";
import { compile, lendKernels, ready, setThreads, setWideVectors } from "@wengert/compile";
import { difference } from "./difference.ts";
import { medianMicroseconds, type Budget } from "./measure.ts";
import type { Compile, Outcome, Workload, WorkloadId } from "./types.ts";
import { workloads } from "./workloads/index.ts";
import { mlp, type MlpOptions } from "./workloads/mlp.ts";

export interface OurTask {
  readonly workload: WorkloadId | MlpOptions;
  readonly threads: number;
  /** With vectors of 256 bits, which must be to be had. */
  readonly isWide: boolean;
  readonly budget: Budget;
}

const eager: Compile = (step) => step;

/** Eager code borrows compiled kernels for large products, as in any program that imports the compiler. */
async function compilerFor({ threads, isWide }: OurTask): Promise<Compile> {
  if (setWideVectors(isWide) !== isWide) throw new Error("there are no wide vectors");
  if (threads > 0) setThreads(threads);
  await ready();
  return threads > 0 ? (compile as Compile) : eager;
}

/** The step, and then its result disposed of, as the peers' are: a loop of nothing else gives the
 *  garbage collector no time. */
function disposing(step: () => unknown): () => void {
  return () => {
    const result = step();
    if (result instanceof Tensor) result[Symbol.dispose]();
  };
}

async function outcomeOf(task: OurTask): Promise<Outcome> {
  const { workload, threads, budget } = task;
  const { prepare }: Workload = typeof workload === "string" ? workloads[workload] : mlp(workload);
  const how = await compilerFor(task);
  const us = await medianMicroseconds(disposing(prepare(how)), budget);
  // Afterwards, so that the eager steps do not disturb what is timed; and by nothing but eager code.
  lendKernels(false);
  const error = threads > 0 ? difference(prepare(eager), prepare(how)) : undefined;
  return error === undefined ? { us } : { error };
}

console.log(JSON.stringify(await outcomeOf(JSON.parse(process.argv[2]!) as OurTask)));
