import { describe, expect, test } from "vitest";
import {
  grad,
  mul,
  sum,
  tapeOf,
  tensor,
  TransformError,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import {
  eccentricAnomaly,
  fitOrbit,
  fixedPoint,
  misfit,
  observe,
  sigma,
  solve,
  truth,
} from "./kepler.ts";

const f64 = (values: unknown): Tensor => tensor(values as number[], { dtype: "float64" });

describe("the fixed point", () => {
  const m = f64([0.1, 1, 2.5, 4]);

  test("solves Kepler's equation", () => {
    const z = eccentricAnomaly(f64(0.3), m).data;
    m.data.forEach((mean, i) => expect(z[i] - 0.3 * Math.sin(z[i])).toBeCloseTo(mean, 13));
  });

  test("has the derivatives of the formulas, to second order", () => {
    // ∂E/∂M = 1/(1 − e·cos E), ∂E/∂e = sin E/(1 − e·cos E), ∂²E/∂M² = −e·sin E/(1 − e·cos E)³.
    const e = 0.3;
    const [z] = eccentricAnomaly(f64(e), f64([1])).data;
    const d = 1 - e * Math.cos(z);
    const at = (m: Tensor) => sum(eccentricAnomaly(f64(e), m)) as Tensor;
    expect(grad(at)(f64([1])).item()).toBeCloseTo(1 / d, 13);
    const second = grad((m: Tensor) => sum(grad(at)(m)) as Tensor)(f64([1])).item();
    expect(second).toBeCloseTo((-e * Math.sin(z)) / d ** 3, 12);
    const de = grad((e: Tensor) => sum(eccentricAnomaly(e, f64([1]))) as Tensor)(f64(e)).item();
    expect(de).toBeCloseTo(Math.sin(z) / d, 13);
  });

  test("passes the gradient check to third order, in both modes", () => {
    gradcheck((e, m) => eccentricAnomaly(e, m), [f64(0.3), m], { order: 3 });
  });

  test("is one entry on the tape, however many iterations there were", () => {
    const e = tensor(0.9, { dtype: "float64", requiresGrad: true }) as Tensor;
    expect(tapeOf(eccentricAnomaly(e, m)).entries.map(({ op }) => op)).toEqual(["fixedPoint"]);
  });

  test("says so where it cannot: batches hide the values that decide when it is done", () => {
    expect(() => vmap((m: Tensor) => eccentricAnomaly(f64(0.3), m))(m)).toThrow(TransformError);
    expect(() => fixedPoint((_, z) => mul(2, z) as Tensor)([f64(1)], f64(1))).toThrow(
      "does not settle",
    );
  });
});

describe("the orbit", () => {
  const data = observe(3);
  const fit = fitOrbit(data);

  test("is within three standard errors of the truth", () => {
    Object.values(truth).forEach((value, i) => {
      expect(Math.abs(fit.found[i] - value)).toBeLessThan(3 * fit.errors[i]);
    });
    expect(fit.errors[1]).toBeLessThan(sigma);
  });

  test("is where the gradient is 0, on the scale of the errors", () => {
    const slope = grad((p: Tensor) => misfit(p, data))(f64(fit.found)).data;
    slope.forEach((g, i) => expect(Math.abs(g * fit.errors[i])).toBeLessThan(1e-6));
  });

  test("has a misfit as large as the noise makes it", () => {
    // χ² of 60 − 3 degrees of freedom: mean 57, standard deviation √114.
    expect(Math.abs(fit.path.at(-1)![3] - 57)).toBeLessThan(3 * Math.sqrt(114));
  });

  test("is solved by an elimination that solves", () => {
    expect(
      solve(
        [
          [2, 1],
          [1, 3],
        ],
        [3, 5],
      ).map((x) => Number(x.toFixed(12))),
    ).toEqual([0.8, 1.4]);
  });
});
