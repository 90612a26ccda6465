// Samples are drawn as a sequence of choices, each a whole number between bounds. Another sequence is
// another sample, so a failing one is made small by changing its choices, and printed choices are all
// that is needed to draw a sample again. D. R. MacIver and A. F. Donaldson, "Test-case reduction via
// test-case generation: insights from the Hypothesis reducer", 2020.
import type { Draw } from "../op/samples.ts";

/** Reals are drawn from this many steps per unit: short to print, and seldom on a special point. */
const steps = 997;

/** So many there are at least between two bounds: narrow ones have finer steps. */
const fewest = 20;

/** Steps per unit between two bounds. */
function unitOf(min: number, max: number): number {
  let unit = steps;
  while (Number.isFinite(unit) && Math.floor(max * unit) - Math.ceil(min * unit) < fewest)
    unit *= 10;
  return Number.isFinite(unit) ? unit : steps;
}

/** One choice, and what it might have been. */
export interface Choice {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Whether it is a real, in steps; wholes are the shorter ones then. */
  readonly isReal: boolean;
}

/** The choices that were made in drawing a sample. */
export interface Drawing<T> {
  readonly sample: T;
  readonly choices: readonly Choice[];
}

/** The choice that stands at a place of the sequence, within the bounds. */
type Chooser = (place: number, min: number, max: number, isReal: boolean) => number;

function drawWith<T>(
  samples: (draw: Draw) => T,
  chooser: Chooser,
  prefersEdges: boolean,
  note?: (kink: string) => void,
): Drawing<T> {
  const choices: Choice[] = [];
  const choose = (min: number, max: number, isReal: boolean): number => {
    const value = chooser(choices.length, min, max, isReal);
    choices.push({ value, min, max, isReal });
    return value;
  };
  const int = (min: number, max: number): number => choose(min, Math.max(min, max), false);
  const sample = samples({
    int,
    pick: (options) => options[int(0, options.length - 1)],
    real: (min, max) => {
      if (!(max > min)) return choose(0, 0, true) + min;
      const unit = unitOf(min, max);
      return choose(Math.ceil(min * unit), Math.floor(max * unit), true) / unit;
    },
    prefersEdges,
    note,
  });
  return { sample, choices };
}

/** A sample by chance: the same one for the same seed and number. */
export function drawRandomly<T>(
  samples: (draw: Draw) => T,
  seed: number,
  number: number,
  prefersEdges = false,
  note?: (kink: string) => void,
): Drawing<T> {
  const random = generator(seed, number);
  // Some samples of those that prefer edges are the least that can be, in nearly every choice: sizes of 1 that
  // meet in all axes of all inputs would be too rare.
  const least = prefersEdges ? [0, 0, 0.5, 0.9][Math.floor(random() * 4)] : 0;
  const chooser: Chooser = (_, min, max, isReal) => {
    if (least > 0 && !isReal && random() < least) return min;
    // The ends of the domain are where formulas go wrong; by mere chance nobody would come there.
    const chance = isReal ? random() : 1;
    if (chance < 1 / 12) return chance < 1 / 24 ? min : max;
    return min + Math.floor(random() * (max - min + 1));
  };
  return drawWith(samples, chooser, prefersEdges, note);
}

/** The sample of a sequence of choices: those that do not fit are brought into their bounds, missing
 *  ones are the simplest. */
export function drawAgain<T>(
  samples: (draw: Draw) => T,
  values: readonly number[],
  prefersEdges = false,
): Drawing<T> {
  const chooser: Chooser = (place, min, max, isReal) =>
    place < values.length
      ? Math.min(max, Math.max(min, values[place]))
      : simplest({ min, max, isReal });
  return drawWith(samples, chooser, prefersEdges);
}

/** Of a real the one nearest to 0, of an integer the least. */
const simplest = ({ min, max, isReal }: Omit<Choice, "value">): number =>
  isReal ? Math.min(max, Math.max(min, 0)) : min;

/** What a choice may be made instead, the simplest first. */
export function simplerThan(choice: Choice): number[] {
  const { value, min, max, isReal } = choice;
  const target = simplest(choice);
  const whole = Math.trunc(value / steps) * steps;
  const candidates = isReal
    ? [0, steps, -steps, 2 * steps, whole, Math.round(value / 100) * 100]
    : [target, target + 1, Math.floor((target + value) / 2), value - 1];
  return candidates.filter(
    (other) =>
      other >= min && other <= max && complexity({ ...choice, value: other }) < complexity(choice),
  );
}

/** How long a choice is to read. */
export function complexity({ value, min, isReal }: Choice): number {
  if (!isReal) return value - min;
  if (value % steps === 0) return Math.abs(value / steps) + (value < 0 ? 0.5 : 0);
  return 10 + (value % 100 === 0 ? 0 : 10) + Math.abs(value / steps);
}

const separator = ".";

export const pathOf = (choices: readonly Choice[]): string =>
  choices.map(({ value }) => value).join(separator);

/** The choices that a path names; null for what is no path. */
export function choicesOf(path: string): number[] | null {
  if (path === "") return [];
  const values = path.split(separator);
  return values.every((value) => /^-?\d+$/.test(value)) ? values.map(Number) : null;
}

/** Numbers from [0, 1): splitmix32 from a state that is mixed of both. G. L. Steele, D. Lea and C. H.
 *  Flood, "Fast splittable pseudorandom number generators", 2014; its 32-bit finaliser is that of
 *  MurmurHash3. */
function generator(seed: number, number: number): () => number {
  let state = mix((mix(seed | 0) ^ Math.imul(number + 1, 0x9e3779b9)) | 0);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return (mix(state) >>> 0) / 2 ** 32;
  };
}

function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
