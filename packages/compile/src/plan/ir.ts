// What kernels compute, as passes work on it and code generators are given it: loops over elements, and
// contractions. Both are made of strides and of small straight-line programs for one element; neither
// knows an op or a tensor.
import type { DType } from "@wengert/autograd";
import type { Band } from "./band.ts";

/** Where the elements of an array lie: at base + Σ strides[d] · i_d, counted in elements. The base (a
 *  byte address that includes any offset) is an argument of the generated function. */
export interface Operand {
  readonly dtype: DType;
  /** One for each dim of the loop; 0 where the element does not depend on it. May be negative. */
  readonly strides: readonly number[];
}

export type ReduceOp = "sum" | "prod" | "max" | "min" | "argmax" | "argmin";

/** One value of the straight-line program; `args` and `index` are numbers of earlier values. */
export type Instr = { readonly dtype: DType } & (
  | { readonly kind: "load"; readonly operand: number }
  /** The element of the operand `index · stride` further on; an index outside of 0 … size − 1 fails
   *  the program. `site` numbers the failure, for the error. */
  | {
      readonly kind: "gather";
      readonly operand: number;
      readonly index: number;
      readonly stride: number;
      readonly size: number;
      readonly site: number;
    }
  | { readonly kind: "const"; readonly value: number }
  /** offset + Σ strides[d] · i_d, as int32. */
  | { readonly kind: "index"; readonly strides: readonly number[]; readonly offset: number }
  /** Word number offset + Σ strides[d] · i_d of the Threefry stream whose state is the four int32
   *  words at the operand's base. */
  | {
      readonly kind: "random";
      readonly operand: number;
      readonly strides: readonly number[];
      readonly offset: number;
    }
  /** A function of the scalar algebra, by its name there. Its arguments have one dtype (but for the
   *  condition of a select). */
  | { readonly kind: "call"; readonly fn: string; readonly args: readonly number[] }
  | { readonly kind: "cast"; readonly arg: number }
  /** Folds the row; argmax and argmin give the first position (int32) in the row. */
  | { readonly kind: "reduce"; readonly op: ReduceOp; readonly arg: number }
);

/** The earlier values that one is computed from. */
export function argsOf(instr: Instr): readonly number[] {
  switch (instr.kind) {
    case "call":
      return instr.args;
    case "cast":
    case "reduce":
      return [instr.arg];
    case "gather":
      return [instr.index];
    case "load":
    case "const":
    case "index":
    case "random":
      return [];
  }
}

export interface Store {
  readonly operand: number;
  readonly value: number;
  /** Adds to what is there, in the order of the loop, instead of overwriting it: several iterations
   *  may meet at one element. */
  readonly accumulate?: boolean;
}

/**
 * A nest of loops. For each index of the outer dims, the last `rowDims` dims are the *row*: a value
 * that depends on a row dim is computed for each element of the row, any other once for the row.
 * Reductions fold the whole row, so a value that depends on one can only be computed when the row
 * has been gone through: the row is gone through once per stage. A store happens for each element
 * of the row if its operand moves along the row or its value depends on it, else once.
 *
 * Operands may be the same memory only where each element is read before it is written and at the
 * same index (an update in place).
 */
export interface LoopKernel {
  /** Extents, outermost first. Row-major order of a contiguous output is customary, not required. */
  readonly dims: readonly number[];
  readonly rowDims: number;
  readonly operands: readonly Operand[];
  readonly instrs: readonly Instr[];
  readonly stores: readonly Store[];
}

/** An axis of a contraction: its extent and the strides of the operands, in elements. */
export interface ContractionAxis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
  /** A name for bands. */
  readonly label?: number;
  /** Of a summed axis: which terms may be left out. */
  readonly band?: Band;
}

/**
 * acc[batch, m, n] = Σ_k a[batch, m, k] · b[batch, k, n], and then, for each element of acc, the
 * epilogue: a loop without rows whose dims are those of batch, m and n in this order and whose
 * operand 0 is acc itself (it has no memory; a load of it is the sum). Any of the groups may be empty.
 */
export interface Contraction {
  readonly dtype: DType;
  readonly batch: readonly ContractionAxis[];
  readonly m: readonly ContractionAxis[];
  readonly n: readonly ContractionAxis[];
  readonly k: readonly ContractionAxis[];
  readonly epilogue: LoopKernel;
}

/** target[Σ t_d · i_d + index[i] · axisStride] += source[i] for all i of the dims, in row-major order
 *  (sums of one element are added in this order, whatever the number of threads); or = instead of +=,
 *  so that the last one stays. An index outside of 0 … axisSize − 1 fails the program at `site`. */
export interface ScatterKernel {
  readonly combine: "add" | "set";
  readonly dims: readonly number[];
  readonly target: Operand;
  readonly index: Operand;
  readonly source: Operand;
  readonly axisStride: number;
  readonly axisSize: number;
  readonly site: number;
}

/** Along the last dim: carry = value(carry, operands…), stored at each step. Operand 0 has no memory:
 *  a load of it is the carry, which starts as `init` for each index of the other dims. A scan in
 *  reverse has negative strides: the caller turns the dim around. */
export interface ScanKernel {
  readonly dims: readonly number[];
  readonly operands: readonly Operand[];
  readonly instrs: readonly Instr[];
  readonly init: number;
  /** The value that is the next carry, and where each is stored. */
  readonly value: number;
  readonly output: number;
  /** An operand, of the carry's dtype, that the carry starts as instead. */
  readonly start?: number;
  /** An operand; where its one element is 0, nothing is done. */
  readonly onlyIf?: number;
}
