// The report on a terminal.
import { styleText } from "node:util";
import type { Stream } from "./progress.ts";
import {
  cellsOf,
  findingsOf,
  worstOf,
  worstOfRow,
  type Cell,
  type Finding,
  type Report,
  type Row,
} from "./run.ts";
import { listChecks, plural, showError, showSeconds, subjects } from "./words.ts";

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** Colours where the stream is a terminal that wants them: styleText knows NO_COLOR and FORCE_COLOR. */
export function painter(stream: Stream): Paint {
  const known = [process.stdout, process.stderr].find((own) => own === stream);
  return known ? (style, text) => styleText(style, text, { stream: known }) : (_, text) => text;
}

const marks: Record<Cell["status"], readonly [mark: string, style: Style]> = {
  passed: ["✓", "green"],
  failed: ["✗", ["red", "bold"]],
  skipped: ["·", "dim"],
};

export function renderText(report: Report, columns: number, paint: Paint): string {
  const parts = [table(report, columns, paint), legend(report, paint)];
  for (const row of report.rows) {
    for (const finding of findingsOf(row)) parts.push(failure(row, finding, paint));
  }
  parts.push(summary(report, paint));
  return parts.filter((part) => part !== "").join("\n\n") + "\n";
}

function table(report: Report, room: number, paint: Paint): string {
  const { columns, rows } = report;
  const nameWidth = Math.max(4, ...rows.map(({ name }) => name.length));
  const heads = columns.map(({ label }) => label);
  const widths = heads.map((head) => head.length);
  const tail = ["worst", "samples"];
  const isWide = nameWidth + widths.reduce((sum, w) => sum + w + 1, 0) + 18 <= room;
  const right = (text: string, i: number) => text.padStart([8, 8][i] ?? 8);
  const head = [" ".repeat(nameWidth), ...heads, ...(isWide ? tail.map(right) : [])].join(" ");
  const lines = rows.map((row) => {
    const { name, cells } = row;
    const failed = cells.some(({ status }) => status === "failed");
    const shown = cells.map(({ status }, i) => {
      const [mark, style] = marks[status];
      const before = Math.floor((widths[i] - 1) / 2);
      return " ".repeat(before) + paint(style, mark) + " ".repeat(widths[i] - 1 - before);
    });
    const worst = worstOfRow(report, row);
    const samples = cells.reduce((sum, cell) => sum + cell.samples, 0);
    const numbers = isWide ? [showError(worst), String(samples)].map(right) : [];
    const padded = name.padEnd(nameWidth);
    return [failed ? paint(["red", "bold"], padded) : padded, ...shown, ...numbers].join(" ");
  });
  return [paint("dim", head), ...lines].join("\n");
}

/** What the heads stand for, where they are not the names themselves. */
function legend({ columns }: Report, paint: Paint): string {
  const short = columns.filter(({ name, label }) => name !== label);
  const text = short.map(({ name, label }) => `${label} ${name}`).join(", ");
  return text && paint("dim", `${text}; · does not apply`);
}

function failure({ name }: Row, { cell, others }: Finding, paint: Paint): string {
  const { check, failure: found, replay } = cell;
  const { inputs, attrs, error } = found!;
  const label = (text: string) => paint("dim", text.padEnd(9));
  return [
    paint(["red", "bold"], `✗ ${name}, ${check}`),
    ...inputs.map((input, i) => `  ${label(`input ${i}`)}${input}`),
    ...(attrs === "{}" ? [] : [`  ${label("options")}${attrs}`]),
    ...error.message.split("\n").map((line, i) => `  ${label(i === 0 ? "found" : "")}${line}`),
    ...(others.length > 0 ? [`  ${label("also in")}${listChecks(others)}`] : []),
    `  ${label("replay")}${paint("cyan", replay!)}`,
  ].join("\n");
}

function summary(report: Report, paint: Paint): string {
  const cells = cellsOf(report);
  const count = (status: Cell["status"]) => cells.filter((cell) => cell.status === status).length;
  const samples = cells.reduce((sum, cell) => sum + cell.samples, 0);
  const failed = count("failed");
  const worst = ["reverse", "second order", "third order"].flatMap((check) => {
    const found = worstOf(report, check);
    return found ? [`${check} ${showError(found.error)} (${found.name})`] : [];
  });
  const verdict =
    failed > 0
      ? paint(["red", "bold"], plural(failed, "check") + " failed")
      : paint("green", "all passed");
  return [
    `${subjects(report.rows.length)}, ${plural(failed + count("passed"), "check")}, ` +
      `${plural(samples, "sample")} in ${showSeconds(report.milliseconds)}: ${verdict}` +
      (report.isPartial ? "; stopped before the end" : ""),
    ...(worst.length > 0 ? [paint("dim", `worst errors: ${worst.join(", ")}`)] : []),
  ].join("\n");
}
