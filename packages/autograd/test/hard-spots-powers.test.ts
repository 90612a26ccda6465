// Powers and products at 0, by exact expected values.
import { describe, expect, it } from "vitest";
import { cumprod, grad, pow, prod, sum, zeros, type Tensor } from "@wengert/autograd";
import { type F, f64, total } from "./doubles.support.ts";
import { curvature, hessian, int, slope } from "./hard-spots.support.ts";

describe("powers", () => {
  const at =
    (b: number): F =>
    (x) =>
      pow(x, b);

  it("at 0", () => {
    expect([0, 0.5, 1, 2, 3].map((b) => slope(at(b), 0))).toEqual([0, Infinity, 1, 0, 0]);
    expect([0, 1, 2, 3].map((b) => curvature(at(b), 0))).toEqual([0, 0, 2, 0]);
    expect(curvature((x) => grad((x: Tensor) => pow(x, 3))(x), 0)).toEqual(6);
  });

  it("at negative bases", () => {
    expect([0, 1, 2, 3, -1].map((b) => slope(at(b), -2))).toEqual([0, 1, -4, 12, -0.25]);
    expect([1, 2, 3].map((b) => curvature(at(b), -2))).toEqual([0, 2, -12]);
    expect(pow(f64(-8), 1 / 3).item()).toBeNaN();
  });

  it("by the exponent", () => {
    const byExponent = (a: number, b: number) => slope((b) => pow(f64(a), b), b);
    expect(byExponent(Math.E, 2)).toBeCloseTo(Math.E ** 2, 12);
    expect(byExponent(0, 2)).toBe(0);
    expect(byExponent(0, 0)).toBe(0);
    expect(byExponent(1, 5)).toBe(0);
    expect(byExponent(-2, 2)).toBeNaN();
    expect(slope((x) => pow(x, x), 1)).toBe(1);
    expect(slope((x) => pow(x, x), 0)).toBe(0);
  });
});

describe("products with zeros", () => {
  it("of one, two, three and none", () => {
    expect(slope((x) => prod(x), [2, 3, 4])).toEqual([12, 8, 6]);
    expect(slope((x) => prod(x), [2, 0, 4])).toEqual([0, 8, 0]);
    expect(slope((x) => prod(x), [0, 0, 4])).toEqual([0, 0, 0]);
    expect(slope((x) => prod(x), [])).toEqual([]);
    expect(
      slope(
        (x) => prod(x, { axis: [0, 2] }),
        f64([
          [
            [1, 0],
            [2, 3],
          ],
          [
            [4, 5],
            [0, 0],
          ],
        ]),
      ),
    ).toEqual([
      [
        [0, 20],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
  });

  it("to second order", () => {
    expect(hessian((x) => prod(x), [2, 0, 4])).toEqual([
      [0, 4, 0],
      [4, 0, 2],
      [0, 2, 0],
    ]);
    expect(hessian((x) => prod(x), [0, 0, 4])).toEqual([
      [0, 4, 0],
      [4, 0, 0],
      [0, 0, 0],
    ]);
    expect(hessian((x) => prod(x), [0, 0, 0])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(hessian((x) => prod(x), [2, 3, 4])).toEqual([
      [0, 4, 3],
      [4, 0, 2],
      [3, 2, 0],
    ]);
  });

  it("to third order", () => {
    const third = grad((x: Tensor) =>
      total(grad((x: Tensor) => total(grad((x: Tensor) => prod(x) as Tensor)(x)))(x)),
    );
    expect(third(f64([0, 0, 0])).toArray()).toEqual([2, 2, 2]);
  });

  it("values and dtypes", () => {
    expect(prod(int([3, -4])).item()).toBe(-12);
    expect(prod(int([65536, 65536])).item()).toBe(0);
    expect(prod(zeros([0, 2]), { axis: 0 }).toArray()).toEqual([1, 1]);
    expect(
      prod(
        f64([
          [1, 2],
          [3, 4],
        ]),
        { axis: 1, keepDims: true },
      ).toArray(),
    ).toEqual([[2], [12]]);
    expect(prod(f64([1e200, 1e200, 1e200])).item()).toBe(Infinity);
    expect(slope((x) => prod(x), [0, 1e200, 1e200])).toEqual([Infinity, 0, 0]);
  });

  it("cumprod, first and second order", () => {
    // y = (a, ab, abc): the gradient of the sum is (1 + b + bc, a + ac, ab).
    expect(slope((x) => cumprod(x), [2, 0, 4])).toEqual([1, 10, 0]);
    expect(slope((x) => cumprod(x), [0, 0, 4])).toEqual([1, 0, 0]);
    expect(slope((x) => cumprod(x), [2, 3, 0])).toEqual([4, 2, 6]);
    const hessianOf = ([a, b, c]: number[]) => [
      [0, 1 + c, b],
      [1 + c, 0, a],
      [b, a, 0],
    ];
    for (const x of [
      [2, 0, 4],
      [0, 0, 4],
      [0, 0, 0],
      [1, 2, 0],
    ]) {
      expect(hessian((x) => sum(cumprod(x)), x)).toEqual(hessianOf(x));
    }
  });
});
