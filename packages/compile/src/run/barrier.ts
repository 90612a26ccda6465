// The code with which threads wait for each other, and the code with which a worker waits for work.
import type { FunctionBuilder, FunctionRef } from "../wasm/function.ts";
import type { ModuleBuilder } from "../wasm/module.ts";
import { Abort, roundLooks, type ControlLayout } from "./control.ts";

const sliceNs = 100_000_000n;

/**
 * A barrier of those threads that take part: (thread, threads) → 0 to go on, 1 if the program is
 * given up. Threads count themselves; the last one to come sets the count back and raises the
 * generation, for which the others look: first in a loop, then sleeping. Everything written before
 * the barrier by any of them is seen after it by all.
 *
 * A thread that has waited for `patience` gives the program up for all: one that was killed never
 * comes. While thread 0 is in a function of the host's, patience does not end. Whoever gives it up also raises the generation, so that looking at that one word is enough.
 */
export function emitBarrier(module: ModuleBuilder, control: ControlLayout): FunctionRef {
  if (!control.isShared) {
    return module.function(["i32", "i32"], ["i32"], (f) => void f.i32(0));
  }
  const spin = emitSpin(module);
  const sleep = emitSleep(module, control, spin);
  return module.function(["i32", "i32"], ["i32"], (f) => {
    const [thread, threads] = f.params;
    f.get(threads).i32(2).op("i32.lt_s");
    f.if(() => f.i32(0).op("return"));
    // First the generation: an abort that the second load misses comes after it, and raises it.
    load(f, control.generation);
    const seen = f.keep("i32");
    load(f, control.abort);
    f.if(() => f.i32(1).op("return"));
    f.i32(0).i32(1).memory("i32.atomic.rmw.add", control.arrived).i32(1).op("i32.add");
    f.get(threads).op("i32.eq");
    f.if(
      () => {
        // In this order: who sees the new generation may come to the next barrier at once.
        f.i32(0).i32(0).memory("i32.atomic.store", control.arrived);
        bump(f, control.generation);
        load(f, control.sleepers);
        f.if(() => notifyAll(f, control.generation));
      },
      () => {
        f.i32(control.generation).get(seen);
        load(f, control.barrierSpins);
        f.call(spin).op("i32.eqz");
        f.if(() => f.get(thread).get(seen).call(sleep));
      },
    );
    load(f, control.abort);
    f.i32(0).op("i32.ne");
  });
}

/** (address, seen, looks) → 1 as soon as the word is not `seen`, 0 after so many looks. */
function emitSpin(module: ModuleBuilder): FunctionRef {
  const emit = () =>
    module.function(["i32", "i32", "i32"], ["i32"], (f) => {
      const [address, seen, looks] = f.params;
      f.loop((again) => {
        f.get(address).memory("i32.atomic.load").get(seen).op("i32.ne");
        f.if(() => f.i32(1).op("return"));
        f.get(looks).i32(1).op("i32.sub").tee(looks).i32(0).op("i32.gt_s").brIf(again);
      });
      f.i32(0);
    });
  return module.shared("run.spin", emit);
}

/** (thread, seen): returns when the generation is not `seen`, which it brings about itself by giving
 *  the program up when patience ends. */
function emitSleep(module: ModuleBuilder, control: ControlLayout, spin: FunctionRef): FunctionRef {
  return module.function(["i32", "i32"], [], (f) => {
    const [thread, seen] = f.params;
    const left = f.local("i32");
    f.get(thread).op("i32.eqz");
    load(f, control.ownerMayWait);
    f.op("i32.eqz", "i32.and");
    f.if(
      () => {
        load(f, control.spinPatience);
        f.set(left).loop((again) => {
          f.i32(control.generation).get(seen).i32(roundLooks).call(spin);
          f.if(() => f.op("return"));
          f.get(left).i32(1).op("i32.sub").tee(left).i32(0).op("i32.gt_s").brIf(again);
        });
      },
      () => {
        // Counted before the look that `wait` begins with, and the waker looks at the count after it
        // has raised the generation: one of the two sees the other.
        bump(f, control.sleepers);
        load(f, control.patience);
        f.set(left).block((awake) => {
          f.loop((again) => {
            f.i32(0).get(seen).i64(sliceNs);
            f.memory("memory.atomic.wait32", control.generation).op("drop");
            load(f, control.generation);
            f.get(seen).op("i32.ne").brIf(awake);
            load(f, control.hosting);
            f.if(() => {
              load(f, control.patience);
              f.set(left);
            });
            f.get(left).i32(1).op("i32.sub").tee(left).i32(0).op("i32.gt_s").brIf(again);
          });
        });
        f.i32(0).i32(-1).memory("i32.atomic.rmw.add", control.sleepers).op("drop");
        load(f, control.generation);
        f.get(seen).op("i32.ne");
        f.if(() => f.op("return"));
      },
    );
    f.i32(0).i32(Abort.none).i32(Abort.timeout);
    f.memory("i32.atomic.rmw.cmpxchg", control.abort).op("drop");
    bump(f, control.generation);
    notifyAll(f, control.generation);
  });
}

/**
 * What a worker waits with: (sequence, asleep, last, looks) → the number at address `sequence`, as
 * soon as it is not `last`. After so many looks it sleeps, with the word at `asleep` set: only then
 * it has to be woken.
 */
export function emitNext(module: ModuleBuilder): FunctionRef {
  const spin = emitSpin(module);
  return module.function(["i32", "i32", "i32", "i32"], ["i32"], (f) => {
    const [sequence, asleep, last, looks] = f.params;
    f.get(sequence).get(last).get(looks).call(spin).op("i32.eqz");
    f.if(() => {
      f.get(asleep).i32(1).memory("i32.atomic.store");
      f.loop((again) => {
        f.get(sequence).get(last).i64(-1).memory("memory.atomic.wait32").op("drop");
        f.get(sequence).memory("i32.atomic.load").get(last).op("i32.eq").brIf(again);
      });
      f.get(asleep).i32(0).memory("i32.atomic.store");
    });
    f.get(sequence).memory("i32.atomic.load");
  });
}

const load = (f: FunctionBuilder, address: number) => f.i32(0).memory("i32.atomic.load", address);

const bump = (f: FunctionBuilder, address: number) =>
  f.i32(0).i32(1).memory("i32.atomic.rmw.add", address).op("drop");

const notifyAll = (f: FunctionBuilder, address: number) =>
  f.i32(0).i32(-1).memory("memory.atomic.notify", address).op("drop");
