// Tables and plots in plain text, for what the lessons print.

/** Rows under a heading, in aligned columns: text at the left, everything that is a number at the
 *  right. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = rows.map((row) => row.map(String));
  const widths = heading.map((title, c) =>
    Math.max(title.length, ...cells.map((row) => row[c].length)),
  );
  const isNumeric = heading.map((_, c) => cells.every((row) => /^(-?\d|$)/.test(row[c])));
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (isNumeric[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [line(heading), rule, ...cells.map(line)].join("\n");
}

export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly mark: string;
}

/** Marks on a grid of characters inside of a frame, y upwards. Later ones cover earlier ones. */
export function plot(marks: readonly Mark[], width = 61, height = 17): string {
  const [left, right] = extent(marks.map(({ x }) => x));
  const [bottom, top] = extent(marks.map(({ y }) => y));
  const grid = Array.from({ length: height }, () => Array<string>(width).fill(" "));
  for (const { x, y, mark } of marks) {
    const column = Math.round(((x - left) / (right - left)) * (width - 1));
    const row = Math.round(((top - y) / (top - bottom)) * (height - 1));
    grid[row][column] = mark;
  }
  const edge = "─".repeat(width);
  return [`┌${edge}┐`, ...grid.map((row) => `│${row.join("")}│`), `└${edge}┘`].join("\n");
}

const extent = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;

/** Positive numbers as bars on a logarithmic scale, thinned to at most `width` of them. */
export function bars(values: readonly number[], width = 60): string {
  const count = Math.min(width, values.length);
  const thinned = Array.from({ length: count }, (_, i) =>
    Math.log(values[Math.round((i * (values.length - 1)) / Math.max(1, count - 1))]),
  );
  const [low, high] = extent(thinned);
  return thinned.map((v) => "▁▂▃▄▅▆▇█"[Math.round((7 * (v - low)) / (high - low || 1))]).join("");
}

/** A number that only its size matters of: one digit, and 0 as 0. */
export const brief = (value: number): string => String(Number(value.toPrecision(1)));
