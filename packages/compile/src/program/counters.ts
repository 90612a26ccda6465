// The words at which the threads of a program find the next part of a kernel to do: of each kernel's own parts
// each thread has one (see codegen/parts.ts).
import type { Emitter } from "../codegen/program.ts";
import { heap } from "../run/heap.ts";
import type { Holdings } from "./holdings.ts";

export class Counters {
  readonly address: number;
  private readonly words: Int32Array;

  constructor({ counterBytes }: Emitter, holdings: Holdings) {
    const isNeeded = counterBytes > 0;
    this.address = isNeeded ? holdings.allocate(counterBytes, "counters of a program").address : 0;
    // Only threads share work, and memory that they share keeps its views when it grows.
    this.words = isNeeded
      ? (heap().view("int32", this.address, counterBytes / 4) as Int32Array)
      : new Int32Array(0);
  }

  /** Before each run. */
  reset(): void {
    this.words.fill(0);
  }
}
