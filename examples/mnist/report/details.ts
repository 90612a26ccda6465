import { formatCount, formatDuration } from "../format.ts";
import { html, type Html } from "./html.ts";
import type { Facts, RunReport } from "./types.ts";

/** How it was run, on what, and how to run it again. */
export function details(report: RunReport): Html {
  const started = report.timing.startedAt.toISOString().slice(0, 16).replace("T", " ");
  const timing: Facts = [
    ["started", `${started} UTC`],
    ["time", formatDuration(report.timing.seconds)],
    ["steps", formatCount(report.timing.steps)],
    ["a step with its share of the tests", perStep(report)],
  ];
  return html`<section aria-labelledby="details">
    <h2 id="details">The run</h2>
    <pre class="command"><code>${report.command}</code></pre>
    <div class="columns">
      <div>
        <h3>Options</h3>
        ${facts(report.options)}
      </div>
      <div>
        <h3>Timing</h3>
        ${facts(timing)}
        <h3>Environment</h3>
        ${facts(report.environment)}
      </div>
    </div>
    <h3>Network</h3>
    <pre class="summary">${report.summary}</pre>
  </section>`;
}

function perStep({ timing }: RunReport): string {
  return `${((1000 * timing.seconds) / timing.steps).toFixed(1)} ms`;
}

function facts(rows: Facts): Html {
  return html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}
