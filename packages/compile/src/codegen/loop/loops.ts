// The loops of one thread: units, the passes over their rows, and the vectors in them.
import { isSymbolic } from "../../size/scope.ts";
import type { Local } from "../../wasm/function.ts";
import {
  accumulate,
  accumulatorsOf,
  clear,
  declare,
  finish,
  join,
  reduceAt,
  type Accumulator,
  type Reduce,
} from "./fold.ts";
import { emitValue } from "./instructions.ts";
import { emitStores } from "./memory.ts";
import { streamsOf, type Dim } from "./nest.ts";
import type { Pass, Plan } from "./plan.ts";
import { copiesAt, type Point } from "./point.ts";
import { tileWidth } from "./tile.ts";
import { loadAt } from "./memory.ts";

/** Where the index of a dim is kept that parts of it are counted by. */
export type Counters = ReadonlyMap<Dim, Local>;

/** A share of a dim. */
export interface Range {
  readonly dim: Dim;
  readonly start: Local;
  readonly end: Local;
}

/** The depth of the loop in whose body a value is computed: 0 outside of all, 1 for each unit, then for
 *  each block of vectors (where they lie across rows) and each loop of the row. */
export function levelOf({ order, values, passes }: Plan, value: number): number {
  const rowLevel = baseLevel(order.isAlong) + 1;
  let level = 0;
  if (order.units.some((dim) => values.varies(value, dim))) level = 1;
  if (!order.isAlong && values.varies(value, order.vector)) level = 2;
  if (order.tile !== null && values.varies(value, order.tile)) level = 2;
  if (values.inRow[value]) {
    order.row.forEach((dim, k) => {
      if (values.varies(value, dim)) level = rowLevel + k;
    });
  } else if (values.stage[value] > 0 && passes.length > 0) level = baseLevel(order.isAlong);
  return level;
}

/** The level of what is computed once for each row. */
export const baseLevel = (isAlong: boolean): number => (isAlong ? 1 : 2);

/** Computes the values of a level that do not vary in the row and are known after `stage` passes. */
export function emitRowValues(point: Point, level: number, stage: number): void {
  const { values } = point.plan;
  for (const v of [...values.live].sort((a, b) => a - b)) {
    if (values.inRow[v] || values.stage[v] !== stage || point.values.has(v)) continue;
    if (levelOf(point.plan, v) === level) emitValue(point, v);
  }
}

/** One unit: a row, or the rows that lie side by side. */
export function emitUnit(point: Point, counters: Counters, range: Range | null): void {
  const { order } = point.plan;
  const values = new Map(point.values);
  const unit = { ...point, values };
  emitRowValues(unit, 1, 0);
  if (order.isAlong) emitPasses(unit, counters);
  else {
    const all = order.nest.instrs.flatMap(streamsOf).concat(order.nest.stores.map((s) => s.stream));
    const streams = new Set(all);
    const { vector, tile } = order;
    const vectors = (at: Point) => {
      const unroll = at.tile > 0 ? 1 : point.plan.unroll;
      const share = { counters, range: range?.dim === vector ? range : null, unroll };
      emitVectors(at, vector, share, streams, (block) => emitPasses(block, counters));
    };
    if (tile === null) vectors(unit);
    else emitTiles(unit, tile, range?.dim === tile ? range : null, streams, vectors);
  }
}

/** Along the dim of squares: as many vectors side by side as there are, then one at a time. */
function emitTiles(
  point: Point,
  dim: Dim,
  range: Range | null,
  streams: ReadonlySet<number>,
  body: (at: Point) => void,
): void {
  const { f } = point;
  const inside = { ...point, pointers: movingPointers(point, dim, streams) };
  const i = (range ? f.get(range.start) : f.i32(0)).keep("i32");
  const repeat = (end: number | Local, tile: number) =>
    f.forLess(i, end, Math.max(1, tile), () => {
      f.scope(() => body({ ...inside, tile, values: new Map(inside.values) }));
      advance(inside, dim, streams, Math.max(1, tile));
    });
  const whole = range
    ? f
        .get(range.end)
        .i32(tileWidth - 1)
        .op("i32.sub")
        .keep("i32")
    : dim.size - tileWidth + 1;
  repeat(whole, tileWidth);
  if (dim.size % tileWidth > 0) repeat(range?.end ?? dim.size, 0);
}

