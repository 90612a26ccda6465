// Makes a failing sample small by simplifying the choices it was drawn by.
import type { Draw, Sample } from "../op/samples.ts";
import { now } from "../tensor/clock.ts";
import { complexity, drawAgain, simplerThan, type Choice, type Drawing } from "./draw.ts";

/** What there is time for: samples of some ops are slow to check. */
const patience = { attempts: 1000, milliseconds: 3000 };

/** First the number of elements counts, then of choices, then how simple they are. */
function sizeOf({ sample, choices }: Drawing<Sample>): readonly number[] {
  const elements = sample.inputs.reduce((sum, input) => sum + input.data.length, 0);
  return [elements, choices.length, choices.reduce((sum, choice) => sum + complexity(choice), 0)];
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((x, i) => x !== b[i]);
  return at >= 0 && a[at] < b[at];
}

/**
 * The smallest drawing that is found to fail, by changes that each keep it failing.
 * @param fails Whether a sample fails; what fails to be drawn does not count.
 */
export function shrink<S extends Sample>(
  start: Drawing<S>,
  samples: (draw: Draw) => S,
  fails: (sample: S) => boolean,
  prefersEdges: boolean,
): Drawing<S> {
  let best = start;
  let attempts = 0;
  const end = now() + patience.milliseconds;
  const isOver = (): boolean => attempts >= patience.attempts || now() > end;
  const accept = (values: readonly number[]): boolean => {
    if (isOver()) return false;
    attempts++;
    try {
      const next = drawAgain(samples, values, prefersEdges);
      if (!isLess(sizeOf(next), sizeOf(best)) || !fails(next.sample)) return false;
      best = next;
      return true;
    } catch {
      return false;
    }
  };
  const valuesOf = (choices: readonly Choice[]): number[] => choices.map(({ value }) => value);
  let improves = true;
  while (improves && !isOver()) {
    improves = false;
    for (const length of [8, 4, 2, 1]) {
      for (let i = 0; i + length <= best.choices.length; i++) {
        while (accept(valuesOf(best.choices).toSpliced(i, length))) improves = true;
      }
    }
    for (let i = 0; i < best.choices.length; i++) {
      for (const value of simplerThan(best.choices[i])) {
        if (!accept(valuesOf(best.choices).with(i, value))) continue;
        improves = true;
        break;
      }
    }
  }
  return best;
}
