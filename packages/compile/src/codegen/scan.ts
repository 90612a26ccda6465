// Running sums, running products and linear recurrences. The steps of one scan depend on each other;
// so lanes are scans side by side, and so are the vectors of a block, which hides the latency of a step.
import type { FunctionBuilder, Local } from "../wasm/function.ts";
import { isSymbolic, likely } from "../size/scope.ts";
import type { CodegenContext, EmittedKernel } from "./context.ts";
import type { Instr, ScanKernel } from "../plan/ir.ts";
import { emitAddresses, emitAdvance, emitShare, normalAxes, serialLimit } from "./strided.ts";
import type { Axis } from "./strided.ts";
import { elementBytes, emitInstr, emitLoadStrided, emitStoreStrided } from "./vector/index.ts";
import { lanesFor, type Lanes } from "./vector/index.ts";

interface Plan {
  readonly lanes: Lanes;
  /** The axes of which one index at a time is taken. */
  readonly outer: readonly Axis[];
  /** The axis along which the lanes lie. */
  readonly across: Axis;
  /** How much of it is done at a time. */
  readonly block: number;
  /** Blocks in all. */
  readonly units: number;
  readonly isSerial: boolean;
}

/** Whether thread 0 does everything. */
export const isSerialScan = (kernel: ScanKernel): boolean => plan(kernel).isSerial;

/** The bases are those of the operands from 1 on. An output of another dtype than the carry's is cast:
 *  a sum may be carried in float64 and stored in float32. */
export function emitScan(ctx: CodegenContext, kernel: ScanKernel): EmittedKernel {
  checkKernel(kernel);
  const params = new Array<"i32">(kernel.operands.length + 3).fill("i32");
  const phase = ctx.module.function(params, [], (f) => {
    if (!kernel.dims.includes(0)) new Emitter(ctx, f, kernel).run();
  });
  return { phases: [phase], scratchBytes: 0, cycles: 0, pieces: null };
}

function plan(kernel: ScanKernel): Plan {
  const { dims, operands, instrs } = kernel;
  const lanes = lanesFor([...operands, ...instrs].map(({ dtype }) => dtype));
  const memory = operands.slice(1);
  const axes = normalAxes(
    dims.slice(0, -1),
    memory.map(({ strides }) => strides),
  );
  const across = acrossAxis(axes.filter(({ size }) => !isSymbolic(size))) ?? {
    size: 1,
    strides: memory.map(() => 1),
  };
  const block = isPlain(across) ? 4 * lanes : lanes;
  const outer = axes.filter((axis) => axis !== across);
  const units = outer.reduce((n, { size }) => n * size, Math.ceil(across.size / block));
  const elements = dims.reduce((n, size) => n * size, 1);
  const isSerial = units < 2 || likely(elements) * instrs.length < serialLimit;
  return { lanes, outer, across, block, units, isSerial };
}

const scalarTypes = { float32: "f32", float64: "f64" } as const;

/** Whether whole vectors can be loaded along the axis. */
const isPlain = ({ strides }: Axis): boolean => strides.every((stride) => stride >> 1 === 0);

/** The axis along which the fewest operands need to be put together element by element; the
 *  longest one of these. */
function acrossAxis(axes: readonly Axis[]): Axis | null {
  const cost = ({ strides }: Axis) => strides.filter((stride) => stride >> 1 !== 0).length;
  return axes.reduce<Axis | null>((best, axis) => {
    if (!best) return axis;
    const difference = cost(axis) - cost(best);
    return difference < 0 || (difference === 0 && axis.size > best.size) ? axis : best;
  }, null);
}

/** One vector of a block: its number, and how many of its lanes there are. */
interface Part {
  readonly first: number;
  readonly count: number;
  readonly carry: Local;
  /** What is the same at each step. */
  readonly fixed: ReadonlyMap<number, Local>;
}

class Emitter {
  private readonly ctx: CodegenContext;
  private readonly f: FunctionBuilder;
  private readonly kernel: ScanKernel;
  private readonly plan: Plan;
  private readonly bytes: readonly number[];
  /** Bytes by which each operand with memory moves at a step. */
  private readonly steps: readonly number[];

  constructor(ctx: CodegenContext, f: FunctionBuilder, kernel: ScanKernel) {
    this.ctx = ctx;
    this.f = f;
    this.kernel = kernel;
    this.plan = plan(kernel);
    const memory = kernel.operands.slice(1);
    this.bytes = memory.map(({ dtype }) => elementBytes[dtype]);
    const last = kernel.dims.length - 1;
    this.steps = memory.map(({ strides }, i) => strides[last] * this.bytes[i]);
  }

  run(): void {
    const { f, bytes } = this;
    const { outer, across, block, units, isSerial } = this.plan;
    this.leaveUnlessWanted();
    const { begin, end } = emitShare(f, units, isSerial);
    const bases = f.params.slice(2, -2);
    const blocks = Math.ceil(across.size / block);
    const tail = across.size % block;
    f.forLess(begin, end, 1, () => {
      f.scope(() => {
        const position = f.get(begin).i32(blocks).op("i32.div_u").keep("i32");
        const number = f.get(begin).i32(blocks).op("i32.rem_u").keep("i32");
        const addresses = emitAddresses(f, outer, position, bases, bytes);
        addresses.forEach((address, i) => {
          const stride = across.strides[i] * bytes[i];
          if (blocks > 1 && stride !== 0) emitAdvance(f, address, number, block * stride);
        });
        if (tail === 0) this.block(addresses, block);
        else if (blocks === 1) this.block(addresses, tail);
        else {
          f.get(number)
            .i32(blocks - 1)
            .op("i32.lt_u");
          f.if(
            () => this.block(addresses, block),
            () => this.block(addresses, tail),
          );
        }
      });
    });
  }

