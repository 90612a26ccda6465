// The tables of what is measured beside the time of a step; "!" marks what misses what we want.

import { layout } from "../table.ts";
import type { Report, WorkloadId } from "../types.ts";
import type { Figures, KernelFigure } from "./types.ts";

/** Milliseconds from the first call to its result, at most. */
const firstCall: Readonly<Partial<Record<WorkloadId, number>>> = { mlpSgd: 60, charGpt: 600 };

const wanted = { arenaToLive: 1.25, arenaToEager: 1, speedup: 1.6, eagerToJaxjs: 1 };

/** Kernels that take less on one thread are not worth a barrier. */
const worthSharingUs = 50;

const mark = (misses: boolean): string => (misses ? "!" : "");
const ratio = (a: number, b: number): string => (a / b).toFixed(2);

export function memoryTable(all: readonly Figures[]): string {
  const rows = all.map((it) => {
    const limit = firstCall[it.workload];
    const { arenaBytes, arenaLowerBound, eagerPeakBytes } = it;
    const first = `${mark(limit !== undefined && it.firstCallMs > limit)}${it.firstCallMs.toFixed(0)}`;
    return [
      it.workload,
      limit === undefined ? first : `${first} (${limit})`,
      (arenaBytes / 2 ** 20).toFixed(2),
      compared(arenaBytes, arenaLowerBound, wanted.arenaToLive),
      compared(arenaBytes, eagerPeakBytes, wanted.arenaToEager),
      it.heapBytesPerStep.toFixed(0),
      `${(it.residentBytes / 2 ** 20).toFixed(1)} in ${it.steps}`,
    ];
  });
  if (rows.length === 0) return "";
  const heads =
    "compiled|first call, ms|arena, MiB|/ live bytes|/ eager's peak|heap bytes per step|resident MiB";
  return layout([heads.split("|"), ...rows]);
}

function compared(bytes: number, other: number, most: number): string {
  if (other === 0) return "–";
  return `${mark(bytes > most * other)}${ratio(bytes, other)} (${most})`;
}

const isLong = ({ us1 }: KernelFigure): boolean => us1 > worthSharingUs;
const misses = ({ us1, us2 }: KernelFigure): boolean => us1 < wanted.speedup * us2;

/** All kernels that are long enough, those that gain least first. */
export function kernelsTable(all: readonly Figures[]): string {
  const rows = all
    .flatMap(({ workload, kernels }) =>
      kernels.filter(isLong).map((kernel) => ({ workload, kernel })),
    )
    .sort((a, b) => a.kernel.us1 / a.kernel.us2 - b.kernel.us1 / b.kernel.us2);
  if (rows.length === 0) return "";
  const missed = rows.filter(({ kernel }) => misses(kernel)).length;
  const lines = rows.map(({ workload, kernel }) => [
    workload,
    kernel.us1.toFixed(0),
    kernel.us2.toFixed(0),
    `${mark(misses(kernel))}${ratio(kernel.us1, kernel.us2)} (${wanted.speedup})`,
    shortened(kernel.what),
  ]);
  return [
    `Kernels of more than ${worthSharingUs} µs on one thread: ${rows.length - missed} of ${rows.length} are at least ` +
      `${wanted.speedup} times as fast on two.`,
    layout([["kernel of", "µs ×1", "µs ×2", "gain", "what"], ...lines]),
  ].join("\n");
}

const widest = 70;
const shortened = (text: string): string =>
  text.length > widest ? `…${text.slice(1 - widest)}` : text;

/** Eager code with borrowed kernels beside jax-js's jit. */
export function eagerLine({ results }: Report): string {
  const mlp = results.find(({ workload }) => workload === "mlpSgd");
  if (!mlp || mlp.ours.eager === null || mlp.peers.jaxjs === null) return "";
  const { eagerToJaxjs: most } = wanted;
  const isMissed = mlp.ours.eager > most * mlp.peers.jaxjs;
  return `mlpSgd, eager with borrowed kernels / jax-js's jit: ${mark(isMissed)}${ratio(mlp.ours.eager, mlp.peers.jaxjs)} (${most})`;
}
