import type { ComparisonRow } from "./comparison.ts";

const MARK = "▸ ";
const HEADINGS = ["network", "test error (%)", "source"] as const;

/** The rows in aligned columns, the figures with their decimal points under each other. */
export function comparisonTable(rows: readonly ComparisonRow[]): string {
  const figures = alignOnPoint(rows.map((row) => row.testError));
  const cells = rows.map((row, i) => [row.model, figures[i]!, row.source] as const);
  const width = (column: 0 | 1 | 2) =>
    Math.max(HEADINGS[column].length, ...cells.map((row) => row[column].length));
  const [first, second, third] = [width(0), width(1), width(2)];
  const line = (mark: string, row: readonly [string, string, string]) =>
    `${mark}${row[0].padEnd(first)}  ${row[1].padStart(second)}  ${row[2]}`.trimEnd();
  const plain = " ".repeat(MARK.length);
  return [
    line(plain, HEADINGS),
    plain + ["─".repeat(first), "─".repeat(second), "─".repeat(third)].join("  "),
    ...cells.map((row, i) => line(rows[i]!.isThisRun ? MARK : plain, row)),
  ].join("\n");
}

function alignOnPoint(numbers: readonly string[]): string[] {
  const decimals = (text: string) =>
    text.length - (text.includes(".") ? text.indexOf(".") : text.length);
  const most = Math.max(...numbers.map(decimals));
  return numbers.map((text) => text + " ".repeat(most - decimals(text)));
}
