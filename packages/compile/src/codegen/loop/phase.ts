// The function of one phase: which units are whose, and the loop over them.
import type { FunctionBuilder, FunctionRef, Local, ValueType } from "../../wasm/function.ts";
import { ceilDiv } from "../../size/scope.ts";
import type { CodegenContext } from "../context.ts";
import {
  advance,
  emitRowValues,
  emitUnit,
  movingPointers,
  stepOf,
  type Counters,
  type Range,
} from "./loops.ts";
import { product, streamsOf, type Dim } from "./nest.ts";
import type { Plan } from "./plan.ts";
import type { Point } from "./point.ts";
import { shareElements } from "./vectorise.ts";

/** (thread, threads, ...bases of `operands` operands, scratch) → nothing. */
export function emitPhase(ctx: CodegenContext, plan: Plan, operands: number): FunctionRef {
  const params = new Array<ValueType>(operands + 4).fill("i32");
  return ctx.module.function(params, [], (f) => {
    const [thread] = f.params;
    const { order } = plan;
    if (order.shared === "nothing") f.get(thread).if(() => f.op("return"));
    const split =
      order.shared === "vector" ? order.vector : order.shared === "tile" ? order.tile : null;
    const range = split && { ...shareOf(f, split.size, shareElements), dim: split };
    const pointers = plan.streams.map((_, s) => basePointer(f, plan, s, range));
    const point: Point = { ctx, f, plan, pointers, values: new Map(), block: null, tile: 0 };
    emitRowValues(point, 0, 0);
    if (order.units.length === 0) emitUnit(point, new Map(), range);
    else emitUnits(point, range);
  });
}

function basePointer(f: FunctionBuilder, plan: Plan, stream: number, range: Range | null): Local {
  const [, , ...bases] = f.params;
  const [scratch, thread] = bases.splice(-2);
  const { base } = plan.streams[stream];
  let pointer: Local;
  if (base.kind === "operand") pointer = bases[base.index];
  else if (base.kind === "counter") pointer = f.i32(base.offset).keep("i32");
  else {
    f.get(scratch).i32(base.offset).op("i32.add");
    if (base.perThread > 0) f.get(thread).i32(base.perThread).op("i32.mul", "i32.add");
    pointer = f.keep("i32");
  }
  if (!range) return pointer;
  const bytes = plan.isBuffer(stream) ? 0 : plan.streams[stream].bytes;
  const step = plan.stride(range.dim, stream) * bytes;
  if (step === 0) return pointer;
  return f.get(range.start).i32(step).op("i32.mul").get(pointer).op("i32.add").keep("i32");
}

/** The thread's share of a number of parts, by whole multiples of `grain`. Leaves the function if it has
 *  none. */
function shareOf(f: FunctionBuilder, count: number, grain: number): Omit<Range, "dim"> {
  const [thread, threads] = f.params;
  const grains = ceilDiv(count, grain);
  f.get(threads)
    .i32(grains - 1)
    .op("i32.add")
    .get(threads)
    .op("i32.div_u");
  const share = f.i32(grain).op("i32.mul").keep("i32");
  const start = f.get(share).get(thread).op("i32.mul").keep("i32");
  f.get(start)
    .i32(count)
    .op("i32.ge_u")
    .if(() => f.op("return"));
  const end = f.get(start).get(share).op("i32.add").keep("i32");
  f.get(end).i32(count).get(end).i32(count).op("i32.lt_s", "select").set(end);
  return { start, end };
}

/** Goes through the units one after another: the last dim's index fastest. */
function emitUnits(point: Point, range: Range | null): void {
  const { f, plan } = point;
  const { units, shared, grain, nest } = plan.order;
  const streams = new Set([
    ...nest.instrs.flatMap((instr) => streamsOf(instr)),
    ...nest.stores.map((store) => store.stream),
  ]);
  const share = shared === "units" ? shareOf(f, product(units), grain) : null;
  const indices = units.map(() => f.i32(0).keep("i32"));
  let inside = point;
  for (const dim of units) {
    // One pointer for all units' dims together.
    const moved = movingPointers(inside, dim, streams);
    inside = {
      ...inside,
      pointers: moved.map((pointer, s) =>
        inside.pointers[s] === point.pointers[s] ? pointer : inside.pointers[s],
      ),
    };
  }
  const unit = f.local("i32");
  if (share) {
    f.get(share.start).set(unit);
    startAt(inside, share.start, indices, streams);
  } else f.i32(0).set(unit);
  const counters: Counters = new Map(units.map((dim, d) => [dim, indices[d]]));
  f.forLess(unit, share?.end ?? product(units), 1, () => {
    f.scope(() => emitUnit(inside, counters, range));
    emitNext(inside, indices, streams, units.length - 1);
  });
}

/** Takes the number of a unit apart into indices, and moves the pointers there. */
function startAt(
  point: Point,
  start: Local,
  indices: readonly Local[],
  streams: ReadonlySet<number>,
): void {
  const { f, plan } = point;
  const { units } = plan.order;
  const rest = f.get(start).keep("i32");
  for (let d = units.length - 1; d >= 0; d--) {
    if (d === 0) f.get(rest).set(indices[0]);
    else {
      f.get(rest).i32(units[d].size).op("i32.rem_u").set(indices[d]);
      f.get(rest).i32(units[d].size).op("i32.div_u").set(rest);
    }
    point.pointers.forEach((pointer, s) => {
      const step = stepOf(point, units[d], s);
      if (!streams.has(s) || step === 0) return;
      f.get(indices[d]).i32(step).op("i32.mul").get(pointer).op("i32.add").set(pointer);
    });
  }
}

/** On to the next index of dim d, and of the one before it where d has come to its end. */
function emitNext(
  point: Point,
  indices: readonly Local[],
  streams: ReadonlySet<number>,
  d: number,
): void {
  const { f, plan } = point;
  const dim: Dim = plan.order.units[d];
  advance(point, dim, streams, 1);
  f.get(indices[d]).i32(1).op("i32.add").tee(indices[d]);
  if (d === 0) {
    f.op("drop");
    return;
  }
  f.i32(dim.size)
    .op("i32.eq")
    .if(() => {
      f.i32(0).set(indices[d]);
      advance(point, dim, streams, -dim.size);
      emitNext(point, indices, streams, d - 1);
    });
}
