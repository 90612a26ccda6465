// Numbers that stand for sizes: what they are for any size is found from what they were for two probes.
import { describe, expect, it } from "vitest";
import { ProgramEmitter } from "../src/codegen/program.ts";
import { optimise } from "../src/optimise/index.ts";
import { planFor } from "../src/plan/symbolic.ts";
import { features } from "../src/run/features.ts";
import { heap } from "../src/run/heap.ts";
import { Evaluation, Formulas } from "../src/size/formula.ts";
import {
  atMost,
  ceilDiv,
  isPositive,
  isSymbolic,
  lastPart,
  likely,
  plus,
  Scope,
  withScope,
} from "../src/size/scope.ts";
import { crossEntropy, matmul, relu, type Tensor } from "@wengert/autograd";
import { SymbolicGraph } from "../src/graph/symbolic.ts";
import { planSymbolic, SymbolicProgram } from "../src/program/symbolic.ts";
import { Recorder } from "../src/record/recorder.ts";
import { labels, seeded } from "./contract/support.ts";

const probes = [1048583, 1436563] as const;

/** What f yields for each of the sizes, by the formula found. */
function valuesOf(f: (size: number) => number, sizes: readonly number[]): number[] {
  const scopes = [0, 1].map((i) => new Scope(probes[i], i as 0 | 1, probes[0], 64));
  const [x, y] = scopes.map((scope) => withScope(scope, () => f(scope.probe)));
  const formulas = new Formulas([scopes[0], scopes[1]]);
  const formula = formulas.of(x, y);
  if (!formula) throw new Error("no formula");
  const definitions = formulas.definitions()!;
  return sizes.map((size) => new Evaluation(size, definitions).value(formula));
}

describe("a number is found again for each size", () => {
  it.each<[string, (n: number) => number]>([
    ["a constant", () => 12345],
    ["a constant beyond the probes", () => 2 ** 31 + 17],
    ["the size", (n) => n],
    ["what is linear", (n) => 3 * n - 7],
    ["a square", (n) => 2 * n * n + 3 * n + 1],
    ["a negative stride", (n) => -4 * (n - 1)],
    ["blocks", (n) => ceilDiv(n, 6)],
    ["blocks, counted in bytes", (n) => 96 * ceilDiv(5 * n + 3, 8) - 1],
    ["blocks of blocks", (n) => ceilDiv(ceilDiv(n, 6), 4)],
    ["blocks in each of as many", (n) => n * 7 * ceilDiv(n, 6)],
    ["neighbouring numbers of blocks", (n) => ceilDiv(n + 1, 6) + 3],
    ["no more than", (n) => atMost(ceilDiv(n, 4), 24)],
    ["what the last one has", (n) => 4 * lastPart(n, 6)],
    ["rows of tiles that are as equal as can be", (n) => ceilDiv(n, ceilDiv(n, 6))],
    ["how many of these are full", (n) => lastPart(n, ceilDiv(n, 6))],
    ["a sum of such things", (n) => plus(n * 12, plus(64, ceilDiv(n, 6) * 32))],
  ])("%s", (_, f) => {
    const sizes = [2, 3, 5, 6, 7, 12, 13, 24, 97, 144, 145, 1000];
    expect(valuesOf(f, sizes)).toEqual(sizes.map(f));
  });

  it("and none is found for a quotient that nobody asked for", () => {
    expect(() => valuesOf((n) => Math.ceil(n / 6), [])).toThrow("no formula");
    expect(() => valuesOf((n) => Math.floor(Math.sqrt(n)), [])).toThrow("no formula");
  });

  it("decisions: what depends on a size, what is positive for all of them, what to expect", () => {
    const scope = new Scope(probes[0], 0, probes[0], 64);
    withScope(scope, () => {
      const n = scope.probe;
      expect([n, 3 * n, -n, n - 5, ceilDiv(n, 100)].map(isSymbolic)).not.toContain(false);
      expect([0, 5, -100_000, 250_000].map(isSymbolic)).not.toContain(true);
      expect([n, n - 1, 2 * n - 3, 5].map(isPositive)).not.toContain(false);
      expect([n - 2, 5 - n, -n, 0, -1].map(isPositive)).not.toContain(true);
      expect([n, 3 * n, n * n, ceilDiv(n, 6), 7].map(likely)).toEqual([64, 192, 4096, 11, 7]);
    });
    expect([isSymbolic(probes[0]), likely(probes[0]), ceilDiv(13, 6)]).toEqual([
      false,
      probes[0],
      3,
    ]);
  });
});

describe("a plan", () => {
  const f = (x: Tensor, y: Tensor): Tensor =>
    crossEntropy(relu(matmul(x, seeded([6, 5], 1))), y) as Tensor;
  const record = (n: number) => {
    const recorder = new Recorder(null);
    const [x, y] = [recorder.input([n, 6], "float64", false), recorder.input([n], "int32", false)];
    return recorder.run(
      () => f(x, y),
      (loss) => [loss],
      false,
    );
  };
  const sizes = [8, 16, 24];
  const recordings = sizes.map(record);
  const graph = new SymbolicGraph(
    recordings.map((it) => it.graph),
    sizes,
    2,
  );

  it("is that of the size: the same extents, strides and buffers as one made for it", () => {
    const {
      plan,
      probes: [probe],
    } = planSymbolic(graph, 32);
    for (const size of [32, 7]) {
      const own = planFor(plan, probe, size);
      expect(own.groups.map(({ kind }) => kind)).toEqual(plan.groups.map(({ kind }) => kind));
      const numbers = JSON.stringify([own.groups, own.buffers.map((it) => it.size)]);
      const large = numbers.match(/\d{6,}/g) ?? [];
      expect(large).toEqual([]);
    }
  });

  it("for a size that is known is written as ever, whatever was written before", () => {
    const { limits, control } = heap();
    const target = { limits, control, features: features(), isWide: false, maxThreads: 2 };
    const write = (): Uint8Array => {
      const plan = optimise(recordings[0].graph);
      const buffers = plan.buffers.map((_, i) => 65536 * (i + 1));
      const places = {
        buffers,
        pointers: new Map<number, number>(),
        scratch: 64,
        counters: 128,
        times: null,
      };
      return new ProgramEmitter(plan, target).finish(places);
    };
    const before = write();
    const program = new SymbolicProgram(recordings[0], planSymbolic(graph, 32), 32);
    program.resize(9, graph.argumentsFor(record(9).graph, 9));
    const [loss] = program.run([seeded([9, 6], 2), labels(9, 5)]);
    expect(loss.item()).toBeCloseTo(f(seeded([9, 6], 2), labels(9, 5)).item(), 12);
    program.dispose();
    expect(write()).toEqual(before);
  });
});
