import { SOURCES } from "../comparison.ts";
import { formatCount, formatDuration, formatLoss, formatPercent } from "../../shared/format.ts";
import { countErrors } from "./findings.ts";
import { html, NOTHING, type Html } from "./html.ts";
import type { FinishedRun } from "./types.ts";

/** The result: the test error and what goes with it. */
export function header({ network, data, result }: FinishedRun): Html {
  const last = result.epochs.at(-1)!;
  const { tested, wrong } = countErrors(result.confusion);
  const error = wrong / tested;
  // Half the width of the 95 % interval of a proportion.
  const margin = 1.96 * Math.sqrt((error * (1 - error)) / tested);
  const rate = (last.epoch * data.train.count) / result.seconds;
  const ended = result.interrupted
    ? html`<p class="notice">Ended by hand after ${last.epoch.toFixed(2)} epochs.</p>`
    : NOTHING;
  return html`<header>
    <p class="kicker">MNIST · ${network}</p>
    <div class="hero">
      <h1><span class="big">${formatPercent(error)}</span> test error</h1>
      <p>
        ${formatCount(wrong)} of ${formatCount(tested)} handwritten digits that the network had
        never seen were misread. As the test has ${formatCount(tested)} digits, the error is known
        to within ${(100 * margin).toFixed(2)} percentage points (95&nbsp;% interval).
      </p>
    </div>
    ${ended}
    <dl class="tiles">
      ${tile("test loss", formatLoss(last.testLoss))}
      ${tile("training loss", formatLoss(last.trainLoss))}
      ${tile("training accuracy", formatPercent(last.trainAccuracy))}
      ${tile("time", formatDuration(result.seconds))} ${tile("images a second", formatCount(rate))}
    </dl>
  </header>`;
}

/** The published test errors and this run's, as bars. */
export function comparison({ rows }: FinishedRun): Html {
  const largest = Math.max(...rows.map(({ testError }) => Number(testError)));
  const sources = Object.entries(SOURCES).filter(([name]) => rows.some((r) => r.source === name));
  return html`<section aria-labelledby="comparison">
    <h2 id="comparison">Beside published networks</h2>
    <p>Errors on the same 10&#x202f;000 test images, without distorted training images.</p>
    <table class="bars">
      <thead>
        <tr>
          <th scope="col">network</th>
          <th scope="col">test error</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr${row.isThisRun ? html` class="own"` : NOTHING}>
<th scope="row">${row.model}<small>${row.source}</small></th>
<td><span class="bar" style="--part:${(100 * (Number(row.testError) / largest)).toFixed(1)}%"></span>
<span class="figure">${row.testError} %</span></td></tr>`,
        )}
      </tbody>
    </table>
    <ul class="sources">
      ${sources.map(([name, text]) => html`<li><b>${name}</b> ${text}</li>`)}
    </ul>
  </section>`;
}

function tile(name: string, value: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
