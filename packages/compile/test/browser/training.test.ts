// Training in a page that shares memory with its workers.
import { describe, expect, it, vi } from "vitest";
import type { Tensor } from "@wengert/autograd";
import { compile, ready, setThreads } from "@wengert/compile";
import { threadPool } from "../../src/run/pool.ts";
import { expectClose } from "../contract/support.ts";
import { lenet5, tokens, twoLayers, type Training } from "./support/models.ts";

/** Trains with so many threads, and says what came of it. */
async function train(make: () => Training, threads: number, steps: number) {
  setThreads(threads);
  const { step, x, y, state } = make();
  const compiled = compile(step);
  const losses = [compiled(x, y)];
  await ready();
  const { crew } = threadPool();
  const start = crew && vi.spyOn(crew, "start");
  while (losses.length < steps) losses.push(compiled(x, y));
  const helpers = start?.mock.calls.map(([count]) => count) ?? [];
  start?.mockRestore();
  return { losses, state, helpers };
}

/** Told apart as Object.is does. */
const elements = (tensors: readonly Tensor[]) => tensors.map(({ data }) => [...data]);

describe.each<[string, () => Training]>([
  ["an MLP", twoLayers],
  ["LeNet-5", lenet5],
  ["softmax, embedding and dropout", tokens],
])("%s", (_, make) => {
  it("trains compiled on two threads as it does eagerly", async () => {
    const eager = make();
    const { losses, state, helpers } = await train(make, 2, 6);
    for (const loss of losses) expectClose(loss, eager.step(eager.x, eager.y), 2e-5);
    expectClose(state, eager.state, 2e-5);
    expect(losses.at(-1)!.item()).toBeLessThan(losses[0].item());
    expect(helpers).toEqual([1, 1, 1, 1, 1]);
  });

  it("gives the same bits on one thread, two and three", async () => {
    const one = await train(make, 1, 3);
    expect(one.helpers).toEqual([]);
    for (const threads of [2, 3]) {
      const more = await train(make, threads, 3);
      expect(more.helpers).toEqual([threads - 1, threads - 1]);
      expect(elements(more.losses)).toEqual(elements(one.losses));
      expect(elements(more.state)).toEqual(elements(one.state));
    }
  });
});
