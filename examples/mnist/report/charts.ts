import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { formatLoss } from "../../shared/format.ts";
import type { EpochFigures, LossPoint } from "../types.ts";
import { escape, Html } from "./html.ts";

const WIDTH = 480;
const HEIGHT = 300;
const TRAIN = "var(--train)";
const TEST = "var(--test)";

/** The loss on a logarithmic scale: training as it went, the test at the end of each epoch. */
export function lossChart(history: readonly LossPoint[], epochs: readonly EpochFigures[]): Html {
  // A logarithm has no place for zero, which rounding can make of a tiny loss.
  const points = history.filter(({ loss }) => loss > 0);
  const test = epochs.filter(({ testLoss }) => testLoss > 0);
  const values = [...points.map(({ loss }) => loss), ...test.map(({ testLoss }) => testLoss)];
  const ticks = logTicks(values);
  const x = "epoch";
  return draw({
    title: "Loss",
    description: describe(
      "loss",
      epochs,
      (e) => e.trainLoss,
      (e) => e.testLoss,
      formatLoss,
    ),
    y: { type: "log", label: "cross-entropy", axis: null },
    xMax: Math.max(...epochs.map(({ epoch }) => epoch)),
    marks: [
      // An axis of its own, as the scale's leaves out labels of a logarithmic one as it thinks fit.
      Plot.gridY(ticks),
      Plot.axisY(ticks, { text: (tick: number) => String(tick) }),
      Plot.line(points, { x, y: "loss", stroke: TRAIN, strokeOpacity: 0.35, strokeWidth: 1 }),
      Plot.line(smooth(points), { x, y: "loss", stroke: TRAIN, strokeWidth: 2 }),
      Plot.line(test, { x, y: "testLoss", stroke: TEST, strokeWidth: 2, strokeDasharray: "5 3" }),
      Plot.dot(test, {
        x,
        y: "testLoss",
        fill: TEST,
        r: 3,
        title: (e: EpochFigures) => `epoch ${short(e.epoch)}: ${formatLoss(e.testLoss)}`,
      }),
    ],
  });
}

/** The share of digits read correctly, with a published figure as a mark to pass. */
export function accuracyChart(
  epochs: readonly EpochFigures[],
  mark: { readonly label: string; readonly accuracy: number },
): Html {
  const rows = epochs.map(({ epoch, trainAccuracy, testAccuracy }) => ({
    epoch,
    train: 100 * trainAccuracy,
    test: 100 * testAccuracy,
  }));
  const lowest = Math.min(100 * mark.accuracy, ...rows.flatMap(({ train, test }) => [train, test]));
  const x = "epoch";
  const inPercent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;
  const series = (y: "train" | "test", stroke: string, strokeDasharray = "none") => [
    Plot.line(rows, { x, y, stroke, strokeWidth: 2, strokeDasharray }),
    Plot.dot(rows, {
      x,
      y,
      fill: stroke,
      r: 3,
      title: (row) => `epoch ${short(row.epoch)}: ${row[y].toFixed(2)} %`,
    }),
  ];
  return draw({
    title: "Accuracy",
    description: describe(
      "accuracy",
      epochs,
      (e) => e.trainAccuracy,
      (e) => e.testAccuracy,
      inPercent,
    ),
    y: { domain: [Math.max(0, lowest - (100 - lowest) / 8), 100], label: "per cent", grid: true },
    xMax: Math.max(...epochs.map(({ epoch }) => epoch)),
    marks: [
      Plot.ruleY([100 * mark.accuracy], { stroke: "currentColor", strokeDasharray: "1 3" }),
      // Behind the curves, which may pass just there.
      Plot.text([mark.label], {
        y: () => 100 * mark.accuracy,
        frameAnchor: "right",
        textAnchor: "end",
        dy: 9,
        fill: "var(--quiet)",
      }),
      ...series("train", TRAIN),
      ...series("test", TEST, "5 3"),
    ],
  });
}

interface Chart {
  readonly title: string;
  readonly description: string;
  readonly y: Plot.ScaleOptions;
  readonly xMax: number;
  readonly marks: Plot.Markish[];
}

function draw({ title, description, y, xMax, marks }: Chart): Html {
  const { document } = parseHTML("<html><body></body></html>");
  const svg = Plot.plot({
    document: document as unknown as NonNullable<Plot.PlotOptions["document"]>,
    className: "chart",
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 48,
    marginTop: 26,
    marginBottom: 36,
    marginRight: 14,
    style: { fontSize: "12px" },
    x: { domain: [0, xMax], label: "epoch", ticks: xMax < 10 ? Math.ceil(xMax) : 10 },
    y,
    marks: [Plot.ruleX([0], { strokeOpacity: 0.2 }), ...marks],
  });
  return withTitle(svg.outerHTML, title, description);
}

/** Gives the drawing a name and a description, and takes away what inline SVG does not need. */
function withTitle(svg: string, title: string, description: string): Html {
  const id = `chart-${title.toLowerCase()}`;
  const names = `<title id="${id}">${escape(title)}</title><desc id="${id}-desc">${escape(description)}</desc>`;
  const described = `role="img" aria-labelledby="${id}" aria-describedby="${id}-desc"`;
  const bare = svg.replace(/ xmlns(:xlink)?="[^"]*"/g, "").replace(/<style>[\s\S]*?<\/style>/g, "");
  return new Html(bare.replace(/^<svg([^>]*)>/, `<svg$1 ${described}>${names}`));
}

function describe(
  what: string,
  epochs: readonly EpochFigures[],
  train: (figures: EpochFigures) => number,
  test: (figures: EpochFigures) => number,
  format: (value: number) => string,
): string {
  const [first, last] = [epochs[0]!, epochs.at(-1)!];
  const span = (get: typeof train) => `from ${format(get(first))} to ${format(get(last))}`;
  return (
    `Epoch ${short(first.epoch)} to ${short(last.epoch)}: training ${what} ${span(train)}, ` +
    `test ${what} ${span(test)}. The table of all epochs has every figure.`
  );
}

/** A running mean over a thirtieth of the curve, which shows where a noisy curve goes. */
function smooth(points: readonly LossPoint[]): LossPoint[] {
  const reach = Math.floor(points.length / 60);
  return points.map(({ epoch }, i) => {
    // The window shrinks towards the start, where the curve falls too steeply to be averaged.
    const near = Math.min(reach, i);
    const window = points.slice(i - near, i + near + 1);
    return { epoch, loss: window.reduce((sum, { loss }) => sum + loss, 0) / window.length };
  });
}

function short(epoch: number): string {
  return Number.isInteger(epoch) ? String(epoch) : epoch.toFixed(2);
}

/** Ticks at 1, 2, 5, 10, … within the values' range, or at powers of ten where it is wide. */
function logTicks(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const steps = high / low < 500 ? [1, 2, 5] : [1];
  const exponents = Array.from({ length: 40 }, (_, i) => i - 30);
  const ticks = exponents.flatMap((e) => steps.map((step) => Number(`${step}e${e}`)));
  return ticks.filter((tick) => tick >= low && tick <= high);
}
