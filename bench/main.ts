// The benchmark: see README.md.

import { setWideVectors } from "@wengert/compile";
import { writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { collect, type Pace } from "./collect.ts";
import { collectFigures, type CollectedFigures } from "./figures/collect.ts";
import { eagerLine, kernelsTable, memoryTable } from "./figures/print.ts";
import { describeMachine } from "./machine.ts";
import { FULL, QUICK } from "./measure.ts";
import { HELP, parseOptions, UsageError, type Options } from "./options.ts";
import { measurePeak, type Peak } from "./peak.ts";
import { findPeers, NO_PEERS, type Peers } from "./peers.ts";
import { ourMeters } from "./run-ours.ts";
import { gflopsTable, timesTable } from "./table.ts";
import type { Report } from "./types.ts";
import { workloads } from "./workloads/index.ts";

const HASTY: Pace = { budget: QUICK, rounds: 1 };
const USUAL: Pace = { budget: FULL, rounds: 5 };

const tell = (progress: string) => void process.stderr.write(`${progress}\n`);

async function bench(options: Options): Promise<void> {
  const { only, peers, python, quick, figures, json } = options;
  const isWide = !options.narrow && setWideVectors(true);
  const peak = measurePeak();
  const found = peers ? await findPeers(python) : NO_PEERS;
  const meters = { ...ourMeters(isWide), ...found.meters };
  const { results, failures } = await collect(only, meters, quick ? HASTY : USUAL, tell);
  const more = figures ? await collectFigures(only, isWide, quick, tell) : NO_FIGURES;
  const report: Report = {
    machine: `${describeMachine()}; our vectors: ${isWide ? 256 : 128} bits`,
    node: process.version,
    peak128GflopsPerThread: peak.gflops,
    results,
  };
  if (json !== undefined) {
    writeJson(json, report);
    if (figures) writeJson(besides(json), more.figures);
  }
  console.log(print(report, more, peak, found, failures));
}

const NO_FIGURES: CollectedFigures = { figures: [], failures: [] };

const writeJson = (file: string, value: unknown): void =>
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

/** results.json → results.figures.json */
function besides(file: string): string {
  const ending = extname(file);
  return join(dirname(file), `${basename(file, ending)}.figures${ending}`);
}

function print(
  report: Report,
  more: CollectedFigures,
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
  const missing = [...failures, ...more.failures];
  const titles = report.results.map(({ workload }) => `${workload}: ${workloads[workload].title}`);
  return [
    timesTable(report),
    "Ratios: our best compiled time / the peer's best (what we want at most; ! marks a miss).",
    gflopsTable(report, (id) => workloads[id].flops),
    eagerLine(report),
    memoryTable(more.figures),
    kernelsTable(more.figures),
    titles.join("\n"),
    facts.join("\n"),
    missing.length > 0 ? `Missing:\n${missing.join("\n")}` : "",
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
  process.exitCode = 2;
}
