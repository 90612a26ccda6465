// "One process-wide WebAssembly memory … Programs share cells: a second program for the last, smaller
// batch trains the same weights. Blocks return when their tensor is collected."
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { add, mul, sum, tensor, type Tensor } from "@wengert/autograd";
import { Adam, SGD } from "@wengert/optim";
import { compile } from "../../src/index.ts";
import { classBatches, classify, forward, mlp, training } from "./models.ts";
import { expectClose, seeded, trainTwins } from "./support.ts";

describe("Programs share cells", () => {
  it("a second program for the last, smaller batch trains the same weights", () => {
    const make = () => {
      const model = mlp();
      return training(model, new Adam(model.parameters(), { lr: 0.01 }), classify);
    };
    const batches = [...classBatches("float64", 9), ...classBatches("float64", 4).slice(0, 1)];
    const { compiled } = trainTwins(make, batches, { steps: 60, tolerance: 1e-10 });
    expect(compiled.compilations).toBe(2);
  });

  it("a compiled evaluation sees what a compiled step has trained", () => {
    const model = mlp();
    const { step } = training(model, new SGD(model.parameters(), { lr: 0.1 }), classify);
    const [train, evaluate] = [compile(step), compile((x: Tensor) => forward(model, x))];
    for (const { x, y } of classBatches()) {
      train(x, y);
      expectClose(evaluate(x), forward(model, x), 1e-13);
    }
    expect([train.compilations, evaluate.compilations]).toEqual([1, 1]);
  });

  it("large tensors that make the memory grow are seen by programs made before and after", () => {
    const w = tensor([1, 2]);
    const first = compile((x: Tensor) => add(w, x));
    expect(first(w).toArray()).toEqual([2, 4]);
    const big = seeded([3_000_000], 1);
    const second = compile((x: Tensor) => {
      w.copyFrom(mul(w, 2));
      return sum(mul(x, x));
    });
    expectClose(second(big), sum(mul(big, big)), 1e-12);
    expect(w.toArray()).toEqual([2, 4]);
    w.copyFrom(tensor([10, 20]));
    expect(first(w).toArray()).toEqual([20, 40]);
  });

  it("many kinds of calls between do not make the one that is used most be forgotten", () => {
    let recordings = 0;
    const compiled = compile((x: Tensor, k: number) => {
      if (k === -1) recordings++;
      return add(x, k);
    });
    const x = tensor([1]);
    for (let i = 0; i < 150; i++) {
      expect(compiled(x, -1).item()).toBe(0);
      expect(compiled(x, i).item()).toBe(1 + i);
    }
    expect(recordings).toBe(2);
    expect(compiled.compilations).toBe(151);
  });
});

/** What a process of its own reports that is as long-lived as training is. */
async function report(what: string): Promise<Record<string, number>> {
  const script = fileURLToPath(new URL("memory.child.ts", import.meta.url));
  const args = ["--expose-gc", "--conditions=@wengert/source", script, what];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Record<string, number>;
}

const mebibyte = 2 ** 20;

describe("Memory", () => {
  it("30 000 further steps: neither the heap nor the process grows", async () => {
    const { heapPerStep, resident, inUse } = await report("steps");
    // A leak of one object or closure per step is 12 bytes at least.
    expect(heapPerStep).toBeLessThan(8);
    expect(resident).toBeLessThan(32 * mebibyte);
    expect(inUse).toBe(0);
  });

  it("nor with batches of many sizes", async () => {
    const { heapPerStep, resident, inUse, compilations } = await report("sizes");
    expect(heapPerStep).toBeLessThan(8);
    expect(resident).toBeLessThan(32 * mebibyte);
    expect([inUse, compilations]).toEqual([0, 1]);
  });

  it("results that are dropped are collected", async () => {
    const { heapPerStep, external, resident } = await report("outputs");
    expect(heapPerStep).toBeLessThan(8);
    // 30 000 results of 8 KB each are 240 MB.
    expect(external).toBeLessThan(mebibyte);
    expect(resident).toBeLessThan(48 * mebibyte);
  });

  it.each([
    ["their functions", "functions"],
    ["functions of many sizes", "symbolicFunctions"],
    ["models that have them in a field", "models"],
  ])("blocks return when their tensors are collected, and programs with %s", async (_, what) => {
    const { inUse, peak, single } = await report(what);
    // 60 functions of some single bytes each would otherwise be in use at the end.
    expect(single).toBeGreaterThan(mebibyte);
    expect(peak).toBeGreaterThan(2 * single);
    expect(inUse).toBeLessThan(4 * single);
  });
});
