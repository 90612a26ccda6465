// Python's slices: [start, stop, step] with defaults, negative indices and negative steps.
import type { Range } from "../shapes/at.ts";
import { IndexRangeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { describe } from "../tensor/dtype.ts";
import { counted } from "../tensor/words.ts";
import { showShape, type Shape } from "../tensor/shape.ts";

export interface Ranges {
  readonly starts: number[];
  readonly steps: number[];
  readonly sizes: number[];
  readonly dropped: number[];
}

export function parseRanges(
  where: string,
  shape: Shape,
  ranges: readonly Range[],
): Ranges & Record<string, number[]> {
  if (!Array.isArray(ranges) || ranges.length > shape.length) {
    throw new ShapeError({
      where,
      expected: `an array of at most ${counted(shape.length, "range")} for ${showShape(shape)}`,
      got: Array.isArray(ranges) ? counted(ranges.length, "range") : describe(ranges),
      fix: "Write one entry for each axis from the front.",
    });
  }
  const starts: number[] = [];
  const steps: number[] = [];
  const sizes: number[] = [];
  const dropped: number[] = [];
  shape.forEach((size, axis) => {
    const range = (ranges as readonly Range[])[axis] ?? null;
    if (typeof range === "number") {
      starts.push(pick(where, range, size, axis));
      steps.push(1);
      sizes.push(1);
      dropped.push(axis);
    } else {
      const { start, step, count } = resolve(where, range ?? [], size, axis);
      starts.push(start);
      steps.push(step);
      sizes.push(count);
    }
  });
  return { starts, steps, sizes, dropped };
}

function pick(where: string, index: number, size: number, axis: number): number {
  if (Number.isInteger(index) && index >= -size && index < size) {
    return index < 0 ? index + size : index;
  }
  throw new IndexRangeError({
    where,
    expected:
      size === 0
        ? `no index on axis ${axis} of size 0`
        : `an index from ${-size} to ${size - 1} on axis ${axis}`,
    got: String(index),
    fix: "Negative indices count from the back.",
  });
}

function resolve(where: string, range: readonly (number | null)[], size: number, axis: number) {
  const step = range[2] ?? 1;
  const valid =
    Array.isArray(range) && [range[0] ?? 0, range[1] ?? 0, step].every(Number.isInteger);
  if (!valid || step === 0 || range.length > 3) {
    throw new OptionError({
      where,
      expected: `[start, stop, step] of integers on axis ${axis}, with a step that is not 0`,
      got: JSON.stringify(range),
      fix: "Leave parts out or write null for their defaults.",
    });
  }
  // As CPython's slice.indices: limits are 0 and size going up, −1 and size − 1 going down.
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const clip = (i: number): number => Math.min(highest, Math.max(lowest, i < 0 ? i + size : i));
  const [from = null, to = null] = range;
  const start = from === null ? (step > 0 ? lowest : highest) : clip(from);
  const stop = to === null ? (step > 0 ? highest : lowest) : clip(to);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return { start: count === 0 ? 0 : start, step, count };
}
