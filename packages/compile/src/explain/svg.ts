// A call as a picture: a lane for each thread, a bar for each kernel that it works on, and gaps where
// it waits. All horizontal places are percentages, so that the picture may be drawn at any width.
import { showBytes, showFlops, showOps, showRate, showTime } from "./format.ts";
import { escape, percent } from "./markup.ts";
import type { KernelKind, KernelReport, Report } from "./types.ts";
import { busy } from "./summary.ts";

const lane = { top: 46, height: 34, gap: 30 } as const;
const legendHeight = 30;
/** About what a letter takes at this size of type. */
const letterWidth = 7;
const legendBox = 12;

/** Widths in pixels that labels are fitted to: at the k-th of them those of class `zk` are shown. */
export const widths = [1000, 4000, 16_000] as const;

/** So many pixels the times on the axis need. A phone has fewer: what the picture stands in scrolls. */
const leastWidth = 680;

export const kinds: readonly KernelKind[] = [
  "contract",
  "map",
  "map-reduce",
  "scatter",
  "scan",
  "turns",
  "host",
];

/** Fill and text for light pages, then for dark ones. */
const colours: Readonly<Record<KernelKind, readonly [string, string]>> = {
  contract: ["#b4530a", "#f2a35a"],
  map: ["#2563c9", "#85b4f5"],
  "map-reduce": ["#0b7a5c", "#5fcfa8"],
  scatter: ["#7a3fb8", "#c7a0f0"],
  scan: ["#a8326f", "#f29bc6"],
  turns: ["#5b6470", "#b7c0cc"],
  host: ["#c0281f", "#ff8a7d"],
};

const style = `
.wengert-timeline { display: block; min-width: ${leastWidth}px; overflow: visible; font: 12px system-ui, sans-serif; }
.wengert-timeline text { fill: currentColor; }
.wengert-timeline .lane { fill: light-dark(#ecebe6, #292b33); }
.wengert-timeline .tick { stroke: light-dark(#0002, #fff2); }
.wengert-timeline .quiet { opacity: .7; }
.wengert-timeline .bar text { fill: light-dark(#fff, #14151a); }
.wengert-timeline .wide { stroke: light-dark(#fff, #14151a); stroke-width: 1px; }
.wengert-timeline .bar:hover rect { opacity: .75; }
.wengert-timeline .z1, .wengert-timeline .z2 { display: none; }
${kinds.map((kind) => `.wengert-timeline .${kind} { fill: light-dark(${colours[kind].join(", ")}); }`).join("\n")}
`;

