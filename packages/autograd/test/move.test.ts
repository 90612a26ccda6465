// Movement and indexing: exact values at hard points, what is refused, and the methods.
import { describe, expect, it } from "vitest";
import * as w from "../src/index.ts";
import { int } from "./errors.support.ts";

const { chunk, cumsum, grad, mul, ones, repeat, scatter, sum, tensor, vmap, zeros } = w;
type Tensor = w.Tensor;

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("scatter", () => {
  const index = int([[0, 2, 0, 2, 0]]);
  const source = tensor([[1, 2, 3, 4, 5]]);

  it("keeps the last of several that go to one place", () => {
    const y = scatter(zeros([1, 3]), index, source, { axis: 1 });
    expect(y.toArray()).toEqual([[5, 0, 4]]);
  });

  it("gives the gradient to those that stay, and to what nothing took the place of", () => {
    const weights = tensor([[10, 20, 30]]);
    const f = (t: Tensor, s: Tensor) => sum(mul(scatter(t, index, s, { axis: 1 }), weights));
    expect(grad((t: Tensor) => f(t, source))(ones([1, 3])).toArray()).toEqual([[0, 20, 0]]);
    expect(grad((s: Tensor) => f(ones([1, 3]), s))(source).toArray()).toEqual([[0, 0, 0, 30, 10]]);
  });

  it("lets no infinite cotangent through to those that do not stay", () => {
    const pull = w.vjp((s: Tensor) => scatter(zeros([1, 3]), index, s, { axis: 1 }), source)[1];
    expect(pull(tensor([[Infinity, 1, NaN]]))[0].toArray()).toEqual([[0, 0, 0, NaN, Infinity]]);
  });

  it("puts a number, and keeps dtypes", () => {
    const masks = tensor([false, false, true]);
    expect(scatter(masks, int([0, 2]), 1, { axis: 0 }).toArray()).toEqual([true, false, true]);
    const counts = scatter(int([1, 2, 3]), int([1]), int([7]), { axis: 0 });
    expect([counts.dtype, counts.toArray()]).toEqual(["int32", [1, 7, 3]]);
    expect(scatter(x, int([[2], [0]]), NaN, { axis: 1 }).toArray()).toEqual([
      [1, 2, NaN],
      [NaN, 5, 6],
    ]);
  });

  it("works on each entry of a batch", () => {
    const each = vmap((t: Tensor, i: Tensor) => scatter(t, i, 0, { axis: 0 }));
    expect(each(x, int([[0], [2]])).toArray()).toEqual([
      [0, 2, 3],
      [4, 5, 0],
    ]);
  });
});

describe("picking", () => {
  it("adds up the gradients of what is picked several times", () => {
    const index = int([1, 1, 0]);
    const slope = (f: (t: Tensor) => Tensor) => grad((t: Tensor) => sum(f(t)))(x).toArray();
    const expected = [
      [1, 2, 0],
      [1, 2, 0],
    ];
    expect(slope((t) => w.take(t, index, { axis: 1 }))).toEqual(expected);
    expect(slope((t) => w.indexSelect(t, index, { axis: 1 }))).toEqual(expected);
    expect(slope((t) => w.takeAlongAxis(t, int([[1, 1, 0]]), { axis: 1 }))).toEqual(expected);
    expect(slope((t) => w.take(t, int([4, 4])))).toEqual([
      [0, 0, 0],
      [0, 2, 0],
    ]);
  });

  it("takes nothing, and by a scalar", () => {
    expect(w.take(x, zeros([0], { dtype: "int32" }), { axis: 0 }).shape).toEqual([0, 3]);
    expect(w.take(x, int(1), { axis: 0 }).toArray()).toEqual([4, 5, 6]);
    expect(w.take(zeros([0, 3]), zeros([0, 2], { dtype: "int32" }), { axis: 0 }).shape).toEqual([
      0, 2, 3,
    ]);
  });

  it("by what argmax returns finds the maxima", () => {
    const largest = w.argmax(x, { axis: 1 }).reshape([2, 1]);
    expect(w.takeAlongAxis(x, largest, { axis: -1 }).toArray()).toEqual([[3], [6]]);
  });
});

