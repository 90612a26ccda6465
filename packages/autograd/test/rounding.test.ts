// Rounding, remainders, kinds of numbers and interpolation, by exact values.
import { describe, expect, it } from "vitest";
import {
  backward,
  ceil,
  floor,
  floorDivide,
  fmod,
  isClose,
  isFinite,
  isInf,
  isNaN,
  lerp,
  remainder,
  round,
  sum,
  tensor,
  trunc,
  type Tensor,
} from "@wengert/autograd";
import { f64 } from "./doubles.support.ts";
import { int, slope } from "./hard-spots.support.ts";

const inf = Infinity;

describe("rounding", () => {
  const xs = [
    2.5,
    1.5,
    0.5,
    -0.5,
    -1.5,
    -2.5,
    0.49999999999999994,
    2251799813685249.5,
    -0,
    inf,
    -inf,
    NaN,
  ];

  it.each<[string, (x: Tensor) => Tensor, number[]]>([
    ["round", round, [2, 2, 0, -0, -2, -2, 0, 2251799813685250, -0, inf, -inf, NaN]],
    ["floor", floor, [2, 1, 0, -1, -2, -3, 0, 2251799813685249, -0, inf, -inf, NaN]],
    ["ceil", ceil, [3, 2, 1, -0, -1, -2, 1, 2251799813685250, -0, inf, -inf, NaN]],
    ["trunc", trunc, [2, 1, 0, -0, -1, -2, 0, 2251799813685249, -0, inf, -inf, NaN]],
  ])("%s", (_, f, expected) => {
    expect([...f(f64(xs)).data]).toEqual(expected);
    const singles = tensor([2.5, -1.5, 8388607.5, 1e30, -0]);
    const doubles = f(f64([2.5, -1.5, 8388607.5, Math.fround(1e30), -0]));
    expect([...f(singles).data]).toEqual([...doubles.data]);
    expect(f(int([-3, 0, 2147483647])).toArray()).toEqual([-3, 0, 2147483647]);
    expect(slope(f, xs)).toEqual(xs.map(() => 0));
    const x = tensor([1.5], { requiresGrad: true });
    backward(sum(f(x).mul(x)));
    expect(x.grad!.item()).toBe(f(x.detach()).item());
  });
});

describe("remainders", () => {
  it("have the sign of the divisor, or of the dividend", () => {
    const a = f64([5, -5, 5, -5, 5.5, -0, 0]);
    const b = f64([3, 3, -3, -3, 2, 3, -3]);
    expect([...remainder(a, b).data]).toEqual([2, 1, -1, -2, 1.5, -0, 0]);
    expect([...fmod(a, b).data]).toEqual([2, -2, 2, -2, 1.5, -0, 0]);
  });

  it("are exact where the quotient is not", () => {
    expect(fmod(f64(1e300), 3).item()).toBe(1e300 % 3);
    expect(fmod(f64(-1e-20), 1).item()).toBe(-1e-20);
    expect(fmod(tensor(1e10), 0.75).item()).toBe(1e10 % 0.75);
    expect([...fmod(f64([1, -1, inf, 1, NaN]), f64([inf, -inf, 2, 0, 1])).data]).toEqual([
      1,
      -1,
      NaN,
      NaN,
      NaN,
    ]);
    expect([...remainder(f64([1, -1, inf, 1]), f64([inf, inf, 2, 0])).data]).toEqual([
      1,
      inf,
      NaN,
      NaN,
    ]);
  });

  it("of integers", () => {
    const a = int([7, -7, -7, 5, -2147483648, -2147483648]);
    const b = int([3, 3, -3, 0, 3, -1]);
    expect(fmod(a, b).toArray()).toEqual([1, -1, -1, 0, -2, 0]);
    expect(remainder(a, b).toArray()).toEqual([1, 2, -1, 0, 1, 0]);
  });

  it("have the derivatives 1 and −quotient", () => {
    expect(slope((x) => fmod(x, 3), [-5, 5])).toEqual([1, 1]);
    expect(slope((b) => fmod(f64(-7), b), 3)).toBe(2);
    expect(slope((b) => remainder(f64(-7), b), 3)).toBe(3);
    expect(floorDivide(f64(-7), 3).item()).toBe(-3);
  });

  // 0.1 is a little more than a tenth: it goes into 1 nine times, although 1 / 0.1 rounds to 10.
  it("have whole quotients that fit them, as in Python", () => {
    const a = f64([1, 6, -1, 1, 1, -1, 0.3, -0, inf, 1, -1, 0, -3, 1e300]);
    const b = f64([0.1, 0.1, 0.1, -0.1, inf, inf, 0.1, 2, 2, 0, 0, 0, 3, -7]);
    const quotients = floorDivide(a, b);
    const exact = quotients.data.slice(0, -1);
    expect(exact).toEqual(Float64Array.of(9, 59, -10, -10, 0, -1, 2, -0, NaN, inf, -inf, NaN, -1));
    expect(quotients.data.at(-1)).toBe(-1e300 / 7);
    expect(floorDivide(tensor([1, 6]), tensor([0.1, 0.1])).toArray()).toEqual([9, 59]);
    // And so have their derivatives by the divisor.
    const divisors = [0.1, 0.1, -0.1];
    const dividend = f64([1, -1, 1]);
    expect(slope((b) => remainder(dividend, b), divisors)).toEqual([-9, 10, 10]);
    expect(slope((b) => fmod(dividend, b), divisors)).toEqual([-9, 9, 9]);
    expect(slope((b) => fmod(f64([5, 5]), b), [inf, -3])).toEqual([0, 1]);
  });
});

