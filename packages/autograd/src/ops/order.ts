// The order of the elements along an axis, on the host: a stable merge sort of rows of keys. NaN is
// greater than every number, as in NumPy and PyTorch, and equal elements stay in their order.
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
  eachRow(x, axis, (row, keys) => {
    const order = row.order(keys, descending, count);
    if (!sorted) order.subarray(0, count).sort();
    for (let i = 0; i < count; i++) out[row.place(i, count)] = order[i];
  });
}

/** As many rows as there are, one after another; the elements of each are copied to `keys`. */
export function eachRow(
  { data, shape }: HostArray,
  axis: number,
  visit: (row: Row, keys: Float64Array) => void,
): void {
  const length = shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const keys = new Float64Array(length);
  const row = new Row(length, inner);
  for (row.outer = 0; row.outer < outer; row.outer++) {
    for (row.inner = 0; row.inner < inner; row.inner++) {
      for (let i = 0; i < length; i++) keys[i] = data[row.place(i, length)];
      visit(row, keys);
    }
  }
}

/** One row of a tensor at a time, and the memory to sort it in. */
export class Row {
  outer = 0;
  inner = 0;
  private readonly width: number;
  private keys: Float64Array;
  private index: Int32Array;
  private otherKeys: Float64Array;
  private otherIndex: Int32Array;
  private readonly result: Int32Array;

  constructor(length: number, width: number) {
    this.width = width;
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

  /** The first `count` indices in order (and maybe more); valid until the next call. */
  order(values: Float64Array, descending: boolean, count: number): Int32Array {
    const { result } = this;
    const size = values.length;
    let numbers = 0;
    for (let i = 0; i < size; i++) {
      const value = values[i];
      if (Number.isNaN(value)) continue;
      this.keys[numbers] = descending ? -value : value;
      this.index[numbers++] = i;
    }
    const lead = descending ? size - numbers : 0;
    let nan = descending ? 0 : numbers;
    if (numbers < size) {
      for (let i = 0; i < size; i++) if (Number.isNaN(values[i])) result[nan++] = i;
    }
    const wanted = Math.min(numbers, count - lead);
    if (wanted <= 0) return result;
    if (wanted <= fewest && wanted < numbers) this.select(wanted, numbers);
    else this.sort(numbers);
    result.set(this.index.subarray(0, wanted), lead);
    return result;
  }

  /** Moves the smallest keys to the front: each key that is smaller than the largest of them is put
   *  among them. */
  private select(wanted: number, size: number): void {
    insertionSort(this.keys, this.index, 0, wanted);
    const { keys, index } = this;
    for (let i = wanted; i < size; i++) {
      if (!(keys[i] < keys[wanted - 1])) continue;
      insert(keys, index, 0, wanted - 1, keys[i], index[i]);
    }
  }

  /** Merges runs of growing length from one pair of arrays into the other and back. */
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

  /** Of equal keys the left one comes first: the order is stable. */
  private merge(start: number, middle: number, end: number): void {
    const { keys, index, otherKeys, otherIndex } = this;
    let [left, right] = [start, middle];
    for (let to = start; to < end; to++) {
      const takesRight = right < end && (left >= middle || keys[right] < keys[left]);
      const from = takesRight ? right++ : left++;
      otherKeys[to] = keys[from];
      otherIndex[to] = index[from];
    }
  }
}

/** So many elements are kept sorted while the others pass; more are sorted with all the others. */
const fewest = 32;
/** Runs of this length are sorted by insertion. */
const run = 16;

function insertionSort(keys: Float64Array, index: Int32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) insert(keys, index, start, i, keys[i], index[i]);
}

/** Puts a key behind those from `start` on that are not greater; the key at `free` is overwritten. */
function insert(
  keys: Float64Array,
  index: Int32Array,
  start: number,
  free: number,
  key: number,
  at: number,
): void {
  let to = free;
  while (to > start && key < keys[to - 1]) {
    keys[to] = keys[to - 1];
    index[to] = index[to - 1];
    to--;
  }
  keys[to] = key;
  index[to] = at;
}
