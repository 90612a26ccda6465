// What is known of a compiled program after it has been looked at.
import type { Span } from "../program/profile.ts";

export interface ExplainOptions {
  /**
   * For how many milliseconds the program runs before it is timed: engines compile a module quickly first and
   * well later. At least 0; default: 400. 0 where it is not times that are of interest.
   */
  readonly warmUpMs?: number;
}

export type KernelKind = "map" | "map-reduce" | "contract" | "scatter" | "scan" | "turns" | "host";

/** One kernel of a program, at its place in the order in which they run. */
export interface KernelReport {
  readonly kind: KernelKind;
  /** The ops that it came from. */
  readonly ops: readonly string[];
  /** What it goes over, in a line: `[64, 784] × [784, 256]`. */
  readonly description: string;
  /** Floating-point operations: a multiply-add counts as two, a function such as exp as one. */
  readonly flops: number;
  /** What it reads and writes, each element once. */
  readonly bytes: number;
  /** How long the slowest thread works on it, waits between its phases included. */
  readonly microseconds: number;
  readonly gflops: number;
  /** Whether one thread does all of it: it is too small to be shared, or cannot be. */
  readonly isSerial: boolean;
  /** When each thread works on it; null for threads that do not. */
  readonly spans: readonly (Span | null)[];
}

export interface Report {
  /** In the order in which they run. */
  readonly kernels: readonly KernelReport[];
  readonly flops: number;
  readonly bytes: number;
  /** The memory of all intermediate values. */
  readonly arenaBytes: number;
  /** The most that is alive at one time: no arena can be smaller. */
  readonly arenaLowerBound: number;
  readonly moduleBytes: number;
  readonly constantsBytes: number;
  /** Of the widest vectors: 256 where a product of float32 uses such (see `setWideVectors`). */
  readonly vectorBits: 128 | 256;
  /** How many threads took part when it was timed. */
  readonly threads: number;
  readonly milliseconds: number;
  /** How often all threads wait for each other in one call; 0 where there is but one. */
  readonly barriers: number;
  /** Ops that run as JavaScript on the calling thread while the others wait. */
  readonly hostOps: readonly string[];
  /** How often the function has been recorded and compiled so far. */
  readonly compilations: number;
  /** Which axes one program serves whatever their size, and which it does not, and why. */
  readonly symbolic: readonly string[];
}

/** What a compiled function does at a call like its latest, with times that were measured. */
export interface Explanation extends Report {
  /** A table for the terminal. */
  toString(): string;
  /** A page of its own: what each thread does when, and a table. It loads nothing and runs no script. */
  toHtml(title?: string): string;
  /** The picture of that page alone, to be put into another one. */
  toSvg(): string;
}
