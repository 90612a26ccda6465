// Programs that nobody would write: eager reference against compiled code.
// Takes long: starts among the first.
import { mapTree, mul, type Tensor } from "@wengert/autograd";
import { compile, setThreads, type CompileOptions } from "@wengert/compile";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "./support/random/judge.ts";
import { genes } from "./support/random/genes.ts";
import { grow, modes } from "./support/random/program.ts";
import { report } from "./support/random/report.ts";

setThreads(1);

/** WENGERT_RANDOM_RUNS=5000 for a long run, WENGERT_RANDOM_SEED for other programs. */
const runs = Number(process.env.WENGERT_RANDOM_RUNS ?? 60);
const seed = Number(process.env.WENGERT_RANDOM_SEED ?? 1);

describe.each(modes)("%s", (mode) => {
  it("of random programs are those of the reference", () => {
    let [compared, undecided] = [0, 0];
    fc.assert(
      fc.property(genes(mode), (drawn) => {
        const program = grow(drawn);
        const verdict = judge(program);
        compared += verdict.compared;
        undecided += verdict.undecided;
        if (verdict.complaint) throw new Error(report(program, verdict.complaint));
      }),
      { numRuns: runs, seed },
    );
    expect(compared).toBeGreaterThan(40 * runs);
    // Were most of them undecided, the comparison would say nothing.
    expect(undecided / (compared + undecided)).toBeLessThan(0.2);
  });
});

describe("the judge", () => {
  type Step = (...args: Tensor[]) => unknown;

  /** Compiled code whose floating-point results are off by a factor. */
  const offBy = (factor: number): typeof compile => {
    const faulty = (f: Step, options: CompileOptions): Step => {
      const step = compile(f, options);
      const spoil = (x: Tensor) => (x.dtype.startsWith("float") ? mul(x, factor) : x);
      return (...args) => mapTree(step(...args), spoil, "test");
    };
    return faulty as unknown as typeof compile;
  };

  it.each([
    ["float32", 1 + 2 ** -12],
    ["float64", 1 + 2 ** -41],
  ])("sees %s results that are off by a factor of %s", (dtype, factor) => {
    const programs = fc
      .sample(genes("values"), { numRuns: 60, seed: 4 })
      .map((drawn) => grow({ ...drawn, dtypes: dtype === "float32" ? 0 : 1, isWild: false }))
      .filter(({ outputs }) => outputs.some((it) => it.dtype === dtype && it.shape.length > 0));
    const seen = programs.filter((program) => judge(program, offBy(factor)).complaint !== null);
    expect(programs.length).toBeGreaterThan(20);
    // Zeros and jumps hide the factor.
    expect(seen.length).toBeGreaterThan(0.75 * programs.length);
  });
});
