// Sums into places that an index chooses, as in the gradient of a gather; or elements put there.
//
// The sum of a target element is taken in row-major order, whoever takes it, and so the last of
// several that are put at one place is the same one. What is free is how
// *different* elements interleave. A dim is called *separate* if two iterations that differ in it never
// meet at one element, whatever the index holds: such dims may be moved anywhere, and be split
// between threads.
import type { FunctionBuilder, Local } from "../wasm/function.ts";
import { ceilDiv, isPositive, isSymbolic, likely } from "../size/scope.ts";
import type { CodegenContext, EmittedKernel } from "./context.ts";
import type { ScatterKernel } from "../plan/ir.ts";
import { emitAddresses, emitAdvance, emitShare, normalAxes, serialLimit } from "./strided.ts";
import type { Axis } from "./strided.ts";
import { elementBytes, emitLoadPartial, emitLoadStrided } from "./vector/index.ts";
import { emitStorePartial, lanesFor } from "./vector/index.ts";

/** Strides of an axis are those of target, index, source. */
const [target, index, source] = [0, 1, 2];

/** The loops, from the outside to the inside. */
interface Plan {
  /** Separate axes, numbered through and split between threads. */
  readonly outer: readonly Axis[];
  /** A separate axis of which a thread takes a range, in multiples of `grain`. */
  readonly range: Axis | null;
  readonly grain: number;
  /** The others, in their order. */
  readonly rows: readonly Axis[];
  /** The axis along which vectors lie; it may be the range. */
  readonly vector: Axis | null;
  readonly isSerial: boolean;
}

/** Whether thread 0 does everything. */
export const isSerialScatter = (kernel: ScatterKernel): boolean => plan(kernel).isSerial;

/** The bases are those of target, index and source. */
export function emitScatter(ctx: CodegenContext, kernel: ScatterKernel): EmittedKernel {
  checkTypes(kernel);
  const params = new Array<"i32">(7).fill("i32");
  const phase = ctx.module.function(params, [], (f) => {
    if (!kernel.dims.includes(0)) new Emitter(ctx, f, kernel).run();
  });
  return { phases: [phase], scratchBytes: 0, cycles: 0, pieces: null };
}

function plan(kernel: ScatterKernel): Plan {
  const { target: to, index: at, source: from } = kernel;
  const axes = normalAxes(kernel.dims, [to.strides, at.strides, from.strides]);
  const separate = new Set(axes.filter((axis) => isSeparate(axis, axes, kernel)));
  const vector = vectorAxis(axes, separate);
  const own = axes.filter((axis) => separate.has(axis));
  const range = vector ? (separate.has(vector) ? vector : null) : (own.at(-1) ?? null);
  // Threads write 64 bytes apart or more.
  const grain = range && Math.abs(range.strides[target]) < 16 ? 16 : 1;
  const outer = own.filter((axis) => axis !== range);
  const elements = kernel.dims.reduce((product, size) => product * size, 1);
  return {
    outer,
    range,
    grain,
    rows: axes.filter((axis) => !separate.has(axis) && axis !== vector),
    vector,
    isSerial: likely(elements) < serialLimit || unitsOf(outer, range, grain) < 2,
  };
}

const unitsOf = (outer: readonly Axis[], range: Axis | null, grain: number): number =>
  outer.reduce((units, { size }) => units * size, range ? ceilDiv(range.size, grain) : 1);

/**
 * Two iterations that differ by δ meet where Σ s_e δ_e = 0; the index counts as one more dim. Let
 * "small" be the dims of lesser strides than s, g the gcd of the other ones' strides. With
 * Σ_small |s_e| (n_e − 1) < |s| the part of this dim and the small ones is not 0 if δ ≠ 0, and if it
 * stays below g, the others' multiples of g cannot make up for it.
 */
