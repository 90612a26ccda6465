import {
  add,
  crossEntropy,
  defineOp,
  embedding,
  exp,
  Generator,
  matmul,
  normal,
  notBatchable,
  notDifferentiable,
  relu,
  softmax,
  sum,
  tensor,
  TransformError,
  zeros,
  type OpFunction,
  type Tensor,
} from "@wengert/autograd";
import { Dropout, Linear, Sequential } from "@wengert/nn";
import { Adam } from "@wengert/optim";
import { afterEach, describe, expect, it } from "vitest";
import { CompiledProgramError } from "../src/errors.ts";
import { compile, ready, setThreads, type Explanation } from "../src/index.ts";
import { heap } from "../src/run/heap.ts";
import { tagsOf } from "./explain.support.ts";

afterEach(() => setThreads(1));

const generator = new Generator(7);
const random = (...shape: number[]) => normal(shape, { generator }) as Tensor;

/** The explanation of a function after one call. */
function explained<A extends Tensor[]>(f: (...args: A) => unknown, ...args: A): Explanation {
  const compiled = compile(f);
  (compiled as (...args: A) => unknown)(...args);
  return compiled.explain({ warmUpMs: 0 });
}

/** An op of the host's, whose name needs care in markup. */
const backwards: ((x: Tensor) => Tensor) & OpFunction = defineOp<(x: Tensor) => Tensor>(
  {
    name: `<backwards & "co">`,
    arity: 1,
    broadcasts: false,
    shape: ([x]) => [x],
    body: (k, [x]) => [k.host([x], x, ([{ data }], out) => out.set(Array.from(data).reverse()))],
    vjp: notDifferentiable,
    jvp: notDifferentiable,
    batch: notBatchable,
    samples: () => ({ inputs: [], attrs: {} }),
    reference: ([x]) => x,
  },
  (apply) => (x) => apply([x], {}),
);

describe("what is counted", () => {
  it("two operations for each product of a matrix product, one for each element after it", () => {
    const bias = random(3);
    const { kernels, flops, bytes } = explained(
      (a, b) => relu(add(matmul(a, b), bias)),
      random(5, 7),
      random(7, 3),
    );
    expect(kernels.map(({ kind, description }) => [kind, description])).toEqual([
      ["contract", "[5, 7] × [7, 3]"],
    ]);
    expect(flops).toBe(2 * 5 * 7 * 3 + 2 * 5 * 3);
    expect(bytes).toBe(4 * (5 * 7 + 7 * 3 + 3 + 5 * 3));
  });

  it("batches of products", () => {
    const { kernels } = explained((a, b) => matmul(a, b), random(4, 2, 5, 6), random(4, 2, 6, 7));
    expect(kernels.map((it) => it.description)).toEqual(["4·2 of [5, 6] × [6, 7]"]);
    expect(kernels[0].flops).toBe(2 * 8 * 5 * 6 * 7);
  });

  it("functions as one operation each, and sums as one for each element", () => {
    const { kernels, flops, bytes } = explained(
      (x) => sum(add(exp(x), 1), { axis: 1 }),
      random(6, 8),
    );
    expect(kernels.map(({ kind, description }) => [kind, description])).toEqual([
      ["map-reduce", "sum over [8] for each of [6]"],
    ]);
    expect(flops).toBe(3 * 48);
    expect(bytes).toBe(4 * (48 + 6));
  });

  it("a map in any number of dims by its shape", () => {
    const { kernels } = explained((x) => exp(x), random(11));
    expect(kernels.map(({ kind, ops, description }) => [kind, ops, description])).toEqual([
      ["map", ["exp"], "[11]"],
    ]);
  });
});

