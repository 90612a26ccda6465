// The order of the elements along an axis, on the host. NaN is greater than every number, as in NumPy
// and PyTorch, and equal elements stay in their order: elements are compared by key, then by index, so
// that there is one order, whichever algorithm finds it.
import type { HostArray } from "../kernel/kernel.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";

export type Ordering = {
  readonly axis: number;
  /** How many of the first elements are wanted. */
  readonly count: number;
  readonly descending: boolean;
  /** Whether these come in order; else they come as they lie. */
  readonly sorted: boolean;
};

/** The indices of the first elements in order, `count` along the axis, for each row. */
export function orderRows(x: HostArray, ordering: Ordering, out: TypedArray): void {
  const { axis, count, descending, sorted } = ordering;
  eachRow(x, axis, descending, (row) => {
    const order = row.first(count);
    if (!sorted) order.sort();
    for (let i = 0; i < count; i++) out[row.place(i, count)] = order[i];
  });
}

/** All rows along an axis, one after another in the same memory. */
export function eachRow(
  { data, shape }: HostArray,
  axis: number,
  descending: boolean,
  visit: (row: Row) => void,
): void {
  const length = shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const row = new Row(length, inner, descending);
  for (row.outer = 0; row.outer < outer; row.outer++) {
    for (row.inner = 0; row.inner < inner; row.inner++) {
      row.load(data);
      visit(row);
    }
  }
}

/** One row of a tensor at a time, as pairs of keys and indices, and the memory to sort them in. */
export class Row {
  outer = 0;
  inner = 0;
  private readonly length: number;
  private readonly width: number;
  private readonly descending: boolean;
  /** The numbers of the row, negated if the order descends. */
  private keys: Float64Array;
  private index: Int32Array;
  private otherKeys: Float64Array;
  private otherIndex: Int32Array;
  private readonly result: Int32Array;
  private size = 0;
  /** Where NaN stands. */
  private nan: number[] = [];

  constructor(length: number, width: number, descending: boolean) {
    this.length = length;
    this.width = width;
    this.descending = descending;
    this.keys = new Float64Array(length);
    this.otherKeys = new Float64Array(length);
    this.index = new Int32Array(length);
    this.otherIndex = new Int32Array(length);
    this.result = new Int32Array(length);
  }

  /** Where element i of this row lies in a row-major tensor that has `length` of them on the axis. */
  place(i: number, length: number): number {
    return (this.outer * length + i) * this.width + this.inner;
  }

  load(data: TypedArray): void {
    const { length, width, keys, index } = this;
    const sign = this.descending ? -1 : 1;
    let [at, size] = [this.place(0, length), 0];
    this.nan = [];
    for (let i = 0; i < length; i++) {
      const key = sign * data[at];
      at += width;
      keys[size] = key;
      index[size] = i;
      if (key === key) size++;
      else this.nan.push(i);
    }
    this.size = size;
  }

  /** The first NaN, or -1. */
  get firstNaN(): number {
    return this.nan[0] ?? -1;
  }

  /** The first `count` indices in order; valid until the next row. */
  first(count: number): Int32Array {
    const { size, nan, descending, result } = this;
    const wanted = Math.max(0, Math.min(size, descending ? count - nan.length : count));
    if (wanted === size || wanted > fewest) {
      if (wanted < size) this.settle(wanted);
      this.sort(wanted);
    } else this.collect(wanted);
    const rest = nan.slice(0, count - wanted);
    result.set(this.index.subarray(0, wanted), descending ? rest.length : 0);
    result.set(rest, descending ? 0 : wanted);
    return result.subarray(0, count);
  }

  /** The index of the element at a place in the order of a row without NaN. */
  at(place: number): number {
    this.settle(place);
    return this.index[place];
  }

  /** Moves the smallest pairs to the front, in order: each that is less than the last of them is put
   *  among them. */
  private collect(wanted: number): void {
    if (wanted === 0) return;
    const { keys, index, size } = this;
    insertionSort(keys, index, 0, wanted);
    // Equal keys that come later are greater.
    for (let i = wanted; i < size; i++) {
      if (keys[i] < keys[wanted - 1]) insert(keys, index, 0, wanted - 1, keys[i], index[i]);
    }
  }

