// A program as a table for the terminal.
import { showFlops, showOps, showRate, showShare, showTime } from "./format.ts";
import { factsOf, formsOf, type Form } from "./summary.ts";
import type { Report } from "./types.ts";

/** More lines than this are summed up. */
const mostLines = 30;
const widest = 44;

const head = ["share", "time", "count", "kernel", "over", "work", "GFLOP/s", "of"];
const isRight = [true, true, true, false, false, true, true, false];

export function renderText(report: Report): string {
  const forms = formsOf(report.kernels);
  const whole = 1e3 * report.milliseconds;
  const shown = forms.length > mostLines ? forms.slice(0, mostLines - 1) : forms;
  const rows = [head, ...shown.map((form) => rowOf(form, whole))];
  const lines = align(rows);
  const rest = forms.slice(shown.length);
  if (rest.length > 0) {
    const time = rest.reduce((sum, { microseconds }) => sum + microseconds, 0);
    lines.push(`and ${rest.length} more that take ${showShare(time, whole)} of the time together`);
  }
  const facts = factsOf(report).map(([name, value]) => `${name.padEnd(8)} ${value}`);
  return [...facts, "", ...(forms.length > 0 ? lines : ["no kernels"])].join("\n");
}

function rowOf({ kernel, count, microseconds, flops }: Form, whole: number): string[] {
  return [
    showShare(microseconds, whole),
    showTime(microseconds),
    String(count),
    kernel.kind,
    cut(kernel.description),
    flops > 0 ? showFlops(flops) : "",
    flops > 0 ? showRate(flops / microseconds / 1e3) : "",
    cut(showOps(kernel.ops)) + (kernel.isSerial ? " (one thread)" : ""),
  ];
}

const cut = (text: string): string =>
  text.length > widest ? `${text.slice(0, widest - 1)}…` : text;

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (isRight[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd(),
  );
}
