import { PEERS, targets, type Peer } from "./targets.ts";
import {
  OUR_COLUMNS,
  PEER_COLUMNS,
  type Column,
  type Report,
  type Result,
  type WorkloadId,
} from "./types.ts";

const NONE = "–";

const HEADS: Readonly<Record<Column | Peer, string>> = {
  eager: "eager",
  compiled1: "compiled ×1",
  compiled2: "compiled ×2",
  pytorch1: "PyTorch ×1",
  pytorch2: "PyTorch ×2",
  jaxjs: "jax-js",
  tfjsWasm: "TF.js wasm",
  pytorch: "/ PyTorch",
};

/** Median times of all contenders, and how we compare: ours / theirs (what we want at most). */
export function timesTable({ results }: Report): string {
  const ratioHeads = PEERS.map((peer) => `/ ${HEADS[peer].replace("/ ", "")}`);
  const columns = [...OUR_COLUMNS, ...PEER_COLUMNS];
  const rows = results.map((result) => [
    result.workload,
    ...columns.map((column) => formatTime(timeOf(result, column))),
    ...PEERS.map((peer) => formatRatio(result, peer)),
  ]);
  return layout([["µs per step", ...columns.map((c) => HEADS[c]), ...ratioHeads], ...rows]);
}

/** GFLOP/s of the rows that are one product, and their share of the peak of as many threads. */
export function gflopsTable(
  { results, peak128GflopsPerThread: peak }: Report,
  flopsOf: (id: WorkloadId) => number | undefined,
): string {
  const columns = [...OUR_COLUMNS, ...PEER_COLUMNS];
  const rows = results.flatMap((result) => {
    const flops = flopsOf(result.workload);
    if (flops === undefined) return [];
    const cell = (column: Column) => {
      const us = timeOf(result, column);
      if (us === null) return NONE;
      const gflops = flops / us / 1000;
      const share = (100 * gflops) / (peak * (column.endsWith("2") ? 2 : 1));
      return `${gflops.toFixed(1)} (${share.toFixed(0)} %)`;
    };
    return [[result.workload, ...columns.map(cell)]];
  });
  if (rows.length === 0) return "";
  return layout([["GFLOP/s (of peak)", ...columns.map((column) => HEADS[column])], ...rows]);
}

export function timeOf({ ours, peers }: Result, column: Column): number | null {
  return ({ ...ours, ...peers } as Record<Column, number | null>)[column];
}

/** Our best compiled time divided by the peer's best; null where either is missing. */
export function ratioOf({ ours, peers }: Result, peer: Peer): number | null {
  const mine = least([ours.compiled1, ours.compiled2]);
  const theirs = least(peer === "pytorch" ? [peers.pytorch1, peers.pytorch2] : [peers[peer]]);
  return mine === null || theirs === null ? null : mine / theirs;
}

function least(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/** A "!" marks a target that was missed. */
function formatRatio(result: Result, peer: Peer): string {
  const ratio = ratioOf(result, peer);
  const target = targets[result.workload][peer];
  const wanted = target === null ? "" : ` (${target})`;
  if (ratio === null) return `${NONE}${wanted}`;
  const missed = target !== null && ratio > target ? "!" : "";
  return `${missed}${Number(ratio.toPrecision(2))}${wanted}`;
}

/** Three digits or more, thousands apart. */
export function formatTime(us: number | null): string {
  if (us === null) return NONE;
  if (us < 99.95) return us.toFixed(us < 9.995 ? 2 : 1);
  return String(Math.round(us)).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}

/** Columns as wide as they need, the first to the left, the others to the right. */
export function layout(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}
