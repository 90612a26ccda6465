import { html } from "./html.ts";
import { details } from "./details.ts";
import { confusionMatrix, firstLayer, worstMistakes } from "./findings.ts";
import { curves } from "./learning.ts";
import { comparison, header } from "./overview.ts";
import { STYLE } from "./style.ts";
import { timeline } from "./timeline.ts";
import type { FinishedRun } from "./types.ts";

/** With this policy a browser itself refuses whatever the page might ask a network for. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** The report as one HTML file that needs nothing else: no script, no font, no network. */
export function buildReport(run: FinishedRun): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>MNIST ${run.network}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          ${header(run)} ${comparison(run)} ${curves(run)} ${confusionMatrix(run)}
          ${worstMistakes(run)} ${firstLayer(run)} ${timeline(run)} ${details(run)}
        </main>
        <footer>
          Trained and drawn by Wengert, reverse-mode automatic differentiation in TypeScript.
        </footer>
      </body>
    </html> `;
  return page.text;
}
