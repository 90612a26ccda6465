// Slices in NumPy's words: x.at(":", -1, "2:5", null, "::-1").
import type { Index, Range } from "../shapes/at.ts";
import type { AtFn } from "../tensor/signatures-move.ts";
import { describe } from "../tensor/dtype.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { counted } from "../tensor/words.ts";
import { requireTensor } from "../op/operands.ts";
import { sliceAs } from "./indexing.ts";
import { reshape } from "./move.ts";

/**
 * A part of a tensor, without copying, by indices as NumPy writes them, one for each axis from the
 * front: an integer picks, and drops the axis (negative ones count from the back); a string
 * "start:stop:step" keeps a range, each part of which may be left out or negative, and is cut off at
 * the ends; null is a new axis of size 1; "..." stands for as many ":" as there are axes left.
 * It is made of `slice` and `reshape`; slices whose limits are computed are easier to write with
 * `slice` itself.
 *
 * @throws IndexRangeError for an integer out of range; OptionError for what is no index.
 * @example at(x, 0, "1:-1", "...", "::-1"); // NumPy's x[0, 1:-1, ..., ::-1]
 * @example at(zeros([3, 4]), ":", null, "2:"); // shape [3, 1, 2]
 */
export const at = ((x: Tensor, ...indices: Index[]): Tensor => {
  requireTensor("at", x);
  const entries = fillEllipsis(x.shape, indices);
  const ranges = entries.filter((entry) => entry !== null).map(toRange);
  const part = sliceAs("at", x, ranges);
  if (!entries.includes(null)) return part;
  // The axes that are left, with those of size 1 between them.
  const left = [...part.shape];
  const shape = entries.flatMap((entry) =>
    entry === null ? [1] : typeof entry === "number" ? [] : [left.shift()!],
  );
  return reshape(part, [...shape, ...left]);
}) as unknown as AtFn;

/** The indices with ":" for what "..." stands for. */
function fillEllipsis(shape: Shape, indices: readonly Index[]): Index[] {
  const place = indices.indexOf("...");
  const used = indices.filter((index) => index !== null && index !== "...").length;
  if (used > shape.length) {
    throw new ShapeError({
      where: "at",
      expected: `at most ${counted(shape.length, "index", "indices")} for ${showShape(shape)}`,
      got: counted(used, "index", "indices"),
      fix: "Leave some out; a new axis, null, does not count.",
    });
  }
  if (place < 0) return [...indices];
  if (indices.includes("...", place + 1)) {
    throw new OptionError({
      where: "at",
      expected: '"..." once',
      got: "several",
      fix: 'Write ":" for single axes.',
    });
  }
  const all = Array<Index>(shape.length - used).fill(":");
  return [...indices.slice(0, place), ...all, ...indices.slice(place + 1)];
}

function toRange(index: Index): Range {
  if (typeof index === "number") return index;
  const parts = typeof index === "string" ? index.split(":") : [];
  const isRange = parts.length === 2 || parts.length === 3;
  if (isRange && parts.every((part) => /^(-?\d+)?$/.test(part)) && !/^-?0+$/.test(parts[2] ?? "")) {
    return parts.map((part) => (part === "" ? null : Number(part)));
  }
  throw new OptionError({
    where: "at",
    expected: 'integers, ranges such as "1:-1" or "::2", null or "..."',
    got: typeof index === "string" ? JSON.stringify(index) : describe(index),
    fix: "To pick by a tensor, use take or gather; by a mask, maskedSelect.",
  });
}
