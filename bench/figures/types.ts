import type { WorkloadId } from "../types.ts";

/** A kernel's measured time on one thread and on two, in microseconds. */
export interface KernelFigure {
  /** The ops that it came from, and what it goes over. */
  readonly what: string;
  readonly us1: number;
  readonly us2: number;
}

/** What is known of a workload's compiled step beside how long it takes. */
export interface Figures {
  readonly workload: WorkloadId;
  /** From the first call to its result, recording and compiling included: the median of some processes. */
  readonly firstCallMs: number;
  /** In the order in which they run. */
  readonly kernels: readonly KernelFigure[];
  readonly arenaBytes: number;
  /** The peak of live bytes that the schedule implies. */
  readonly arenaLowerBound: number;
  /** What the eager step has alive at most; 0: nothing large. */
  readonly eagerPeakBytes: number;
  /** How many further steps the following are of. */
  readonly steps: number;
  /** Bytes that a step allocates on the JavaScript heap, its result included. */
  readonly heapBytesPerStep: number;
  /** What the resident memory has grown by over all steps. */
  readonly residentBytes: number;
}

/** What a process finds that ends after its first call. */
export type FirstCall = Pick<Figures, "firstCallMs">;
