// Why a derivative cannot be held against differences at a point: the function has none there, or its
// values are coarser than differences need.
import type { Tensor } from "../tensor/tensor.ts";
import { weights, movedAlong, type Line } from "./numeric.ts";

export type Fn = (...inputs: Tensor[]) => Tensor;

/** What is the matter with a function at a point, and what to do. */
export interface Diagnosis {
  readonly kind: "kink" | "jump" | "float32" | "rule";
  /** A whole sentence. */
  readonly advice: string;
}

const steps = [1e-5, 1e-6, 1e-7];

/** Looks at the function along a line through the point, from both sides. */
export function diagnose(line: Line, f: Fn, inputs: readonly Tensor[]): Diagnosis {
  if (isCoarse(f, inputs)) {
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