describe("triangles and diagonals", () => {
  it("drop NaN and infinities outside of the triangle, and their cotangents", () => {
    const odd = tensor([
      [1, NaN],
      [Infinity, 2],
    ]);
    expect(w.tril(odd, { diagonal: -1 }).toArray()).toEqual([
      [0, 0],
      [Infinity, 0],
    ]);
    const [, pull] = w.vjp((t: Tensor) => w.tril(t), x);
    expect(
      pull(
        tensor([
          [1, NaN, 2],
          [3, 4, Infinity],
        ]),
      )[0].toArray(),
    ).toEqual([
      [1, 0, 0],
      [3, 4, 0],
    ]);
  });

  it("keep integers and masks", () => {
    expect(
      w
        .triu(
          int([
            [1, 2],
            [3, 4],
          ]),
        )
        .toArray(),
    ).toEqual([
      [1, 2],
      [0, 4],
    ]);
    expect(w.tril(ones([2, 2], { dtype: "bool" })).toArray()).toEqual([
      [true, false],
      [true, true],
    ]);
    expect(
      w.trace(
        int([
          [1, 2],
          [3, 4],
        ]),
      ).dtype,
    ).toBe("int32");
    expect(w.diag(tensor([true])).toArray()).toEqual([[true]]);
  });
});

describe("maskedSelect", () => {
  const mask = tensor([
    [true, false, true],
    [false, false, true],
  ]);

  it("keeps the gradient where the mask is true, also inside of grad and vmap over x", () => {
    const f = (t: Tensor) => sum(w.maskedSelect(t, mask).square());
    expect(grad(f)(x).toArray()).toEqual([
      [2, 0, 6],
      [0, 0, 12],
    ]);
    const stacked = w.stack([x, w.neg(x)]);
    expect(vmap((t: Tensor) => w.maskedSelect(t, mask))(stacked).toArray()).toEqual([
      [1, 3, 6],
      [-1, -3, -6],
    ]);
  });

  it("cannot read a mask that vmap maps over", () => {
    const call = () => vmap((m: Tensor) => w.maskedSelect(x.at(0), m))(mask);
    expect(call).toThrow(w.TransformError);
    expect(call).toThrow(
      /^maskedSelect: expected a tensor whose values can be read, got one inside/,
    );
  });
});

it("methods are the functions", () => {
  expect(x.at("...", "::-1").toArray()).toEqual([
    [3, 2, 1],
    [6, 5, 4],
  ]);
  expect(x.flip().at(0, 0).item()).toBe(6);
  expect(x.roll(1, { axis: 1 }).toArray()).toEqual(w.roll(x, 1, { axis: 1 }).toArray());
  expect(x.tile(2).shape).toEqual([2, 6]);
  expect(x.split(2, { axis: 1 }).map(({ shape }) => shape)).toEqual([
    [2, 2],
    [2, 1],
  ]);
  expect(x.chunk(2).map((part) => part.toArray())).toEqual([[[1, 2, 3]], [[4, 5, 6]]]);
  expect(x.swapaxes(0, 1).shape).toEqual([3, 2]);
  expect(x.moveaxis(0, 1).shape).toEqual([3, 2]);
  expect(x.broadcastTo([2, 2, 3]).shape).toEqual([2, 2, 3]);
  expect(x.tril().at(0).toArray()).toEqual([1, 0, 0]);
  expect(x.triu().at(1).toArray()).toEqual([0, 5, 6]);
  expect(x.diagonal().toArray()).toEqual([1, 5]);
  expect(x.trace().item()).toBe(6);
  expect(x.take(int([5, 0])).toArray()).toEqual([6, 1]);
  expect(x.maskedFill(w.gt(x, 4), 0).at(1).toArray()).toEqual([4, 0, 0]);
});

it("slices are views: what is written afterwards is seen in them", () => {
  const base = tensor([1, 2, 3, 4]);
  const part = base.at("1::2");
  base.copyFrom(tensor([5, 6, 7, 8]));
  expect(part.toArray()).toEqual([6, 8]);
});

describe("as in NumPy and PyTorch", () => {
  it("one number of times in a list is for all elements", () => {
    expect(repeat(tensor([[1], [2]]), [2], { axis: 0 }).toArray()).toEqual([[1], [1], [2], [2]]);
    expect(repeat(tensor([1, 2]), [0]).toArray()).toEqual([]);
  });

  it("of nothing there are as many chunks as asked for, to be taken apart", () => {
    const shapes = (n: number) => chunk(zeros([0, 3]) as Tensor, n).map(({ shape }) => shape);
    expect(shapes(2)).toEqual([
      [0, 3],
      [0, 3],
    ]);
    expect(shapes(1)).toEqual([[0, 3]]);
  });

  it("a running sum counts booleans, as sum does", () => {
    const mask = tensor([
      [true, false, true],
      [true, true, true],
    ]);
    const counts = cumsum(mask, { axis: 1 });
    expect(counts.dtype).toBe("int32");
    expect(counts.toArray()).toEqual([
      [1, 1, 2],
      [1, 2, 3],
    ]);
    expect(vmap((row: Tensor) => cumsum(row))(mask).toArray()).toEqual(counts.toArray());
  });
});
