// The words at which the threads of a program find the next part of a kernel to do: of each kernel's own parts
// each thread has one (see codegen/parts.ts).
import type { Emitter } from "../codegen/program.ts";
import { heap, type Block } from "../run/heap.ts";

export class Counters {
  readonly address: number;
  private readonly block: Block | null;
  private readonly words: Int32Array;

  constructor({ counterBytes }: Emitter) {
    this.block = counterBytes > 0 ? heap().allocate(counterBytes, "counters of a program") : null;
    this.address = this.block?.address ?? 0;
    // Only threads share work, and memory that they share keeps its views when it grows.
    this.words = this.block
      ? (heap().view("int32", this.address, counterBytes / 4) as Int32Array)
      : new Int32Array(0);
  }

  /** Before each run. */
  reset(): void {
    this.words.fill(0);
  }

  dispose(): void {
    if (this.block) heap().free(this.block);
  }
}