describe("kinds of numbers", () => {
  it("of floats", () => {
    const x = [1, -0, inf, -inf, NaN, 5e-324];
    for (const t of [f64(x), tensor([1, -0, inf, -inf, NaN, 1e-45])]) {
      expect(isNaN(t).toArray()).toEqual([false, false, false, false, true, false]);
      expect(isInf(t).toArray()).toEqual([false, false, true, true, false, false]);
      expect(isFinite(t).toArray()).toEqual([true, true, false, false, false, true]);
    }
  });

  it("of integers all are finite", () => {
    const x = int([0, 2147483647, -2147483648]);
    expect(isNaN(x).toArray()).toEqual([false, false, false]);
    expect(isInf(x).toArray()).toEqual([false, false, false]);
    expect(isFinite(x).toArray()).toEqual([true, true, true]);
  });

  it("that are close", () => {
    const a = f64([1, 1, inf, inf, 1, NaN, 0]);
    const b = f64([1.000001, 1.1, inf, -inf, inf, NaN, 1e-9]);
    const expected = [true, false, true, false, false, false, true];
    expect(isClose(a, b).toArray()).toEqual(expected);
    expected[5] = true;
    expect(isClose(a, b, { equalNaN: true }).toArray()).toEqual(expected);
    expect(isClose(a, b, { rtol: 0, atol: 0 }).toArray()).toEqual([
      false,
      false,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(() => isClose(a, b, { rtol: -1 })).toThrow(
      /isClose: expected rtol: a number >= 0, got -1/,
    );
    expect(() => isClose(a, b, { atol: NaN })).toThrow(/isClose: expected atol/);
  });
});

describe("lerp", () => {
  it("hits its ends exactly, even beside infinities", () => {
    const [a, b] = [f64([0.1, 1, inf, 5]), f64([0.7, 1e16, 1, -inf])];
    expect([...lerp(a, b, 0).data]).toEqual([0.1, 1, inf, 5]);
    expect([...lerp(a, b, 1).data]).toEqual([0.7, 1e16, 1, -inf]);
    expect(lerp(f64([0, 10]), f64([1, 20]), 0.5).toArray()).toEqual([0.5, 15]);
    expect(lerp(f64(0), f64(10), 1.5).item()).toBe(15);
  });

  it("has gradients for all three", () => {
    expect(slope((a) => lerp(a, 4, 0.25), 2)).toBe(0.75);
    expect(slope((b) => lerp(f64(2), b, 0.25), 4)).toBe(0.25);
    expect(slope((w) => lerp(f64(2), 4, w), 0.25)).toBe(2);
    expect(slope((w) => lerp(f64(2), f64([4, 5]), w), 0.75)).toBe(5);
  });
});

describe("methods", () => {
  it("are the functions", () => {
    const x: Tensor<[2]> = tensor([0.3, -0.8]);
    const same = (a: Tensor<[2]>, b: Tensor<[2]>) => expect(a.toArray()).toEqual(b.toArray());
    same(x.round(), round(x));
    same(x.floor().ceil().trunc(), floor(x));
    same(x.isNaN(), isNaN(x));
    same(x.isInf(), isInf(x));
    same(x.isFinite(), isFinite(x));
    same(x.remainder(0.2), remainder(x, 0.2));
    same(x.fmod(0.2), fmod(x, 0.2));
    same(x.lerp(1, 0.25), lerp(x, 1, 0.25));
    same(x.sign(), tensor([1, -1]));
    same(x.maximum(0), x.relu());
    same(x.minimum(0), x.sub(x.relu()));
    same(x.hypot(tensor([0.4, 0.6])), tensor([0.5, 1]));
    same(x.atan2(1), x.atan());
    same(x.exp2().log2().mul(4).round(), x.mul(4).round());
    same(x.sin().asin().mul(4).round(), x.cos().acos().mul(x.sign()).mul(4).round());
    same(x.log1p().expm1().mul(4).round(), x.mul(4).round());
    same(x.square().rsqrt().reciprocal().mul(4).round(), x.abs().mul(4).round());
    same(x.cosh().square().sub(x.sinh().square()).round(), tensor([1, 1]));
    same(x.square().log10().round(), tensor([-1, -0]));
    same(x.tan().atan().mul(4).round(), x.mul(4).round());
  });
});
