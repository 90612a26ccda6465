/** The standard workloads, in the order of the table. */
export const WORKLOAD_IDS = [
  "xor",
  "mlpSgd",
  "mlpAdam",
  "lenet5",
  "charGpt",
  "elementwise1e6",
  "matmul256",
  "matmul512",
  "matmul1024",
] as const;

export type WorkloadId = (typeof WORKLOAD_IDS)[number];

export const OUR_COLUMNS = ["eager", "compiled1", "compiled2"] as const;
export type OurColumn = (typeof OUR_COLUMNS)[number];

export const PEER_COLUMNS = ["pytorch1", "pytorch2", "jaxjs", "tfjsWasm"] as const;
export type PeerColumn = (typeof PEER_COLUMNS)[number];

export type Column = OurColumn | PeerColumn;

/** What `compile` of @wengert/compile is, and the identity where a step is to stay eager. */
export type Compile = <F extends (...args: never[]) => unknown>(step: F) => F;

/** One thing to time. Its peers' versions stand in peers/, under the same id. */
export interface Workload {
  readonly title: string;
  /** Floating-point operations of a step, where it is little else than one product. */
  readonly flops?: number;
  /** Makes data and model; what it returns does one step and waits for the step's result. */
  readonly prepare: (compile: Compile) => () => unknown;
}

/** Microseconds per step, or why there are none. */
export type Outcome = { readonly us: number } | { readonly error: string };

/** Medians; null where a column has none. */
export interface Result {
  readonly workload: WorkloadId;
  readonly unit: "us";
  readonly ours: Readonly<Record<OurColumn, number | null>>;
  readonly peers: Readonly<Record<PeerColumn, number | null>>;
}

export interface Report {
  readonly machine: string;
  readonly node: string;
  readonly peak128GflopsPerThread: number;
  readonly results: readonly Result[];
}
