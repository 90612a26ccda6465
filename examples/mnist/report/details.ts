import { availableParallelism, cpus } from "node:os";
import { formatCount, formatDuration } from "../../shared/format.ts";
import type { Options } from "../options.ts";
import { html, type Html } from "./html.ts";
import type { FinishedRun } from "./types.ts";

/** A table of two columns: names and what belongs to them. */
type Facts = readonly (readonly [name: string, value: string])[];

/** How it was run, on what, and how to run it again. */
export function details({ options, data, result, startedAt }: FinishedRun): Html {
  const chosen: Facts = [
    ["model", options.model],
    ...(options.model === "mlp" ? [["hidden layers", options.hidden.join(", ")] as const] : []),
    ["epochs", String(options.epochs)],
    ["batch", String(options.batch)],
    ["optimizer", options.optimizer],
    ["learning rate", `${options.lr}, falling to 0 along a half cosine`],
    ["seed", String(options.seed)],
    ["training images", formatCount(data.train.count)],
    ["test images", formatCount(data.test.count)],
  ];
  const timing: Facts = [
    ["started", `${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC`],
    ["time", formatDuration(result.seconds)],
    ["a step runs", options.eager ? "op after op" : "compiled"],
    ["steps", formatCount(result.steps)],
    ["a step, with tests", `${((1000 * result.seconds) / result.steps).toFixed(1)} ms`],
  ];
  const environment: Facts = [
    ["runtime", `Node.js ${process.version}, V8 ${process.versions.v8}`],
    ["system", `${process.platform} ${process.arch}`],
    ["processor", cpus()[0]?.model.trim() ?? "unknown"],
    ["cores", String(availableParallelism())],
  ];
  return html`<section aria-labelledby="details">
    <h2 id="details">The run</h2>
    <p class="command"><code>${command(options)}</code></p>
    <div class="columns">
      <div>
        <h3>Options</h3>
        ${facts(chosen)}
      </div>
      <div>
        <h3>Timing</h3>
        ${facts(timing)}
        <h3>Environment</h3>
        ${facts(environment)}
      </div>
    </div>
    <h3>Network</h3>
    <pre>${result.summary}</pre>
  </section>`;
}

/**
 * The command that gives the same figures again, whatever the defaults may be then. Where it is
 * broken into lines, an option stays with its value.
 */
function command(options: Options): Html[] {
  const { model, hidden, epochs, batch, lr, optimizer, seed, limit, eager } = options;
  const sizes = model === "mlp" ? { hidden: hidden.join(",") } : {};
  const values = { model, ...sizes, epochs, batch, lr, optimizer, seed, limit };
  const flags = Object.entries(values).map(([name, value]) => `--${name} ${value}`);
  const switches = eager ? ["--eager"] : [];
  return ["npm start --", ...flags, ...switches].map((part) => html`<span>${part}</span>`);
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
