// The spatial axes of images, sequences and volumes: the last one, two or three. Options are one
// number for all of them, or one for each.
import type { SizesByRank, SpatialRank } from "../shapes/spatial.ts";
import { bind } from "../op/bind.ts";
import { OptionError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { pad, slice } from "./indexing.ts";

/** One number for each spatial axis. */
export type Sizes = readonly number[];

/** What an option may be. */
export type SizesOption<R extends SpatialRank = SpatialRank> = SizesByRank[R];

/** The names of the spatial axes, as messages and documents put them. */
export const spatialNames: Record<SpatialRank, string> = {
  1: "length",
  2: "height, width",
  3: "depth, height, width",
};

const several: Record<number, string> = { 1: "an array of one", 2: "a pair of them" };
const examples: Record<number, string> = {
  1: "2 or [2]",
  2: "2, or [2, 1] for height and width",
  3: "2, or [2, 1, 1] for depth, height and width",
};

/** An option as one number for each of `count` axes. */
export function sizesOf(
  where: string,
  name: string,
  value: number | Sizes,
  least: number,
  count: number,
): Sizes {
  const sizes = typeof value === "number" ? Array<number>(count).fill(value) : value;
  const valid = Array.isArray(sizes) && sizes.length === count;
  if (valid && sizes.every((n) => Number.isInteger(n) && n >= least)) return sizes;
  throw new OptionError({
    where,
    expected: `${name}: an integer >= ${least}, or ${several[count] ?? `${count} of them`}`,
    got: brief(value),
    fix: `Write e.g. ${examples[count] ?? "2"}.`,
  });
}

const isZero = (width: number): boolean => width === 0;

/** A value around the last axes, as much of it before and after as the widths say. */
export function padSpatial(x: Tensor, before: Sizes, after = before, value = 0): Tensor {
  if (before.every(isZero) && after.every(isZero)) return x;
  const lead = Array<number>(x.rank - before.length).fill(0);
  const [low, high] = [
    [...lead, ...before],
    [...lead, ...after],
  ];
  return bind(pad.op, [x], { low, high, interior: low.map(() => 0), value })[0];
}

/** The last axes without their edges. */
export function cropSpatial(x: Tensor, before: Sizes, after = before): Tensor {
  if (before.every(isZero) && after.every(isZero)) return x;
  const lead = x.rank - before.length;
  return slice(
    x,
    x.shape.map((n: number, d: number) =>
      d < lead ? null : [before[d - lead], n - after[d - lead]],
    ),
  );
}
