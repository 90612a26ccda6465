import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { CompiledProgramError } from "../src/errors.ts";
import { features } from "../src/run/features.ts";
import { heap } from "../src/run/heap.ts";
import { availableThreads } from "../src/run/platform.ts";
import { maxThreads, ready, setThreads, threadPool } from "../src/run/pool.ts";
import { int32, loadProgram, marks, programBytes, trapOn, withThreads } from "./run.support.ts";

const address = heap().allocate(65_536, "tests").address;

/** What the threads of a run have marked. */
function threadsOf(run: () => number): number[] {
  const cells = int32(address, 4).fill(0);
  expect(run()).toBe(0);
  return [...cells];
}

afterEach(() => {
  const { words, control } = heap();
  words.setPatience(20_000);
  // Nobody is at the barrier, whatever happened.
  expect(words.get(control.arrived)).toBe(0);
});

describe("the pool", () => {
  it("runs a program on as many threads as are wanted and there", async () => {
    const pool = await withThreads(3);
    const program = marks(address);
    await ready();
    expect(maxThreads()).toBe(3);
    for (const [wanted, expected] of [
      [1, [1, 0, 0, 0]],
      [2, [2, 2, 0, 0]],
      [3, [3, 3, 3, 0]],
      [9, [3, 3, 3, 0]],
      [2, [2, 2, 0, 0]],
      [1, [1, 0, 0, 0]],
    ] as const) {
      expect(threadsOf(() => pool.run(program, wanted))).toEqual(expected);
    }
    await withThreads(1);
    expect(threadsOf(() => pool.run(program, 3))).toEqual([1, 0, 0, 0]);
  });

  it("runs on one thread until workers are up, which needs no turn of the event loop", () => {
    setThreads(2);
    threadPool().terminate();
    const program = marks(address);
    expect(threadsOf(() => threadPool().run(program, 2))).toEqual([1, 0, 0, 0]);
  });

  it("brings workers up while the event loop is blocked", async () => {
    const pool = await withThreads(1);
    const program = marks(address);
    await new Promise((resolve) => setTimeout(resolve, 50)); // workers of before are gone
    setThreads(2);
    const end = performance.now() + 20_000;
    let seen: number[] = [];
    do seen = threadsOf(() => pool.run(program, 2));
    while (seen[1] === 0 && performance.now() < end);
    expect(seen).toEqual([2, 2, 0, 0]);
  });

  it("unloads programs, here and on workers", async () => {
    const pool = await withThreads(2);
    const [first, second] = [marks(address), marks(address + 8)];
    pool.unload(first);
    pool.unload(first);
    await ready();
    expect(() => pool.run(first, 1)).toThrow(CompiledProgramError);
    expect(() => pool.run(first, 1)).toThrow(/expected a program that is loaded, got one that was/);
    expect(threadsOf(() => pool.run(second, 2))).toEqual([0, 0, 2, 2]);
  });

  it("lets a program return its status", async () => {
    const pool = await withThreads(2);
    const failing = loadProgram(({ f, wait }) => {
      wait();
      f.i32(2).op("return");
    });
    await ready();
    expect(pool.run(failing, 1)).toBe(2);
    expect(pool.run(failing, 2)).toBe(2);
    expect(threadsOf(() => pool.run(marks(address), 1))).toEqual([1, 0, 0, 0]);
  });

  it("says what is wrong with a module", () => {
    const bytes = programBytes(({ f }) => f.op("i32.add"));
    expect(() => threadPool().load(bytes, {})).toThrow(/expected a valid WebAssembly module, got/);
    const missing = programBytes(({ f, host }) => f.call(host("nobody")), [["nobody", [], []]]);
    expect(() => threadPool().load(missing, {})).toThrow(/nobody.*mistake of the compiler/);
    expect(() => threadPool().load(missing, {})).toThrow(CompiledProgramError);
  });

  it("has threads look less long where there are more of them than processors", async () => {
    const { words, control } = heap();
    await withThreads(availableThreads() + 1);
    const crowded = words.get(control.barrierSpins);
    threadPool().terminate();
    await withThreads(Math.min(2, availableThreads()));
    expect(words.get(control.barrierSpins)).toBeGreaterThan(crowded);
  });

  it("refuses numbers of threads that are none", () => {
    for (const count of [0, -1, 1.5, NaN, 1000]) {
      expect(() => setThreads(count)).toThrow(`got ${count}`);
    }
  });
});

