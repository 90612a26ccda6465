// Elementary and special functions at the edges of their domains, at kinks, poles and infinities, by exact
// expected values: those of C and NumPy, and the policy's derivatives.
import { describe, expect, it } from "vitest";
import {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cbrt,
  cosh,
  erfc,
  erfinv,
  exp2,
  grad,
  hypot,
  jvp,
  log10,
  log2,
  logaddexp,
  lt,
  mul,
  reciprocal,
  rsqrt,
  sinh,
  tan,
  tensor,
  where,
  xlog1py,
  xlogy,
  type Tensor,
} from "@wengert/autograd";
import { type F, f64, total } from "./doubles.support.ts";
import { curvature, slope } from "./hard-spots.support.ts";

const inf = Infinity;
const values = (f: F, x: number[]): number[] => [...f(f64(x)).data];

/** The gradients of the sum of f by both arguments. */
const slopes = (f: (a: Tensor, b: Tensor) => Tensor, a: number, b: number): unknown => [
  slope((x) => f(x, f64(b)), a),
  slope((x) => f(f64(a), x), b),
];

describe("at the edge of the domain", () => {
  it.each<[string, F, number[], number[], number[]]>([
    ["asin", asin, [1, -1], [Math.PI / 2, -Math.PI / 2], [inf, inf]],
    ["acos", acos, [1, -1], [0, Math.PI], [-inf, -inf]],
    ["acosh", acosh, [1], [0], [inf]],
    ["atanh", atanh, [1, -1], [inf, -inf], [inf, inf]],
    ["erfinv", erfinv, [1, -1], [inf, -inf], [inf, inf]],
    ["rsqrt", rsqrt, [0, inf], [inf, 0], [-inf, 0]],
    ["cbrt", cbrt, [0, inf], [0, inf], [inf, 0]],
    ["log2", log2, [0, inf], [-inf, inf], [inf, 0]],
    ["log10", log10, [0, inf], [-inf, inf], [inf, 0]],
    ["reciprocal", reciprocal, [0, -0, inf], [inf, -inf, 0], [-inf, -inf, 0]],
  ])("%s", (_, f, xs, ys, expected) => {
    expect(values(f, xs)).toEqual(ys);
    expect(slope(f, xs)).toEqual(expected);
    // What is behind a cotangent of 0 does not matter, nor what is not taken.
    expect(slope((x) => mul(f(x), 0), xs)).toEqual(xs.map(() => 0));
    expect(slope((x) => where(lt(x, -99), f(x), 0), xs)).toEqual(xs.map(() => 0));
    expect(curvature((x) => where(lt(x, -99), f(x), 0), xs)).toEqual(xs.map(() => 0));
  });

  it("a mask inside of the domain is enough", () => {
    expect(slope((x) => where(lt(abs(x), 1), asin(x), 0), [-1, 0, 1, 2])).toEqual([0, 1, 0, 0]);
    expect(curvature((x) => where(lt(abs(x), 1), acos(x), 0), [-1, 0, 1, 2])).toEqual([0, 0, 0, 0]);
  });

  it("beyond it there is no value and no derivative", () => {
    for (const f of [asin, acos]) {
      for (const x of [1.5, -1.5, inf, -inf]) {
        expect(values(f, [x])).toEqual([NaN]);
        expect(slope(f, x)).toBeNaN();
      }
    }
    expect(values(acosh, [0.5, -0.5, -1, -1e20, -inf])).toEqual([NaN, NaN, NaN, NaN, NaN]);
    expect([0.5, -0.5, -2].map((x) => slope(acosh, x))).toEqual([NaN, NaN, NaN]);
    expect(values(atanh, [1.5, -2, 1e17, inf])).toEqual([NaN, NaN, NaN, NaN]);
    expect(values(erfinv, [1.5, -2, inf])).toEqual([NaN, NaN, NaN]);
    expect(values(log2, [-1, -0])).toEqual([NaN, -inf]);
    expect(values(rsqrt, [-1, -0])).toEqual([NaN, -inf]);
  });

  it("slopes keep their digits beside it", () => {
    const x = 1 - 2 ** -40;
    const exact = 1 / Math.sqrt(2 ** -40 * (2 - 2 ** -40));
    expect(Math.abs((slope(asin, x) as number) / exact - 1)).toBeLessThan(4e-16);
    expect(Math.abs((slope(acos, -x) as number) / -exact - 1)).toBeLessThan(4e-16);
    const y = 1 + 2 ** -40;
    const steep = 1 / Math.sqrt(2 ** -40 * (2 + 2 ** -40));
    expect(Math.abs((slope(acosh, y) as number) / steep - 1)).toBeLessThan(4e-16);
  });

  it("zeros keep their sign, NaN stays", () => {
    for (const f of [asin, atan, asinh, atanh, sinh, tan, cbrt, erfinv]) {
      expect(values(f, [0, -0, NaN])).toEqual([0, -0, NaN]);
      expect(slope(f, [0])).toEqual([f === cbrt ? inf : f === erfinv ? Math.sqrt(Math.PI) / 2 : 1]);
    }
  });
});