function emitPasses(outside: Point, counters: Counters): void {
  const point = { ...outside, values: new Map(outside.values) };
  const { order, passes, values } = point.plan;
  const rowStores = order.nest.stores.filter((store) => !values.isFull(store));
  const stages = (passes.at(-1)?.stage ?? -1) + 1;
  for (let stage = 0; stage <= stages; stage++) {
    emitRowValues(point, baseLevel(order.isAlong), stage);
    emitStores(
      point,
      rowStores.filter((store) => values.stage[store.value] === stage),
    );
    for (const pass of passes) if (pass.stage === stage) emitPass(point, pass, counters);
  }
}

/** The accumulators of a pass: side by side, and where sums are made in blocks, the sums of the blocks. */
interface Fold {
  readonly value: number;
  readonly reduce: Reduce;
  readonly running: readonly Accumulator[];
  readonly totals: readonly Accumulator[] | null;
}

function emitPass(point: Point, pass: Pass, counters: Counters): void {
  const { f, plan } = point;
  const copies = plan.order.isAlong ? pass.unroll : copiesAt(point);
  const folds = pass.reduces.map((value): Fold => {
    const reduce = reduceAt(point, value);
    const count = accumulatorsOf(point, reduce, copies);
    const make = () => Array.from({ length: count }, () => declare(point, reduce));
    const running = make();
    const isBlocked = plan.blockLoop >= 0 && reduce.position < 0;
    const totals = isBlocked ? make() : null;
    for (const it of totals ?? running) clear(point, reduce, it);
    return { value, reduce, running, totals };
  });
  f.scope(() => emitRow(point, pass, folds, 0, counters));
  for (const { value, reduce, running, totals } of folds) {
    point.values.set(value, finish(point, reduce, totals ?? running));
  }
}

/** The loops of the row from number k on. */
function emitRow(
  point: Point,
  pass: Pass,
  folds: readonly Fold[],
  k: number,
  counters: Counters,
): void {
  const { f, plan } = point;
  const { row, isAlong } = plan.order;
  if (k === row.length) return emitBody(point, pass, folds);
  const level = baseLevel(isAlong) + 1 + k;
  const streams = streamsIn(plan, pass);
  const enter = (inside: Point, known: Counters) => {
    const next = { ...inside, values: new Map(inside.values) };
    emitPassValues(next, pass, level);
    const blocked = k === plan.blockLoop ? folds.filter((fold) => fold.totals) : [];
    for (const { reduce, running } of blocked) running.forEach((it) => clear(point, reduce, it));
    emitRow(next, pass, folds, k + 1, known);
    for (const { reduce, running, totals } of blocked) {
      running.forEach((it, i) => join(point, reduce, totals![i], it));
    }
  };
  if (isAlong && k === row.length - 1) {
    const share = { counters, range: null, unroll: pass.unroll };
    emitVectors(point, row[k], share, streams, (inside) => enter(inside, counters));
    return;
  }
  f.scope(() => {
    const i = f.i32(0).keep("i32");
    const inside = { ...point, pointers: movingPointers(point, row[k], streams) };
    f.forLess(i, endOf(point, row[k], counters), 1, () => {
      f.scope(() => enter(inside, new Map(counters).set(row[k], i)));
      advance(inside, row[k], streams, 1);
    });
  });
}

function emitPassValues(point: Point, pass: Pass, level: number): void {
  const { order } = point.plan;
  const innermost = baseLevel(order.isAlong) + order.row.length;
  if (level === innermost) {
    for (const [value, stream] of pass.given) {
      const copies = Array.from({ length: copiesAt(point) }, (_, copy) =>
        loadAt(point, stream, copy),
      );
      point.values.set(value, copies);
    }
  }
  for (const v of [...pass.needed].sort((a, b) => a - b)) {
    if (levelOf(point.plan, v) === level) emitValue(point, v);
  }
}

function emitBody(point: Point, pass: Pass, folds: readonly Fold[]): void {
  for (const { reduce, running } of folds) {
    const copies = running.length === 1 && !point.plan.order.isAlong ? 1 : copiesAt(point);
    for (let copy = 0; copy < copies; copy++) accumulate(point, reduce, copy, running[copy]);
  }
  emitStores(point, [...pass.kept, ...pass.stores]);
}

interface Share {
  readonly counters: Counters;
  readonly range: Range | null;
  /** Vectors side by side. */
  readonly unroll: number;
}

