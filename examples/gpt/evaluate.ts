import type { Tensor } from "@wengert/autograd";
import { windowsAt } from "./windows.ts";

/** The losses of every character of some windows, [batch, context], in nats. */
export type LossesOf = (inputs: Tensor, targets: Tensor) => Tensor;

/**
 * The mean loss over the characters from `from` on, in bits. Windows overlap by half, and a
 * character counts where it comes first: it is predicted from at least half a window before it.
 *
 * @param batch How many windows are measured at once: always so many, for one program.
 */
export function bitsPerCharacter(
  lossesOf: LossesOf,
  codes: Int32Array,
  from: number,
  { context, batch }: { readonly context: number; readonly batch: number },
): number {
  const starts = startsFrom(from - 1, codes.length - context - 1, Math.ceil(context / 2));
  let [nats, next] = [0, from];
  for (let i = 0; i < starts.length; i += batch) {
    // The last windows stand for those that are missing: they come too late to count again.
    const some = Array.from(
      { length: batch },
      (_, j) => starts[Math.min(i + j, starts.length - 1)],
    );
    const losses = lossesOf(...windowsAt(codes, some, context)).data;
    some.forEach((start, row) => {
      for (let column = Math.max(0, next - start - 1); column < context; column++) {
        nats += losses[row * context + column];
        next = start + column + 2;
      }
    });
  }
  return nats / (codes.length - from) / Math.LN2;
}

/** first, first + stride, … and at last the last one. */
function startsFrom(first: number, last: number, stride: number): number[] {
  const starts: number[] = [];
  for (let start = first; start < last; start += stride) starts.push(start);
  return [...starts, last];
}