  private leaveUnlessWanted(): void {
    const { f, kernel } = this;
    if (kernel.onlyIf === undefined) return;
    const type = scalarTypes[kernel.operands[kernel.onlyIf].dtype as keyof typeof scalarTypes];
    f.get(f.params[1 + kernel.onlyIf]).memory(`${type}.load`);
    if (type === "f32") f.f32(0);
    else f.f64(0);
    f.op(`${type}.eq`).if(() => f.op("return"));
  }

  /** All steps of `count` neighbouring scans. */
  private block(addresses: readonly Local[], count: number): void {
    const { f, ctx, kernel } = this;
    const { lanes } = this.plan;
    const { dtype } = kernel.operands[0];
    f.scope(() => {
      const parts: Part[] = [];
      for (let first = 0; first < count; first += lanes) {
        const size = Math.min(lanes, count - first);
        const init: Instr = { kind: "const", dtype, value: kernel.init };
        const start =
          kernel.start === undefined
            ? emitInstr(ctx, f, lanes, init, [], [])
            : this.load(addresses, { first, count: size }, kernel.start);
        const carry = f.get(start).keep("v128");
        parts.push({ first, count: size, carry, fixed: this.fixed(addresses, first, size) });
      }
      const step = f.i32(0).keep("i32");
      f.forLess(step, kernel.dims[kernel.dims.length - 1], 1, () => {
        for (const part of parts) f.scope(() => this.step(addresses, part));
        addresses.forEach((address, i) => {
          if (this.steps[i] !== 0) emitAdvance(f, address, 1, this.steps[i]);
        });
      });
    });
  }

  private step(addresses: readonly Local[], part: Part): void {
    const { f, ctx, kernel } = this;
    const { lanes } = this.plan;
    const values: Local[] = [];
    kernel.instrs.forEach((instr, id) => {
      values.push(part.fixed.get(id) ?? this.value(addresses, part, instr, values));
    });
    const next = values[kernel.value];
    const { dtype } = kernel.operands[kernel.output];
    const from = kernel.operands[0].dtype;
    const stored =
      dtype === from
        ? next
        : emitInstr(ctx, f, lanes, { kind: "cast", dtype, arg: 0 }, [next], [from]);
    this.store(addresses, part, stored);
    f.get(next).set(part.carry);
  }

  private value(
    addresses: readonly Local[],
    part: Omit<Part, "fixed">,
    instr: Instr,
    values: readonly Local[],
  ): Local {
    if (instr.kind === "load") {
      return instr.operand === 0 ? part.carry : this.load(addresses, part, instr.operand);
    }
    const args = argsOf(instr);
    return emitInstr(
      this.ctx,
      this.f,
      this.plan.lanes,
      instr,
      args.map((arg) => values[arg]),
      args.map((arg) => this.kernel.instrs[arg].dtype),
      args.map((arg) => this.constant(arg)),
    );
  }

  private constant(id: number): number | undefined {
    const instr = this.kernel.instrs[id];
    return instr.kind === "const" ? instr.value : undefined;
  }

  /** Values that depend neither on the carry nor on the step. */
  private fixed(addresses: readonly Local[], first: number, count: number): Map<number, Local> {
    const { instrs } = this.kernel;
    const fixed = new Map<number, Local>();
    const values: Local[] = [];
    instrs.forEach((instr, id) => {
      const isFixed =
        instr.kind === "load"
          ? instr.operand > 0 && this.steps[instr.operand - 1] === 0
          : argsOf(instr).every((arg) => fixed.has(arg));
      if (!isFixed) return;
      values[id] = this.value(addresses, { first, count, carry: this.f.params[0] }, instr, values);
      fixed.set(id, values[id]);
    });
    return fixed;
  }

  private load(
    addresses: readonly Local[],
    { first, count }: Pick<Part, "first" | "count">,
    operand: number,
  ): Local {
    const { dtype } = this.kernel.operands[operand];
    const stride = this.strideAcross(operand);
    const address = addresses[operand - 1];
    return emitLoadStrided(this.f, this.plan.lanes, dtype, address, first * stride, stride, count);
  }

  private store(addresses: readonly Local[], { first, count }: Part, value: Local): void {
    const { output, operands } = this.kernel;
    const { dtype } = operands[output];
    const stride = this.strideAcross(output);
    const address = addresses[output - 1];
    const { lanes } = this.plan;
    emitStoreStrided(this.f, lanes, dtype, address, first * stride, stride, value, count);
  }

  /** Bytes between the lanes of an operand. */
  private strideAcross(operand: number): number {
    return this.plan.across.strides[operand - 1] * this.bytes[operand - 1];
  }
}

function argsOf(instr: Instr): readonly number[] {
  if (instr.kind === "call") return instr.args;
  return instr.kind === "cast" ? [instr.arg] : [];
}

function checkKernel({ instrs, operands, value, dims }: ScanKernel): void {
  const kinds = ["load", "const", "call", "cast"];
  const other = instrs.find(({ kind }) => !kinds.includes(kind));
  if (other) {
    throw new Error(
      `A scan is made of loads, constants, calls and casts, not of "${other.kind}": compute it in ` +
        "a loop before.",
    );
  }
  if (dims.length === 0)
    throw new Error("A scan needs a dim to run along: give it one of extent 1.");
  if (instrs[value].dtype !== operands[0].dtype) {
    throw new Error(
      `The next carry must have the carry's dtype ${operands[0].dtype}, not ` +
        `${instrs[value].dtype}: cast it.`,
    );
  }
}
