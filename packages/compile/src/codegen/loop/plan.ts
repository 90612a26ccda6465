// The passes over the row of a nest: what is computed, folded and stored in each, and what is kept
// from one to the next.
import type { DType } from "@wengert/autograd";
import { isMultiple } from "../../size/scope.ts";
import { elementBytes, type Lanes } from "../vector/index.ts";
import { threadGap } from "../parts.ts";
import { costOf, isHeavy } from "./cost.ts";
import {
  argsOf,
  product,
  splitDim,
  type Dim,
  type Nest,
  type NestStore,
  type Stream,
} from "./nest.ts";
import type { Scratch } from "./scratch.ts";
import { liveFrom, valuesOf, type Values } from "./values.ts";
import type { Order } from "./vectorise.ts";

interface PassWork {
  /** The number of passes before it whose reductions it needs: several may have the same. */
  readonly stage: number;
  readonly reduces: readonly number[];
  /** Those that happen for each element of the row. */
  readonly stores: readonly NestStore[];
  /** Values to compute, in the row. */
  readonly needed: ReadonlySet<number>;
  /** Values that an earlier pass has left in a buffer, and the buffers' streams. */
  readonly given: ReadonlyMap<number, number>;
  /** Values that are left in a buffer. */
  readonly kept: readonly NestStore[];
}

export interface Pass extends PassWork {
  /** How many vectors of the row are computed side by side; 1 where vectors lie across rows. */
  readonly unroll: number;
}

export interface Plan {
  readonly order: Order;
  readonly values: Values;
  readonly lanes: Lanes;
  readonly passes: readonly Pass[];
  /** Of the nest, and then of the buffers. */
  readonly streams: readonly Stream[];
  /** How many vectors are computed side by side where they lie across rows or there is no row. */
  readonly unroll: number;
  /** Sums start anew in each iteration of this loop of the row, so that the error of a long sum grows
   *  with the number of blocks and their length instead of their product; -1: they do not. */
  readonly blockLoop: number;
  readonly stride: (dim: Dim, stream: number) => number;
  readonly isBuffer: (stream: number) => boolean;
}

/** Buffers larger than this would not stay in the cache. */
const maxBufferBytes = 1 << 18;

export function planOf(first: Order, lanes: Lanes, scratch: Scratch, maxThreads: number): Plan {
  const { order, blockLoop } = inBlocks(first, lanes);
  const { nest, isAlong } = order;
  const values = valuesOf(nest);
  const rowSize = order.row.reduce((n, dim) => n * dim.size, 1);
  const widest = isAlong ? 1 : unrollAcross(order, lanes, values);
  const width = isAlong ? 1 : widest * lanes;
  const last = order.row.at(-1);
  // Buffers are read in the innermost loop, so what does not vary there is of no use in one.
  const canKeep = (value: number) =>
    last !== undefined &&
    values.varies(value, last) &&
    rowSize * width * elementBytes[nest.instrs[value].dtype] <= maxBufferBytes;
  const passes = passesOf(nest, values, canKeep);
  const buffers = [...new Set(passes.flatMap((pass) => pass.kept.map((store) => store.value)))];
  const strides = new Map<Dim, number>();
  let stride = width;
  for (const dim of order.row.toReversed()) {
    strides.set(dim, stride);
    stride *= dim.size;
  }
  if (!isAlong) strides.set(order.vector, 1);
  const made = buffers.map((value): Stream => {
    const { dtype } = nest.instrs[value];
    // A whole vector may be stored at the end.
    const perThread = ((rowSize * width * elementBytes[dtype] + 16 + 63) & ~63) + threadGap;
    const offset = scratch.take(perThread * maxThreads);
    const base = { kind: "scratch", offset, perThread } as const;
    return { base, dtype, bytes: elementBytes[dtype] };
  });
  const count = nest.streams.length;
  const numbered = (value: number) => count + buffers.indexOf(value);
  return {
    order,
    values,
    lanes,
    blockLoop,
    unroll: widest,
    streams: [...nest.streams, ...made],
    passes: passes.map((pass) => ({
      ...pass,
      given: new Map([...pass.given.keys()].map((value) => [value, numbered(value)])),
      kept: pass.kept.map((store) => ({ ...store, stream: numbered(store.value) })),
      unroll: isAlong ? unrollOfPass(order, lanes, pass) : 1,
    })),
    stride: (dim, stream) => (stream < count ? dim.strides[stream] : (strides.get(dim) ?? 0)),
    isBuffer: (stream) => stream >= count,
  };
}

