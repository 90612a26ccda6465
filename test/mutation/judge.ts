// Whether the suite notices that an op is wrong, and if not, whether it is wrong at all.
import { checkNames, checkResults, sampleOf } from "@wengert/autograd/testing";
import type { Op, OpFunction, Sample } from "@wengert/autograd";
import type { Mutant, Part } from "./mutants.ts";
import { resultsOf } from "./results.ts";

/**
 * - killed: a check of the suite fails.
 * - equivalent: no check fails, since the mutant computes the same as the right op, but for rounding,
 *   on many more samples and on special values as well.
 * - guard: it computes the same on samples, but not on special values (infinities, ties, huge numbers),
 *   which samples keep away from. Exact tests (hard-spots) hold those.
 * - survived: none of this.
 */
export type Verdict = "killed" | "equivalent" | "guard" | "survived";

export interface Judgement {
  readonly verdict: Verdict;
  /** The check that failed. */
  readonly by: string | null;
  /** On how many of the samples compared a survivor differs from the right op. */
  readonly differs: number;
}

/** The checks that are likely to notice come first; all of them are tried. */
const first: Record<Part, readonly string[]> = {
  kernel: ["value", "strides", "float32"],
  vjp: ["reverse", "adjoint", "edges"],
  jvp: ["forward", "adjoint", "edges"],
  "a term in vjp": ["reverse", "adjoint", "second order"],
  "a term in jvp": ["forward", "adjoint", "second order"],
  batch: ["vmap"],
};

/** Samples by which a survivor is compared with the right op. */
export const comparisons = 300;

export function judge(mutant: Mutant, right: OpFunction, runs?: number): Judgement {
  const wrong = mutant.make();
  const names = [...new Set([...first[mutant.part], ...checkNames])];
  for (const name of names) {
    const options = { only: [name], shrinks: false, ...(runs && { runs }) };
    const [{ status }] = checkResults(wrong, options);
    if (status === "failed") return { verdict: "killed", by: name, differs: comparisons };
  }
  const onSamples = Array.from({ length: comparisons }, (_, i) => sampleOf(right.op, i));
  const differs = onSamples.filter((sample) => !agree(wrong.op, right.op, [sample])).length;
  if (differs > 0) return { verdict: "survived", by: null, differs };
  const same = agree(wrong.op, right.op, onSamples.slice(0, 60).flatMap(specials));
  return { verdict: same ? "equivalent" : "guard", by: null, differs };
}

/** The sample with some of its floats replaced by values that samples keep away from. */
function specials(sample: Sample): Sample[] {
  const values = [Infinity, -Infinity, NaN, 0, 1, -1, 1e3, -1e3, 1e30];
  const replaced = (choose: (value: number, i: number) => number): Sample => ({
    attrs: sample.attrs,
    inputs: sample.inputs.map((input) =>
      input.dtype === "float" ? { ...input, data: input.data.map(choose) } : input,
    ),
  });
  return values.flatMap((special) => [
    replaced((value, i) => (i === 0 ? special : value)),
    replaced(() => special),
  ]);
}

function agree(wrong: Op, right: Op, samples: readonly Sample[]): boolean {
  return samples.every((sample) => {
    const [got, wanted] = [outcome(wrong, sample), outcome(right, sample)];
    if (typeof got === "string" || typeof wanted === "string") return got === wanted;
    return got.length === wanted.length && got.every((value, i) => isClose(value, wanted[i]));
  });
}

const isClose = (got: number, wanted: number): boolean =>
  Object.is(got, wanted) ||
  got === wanted ||
  Math.abs(got - wanted) <= 1e-12 * (1 + Math.abs(wanted));

/** What it computes, or the error that it ends with. */
function outcome(op: Op, sample: Sample): number[] | string {
  try {
    return resultsOf(op, sample);
  } catch (error) {
    return String(error);
  }
}