  /** Puts the pair that belongs at a place there, smaller ones before it and greater ones behind: C. A.
   *  R. Hoare, "Algorithm 65: find", 1961, with the median of three as the pivot. */
  private settle(place: number): void {
    let [low, high] = [0, this.size - 1];
    // Rows that defeat the pivots are sorted instead.
    const enough = 1.5 * Math.log2(this.size);
    for (let rounds = 0; high - low >= run; rounds++) {
      if (rounds > enough) return this.sort(this.size);
      const [left, right] = this.divide(low, high);
      if (place <= right) high = right;
      else if (place >= left) low = left;
      else return;
    }
    insertionSort(this.keys, this.index, low, high + 1);
  }

  /** Divides a range into pairs up to a pivot (the second result is the last of them) and from it on. */
  private divide(low: number, high: number): [number, number] {
    const { keys, index } = this;
    const pivot = this.medianOf(low, (low + high) >> 1, high);
    const [key, at] = [keys[pivot], index[pivot]];
    let [left, right] = [low, high];
    while (left <= right) {
      while (keys[left] < key || (keys[left] === key && index[left] < at)) left++;
      while (keys[right] > key || (keys[right] === key && index[right] > at)) right--;
      if (left > right) break;
      [keys[left], keys[right]] = [keys[right], keys[left]];
      [index[left], index[right]] = [index[right], index[left]];
      left++;
      right--;
    }
    return [left, right];
  }

  private medianOf(a: number, b: number, c: number): number {
    const isLess = (i: number, j: number) => isBefore(this.keys, this.index, i, j);
    if (isLess(a, b) === isLess(b, c)) return b;
    return isLess(a, b) === isLess(a, c) ? (isLess(b, c) ? b : c) : a;
  }

  /** Orders the first pairs: merges runs of growing length from one pair of arrays into the other. */
  private sort(size: number): void {
    for (let start = 0; start < size; start += run) {
      insertionSort(this.keys, this.index, start, Math.min(start + run, size));
    }
    for (let width = run; width < size; width *= 2) {
      for (let start = 0; start < size; start += 2 * width) {
        const middle = Math.min(start + width, size);
        this.merge(start, middle, Math.min(middle + width, size));
      }
      [this.keys, this.otherKeys] = [this.otherKeys, this.keys];
      [this.index, this.otherIndex] = [this.otherIndex, this.index];
    }
  }

  private merge(start: number, middle: number, end: number): void {
    const { keys, index, otherKeys, otherIndex } = this;
    let [left, right] = [start, middle];
    for (let to = start; to < end; to++) {
      const takesRight = right < end && (left >= middle || isBefore(keys, index, right, left));
      const from = takesRight ? right++ : left++;
      otherKeys[to] = keys[from];
      otherIndex[to] = index[from];
    }
  }
}

/** So many elements are kept in order while the others pass; for more, the row is divided first. */
const fewest = 32;
/** Ranges of this length are sorted by insertion. */
const run = 16;

const isBefore = (keys: Float64Array, index: Int32Array, i: number, j: number): boolean =>
  keys[i] < keys[j] || (keys[i] === keys[j] && index[i] < index[j]);

function insertionSort(keys: Float64Array, index: Int32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) insert(keys, index, start, i, keys[i], index[i]);
}

/** Puts a pair behind those from `start` on that are less; the pair at `free` is overwritten. */
function insert(
  keys: Float64Array,
  index: Int32Array,
  start: number,
  free: number,
  key: number,
  at: number,
): void {
  let to = free;
  while (to > start && (key < keys[to - 1] || (key === keys[to - 1] && at < index[to - 1]))) {
    keys[to] = keys[to - 1];
    index[to] = index[to - 1];
    to--;
  }
  keys[to] = key;
  index[to] = at;
}
