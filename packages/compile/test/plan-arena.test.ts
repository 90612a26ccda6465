// One piece of memory for all temporaries: what is alive at once lies apart, and little is wasted.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { genes } from "../../../test/support/random/genes.ts";
import { prepare } from "../../../test/support/random/judge.ts";
import { grow } from "../../../test/support/random/program.ts";
import { report } from "../../../test/support/random/report.ts";
import { sourceOf } from "../../../test/support/random/source.ts";
import { folds, lenet, mlp, transformer } from "../../../test/support/steps.ts";
import { optimise } from "../src/optimise/index.ts";
import { planArena, type Arena } from "../src/plan/arena.ts";
import { accesses, type Buffer, type Group, type Plan } from "../src/plan/group.ts";
import { record } from "./support/record.ts";

const elementBytes = { float32: 4, float64: 8, int32: 4, bool: 1 };

const exactBytes = ({ dtype, size }: Buffer): number => elementBytes[dtype] * size;

/** The temporaries alive while each group runs, and at the end: from the first group that touches one
 *  to the last, by the definition. */
function aliveAt({ buffers, groups, outputs }: Plan): number[][] {
  const touched = [
    ...groups.map((group) => accesses(group).map(({ buffer }) => buffer)),
    outputs.map(({ buffer }) => buffer),
  ];
  return touched.map((_, at) =>
    [...buffers.keys()].filter(
      (buffer) =>
        buffers[buffer].role.kind === "temporary" &&
        touched.slice(0, at + 1).some((list) => list.includes(buffer)) &&
        touched.slice(at).some((list) => list.includes(buffer)),
    ),
  );
}

/** What two buffers that are alive at once share, or null. */
function overlap(plan: Plan, { offsets, bytes }: Arena): string | null {
  for (const [at, alive] of aliveAt(plan).entries()) {
    const ranges = alive
      .map((buffer) => ({
        buffer,
        start: offsets.get(buffer) ?? NaN,
        end: offsets.get(buffer)! + exactBytes(plan.buffers[buffer]),
      }))
      .sort((a, b) => a.start - b.start || a.end - b.end);
    for (const [i, { buffer, start, end }] of ranges.entries()) {
      if (!(start >= 0 && start % 64 === 0 && end <= bytes)) return `buffer ${buffer} at ${start}`;
      if (i > 0 && ranges[i - 1].end > start && end > start) {
        return `buffers ${ranges[i - 1].buffer} and ${buffer} during group ${at}`;
      }
    }
  }
  return null;
}

/** Plans that no program has: loops that copy from buffers to a buffer. */
const plans: fc.Arbitrary<Plan> = fc
  .record({
    sizes: fc.array(fc.nat(5000), { minLength: 2, maxLength: 40 }),
    groups: fc.array(fc.tuple(fc.nat(39), fc.nat(39), fc.nat(39)), { maxLength: 60 }),
    outputs: fc.array(fc.nat(39), { maxLength: 3 }),
  })
  .map(({ sizes, groups, outputs }) => {
    const buffers = sizes.map((size, i): Buffer => ({
      dtype: (["float32", "bool", "float64"] as const)[i % 3],
      size,
      role: i % 7 === 6 ? { kind: "input", index: i } : { kind: "temporary" },
    }));
    const at = (i: number) => ({ buffer: i % sizes.length, offset: 0 });
    const strided = (i: number) => ({ dtype: buffers[at(i).buffer].dtype, strides: [1] });
    return {
      buffers,
      groups: groups.map(([a, b, c]): Group => ({
        kind: "loop",
        kernel: {
          dims: [1],
          rowDims: 0,
          operands: [strided(a), strided(b), strided(c)],
          instrs: [
            { kind: "load", operand: 0, dtype: strided(a).dtype },
            { kind: "load", operand: 1, dtype: strided(b).dtype },
          ],
          stores: [{ operand: 2, value: 0 }],
        },
        bindings: [at(a), at(b), at(c)],
        origins: [],
      })),
      outputs: outputs.map(at),
      sites: [],
    };
  });

describe("the arena", () => {
  it("keeps apart what is alive at once, in any plan", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const arena = planArena(plan);
        expect(overlap(plan, arena)).toBeNull();
        expect(arena.bytes).toBeGreaterThanOrEqual(arena.lowerBound);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("keeps apart what is alive at once, in random programs", () => {
    let temporaries = 0;
    fc.assert(
      fc.property(genes(), (drawn) => {
        const program = grow(drawn);
        const text = sourceOf(program);
        if (text === null) return;
        const { step, args } = prepare(program, text);
        const plan = optimise(record(step, args).graph);
        const arena = planArena(plan);
        temporaries += arena.offsets.size;
        const found = overlap(plan, arena);
        if (found) throw new Error(report(program, found));
      }),
      { numRuns: 60, seed: 2 },
    );
    expect(temporaries).toBeGreaterThan(60);
  });

  it("finds an overlap where there is one", () => {
    const { step, args } = mlp();
    const plan = optimise(record(step, args).graph);
    const arena = planArena(plan);
    const shared = aliveAt(plan).find((alive) => alive.length > 1)!;
    const offsets = new Map(arena.offsets).set(shared[1], arena.offsets.get(shared[0])!);
    expect(overlap(plan, { ...arena, offsets })).toMatch(/^buffers \d+ and \d+ during group \d+$/);
  });

  it.each([
    ["an MLP", () => mlp(64, [784, 256, 10])],
    ["LeNet-5", () => lenet(64)],
    ["a transformer", () => transformer(12, 64, 96)],
    ["sums and draws", folds],
  ] as const)("of a step of %s is at most 1.25 times what is alive at once", (_, make) => {
    const { step, args } = make();
    const plan = optimise(record(step, args).graph);
    const arena = planArena(plan);
    const sums = aliveAt(plan).map((alive) =>
      alive.reduce((sum, buffer) => sum + exactBytes(plan.buffers[buffer]), 0),
    );
    const most = Math.max(...sums);
    // Buffers begin at cache lines.
    expect(arena.lowerBound).toBeGreaterThanOrEqual(most);
    expect(arena.lowerBound).toBeLessThanOrEqual(most + 64 * plan.buffers.length);
    expect(arena.bytes).toBeLessThanOrEqual(1.25 * arena.lowerBound);
    expect(overlap(plan, arena)).toBeNull();
  });
});
