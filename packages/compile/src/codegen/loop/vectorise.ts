// Along which dim the lanes of a vector lie, and what threads share.
import { isPositive, likely } from "../../size/scope.ts";
import type { Lanes } from "../vector/index.ts";
import { costOfElement } from "./cost.ts";
import { product, type Dim, type Nest } from "./nest.ts";
import { tileOf } from "./tile.ts";
import type { Values } from "./values.ts";

export interface Order {
  readonly nest: Nest;
  /** Lanes are neighbours in the row, or neighbouring rows. */
  readonly isAlong: boolean;
  readonly vector: Dim;
  /** The dim that makes squares with it, or null. */
  readonly tile: Dim | null;
  /** The outer dims but for these two, gone through one index after another. */
  readonly units: readonly Dim[];
  /** The row's dims in order; the last one is the vector's if that is in the row. */
  readonly row: readonly Dim[];
  /** What threads share: units, by multiples of `grain`; the vector's dim; that of the squares; nothing. */
  readonly shared: "units" | "vector" | "tile" | "nothing";
  readonly grain: number;
}

/** Less than this many instructions of scalars are not worth a second thread. */
const tinyCost = 4000;
const single: Dim = { size: 1, strides: [] };

/** Chooses the dim of the vectors, such that most memory is read and written by whole vectors. */
export function orderOf(nest: Nest, values: Values, lanes: Lanes, maxThreads: number): Order {
  const { outer, row } = nest;
  const isParent = (dim: Dim) => row.some(({ limit }) => limit?.parent === dim);
  const candidates = [...row.toReversed(), ...outer.toReversed()].filter((dim) => !isParent(dim));
  let vector: Dim = candidates[0] ?? { ...single, strides: nest.streams.map(() => 0) };
  let best = Infinity;
  for (const dim of candidates) {
    const cost = costAlong(dim, nest, values, lanes);
    if (cost < best - 1e-9) [vector, best] = [dim, cost];
  }
  const isAlong = row.includes(vector);
  const shareable = safeDims(nest);
  const orderWith = (tile: Dim | null): Order => {
    const others = outer.filter((dim) => dim !== vector && dim !== tile);
    const units = [
      ...others.filter((dim) => shareable.includes(dim)),
      ...others.filter((dim) => !shareable.includes(dim)),
    ];
    const order = {
      nest,
      isAlong,
      vector,
      tile,
      units,
      row: isAlong ? [...row.filter((dim) => dim !== vector), vector] : row,
    };
    return { ...order, ...share(order, shareable, maxThreads) };
  };
  const plain = orderWith(null);
  const tile = isAlong ? null : tileOf(nest, vector, lanes);
  const tiled = tile && orderWith(tile);
  // Squares are of no use if there is nothing left to share.
  return tiled && (tiled.shared !== "nothing" || plain.shared === "nothing") ? tiled : plain;
}

/** The cost for an element if vectors lie along the dim, in scalar instructions. */
function costAlong(dim: Dim, nest: Nest, values: Values, lanes: Lanes): number {
  const rowSize = product(nest.row);
  const weight = (inRow: boolean) => (inRow ? 1 : 1 / rowSize);
  const isInRow = nest.row.includes(dim);
  const filled = dim.size / (Math.ceil(dim.size / lanes) * lanes);
  const loops = (isInRow || nest.row.length === 0 ? 6 : 6 / Math.min(rowSize, 16)) / dim.size;
  let cost = costOfElement(nest) / (lanes * filled) + loops;
  nest.instrs.forEach((instr, v) => {
    if (instr.kind === "load") {
      const moves = nest.row.some((d) => d.strides[instr.operand] !== 0);
      cost += weight(moves) * access(dim.strides[instr.operand], lanes);
    } else if (instr.kind === "gather") {
      const isWhole = !values.varies(instr.at, dim) && dim.strides[instr.operand] === 1;
      cost += weight(values.inRow[v]) * (isWhole ? 1 / lanes : 2);
    } else if (instr.kind === "reduce" && isInRow) {
      cost += (instr.position < 0 ? 8 : 24) / rowSize;
    }
  });
  for (const store of nest.stores) {
    const stride = dim.strides[store.stream];
    const sequential = stride === 0 && store.accumulate ? 6 : 0;
    cost += weight(values.isFull(store)) * (1.2 * access(stride, lanes) + sequential);
  }
  return cost;
}

