// The gamma function's relatives at poles and infinities, by exact values and by identities.
import { describe, expect, it } from "vitest";
import {
  atan,
  atan2,
  digamma,
  erfinv,
  grad,
  lgamma,
  polygamma,
  tan,
  tensor,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { f64, total } from "./doubles.support.ts";
import { curvature, slope } from "./hard-spots.support.ts";

const inf = Infinity;
const gamma = 0.5772156649015329;
const close = (x: number) => expect.closeTo(x, 13);

describe("poles and infinities", () => {
  const poles = f64([0, -0, -1, -2, -1e17, inf, -inf, NaN]);

  it("lgamma", () => {
    expect(lgamma(poles).toArray()).toEqual([inf, inf, inf, inf, inf, inf, inf, NaN]);
    expect(lgamma(f64([1, 2, 2.6e305])).toArray()).toEqual([0, 0, inf]);
    const large = Math.fround(1e36);
    expect(lgamma(tensor([1e-30, -1e-30, large])).toArray()).toEqual(
      [69.07755278982137, 69.07755278982137, large * (Math.log(large) - 1)].map(Math.fround),
    );
  });

  it("zeros: beside 1 and 2 all digits, between negative integers the absolute error is small", () => {
    const e = 2 ** -40;
    // ln Γ(1 + e) = −γe + π²/12·e² …, and ln Γ(2 + e) = (1 − γ)e + …
    const [one, two] = lgamma(f64([1 + e, 2 + e])).data;
    expect(one / (-gamma * e + (Math.PI ** 2 / 12) * e * e)).toBeCloseTo(1, 14);
    expect(two / ((1 - gamma) * e + (Math.PI ** 2 / 12 - 0.5) * e * e)).toBeCloseTo(1, 14);
    const zeros = f64([-2.457024738220801, -2.7476826467274127, -3.14358088834998]);
    for (const y of lgamma(zeros).data) expect(Math.abs(y)).toBeLessThan(4e-15);
    expect(digamma(f64(1.4616321449683622)).item()).toBeCloseTo(0, 15);
  });

  it("digamma and its derivatives", () => {
    expect(digamma(poles).toArray()).toEqual([-inf, inf, NaN, NaN, NaN, inf, NaN, NaN]);
    expect(polygamma(1, poles).toArray()).toEqual([inf, inf, inf, inf, inf, 0, NaN, NaN]);
    expect(polygamma(2, poles).toArray()).toEqual([-inf, inf, NaN, NaN, NaN, -0, NaN, NaN]);
    expect(polygamma(3, poles).toArray()).toEqual([inf, inf, inf, inf, inf, 0, NaN, NaN]);
  });

  it("a cotangent of 0 wins", () => {
    expect(slope((x) => lgamma(x).mul(0), [0, -1, inf])).toEqual([0, 0, 0]);
    expect(slope((x) => digamma(x).mul(0), [0, -1, inf])).toEqual([0, 0, 0]);
  });
});

describe("derivatives", () => {
  it("follow to any order", () => {
    expect(slope(lgamma, [1, 2])).toEqual([close(-gamma), close(1 - gamma)]);
    expect(curvature(lgamma, 1)).toEqual(close(Math.PI ** 2 / 6));
    expect(slope(digamma, 0.5)).toEqual(close(Math.PI ** 2 / 2));
    const derivative =
      (f: (x: Tensor) => Tensor) =>
      (x: Tensor): Tensor =>
        grad((x: Tensor) => total(f(x)))(x);
    let f: (x: Tensor) => Tensor = lgamma;
    for (let n = 1; n <= 6; n++) f = derivative(f);
    // ψ⁽⁵⁾(1) = 5! ζ(6) = 120·π⁶/945.
    expect(f(f64(1)).item()).toBeCloseTo((120 * Math.PI ** 6) / 945, 10);
    expect(vmap(derivative(lgamma))(f64([1, 2])).toArray()).toEqual([
      close(-gamma),
      close(1 - gamma),
    ]);
  });

  it("of order 0 is digamma itself", () => {
    expect(polygamma(0, f64([0.3, -1.7])).toArray()).toEqual(digamma(f64([0.3, -1.7])).toArray());
    expect(slope((x) => polygamma(0, x), 0.5)).toEqual(close(Math.PI ** 2 / 2));
  });

  it("refuses orders that are none", () => {
    for (const order of [-1, 1.5, NaN, 171]) {
      expect(() => polygamma(order, f64(1))).toThrow(/polygamma: expected an order .* 0 to 170/);
    }
    expect(() => polygamma(f64(1) as never, 1 as never)).toThrow(/expected a tensor/);
  });
});

describe("finite differences, to third order", () => {
  const check = (f: (...xs: Tensor[]) => Tensor, ...xs: number[][]): void => {
    const { worstError } = gradcheck(f, xs.map(f64), { order: 3 });
    expect(worstError).toBeLessThan(1e-6);
  };

  it("below 0, where samples do not go", () => {
    check(lgamma, [-0.4, -1.6, -3.5, 1.3]);
    check(digamma, [-0.4, -1.6, -3.5, 1.3]);
    check((x) => polygamma(2, x), [-0.45, -1.55, 2.5]);
  });

  it("in other branches of definitions", () => {
    check(lgamma, [7.45, 7.55, 30]);
    check(digamma, [7.95, 8.05, 30]);
    check(erfinv, [0.7, 0.8]);
    check(atan, [0.6, 0.7, 2.3, 2.5, -7]);
    check(tan, [2, 4.2, -3]);
    check(atan2, [1.5, 1.5, -1.5, -1.5], [0.7, -0.7, 0.7, -0.7]);
  });
});

describe("identities below 0", () => {
  const xs = [-0.3, -1.7, -4.2, -9.6, -25.4, -0.001];

  it("lgamma(x + 1) = lgamma(x) + ln |x|", () => {
    const [y, next] = [lgamma(f64(xs)).data, lgamma(f64(xs.map((x) => x + 1))).data];
    xs.forEach((x, i) => expect(next[i]).toBeCloseTo(y[i] + Math.log(Math.abs(x)), 12));
  });

  it("polygamma(n, x + 1) = polygamma(n, x) + (−1)ⁿ n! / xⁿ⁺¹", () => {
    let factorial = 1;
    for (const n of [0, 1, 2, 3, 4, 5]) {
      factorial *= Math.max(1, n);
      const at = (shift: number) => polygamma(n, f64(xs.map((x) => x + shift))).data;
      const [y, next] = [at(0), at(1)];
      xs.forEach((x, i) => {
        const expected = y[i] + ((-1) ** n * factorial) / x ** (n + 1);
        const scale = Math.abs(y[i]) + Math.abs(next[i]);
        // x + 1 is rounded, beside poles.
        expect(Math.abs(next[i] - expected) / scale, `${n}: ${x}`).toBeLessThan(1e-12);
      });
    }
  });
});
