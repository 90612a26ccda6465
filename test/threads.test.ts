// How many threads share the work, and how fast each is, changes not one bit of what comes out.
import { leavesOf, noGrad, WengertError, type Tensor } from "@wengert/autograd";
import { compile, ready, setThreads } from "@wengert/compile";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { genes } from "./support/random/genes.ts";
import { prepare } from "./support/random/judge.ts";
import { grow, type RandomProgram } from "./support/random/program.ts";
import { report } from "./support/random/report.ts";
import { sourceOf } from "./support/random/source.ts";
import { folds, lenet, mlp, transformer, type TrainingStep } from "./support/steps.ts";

const steps = 4;

/** As in random-programs.test.ts: longer runs, other programs. */
const runs = Number(process.env.WENGERT_RANDOM_RUNS ?? 60);
const seed = Number(process.env.WENGERT_RANDOM_SEED ?? 6);

const bitsOf = ({ data }: Tensor): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");

/** The bits of all that some steps return and of the state that they leave. */
async function trained(make: () => TrainingStep, threads: number): Promise<string[]> {
  setThreads(threads);
  await ready();
  const { step, args, state } = make();
  const compiled = compile(step);
  const bits: string[] = [];
  for (let i = 0; i < steps; i++) {
    const result = compiled(...args) as Tensor | Tensor[];
    bits.push(...[result].flat().map(bitsOf));
  }
  return [...bits, ...noGrad(() => state.map(bitsOf))];
}

afterAll(() => setThreads(1));

describe.each([
  ["an MLP with dropout and Adam", () => mlp(37, [101, 67, 43, 10])],
  ["LeNet-5 with momentum", () => lenet(7)],
  ["a transformer block with AdamW", () => transformer(3, 33, 48)],
  ["large sums and random draws", folds],
] as const)("%s", (_, make) => {
  it("comes out alike on 1, 2 and 3 threads, and from run to run", async () => {
    const alone = await trained(make, 1);
    // State moves from step to step: the runs have something to disagree about.
    expect(new Set(alone).size).toBeGreaterThan(steps);
    for (const threads of [2, 3, 2, 3]) {
      const together = await trained(make, threads);
      expect(together.length).toBe(alone.length);
      expect(together.map((bits, i) => bits === alone[i])).toEqual(alone.map(() => true));
    }
  });
});

describe("random programs over large batches", () => {
  const programs = fc
    .sample(fc.oneof(genes("vmap"), genes("per example")), { numRuns: runs, seed })
    .map((drawn): RandomProgram => ({ ...grow(drawn), batch: 200 }))
    .filter((program) => sourceOf(program) !== null);

  /** The bits of what each program returns in three calls; of those that eager code refuses, none. */
  async function bitsWith(threads: number): Promise<string[][]> {
    setThreads(threads);
    await ready();
    return programs.map((program) => {
      const { step, args, kept } = prepare(program, sourceOf(program)!);
      const compiled = compile(step);
      try {
        const returned = [1, 2, 3].flatMap(() => leavesOf(compiled(...args)).map(bitsOf));
        return [...returned, ...kept.map(([, tensor]) => bitsOf(tensor))];
      } catch (error) {
        if (error instanceof WengertError) return [];
        throw error;
      }
    });
  }

  it("come out alike on 1, 2 and 3 threads", async () => {
    const alone = await bitsWith(1);
    expect(alone.filter((bits) => bits.length > 0).length).toBeGreaterThan((2 / 3) * runs);
    for (const threads of [2, 3]) {
      const together = await bitsWith(threads);
      programs.forEach((program, k) => {
        const differing = together[k].findIndex((bits, i) => bits !== alone[k][i]);
        const complaint = `result ${differing} differs on ${threads} threads`;
        if (differing >= 0) throw new Error(report(program, complaint));
      });
    }
  });
});