describe("failures", () => {
  it("a trap on any thread is an error, and the workers go on", async () => {
    const pool = await withThreads(3);
    const traps = [0, 1, 2].map(trapOn);
    const program = marks(address);
    await ready();
    const crew = pool.crew;
    traps.forEach((trap, i) => {
      for (let round = 0; round < 3; round++) {
        expect(() => pool.run(trap, 3)).toThrow(CompiledProgramError);
        const where = i === 0 ? "the owning thread" : "a worker";
        expect(() => pool.run(trap, 3)).toThrow(`a trap on ${where} (RuntimeError: unreachable)`);
        expect(threadsOf(() => pool.run(program, 3))).toEqual([3, 3, 3, 0]);
      }
    });
    expect(pool.crew).toBe(crew);
    expect(() => pool.run(traps[0], 1)).toThrow("a trap on the owning thread");
  });

  it("a worker that was ended is an error when its patience ends, not a hang", async () => {
    const pool = await withThreads(2);
    const program = marks(address);
    await ready();
    heap().words.setPatience(300);
    const before = pool.crew;
    const gone = before!.mates[0].handle.terminate(() => true);
    // No turn of the event loop has told the pool.
    expect(() => pool.run(program, 2)).toThrow(/a thread that did not come to a barrier in time/);
    expect(threadsOf(() => pool.run(program, 2))).toEqual([1, 0, 0, 0]);
    await gone;
    await ready();
    expect(pool.crew).not.toBe(before);
    expect(threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });

  it("a worker that was ended while idle is replaced", async () => {
    const pool = await withThreads(2);
    const program = marks(address);
    await ready();
    await pool.crew!.mates[0].handle.terminate(() => true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(threadsOf(() => pool.run(program, 2))).toEqual([1, 0, 0, 0]);
    await ready();
    expect(threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });

  it("frees what workers needed when they end", async () => {
    await withThreads(1);
    threadPool().terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = heap().bytesInUse;
    await withThreads(3);
    expect(heap().bytesInUse).toBe(before + 3 * 256);
    await withThreads(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heap().bytesInUse).toBe(before);
  });
});

describe("runAsync", () => {
  it("runs all shares on workers", async () => {
    const pool = await withThreads(2);
    const program = marks(address);
    const cells = int32(address, 4).fill(0);
    expect(await pool.runAsync(program, 2)).toBe(0);
    expect([...cells]).toEqual([2, 2, 0, 0]);
    cells.fill(0);
    expect(await pool.runAsync(program, 1)).toBe(0);
    expect([...cells]).toEqual([1, 0, 0, 0]);
    expect(threadsOf(() => pool.run(program, 9))).toEqual([2, 2, 0, 0]);
  });

  it("refuses other runs meanwhile, and loads programs for later", async () => {
    const pool = await withThreads(2);
    const first = marks(address);
    const running = pool.runAsync(first, 2);
    const second = marks(address);
    expect(() => pool.run(first, 1)).toThrow(/one compiled program to run at a time/);
    await expect(pool.runAsync(first, 1)).rejects.toThrow(CompiledProgramError);
    expect(() => setThreads(1)).toThrow(CompiledProgramError);
    expect(await running).toBe(0);
    await ready();
    expect(threadsOf(() => pool.run(second, 2))).toEqual([2, 2, 0, 0]);
  });

  it("rejects after a trap and after the end of a worker", async () => {
    const pool = await withThreads(2);
    await expect(pool.runAsync(trapOn(1), 2)).rejects.toThrow("a trap on a worker");
    await expect(pool.runAsync(trapOn(0), 2)).rejects.toThrow("a trap on a worker");
    const endless = loadProgram(({ f }) => f.loop((again) => f.br(again)));
    const running = pool.runAsync(endless, 2);
    setTimeout(() => void pool.crew!.mates[1].handle.terminate(() => true), 300);
    await expect(running).rejects.toThrow("the end of a worker (worker 2: it exited with code 1)");
    const program = marks(address);
    await ready();
    expect(threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });

  it("runs on the calling thread where there are no workers", async () => {
    const pool = await withThreads(1);
    const cells = int32(address, 2).fill(0);
    const running = pool.runAsync(marks(address), 2);
    expect([...cells]).toEqual([0, 0]);
    expect(await running).toBe(0);
    expect([...cells]).toEqual([1, 0]);
  });
});

describe("in a process", () => {
  const child = (body: string) => {
    const source = new URL("../src/run/pool.ts", import.meta.url).href;
    const heapSource = new URL("../src/run/heap.ts", import.meta.url).href;
    const support = new URL("./run.support.ts", import.meta.url).href;
    const code = `import { ready, setThreads, threadPool } from ${JSON.stringify(source)};
      import { marks } from ${JSON.stringify(support)};
      import { heap } from ${JSON.stringify(heapSource)};
      setThreads(3); const program = marks(heap().allocate(64, "a test").address); ${body}`;
    const args = ["--conditions=@wengert/source", "--input-type=module", "-e", code];
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, {
      timeout: 60_000,
      encoding: "utf8",
    });
    return { stdout: stdout.trim(), stderr, status, signal };
  };

  it("idle workers do not keep it alive", () => {
    const result = child(`await ready(); threadPool().run(program, 3); console.log("ran");`);
    expect(result).toEqual({ stdout: "ran", stderr: "", status: 0, signal: null });
  });

  it("an unfinished runAsync does", () => {
    const result = child(`threadPool().runAsync(program, 3).then(console.log);`);
    expect(result).toEqual({ stdout: "0", stderr: "", status: 0, signal: null });
  });

  it("idle workers take no processor time", async () => {
    const pool = await withThreads(3);
    const program = marks(address);
    await ready();
    for (let i = 0; i < 100; i++) pool.run(program, 3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    // Two workers that spin would take 1 000 000 µs.
    expect(user + system).toBeLessThan(250_000);
  });
});

describe("features", () => {
  it("are what the engine validates", () => {
    const major = Number(process.versions.node.split(".")[0]);
    expect(features()).toEqual({ simd: true, relaxedSimd: major >= 22, threads: true });
  });
});