/** Cuts a long row into blocks, for sums of floats. */
function inBlocks(order: Order, lanes: Lanes): { order: Order; blockLoop: number } {
  const { nest, isAlong } = order;
  const values = valuesOf(nest);
  const hasSum = nest.instrs.some(
    (instr, v) =>
      instr.kind === "reduce" && instr.op === "sum" && isFloat(instr.dtype) && values.live.has(v),
  );
  const block = isAlong ? 1024 * lanes : 512;
  if (!hasSum || product(order.row) <= 2 * block) return { order, blockLoop: -1 };
  const last = order.row.at(-1)!;
  if (last.size <= 2 * block || last.limit) {
    const blockLoop = order.row.findLastIndex((_, k) => product(order.row.slice(k + 1)) >= block);
    return { order, blockLoop };
  }
  const [parts, within] = splitDim(last, block);
  const row = [...order.row.slice(0, -1), parts, within];
  const vector = isAlong ? within : order.vector;
  return { order: { ...order, nest: { ...nest, row }, row, vector }, blockLoop: row.length - 2 };
}

const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

/** Up to this cost two vectors are computed side by side, instruction by instruction (see `interleave`):
 *  a third has no registers left, and more code gains nothing. */
const interleaved = 200;

/** Short bodies are unrolled: more accumulators hide the time that one addition takes, and the work
 *  on addresses and counters is shared. */
function unrollOf(order: Order, lanes: Lanes, computed: Iterable<number>, stores: number): number {
  const { instrs } = order.nest;
  const all = [...computed].map((v) => instrs[v]);
  const cost = all.reduce((sum, instr) => sum + costOf(instr), stores);
  const reduces = all.filter((instr) => instr.kind === "reduce").length;
  const isPaired = all.some(
    (instr) => instr.kind === "random" && hasWholeBlocks(order, lanes, instr.stream),
  );
  const wanted = cost <= 8 ? 4 : cost <= interleaved || isPaired ? 2 : 1;
  const registers = Math.max(1, Math.floor(8 / Math.max(1, reduces)));
  return Math.max(1, Math.min(wanted, registers, Math.ceil(order.vector.size / lanes)));
}

/** The same where vectors lie across rows: what is done once for a whole row does not count if there is one. */
function unrollAcross(order: Order, lanes: Lanes, values: Values): number {
  const { live, inRow, isFull } = values;
  const { instrs, stores } = order.nest;
  if (order.row.length === 0) return unrollOf(order, lanes, live, stores.length);
  const isInRow = (v: number) => inRow[v] || instrs[v].kind === "reduce";
  return unrollOf(order, lanes, [...live].filter(isInRow), stores.filter(isFull).length);
}

function unrollOfPass(order: Order, lanes: Lanes, pass: PassWork): number {
  const { needed, reduces, stores, kept, given } = pass;
  return unrollOf(order, lanes, [...needed, ...reduces], stores.length + kept.length + given.size);
}

/** Whether neighbouring vectors share the blocks of random words: lanes take one word after another, and
 *  vectors begin with a block's first word. */
export function hasWholeBlocks({ nest, vector }: Order, lanes: Lanes, stream: number): boolean {
  const { base } = nest.streams[stream];
  const isEven = (dim: Dim) => dim === vector || isMultiple(dim.strides[stream], 2);
  return (
    lanes === 4 &&
    vector.strides[stream] === 1 &&
    base.kind === "counter" &&
    isMultiple(base.offset, 2) &&
    [...nest.outer, ...nest.row].every(isEven)
  );
}

/** Streams of buffers are not numbered yet: they are -1. */
function passesOf(nest: Nest, values: Values, canKeep: (value: number) => boolean): PassWork[] {
  const { stage, live } = values;
  const full = nest.stores.filter((store) => values.isFull(store));
  const passOf = new Map(full.map((store) => [store, stage[store.value]]));
  const reduces = [...live].filter((v) => nest.instrs[v].kind === "reduce");
  for (;;) {
    const count = Math.max(
      0,
      ...reduces.map((v) => stage[v]),
      ...[...passOf.values()].map((t) => t + 1),
    );
    const passes: PassWork[] = [];
    for (let t = 0; t < count; t++) {
      const stores = full.filter((store) => passOf.get(store) === t);
      const folded = reduces.filter((v) => stage[v] === t + 1).sort((a, b) => a - b);
      const work: Work = { stage: t, reduces: folded, stores, alone: -1 };
      for (const alone of apart(nest, onePass(nest, values, passes, work, canKeep), canKeep)) {
        const one: Work = { stage: t, reduces: [], stores: [], alone };
        passes.push(onePass(nest, values, passes, one, canKeep));
      }
      passes.push(onePass(nest, values, passes, work, canKeep));
    }
    if (!delay(nest, passOf, passes)) return withKept(passes);
  }
}

