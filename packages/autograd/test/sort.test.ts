// Sorting against JavaScript's own stable sort, on rows of many lengths with many ties.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arange,
  argsort,
  cummax,
  eq,
  gather,
  grad,
  median,
  quantile,
  sort,
  sum,
  tensor,
  topk,
  vmap,
  where,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { f64 } from "./doubles.support.ts";
import { int, slope } from "./hard-spots.support.ts";

/** The order of a row by JavaScript's sort: NaN is greatest, ties stay. */
function orderOf(values: readonly number[], descending: boolean): number[] {
  const rank = (x: number) => (Number.isNaN(x) ? 1 : 0);
  const compare = (a: number, b: number) =>
    rank(a) - rank(b) || (rank(a) === 1 || a === b ? 0 : a < b ? -1 : 1);
  const indices = values.map((_, i) => i);
  return indices.sort((i, j) => (descending ? -1 : 1) * compare(values[i], values[j]));
}

const element = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -9, max: 9 }) },
  fc.constantFrom(NaN, Infinity, -Infinity, -0),
);
const rows = fc.oneof(
  fc.array(element, { maxLength: 12 }),
  fc.array(element, { minLength: 12, maxLength: 300, size: "max" }),
);
const check = (f: (values: number[], flag: boolean, share: number) => void) =>
  fc.assert(fc.property(rows, fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), f), {
    seed: 7,
    numRuns: 150,
  });

describe("sort, argsort and topk", () => {
  it("order rows of any length", () => {
    check((values, descending) => {
      const order = orderOf(values, descending);
      const x = f64(values);
      expect(argsort(x, { descending }).toArray()).toEqual(order);
      expect([...sort(x, { descending }).data]).toEqual(order.map((i) => values[i]));
    });
  });

  it("topk is the beginning of the order, or its elements as they lie", () => {
    check((values, largest, share) => {
      const k = Math.floor(share * values.length);
      const order = orderOf(values, largest).slice(0, k);
      const x = f64(values);
      expect(topk(x, k, { largest }).indices.toArray()).toEqual(order);
      const unsorted = topk(x, k, { largest, sorted: false });
      expect(unsorted.indices.toArray()).toEqual(order.toSorted((a, b) => a - b));
      expect([...unsorted.values.data]).toEqual(
        order.toSorted((a, b) => a - b).map((i) => values[i]),
      );
    });
  });

  it("sort along any axis, of every dtype", () => {
    const x = int([
      [3, 1, 2],
      [-1, 5, -(2 ** 31)],
    ]);
    expect(sort(x, { axis: 0 }).toArray()).toEqual([
      [-1, 1, -(2 ** 31)],
      [3, 5, 2],
    ]);
    expect(sort(x, { descending: true }).toArray()).toEqual([
      [3, 2, 1],
      [5, -1, -(2 ** 31)],
    ]);
    expect(sort(x.transpose(), { axis: 1 }).toArray()).toEqual([
      [-1, 3],
      [1, 5],
      [-(2 ** 31), 2],
    ]);
    expect(sort(tensor([true, false, true])).toArray()).toEqual([false, true, true]);
    const y = tensor([0.1, 0.3, 0.2]);
    expect(sort(y).data).toEqual(Float32Array.of(0.1, 0.2, 0.3));
    expect(gather(y, argsort(y), { axis: 0 }).data).toEqual(sort(y).data);
  });

  it("nothing and one element are sorted", () => {
    expect(sort(zeros([0])).shape).toEqual([0]);
    expect(sort(zeros([2, 0]), { axis: 0 }).shape).toEqual([2, 0]);
    expect(argsort(zeros([2, 1])).toArray()).toEqual([[0], [0]]);
    expect(topk(zeros([3, 2]), 0, { axis: 0 }).values.shape).toEqual([0, 2]);
    expect(topk(f64([5]), 1).indices.toArray()).toEqual([0]);
  });

  it("send gradients to the chosen elements", () => {
    const weights = f64([1, 10, 100]);
    expect(slope((x) => sort(x).mul(weights), [3, 1, 2])).toEqual([100, 1, 10]);
    // Ties are a permutation, too: the first of them comes first.
    expect(slope((x) => sort(x).mul(weights), [1, 1, 1])).toEqual([1, 10, 100]);
    const backwards = (x: Tensor) => sort(x, { descending: true }).mul(weights);
    expect(slope(backwards, [1, 1, NaN])).toEqual([10, 100, 1]);
    expect(slope((x) => topk(x, 2).values, [1, 3, 3, 3])).toEqual([0, 1, 1, 0]);
    expect(slope((x) => topk(x, 1, { largest: false }).values, [NaN, 3, 2])).toEqual([0, 0, 1]);
  });

  it("are batched, both outputs", () => {
    const x = f64([
      [3, 1, 2],
      [4, 6, 5],
    ]);
    const [values, indices] = vmap((row: Tensor) => {
      const best = topk(row, 2);
      return [best.values, best.indices] as const;
    })(x) as readonly Tensor[];
    expect(values.toArray()).toEqual([
      [3, 2],
      [6, 5],
    ]);
    expect(indices.toArray()).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });
});

