// Options that are one number for both axes of a plane, or a pair: [along height, along width].
import type { Size2 } from "../shapes/window.ts";
import { OptionError } from "../tensor/errors.ts";
import { brief } from "../tensor/words.ts";

export type Pair = readonly [number, number];

export function pairOf(where: string, name: string, value: Size2, least: number): Pair {
  const pair = (typeof value === "number" ? [value, value] : value) as Pair;
  const valid = Array.isArray(pair) && pair.length === 2;
  if (valid && pair.every((n) => Number.isInteger(n) && n >= least)) return pair;
  throw new OptionError({
    where,
    expected: `${name}: an integer >= ${least}, or a pair of them`,
    got: brief(value),
    fix: "Write e.g. 2, or [2, 1] for height and width.",
  });
}
