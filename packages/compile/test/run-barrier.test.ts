import { describe, expect, it } from "vitest";
import { heap } from "../src/run/heap.ts";
import { ready, setThreads, threadPool } from "../src/run/pool.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";
import { emitBarrier } from "../src/run/barrier.ts";
import { controlLayout } from "../src/run/control.ts";
import { wasm } from "../src/run/platform.ts";
import { int32, loadProgram } from "./run.support.ts";

/** Threads of most tests. */
const most = 4;

/**
 * In each of `rounds` rounds each thread adds 1 to its cell, waits, and counts the cells of the
 * others that are not at this round; waits again, so that nobody is ahead. `delay` iterations of
 * idleness before, on one thread in turn.
 */
function counting(address: number, rounds: number, delay: number) {
  return loadProgram(({ f, thread, threads, wait }) => {
    const [round, other, errors, idle] = [0, 0, 0, 0].map(() => f.local("i32"));
    const own = () => f.get(thread).i32(6).op("i32.shl");
    f.i32(0).set(errors).i32(0).set(round);
    f.forLess(round, rounds, 1, () => {
      f.get(round).get(threads).op("i32.rem_u").get(thread).op("i32.eq");
      f.if(() => {
        f.i32(0).set(idle);
        f.forLess(idle, delay, 1, () => f.get(idle).op("drop"));
      });
      own();
      own().memory("i32.load", address).i32(1).op("i32.add").memory("i32.store", address);
      wait();
      f.i32(0).set(other);
      f.forLess(other, threads, 1, () => {
        f.get(errors).get(other).i32(6).op("i32.shl").memory("i32.load", address);
        f.get(round).i32(1).op("i32.add", "i32.ne", "i32.add").set(errors);
      });
      wait();
    });
    own()
      .get(errors)
      .memory("i32.store", address + 4);
  });
}

async function check(threads: number, rounds: number, delay: number) {
  setThreads(threads);
  await ready();
  const address = heap().allocate(64 * most, "a test").address;
  const cells = int32(address, 16 * most).fill(0);
  const program = counting(address, rounds, delay);
  await ready();
  expect(threadPool().run(program, threads)).toBe(0);
  threadPool().unload(program);
  for (let thread = 0; thread < most; thread++) {
    expect(cells[16 * thread]).toBe(thread < threads ? rounds : 0);
    expect(cells[16 * thread + 1]).toBe(0);
  }
}

describe("the barrier", () => {
  it.each([1, 2])("keeps %i threads in step for thousands of rounds", (threads) =>
    check(threads, 20_000, 0),
  );

  it.each([3, 4])("keeps %i threads in step", (threads) => check(threads, 1000, 0));

  it("wakes threads that have gone to sleep", async () => {
    const { words, control } = heap();
    const spins = words.get(control.barrierSpins);
    words.set(control.barrierSpins, 1);
    try {
      await check(2, 2000, 3000);
      await check(3, 500, 3000);
    } finally {
      words.set(control.barrierSpins, spins);
    }
  });

  it("does not sleep on an owner that may not", async () => {
    const { words, control } = heap();
    const spins = words.get(control.barrierSpins);
    words.set(control.barrierSpins, 1);
    words.set(control.ownerMayWait, 0);
    try {
      await check(2, 2000, 3000);
    } finally {
      words.set(control.barrierSpins, spins);
      words.set(control.ownerMayWait, 1);
    }
  });

  it("leaves nothing behind", () => {
    const { words, control } = heap();
    for (const address of [control.arrived, control.sleepers, control.abort]) {
      expect(words.get(address)).toBe(0);
    }
  });

  it("is nothing in a module without shared memory", () => {
    const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
    module.export("barrier", emitBarrier(module, controlLayout(false)));
    const { Memory, Module, Instance } = wasm()!;
    const memory = new Memory({ initial: 1, maximum: 1 });
    const { barrier } = new Instance(new Module(module.toBytes()), { env: { memory } }).exports;
    expect((barrier as (thread: number, threads: number) => number)(0, 1)).toBe(0);
  });
});
