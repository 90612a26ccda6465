// Where other frameworks went wrong, by exact expected values.
import { describe, expect, it } from "vitest";
import {
  abs,
  clamp,
  concat,
  div,
  exp,
  expand,
  gather,
  grad,
  gt,
  log,
  matmul,
  max,
  maximum,
  min,
  minimum,
  mse,
  mul,
  mulZero,
  ones,
  pow,
  relu,
  scatterAdd,
  sign,
  softplus,
  sqrt,
  square,
  stack,
  sub,
  sum,
  tensor,
  where,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { type F, f64, total } from "./doubles.support.ts";
import { curvature, int, slope } from "./hard-spots.support.ts";

describe("a branch that is not taken", () => {
  it("sends no NaN through where", () => {
    expect(slope((x) => where(gt(x, 0), sqrt(x), 0), [-1, 0, 4])).toEqual([0, 0, 0.25]);
    expect(slope((x) => where(gt(x, 0), log(x), x), [-1, 0, 2])).toEqual([1, 1, 0.5]);
    expect(slope((x) => where(gt(x, 0), div(1, x), 0), [0, 1])).toEqual([0, -1]);
    expect(slope((x) => where(gt(x, 0), 0, exp(x)), [1e4, 0])).toEqual([0, 1]);
  });

  it("nor to second order", () => {
    expect(curvature((x) => where(gt(x, 0), sqrt(x), 0), [-1, 0, 4])).toEqual([0, 0, -1 / 32]);
    expect(curvature((x) => where(gt(x, 0), log(x), 0), [0, 2])).toEqual([0, -0.25]);
  });

  it("nor through maximum", () => {
    expect(slope((x) => maximum(x, sqrt(x)), [0.25, 4])).toEqual([1, 1]);
    expect(slope((x) => minimum(exp(x), 5), [1e4, 0])).toEqual([0, 1]);
  });

  it("an infinite factor counts nothing beside a cotangent of 0", () => {
    expect(slope((x) => mul(sqrt(x), 0), [0])).toEqual([0]);
    expect(slope((x) => mul(log(x), 0), [1])).toEqual([0]);
    expect(slope(sqrt, [0])).toEqual([Infinity]);
    expect(mulZero(f64([0, Infinity, NaN, 2]), f64([NaN, 0, 0, 3])).toArray()).toEqual([
      0, 0, 0, 6,
    ]);
  });
});

describe("kinks: the subgradient of least norm", () => {
  it.each<[string, F, number[], number[]]>([
    ["relu", relu, [-1, 0, 1], [0, 0, 1]],
    ["relu at -0", relu, [-0], [0]],
    ["abs", abs, [-1, 0, 1], [-1, 0, 1]],
    ["sign", sign, [-1, 0, 1], [0, 0, 0]],
    ["clamp", (x) => clamp(x, { min: -1, max: 1 }), [-2, -1, 0, 1, 2], [0, 0, 1, 0, 0]],
    ["clamp from below", (x) => clamp(x, { min: 0 }), [-1, 0, 1], [0, 0, 1]],
    ["softplus", softplus, [0], [0.5]],
    ["norm", (x) => sqrt(sum(square(x))), [0, 0, 0], [0, 0, 0]],
    ["norm off 0", (x) => sqrt(sum(square(x))), [0, -2], [0, -1]],
  ])("%s", (_, f, at, expected) => {
    expect(slope(f, at)).toEqual(expected);
  });

  it("ties share evenly", () => {
    expect(slope((x) => maximum(x, 1), [0, 1, 2])).toEqual([0, 0.5, 1]);
    expect(slope((x) => minimum(x, 1), [0, 1, 2])).toEqual([1, 0.5, 0]);
    expect(slope((x) => maximum(x, x), [3])).toEqual([1]);
    expect(slope((x) => max(x), [2, 5, 5, 1])).toEqual([0, 0.5, 0.5, 0]);
    expect(slope((x) => min(x), [7, 7, 7, 7])).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(
      slope(
        (x) => max(x, { axis: 1 }),
        f64([
          [1, 1],
          [0, 2],
        ]),
      ),
    ).toEqual([
      [0.5, 0.5],
      [0, 1],
    ]);
    expect(slope((x) => max(x), zeros([3]))).toEqual(new Array(3).fill(Math.fround(1 / 3)));
    expect(slope((x) => max(x), [-Infinity, -Infinity])).toEqual([0.5, 0.5]);
  });
});

describe("broadcasting", () => {
  it("sums over the repeated axes", () => {
    const x = f64([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(slope((b) => mul(x, b), [1, 1, 1])).toEqual([5, 7, 9]);
    expect(slope((b) => mul(x, b), f64([[1], [1]]))).toEqual([[6], [15]]);
    expect(slope((b) => mul(x, b), 2)).toBe(21);
    expect(slope((b) => expand(b, [4, 2, 1]), f64([[1], [1]]))).toEqual([[4], [4]]);
    expect(slope((b) => mul(zeros([0, 2], { dtype: "float64" }), b), [1, 1])).toEqual([0, 0]);
  });

  it("works on both sides of a batched matmul", () => {
    const a = ones([2, 1, 3, 4], { dtype: "float64" });
    const b = ones([5, 4, 6], { dtype: "float64" });
    const [da, db] = grad((a: Tensor, b: Tensor) => total(matmul(a, b)), { argnums: [0, 1] })(a, b);
    expect([da.shape, db.shape]).toEqual([
      [2, 1, 3, 4],
      [5, 4, 6],
    ]);
    expect(new Set(da.data)).toEqual(new Set([30]));
    expect(new Set(db.data)).toEqual(new Set([6]));
  });

  it("of vectors in matmul", () => {
    const m = f64([
      [1, 2],
      [3, 4],
    ]);
    expect(slope((v) => matmul(m, v), [1, 1])).toEqual([4, 6]);
    expect(slope((v) => matmul(v, m), [1, 1])).toEqual([3, 7]);
    expect(slope((v) => matmul(v, v), [1, 2])).toEqual([2, 4]);
    expect(slope((v) => matmul(v, expand(m, [3, 2, 2])), [1, 1])).toEqual([9, 21]);
  });
});

describe("indices", () => {
  it("repeated ones add up", () => {
    const index = int([1, 1, 0, 1]);
    expect(slope((x) => gather(x, index, { axis: 0 }), [5, 6, 7])).toEqual([1, 3, 0]);
    expect(scatterAdd(f64([1, 2]), index, f64([10, 20, 30, 40]), { axis: 0 }).toArray()).toEqual([
      31, 72,
    ]);
    expect(
      slope((s) => square(scatterAdd(f64([0, 0]), index, s, { axis: 0 })), [1, 2, 3, 4]),
    ).toEqual([14, 14, 6, 14]);
  });

  it("may be shorter than what they index", () => {
    const index = int([[2], [0]]);
    const x = f64([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(gather(x, index, { axis: 0 }).toArray()).toEqual([[5], [1]]);
    expect(slope((x) => gather(x, index, { axis: 0 }), x)).toEqual([
      [1, 0],
      [0, 0],
      [1, 0],
    ]);
    const added = scatterAdd(x, int([[1]]), f64([[10]]), { axis: 1 });
    expect(added.toArray()).toEqual([
      [1, 12],
      [3, 4],
      [5, 6],
    ]);
    expect(slope((x) => gather(x, zeros([0, 2], { dtype: "int32" }), { axis: 0 }), x)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });
});

describe("the same tensor twice", () => {
  const m = f64([
    [1, 2],
    [3, 4],
  ]);

  it.each<[string, F, Tensor, unknown]>([
    ["mul", (x) => mul(x, x), f64([3]), [6]],
    ["sub", (x) => sub(x, x), f64([3]), [0]],
    ["div", (x) => div(x, x), f64([3]), [0]],
    [
      "matmul",
      (x) => matmul(x, x),
      m,
      [
        [7, 11],
        [9, 13],
      ],
    ],
    ["where", (x) => where(gt(x, 0), x, x), f64([-1, 1]), [1, 1]],
    ["concat", (x) => concat([x, x, x]).mul(f64([1, 2, 3, 4, 5, 6])), f64([0, 0]), [9, 12]],
    ["stack", (x) => square(stack([x, x])), f64([3]), [12]],
    ["mse", (x) => mse(x, x), f64([3]), [0]],
    ["pow", (x) => pow(x, x), f64([2]), [4 + 4 * Math.LN2]],
    ["scatterAdd", (x) => scatterAdd(x, int([0, 0]), x, { axis: 0 }), f64([1, 2]), [2, 2]],
  ])("in two slots of %s", (_, f, x, expected) => {
    expect(slope(f, x)).toEqual(expected);
  });

  it("equal constants are not one", () => {
    const f = grad((a: Tensor, b: Tensor) => total(mul(a, b)), { argnums: [0, 1] });
    const x = f64([2]);
    expect(f(x, x).map((g) => g.toArray())).toEqual([[2], [2]]);
    expect(slope((x) => mul(mul(x, 3), 3), [1])).toEqual([9]);
    const [a, b] = [tensor(2, { requiresGrad: true }), tensor(2, { requiresGrad: true })];
    mul(a, b).backward();
    expect([a.grad!.item(), b.grad!.item()]).toEqual([2, 2]);
  });
});
