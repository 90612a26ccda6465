// The threads of a page: its main thread may not sleep, and nobody tells it that a worker has ended.
import { afterEach, describe, expect, it } from "vitest";
import {
  add,
  defineOp,
  matmul,
  mul,
  NDArray,
  normal,
  notBatchable,
  notDifferentiable,
  samples,
  tensor,
  type Tensor,
} from "@wengert/autograd";
import { compile, CompiledProgramError, ready, setThreads } from "@wengert/compile";
import { heap } from "../../src/run/heap.ts";
import { maxThreads } from "../../src/run/pool.ts";
import { page } from "./support/page.ts";
import { cells, expectFreeBarrier, holding, threadsOf, withThreads } from "./support/threads.ts";
import { trapOn } from "../run.support.ts";

afterEach(expectFreeBarrier);

describe("a page that is isolated", () => {
  it("shares its memory; its main thread may not sleep", () => {
    expect(page.crossOriginIsolated).toBe(true);
    expect(heap().isShared).toBe(true);
    expect(heap().words.get(heap().control.ownerMayWait)).toBe(0);
  });

  it("uses as many threads as the machine has, unless told otherwise", () => {
    expect(maxThreads()).toBe(navigator.hardwareConcurrency);
  });

  it("runs on two workers beside the main thread", async () => {
    const { pool, program } = await withThreads(3);
    for (let i = 0; i < 100; i++) {
      expect(await threadsOf(() => pool.run(program, 3))).toEqual([3, 3, 3, 0]);
    }
    expect(await threadsOf(() => pool.runAsync(program, 3))).toEqual([3, 3, 3, 0]);
    expect(await threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });
});

describe("f.async", () => {
  it("leaves the main thread free", async () => {
    const { pool } = await withThreads(2);
    // The main thread can only let it go on if it is free.
    const held = holding();
    await ready();
    cells.fill(0);
    setTimeout(() => Atomics.store(cells, 0, 1), 50);
    expect(await pool.runAsync(held, 2)).toBe(0);
  });

  it("is not done before all threads are, right after a call on this thread", async () => {
    // More threads than processors: some leave a program late.
    const { pool, program } = await withThreads(5);
    const held = holding();
    await pool.runAsync(program, 5);
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 20; i++) pool.run(program, 5);
      cells.fill(0);
      let isDone = false;
      const running = pool.runAsync(held, 5).then(() => (isDone = true));
      await new Promise((resolve) => setTimeout(resolve, 5));
      const isEarly = isDone;
      Atomics.store(cells, 0, 1);
      await running;
      expect(isEarly, `round ${round}`).toBe(false);
    }
  });

  it("lets timers and animations go on, and equals the call itself", async () => {
    setThreads(2);
    const [a, b] = [normal([640, 640]), normal([640, 640])];
    const compiled = compile((x: Tensor) => {
      let y = x;
      for (let i = 0; i < 24; i++) y = mul(matmul(y, b) as Tensor, 0.04) as Tensor;
      return y;
    });
    const expected = compiled(a);
    await compiled.async(a);
    let [ticks, frames] = [0, 0];
    const timer = setInterval(() => ticks++);
    const draw = (): void => void (frames++, page.requestAnimationFrame(draw));
    page.requestAnimationFrame(draw);
    const result = await compiled.async(a);
    const counted = [ticks, frames];
    clearInterval(timer);
    expect(counted[0]).toBeGreaterThan(3);
    expect(counted[1]).toBeGreaterThan(1);
    expect(result.data).toEqual(expected.data);
  });
});

/** x → 2x, as JavaScript on the calling thread. */
const calls: string[] = [];
const twice = defineOp({
  name: "twice",
  arity: 1,
  broadcasts: false,
  shape: ([x]) => [x],
  body: (k, [x]) => [
    k.host([x], { shape: x.shape, dtype: x.dtype }, ([{ data }], out) => {
      calls.push(typeof page.document);
      out.set(Array.from(data, (value) => 2 * value));
    }),
  ],
  vjp: notDifferentiable,
  jvp: notDifferentiable,
  batch: notBatchable,
  samples: (draw) => ({ inputs: [samples.reals(draw, [2])], attrs: {} }),
  reference: ([x]) =>
    new NDArray(
      x.shape,
      x.data.map((value) => 2 * value),
    ),
});

describe("a host op", () => {
  it("runs on the page's thread, among kernels that all threads share", async () => {
    await withThreads(2);
    const compiled = compile((x: Tensor) => add(twice(mul(x, 3)), x));
    const x = tensor(Float32Array.from({ length: 40_000 }, (_, i) => i % 100));
    compiled(x);
    await ready();
    calls.length = 0;
    expect(compiled(x).data).toEqual(x.data.map((value) => 7 * value));
    expect(calls).toEqual(["object"]);
    await expect(compiled.async(x)).rejects.toThrow(CompiledProgramError);
  });
});

describe("an error and no hang", () => {
  it("is a trap on any thread; the workers go on", async () => {
    const { pool, program } = await withThreads(2);
    const traps = [trapOn(0), trapOn(1)];
    await ready();
    expect(() => pool.run(traps[0], 2)).toThrow("a trap on the owning thread");
    expect(() => pool.run(traps[1], 2)).toThrow("a trap on a worker (RuntimeError: unreachable)");
    await expect(pool.runAsync(traps[0], 2)).rejects.toThrow("a trap on a worker");
    expect(await threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });

  it("is a worker that crashes while idle: the next run does without", async () => {
    const { pool, program } = await withThreads(2);
    const { crew } = pool;
    crew!["send"](crew!.mates[0], { load: null as never, unload: [] });
    await expect.poll(() => crew!.broken).toContain("worker 1: Uncaught TypeError");
    expect(await threadsOf(() => pool.run(program, 2))).toEqual([1, 0, 0, 0]);
    await ready();
    expect(await threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });
});