describe("median and quantile", () => {
  it("are those of the sorted row, for rows of any length", () => {
    check((values, _, q) => {
      if (values.length === 0 || values.some((x) => !Number.isFinite(x))) return;
      const sorted = values.toSorted((a, b) => a - b);
      const at = (share: number) => {
        const place = share * (sorted.length - 1);
        const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
        return low + (high - low) * (place % 1);
      };
      expect(quantile(f64(values), q).item()).toBeCloseTo(at(q), 12);
      expect(median(f64(values)).item()).toBeCloseTo(at(0.5), 12);
    });
  });

  it("the mean of the two in the middle, with half of the gradient each", () => {
    expect(median(f64([1, 3, 2, 10])).item()).toBe(2.5);
    expect(slope((x) => median(x), [1, 3, 2, 10])).toEqual([0, 0.5, 0.5, 0]);
    expect(slope((x) => median(x), [1, 3, 2])).toEqual([0, 0, 1]);
    expect(slope((x) => median(x), [7])).toEqual([1]);
    expect(slope((x) => median(x), [5, 5, 5, 5])).toEqual([0, 0.5, 0.5, 0]);
    expect(slope((x) => quantile(x, 0.25), [2, 1])).toEqual([0.25, 0.75]);
    expect(slope((x) => quantile(x, 1), [2, 9, 4])).toEqual([0, 1, 0]);
  });

  it("of rows that choose bad pivots", () => {
    const n = 4000;
    const pipe = Array.from({ length: n }, (_, i) => Math.min(i, n - i));
    const x = f64(pipe);
    expect(median(x).item()).toBe(1000);
    expect(quantile(x, [0.001, 0.999]).toArray()).toEqual([
      expect.closeTo(2, 9),
      expect.closeTo(1998.001, 2),
    ]);
    expect(topk(x, 100).indices.toArray()).toEqual(orderOf(pipe, true).slice(0, 100));
    expect(median(zeros([n])).item()).toBe(0);
  });

  it("at infinities and NaN", () => {
    expect(median(f64([Infinity, Infinity, 1, Infinity])).item()).toBe(Infinity);
    expect(median(f64([-Infinity, 0, 1])).item()).toBe(0);
    expect(median(f64([3, NaN, 1, 2])).item()).toBeNaN();
    expect(slope((x) => median(x), [3, NaN, 1])).toEqual([0, 1, 0]);
    expect(quantile(tensor([3e38, -3e38]), 0.5).item()).toBe(0);
  });

  it("several at once, in front", () => {
    const x = f64([
      [4, 1, 3, 2, 0],
      [0, 10, 20, 30, 40],
    ]);
    const q = [0.5, 0.25, 0.9, 0.5];
    const each = q.map((share) => quantile(x, share, { axis: 1 }).toArray());
    expect(quantile(x, q, { axis: 1 }).toArray()).toEqual(each);
    expect(quantile(x, q, { axis: [0, 1], keepDims: true }).shape).toEqual([4, 1, 1]);
    const weights = f64([[1], [10], [100], [1000]]);
    expect(slope((x) => quantile(x, q, { axis: 1 }).mul(weights), x)).toEqual([
      [expect.closeTo(60, 12), 10, expect.closeTo(40, 12), 1001, 0],
      [0, 10, 1001, expect.closeTo(40, 12), expect.closeTo(60, 12)],
    ]);
  });

  it("over several axes, which may stay", () => {
    const x = f64([
      [
        [1, 5],
        [2, 6],
      ],
      [
        [3, 7],
        [4, 9],
      ],
    ]);
    expect(median(x).item()).toBe(4.5);
    expect(median(x, { keepDims: true }).shape).toEqual([1, 1, 1]);
    expect(median(x, { axis: [0, 2] }).toArray()).toEqual([4, 5]);
    expect(median(x, { axis: [0, 1], keepDims: true }).toArray()).toEqual([[[2.5, 6.5]]]);
    expect(median(x, { axis: [] }).toArray()).toEqual(x.toArray());
    const g = grad((x: Tensor) => sum(median(x, { axis: [0, 2] })) as Tensor)(x);
    expect(g.toArray()).toEqual([
      [
        [0, 0.5],
        [0, 0.5],
      ],
      [
        [0.5, 0],
        [0.5, 0],
      ],
    ]);
    expect(median(zeros([0, 2]), { axis: 1 }).shape).toEqual([0]);
  });
});

it("where running maxima stand is a running maximum, too: of equal ones the last, as PyTorch's", () => {
  const x = f64([
    [1, 3, 2, 3],
    [-1, -1, 5, 4],
  ]);
  const places = arange(4, { dtype: "int32" });
  const indices = cummax(where(eq(x, cummax(x)), places, 0));
  expect(indices.toArray()).toEqual([
    [0, 1, 1, 3],
    [0, 1, 2, 2],
  ]);
  expect(gather(x, indices, { axis: 1 }).toArray()).toEqual(cummax(x).toArray());
});
