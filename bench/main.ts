// The benchmark: see README.md.

import { writeFileSync } from "node:fs";
import { collect } from "./collect.ts";
import { describeMachine } from "./machine.ts";
import { FULL, QUICK } from "./measure.ts";
import { HELP, parseOptions, UsageError, type Options } from "./options.ts";
import { measurePeak, type Peak } from "./peak.ts";
import { findPeers, NO_PEERS, type Peers } from "./peers.ts";
import { ourMeters } from "./run-ours.ts";
import { gflopsTable, timesTable } from "./table.ts";
import type { Report } from "./types.ts";
import { workloads } from "./workloads/index.ts";

const tell = (progress: string) => void process.stderr.write(`${progress}\n`);

async function bench({ only, peers, python, quick, json }: Options): Promise<void> {
  const peak = measurePeak();
  const found = peers ? await findPeers(python) : NO_PEERS;
  const meters = { ...ourMeters, ...found.meters };
  const { results, failures } = await collect(only, meters, quick ? QUICK : FULL, tell);
  const report: Report = {
    machine: describeMachine(),
    node: process.version,
    peak128GflopsPerThread: peak.gflops,
    results,
  };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(print(report, peak, found, failures));
}

function print(
  report: Report,
  { gflops, fused }: Peak,
  { about }: Peers,
  failures: readonly string[],
): string {
  const how = fused ? "relaxed multiply-add" : "product and sum: there is no relaxed SIMD here";
  const facts = [
    `${report.machine}; Node ${report.node}`,
    `128-bit peak: ${gflops.toFixed(1)} GFLOP/s per thread (${how})`,
    ...about,
  ];
  const titles = report.results.map(({ workload }) => `${workload}: ${workloads[workload].title}`);
  return [
    timesTable(report),
    "Ratios: our best compiled time / the peer's best (what we want at most; ! marks a miss).",
    gflopsTable(report, (id) => workloads[id].flops),
    titles.join("\n"),
    facts.join("\n"),
    failures.length > 0 ? `Missing:\n${failures.join("\n")}` : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) process.stdout.write(HELP);
  else if (options.plots) await (await import("./plots/main.ts")).plot(options, tell);
  else await bench(options);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
