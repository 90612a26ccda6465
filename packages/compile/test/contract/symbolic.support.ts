// Functions that are called with many sizes of an axis.
import { expect } from "vitest";
import type { Tensor } from "@wengert/autograd";
import { compile, lendKernels, type Compiled, type CompileOptions } from "../../src/index.ts";
import { expectClose } from "./support.ts";

// Eager code is the judge.
lendKernels(false);

/** Small ones, primes, those around multiples of vectors and of tiles, and some beyond any capacity. */
export const manySizes: readonly number[] = [
  16, 7, 12, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 17, 18, 19, 23, 24, 25, 29, 31, 32, 33, 37,
  40, 64, 67, 129,
];

/** How often a function is compiled for sizes that come in this order, when two are compiled one by one
 *  and the third makes a program for all up to a power of two, which doubles. */
export function expectedCompilations(sizes: readonly number[], special = 0): number {
  const capacities = new Set<number>();
  let capacity = 0;
  sizes.forEach((size, i) => {
    if (i < 2) return;
    const largest = i === 2 ? Math.max(...sizes.slice(0, 3)) : size;
    if (largest > capacity) capacities.add((capacity = 2 ** Math.ceil(Math.log2(largest))));
  });
  return 2 + capacities.size + special;
}

export type AnyStep = (...args: never[]) => unknown;

/** Calls eager and compiled code with each of the sizes. */
export function expectAsEager<F extends AnyStep>(
  f: F,
  argsFor: (size: number) => readonly Tensor[],
  { sizes = manySizes, tolerance = 1e-10, options = {} as CompileOptions } = {},
): Compiled<F> {
  const compiled = compile(f, options);
  for (const size of sizes) {
    const args = argsFor(size) as never[];
    expectClose(compiled(...args), f(...args), tolerance);
  }
  expect(compiled.compilations).toBeGreaterThan(0);
  return compiled;
}
