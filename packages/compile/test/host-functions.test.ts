// What JavaScript lends to programs: the same on all threads.
import { primitives } from "@wengert/autograd/compiler";
import { afterAll, describe, expect, it } from "vitest";
import { hostFunctions, hostImports } from "../src/codegen/vector/index.ts";
import { heap } from "../src/run/heap.ts";
import { hostFunctionText } from "../src/run/host-functions.ts";
import { ready, setThreads } from "../src/run/pool.ts";
import { highWordName, wordsPrefix } from "../src/run/words.ts";
import { int32, loadProgram, marks, withThreads } from "./run.support.ts";

const address = heap().allocate(65_536, "tests").address;
afterAll(() => setThreads(1));

/** What the threads of a run have marked. */
function threadsOf(run: () => number): number[] {
  const cells = int32(address, 4).fill(0);
  expect(run()).toBe(0);
  return [...cells];
}

describe("functions of the host", () => {
  const names: readonly string[] = [...hostFunctions, "exp", "log"];
  const special = [0, -0, 1, -1, 0.3, -2.5, 7, 1e300, 5e-324, Infinity, -Infinity, NaN];

  it("are the same on workers, bit for bit", async () => {
    const pool = await withThreads(2);
    // Each thread writes all values of a function to an array of its own.
    for (const name of names) {
      const { float } = primitives[name as "pow"];
      const pairs = special.flatMap((x) =>
        float.length === 1 ? [[x]] : special.map((y) => [x, y]),
      );
      const spread = Array.from({ length: 100 }, (_, i) => [(i - 50) / 7, (i % 11) - 5.5]);
      const all = [...pairs, ...spread.map((args) => args.slice(0, float.length))];
      const stride = all.length * 8;
      const params = new Array<"f64">(float.length).fill("f64");
      const program = loadProgram(
        ({ f, thread, host }) => {
          all.forEach((args, i) => {
            f.get(thread).i32(stride).op("i32.mul");
            for (const arg of args) f.f64(arg);
            f.call(host(name)).memory("f64.store", address + i * 8);
          });
        },
        [[name, params, ["f64"]]],
      );
      await ready();
      expect(pool.run(program, 2)).toBe(0);
      const results = heap().view("float64", address, 2 * all.length);
      const expected = Float64Array.from(all, (args) => float(...args));
      expect(results.slice(0, all.length)).toEqual(expected);
      expect(results.slice(all.length)).toEqual(expected);
      pool.unload(program);
    }
  });

  it("are the same on workers by the words of doubles", async () => {
    const pool = await withThreads(2);
    const wordsOf = (x: number) => [...new Int32Array(Float64Array.of(x).buffer)];
    for (const name of hostFunctions) {
      const { float } = primitives[name];
      const all = special.map((x, i) => [x, special[(5 * i + 2) % special.length]]);
      const params = new Array<"i32">(2 * float.length).fill("i32");
      const program = loadProgram(
        ({ f, thread, host }) => {
          all.forEach((args, i) => {
            const at = address + i * 8;
            const push = () =>
              f
                .get(thread)
                .i32(all.length * 8)
                .op("i32.mul");
            push();
            for (const word of args.slice(0, float.length).flatMap(wordsOf)) f.i32(word);
            f.call(host(wordsPrefix + name)).memory("i32.store", at);
            push();
            f.call(host(highWordName)).memory("i32.store", at + 4);
          });
        },
        [
          [wordsPrefix + name, params, ["i32"]],
          [highWordName, [], ["i32"]],
        ],
        hostImports,
      );
      await ready();
      expect(pool.run(program, 2)).toBe(0);
      const results = heap().view("float64", address, 2 * all.length);
      const expected = Float64Array.from(all, (args) => float(...args.slice(0, float.length)));
      expect(results.slice(0, all.length)).toEqual(expected);
      expect(results.slice(all.length)).toEqual(expected);
      pool.unload(program);
    }
  });

  it("that Math lends by name are the scalar algebra's", () => {
    const own = new Set(
      [...hostFunctionText.matchAll(/const (\w+) = \(/g)].map(([, name]) => name),
    );
    const math = Math as unknown as Record<string, unknown>;
    const lent = Object.entries(primitives).filter(([name]) => name in math && !own.has(name));
    expect(lent.length).toBeGreaterThan(10);
    for (const [name, { float }] of lent) expect(math[name]).toBe(float);
  });

  it("tell all threads the same time", async () => {
    const pool = await withThreads(2);
    const program = loadProgram(
      ({ f, thread, host }) => {
        f.get(thread).i32(3).op("i32.shl").call(host("now")).memory("f64.store", address);
      },
      [["now", [], ["f64"]]],
    );
    await ready();
    const before = performance.timeOrigin + performance.now();
    expect(pool.run(program, 2)).toBe(0);
    const after = performance.timeOrigin + performance.now();
    for (const time of heap().view("float64", address, 2)) {
      // The clocks of two threads agree to a millisecond or so.
      expect(time).toBeGreaterThan(before - 5);
      expect(time).toBeLessThan(after + 5);
    }
  });

  it("of the owner run on its thread alone", async () => {
    const pool = await withThreads(2);
    const calls: number[] = [];
    const call = (thread: number) =>
      loadProgram(
        ({ f, thread: own, host }) => {
          f.get(own).i32(thread).op("i32.eq");
          f.if(() => f.i32(7).call(host("note")));
        },
        [["note", ["i32"], []]],
        { note: (value) => void calls.push(value) },
      );
    const [byOwner, byWorker] = [call(0), call(1)];
    await ready();
    expect(pool.run(byOwner, 2)).toBe(0);
    expect(calls).toEqual([7]);
    expect(() => pool.run(byWorker, 2)).toThrow(/note can only be called on the owning thread/);
    await expect(pool.runAsync(byOwner, 1)).rejects.toThrow(/note can only be called/);
    expect(calls).toEqual([7]);
  });

  it("that throw stop the program on all threads", async () => {
    const pool = await withThreads(2);
    const throwing = loadProgram(({ f, host }) => f.call(host("pow")), [["pow", [], []]], {
      pow: () => {
        throw new RangeError("a host's");
      },
    });
    const program = marks(address);
    await ready();
    expect(() => pool.run(throwing, 2)).toThrow(
      /trap on the owning thread \(RangeError: a host's\)/,
    );
    expect(threadsOf(() => pool.run(program, 2))).toEqual([2, 2, 0, 0]);
  });
});
