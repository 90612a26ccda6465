import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arange,
  expand,
  permute,
  reshape,
  slice,
  squeeze,
  tensor,
  unsqueeze,
  type Range,
  type Tensor,
} from "@wengert/autograd";
import { reshapeLayout } from "../src/kernel/views.ts";
import { contiguousLayout, layoutOf, type Layout } from "../src/tensor/layout.ts";
import { broadcastShapes, normalizeAxes, resolveShape } from "../src/tensor/shape.ts";

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The index of the i-th element in row-major order. */
function indexOf(i: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const size of shape.toReversed()) {
    index.unshift(i % size);
    i = Math.floor(i / size);
  }
  return index;
}

const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const positive = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
const numbered = (shape: readonly number[]): Tensor =>
  reshape(arange(product(shape)), shape as never);

/** The elements in row-major order, read one by one through the strides. */
function elementsOf(x: Tensor): number[] {
  const { shape, strides } = x.layout;
  return Array.from({ length: product(shape) }, (_, i) => {
    const index = indexOf(i, shape);
    return x.storage!.data[index.reduce((at, j, d) => at + j * strides[d], x.offset)];
  });
}

describe("broadcasting", () => {
  /** NumPy's definition, written backwards and apart from ours. */
  function naive(shapes: readonly (readonly number[])[]): number[] | null {
    const result: number[] = [];
    for (let back = 1; back <= Math.max(...shapes.map((shape) => shape.length)); back++) {
      const sizes = shapes.map((shape) => shape.at(-back)).filter((size) => size !== undefined);
      const others = [...new Set(sizes.filter((size) => size !== 1))];
      if (shapes.some((shape) => shape.length < back) && sizes.length === 0) return null;
      if (others.length > 1) return null;
      result.unshift(others[0] ?? 1);
    }
    return result;
  }

  it("follows NumPy's rule", () => {
    fc.assert(
      fc.property(fc.array(dims, { minLength: 1, maxLength: 3 }), (shapes) => {
        const expected = naive(shapes);
        if (expected) expect(broadcastShapes("op", shapes)).toEqual(expected);
        else
          expect(() => broadcastShapes("op", shapes)).toThrow(
            /^op: expected shapes that broadcast/,
          );
      }),
      { numRuns: 1000 },
    );
  });

  it("adds what the indices say", () => {
    const pair = positive.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        ...[0, 1].map(() =>
          fc
            .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
            .map(([from, ones]) => shape.slice(from).map((size, d) => (ones[d] ? 1 : size))),
        ),
      ),
    );
    fc.assert(
      fc.property(pair, ([, a, b]) => {
        const out = naive([a, b])!;
        const [x, y] = [numbered(a), numbered(b)];
        const at = (t: Tensor, index: readonly number[]): number => {
          const own = index.slice(index.length - t.rank).map((i, d) => (t.shape[d] === 1 ? 0 : i));
          return own.reduce((sum, i, d) => sum * t.shape[d] + i, 0);
        };
        const total = x.mul(100).add(y as never) as Tensor;
        expect(total.shape).toEqual(out);
        expect([...total.data]).toEqual(
          Array.from({ length: product(out) }, (_, i) => {
            const index = indexOf(i, out);
            return 100 * at(x, index) + at(y, index);
          }),
        );
      }),
    );
  });
});