describe("large arguments", () => {
  it("do not overflow before the result does", () => {
    const [high, ...beyond] = values(cosh, [710.4, 711, -inf]);
    expect(high / (Math.exp(709.4) * (Math.E / 2))).toBeCloseTo(1, 12);
    expect(beyond).toEqual([inf, inf]);
    expect(values(sinh, [-711, -inf])).toEqual([-inf, -inf]);
    expect(values(asinh, [1e300, -inf])).toEqual([expect.closeTo(691.4686750787736, 9), -inf]);
    expect(slope(asinh, [1e200, -inf])).toEqual([1e-200, 0]);
    expect(values(acosh, [1e300, inf])).toEqual([expect.closeTo(691.4686750787736, 9), inf]);
    expect(slope(acosh, [1e200, inf])).toEqual([1e-200, 0]);
    expect(values(atan, [inf, -inf])).toEqual([Math.PI / 2, -Math.PI / 2]);
    expect(slope(atan, [inf, -1e200])).toEqual([0, 0]);
    expect(values(erfc, [inf, -inf, 30])).toEqual([0, 2, 0]);
    expect(slope(erfc, [inf, -inf])).toEqual([0, 0]);
    expect(values(tan, [inf])).toEqual([NaN]);
  });

  it("powers and logarithms are exact where they can be", () => {
    const integers = Array.from({ length: 2098 }, (_, i) => i - 1074);
    expect(values(exp2, integers)).toEqual(integers.map((n) => 2 ** n));
    expect(
      values(
        log2,
        integers.map((n) => 2 ** n),
      ),
    ).toEqual(integers);
    const tens = Array.from({ length: 23 }, (_, n) => n);
    expect(
      values(
        log10,
        tens.map((n) => 10 ** n),
      ),
    ).toEqual(tens);
    expect(
      values(
        cbrt,
        tens.map((n) => -(n ** 3)),
      ),
    ).toEqual(tens.map((n) => -n));
    expect(values(exp2, [1024, -1075, inf, -inf])).toEqual([inf, 0, inf, 0]);
  });
});

describe("hypot", () => {
  it("has a gradient of 0 at the origin, to any order", () => {
    expect(slopes(hypot, 0, 0)).toEqual([0, 0]);
    expect(curvature((x) => hypot(x, 0), 0)).toBe(0);
    expect(curvature((x) => hypot(x, x), 0)).toBe(0);
    expect(curvature((x) => grad((x: Tensor) => total(hypot(x, mul(2, x))))(x), 0)).toBe(0);
    const [, tangent] = jvp(hypot, [f64(0), f64(0)], [f64(1), f64(1)]);
    expect(tangent.item()).toBe(0);
  });

  it("elsewhere it is the unit vector", () => {
    expect(slopes(hypot, 3, -4)).toEqual([0.6, -0.8]);
    const unit = [expect.closeTo(0.6, 15), expect.closeTo(0.8, 15)];
    expect(slopes(hypot, 3e200, 4e200)).toEqual(unit);
    expect(slopes(hypot, 3e-300, 4e-300)).toEqual(unit);
    expect(slopes(hypot, -2, 0)).toEqual([-1, 0]);
    // Second order: v²/h.
    expect(curvature((x) => hypot(x, 4), 3)).toBeCloseTo(0.128, 15);
    expect(curvature((x) => hypot(x, 4e200), 3e200)).toBeCloseTo(0, 15);
  });

  it("is infinite beside an infinity, even of NaN", () => {
    expect(hypot(f64([inf, -inf, inf, NaN, 1]), f64([NaN, 1, inf, -inf, NaN])).toArray()).toEqual([
      inf,
      inf,
      inf,
      inf,
      NaN,
    ]);
    expect(slopes(hypot, -inf, 3)).toEqual([-1, 0]);
    expect(slopes(hypot, inf, inf)).toEqual(
      [Math.SQRT1_2, Math.SQRT1_2].map((x) => expect.closeTo(x, 15)),
    );
    expect(hypot(tensor([3e38]), tensor([4e-38])).item()).toBe(Math.fround(3e38));
    expect(hypot(tensor([3e-30]), tensor([4e-30])).item()).toBe(Math.fround(5e-30));
  });
});

