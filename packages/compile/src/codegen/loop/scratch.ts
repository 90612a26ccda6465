import { isSymbolic, plus } from "../../size/scope.ts";

/** Lays out the scratch memory of a kernel, by cache lines. */
export class Scratch {
  bytes = 0;

  take(bytes: number): number {
    const offset = this.bytes;
    this.bytes = plus(this.bytes, isSymbolic(bytes) ? bytes : (bytes + 63) & ~63);
    return offset;
  }
}