describe("explain", () => {
  it("wants a call first", () => {
    const compiled = compile((x: Tensor) => exp(x));
    expect(() => compiled.explain()).toThrow(TransformError);
    expect(() => compiled.explain()).toThrow(/Call it first/);
  });

  it("explains the program of the latest call", () => {
    const compiled = compile((x: Tensor) => exp(x));
    compiled(zeros([3]));
    compiled(zeros([4, 5]));
    expect(compiled.explain({ warmUpMs: 0 })).toMatchObject({ flops: 20, compilations: 2 });
    compiled(zeros([3]));
    expect(compiled.explain({ warmUpMs: 0 })).toMatchObject({ flops: 3, compilations: 2 });
  });

  it("takes a function that computes nothing", () => {
    const explanation = explained((_: Tensor) => 3, zeros([2]));
    expect(explanation).toMatchObject({ kernels: [], flops: 0, hostOps: [], threads: 1 });
    expect(String(explanation)).toContain("no kernels");
    expect(tagsOf(explanation.toHtml())).toEqual([]);
  });

  it("names what runs on the host", () => {
    const explanation = explained((x) => exp(backwards(exp(x))), random(2, 3));
    const host = explanation.kernels.filter(({ kind }) => kind === "host");
    expect(explanation.kernels.map(({ kind }) => kind)).toEqual(["map", "host", "map"]);
    expect(host).toMatchObject([{ description: "[2, 3] → [2, 3]", isSerial: true, bytes: 48 }]);
    expect(explanation.hostOps).toEqual([`<backwards & "co">`]);
    expect(String(explanation)).toContain(`calls out to <backwards & "co">`);
  });

  it("leaves weights, moments, generators, versions and memory as they are", async () => {
    setThreads(2);
    const [looked, plain] = [trainer(), trainer()];
    for (let i = 0; i < 3; i++) expect(looked.step()).toBe(plain.step());
    await ready();
    const before = looked.state();
    const used = heap().bytesInUse;
    looked.compiled.explain();
    expect(heap().bytesInUse).toBe(used);
    expect(looked.state()).toEqual(before);
    expect(before).toEqual(plain.state());
    for (let i = 0; i < 3; i++) expect(looked.step()).toBe(plain.step());
    expect(looked.state()).toEqual(plain.state());
  });

  it("tells when each thread works on what", async () => {
    setThreads(2);
    const compiled = compile((a: Tensor, b: Tensor) => sum(softmax(matmul(a, b), { axis: 1 })));
    compiled(random(128, 256), random(256, 128));
    await ready();
    const { kernels, threads, barriers, milliseconds } = compiled.explain();
    expect(threads).toBe(2);
    expect(barriers).toBeGreaterThan(0);
    expect(milliseconds).toBeGreaterThan(0);
    expect(kernels[0]).toMatchObject({ kind: "contract", isSerial: false });
    for (const { spans, isSerial, microseconds } of kernels) {
      expect(spans).toHaveLength(2);
      expect(spans[0]).not.toBeNull();
      expect(spans[1] === null).toBe(isSerial);
      expect(microseconds).toBe(Math.max(...spans.map((span) => span?.microseconds ?? 0)));
    }
    for (const thread of [0, 1]) {
      const spans = kernels.flatMap(({ spans }) => spans[thread] ?? []);
      // A thread does one thing after another. Sums of doubles round.
      const times = spans.flatMap(({ start, end }) => [start, end]);
      expect(times[0]).toBeGreaterThanOrEqual(0);
      times.slice(1).forEach((time, i) => expect(time).toBeGreaterThanOrEqual(times[i] - 1e-6));
    }
  });

  it("does without workers", () => {
    setThreads(1);
    const { threads, barriers } = explained((a, b) => matmul(a, b), random(64, 64), random(64, 64));
    expect({ threads, barriers }).toEqual({ threads: 1, barriers: 0 });
  });

  it("throws where a check fails by now, and changes nothing", () => {
    const [table, index] = [random(4, 3), tensor([0, 3], { dtype: "int32" })];
    const counter = zeros([]);
    const compiled = compile(() => {
      counter.copyFrom(add(counter, 1));
      return embedding(index, table);
    });
    const first = compiled();
    index.copyFrom(tensor([0, 4], { dtype: "int32" }));
    expect(() => compiled.explain()).toThrow(CompiledProgramError);
    expect(() => compiled.explain()).toThrow(/a check that failed/);
    expect(counter.item()).toBe(1);
    index.copyFrom(tensor([0, 3], { dtype: "int32" }));
    expect(compiled().toArray()).toEqual(first.toArray());
    expect(compiled.explain({ warmUpMs: 0 }).kernels.length).toBeGreaterThan(0);
    expect(counter.item()).toBe(2);
  });

  it("waits for no call that runs: it throws", async () => {
    setThreads(2);
    const total = zeros([3]);
    const compiled = compile((x: Tensor) => {
      total.copyFrom(add(total, x));
      return sum(total);
    });
    compiled(tensor([1, 2, 3]));
    const later = compiled.async(tensor([1, 2, 3]));
    expect(() => compiled.explain()).toThrow(CompiledProgramError);
    expect((await later).item()).toBe(12);
    expect(compiled.explain({ warmUpMs: 0 }).kernels).not.toEqual([]);
    expect(total.toArray()).toEqual([2, 4, 6]);
  });
});

/** A small training with everything that changes: weights, moments, a step count, a generator. */
function trainer() {
  const weights = new Generator(1);
  const model = new Sequential(
    new Linear(20, 30, { generator: weights }),
    relu,
    new Dropout(0.5, { generator: new Generator(2) }),
    new Linear(30, 4, { generator: weights }),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const x = normal([16, 20], { generator: weights }) as Tensor;
  const labels = tensor(
    Array.from({ length: 16 }, (_, i) => i % 4),
    { dtype: "int32" },
  );
  const compiled = compile((input: Tensor, wanted: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(input as never) as Tensor, wanted as never) as Tensor;
    loss.backward();
    optimizer.step();
    return loss;
  });
  return {
    compiled,
    step: () => compiled(x, labels).item(),
    state: () => ({
      model: model.parameters().map((it) => [it.storage!.version, ...it.data]),
      optimizer: JSON.stringify(optimizer.stateDict()),
    }),
  };
}