describe("reshapeLayout", () => {
  /** A layout of positive sizes with any strides, and another shape of as many elements. */
  const strided = positive.chain((shape) =>
    fc.record({
      layout: fc.oneof(
        fc.constant(contiguousLayout("float32", shape)),
        fc
          .array(fc.constantFrom(0, 1, 2, 3, 4, 6, 12, -1, -2, -4), {
            minLength: shape.length,
            maxLength: shape.length,
          })
          .map((strides) => layoutOf("float32", shape, strides)),
        permutations(shape.length).map((order) => {
          const whole = contiguousLayout("float32", shape);
          const moved = order.map((d) => shape[d]);
          return layoutOf(
            "float32",
            moved,
            order.map((d) => whole.strides[d]),
          );
        }),
      ),
      to: factorisations(product(shape)),
    }),
  );

  const offsets = ({ strides }: Layout, shape: readonly number[]): number[] =>
    Array.from({ length: product(shape) }, (_, i) =>
      indexOf(i, shape).reduce((at, j, d) => at + j * strides[d], 0),
    );

  it("aliases the same elements, or says that it cannot", () => {
    let aliased = 0;
    fc.assert(
      fc.property(strided, ({ layout, to }) => {
        const result = reshapeLayout(layout, to);
        if (!result) return;
        aliased++;
        expect(result.shape).toEqual(to);
        expect(offsets(result, to)).toEqual(offsets(layout, layout.shape));
      }),
      { numRuns: 2000 },
    );
    expect(aliased).toBeGreaterThan(500);
  });

  it("copies only where no strides would do", () => {
    fc.assert(
      fc.property(strided, ({ layout, to }) => {
        if (reshapeLayout(layout, to)) return;
        // Were there strides, they would be the distances of neighbours along each axis.
        const from = offsets(layout, layout.shape);
        const strides = to.map((size, d) =>
          size > 1 ? from[product(to.slice(d + 1))] - from[0] : 0,
        );
        const guess = layoutOf("float32", to, strides);
        expect(offsets(guess, to)).not.toEqual(from);
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps empty tensors", () => {
    const from = contiguousLayout("float32", [0, 3]);
    expect(reshapeLayout(from, [2, 0, 5])).toMatchObject({ shape: [2, 0, 5], size: 0 });
  });

  it("makes views that share memory, and copies that do not", () => {
    const x = arange(6);
    const view = reshape(x, [2, 3]);
    const copy = reshape(permute(view, [1, 0]), [6]);
    x.copyFrom(arange(6).mul(10));
    expect(view.toArray()).toEqual([
      [0, 10, 20],
      [30, 40, 50],
    ]);
    expect(copy.toArray()).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

function permutations(length: number): fc.Arbitrary<number[]> {
  const order = Array.from({ length }, (_, i) => i);
  return fc.shuffledSubarray(order, { minLength: length, maxLength: length });
}

/** Shapes of a number of elements, axes of size 1 among them. */
function factorisations(size: number): fc.Arbitrary<number[]> {
  const primes: number[] = [];
  for (let p = 2; size > 1; p++) for (; size % p === 0; size /= p) primes.push(p);
  return fc
    .tuple(
      fc.shuffledSubarray(primes, { minLength: primes.length }),
      fc.array(fc.nat(2), { minLength: 9, maxLength: 9 }),
    )
    .map(([factors, places]) => {
      const shape: number[] = [];
      factors.forEach((p, i) => {
        if (places[i] > 0 && shape.length > 0) shape[shape.length - 1] *= p;
        else shape.push(p);
      });
      return places[8] > 0 ? [...shape.slice(0, places[8]), 1, ...shape.slice(places[8])] : shape;
    });
}

describe("reshape", () => {
  it("keeps the row-major order, whatever the strides", () => {
    const source = positive.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        order: permutations(shape.length),
        flips: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
        to: factorisations(product(shape)),
      }),
    );
    fc.assert(
      fc.property(source, ({ shape, order, flips, to }) => {
        const ranges = flips.map((flipped): Range => (flipped ? [null, null, -1] : null));
        const x = permute(slice(numbered(shape), ranges), order) as Tensor;
        const y = reshape(x, to) as Tensor;
        expect(y.shape).toEqual(to);
        expect(elementsOf(y)).toEqual(elementsOf(x));
        expect([...y.data]).toEqual(elementsOf(x));
      }),
      { numRuns: 500 },
    );
  });

  it("infers one size", () => {
    expect(resolveShape("reshape", [2, -1], [3, 4])).toEqual([2, 6]);
    expect(resolveShape("reshape", [-1], [])).toEqual([1]);
    expect(resolveShape("reshape", [-1, 3], [0, 3])).toEqual([0, 3]);
    expect(resolveShape("reshape", [0, 7], [2, 0])).toEqual([0, 7]);
  });
});

describe("permute", () => {
  it("moves element i…j to its place, as a view", () => {
    const cases = positive.chain((shape) =>
      fc.tuple(fc.constant(shape), permutations(shape.length)),
    );
    fc.assert(
      fc.property(cases, ([shape, order]) => {
        const x = numbered(shape);
        const y = permute(x, order) as Tensor;
        expect(y.storage).toBe(x.storage);
        expect([...y.data]).toEqual(
          Array.from({ length: y.size }, (_, i) => {
            const index = indexOf(i, y.shape);
            return shape.reduce((at, size, d) => at * size + index[order.indexOf(d)], 0);
          }),
        );
        const inverse = order.map((_, d) => order.indexOf(d));
        expect((permute(y, inverse) as Tensor).layout).toBe(x.layout);
      }),
    );
  });

  it("takes axes from the back", () => {
    expect(permute(numbered([2, 3, 4]), [-1, 0, 1]).shape).toEqual([4, 2, 3]);
  });
});

describe("slice", () => {
  /** Python's range over what a slice selects: walks instead of computing. */
  function naive(size: number, [start, stop, step]: readonly (number | null)[]): number[] {
    const by = step ?? 1;
    const wrap = (i: number): number => (i < 0 ? i + size : i);
    let i = start === null ? (by > 0 ? 0 : size - 1) : wrap(start);
    let end = stop === null ? (by > 0 ? size : -1) : wrap(stop);
    if (stop !== null && end < 0) end = -1;
    const picked: number[] = [];
    if (by > 0 && i < 0) i = 0;
    if (by < 0 && i >= size) i = size - 1;
    for (; by > 0 ? i < end : i > end; i += by) if (i >= 0 && i < size) picked.push(i);
    return picked;
  }

  const limit = fc.option(fc.integer({ min: -9, max: 9 }));
  const step = fc.option(fc.integer({ min: -4, max: 4 }).filter((i) => i !== 0));

  it("selects as Python does", () => {
    fc.assert(
      fc.property(fc.nat(6), limit, limit, step, (size, start, stop, by) => {
        const y = slice(arange(size), [[start, stop, by]]);
        expect(y.toArray()).toEqual(naive(size, [start, stop, by]));
      }),
      { numRuns: 3000 },
    );
  });

  it("works on each axis by itself, and drops what an integer picks", () => {
    const x = numbered([3, 4, 2]);
    expect(slice(x, [1, [null, null, -2], 0]).toArray()).toEqual([14, 10]);
    expect(slice(x, [-1]).toArray()).toEqual([
      [16, 17],
      [18, 19],
      [20, 21],
      [22, 23],
    ]);
    expect(slice(x, []).toArray()).toEqual(x.toArray());
    expect(slice(x, [null, [1, 1]]).shape).toEqual([3, 0, 2]);
    expect(slice(tensor(5), []).item()).toBe(5);
  });

  it("is a view", () => {
    const x = arange(5);
    const odd = slice(x, [[1, null, 2]]);
    x.copyFrom(x.mul(-1));
    expect(odd.toArray()).toEqual([-1, -3]);
  });
});

describe("copyFrom between views of one tensor", () => {
  it("reads all before it writes", () => {
    const ranges: [Range, Range][] = [
      [null, [null, null, -1]],
      [
        [1, null],
        [0, -1],
      ],
      [
        [0, -1],
        [1, null],
      ],
    ];
    for (const [to, from] of ranges) {
      const x = arange(6);
      const expected = [...slice(x, [from]).data];
      slice(x, [to]).copyFrom(slice(x, [from]));
      expect([...slice(x, [to]).data]).toEqual(expected);
    }
    const square = numbered([3, 3]);
    square.copyFrom(permute(square, [1, 0]));
    expect([...square.data]).toEqual([0, 3, 6, 1, 4, 7, 2, 5, 8]);
  });
});

describe("axes", () => {
  it("are sorted and counted from the front", () => {
    expect(normalizeAxes("sum", [-1, 0], 3)).toEqual([0, 2]);
    expect(normalizeAxes("sum", undefined, 2)).toEqual([0, 1]);
    expect(normalizeAxes("sum", [], 2)).toEqual([]);
    expect(normalizeAxes("sum", -2, 2)).toEqual([0]);
  });

  it("of size 1 come and go", () => {
    const x = numbered([2, 3]);
    expect(unsqueeze(x, 0).shape).toEqual([1, 2, 3]);
    expect(unsqueeze(x, -1).shape).toEqual([2, 3, 1]);
    expect(unsqueeze(x, 2).shape).toEqual([2, 3, 1]);
    expect(squeeze(numbered([1, 2, 1])).shape).toEqual([2]);
    expect(squeeze(numbered([1, 2, 1]), { axis: -1 }).shape).toEqual([1, 2]);
    expect(expand(numbered([2, 1]), [3, -1, 2]).toArray()).toEqual(
      new Array(3).fill([
        [0, 0],
        [1, 1],
      ]),
    );
  });
});