function isSeparate(axis: Axis, axes: readonly Axis[], kernel: ScatterKernel): boolean {
  const step = Math.abs(axis.strides[target]);
  const chosen = { size: kernel.axisSize, strides: [kernel.axisStride] };
  let span = 0;
  let g = 0;
  for (const other of [...axes, chosen]) {
    if (other === axis || other.size <= 1) continue;
    const stride = Math.abs(other.strides[target]);
    if (stride < step) span += stride * (other.size - 1);
    // Of strides that depend on a size that is not known, 1 is the divisor that is.
    else g = isSymbolic(stride) ? gcd(g, 1) : gcd(g, stride);
  }
  const reach = span + step * (axis.size - 1);
  return isPositive(step - span) && (g === 0 || isPositive(g - reach));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** An axis on which one index serves for neighbouring elements of the target. Innermost is where
 *  it comes to lie, so it must be there or be separate. */
function vectorAxis(axes: readonly Axis[], separate: ReadonlySet<Axis>): Axis | null {
  const fits = axes.filter(
    (axis, d) =>
      !isSymbolic(axis.size) &&
      axis.strides[index] === 0 &&
      axis.strides[target] === 1 &&
      (d === axes.length - 1 || separate.has(axis)),
  );
  return fits.find((axis) => axis.strides[source] === 1) ?? fits.at(-1) ?? null;
}

/** From `low` to before `high`: constants, or what a thread was given. */
interface Range {
  readonly low: Local | number;
  readonly high: Local | number;
}

class Emitter {
  private readonly ctx: CodegenContext;
  private readonly f: FunctionBuilder;
  private readonly kernel: ScatterKernel;
  private readonly plan: Plan;
  private readonly bytes: readonly number[];

  constructor(ctx: CodegenContext, f: FunctionBuilder, kernel: ScatterKernel) {
    this.ctx = ctx;
    this.f = f;
    this.kernel = kernel;
    this.plan = plan(kernel);
    this.bytes = [kernel.target, kernel.index, kernel.source].map((it) => elementBytes[it.dtype]);
  }

  run(): void {
    const { f } = this;
    const { outer, range, grain, isSerial } = this.plan;
    const chunks = range ? ceilDiv(range.size, grain) : 1;
    const { begin, end } = emitShare(f, unitsOf(outer, range, grain), isSerial);
    const bases = f.params.slice(2, 5);
    const unit = f.get(begin).keep("i32");
    // Each turn takes the chunks of one outer position, as far as the share goes.
    f.block((exit) => {
      f.loop((again) => {
        f.get(unit).get(end).op("i32.ge_u").brIf(exit);
        const position = f.get(unit).i32(chunks).op("i32.div_u").keep("i32");
        const first = f.get(position).i32(chunks).op("i32.mul").keep("i32");
        const stop = f.get(first).i32(chunks).op("i32.add").keep("i32");
        f.get(end).get(stop).get(end).get(stop).op("i32.lt_u", "select").set(stop);
        const addresses = emitAddresses(f, outer, position, bases, this.bytes);
        if (!range) this.rows(addresses, { low: 0, high: this.plan.vector?.size ?? 1 });
        else this.ranged(addresses, range, this.part(range, unit, first, stop));
        f.get(stop).set(unit).br(again);
      });
    });
  }

  /** The indices of the range that units from `unit` to before `stop` cover. */
  private part(range: Axis, unit: Local, first: Local, stop: Local): Range {
    const { f } = this;
    const { grain } = this.plan;
    const scaled = (local: Local) =>
      f.get(local).get(first).op("i32.sub").i32(grain).op("i32.mul").keep("i32");
    const low = scaled(unit);
    const high = scaled(stop);
    if (isSymbolic(range.size) || range.size % grain !== 0) {
      f.get(high).i32(range.size).get(high).i32(range.size).op("i32.lt_u", "select").set(high);
    }
    return { low, high };
  }

  private ranged(addresses: readonly Local[], range: Axis, part: Range): void {
    if (range === this.plan.vector) this.rows(addresses, part);
    else {
      this.walk(range, addresses, part, (inner) => this.rows(inner, { low: 0, high: 1 }));
    }
  }

  private rows(addresses: readonly Local[], part: Range): void {
    this.descend(this.plan.rows, addresses, part, false);
  }

  /** The loops over the rows; the index is looked at as soon as it is known. */
  private descend(
    axes: readonly Axis[],
    addresses: readonly Local[],
    part: Range,
    isPlaced: boolean,
  ): void {
    if (!isPlaced && axes.every(({ strides }) => strides[index] === 0)) {
      this.place(addresses, (placed) => this.descend(axes, placed, part, true));
    } else if (axes.length > 0) {
      const [axis, ...inner] = axes;
      this.walk(axis, addresses, { low: 0, high: axis.size }, (next) =>
        this.descend(inner, next, part, isPlaced),
      );
    } else if (this.plan.vector) this.putRow(this.plan.vector, addresses, part);
    else this.putElement(addresses);
  }

  /** A loop along an axis; the addresses of what moves along it are locals of its own. */
  private walk(
    axis: Axis,
    addresses: readonly Local[],
    { low, high }: Range,
    body: (addresses: readonly Local[]) => void,
  ): void {
    const { f, bytes } = this;
    f.scope(() => {
      const steps = axis.strides.map((stride, i) => stride * bytes[i]);
      const moving = addresses.map((address, i) => {
        if (steps[i] === 0) return address;
        const own = f.get(address).keep("i32");
        if (low !== 0) emitAdvance(f, own, low, steps[i]);
        return own;
      });
      const i = push(f, low).keep("i32");
      f.forLess(i, high, 1, () => {
        f.scope(() => body(moving));
        moving.forEach((address, k) => {
          if (steps[k] !== 0) emitAdvance(f, address, 1, steps[k]);
        });
      });
    });
  }

  /** Reads the index and moves the target's address to it; what does not exist is skipped. */
  private place(addresses: readonly Local[], body: (addresses: readonly Local[]) => void): void {
    const { f } = this;
    const { axisStride, axisSize } = this.kernel;
    f.scope(() => {
      const at = f.get(addresses[index]).memory("i32.load").keep("i32");
      f.get(at).i32(axisSize).op("i32.lt_u");
      f.if(
        () => {
          const to = f.get(addresses[target]).keep("i32");
          emitAdvance(f, to, at, axisStride * this.bytes[target]);
          body(addresses.with(target, to));
        },
        () => this.fail(at),
      );
    });
  }

  /** The first failure of a program is the one that is told, so the flag is taken atomically. */
  private fail(at: Local): void {
    const { f } = this;
    const { failureAddress } = this.ctx;
    f.i32(failureAddress).i32(0).i32(1).memory("i32.atomic.rmw.cmpxchg").op("i32.eqz");
    f.if(() => {
      f.i32(failureAddress).i32(this.kernel.site).memory("i32.store", 4);
      f.i32(failureAddress).get(at).memory("i32.store", 8);
      f.i32(failureAddress).i32(this.kernel.axisSize).memory("i32.store", 12);
    });
  }

  private putElement([to, , from]: readonly Local[]): void {
    const { f } = this;
    const type = scalarTypes[this.kernel.target.dtype as NumberType];
    f.get(to);
    if (this.kernel.combine === "add") f.get(to).memory(`${type}.load`);
    f.get(from).memory(`${type}.load`);
    if (this.kernel.combine === "add") f.op(`${type}.add`);
    f.memory(`${type}.store`);
  }

  /** Adds or puts the range of a row: four vectors at a time, then one, then what is left. */
  private putRow(axis: Axis, addresses: readonly Local[], { low, high }: Range): void {
    const { f, bytes } = this;
    const lanes = lanesFor([this.kernel.target.dtype]);
    f.scope(() => {
      const steps = [bytes[target], 0, axis.strides[source] * bytes[source]];
      const [to, , from] = addresses.map((address, i) => {
        if (low === 0 || steps[i] === 0) return address;
        const own = f.get(address).keep("i32");
        emitAdvance(f, own, low, steps[i]);
        return own;
      });
      const moving = [f.get(to).keep("i32"), f.get(from).keep("i32")] as const;
      const i = push(f, low).keep("i32");
      const most = axis.size;
      const blocks = (vectors: number) => {
        const width = vectors * lanes;
        // i + width <= high
        const end = typeof high === "number" ? high - width + 1 : f.local("i32");
        if (typeof end !== "number")
          push(f, high)
            .i32(width - 1)
            .op("i32.sub")
            .set(end);
        f.forLess(i, end, width, () => {
          for (let j = 0; j < vectors; j++) this.putVector(axis, moving, j * lanes, lanes);
          emitAdvance(f, moving[0], width, steps[target]);
          if (steps[source] !== 0) emitAdvance(f, moving[1], width, steps[source]);
        });
      };
      if (most >= 4 * lanes) blocks(4);
      if (most % (4 * lanes) >= lanes) blocks(1);
      if (most % lanes > 0) {
        f.get(i);
        push(f, high).op("i32.lt_s");
        f.if(() => this.putVector(axis, moving, 0, most % lanes));
      }
    });
  }

  /** Adds or puts `count` elements (at most a vector) that begin `first` elements further on. */
  private putVector(
    axis: Axis,
    [to, from]: readonly [Local, Local],
    first: number,
    count: number,
  ): void {
    const { f } = this;
    const { dtype } = this.kernel.target;
    const lanes = lanesFor([dtype]);
    const bytes = this.bytes[target];
    const step = axis.strides[source] * bytes;
    f.scope(() => {
      const term = emitLoadStrided(f, lanes, dtype, from, first * step, step, count);
      const value = this.kernel.combine === "set" ? term : this.sum(term, to, first * bytes, count);
      emitStorePartial(f, lanes, dtype, to, first * bytes, value, count);
    });
  }

  /** The vector at an address, with a term added. */
  private sum(term: Local, to: Local, offset: number, count: number): Local {
    const { f } = this;
    const { dtype } = this.kernel.target;
    const old = emitLoadPartial(f, lanesFor([dtype]), dtype, to, offset, count);
    const add = vectorAdd[dtype as NumberType];
    return f.get(old).get(term).op(add).keep("v128");
  }
}

type NumberType = "float32" | "float64" | "int32";

const scalarTypes = { float32: "f32", float64: "f64", int32: "i32" } as const;

const vectorAdd = { float32: "f32x4.add", float64: "f64x2.add", int32: "i32x4.add" } as const;

const push = (f: FunctionBuilder, value: Local | number): FunctionBuilder =>
  typeof value === "number" ? f.i32(value) : f.get(value);

function checkTypes({ target: to, index: at, source: from }: ScatterKernel): void {
  if (to.dtype !== "bool" && from.dtype === to.dtype && at.dtype === "int32") return;
  throw new Error(
    `A scatter moves numbers of one dtype at int32 indices, not ${from.dtype} to ${to.dtype} at ` +
      `${at.dtype}: cast in a loop before it.`,
  );
}