/** Within the page, bars lead to the lines of the table, and there is more to see at larger widths. */
export function renderSvg(report: Report, isWithinPage = false): string {
  const { threads } = report;
  const whole = lengthOf(report);
  const bottom = lane.top + threads * (lane.height + lane.gap) - lane.gap;
  const height = bottom + legendHeight;
  const shares = busy(report);
  const lanes = Array.from({ length: threads }, (_, thread) => {
    const y = lane.top + thread * (lane.height + lane.gap);
    const bars = report.kernels.map((kernel, i) =>
      bar(kernel, thread, y, whole, isWithinPage ? `#kernel-${i}` : null),
    );
    return (
      `<text x="0" y="${y - 6}">thread ${thread}<tspan class="quiet"> · ${shares[thread]} busy</tspan></text>` +
      `<rect class="lane" x="0" y="${y}" width="100%" height="${lane.height}"/>\n${bars.join("")}`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="wengert-timeline" width="100%" height="${height}" role="img" aria-label="What each thread does when, in ${escape(showTime(whole))}">`,
    `<style>${style}</style>`,
    ...ticks(whole, bottom, isWithinPage ? widths : widths.slice(0, 1)),
    ...lanes,
    legend(report, bottom + 14),
    "</svg>",
  ].join("\n");
}

/** Up to the end of the last kernel, or of the call. */
const lengthOf = ({ kernels, milliseconds }: Report): number =>
  kernels.reduce(
    (last, { spans }) => spans.reduce((end, span) => Math.max(end, span?.end ?? 0), last),
    1e3 * milliseconds,
  );

function bar(
  kernel: KernelReport,
  thread: number,
  y: number,
  whole: number,
  link: string | null,
): string {
  const span = kernel.spans[thread];
  if (!span) return "";
  const part = whole > 0 ? (span.end - span.start) / whole : 0;
  const name = showOps(kernel.ops);
  const zoom = widths.findIndex((width) => width * part > 5 * letterWidth);
  const label =
    zoom < 0
      ? ""
      : `<text class="z${zoom}" x="5" y="${lane.height / 2 + 4}">${escape(name)}</text>`;
  const edge = part * widths[0] > 4 ? " wide" : "";
  const box = `x="${percent(span.start, whole)}" y="${y}" width="${percent(span.end - span.start, whole)}" height="${lane.height}"`;
  const content =
    `<title>${escape(tooltip(kernel, thread))}</title>` +
    `<rect class="${kernel.kind}${edge}" width="100%" height="100%"/>${label}`;
  const drawn = `<svg class="bar" ${box}>${content}</svg>`;
  return link === null ? `${drawn}\n` : `<a href="${escape(link)}">${drawn}</a>\n`;
}

function tooltip(kernel: KernelReport, thread: number): string {
  const { start, microseconds } = kernel.spans[thread]!;
  const lines = [
    `${kernel.kind}: ${showOps(kernel.ops)}`,
    kernel.description,
    `thread ${thread}: ${showTime(microseconds)} from ${showTime(start)} on`,
    `${showFlops(kernel.flops)}, ${showRate(kernel.gflops)} GFLOP/s, ${showBytes(kernel.bytes)}`,
  ];
  return (kernel.isSerial ? [...lines, "one thread does all of it"] : lines).join("\n");
}

/** At round times, some ten of them at each width. */
function ticks(whole: number, bottom: number, drawn: readonly number[]): string[] {
  if (!(whole > 0)) return [];
  const steps = drawn.map((width) => roundStep((whole * widths[0]) / width / 10));
  return steps.flatMap((step, zoom) =>
    Array.from({ length: Math.floor(whole / step) + 1 }, (_, i) => i)
      .filter((i) => !steps.slice(0, zoom).some((wider) => isMultiple(i * step, wider)))
      .map((i) => tick(i * step, whole, bottom, zoom)),
  );
}

/** The next of 1, 2, 5, 10, 20 … */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((n) => n * power >= rough) ?? 10) * power;
}

function isMultiple(x: number, step: number): boolean {
  const quotient = x / step;
  return Math.abs(quotient - Math.round(quotient)) < 1e-6;
}

function tick(at: number, whole: number, bottom: number, zoom: number): string {
  const x = percent(at, whole);
  const anchor = at === 0 ? "start" : at > 0.98 * whole ? "end" : "middle";
  const [value, unit] = whole >= 2000 ? [at / 1e3, "ms"] : [at, "µs"];
  return (
    `<line class="tick z${zoom}" x1="${x}" x2="${x}" y1="18" y2="${bottom}"/>` +
    `<text class="quiet z${zoom}" x="${x}" y="12" text-anchor="${anchor}">` +
    `${Number(value.toPrecision(6))} ${unit}</text>`
  );
}

function legend({ kernels }: Report, y: number): string {
  let x = 0;
  return kinds
    .filter((kind) => kernels.some((kernel) => kernel.kind === kind))
    .map((kind) => {
      const box = `<rect class="${kind}" x="${x}" y="${y}" width="${legendBox}" height="${legendBox}"/>`;
      const text = `<text x="${x + legendBox + 6}" y="${y + 10}">${kind}</text>`;
      x += legendBox + 24 + kind.length * letterWidth;
      return box + text;
    })
    .join("");
}