/** Blocks of vectors along a dim: as many side by side as wanted, then what is left. */
function emitVectors(
  point: Point,
  dim: Dim,
  { counters, range, unroll }: Share,
  streams: ReadonlySet<number>,
  body: (block: Point) => void,
): void {
  const { f, plan } = point;
  const { lanes } = plan;
  const width = lanes * unroll;
  f.scope(() => {
    const inside = { ...point, pointers: movingPointers(point, dim, streams) };
    const emit = (vectors: number, last: number) =>
      f.scope(() => body({ ...inside, block: { vectors, last } }));
    const given = range?.end ?? endOf(point, dim, counters);
    if (typeof given === "number" && !isSymbolic(given))
      return emitKnown(inside, dim, streams, { size: given, unroll }, emit);
    const end = typeof given === "number" ? f.i32(given).keep("i32") : given;
    const i = (range ? f.get(range.start) : f.i32(0)).keep("i32");
    const step = (vectors: number) => {
      const last = f
        .get(end)
        .i32(vectors * lanes - 1)
        .op("i32.sub")
        .keep("i32");
      f.forLess(i, last, vectors * lanes, () => {
        emit(vectors, lanes);
        advance(inside, dim, streams, vectors * lanes);
      });
    };
    if (width > lanes) step(unroll);
    step(1);
    const whole = dim.limit?.total ?? dim.size;
    if (isSymbolic(whole)) {
      f.forLess(i, end, 1, () => {
        emit(1, 1);
        advance(inside, dim, streams, 1);
      });
      return;
    }
    const tail = whole % lanes;
    if (tail > 0)
      f.get(i)
        .get(end)
        .op("i32.lt_s")
        .if(() => emit(1, tail));
  });
}

function emitKnown(
  point: Point,
  dim: Dim,
  streams: ReadonlySet<number>,
  { size, unroll }: { readonly size: number; readonly unroll: number },
  emit: (vectors: number, last: number) => void,
): void {
  const { f, plan } = point;
  const { lanes } = plan;
  const width = lanes * unroll;
  const blocks = Math.floor(size / width);
  const rest = size - blocks * width;
  if (blocks > 1 || (blocks === 1 && rest === 0)) {
    const i = f.i32(0).keep("i32");
    const whole = () => {
      emit(unroll, lanes);
      if (blocks > 1 || rest > 0) advance(point, dim, streams, width);
    };
    if (blocks > 1) f.forLess(i, blocks, 1, whole);
    else whole();
  } else if (blocks === 1) {
    emit(unroll, lanes);
    advance(point, dim, streams, width);
  }
  if (rest === 0) return;
  const vectors = Math.ceil(rest / lanes);
  emit(vectors, rest - (vectors - 1) * lanes);
}

/** How many iterations: a number, or a local where the last part of a dim may be shorter. */
function endOf({ f }: Point, dim: Dim, counters: Counters): number | Local {
  if (!dim.limit) return dim.size;
  const { parent, total } = dim.limit;
  const index = counters.get(parent);
  if (!index) throw new Error("the parts of a dim must be counted outside of them");
  const left = f.i32(total).get(index).i32(dim.size).op("i32.mul", "i32.sub").keep("i32");
  f.get(left).i32(dim.size).get(left).i32(dim.size).op("i32.lt_s", "select");
  return f.keep("i32");
}

/** Streams that a pass uses. */
function streamsIn({ order, values }: Plan, pass: Pass): Set<number> {
  const { instrs } = order.nest;
  return new Set([
    ...[...pass.needed].flatMap((v) => streamsOf(instrs[v])),
    ...pass.reduces.flatMap((v) => (values.live.has(v) ? streamsOf(instrs[v]) : [])),
    ...pass.given.values(),
    ...[...pass.kept, ...pass.stores].map((store) => store.stream),
  ]);
}

/** Pointers of their own for the streams that move along a dim. */
export function movingPointers(point: Point, dim: Dim, streams: ReadonlySet<number>): Local[] {
  return point.pointers.map((pointer, s) =>
    streams.has(s) && stepOf(point, dim, s) !== 0 ? point.f.get(pointer).keep("i32") : pointer,
  );
}

/** Moves the pointers on by a number of elements. */
export function advance(
  point: Point,
  dim: Dim,
  streams: ReadonlySet<number>,
  elements: number,
): void {
  point.pointers.forEach((pointer, s) => {
    const step = stepOf(point, dim, s) * elements;
    if (streams.has(s) && step !== 0) point.f.get(pointer).i32(step).op("i32.add").set(pointer);
  });
}

/** Bytes from one index of a dim to the next. Rows side by side have one buffer, which every block of them
 *  uses anew. */
export function stepOf({ plan }: Point, dim: Dim, stream: number): number {
  if (plan.isBuffer(stream) && dim === plan.order.vector && !plan.order.isAlong) return 0;
  return plan.stride(dim, stream) * plan.streams[stream].bytes;
}
