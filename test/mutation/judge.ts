// Whether the suite notices that an op is wrong, and if not, whether it is wrong at all.
import { checkResults, sampleOf } from "@wengert/autograd/testing";
import type { Op, OpFunction, Sample } from "@wengert/autograd";
import type { Mutant, Part } from "./mutants.ts";
import { resultsOf } from "./results.ts";
import type { MutationSubject } from "./subjects.ts";

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
  /** The special values that a guard differs at. */
  readonly at: readonly string[];
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

export function judge(mutant: Mutant, subject: MutationSubject): Judgement {
  const right = subject.f.op;
  const wrong = mutant.make();
  const by = noticedBy(mutant, wrong, subject);
  if (by !== null) return { verdict: "killed", by, differs: comparisons, at: [] };
  const wanted = wantedOf(right);
  const differs = wanted.filter((it) => !fulfils(wrong.op, it)).length;
  if (differs > 0) return { verdict: "survived", by, differs, at: [] };
  const at = new Set<string>();
  for (const { sample } of wanted.slice(0, 60)) {
    for (const [name, special] of specials(sample)) {
      if (!fulfils(wrong.op, wantedFor(right, special))) at.add(name);
    }
  }
  return { verdict: at.size === 0 ? "equivalent" : "guard", by, differs, at: [...at] };
}

/** Whether a mutant is killed or survived, or, said in one word, harmless: equivalent or a guard. Those take
 *  four times as long to tell apart as to find. */
export function judgeRoughly(
  mutant: Mutant,
  subject: MutationSubject,
): "killed" | "survived" | "harmless" {
  const wrong = mutant.make();
  if (noticedBy(mutant, wrong, subject) !== null) return "killed";
  return wantedOf(subject.f.op).every((it) => fulfils(wrong.op, it)) ? "harmless" : "survived";
}

/** The check that fails for the mutant. */
function noticedBy(
  { part }: Mutant,
  wrong: OpFunction,
  { checks }: MutationSubject,
): string | null {
  const likely = first[part].filter((name) => checks.includes(name));
  for (const name of new Set([...likely, ...checks])) {
    const [{ status }] = checkResults(wrong, { only: [name], shrinks: false });
    if (status === "failed") return name;
  }
  return null;
}

/** What the right op computes for a sample. */
interface Wanted {
  readonly sample: Sample;
  readonly result: number[] | string;
}

const wantedFor = (right: Op, sample: Sample): Wanted => ({
  sample,
  result: outcome(right, sample),
});

const known = new WeakMap<Op, readonly Wanted[]>();

/** What survivors are compared with: computed once for all mutants of an op. */
function wantedOf(right: Op): readonly Wanted[] {
  let wanted = known.get(right);
  if (!wanted) {
    wanted = Array.from({ length: comparisons }, (_, i) => wantedFor(right, sampleOf(right, i)));
    known.set(right, wanted);
  }
  return wanted;
}

/** The sample with some of its floats replaced by values that samples keep away from. */
function specials(sample: Sample): [name: string, sample: Sample][] {
  const values = [Infinity, -Infinity, NaN, 0, 1, -1, 1e3, -1e3, 1e30];
  const replaced = (choose: (value: number, i: number) => number): Sample => ({
    attrs: sample.attrs,
    inputs: sample.inputs.map((input) =>
      input.dtype === "float" ? { ...input, data: input.data.map(choose) } : input,
    ),
  });
  return values.flatMap((special): [string, Sample][] => {
    const name = String(special).replace("Infinity", "∞");
    return [
      [`${name} in it`, replaced((value, i) => (i === 0 ? special : value))],
      [`all ${name}`, replaced(() => special)],
    ];
  });
}

function fulfils(wrong: Op, { sample, result: wanted }: Wanted): boolean {
  const got = outcome(wrong, sample);
  if (typeof got === "string" || typeof wanted === "string") return got === wanted;
  return got.length === wanted.length && got.every((value, i) => isClose(value, wanted[i]));
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
