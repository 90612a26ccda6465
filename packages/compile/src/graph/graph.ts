// The program of a recorded function: kernels in order, each the one writer of a value of its own.
import type {
  ContractKernel,
  DType,
  Kernel,
  RepeatKernel,
  Shape,
  TypedArray,
} from "@wengert/autograd";

/** A strided look at a node's value: element i lies at offset + Σ strides[d] · i_d of its elements in
 *  row-major order. Views are not nodes; they are how a value is looked at. */
export interface Ref {
  /** The number of the node. */
  readonly node: number;
  readonly shape: Shape;
  /** In elements; 0 where the view repeats, negative where it is flipped. */
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Where values come from that no kernel makes. */
export type Source =
  /** An argument, by its number among the tensors of the arguments. */
  | { readonly kind: "input"; readonly index: number }
  /** A tensor of the surroundings, by its number among the cells: what it holds when the call begins. */
  | { readonly kind: "cell"; readonly index: number }
  | { readonly kind: "constant"; readonly data: TypedArray };

/** Kernels that compute; views have become refs. */
export type Computation =
  | Exclude<Kernel, { readonly kind: "view" | "reshape" | "assign" | "repeat" | "contract" }>
  | BandedContractKernel;

/** A contraction of which some terms are known to be 0. */
export interface BandedContractKernel extends ContractKernel {
  readonly bands?: readonly LabelBand[];
}

/** Where the label `place` of the output is u, only those terms of the summed label `within` may differ from 0 for
 *  which 0 ≤ u − start − step · q < count. */
export interface LabelBand {
  readonly place: number;
  readonly within: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The same elements as another value: where something is computed again from them, it is computed again. */
export interface BarrierKernel {
  readonly kind: "barrier";
  /** Distinct for distinct barriers. */
  readonly number: number;
}

/** A repeat whose body is a graph: carries and results of a turn are its cells, which take their values
 *  at the end of each turn; slices and constants are its inputs. `part` kernels are its other values. */
export interface TurnsKernel extends Omit<RepeatKernel, "kind" | "body"> {
  readonly kind: "turns";
  readonly body: Graph;
}

/** The first input with the elements that `region` looks at replaced by those of the second. */
export interface UpdateKernel {
  readonly kind: "update";
  readonly region: Omit<Ref, "node">;
}

/** Each input in a box of its own of the result, which do not overlap; `fill` elsewhere, or null where
 *  the boxes cover everything. What pads, concatenations and their sums become. */
export interface AssembleKernel {
  readonly kind: "assemble";
  /** For each input and axis: where its first element goes, and how far apart its elements are. */
  readonly boxes: readonly Box[];
  readonly fill: number | null;
}

export interface Box {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

export type Node = {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The op that asked for it, for people. */
  readonly origin: string;
  readonly inputs: readonly Ref[];
} & (
  | { readonly kind: "source"; readonly source: Source }
  | {
      readonly kind: "kernel";
      readonly kernel: Computation | UpdateKernel | AssembleKernel | TurnsKernel | BarrierKernel;
    }
);

/** A cell takes a new value at the end of the call. */
export interface CellStore {
  readonly cell: number;
  readonly value: number;
}

export interface Graph {
  /** In order: a node's inputs come before it. */
  readonly nodes: readonly Node[];
  /** What the call returns. */
  readonly outputs: readonly Ref[];
  readonly stores: readonly CellStore[];
}