/** What a pass is for; `alone`: a value that is only computed and kept, or −1. */
interface Work {
  readonly stage: number;
  readonly reduces: readonly number[];
  readonly stores: readonly NestStore[];
  readonly alone: number;
}

/**
 * The heavy values of a pass, if there are several: each had better have a pass of its own. A processor looks
 * some 300 instructions ahead. In a body as long as that it waits for one chain of results after the other; of
 * several short ones it has the chains of some iterations at a time, and their constants find registers.
 */
function apart(
  nest: Nest,
  { needed }: PassWork,
  canKeep: (value: number) => boolean,
): readonly number[] {
  const isCall = (v: number) => nest.instrs[v].kind === "call" && isHeavy(nest.instrs[v]);
  const heavy = [...needed].filter((v) => isCall(v) && canKeep(v)).sort((a, b) => a - b);
  return heavy.length > 1 ? heavy : [];
}

function onePass(
  nest: Nest,
  values: Values,
  earlier: readonly PassWork[],
  { stage, reduces, stores, alone }: Work,
  canKeep: (value: number) => boolean,
): PassWork {
  const { inRow } = values;
  const canBeGiven = (value: number) =>
    canKeep(value) && earlier.some((pass) => pass.needed.has(value));
  /** What to read instead of computing the value, or parts of it, again. */
  const heavy = (value: number): number[] => {
    if (!inRow[value]) return [];
    if (isHeavy(nest.instrs[value]) && canBeGiven(value)) return [value];
    const below = [...new Set(argsOf(nest.instrs[value]).flatMap(heavy))];
    // One buffer instead of several.
    return below.length > 1 && canBeGiven(value) ? [value] : below;
  };
  const roots = [
    ...reduces.flatMap((v) => argsOf(nest.instrs[v])),
    ...stores.map((store) => store.value),
    ...(alone < 0 ? [] : [alone]),
  ];
  const given = new Set<number>();
  const live = liveFrom(nest, roots, (value) => {
    if (!inRow[value]) return true;
    if (!heavy(value).includes(value)) return false;
    given.add(value);
    return true;
  });
  const needed = new Set([...live].filter((v) => inRow[v] && !given.has(v)));
  const numbers = new Map([...given].map((v) => [v, -1]));
  return { stage, reduces, stores, needed, given: numbers, kept: [] };
}

/** The first pass that computes a value keeps it for later ones. */
function withKept(passes: readonly PassWork[]): PassWork[] {
  const wanted = new Set(passes.flatMap((pass) => [...pass.given.keys()]));
  return passes.map((pass, t) => {
    const isFirst = (value: number) => passes.findIndex((it) => it.needed.has(value)) === t;
    const kept = [...wanted].filter(isFirst);
    return { ...pass, kept: kept.map((value) => ({ stream: -1, value, accumulate: false })) };
  });
}

/**
 * A store may write over an operand that a later pass reads again, if both lie alike: then it waits for
 * that pass. Returns whether some store was moved.
 */
function delay(nest: Nest, passOf: Map<NestStore, number>, passes: readonly PassWork[]): boolean {
  const dims = [...nest.outer, ...nest.row];
  const mayBeSame = (a: number, b: number) =>
    a !== b &&
    nest.streams[a].bytes === nest.streams[b].bytes &&
    dims.every((dim) => dim.strides[a] === dim.strides[b]);
  let moved = false;
  for (const [store, at] of passOf) {
    const isRead = ({ needed }: PassWork) =>
      [...needed].some((v) => {
        const instr = nest.instrs[v];
        return instr.kind === "load" && mayBeSame(instr.operand, store.stream);
      });
    const last = passes.findLast(isRead)?.stage ?? -1;
    if (last > at) {
      passOf.set(store, last);
      moved = true;
    }
  }
  return moved;
}
