// A nest as phases: most are one; a few long rows that would leave threads without work are cut into
// pieces of a size that depends on the extents alone, whose results are folded afterwards.
import { ceilDiv, isDerived, likely } from "../../size/scope.ts";
import { elementBytes, lanesFor, type Lanes } from "../vector/index.ts";
import { costOfElement, isHeavy } from "./cost.ts";
import {
  product,
  splitDim,
  type Dim,
  type Nest,
  type NestInstr,
  type NestStore,
  type Stream,
} from "./nest.ts";
import { planOf, type Plan } from "./plan.ts";
import type { Scratch } from "./scratch.ts";
import { valuesOf, type Values } from "./values.ts";
import { orderOf, parallelism, type Order } from "./vectorise.ts";

/** Elements of a piece. */
const pieceSize = 4096;
/** Fewer elements are not worth several passes. */
const shortestRow = 64;
/** Work (see cost.ts) that is worth a barrier. */
const longCost = 1 << 17;

export function phasesOf(nest: Nest, scratch: Scratch, maxThreads: number): Plan[] {
  const lanes = lanesOf(nest);
  const values = valuesOf(nest);
  const order = orderOf(nest, values, lanes, maxThreads);
  const rows = inRows(order, values);
  if (rows) return phasesOf(rows, scratch, maxThreads);
  const piece = pieceOf(order, values);
  if (piece === 0) return [planOf(order, lanes, scratch, maxThreads)];
  return inPieces(nest, values, order.row[0], piece, scratch, maxThreads);
}

const lanesOf = ({ instrs, streams }: Nest): Lanes =>
  lanesFor([...instrs.map(({ dtype }) => dtype), ...streams.map(({ dtype }) => dtype)]);

/** A loop without rows that has several heavy functions, with rows in which each of them can have a pass of
 *  its own (see `apart`). */
function inRows({ nest, vector }: Order, { live }: Values): Nest | null {
  const heavy = [...live].filter((v) => nest.instrs[v].kind === "call" && isHeavy(nest.instrs[v]));
  if (nest.row.length > 0 || heavy.length < 2 || vector.size < shortestRow) return null;
  // A sum over a row of nothing, of one element, must not become one over this row.
  if ([...live].some((v) => nest.instrs[v].kind === "reduce")) return null;
  const rest = nest.outer.filter((dim) => dim !== vector);
  if (vector.size <= pieceSize) return { ...nest, outer: rest, row: [vector] };
  const [parts, within] = splitDim(vector, pieceSize);
  return { ...nest, outer: [...rest, parts], row: [within] };
}

/** The number of indices of the row's first dim that make a piece; 0: rows stay whole. */
function pieceOf(order: Order, values: Values): number {
  const { nest, row, isAlong, vector } = order;
  const reduces = nest.instrs.filter((instr, v) => instr.kind === "reduce" && values.live.has(v));
  const canCut =
    reduces.every((instr) => instr.kind === "reduce" && instr.position < 0) &&
    nest.stores.every((store) => !store.accumulate);
  if (reduces.length === 0 || row.length === 0 || !canCut || parallelism(order) >= 8) return 0;
  const across = isAlong ? 1 : vector.size;
  const elements = likely(product(row) * product(order.units) * across);
  if (elements * costOfElement(nest) < longCost) return 0;
  const [first] = row;
  // Pieces of pieces would never end.
  if (isDerived(first.size)) return 0;
  const inner = (product(row) / first.size) * across;
  const wanted = Math.max(1, Math.round(pieceSize / inner));
  const piece = first === vector ? Math.ceil(wanted / 16) * 16 : wanted;
  return piece < first.size ? piece : 0;
}

