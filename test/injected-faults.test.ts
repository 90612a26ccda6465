// The checks are checked: an op that is made wrong on purpose must be found. `npm run mutate` tries every
// mutant of every exported op; here each derivative rule is off by one per cent, and some others follow.
// Takes long: starts among the first.
import * as autograd from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import { judgeRoughly } from "./mutation/judge.ts";
import { mutantsOf, type Mutant } from "./mutation/mutants.ts";
import { changes } from "./mutation/rules.ts";
import { subjects } from "./mutation/subjects.ts";

const { isOp, notDifferentiable } = autograd;

/** One in so many of all the other mutants. */
const share = 48;

const all = subjects.map((it) => [it.f.op.name, it, mutantsOf(it.f)] as const);

const isScaledRule = ({ part, what }: Mutant): boolean =>
  (part === "vjp" || part === "jvp") && what.endsWith(changes[0].what);

describe("a wrong factor in a derivative rule", () => {
  it("can be injected into every differentiable op, in both modes", () => {
    const differentiable = subjects.filter(({ f: { op } }) => op.vjp !== notDifferentiable);
    for (const part of ["vjp", "jvp"]) {
      const found = all.flatMap(([name, , mutants]) =>
        mutants.some((it) => it.part === part && isScaledRule(it)) ? [name] : [],
      );
      expect(found).toEqual(differentiable.map(({ f: { op } }) => op.name));
    }
    expect(differentiable.length).toBeGreaterThan(40);
  });

  it.each(all)("is found in %s", (_, subject, mutants) => {
    const verdicts = mutants
      .filter(isScaledRule)
      .map((mutant) => [mutant.what, judgeRoughly(mutant, subject)]);
    // A rule that says zero says one instead, so that none of these is equivalent.
    expect(verdicts.filter(([, verdict]) => verdict !== "killed")).toEqual([]);
  });
});

it("mutants of kernels, terms and batch rules are found, or change nothing that samples show", () => {
  const others = all.flatMap(([, subject, mutants]) =>
    mutants.filter((it) => !isScaledRule(it)).map((mutant) => [mutant, subject] as const),
  );
  const some = others.filter((_, i) => i % share === 0);
  expect(new Set(some.map(([{ part }]) => part)).size).toBe(6);
  const verdicts = some.map(([mutant, subject]) => judgeRoughly(mutant, subject));
  const killed = verdicts.filter((it) => it === "killed").length;
  const survived = verdicts.filter((it) => it === "survived").length;
  expect(killed).toBeGreaterThan(100);
  expect(killed / (killed + survived)).toBeGreaterThan(0.99);
});

it("an op is found by being exported", () => {
  const found = new Set(subjects.map(({ f }) => f.op.name));
  const withRecords = Object.values<unknown>(autograd).filter(isOp);
  expect(withRecords.length).toBeGreaterThan(0);
  // Some have several names.
  for (const { op } of withRecords) expect(found).toContain(op.name);
});
