// Why a derivative cannot be held against differences at a point: the function has none there, its values
// are coarser than differences need, or they are others each time.
import type { Tensor } from "../tensor/tensor.ts";
import { dot, moved, movedAlong, weights, type Line } from "./numeric.ts";

export type Fn = (...inputs: Tensor[]) => Tensor;

/** What is the matter with a function at a point, and what to do. */
export interface Diagnosis {
  readonly kind: "random" | "kink" | "jump" | "float32" | "rule";
  /** A whole sentence. */
  readonly advice: string;
}

const steps = [1e-5, 1e-6, 1e-7];

export const adviceForRandom =
  "The function gives other values each time. If it draws random numbers, make a new Generator with a " +
  "fixed seed inside of it, or switch dropout off.";

/** Whether it gives other values when it is called again: away from the point, which may be a zero that a
 *  random factor does not show at. */
const isRandom = (line: Line): boolean =>
  Array.from({ length: 12 }, (_, k) => k / 1024).some((step) => !Object.is(line(step), line(step)));

/** Looks at the function along a line through the point, from both sides. */
export function diagnose(line: Line, f: Fn, inputs: readonly Tensor[]): Diagnosis {
  if (isRandom(line)) return { kind: "random", advice: adviceForRandom };
  if (isCoarse(f, inputs) || isStaircase(f, inputs)) {
    return {
      kind: "float32",
      advice:
        "The values pass through float32 on their way, and are too coarse for differences: " +
        "create constants with { dtype: x.dtype }, and leave casts out.",
    };
  }
  const at = line(0);
  const leaps = steps.map((h) => Math.abs(line(h) - line(-h)));
  // Across a jump the difference stays when the step falls.
  if (leaps[2] > leaps[0] / 2 && leaps[2] > 1e-3 * Math.abs(at) && leaps[2] > 1e-6) {
    return {
      kind: "jump",
      advice: "The function jumps there: check at other inputs, or keep samples away from it.",
    };
  }
  const right = steps.map((h) => (line(h) - at) / h);
  const left = steps.map((h) => (at - line(-h)) / h);
  const gaps = right.map((slope, i) => Math.abs(slope - left[i]));
  const [first, , last] = gaps;
  const scale = Math.max(Math.abs(right[2]), Math.abs(left[2]));
  // A smooth function's gap falls with the step; that of a kink stays.
  if (last > first / 2 && last > 1e-3 * scale && last > 1e-6) {
    const [below, above] = [left[2], right[2]].map((slope) => slope.toPrecision(4));
    return {
      kind: "kink",
      advice:
        `The function has a kink there: its slope is ${below} from below and ${above} from above. ` +
        "Check at other inputs, or keep samples away from it (domain: { avoid }).",
    };
  }
  return { kind: "rule", advice: "Check the rule's formula." };
}

/** Whether all values are those of float32, wherever one looks. */
function isCoarse(f: Fn, inputs: readonly Tensor[]): boolean {
  let moves = false;
  let before: ArrayLike<number> | null = null;
  for (const step of [0.00123456789, 0.00712345678]) {
    const y = f(...inputs.map((x, i) => movedAlong(x, weights(x.size, 31 + i), step))).data;
    if (!y.every((value: number) => Math.fround(value) === value)) return false;
    if (before && y.some((value: number, i: number) => value !== before![i])) moves = true;
    before = y;
  }
  return moves;
}

/** Elements that are moved one by one, at most. */
const mostElements = 16;

/** Whether it stands still for small steps of some element, though it moves with larger ones: what comes out in
 *  double precision has been in float32 on the way. */
function isStaircase(f: Fn, inputs: readonly Tensor[]): boolean {
  return inputs.some((x, i) =>
    Array.from({ length: Math.min(x.size, mostElements) }, (_, element) => element).some(
      (element) => {
        const at = (step: number): number => {
          const y = f(...inputs.with(i, moved(x, element, step))).data;
          return dot(y, weights(y.length, 41));
        };
        const values = (unit: number) => Array.from({ length: 9 }, (_, k) => at(k * unit));
        const [far, near] = [values(2 ** -14), values(2 ** -31)];
        // What a smooth function would move by is far more than its rounding.
        const expected = Math.abs(far[8] - far[0]) * 2 ** -17;
        const isClear = expected > 64 * Number.EPSILON * Math.abs(at(0));
        return isClear && new Set(far).size > 4 && new Set(near).size < 3;
      },
    ),
  );
}
