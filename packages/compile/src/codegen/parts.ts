// How threads come by the parts of a kernel that is cut into more parts than there are threads.
import type { FunctionBuilder, FunctionRef } from "../wasm/function.ts";
import type { ModuleBuilder } from "../wasm/module.ts";

/** A cache line. */
export const counterStride = 64;

/**
 * Bytes between what one thread and the next one write all the time. Processors fetch lines ahead of those that are
 * read, and what they fetch is taken from the one that writes it.
 */
export const threadGap = 2048;

/**
 * How many parts of equally many pieces there are, so that no thread has much more than another one: of 98 pieces two
 * threads have 49 each if parts have one piece, and 51 and 47 if they have three. Up to three times as many as `most`, else
 * as few as are as even.
 */
export function wholeParts(pieces: number, most: number, threads: number): number {
  let best = 0;
  let leastShare = Infinity;
  for (let size = Math.ceil(pieces / most); size >= 1; size--) {
    const parts = Math.ceil(pieces / size);
    const share = Math.ceil(parts / threads) * size;
    if (best > 0 && (parts > 3 * most || share >= leastShare)) continue;
    [best, leastShare] = [parts, share];
  }
  return best;
}

/** In a function of (thread, threads): takes parts until none is left, and calls each with its number and how many
 *  there are pushed. One thread alone takes the whole. */
export function emitParts(
  f: FunctionBuilder,
  module: ModuleBuilder,
  { parts, counters }: { readonly parts: number; readonly counters: number },
  call: () => void,
): void {
  f.scope(() => {
    const [thread, threads] = f.params;
    f.i32(1).i32(parts).get(threads).i32(2).op("i32.lt_s", "select");
    const all = f.keep("i32");
    const part = f.local("i32");
    f.loop((again) => {
      f.get(thread).get(threads).i32(counters).get(all).call(takePart(module)).tee(part);
      f.i32(0).op("i32.ge_s");
      f.if(() => {
        f.get(part).get(all);
        call();
        f.br(again);
      });
    });
  });
}

/**
 * (thread, threads, counters, parts) → a part that nobody has taken, or −1 if none is left. Each thread has its range
 * of the parts, and a counter of those that are taken of it; a thread whose own range is done helps the next ones.
 * So nobody waits for the slowest thread; and where kernel after kernel goes over the same elements, most of a thread's
 * are still in its own cache. With one counter for all, half of them would be in the other processor's.
 */
const takePart = (module: ModuleBuilder): FunctionRef =>
  module.shared("take part", () => emitTakePart(module));

function emitTakePart(module: ModuleBuilder): FunctionRef {
  return module.function(["i32", "i32", "i32", "i32"], ["i32"], (f) => {
    const [thread, threads, counters, parts] = f.params;
    const whose = f.get(thread).keep("i32");
    const asked = f.i32(0).keep("i32");
    const part = f.local("i32");
    f.loop((again) => {
      const bound = (next: 0 | 1) =>
        f.get(whose).i32(next).op("i32.add").get(parts).op("i32.mul").get(threads).op("i32.div_u");
      f.get(whose).i32(counterStride).op("i32.mul").get(counters).op("i32.add");
      f.i32(1).memory("i32.atomic.rmw.add");
      bound(0).op("i32.add").tee(part);
      bound(1).op("i32.lt_s");
      f.if(() => f.get(part).op("return"));
      f.get(whose).i32(1).op("i32.add").tee(whose).get(threads).op("i32.eq");
      f.if(() => f.i32(0).set(whose));
      f.get(asked).i32(1).op("i32.add").tee(asked).get(threads).op("i32.lt_s").brIf(again);
    });
    f.i32(-1);
  });
}
