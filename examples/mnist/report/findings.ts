import { CLASSES, SIDE } from "../data.ts";
import { formatCount, formatPercent } from "../../shared/format.ts";
import type { TrainResult } from "../types.ts";
import { html, NOTHING, type Html } from "./html.ts";
import { digitImage, weightImage } from "./images.ts";
import type { FinishedRun } from "./types.ts";

/** Neurons that are seen at once; the others are behind a click. */
const NEURONS_SHOWN = 96;

export function confusionMatrix({ result: { confusion } }: FinishedRun): Html {
  const digits = Array.from({ length: CLASSES }, (_, digit) => digit);
  const most = Math.max(1, ...digits.map((r) => Math.max(...offDiagonal(confusion[r]!, r))));
  const cell = (label: number, read: number) => {
    const count = confusion[label]![read]!;
    if (label === read) return html`<td class="right">${count}</td>`;
    if (count === 0) return html`<td class="none">·</td>`;
    const strength = Math.round(12 + 53 * (count / most));
    return html`<td class="wrong" style="--part:${strength}%">${count}</td>`;
  };
  return html`<section aria-labelledby="confusion">
    <h2 id="confusion">Which digits it takes for which</h2>
    <table class="confusion">
      <caption>
        Rows: the digit that was written. Columns: the digit that was read.
      </caption>
      <thead>
        <tr>
          <td></td>
          ${digits.map((d) => html`<th scope="col">${d}</th>`)}
          <th scope="col" class="rate">wrong</th>
        </tr>
      </thead>
      <tbody>
        ${digits.map((label) => {
          const row = confusion[label]!;
          const total = row.reduce((sum, count) => sum + count, 0);
          const wrong = total === 0 ? "–" : formatPercent((total - row[label]!) / total, 1);
          return html`<tr>
            <th scope="row">${label}</th>
            ${digits.map((read) => cell(label, read))}
            <td class="rate">${wrong}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </section>`;
}

export function worstMistakes({ result: { mistakes, confusion } }: FinishedRun): Html {
  const { wrong } = countErrors(confusion);
  const intro =
    mistakes.length === 0
      ? "There are none: every test image was read correctly."
      : `The ${mistakes.length} of ${formatCount(wrong)} misread images of which the network was most certain.`;
  return html`<section aria-labelledby="mistakes">
    <h2 id="mistakes">The worst mistakes</h2>
    <p>${intro}</p>
    <ol class="mistakes">
      ${mistakes.map(
        ({ pixels, label, predicted, probability }) =>
          html`<li>
            ${digitImage(pixels, `A handwritten ${label} that was read as ${predicted}`)}
            <span class="verdict"><b>${label}</b> read as <b class="misread">${predicted}</b></span>
            <span class="certainty">${formatPercent(probability, 1)} sure</span>
          </li>`,
      )}
    </ol>
  </section>`;
}

export function firstLayer({ result: { weights } }: FinishedRun): Html {
  const strongest = weights.toSorted((a, b) => norm(b) - norm(a));
  const grid = (part: readonly Float32Array[]) =>
    html`<div class="neurons">${part.map(weightImage)}</div>`;
  const shown = strongest.slice(0, NEURONS_SHOWN);
  const rest = strongest.slice(NEURONS_SHOWN);
  const more =
    rest.length === 0
      ? NOTHING
      : html`<details>
          <summary>The other ${rest.length}</summary>
          ${grid(rest)}
        </details>`;
  const side = Math.sqrt(weights[0].length);
  const unit = side === SIDE ? "neurons" : `kernels of ${side} × ${side}`;
  const which =
    rest.length === 0
      ? `All ${weights.length} ${unit} of the first layer, the largest weights first.`
      : `The ${shown.length} of ${weights.length} ${unit} with the largest weights.`;
  const what =
    side === SIDE
      ? "Each picture has a weight for every pixel:"
      : "Each picture is laid on every place of the image:";
  return html`<section aria-labelledby="weights">
    <h2 id="weights">What the first layer looks for</h2>
    <p>
      ${which} ${what} ink on <b class="positive">orange</b> excites, ink on
      <b class="negative">blue</b> holds back.
    </p>
    <div
      role="img"
      aria-label="Weights of ${shown.length} ${unit} as images of ${side} by ${side} pixels."
    >
      ${grid(shown)}
    </div>
    ${more}
  </section>`;
}

/** How many images a confusion matrix counts, and how many of them beside its diagonal. */
export function countErrors(confusion: TrainResult["confusion"]): {
  tested: number;
  wrong: number;
} {
  let tested = 0;
  let right = 0;
  confusion.forEach((row, label) => {
    tested += row.reduce((sum, count) => sum + count, 0);
    right += row[label]!;
  });
  return { tested, wrong: tested - right };
}

function offDiagonal(row: readonly number[], label: number): number[] {
  return row.filter((_, read) => read !== label);
}

function norm(weights: Float32Array): number {
  return Math.hypot(...weights);
}
