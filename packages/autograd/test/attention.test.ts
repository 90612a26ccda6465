// Attention, norms, tables and gelu: their hard spots, and what they are made of.
import { describe, expect, it } from "vitest";
import {
  embedding,
  erf,
  gelu,
  grad,
  IndexRangeError,
  layerNorm,
  OptionError,
  scaledDotProductAttention,
  ShapeError,
  square,
  sum,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from "../src/index.ts";
import { gradcheck } from "../src/testing/index.ts";

const float64 = { dtype: "float64" } as const;

const wave = (shape: number[], phase = 0.4): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + phase));
  return tensor(data, { ...float64, shape });
};

describe("scaledDotProductAttention", () => {
  const [q, k, v] = [wave([2, 3, 2], 0.1), wave([2, 4, 2], 0.5), wave([2, 4, 3], 0.9)];
  const seen = tensor([
    [true, false, true, true],
    [false, false, false, false],
    [true, true, false, false],
  ]);

  it.each([
    {},
    { causal: true },
    { scale: 2 },
    { mask: seen },
    { mask: wave([3, 4]) },
    { mask: seen, causal: true },
  ])("has derivatives to the second order: %j", (options) => {
    const f = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
      square(scaledDotProductAttention(a, b, c, options));
    gradcheck(f, [q, k, v], { order: 2 });
  });

  it("gives 0 to a query that sees nothing, and it has no gradient", () => {
    const y = scaledDotProductAttention(q, k, v, { mask: seen });
    expect(y.toArray()).toMatchObject([{ 1: [0, 0, 0] }, { 1: [0, 0, 0] }]);
    const f = (a: Tensor): Tensor =>
      sum(square(scaledDotProductAttention(a, k, v, { mask: seen })));
    const g = grad(f)(q);
    expect(g.toArray()).toMatchObject([{ 1: [0, 0] }, { 1: [0, 0] }]);
    const minusInfinity = tensor([[-Infinity]], float64);
    const none = scaledDotProductAttention(q, k, v, { mask: minusInfinity });
    expect(Math.max(...none.data.map(Math.abs))).toBe(0);
  });

  it("sees no further than its own place when causal", () => {
    const later = tensor([...k.data.slice(0, 8).fill(9, 4), ...k.data.slice(8)], {
      ...float64,
      shape: [2, 4, 2],
    });
    const [one, two] = [k, later].map((keys) =>
      scaledDotProductAttention(q, keys, v, { causal: true }).data.slice(0, 6),
    );
    expect(one).toEqual(two);
  });

  it("can be mapped over", () => {
    const f = (a: Tensor): Tensor => scaledDotProductAttention(a, k, v, { causal: true });
    const queries = wave([5, 2, 3, 2]);
    expect(vmap(f)(queries).shape).toEqual([5, 2, 3, 3]);
  });

  it("refuses what does not fit", () => {
    const loose = scaledDotProductAttention as (...args: unknown[]) => Tensor;
    expect(() => loose(q, wave([2, 4, 3]), v)).toThrow(ShapeError);
    expect(() => loose(q, k, wave([2, 5, 3]))).toThrow(/as many values as keys/);
    expect(() => loose(q, k, v, { isCausal: true })).toThrow(OptionError);
  });
});

describe("layerNorm", () => {
  it("is finite where nothing varies, even with eps = 0", () => {
    for (const eps of [1e-5, 0]) {
      for (const x of [tensor([[3, 3, 3]]), tensor([[7], [8]])]) {
        const f = (t: Tensor): Tensor => sum(square(layerNorm(t, x.shape[1], { eps }).add(1)));
        expect(layerNorm(x as Tensor, x.shape[1], { eps }).data.every((y) => y === 0)).toBe(true);
        expect(grad(f)(x as Tensor).data.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("refuses a shape that x does not end in, and parameters of another", () => {
    const loose = layerNorm as (x: Tensor, shape: unknown, options?: object) => Tensor;
    expect(() => loose(zeros([2, 3]), 2)).toThrow(
      "layerNorm: expected x whose last axes are [2], got [2, 3].",
    );
    expect(() => loose(zeros([2, 3]), [])).toThrow(ShapeError);
    expect(() => loose(zeros([2, 3]), 3, { weight: zeros([2]) })).toThrow(
      /a weight of shape \[3\]/,
    );
    expect(() => loose(zeros([2, 3]), 3, { eps: -1 })).toThrow(OptionError);
  });
});

describe("embedding", () => {
  it("adds up the gradients of a row that is named several times", () => {
    const rows = tensor([2, 0, 2], { dtype: "int32" });
    const g = grad((w: Tensor) => sum(embedding(rows, w) as Tensor))(zeros([3, 2]) as Tensor);
    expect(g.toArray()).toEqual([
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });

  it.each([-1, 3])("refuses the index %d", (index) => {
    const rows = tensor([index], { dtype: "int32" });
    expect(() => embedding(rows, zeros([3, 2]))).toThrow(IndexRangeError);
  });
});

describe("erf and gelu", () => {
  it("are precise to the last digits", () => {
    // By C's erf.
    const table = [
      [1e-10, 1.1283791670955126e-10],
      [0.3, 0.3286267594591274],
      [0.5, 0.5204998778130465],
      [1.5, 0.9661051464753108],
      [3.9, 0.9999999652077514],
      [4.5, 0.9999999998033839],
      [7, 1],
    ];
    for (const [x, y] of table) {
      for (const sign of [1, -1]) {
        const got = erf(tensor(sign * x, float64)).item();
        expect(Math.abs(got - sign * y)).toBeLessThanOrEqual(4e-16 * y);
      }
    }
  });

  it("keep infinities and NaN in their places", () => {
    const x = tensor([-Infinity, -40, -0, 40, Infinity, NaN]);
    expect(erf(x).toArray()).toEqual([-1, -1, -0, 1, 1, NaN]);
    for (const approximate of ["none", "tanh"] as const) {
      const f = (t: Tensor): Tensor => gelu(t, { approximate });
      expect(f(x).toArray()).toEqual([0, 0, 0, 40, Infinity, NaN]);
      expect(grad((t: Tensor) => sum(f(t)))(x).toArray()).toEqual([0, 0, 0.5, 1, 1, NaN]);
    }
    expect(() => gelu(x, { approximate: "yes" as "tanh" })).toThrow(OptionError);
  });
});
