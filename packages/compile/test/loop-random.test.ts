// Random loop kernels against the oracle.
import type { TypedArray } from "@wengert/autograd";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runLoop } from "./support/loop-oracle.ts";
import { cases } from "./support/loop-random.ts";
import { runCompiled } from "./support/loop-run.ts";

/** NaN has many patterns of bits, and which one comes is nobody's promise. */
const sameBits = (a: TypedArray, b: TypedArray): boolean =>
  a.every((x: number, i: number) => Object.is(x, b[i]));

test("random kernels compute what the oracle computes, by one, two and three threads", () => {
  fc.assert(
    fc.property(cases, ({ kernel, arrays, offsets }) => {
      const wanted = arrays.map((array) => array.slice());
      const failures = runLoop(kernel, wanted, offsets);
      const alone = runCompiled(kernel, arrays, offsets, 1);
      for (const threads of [1, 2, 3]) {
        const { arrays: got, failure } =
          threads === 1 ? alone : runCompiled(kernel, arrays, offsets, threads);
        got.forEach((array, i) => {
          // −0 and 0 are the same sum.
          expect(
            Array.from(array, (x) => x + 0),
            `operand ${i}`,
          ).toEqual(Array.from(wanted[i], (x) => x + 0));
        });
        expect(failure[0]).toBe(failures.length > 0 ? 1 : 0);
        if (threads === 1 && failures.length > 0) {
          const [, site, index, size] = failure;
          expect(failures).toContainEqual({ site, index, size });
        }
        if (threads > 1) {
          got.forEach((array, i) => expect(sameBits(array, alone.arrays[i])).toBe(true));
        }
      }
    }),
    { numRuns: 300, seed: 1918194408 },
  );
});
