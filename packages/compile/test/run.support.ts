// Small programs for the tests of the pool.
import { emitBarrier } from "../src/run/barrier.ts";
import { heap } from "../src/run/heap.ts";
import { ready, setThreads, threadPool, type LoadedProgram } from "../src/run/pool.ts";
import type { FunctionBuilder, FunctionRef, Local } from "../src/wasm/function.ts";
import { ModuleBuilder } from "../src/wasm/module.ts";

export interface Emitting {
  readonly f: FunctionBuilder;
  readonly thread: Local;
  readonly threads: Local;
  /** All threads wait for each other here. */
  readonly wait: () => void;
  /** A function declared in `imports`. */
  readonly host: (name: string) => FunctionRef;
}

type Import = [name: string, params: "f64"[] | "i32"[], results: "f64"[] | "i32"[]];

/** A program whose `run` is what `body` writes, and then a barrier and status 0. */
export function programBytes(body: (emitting: Emitting) => void, imports: Import[] = []) {
  const { limits, control } = heap();
  const module = new ModuleBuilder(limits);
  const refs = new Map(imports.map(([name, p, r]) => [name, module.import(name, p, r)]));
  const barrier = emitBarrier(module, control);
  const run = module.function(["i32", "i32"], ["i32"], (f) => {
    const [thread, threads] = f.params;
    const wait = () => {
      f.get(thread).get(threads).call(barrier);
      f.if(() => f.i32(1).op("return"));
    };
    body({ f, thread, threads, wait, host: (name) => refs.get(name)! });
    wait();
    f.i32(0);
  });
  module.export("run", run);
  return module.toBytes();
}

export const loadProgram = (
  body: (emitting: Emitting) => void,
  imports: Import[] = [],
  functions: Record<string, (...args: number[]) => number | void> = {},
): LoadedProgram => threadPool().load(programBytes(body, imports), functions);

/** Each thread sets int32 number `thread` from `address` on to `threads`. */
export const marks = (address: number) =>
  loadProgram(({ f, thread, threads }) => {
    f.get(thread).i32(2).op("i32.shl").get(threads).memory("i32.store", address);
  });

/** The thread of this number runs into `unreachable`; the others wait for it. */
export const trapOn = (number: number) =>
  loadProgram(({ f, thread }) => {
    f.get(thread).i32(number).op("i32.eq");
    f.if(() => f.op("unreachable"));
  });

export const int32 = (address: number, length: number): Int32Array =>
  heap().view("int32", address, length) as Int32Array;

/** The pool with all workers up. */
export async function withThreads(count: number) {
  setThreads(count);
  await ready();
  return threadPool();
}
