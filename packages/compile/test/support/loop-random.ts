// Random loop kernels. All data are small integers and all operations exact, so that results can be
// compared bit by bit, whatever the order of additions.
import type { DType, TypedArray } from "@wengert/autograd";
import fc from "fast-check";
import type { Instr, LoopKernel, Operand, ReduceOp, Store } from "../../src/plan/ir.ts";

export interface Case {
  readonly kernel: LoopKernel;
  readonly arrays: readonly TypedArray[];
  readonly offsets: readonly number[];
}

/** float64 halves the lanes: most kernels are to have all. */
const choices: readonly (readonly DType[])[] = [
  ["float32"],
  ["float32", "int32", "bool"],
  ["float32", "float64", "int32", "bool"],
];
const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/** Draws from fast-check, one number at a time. */
class Draw {
  private readonly pick: (max: number) => number;

  constructor(pick: (max: number) => number) {
    this.pick = pick;
  }

  /** 0 … count − 1. */
  below(count: number): number {
    return this.pick(count - 1);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

/** Strides of a dense array of the dims in some order, some flipped, some broadcast; and its length and
 *  where its first element is. */
function drawLayout(draw: Draw, dims: readonly number[], canRepeat: boolean) {
  const strides = dims.map(() => 0);
  const order = dims.map((_, d) => d);
  if (draw.chance(40)) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = draw.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
  }
  let length = 1;
  let offset = 0;
  for (const d of order.toReversed()) {
    if (canRepeat && draw.chance(25)) continue;
    const flipped = draw.chance(10);
    const gap = draw.chance(10) ? 2 : 1;
    strides[d] = (flipped ? -length : length) * gap;
    if (flipped) offset += length * gap * Math.max(0, dims[d] - 1);
    length *= Math.max(1, dims[d]) * gap;
  }
  return { strides, length, offset };
}

class CaseBuilder {
  readonly operands: Operand[] = [];
  readonly arrays: TypedArray[] = [];
  readonly offsets: number[] = [];
  readonly instrs: Instr[] = [];
  readonly stores: Store[] = [];
  private readonly draw: Draw;
  private readonly dims: readonly number[];
  private readonly rowDims: number;
  private readonly dtypes: readonly DType[];

  constructor(draw: Draw, dims: readonly number[], rowDims: number) {
    this.dtypes = draw.of(choices);
    this.draw = draw;
    this.dims = dims;
    this.rowDims = rowDims;
  }

  operand(dtype: DType, dims: readonly number[], canRepeat: boolean): number {
    const { strides, length, offset } = drawLayout(this.draw, dims, canRepeat);
    const rest = this.dims.slice(dims.length).map(() => 0);
    this.operands.push({ dtype, strides: [...strides, ...rest] });
    const data = Array.from({ length }, () =>
      dtype === "bool" ? this.draw.below(2) : this.draw.below(9) - 4,
    );
    this.arrays.push(new arrayTypes[dtype](data));
    this.offsets.push(offset);
    return this.operands.length - 1;
  }

  add(instr: Instr): number {
    return this.instrs.push(instr) - 1;
  }

  call(fn: string, ...args: number[]): number {
    const { dtype } = this.instrs[args.at(-1)!];
    const isBool = ["lt", "ge", "eq", "ne"].includes(fn);
    return this.add({ kind: "call", fn, args, dtype: isBool ? "bool" : dtype });
  }

  /** A value of the dtype that is small. */
  value(dtype: DType): number {
    const { draw } = this;
    const known = this.instrs.flatMap((instr, v) => (instr.dtype === dtype ? [v] : []));
    if (known.length > 0 && draw.chance(60)) return draw.of(known);
    const kind = draw.below(10);
    if (kind === 0 && dtype !== "bool") {
      return this.add({ kind: "const", dtype, value: draw.below(5) - 2 });
    }
    if (kind === 1 && dtype === "int32") {
      const strides = this.dims.map(() => draw.below(4) - 1);
      return this.add({ kind: "index", dtype, strides, offset: draw.below(5) });
    }
    return this.add({ kind: "load", dtype, operand: this.operand(dtype, this.dims, true) });
  }

  step(): void {
    const { draw } = this;
    const dtype = draw.of(this.dtypes);
    const kind = draw.below(14);
    if (kind < 4 && this.rowDims > 0) this.reduce(dtype);
    else if (kind === 4 && dtype !== "bool") this.gather(dtype);
    else if (kind === 5) this.add({ kind: "cast", dtype, arg: this.value(draw.of(this.dtypes)) });
    else if (dtype === "bool") {
      const of = draw.of(this.dtypes);
      this.call(draw.of(["lt", "ge", "eq", "ne"]), this.value(of), this.value(of));
    } else if (kind === 6)
      this.call("select", this.value("bool"), this.value(dtype), this.value(dtype));
    else {
      // A remainder is exact, and dear enough to be kept between passes; by 0 it is NaN.
      const fn = draw.of(["add", "sub", "min", "max", "remainder"]);
      this.small(this.call(fn, this.value(dtype), this.value(dtype)), 100);
    }
  }

