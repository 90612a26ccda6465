// Spreads, norms and running extrema where they are hard: at 0, at ties, beyond the range of powers.
import { describe, expect, it } from "vitest";
import {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  cast,
  center,
  cummax,
  cummin,
  cumprod,
  grad,
  jvp,
  logcumsumexp,
  max,
  maxPool1d,
  min,
  norm,
  std,
  tensor,
  variance,
  vmap,
  where,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { type F, f64 } from "./doubles.support.ts";
import { curvature, hessian, int, slope } from "./hard-spots.support.ts";

const inf = Infinity;

describe("the spread of equal elements", () => {
  // 0.1 · 3 / 3 is not 0.1.
  it.each([[[0.1, 0.1, 0.1]], [[1e300, 1e300]], [[-7, -7, -7, -7, -7]]])("%j is 0", (values) => {
    expect(variance(f64(values)).item()).toBe(0);
    expect(std(f64(values)).item()).toBe(0);
    expect(center(f64(values)).toArray()).toEqual(values.map(() => 0));
    const none = values.map(() => 0);
    expect(slope((x) => std(x), values)).toEqual(none);
    expect(curvature((x) => std(x), values)).toEqual(none);
    expect(slope((x) => variance(x), values)).toEqual(none);
    const single = tensor(values.map((v) => Math.min(v, 1e30)));
    expect(slope((x) => std(x), single)).toEqual(none);
  });

  it("one element has none, and NaN if it is corrected", () => {
    expect(std(f64([3]), { correction: 0 }).item()).toBe(0);
    expect(slope((x) => std(x, { correction: 0 }), [3])).toEqual([0]);
    expect(std(f64([3])).item()).toBeNaN();
    expect(variance(f64([3])).item()).toBeNaN();
    expect(slope((x) => std(x), [3])).toEqual([NaN]);
    const masked = (x: Tensor) => where(tensor([false, true]), std(x, { axis: 1 }), 7);
    expect(slope(masked, f64([[3], [4]]))).toEqual([[0], [NaN]]);
    expect(variance(f64([1, 2]), { correction: 3 }).item()).toBe(inf);
    expect(variance(zeros([0])).item()).toBeNaN();
    expect(std(zeros([0, 2]), { axis: 0 }).toArray()).toEqual([NaN, NaN]);
    expect(variance(zeros([2, 0]), { axis: 0 }).shape).toEqual([0]);
    expect(std(f64([[1, 2]]), { axis: [], correction: 0 }).toArray()).toEqual([[0, 0]]);
  });

  it("each row on its own, under vmap too", () => {
    const rows = f64([
      [0.1, 0.1],
      [0, 2],
    ]);
    const expected = [
      [0, 0],
      [-0.5, 0.5],
    ];
    expect(slope((x) => std(x, { axis: 1, correction: 0 }), rows)).toEqual(expected);
    const each = vmap((x: Tensor) => grad((x: Tensor) => std(x, { correction: 0 }) as Tensor)(x));
    expect(each(rows).toArray()).toEqual(expected);
  });

  it("a large mean costs no precision, a large spread does not overflow", () => {
    const near = [1e8, 1e8 + 8, 1e8 + 16];
    expect(variance(tensor(near)).item()).toBe(64);
    expect(slope((x) => variance(x), tensor(near))).toEqual([-8, 0, 8]);
    expect(std(tensor([1e30, -1e30])).item()).toBeCloseTo(Math.SQRT2 * 1e30, -23);
    expect(std(f64([1e200, -1e200])).item() / 1e200).toBeCloseTo(Math.SQRT2, 14);
    expect(slope((x) => std(x), f64([1e200, -1e200]))).toEqual([
      expect.closeTo(Math.SQRT1_2, 14),
      expect.closeTo(-Math.SQRT1_2, 14),
    ]);
    expect(std(f64([1e-200, -1e-200])).item() / 1e-200).toBeCloseTo(Math.SQRT2, 14);
  });

  it("NaN and infinities are no spread", () => {
    for (const odd of [NaN, inf]) {
      expect(variance(f64([1, odd, 2])).item()).toBeNaN();
      expect(std(f64([odd, 1])).item()).toBeNaN();
    }
  });
});

describe("norm", () => {
  const of =
    (ord: number): F =>
    (x) =>
      norm(x, { ord });

  it.each([2, 1, 3, 1.5, inf, -inf, 0, 0.5, -1])(
    "of ord %d at 0 is 0, and so is its slope",
    (ord) => {
      expect(norm(zeros([3]), { ord }).item()).toBe(0);
      expect(slope(of(ord), [0, 0, 0])).toEqual([0, 0, 0]);
      expect(curvature(of(ord), [0, 0, 0])).toEqual([0, 0, 0]);
      expect(slope(of(ord), f64(0))).toBe(0);
    },
  );

  it.each<[number, number[], number, number[]]>([
    [2, [3, 0, -4], 5, [0.6, 0, -0.8]],
    [1, [3, 0, -4], 7, [1, 0, -1]],
    [inf, [3, 0, -4], 4, [0, 0, -1]],
    [-inf, [3, 2, -4], 2, [0, 1, 0]],
    [0, [3, 0, -4], 2, [0, 0, 0]],
    [-1, [3, 0, -4], 0, [0, 0, 0]],
    [0.5, [4, 0, -9], 25, [2.5, 0, -5 / 3]],
    [-1, [2, -2], 1, [0.25, -0.25]],
    [inf, [2, -2, 2, 1], 2, [1 / 3, -1 / 3, 1 / 3, 0]],
    [-inf, [2, -2, 3], 2, [0.5, -0.5, 0]],
    [2, [inf, 1], inf, [NaN, 0]],
    [inf, [-inf, 1], inf, [-1, 0]],
  ])("of ord %d of %j", (ord, at, value, slopes) => {
    expect(norm(f64(at), { ord }).item()).toBeCloseTo(value, 13);
    const close = slopes.map((s) => (Number.isNaN(s) ? NaN : (expect.closeTo(s, 13) as number)));
    expect(slope(of(ord), at)).toEqual(close);
  });

  it("over none is 0", () => {
    for (const ord of [2, 1, 0, 3, inf]) {
      expect(norm(zeros([0]), { ord }).item()).toBe(0);
      expect(norm(zeros([2, 0]), { ord, axis: 1 }).toArray()).toEqual([0, 0]);
      expect(norm(zeros([2, 0]), { ord, axis: 0 }).shape).toEqual([0]);
    }
  });

  it("has no powers that overflow or vanish", () => {
    for (const size of [1e200, 1e-200, 5e-324]) {
      expect(norm(f64([size, -size])).item() / size).toBeCloseTo(size === 5e-324 ? 1 : Math.SQRT2);
      expect(norm(f64([size, size]), { ord: 5 }).item()).toBeGreaterThan(0);
    }
    expect(norm(tensor([3e38, 0])).item()).toBe(Math.fround(3e38));
    expect(norm(tensor([3e-30, 4e-30])).item()).toBeCloseTo(5e-30, 35);
    expect(slope(of(4), [1e200, 1e200])).toEqual([
      expect.closeTo(0.5 ** 0.75, 13),
      expect.closeTo(0.5 ** 0.75, 13),
    ]);
  });

  it("is Frobenius' by default, and along axes", () => {
    const m = f64([
      [3, 4],
      [6, 8],
    ]);
    expect(norm(m, { ord: "fro", axis: [0, 1] }).item()).toBeCloseTo(Math.sqrt(125), 13);
    expect(norm(m, { axis: 1 }).toArray()).toEqual([5, 10]);
    expect(norm(m, { axis: -1, keepDims: true }).shape).toEqual([2, 1]);
    expect(norm(m, { axis: [] }).toArray()).toEqual(m.toArray());
  });

  it("has the right second derivative", () => {
    // (I − u·uᵀ)/|x|
    const found = hessian((x) => norm(x) as Tensor, [3, 4]) as number[][];
    const expected = [
      [16 / 125, -12 / 125],
      [-12 / 125, 9 / 125],
    ];
    found.forEach((row, i) => row.forEach((h, j) => expect(h).toBeCloseTo(expected[i][j], 14)));
  });

  it("NaN wins, in every one but a count", () => {
    for (const ord of [2, 1, 3, inf, -inf, -1]) {
      expect(norm(f64([1, NaN, 0]), { ord }).item()).toBeNaN();
    }
    expect(norm(f64([1, NaN, 0]), { ord: 0 }).item()).toBe(2);
  });
});

describe("ties", () => {
  it("all of an axis share evenly, in float32 too", () => {
    expect(amax).toBe(max);
    expect(amin).toBe(min);
    const n = 1000;
    const equal = zeros([n]).add(0.1);
    for (const f of [amax, amin, (x: Tensor) => norm(x, { ord: inf })] as F[]) {
      expect(slope(f, equal)).toEqual(new Array(n).fill(Math.fround(1 / n)));
    }
  });

  it("a window of −∞ shares among its own elements, not with the padding", () => {
    const row = f64([[-inf, -inf, 2, -inf]]);
    const pooled = (x: Tensor) => maxPool1d(x, 2, { padding: 1, stride: 2 });
    // The windows: (padding, −∞), (−∞, 2), (−∞, padding).
    expect(slope(pooled, row)).toEqual([[1, 0, 1, 1]]);
    const [, tangent] = jvp(pooled, [row], [f64([[3, 5, 7, 11]])]);
    expect(tangent.toArray()).toEqual([[3, 7, 11]]);
    const hanging = (x: Tensor) => maxPool1d(x, 2, { ceilMode: true });
    expect(slope(hanging, f64([[1, 2, -inf]]))).toEqual([[0, 1, 1]]);
  });

  it("cummax and cummin: all that attain it so far", () => {
    expect(slope((x) => cummax(x), [1, 3, 3, 2, 3, 5])).toEqual([
      1,
      expect.closeTo(1 + 1 / 2 + 1 / 2 + 1 / 3, 14),
      expect.closeTo(1 / 2 + 1 / 2 + 1 / 3, 14),
      0,
      expect.closeTo(1 / 3, 14),
      1,
    ]);
    expect(slope((x) => cummin(x), [0, 0])).toEqual([1.5, 0.5]);
    expect(slope((x) => cummax(x), [-inf, -inf])).toEqual([1.5, 0.5]);
    // A tie with the zeros that stand before the start is none.
    expect(slope((x) => cummax(x), [0, -1])).toEqual([2, 0]);
    expect(slope((x) => cummin(x), [-1, 0])).toEqual([2, 0]);
  });

  it("argmax and argmin take the first, and the first NaN", () => {
    expect(argmin(f64([2, 1, 1, 3])).item()).toBe(1);
    expect(argmin(f64([2, NaN, 1, NaN])).item()).toBe(1);
    expect(argmax(f64([2, NaN, 3])).item()).toBe(1);
    expect(argmin(int([3, -(2 ** 31), 2 ** 31 - 1])).item()).toBe(1);
    expect(argmin(f64([[inf, inf]]), { axis: 1, keepDims: true }).toArray()).toEqual([[0]]);
  });
});

describe("running extrema and sums of exponentials", () => {
  it("NaN stays, and has no gradient", () => {
    expect(cummax(f64([1, NaN, 2])).toArray()).toEqual([1, NaN, NaN]);
    expect(cummin(f64([NaN, 1])).toArray()).toEqual([NaN, NaN]);
    expect(slope((x) => cummax(x), [1, 2, NaN, 3])).toEqual([1, 1, 0, 0]);
  });

  it("take integers to their limits", () => {
    const limits = int([-(2 ** 31), 5, 2 ** 31 - 1, 0]);
    expect(cummax(limits).toArray()).toEqual([-(2 ** 31), 5, 2 ** 31 - 1, 2 ** 31 - 1]);
    expect(cummin(limits).toArray()).toEqual(new Array(4).fill(-(2 ** 31)));
    expect(cummax(zeros([2, 0])).shape).toEqual([2, 0]);
  });

  it("logcumsumexp neither overflows nor forgets", () => {
    expect(logcumsumexp(f64([1e4, 0, -1e4])).toArray()).toEqual([1e4, 1e4, 1e4]);
    expect(logcumsumexp(f64([-1e4, 0, 1e4])).toArray()).toEqual([-1e4, 0, 1e4]);
    const ln = logcumsumexp(f64([-1000, -1000, 1000, 1000])).toArray() as number[];
    expect(ln[1]).toBeCloseTo(-1000 + Math.LN2, 12);
    expect(ln[3]).toBeCloseTo(1000 + Math.LN2, 12);
    expect(slope((x) => logcumsumexp(x), [-1e4, 0, 1e4])).toEqual([1, 1, 1]);
    expect(slope((x) => logcumsumexp(x), [1e4, 0, -1e4])).toEqual([3, 0, 0]);
    expect(logcumsumexp(tensor([3e38, 3e38])).toArray()).toEqual(
      new Array(2).fill(Math.fround(3e38)),
    );
  });

  it("is -inf with no gradient as long as there is nothing", () => {
    const masked = [-inf, -inf, 1, -inf];
    expect(logcumsumexp(f64(masked)).toArray()).toEqual([-inf, -inf, 1, 1]);
    expect(slope((x) => logcumsumexp(x), masked)).toEqual([0, 0, 2, 0]);
    expect(slope((x) => logcumsumexp(x), [-inf, -inf])).toEqual([0, 0]);
    expect(logcumsumexp(f64([0, inf, 1])).toArray()).toEqual([0, inf, inf]);
    expect(slope((x) => logcumsumexp(x), [0, inf, 1])).toEqual([1, 2, 0]);
    expect(logcumsumexp(f64([0, NaN, 1])).toArray()).toEqual([0, NaN, NaN]);
  });

  it("rounds sums, not logarithms: a million equal terms in float32", () => {
    const n = 1 << 20;
    const last = logcumsumexp(zeros([n]).add(50)).data[n - 1];
    expect(Math.abs(last - (50 + Math.log(n)))).toBeLessThan(1e-5);
  });

  it("cumprod at zeros, to second order", () => {
    expect(slope((x) => cumprod(x), [2, 0, 3, 0])).toEqual([1, 2 + 6 + 0, 0, 0]);
    expect(curvature((x) => cumprod(x), [0, 0])).toEqual([1, 1]);
    expect(slope((x) => cumprod(x), [0, 0, 0])).toEqual([1, 0, 0]);
  });
});

describe("any and all", () => {
  it("of nothing, of NaN, of numbers and masks", () => {
    expect(any(zeros([0])).toArray()).toBe(false);
    expect(all(zeros([0])).toArray()).toBe(true);
    expect(all(zeros([2, 0]), { axis: 1 }).toArray()).toEqual([true, true]);
    expect(any(tensor([0, -0, NaN])).toArray()).toBe(true);
    const mask = tensor([
      [true, false],
      [true, true],
    ]);
    expect(all(mask, { axis: 1, keepDims: true }).toArray()).toEqual([[false], [true]]);
    expect(any(cast(mask, "int32"), { axis: 0 }).dtype).toBe("bool");
    expect(any(mask, { axis: [] }).toArray()).toEqual(mask.toArray());
  });
});