describe("atan2", () => {
  it("knows quadrants and the signs of zeros", () => {
    const points = [0, -0, 1, -1, inf, -inf, NaN].flatMap((y) =>
      [0, -0, 1, -1, inf, -inf, NaN].map((x) => [y, x]),
    );
    const found = atan2(f64(points.map(([y]) => y)), f64(points.map(([, x]) => x))).data;
    points.forEach(([y, x], i) => expect(found[i], `${y}, ${x}`).toBe(Math.atan2(y, x)));
  });

  it("has a gradient of 0 at the origin, and at infinity", () => {
    expect(slopes(atan2, 0, 0)).toEqual([0, 0]);
    expect(curvature((x) => atan2(x, x), 0)).toBe(0);
    expect(curvature((x) => atan2(x, 0), 0)).toBe(0);
    expect(slopes(atan2, 0, 2)).toEqual([0.5, 0]);
    expect(slopes(atan2, 2, 0)).toEqual([0, -0.5]);
    expect(slopes(atan2, 1, -1)).toEqual([expect.closeTo(-0.5, 15), expect.closeTo(-0.5, 15)]);
    expect(slopes(atan2, 1, inf)).toEqual([0, 0]);
    expect(slopes(atan2, 3e200, 4e200)).toEqual(
      [1.6e-201, -1.2e-201].map((x) => expect.closeTo(x, 210)),
    );
  });
});

describe("logaddexp", () => {
  it("of infinities", () => {
    const a = [inf, inf, -inf, -inf, NaN, 1e300];
    const b = [inf, -inf, -inf, 2, 0, 1e300];
    expect(logaddexp(f64(a), f64(b)).toArray()).toEqual([inf, inf, -inf, 2, NaN, 1e300]);
    expect(slopes(logaddexp, -inf, -inf)).toEqual([0, 0]);
    expect(slopes(logaddexp, inf, inf)).toEqual([0.5, 0.5]);
    expect(slopes(logaddexp, inf, 2)).toEqual([1, 0]);
    expect(slopes(logaddexp, -inf, 2)).toEqual([0, 1]);
  });

  it("at a tie, and far from it", () => {
    expect(slopes(logaddexp, 3, 3)).toEqual([0.5, 0.5]);
    expect(curvature((x) => logaddexp(x, 3), 3)).toBe(0.25);
    expect(slopes(logaddexp, 1000, -1000)).toEqual([1, 0]);
    expect(logaddexp(tensor([1e4]), tensor([1e4])).item()).toBe(Math.fround(1e4 + Math.LN2));
  });
});

describe("xlogy and xlog1py", () => {
  it("are 0 where the first is, whatever the second is", () => {
    const b = [0, inf, -1, 2, NaN];
    expect(xlogy(0, f64(b)).toArray()).toEqual([0, 0, 0, 0, NaN]);
    expect(xlog1py(0, f64([-1, inf, -2, 1, NaN])).toArray()).toEqual([0, 0, 0, 0, NaN]);
    expect(xlogy(2, f64([0, 1, -1])).toArray()).toEqual([-inf, 0, NaN]);
  });

  it("and their derivatives exist there", () => {
    expect(slopes(xlogy, 0, 0)).toEqual([0, 0]);
    expect(slopes(xlogy, 0, -1)).toEqual([0, 0]);
    expect(slopes(xlogy, 0, Math.E)).toEqual([1, 0]);
    expect(slopes(xlogy, 3, 2)).toEqual([Math.log(2), 1.5]);
    expect(slopes(xlogy, 2, 0)).toEqual([-inf, inf]);
    expect(slopes(xlog1py, 0, -1)).toEqual([0, 0]);
    expect(slopes(xlog1py, 3, 1)).toEqual([Math.LN2, 1.5]);
    // An entropy with a state of probability 0.
    expect(slope((p) => xlogy(p, p), [0, 1])).toEqual([0, 1]);
  });
});