function access(stride: number, lanes: Lanes): number {
  if (stride === 0) return 0.05;
  return stride === 1 ? 1 / lanes : 1.5;
}

/**
 * The outer dims along which no two iterations store to the same element. With strides from the
 * largest to the smallest, each larger than all smaller ones together can reach, an address belongs
 * to one index; from the first dim on where that fails it may belong to several.
 */
function safeDims({ outer, row, stores }: Nest): readonly Dim[] {
  let safe = outer;
  for (const { stream } of stores) {
    const reach = (dim: Dim) => Math.abs(dim.strides[stream]) * (dim.size - 1);
    const moving = [...outer, ...row].toSorted(
      (a, b) => Math.abs(b.strides[stream]) - Math.abs(a.strides[stream]),
    );
    const own: Dim[] = [];
    for (const [i, dim] of moving.entries()) {
      const rest = moving.slice(i + 1).reduce((sum, other) => sum + reach(other), 0);
      if (!isPositive(Math.abs(dim.strides[stream]) - rest) || dim.strides[stream] === 0) break;
      own.push(dim);
    }
    safe = safe.filter((dim) => own.includes(dim));
  }
  return safe;
}

/** Elements of a thread's share begin at multiples of this, so that no two write to a cache line. */
export const shareElements = 16;

function share(
  order: Pick<Order, "nest" | "units" | "vector" | "tile" | "isAlong">,
  shareable: readonly Dim[],
  maxThreads: number,
): Pick<Order, "shared" | "grain"> {
  const { nest, units, vector, tile, isAlong } = order;
  const count = product(units);
  const inner = product(nest.row) * (isAlong ? 1 : vector.size) * (tile?.size ?? 1);
  if (likely(count * inner) * costOfElement(nest) < tinyCost || maxThreads === 1) {
    return { shared: "nothing", grain: 1 };
  }
  const unsafe = product(units.filter((dim) => !shareable.includes(dim)));
  const stored = storedInUnit(order);
  const wide = inner >= 1024 ? 1 : Math.max(1, Math.ceil(shareElements / stored));
  const grain = Math.max(unsafe, Math.ceil(wide / unsafe) * unsafe);
  const byUnits = balance(count / grain, maxThreads);
  const canSplitVector = !isAlong && shareable.includes(vector);
  const byVector = canSplitVector ? balance(vector.size / shareElements, maxThreads) : 0;
  const canSplitTile = tile !== null && shareable.includes(tile);
  const byTile = canSplitTile ? balance(tile.size / shareElements, maxThreads) : 0;
  if (Math.max(byUnits, byVector, byTile) <= 1) return { shared: "nothing", grain: 1 };
  // Whose vectors are stored as they are has whole lines of what is stored if the other dim is split.
  const isStraight = nest.stores.every(({ stream }) => vector.strides[stream] === 1);
  if (byTile > Math.max(byUnits, isStraight ? 0 : byVector) * 1.1) {
    return { shared: "tile", grain: 1 };
  }
  // Sharing units keeps loops long; sharing the vector's dim helps where there are few.
  return byVector > byUnits * 1.1 ? { shared: "vector", grain: 1 } : { shared: "units", grain };
}

/** How many threads' work is done at a time. */
function balance(parts: number, threads: number): number {
  const whole = Math.ceil(parts);
  return whole / Math.ceil(whole / threads);
}

/** The fewest elements that a unit stores next to each other. */
function storedInUnit({
  nest,
  vector,
  tile,
  isAlong,
}: Pick<Order, "nest" | "vector" | "tile" | "isAlong">) {
  const dims = isAlong ? nest.row : [...nest.row, vector, ...(tile ? [tile] : [])];
  const counts = nest.stores.map(({ stream }) =>
    product(dims.filter((d) => d.strides[stream] !== 0)),
  );
  return Math.max(1, Math.min(Infinity, ...counts));
}

/** How many parts threads could share, whoever they are: decides whether rows are worth cutting up. */
export function parallelism({ units, vector, isAlong }: Order): number {
  return likely(product(units)) * (isAlong ? 1 : Math.ceil(likely(vector.size) / shareElements));
}
