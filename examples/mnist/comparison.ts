/** A network's error on the 10 000 test images of MNIST. */
export interface ComparisonRow {
  readonly model: string;
  /** In per cent, written as its source writes it. */
  readonly testError: string;
  readonly source: string;
  readonly isThisRun: boolean;
}

/** Published figures; none of them used distorted copies of the training images. */
const PUBLISHED = [
  {
    model: "2 layers, 300 hidden units",
    testError: "4.7",
    source: "LeCun et al. 1998",
  },
  {
    model: "3 layers, 300 + 100 hidden units",
    testError: "3.05",
    source: "LeCun et al. 1998",
  },
  {
    model: "2 layers, 800 hidden units, cross-entropy",
    testError: "1.6",
    source: "Simard et al. 2003",
  },
  { model: "LeNet-5, convolutional", testError: "0.95", source: "LeCun et al. 1998" },
] as const;

/** What the sources in the table are. */
export const SOURCES: Readonly<Record<string, string>> = {
  "LeCun et al. 1998":
    "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied to Document " +
    "Recognition. Proceedings of the IEEE 86(11), 1998. doi:10.1109/5.726791",
  "Simard et al. 2003":
    "P. Y. Simard, D. Steinkraus, J. C. Platt: Best Practices for Convolutional Neural Networks " +
    "Applied to Visual Document Analysis. ICDAR 2003. doi:10.1109/ICDAR.2003.1227801",
};

/** This run among the published figures, the largest error first. */
export function compare(model: string, testError: number, source: string): ComparisonRow[] {
  const rows: ComparisonRow[] = PUBLISHED.map((row) => ({ ...row, isThisRun: false }));
  rows.push({ model, testError: (100 * testError).toFixed(2), source, isThisRun: true });
  return rows.sort((a, b) => Number(b.testError) - Number(a.testError));
}

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
