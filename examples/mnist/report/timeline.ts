import { Html, html, NOTHING } from "./html.ts";
import type { FinishedRun } from "./types.ts";

/** How the threads share a compiled step; nothing where the run was eager. */
export function timeline({ result }: FinishedRun): Html {
  const drawing = result.timeline?.();
  if (drawing === undefined) return NOTHING;
  // Within a page, SVG needs no namespace: its address would look like one that is asked for.
  const picture = new Html(drawing.replace(/ xmlns="[^"]*"/, ""));
  return html`<section aria-labelledby="timeline">
    <h2 id="timeline">The compiled step</h2>
    <p>
      A step, from the cleared gradients to the changed weights, is one WebAssembly program, which
      all threads run side by side. The picture is of one call, timed kernel by kernel.
    </p>
    <div class="timeline">${picture}</div>
  </section>`;
}
