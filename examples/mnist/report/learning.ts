import { formatDuration, formatLoss, formatPercent } from "../../shared/format.ts";
import type { ModelName } from "../defaults.ts";
import { accuracyChart, lossChart } from "./charts.ts";
import { html, type Html } from "./html.ts";
import type { FinishedRun } from "./types.ts";

/** What LeCun et al. 1998 reached with a network of the kind. */
const MARKS: Record<ModelName, { label: string; accuracy: number }> = {
  mlp: { label: "LeCun et al. 1998, 300 hidden units: 95.3 %", accuracy: 0.953 },
  lenet5: { label: "LeCun et al. 1998, LeNet-5: 99.05 %", accuracy: 0.9905 },
};

/** The curves of loss and accuracy, and the same figures as a table. */
export function curves({ options, result: { history, epochs } }: FinishedRun): Html {
  const legend = html`<p class="legend">
    <span class="train">training</span> <span class="test">test</span>
  </p>`;
  return html`<section aria-labelledby="curves">
    <h2 id="curves">How it learnt</h2>
    <div class="charts">
      <figure>
        <figcaption>
          <h3>Loss</h3>
          ${legend}
        </figcaption>
        ${lossChart(history, epochs)}
      </figure>
      <figure>
        <figcaption>
          <h3>Accuracy</h3>
          ${legend}
        </figcaption>
        ${accuracyChart(epochs, MARKS[options.model])}
      </figure>
    </div>
    <p class="note">
      The figures of training are means over an epoch, taken while the weights were still changing;
      those of the test are taken at its end.
    </p>
    <details>
      <summary>All epochs as a table</summary>
      <div class="scroll">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">epoch</th>
              <th scope="col">training loss</th>
              <th scope="col">training accuracy</th>
              <th scope="col">test loss</th>
              <th scope="col">test error</th>
              <th scope="col">time</th>
            </tr>
          </thead>
          <tbody>
            ${epochs.map(
              (e) =>
                html`<tr>
                  <th scope="row">${Number.isInteger(e.epoch) ? e.epoch : e.epoch.toFixed(2)}</th>
                  <td>${formatLoss(e.trainLoss)}</td>
                  <td>${formatPercent(e.trainAccuracy)}</td>
                  <td>${formatLoss(e.testLoss)}</td>
                  <td>${formatPercent(1 - e.testAccuracy)}</td>
                  <td>${formatDuration(e.seconds)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;
}
