// Samples drawn by fast-check.
import * as fc from "fast-check";
import type { Draw } from "../op/samples.ts";

/** Reals are drawn from this many steps per unit: short to print, and seldom on a special point. */
const steps = 997;

export const drawBy = (generate: fc.GeneratorValue): Draw => {
  const int = (min: number, max: number): number => generate(fc.integer, { min, max });
  return {
    int,
    pick: (options) => options[int(0, options.length - 1)],
    real: (min, max) => int(Math.ceil(min * steps), Math.floor(max * steps)) / steps,
  };
};
