// The report as JSON.
import { cellsOf, type Cell, type Report } from "./run.ts";

/** Infinities and NaN are strings: JSON has no numbers for them. */
const numberOf = (x: number): number | string => (Number.isFinite(x) ? x : String(x));

export function renderJson(report: Report): string {
  const cells = cellsOf(report);
  const count = (status: Cell["status"]) => cells.filter((cell) => cell.status === status).length;
  const text = {
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    milliseconds: Math.round(report.milliseconds),
    isPartial: report.isPartial,
    results: report.rows.map(({ file, name, cells: row }) => ({
      file,
      name,
      checks: row.map((cell) => ({
        check: cell.check,
        status: cell.status,
        reason: cell.reason,
        samples: cell.samples,
        comparisons: cell.comparisons,
        worstError: numberOf(cell.worstError),
        slope: typeof cell.slope === "number" ? numberOf(cell.slope) : cell.slope,
        milliseconds: Math.round(cell.milliseconds),
        failure: cell.failure && {
          inputs: cell.failure.inputs,
          options: cell.failure.attrs,
          message: cell.failure.error.message,
          seed: cell.failure.seed,
          path: cell.failure.path,
          replay: cell.replay,
        },
      })),
    })),
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}