function inPieces(
  nest: Nest,
  values: Values,
  first: Dim,
  piece: number,
  scratch: Scratch,
  maxThreads: number,
): Plan[] {
  const { stage, live, isFull, inRow } = values;
  const reduces = [...live].filter((v) => nest.instrs[v].kind === "reduce" && stage[v] === 1);
  const isLast = [...live].every((v) => stage[v] === 0 || (stage[v] === 1 && !inRow[v]));
  const isDone = isLast && nest.stores.every((store) => !isFull(store) || stage[store.value] === 0);
  const pieces = ceilDiv(first.size, piece);
  const partial = withResults(nest, reduces, scratch, pieces);
  const streamOf = new Map(reduces.map((v, i) => [v, nest.streams.length + i]));
  const rows = product(nest.outer);

  // The pieces, each like a row of its own. What is stored in the row can be stored right away,
  // unless a later phase goes through the row again: it may be the same memory.
  const within = partial.row[nest.row.indexOf(first)];
  const parts: Dim = {
    size: pieces,
    strides: within.strides.map((stride, s) => (s < nest.streams.length ? stride * piece : rows)),
  };
  const short: Dim = { ...within, size: piece, limit: { parent: parts, total: first.size } };
  const results = reduces.map((value) => ({
    stream: streamOf.get(value)!,
    value,
    accumulate: false,
  }));
  const cut: Nest = {
    ...partial,
    outer: [parts, ...partial.outer],
    row: partial.row.map((dim) => (dim === within ? short : dim)),
    stores: [...results, ...(isDone ? nest.stores.filter(isFull) : [])],
  };
  const lanes = lanesOf(cut);
  const plan = planOf(orderOf(cut, valuesOf(cut), lanes, maxThreads), lanes, scratch, maxThreads);

  // Their results in their order, and then what comes after, from the whole results.
  const stores = nest.stores.filter((store) => !isFull(store));
  if (isDone)
    return [
      plan,
      ...phasesOf(joined(partial, streamOf, rows, pieces, stores), scratch, maxThreads),
    ];
  const whole = withResults(partial, reduces, scratch, 1);
  const ends = results.map((store) => ({ ...store, stream: store.stream + reduces.length }));
  const rest: Nest = {
    ...whole,
    instrs: nest.instrs.map((instr, v) => {
      const stream = streamOf.get(v);
      if (stream === undefined) return instr;
      return { kind: "load", dtype: instr.dtype, operand: stream + reduces.length };
    }),
  };
  return [
    plan,
    ...phasesOf(joined(whole, streamOf, rows, pieces, ends), scratch, maxThreads),
    ...phasesOf(rest, scratch, maxThreads),
  ];
}

/** The nest with streams for `count` results of each of the reductions, those of one piece of all rows
 *  together. */
function withResults(
  nest: Nest,
  reduces: readonly number[],
  scratch: Scratch,
  count: number,
): Nest {
  const rows = product(nest.outer);
  const streams = reduces.map((v): Stream => {
    const { dtype } = nest.instrs[v];
    const bytes = elementBytes[dtype];
    const offset = scratch.take(rows * count * bytes);
    return { base: { kind: "scratch", offset, perThread: 0 }, dtype, bytes };
  });
  const extended = (dim: Dim, stride: number): Dim => ({
    ...dim,
    strides: [...dim.strides, ...streams.map(() => stride)],
  });
  return {
    ...nest,
    streams: [...nest.streams, ...streams],
    outer: nest.outer.map((dim, d) => extended(dim, product(nest.outer.slice(d + 1)))),
    row: nest.row.map((dim) => extended(dim, 0)),
  };
}

/** A nest whose row is the results of the pieces instead of the elements. */
function joined(
  nest: Nest,
  streamOf: ReadonlyMap<number, number>,
  rows: number,
  pieces: number,
  stores: readonly NestStore[],
): Nest {
  const partial = new Set(streamOf.values());
  const numbers: number[] = [];
  const instrs: NestInstr[] = [];
  nest.instrs.forEach((instr, v) => {
    const operand = streamOf.get(v);
    if (operand !== undefined && instr.kind === "reduce") {
      const arg = instrs.push({ kind: "load", dtype: instr.dtype, operand }) - 1;
      instrs.push({ ...instr, arg });
    } else instrs.push(renumbered(instr, numbers));
    numbers.push(instrs.length - 1);
  });
  const strides = nest.streams.map((_, s) => (partial.has(s) ? rows : 0));
  return {
    outer: nest.outer,
    row: [{ size: pieces, strides }],
    streams: nest.streams,
    instrs,
    stores: stores.map((store) => ({ ...store, value: numbers[store.value] })),
  };
}

function renumbered(instr: NestInstr, numbers: readonly number[]): NestInstr {
  switch (instr.kind) {
    case "call":
      return { ...instr, args: instr.args.map((arg) => numbers[arg]) };
    case "cast":
    case "reduce":
      return { ...instr, arg: numbers[instr.arg] };
    case "locate":
      return { ...instr, index: numbers[instr.index] };
    case "gather":
      return { ...instr, at: numbers[instr.at] };
    case "load":
    case "const":
    case "index":
    case "random":
      return instr;
  }
}
