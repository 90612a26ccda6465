// The small vocabulary in which every op declares what it computes. A program is a list of kernels;
// executors run programs and know no op by name.
import type { DType, TypedArray } from "../tensor/dtype.ts";
import type { Shape, Spec as AnySpec } from "../tensor/shape.ts";
import type { Expr } from "./expr.ts";

export type Spec = AnySpec<DType>;

/** A scalar expression over inputs that broadcast to the output's shape. */
export interface MapKernel {
  readonly kind: "map";
  readonly expr: Expr;
}

/** Folds axes away: an empty sum is 0, an empty prod 1; max and min keep NaN. Floating-point sums
 *  and products are accumulated in double precision, in blocks. */
export interface ReduceKernel {
  readonly kind: "reduce";
  readonly op: "sum" | "prod" | "max" | "min";
  readonly axes: readonly number[];
}

/** The first index (int32) that attains the extremum along an axis; the first NaN wins. */
export interface ArgReduceKernel {
  readonly kind: "argReduce";
  readonly op: "max" | "min";
  readonly axis: number;
}

/** Along an axis: carry = expr(carry, inputs…), every carry is an output. Input 0 of the
 *  expression is the carry, which starts as `init`; the kernel's inputs follow. */
export interface ScanKernel {
  readonly kind: "scan";
  readonly expr: Expr;
  readonly init: number;
  readonly axis: number;
  readonly reverse: boolean;
}

/** A strided view without a copy: along output axis d, the index of input axis `axes[d]` moves by
 *  `steps[d]`, starting at `starts`. An axis of -1 repeats the input; two output axes on one input
 *  axis are a sliding window; an input axis that none names stays at its start. */
export interface ViewKernel {
  readonly kind: "view";
  readonly axes: readonly number[];
  readonly steps: readonly number[];
  readonly starts: readonly number[];
  /** A compiler may not take the result for the same value as the input, lest it find what is computed
   *  twice on purpose. Default: false. */
  readonly isOpaque?: boolean;
}

/** The same elements in row-major order under another shape. */
export interface ReshapeKernel {
  readonly kind: "reshape";
}

/** Elements of `value` around each axis and, `interior` of them, between its entries. */
export interface PadKernel {
  readonly kind: "pad";
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
}

/** Puts inputs one after another along an axis. */
export interface ConcatKernel {
  readonly kind: "concat";
  readonly axis: number;
}

/** The sum of products over the labels that the output lacks: out[…] = Σ a[…]·b[…]. Each axis has
 *  a label; within one operand labels differ. */
export interface ContractKernel {
  readonly kind: "contract";
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly out: readonly number[];
}

/** The transpose of a view, with the same fields: zeros, to which each element of the input is added
 *  at the place that the view of the result would read it from. Many may meet at one place; they are
 *  added in double precision and rounded once. */
export interface OverlapAddKernel {
  readonly kind: "overlapAdd";
  readonly axes: readonly number[];
  readonly steps: readonly number[];
  readonly starts: readonly number[];
}

/** (x, index): out[i…] = x[i… with index[i…] on the axis]. The index has the output's shape. */
export interface GatherKernel {
  readonly kind: "gather";
  /** The op's, for errors. */
  readonly name: string;
  readonly axis: number;
}

/** (x, index, source): x, with source[i…] added at [i… with index[i…] on the axis], in row-major
 *  order of the source. */
export interface ScatterAddKernel {
  readonly kind: "scatterAdd";
  /** The op's, for errors. */
  readonly name: string;
  readonly axis: number;
}

/** (x, index, source): x, with source[i…] in the place of [i… with index[i…] on the axis]; of several
 *  that have one place, the last in row-major order of the source stays. */
export interface ScatterKernel {
  readonly kind: "scatter";
  /** The op's, for errors. */
  readonly name: string;
  readonly axis: number;
}

/** The index along an axis. */
export interface IotaKernel {
  readonly kind: "iota";
  readonly axis: number;
}

/** (state): 32 random bits (int32) for each element, a pure function of the state: see threefry.ts.
 *  The state [key0, key1, counter low, counter high] is not changed. */
export interface RandomKernel {
  readonly kind: "random";
}

/** (target, value): writes the value into the target's storage; the output is the target. */
export interface AssignKernel {
  readonly kind: "assign";
}

/** A TypeScript function of row-major arrays; it fills `out`. */
export interface HostKernel {
  readonly kind: "host";
  readonly name: string;
  readonly run: (inputs: readonly HostArray[], out: TypedArray) => void;
}

export interface HostArray {
  readonly data: TypedArray;
  readonly shape: Shape;
}

/**
 * Repeats a body. Turn t is given the carries, which it replaces, slice t (of axis 0) of each of the
 * xs, and the constants; it makes the carries of the next turn and slice t of each of the ys. The
 * kernel's inputs are the first carries, the xs and the constants; the body's are carries, slices and
 * constants, and its outputs carries and slices. In reverse the last slices come first.
 *
 * It makes several values, the last carries and the ys. The first of them is its own; `part` kernels
 * are the others.
 */
export interface RepeatKernel {
  readonly kind: "repeat";
  readonly body: Program;
  readonly carries: number;
  readonly xs: number;
  readonly length: number;
  readonly reverse: boolean;
  /** What it makes. */
  readonly outputs: readonly Spec[];
}

/** (the value of a repeat kernel): another of the values that it made. */
export interface PartKernel {
  readonly kind: "part";
  readonly index: number;
}

export type Kernel =
  | MapKernel
  | ReduceKernel
  | ArgReduceKernel
  | ScanKernel
  | ViewKernel
  | ReshapeKernel
  | PadKernel
  | ConcatKernel
  | ContractKernel
  | OverlapAddKernel
  | GatherKernel
  | ScatterAddKernel
  | ScatterKernel
  | IotaKernel
  | RandomKernel
  | AssignKernel
  | HostKernel
  | RepeatKernel
  | PartKernel;

/** One kernel of a program. Values are numbered: the program's inputs first, then each step's. */
export interface Step {
  readonly kernel: Kernel;
  readonly inputs: readonly number[];
  readonly spec: Spec;
}

/** The body of an op for certain shapes and dtypes. */
export interface Program {
  readonly inputs: readonly Spec[];
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
}

/** How many dimensions of a contraction's kind there are, and which labels they are. */
export interface ContractionRoles {
  readonly batch: readonly number[];
  readonly m: readonly number[];
  readonly n: readonly number[];
  readonly k: readonly number[];
}

/** Labels by role: on both sides and kept (batch), on one and kept (m, n), on both and summed (k). */
export function contractionRoles({ a, b, out }: ContractKernel): ContractionRoles {
  return {
    batch: out.filter((label) => a.includes(label) && b.includes(label)),
    m: out.filter((label) => a.includes(label) && !b.includes(label)),
    n: out.filter((label) => !a.includes(label) && b.includes(label)),
    k: a.filter((label) => b.includes(label) && !out.includes(label)),
  };
}
