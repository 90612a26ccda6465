// The report as a page of its own: no script, no font, no network.
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

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (it) => entities[it]);

/** With this policy a browser itself refuses whatever the page might ask a network for. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

const sheet = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f5f1, #14151a); --card: light-dark(#fff, #1c1e25);
  --ink: light-dark(#1d1e24, #e8e8ec); --quiet: light-dark(#62636d, #a0a2ae);
  --line: light-dark(#e2e0d9, #31343e);
  --good: light-dark(#e3f2e3, #1f3a29); --good-ink: light-dark(#1e5c2c, #a9dfb4);
  --bad: light-dark(#f9dcd8, #5a2320); --bad-ink: light-dark(#9c1c12, #ffb7ad);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1440px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 22px; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 0 0 10px; }
.lead { color: var(--quiet); margin: 0 0 16px; }
.lead b { color: var(--ink); font-weight: 600; }
.lead b.bad { color: var(--bad-ink); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 22px; margin-bottom: 18px; }
section.failure { border-left: 5px solid var(--bad-ink); }
section.failure:target { outline: 3px solid var(--bad-ink); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 2px; font-size: 13px; font-variant-numeric: tabular-nums; }
thead th { font-weight: 500; color: var(--quiet); vertical-align: bottom; padding: 4px 6px; text-align: center; line-height: 1.25; }
thead th:first-child { text-align: left; }
tbody th { text-align: left; font-weight: 500; padding: 3px 14px 3px 0; white-space: nowrap; }
tbody th[scope], thead th:first-child { position: sticky; left: 0; background: var(--card); }
tbody tr.file th { color: var(--quiet); padding-top: 12px; }
tbody th.bad { color: var(--bad-ink); font-weight: 700; }
td { text-align: center; padding: 3px 6px; border-radius: 5px; min-width: 52px; line-height: 1.2; }
td small { display: block; color: var(--quiet); font-size: 11px; }
td.passed { background: var(--good); color: var(--good-ink); }
td.failed { background: var(--bad); color: var(--bad-ink); font-weight: 700; }
td.failed a { color: inherit; }
td.skipped { color: var(--quiet); }
td.n { text-align: right; color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; font-size: 13px; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.replay { background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 6px 10px; }
.columns { columns: 2 380px; column-gap: 40px; margin: 0; padding: 0; list-style: none; font-size: 13.5px; }
.columns li { break-inside: avoid; }
.columns b { font-weight: 600; }
`;

export function renderHtml(report: Report): string {
  const failures = report.rows.flatMap((row) => findingsOf(row).map((it) => failure(row, it)));
  const files = [...new Set(report.rows.map(({ file }) => file))];
  const title = `Gradient check of ${files.join(", ")}`;
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
<p class="lead">${lead(report)}</p>
<section>
<h2>Each op, each check</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Each op, each check">
${table(report, files.length > 1)}
</div>
</section>
${failures.join("\n")}
<section>
<h2>What the checks hold against what</h2>
<ul class="columns">
${report.columns.map(({ name, title: what }) => `<li><b>${escape(name)}</b>: ${escape(what)}</li>`).join("\n")}
</ul>
</section>
</main>
</body>
</html>
`;
}

function lead(report: Report): string {
  const cells = cellsOf(report);
  const failed = cells.filter(({ status }) => status === "failed").length;
  const checks = cells.filter(({ status }) => status !== "skipped").length;
  const samples = cells.reduce((sum, cell) => sum + cell.samples, 0);
  const verdict =
    failed > 0 ? `<b class="bad">${plural(failed, "check")} failed</b>` : "<b>All passed</b>";
  const worst = ["reverse", "second order", "third order"].flatMap((check) => {
    const found = worstOf(report, check);
    return found ? [`${check} ${showError(found.error)} (${escape(found.name)})`] : [];
  });
  return [
    `${verdict}: ${subjects(report.rows.length)}, ${plural(checks, "check")}, ` +
      `${plural(samples, "sample")} in ${showSeconds(report.milliseconds)}`,
    ...(worst.length > 0 ? [`Worst errors that passed: ${worst.join(", ")}`] : []),
    ...(report.isPartial ? ["Stopped before the end"] : []),
  ]
    .map((sentence) => `${sentence}.`)
    .join(" ");
}

function table(report: Report, showsFiles: boolean): string {
  const { columns, rows } = report;
  const heads = columns.map(
    ({ name, title }) => `<th title="${escape(title)}">${escape(name)}</th>`,
  );
  const lines = rows.map((row, i) => {
    const { name, file, cells } = row;
    const bad = cells.some(({ status }) => status === "failed") ? ' class="bad"' : "";
    const samples = cells.reduce((sum, cell) => sum + cell.samples, 0);
    const shownAt = new Map(
      findingsOf(row).flatMap(({ cell, others }) => [cell, ...others].map((it) => [it, cell])),
    );
    const isFirst = showsFiles && rows[i - 1]?.file !== file;
    const span = columns.length + 3;
    return (
      (isFirst ? `<tr class="file"><th colspan="${span}">${escape(file)}</th></tr>\n` : "") +
      `<tr><th scope="row"${bad}>${escape(name)}</th>${cells.map((cell) => cellOf(row, cell, shownAt.get(cell))).join("")}` +
      `<td class="n">${showError(worstOfRow(report, row))}</td><td class="n">${samples}</td></tr>`
    );
  });
  return `<table>
<thead><tr><th></th>${heads.join("")}<th>worst error</th><th>samples</th></tr></thead>
<tbody>
${lines.join("\n")}
</tbody>
</table>`;
}

const idOf = ({ file, name }: Row, { check }: Cell): string =>
  `${file}-${name}-${check}`.replaceAll(/[^\w]+/g, "-");

/** @param shownAt For a failure the one whose section shows it. */
function cellOf(row: Row, cell: Cell, shownAt: Cell = cell): string {
  const { status, reason, samples, worstError, slope, comparisons } = cell;
  if (status === "skipped") return `<td class="skipped" title="${escape(reason ?? "")}">–</td>`;
  if (status === "failed")
    return `<td class="failed"><a href="#${idOf(row, shownAt)}">failed</a></td>`;
  const shown =
    typeof slope === "number" ? `h<sup>${slope.toFixed(2)}</sup>` : showError(worstError);
  const title = `${plural(samples, "sample")}, ${plural(comparisons, "number")} compared`;
  return `<td class="passed" title="${title}">${slope === "exact" ? "exact" : shown}<small>${samples}</small></td>`;
}

function failure(row: Row, { cell, others }: Finding): string {
  const { inputs, attrs, error } = cell.failure!;
  const entries: [string, string][] = [
    ...inputs.map((text, i): [string, string] => [`input ${i}`, `<code>${escape(text)}</code>`]),
    ...(attrs === "{}" ? [] : [["options", `<code>${escape(attrs)}</code>`] as [string, string]]),
    ["found", `<pre>${escape(error.message)}</pre>`],
    ...(others.length > 0 ? [["also in", listChecks(others)] as [string, string]] : []),
    ["replay", `<pre class="replay">${escape(cell.replay!)}</pre>`],
  ];
  return `<section class="failure" id="${idOf(row, cell)}">
<h2>${escape(row.name)}: ${escape(cell.check)}</h2>
<dl>
${entries.map(([name, text]) => `<dt>${name}</dt><dd>${text}</dd>`).join("\n")}
</dl>
</section>`;
}
