// What the phases of a contraction have in common: parameters, a thread's own memory, its share of
// the tiles, and the blocks of k.
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { Contraction } from "../../plan/ir.ts";
import { elementBytes } from "../vector/index.ts";
import { emitAddress, emitIndices } from "./address.ts";
import type { Axis } from "./axes.ts";
import { strideOfK } from "./kblocks.ts";
import type { Layout } from "./layout.ts";
import { bytesOf } from "./micro.ts";
import type { Plan } from "./plan.ts";

export class Phase {
  readonly ctx: CodegenContext;
  readonly f: FunctionBuilder;
  readonly contraction: Contraction;
  readonly plan: Plan;
  readonly layout: Layout;
  readonly size: 4 | 8;
  readonly thread: Local;
  readonly threads: Local;
  readonly a: Local;
  readonly b: Local;
  readonly scratch: Local;
  /** The thread's own memory. */
  readonly own: Local;

  constructor(
    ctx: CodegenContext,
    f: FunctionBuilder,
    contraction: Contraction,
    plan: Plan,
    layout: Layout,
  ) {
    this.ctx = ctx;
    this.f = f;
    this.contraction = contraction;
    this.plan = plan;
    this.layout = layout;
    this.size = bytesOf(plan.dtype);
    [this.thread, this.threads] = f.params;
    [this.a, this.b] = plan.isSwapped ? [f.params[3], f.params[2]] : [f.params[2], f.params[3]];
    this.scratch = f.params.at(-2)!;
    this.own = f.local("i32");
    f.get(f.params.at(-1)!).i32(layout.ownBytes).op("i32.mul").get(this.scratch).op("i32.add");
    f.i32(layout.own).op("i32.add").set(this.own);
  }

  /** The address of an operand of the epilogue. */
  operand(i: number): Local {
    return this.f.params[3 + i];
  }

  /** Where a stream begins: an operand of the epilogue, or the value of an index instruction. */
  streamBase(stream: number): Local {
    const { operands, instrs } = this.contraction.epilogue;
    if (stream < operands.length) return this.operand(stream);
    const instr = instrs[stream - operands.length];
    return this.f.i32(instr.kind === "index" ? instr.offset : 0).keep("i32");
  }

  /** What one index of a stream's strides is: bytes of an element; an index counts by itself. */
  streamUnit(stream: number): number {
    const { operands } = this.contraction.epilogue;
    return stream < operands.length ? elementBytes[operands[stream].dtype] : 1;
  }

  at(base: Local, bytes: number): Local {
    return this.f.get(base).i32(bytes).op("i32.add").keep("i32");
  }

  /** All threads but the first one have nothing to do. */
  leaveToFirst(): void {
    this.f.get(this.thread).if(() => this.f.op("return"));
  }

  /** Pushes which part of `units` begins with the thread of this number: ⌊units · thread / threads⌋. */
  pushShare(units: number, next: 0 | 1): void {
    const { f } = this;
    f.get(this.thread).i32(next).op("i32.add", "i64.extend_i32_u").i64(units).op("i64.mul");
    f.get(this.threads).op("i64.extend_i32_u", "i64.div_u", "i32.wrap_i64");
  }

  /** Writes the tables of the offsets of k. */
  fillTables(of: readonly ("a" | "b")[]): void {
    const { f, layout, plan } = this;
    for (const operand of of) {
      const table = operand === "a" ? layout.tableA : layout.tableB;
      if (table === null || plan.k.length === 0) continue;
      f.scope(() => {
        const to = this.at(this.own, table);
        this.fill(to, plan.k.inner, operand, f.i32(0).keep("i32"));
      });
    }
  }

  private fill(to: Local, axes: readonly Axis[], of: "a" | "b", offset: Local): void {
    const { f } = this;
    if (axes.length === 0) {
      f.get(to).get(offset).memory("i32.store").get(to).i32(4).op("i32.add").set(to);
      return;
    }
    const [axis, ...rest] = axes;
    const here = f.get(offset).keep("i32");
    const i = f.i32(0).keep("i32");
    f.forLess(i, axis.size, 1, () => {
      this.fill(to, rest, of, here);
      f.get(here)
        .i32(axis[of] * this.size)
        .op("i32.add")
        .set(here);
    });
  }

  /** Pushes what a step of an operand through k is for packers and inner loops. */
  pushStep(of: "a" | "b"): void {
    const table = of === "a" ? this.layout.tableA : this.layout.tableB;
    if (table !== null) this.f.get(this.own).i32(table).op("i32.add");
    else this.f.i32(strideOfK(this.plan.k, of)! * this.size);
  }

  /** Goes through blocks of k, from `first` to `end`: where each begins in a and b, and how long it is. */
  eachBlock(
    first: Local | null,
    end: Local | null,
    a: Local,
    b: Local,
    body: (block: { a: Local; b: Local; length: Local; number: Local | null }) => void,
  ): void {
    const { f, size } = this;
    const { outer, pieces, length, lastLength, count } = this.plan.k;
    if (count <= 1) {
      body({ a, b, length: f.i32(length).keep("i32"), number: null });
      return;
    }
    const number = (first ? f.get(first) : f.i32(0)).keep("i32");
    f.forLess(number, end ?? count, 1, () => {
      f.scope(() => {
        const indices = emitIndices(
          f,
          number,
          outer.map((axis) => axis.size),
        );
        const offset = (base: Local, of: "a" | "b") =>
          emitAddress(
            f,
            base,
            outer.map((axis, i) => [indices[i], axis[of] * size]),
          );
        f.i32(lastLength).i32(length);
        f.get(number)
          .i32(pieces)
          .op("i32.rem_u")
          .i32(pieces - 1)
          .op("i32.eq", "select");
        const here = f.keep("i32");
        body({ a: offset(a, "a"), b: offset(b, "b"), length: here, number });
      });
    });
  }
}
