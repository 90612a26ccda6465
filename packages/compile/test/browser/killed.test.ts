// Workers that are killed in a page: nobody is told, and it takes Chromium two seconds.
import { afterEach, describe, expect, it } from "vitest";
import { ready } from "@wengert/compile";
import { heap } from "../../src/run/heap.ts";
import { startWorker, type WorkerHandle } from "../../src/run/platform.ts";
import { cells, expectFreeBarrier, holding, threadsOf, withThreads } from "./support/threads.ts";

afterEach(expectFreeBarrier);

/** Ends a worker behind the pool's back, and waits until it is gone. */
const kill = ({ handle }: { readonly handle: WorkerHandle }) => handle.terminate(() => false);

describe("a worker that never comes up", () => {
  /** What is told of a worker that may take so long to come up, in that time and some more. */
  async function toldOf(code: string, patienceMs: number): Promise<string[]> {
    const told: string[] = [];
    const events = {
      message: (text: unknown) => void told.push(String(text)),
      exit: (reason: string) => void told.push(`exit: ${reason}`),
    };
    const worker = startWorker(code, events, patienceMs);
    await new Promise((resolve) => setTimeout(resolve, patienceMs + 200));
    await worker.terminate(() => true);
    return told;
  }

  it("counts as one that has ended", async () => {
    expect(await toldOf("", 100)).toEqual(["exit: it did not come up in 0.1 s"]);
  });

  it("and one that does is not told of again", async () => {
    expect(await toldOf("postMessage('up')", 2000)).toEqual(["up"]);
  });
});

describe("a worker that was killed is an error and no hang", () => {
  it("while the page's thread takes part", async () => {
    const { pool, program } = await withThreads(2);
    const { crew } = pool;
    heap().words.setPatience(200);
    await kill(crew!.mates[0]);
    expect(() => pool.run(program, 2)).toThrow(/a thread that did not come to a barrier in time/);
    heap().words.setPatience(20_000);
    expect(await threadsOf(() => pool.run(program, 2))).toEqual([1, 0, 0, 0]);
    await ready();
    expect(pool.crew).not.toBe(crew);
    expect(await threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });

  it("while it is free", async () => {
    const { pool, program } = await withThreads(2);
    const held = holding();
    await ready();
    cells.fill(0);
    heap().words.setPatience(200);
    const running = pool.runAsync(held, 2);
    const outcome = expect(running).rejects.toThrow(/did not come to a barrier in time/);
    // Up, not only on its way: for one that never was, the run would wait.
    await expect.poll(() => pool.crew!.ready(2)).toBe(2);
    await kill(pool.crew!.mates[1]);
    Atomics.store(cells, 0, 1);
    await outcome;
    heap().words.setPatience(20_000);
    await ready();
    expect(await threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });
});
