// A program as a page of its own: no script, no font, no network.
import { showBytes, showFlops, showOps, showRate, showShare, showTime } from "./format.ts";
import { escape } from "./markup.ts";
import { factsOf, formsOf } from "./summary.ts";
import { renderSvg, widths } from "./svg.ts";
import type { KernelReport, Report } from "./types.ts";

/** With this policy a browser itself refuses whatever the page might ask a network for. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

const zooms = widths.map((width) => width / widths[0]);

const sheet = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f5f1, #14151a); --card: light-dark(#fff, #1c1e25);
  --ink: light-dark(#1d1e24, #e8e8ec); --quiet: light-dark(#62636d, #a0a2ae);
  --line: light-dark(#e2e0d9, #31343e); --mark: light-dark(#fff2c9, #4a4020);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 24px 20px; }
h1 { font-size: 22px; margin: 0 0 16px; }
h2 { font-size: 18px; margin: 0 0 12px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px 24px; margin-bottom: 18px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 18px; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
.scroll { overflow-x: auto; padding-bottom: 8px; }
.zoom { font-size: 13px; color: var(--quiet); margin-right: 14px; }
table { border-collapse: collapse; width: 100%; min-width: 900px; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--quiet); font-weight: 400; white-space: nowrap; }
.n { text-align: right; white-space: nowrap; }
.kind { white-space: nowrap; }
.ops { overflow-wrap: anywhere; }
tr:target { background: var(--mark); }
${zooms.map((zoom, k) => `#zoom-${k}:checked ~ .scroll > svg { width: ${zoom * 100}%; }`).join("\n")}
${zooms
  .flatMap((_, k) => Array.from({ length: k }, (_, j) => `#zoom-${k}:checked ~ .scroll .z${j + 1}`))
  .join(", ")} { display: inline; }
`;

export function renderHtml(report: Report, title: string): string {
  const whole = 1e3 * report.milliseconds;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${sheet}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<section>
<dl>
${factsOf(report)
  .map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`)
  .join("\n")}
</dl>
</section>
<section>
<h2>What each thread does when</h2>
${zooms.map((zoom, k) => zoomButton(zoom, k)).join("\n")}
<div class="scroll">
${renderSvg(report, true)}
</div>
</section>
<section>
<h2>Where the time goes</h2>
<div class="scroll">
${formsTable(report, whole)}
</div>
</section>
<section>
<h2>All kernels in their order</h2>
<div class="scroll">
${kernelsTable(report.kernels, whole)}
</div>
</section>
</main>
</body>
</html>
`;
}

const zoomButton = (zoom: number, k: number): string =>
  `<input type="radio" name="zoom" id="zoom-${k}"${k === 0 ? " checked" : ""}>` +
  `<label class="zoom" for="zoom-${k}">${zoom}×</label>`;

type Column = readonly [name: string, style: string];

const columns: readonly Column[] = [
  ["share", "n"],
  ["time", "n"],
  ["kernel", "kind"],
  ["over", ""],
  ["work", "n"],
  ["GFLOP/s", "n"],
  ["traffic", "n"],
  ["GB/s", "n"],
  ["threads", ""],
  ["of", "ops"],
];

function formsTable({ kernels }: Report, whole: number): string {
  const rows = formsOf(kernels).map((form) => {
    const count = `<td class="n">${form.count}</td>`;
    return `<tr>${count}${cellsOf({ ...form.kernel, ...form }, whole)}</tr>`;
  });
  return table([["count", "n"], ...columns], rows);
}

const kernelsTable = (kernels: readonly KernelReport[], whole: number): string =>
  table(
    [["", "n"], ...columns],
    kernels.map(
      (kernel, i) => `<tr id="kernel-${i}"><td class="n">${i}</td>${cellsOf(kernel, whole)}</tr>`,
    ),
  );

const table = (head: readonly Column[], rows: readonly string[]): string =>
  `<table>
<thead><tr>${head.map(([name, style]) => `<th class="${style}">${name}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>`;

function cellsOf(kernel: KernelReport, whole: number): string {
  const { flops, bytes, microseconds } = kernel;
  const cells = [
    showShare(microseconds, whole),
    showTime(microseconds),
    kernel.kind,
    kernel.description,
    flops > 0 ? showFlops(flops) : "",
    flops > 0 ? showRate(flops / microseconds / 1e3) : "",
    showBytes(bytes),
    showRate(bytes / microseconds / 1e3),
    kernel.isSerial ? "one" : "all",
    showOps(kernel.ops),
  ];
  // Names of ops may be parted after their plus signs.
  const broken = (cell: string): string => escape(cell).replaceAll("+", "+<wbr>");
  return cells.map((cell, i) => `<td class="${columns[i][1]}">${broken(cell)}</td>`).join("");
}