  private reduce(dtype: DType): void {
    const { draw } = this;
    const op: ReduceOp = draw.of(["sum", "prod", "max", "min", "argmax", "argmin"] as const);
    const isEmpty = this.dims.slice(this.dims.length - this.rowDims).includes(0);
    if (isEmpty && op !== "sum" && op !== "prod") return;
    const element = this.value(dtype);
    let arg = element;
    if (op === "argmax" || op === "argmin") {
      this.add({ kind: "reduce", op, arg, dtype: "int32" });
      return;
    }
    if (dtype === "bool") {
      const counts = op === "sum" || op === "prod";
      this.add({ kind: "reduce", op, arg, dtype: counts ? "int32" : "bool" });
      return;
    }
    if (op === "prod") arg = this.small(arg, 1);
    const folded = this.small(this.add({ kind: "reduce", op, arg, dtype }), 8);
    // As in a softmax: the elements against what became of the row.
    if (draw.chance(60)) this.small(this.call(draw.of(["sub", "remainder"]), element, folded), 100);
  }

  private gather(dtype: DType): void {
    const size = 1 + this.draw.below(5);
    const index = this.small(this.value("int32"), 6);
    const operand = this.operand(dtype, this.dims, true);
    // The elements lie behind one another, as many as the largest index needs.
    const { length } = this.arrays[operand];
    const all = Array.from({ length: length * size }, () => this.draw.below(9) - 4);
    this.arrays[operand] = new arrayTypes[dtype](all);
    this.add({ kind: "gather", dtype, operand, index, stride: length, size, site: 7 });
  }

  /** Brought to −bound … bound. */
  private small(value: number, bound: number): number {
    const { dtype } = this.instrs[value];
    const low = this.add({ kind: "const", dtype, value: -bound });
    const high = this.add({ kind: "const", dtype, value: bound });
    return this.call("max", this.call("min", value, high), low);
  }

  store(value: number): void {
    const { dtype } = this.instrs[value];
    const outer = this.dims.slice(0, this.dims.length - this.rowDims);
    const isOnce = this.rowDims > 0 && !this.inRow(value) && this.draw.chance(80);
    const accumulate = dtype !== "bool" && this.draw.chance(20);
    const operand = this.operand(dtype, isOnce ? outer : this.dims, accumulate);
    this.stores.push({ operand, value, accumulate });
  }

  private inRow(value: number): boolean {
    const isRow = (strides: readonly number[]) =>
      strides.slice(this.dims.length - this.rowDims).some((s) => s !== 0);
    const instr = this.instrs[value];
    if (instr.kind === "reduce" || instr.kind === "const") return false;
    if (instr.kind === "index" || instr.kind === "random") return isRow(instr.strides);
    const args = "args" in instr ? instr.args : "arg" in instr ? [instr.arg] : [];
    const own = "operand" in instr && isRow(this.operands[instr.operand].strides);
    const index = instr.kind === "gather" && this.inRow(instr.index);
    return own || index || args.some((arg) => this.inRow(arg));
  }
}

function drawCase(draw: Draw): Case {
  const rank = draw.below(5);
  const dims = Array.from({ length: rank }, () =>
    draw.chance(3) ? 0 : 1 + draw.below(rank > 3 ? 5 : 9),
  );
  if (rank > 0 && rank < 4 && draw.chance(30)) dims[draw.below(rank)] = 17 + draw.below(24);
  if (rank > 0 && draw.chance(50)) dims[draw.below(rank)] = 17 + draw.below(24);
  const rowDims = draw.below(rank + 1);
  const builder = new CaseBuilder(draw, dims, rowDims);
  const steps = 1 + draw.below(7);
  for (let i = 0; i < steps; i++) builder.step();
  const { instrs, operands, arrays, offsets, stores } = builder;
  if (instrs.length === 0) builder.value("float32");
  builder.store(instrs.length - 1);
  for (let i = draw.below(3); i > 0; i--) builder.store(draw.below(instrs.length));
  return { kernel: { dims, rowDims, operands, instrs, stores }, arrays, offsets };
}

export const cases: fc.Arbitrary<Case> = fc
  .gen()
  .map((gen) => drawCase(new Draw((max) => gen(fc.integer, { min: 0, max }))));
