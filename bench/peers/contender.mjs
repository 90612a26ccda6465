// What the JavaScript peers have in common: `node PEER.mjs WORKLOAD BUDGET` prints one line of JSON.

import { medianMicroseconds } from "../measure.ts";

/**
 * @param {Record<string, () => (() => unknown) | Promise<() => unknown>>} workloads Each prepares
 *   its data and returns the step to time.
 */
export async function contend(workloads) {
  const [id, budget] = process.argv.slice(2);
  const outcome = await timed(workloads[id], JSON.parse(budget));
  console.log(JSON.stringify(outcome));
  // Worker threads of a peer would keep the process alive.
  process.exit(0);
}

async function timed(prepare, budget) {
  if (prepare === undefined) return { error: "not written for this peer" };
  try {
    return { us: await medianMicroseconds(await prepare(), budget) };
  } catch (error) {
    return { error: String(error) };
  }
}
