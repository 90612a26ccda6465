// "A call equals one eager call of f, the first call included, up to rounding": values.
import { describe, expect, it } from "vitest";
import {
  add,
  argmax,
  cast,
  clone,
  concat,
  cumsum,
  defineOp,
  div,
  embedding,
  exp,
  flatten,
  gather,
  logSoftmax,
  matmul,
  max,
  mean,
  mul,
  NDArray,
  notBatchable,
  oneHot,
  ones,
  samples,
  slice,
  softmax,
  square,
  sub,
  sum,
  tanh,
  tensor,
  where,
  gt,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { compile } from "../../src/index.ts";
import { caught, expectClose, seeded } from "./support.ts";

const line = "A call equals one eager call of f, the first call included, up to rounding";

/** Some calls of f, eagerly and compiled. */
function expectSame<A extends Tensor[]>(
  f: (...args: A) => unknown,
  calls: readonly Readonly<A>[],
  tolerance = 1e-12,
): void {
  const compiled = compile(f);
  for (const args of calls) expectClose(compiled(...(args as A)), f(...(args as A)), tolerance);
}

describe(line, () => {
  it("first and later calls", () => {
    const f = (a: Tensor, b: Tensor) => sum(mul(tanh(a), exp(b)), { axis: 1 });
    const of = (seed: number) => [seeded([7, 13], seed), seeded([7, 13], seed + 1)] as const;
    expectSame(f, [of(1), of(3), of(5)]);
  });

  it("trees in and out: arrays and objects, numbers, strings and null among them", () => {
    const f = ({ pair, scale }: { pair: readonly [Tensor, Tensor]; scale: number }) => ({
      sum: add(pair[0], pair[1]),
      list: [mul(pair[0], scale), { deep: sub(pair[1], 1) }],
      name: "x",
      count: 3,
      nothing: null,
      missing: undefined,
    });
    const compiled = compile(f);
    for (const seed of [1, 5]) {
      const arg = { pair: [seeded([3, 5], seed), seeded([5], seed + 1)] as const, scale: 2.5 };
      const [actual, expected] = [compiled(arg), f(arg)];
      expectClose(actual, expected, 0);
      expect(Object.keys(actual)).toEqual(Object.keys(expected));
      expect(actual).toMatchObject({ name: "x", count: 3, nothing: null });
    }
    expect(compiled.compilations).toBe(1);
  });

  it("no tensors at all: nothing in, nothing out", () => {
    expect(compile(() => undefined)()).toBeUndefined();
    expect(compile(() => [])()).toEqual([]);
    expect(compile(() => ({ n: 3 }))()).toEqual({ n: 3 });
    expectClose(compile(() => [ones([2]), add(ones([2]), 1)])(), [ones([2]), tensor([2, 2])], 0);
  });

  it("an argument, a view of one, and a tensor of the surroundings as results", () => {
    const w = seeded([3, 4], 9);
    const f = (x: Tensor) => [x, x.transpose(), slice(x, [1]), w, w.transpose()];
    expectSame(f, [[seeded([3, 4], 1)], [seeded([3, 4], 2)]], 0);
  });

  it("one tensor at two places of the result is one tensor there, too", () => {
    const compiled = compile((x: Tensor) => {
      const y = square(x);
      return [y, { again: y }] as const;
    });
    const [first, { again }] = compile((x: Tensor) => compiled(x))(tensor([2, 3]));
    expect(again).toBe(first);
    expect(again.toArray()).toEqual([4, 9]);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ["transposed", (x) => x.transpose()],
    [
      "a slice with steps",
      (x) =>
        slice(x, [
          [null, null, 2],
          [1, null, 3],
        ] as never),
    ],
    ["a slice from the middle", (x) => slice(x, [[2, 5]])],
    ["flipped", (x) => slice(x, [[null, null, -1]] as never)],
    ["expanded", (x) => slice(x, [0]).expand([4, 8])],
    ["a row, contiguous, of a larger memory", (x) => slice(x, [3])],
    ["one element of a larger memory", (x) => slice(x, [3, 5])],
  ])("non-contiguous arguments: %s", (_, view) => {
    const f = (x: Tensor) => [add(mul(x, 2), 1), sum(x), x];
    const compiled = compile(f);
    const contiguous = compile(f);
    for (const seed of [1, 2]) {
      const x = view(seeded([6, 8], seed));
      expectClose(compiled(x), f(x), 1e-13);
      expectClose(contiguous(clone(x)), f(x), 1e-13);
      expectClose(contiguous(x), f(x), 1e-13);
    }
    // The same elements in another order of memory need no other program.
    expect(contiguous.compilations).toBe(1);
  });

  it("0-d, size-1 and empty arguments", () => {
    const f = (x: Tensor) => [add(x, 1), sum(x), mean(x), square(x).mul(2)];
    for (const shape of [[], [1], [1, 1], [0], [3, 0], [0, 2], [1, 5, 1]]) {
      expectSame(f, [[seeded(shape, 1)], [seeded(shape, 2)]]);
    }
    expectSame((a: Tensor, b: Tensor) => concat([a, b]), [[seeded([0, 2], 1), seeded([3, 2], 2)]]);
    expectSame((a: Tensor, b: Tensor) => matmul(a, b), [[seeded([3, 0], 1), seeded([0, 2], 2)]]);
  });

  it("NaN, infinities and -0 pass through", () => {
    const x = tensor([NaN, Infinity, -Infinity, -0, 0, 1, -1], { dtype: "float64" });
    const f = (x: Tensor) => [x, mul(x, 1), div(1, x), where(gt(x, 0), x, mul(x, 2)), max(x)];
    const [actual, expected] = [compile(f)(x), f(x)];
    actual.forEach((y, i) => expect([...y.data]).toEqual([...expected[i].data]));
  });

  it("all dtypes in and out", () => {
    const f = (i: Tensor, b: Tensor, x: Tensor, d: Tensor) => [
      add(i, 1),
      mul(i, i),
      where(b, x, mul(x, -1)),
      gt(x, 0),
      cast(d, "float32"),
      cast(x, "int32"),
      sum(b),
      argmax(x),
      oneHot(i, 4),
    ];
    const i = tensor([3, 1, 2, 0, 3], { dtype: "int32" });
    const b = tensor([true, false, true, true, false]);
    const x = tensor([1.5, -2.5, 3.25, -0.5, 100.75]);
    const d = tensor([0.1, 1e-40, 1e39, -1 / 3, 7], { dtype: "float64" });
    expectSame(f, [[i, b, x, d]], 0);
  });

  it("indices: gather and embedding with repeated ones", () => {
    const index = tensor(
      [
        [2, 0],
        [2, 1],
      ],
      { dtype: "int32" },
    );
    const f = (table: Tensor, index: Tensor) => [
      embedding(index, table),
      gather(table, index, { axis: 1 }),
    ];
    expectSame(f, [[seeded([3, 4], 1), index]], 0);
  });

  it("softmax, scans and reductions along every axis", () => {
    const f = (x: Tensor) => [
      softmax(x),
      softmax(x, { axis: 0 }),
      logSoftmax(x, { axis: 1 }),
      cumsum(x, { axis: 1 }),
      max(x, { axis: 0 }),
      mean(x, { axis: [0, 2] }),
      flatten(x),
    ];
    expectSame(f, [[seeded([3, 5, 7], 1)], [seeded([3, 5, 7], 2)]], 1e-12);
  });

  it("float32 to a few roundings", () => {
    const f = (a: Tensor, b: Tensor) => sum(mul(tanh(a), exp(b)), { axis: 1 });
    const args = [seeded([9, 17], 1, "float32"), seeded([9, 17], 2, "float32")] as const;
    expectSame(f, [args], 1e-5);
  });
});

describe("host kernels of users' ops run inside, and are right", () => {
  /** x sorted, in TypeScript. Its calls are counted. */
  let calls = 0;
  const sorted = defineOp({
    name: "sorted",
    arity: 1,
    broadcasts: false,
    shape: ([x]) => [x],
    body: (k, [x]) => [
      k.host([x], { shape: x.shape, dtype: x.dtype }, ([{ data }], out) => {
        calls++;
        out.set(data.slice().sort());
      }),
    ],
    vjp: "not differentiable",
    jvp: "not differentiable",
    batch: notBatchable,
    samples: (draw) => ({ inputs: [samples.reals(draw, [3])], attrs: {} }),
    reference: ([x]) =>
      new NDArray(
        x.shape,
        x.data.slice().sort((a, b) => a - b),
      ),
  });

  /** Σ aᵢ·bᵢ over two inputs of different shapes. */
  const weighted = defineOp({
    name: "weighted",
    arity: 2,
    broadcasts: false,
    shape: ([x]) => [{ shape: [x.shape[0]], dtype: x.dtype }],
    body: (k, [x, w]) => [
      k.host([x, w], { shape: [x.shape[0]], dtype: x.dtype }, ([a, b], out) => {
        const [rows, columns] = a.shape;
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) out[i] += a.data[i * columns + j] * b.data[j];
        }
      }),
    ],
    vjp: [(g, { b }) => mul(g.unsqueeze(1), b), null],
    jvp: () => [null],
    batch: notBatchable,
    samples: (draw) => ({
      inputs: [samples.reals(draw, [2, 3]), samples.reals(draw, [3])],
      attrs: {},
    }),
    reference: ([x, w]) =>
      new NDArray(
        [x.shape[0]],
        Array.from({ length: x.shape[0] }, (_, i) =>
          w.data.reduce((s, v, j) => s + v * x.data[i * w.data.length + j], 0),
        ),
      ),
  });

  it("between other kernels, at each call once", () => {
    const f = (x: Tensor) => mul(sorted(mul(x, -1)), 2);
    const compiled = compile(f);
    expect(compiled(tensor([3, 1, 2])).toArray()).toEqual([-6, -4, -2]);
    calls = 0;
    expect(compiled(tensor([0.5, 9, -4])).toArray()).toEqual([-18, -1, 8]);
    expect(calls).toBe(1);
    expect(compiled.compilations).toBe(1);
  });

  it("on views, 0-d and empty tensors", () => {
    for (const x of [
      seeded([4, 3], 1).transpose(),
      seeded([], 2),
      zeros([0], { dtype: "float64" }),
    ]) {
      expectSame((x: Tensor) => sorted(x), [[x]], 0);
      expectSame((x: Tensor) => sorted(slice(add(x, 1), [])), [[x]], 0);
    }
  });

  it("two in one program, several inputs, with a gradient through one", () => {
    const f = (x: Tensor, w: Tensor) => {
      const leaf = x.detach();
      leaf.requiresGrad = true;
      const y = weighted(leaf, w);
      sum(square(y)).backward();
      return [y, leaf.grad!, sorted(y)];
    };
    const args = (seed: number) => [seeded([5, 3], seed), seeded([3], seed + 1)] as const;
    expectSame(f, [args(1), args(4)]);
  });

  it("an exception in one is the caller's", () => {
    class Refusal extends Error {}
    const failing = defineOp({
      ...sorted.op,
      name: "failing",
      body: (k, [x]) => [
        k.host([x], { shape: x.shape, dtype: x.dtype }, ([{ data }], out) => {
          if (data[0] < 0) throw new Refusal("no negative numbers");
          out.set(data);
        }),
      ],
    });
    const compiled = compile((x: Tensor) => add(failing(x), 1));
    expect(compiled(tensor([1])).toArray()).toEqual([2]);
    const error = caught(() => compiled(tensor([-1])));
    expect(error).toBeInstanceOf(Refusal);
    expect(error.message).toBe("no negative numbers");
    expect(compiled(tensor([5])).toArray()).toEqual([6]);
  });
});
