// The pictures of docs/plots. They stand in a document as images, so what they need is in the file:
// colours for a light and a dark page, and a title for those who do not see them.

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const STYLE =
  "svg{background:transparent;color:#1f2328;font-family:system-ui,sans-serif}" +
  "@media(prefers-color-scheme:dark){svg{color:#e6edf3}}";

/** Told apart by readers who see no red or no green (M. Okabe and K. Ito, 2008). */
const COLORS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7"];

const WIDTH = 640;
const HEIGHT = 360;
const MARGIN = { left: 56, right: 110, top: 30, bottom: 40 };
const LABEL_HEIGHT = 15;

export interface LinePoint {
  readonly x: number;
  readonly ms: number;
  readonly series: string;
}

export interface Picture {
  readonly title: string;
  readonly xLabel: string;
  readonly points: readonly LinePoint[];
  /** In the order of their colours. */
  readonly series: readonly string[];
  /** Ticks of the horizontal axis; it is logarithmic where these double. */
  readonly ticks: readonly number[];
}

export function draw({ title, xLabel, points, series, ticks }: Picture): string {
  const { document } = parseHTML("<html><body></body></html>");
  const shown = series.filter((name) => points.some((point) => point.series === name));
  const values = points.map(({ ms }) => ms);
  const domain = [Math.min(...values), Math.max(...values)] as const;
  const yTicks = logTicks(domain);
  const ends = shown.map((name) => points.findLast((point) => point.series === name)!);
  const doubles = ticks.length > 2 && ticks[2] === 2 * ticks[1]!;
  const place = { x: "x", y: "ms" };
  const svg = Plot.plot({
    document: document as unknown as NonNullable<Plot.PlotOptions["document"]>,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    style: { fontSize: "13px" },
    x: { type: doubles ? "log" : "linear", label: xLabel, axis: null },
    y: { type: "log", domain, label: "ms per step", axis: null },
    color: { domain: series, range: COLORS.slice(0, series.length) },
    marks: [
      // Axes of their own, as the scale's leave out labels of a logarithmic one as they think fit.
      Plot.gridY(yTicks, { strokeOpacity: 0.15 }),
      Plot.axisY(yTicks, { text: (tick: number) => String(tick), label: "ms per step" }),
      Plot.axisX(ticks, { text: (tick: number) => String(tick), label: xLabel }),
      Plot.line(points, { ...place, stroke: "series", strokeWidth: 2 }),
      Plot.dot(points, { ...place, fill: "series", r: 3 }),
      Plot.text(apart(ends, domain), {
        ...place,
        text: "series",
        fill: "series",
        textAnchor: "start",
        dx: 8,
      }),
    ],
  });
  return finish(svg.outerHTML, title, describe(points, shown, xLabel));
}

/** What the picture says, in words: each series' first and last value. */
function describe(points: readonly LinePoint[], series: readonly string[], xLabel: string): string {
  const parts = series.map((name) => {
    const own = points.filter((point) => point.series === name);
    const at = ({ x, ms }: LinePoint) => `${Number(ms.toPrecision(3))} ms at ${x}`;
    return `${name}: ${at(own[0]!)}, ${at(own.at(-1)!)}`;
  });
  return `Milliseconds per step by ${xLabel}. ${parts.join("; ")}.`;
}

function finish(svg: string, title: string, description: string): string {
  const names = `<title>${title}</title><desc>${description}</desc><style>${STYLE}</style>`;
  // Plot's own style is for pages: it paints the background white.
  const bare = svg.replace(/<style>[\s\S]*?<\/style>/g, "");
  const head = (_: string, attributes: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" role="img"${attributes}>${names}`;
  return `${bare.replace(/^<svg([^>]*)>/, head)}\n`;
}

/** Moves labels up until they do not stand on each other. */
function apart(ends: readonly LinePoint[], [low, high]: readonly [number, number]): LinePoint[] {
  const gap = (high / low) ** (LABEL_HEIGHT / (HEIGHT - MARGIN.top - MARGIN.bottom));
  let least = 0;
  return ends
    .toSorted((a, b) => a.ms - b.ms)
    .map((end) => {
      const ms = Math.max(end.ms, least);
      least = ms * gap;
      return { ...end, ms };
    });
}

/** 1, 2, 5, 10, … within the range. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const steps = high / low < 500 ? [1, 2, 5] : [1];
  const ticks = Array.from({ length: 12 }, (_, i) =>
    steps.map((step) => Number(`${step}e${i - 5}`)),
  );
  return ticks.flat().filter((tick) => tick >= low && tick <= high);
}
