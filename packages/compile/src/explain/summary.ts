// What text and page both say of a program.
import { plural, showBytes, showFlops, showOps, showRate, showShare, showTime } from "./format.ts";
import type { KernelReport, Report } from "./types.ts";

/** Kernels that do the same at different places of a program, as the layers of a network do. */
export interface Form {
  /** The first of them. */
  readonly kernel: KernelReport;
  readonly count: number;
  readonly microseconds: number;
  readonly flops: number;
  readonly bytes: number;
}

/** Those that take longest first. */
export function formsOf(kernels: readonly KernelReport[]): Form[] {
  const forms = new Map<string, KernelReport[]>();
  for (const kernel of kernels) {
    const key = `${kernel.kind} ${showOps(kernel.ops)} ${kernel.description} ${kernel.isSerial}`;
    const same = forms.get(key);
    if (same) same.push(kernel);
    else forms.set(key, [kernel]);
  }
  const sum = (list: readonly KernelReport[], name: "microseconds" | "flops" | "bytes"): number =>
    list.reduce((total, kernel) => total + kernel[name], 0);
  return [...forms.values()]
    .map((list) => ({
      kernel: list[0],
      count: list.length,
      microseconds: sum(list, "microseconds"),
      flops: sum(list, "flops"),
      bytes: sum(list, "bytes"),
    }))
    .sort((a, b) => b.microseconds - a.microseconds);
}

/** What each thread spends in kernels, of the time of a call; the rest it waits. */
export const busy = ({ kernels, threads, milliseconds }: Report): string[] =>
  Array.from({ length: threads }, (_, thread) => {
    const spent = kernels.reduce((sum, it) => sum + (it.spans[thread]?.microseconds ?? 0), 0);
    return showShare(spent, 1e3 * milliseconds);
  });

/** The facts about a program, by name. */
export function factsOf(report: Report): (readonly [name: string, value: string])[] {
  const { kernels, flops, bytes, threads, barriers, milliseconds } = report;
  const microseconds = 1e3 * milliseconds;
  const waits = threads > 1 ? `, ${plural(barriers, "barrier")}` : "";
  const facts: [string, string][] = [
    ["time", `${showTime(microseconds)} on ${plural(threads, "thread")}${waits}`],
    ["busy", `${busy(report).join(" and ")} of the time in kernels`],
    ["work", `${showFlops(flops)}, ${showRate(flops / microseconds / 1e3)} GFLOP/s`],
    ["traffic", `${showBytes(bytes)}, ${showRate(bytes / microseconds / 1e3)} GB/s`],
    ["kernels", `${kernels.length}, ${serialOf(kernels)} of them on one thread`],
    [
      "memory",
      `${showBytes(report.arenaBytes)} for intermediate values (lower bound ` +
        `${showBytes(report.arenaLowerBound)}: alive at one time), ` +
        `${showBytes(report.constantsBytes)} of constants`,
    ],
    ["module", `${showBytes(report.moduleBytes)}; ${plural(report.compilations, "compilation")}`],
  ];
  if (report.vectorBits > 128) facts.push(["vectors", "256 bits in products of float32"]);
  for (const line of report.symbolic) facts.push(["sizes", line]);
  if (report.hostOps.length > 0) {
    facts.push(["host", `calls out to ${showOps(report.hostOps)}: JavaScript, on one thread`]);
  }
  return facts;
}

const serialOf = (kernels: readonly KernelReport[]): number =>
  kernels.filter((kernel) => kernel.isSerial).length;
