import { describe, expect, test } from "vitest";
import { tensor } from "@wengert/autograd";
import { fitPendulums, hessian, inverse, measure, sigma, truth } from "./physical-constant.ts";

const data = measure(2);
const fit = fitPendulums(data);
const [lengths, angles, periods] = [data.lengths, data.angles, data.periods].map((x) => [
  ...x.data,
]);

/** The periods and their derivatives, by hand: ∂T/∂g = −T/2g, ∂T/∂δ = T/2(L + δ). */
function byHand(g: number, delta: number) {
  return lengths.map((length, i) => {
    const swing = 1 + angles[i] ** 2 / 16 + (11 * angles[i] ** 4) / 3072;
    const t = 2 * Math.PI * Math.sqrt((length + delta) / g) * swing;
    const l = length + delta;
    return {
      residual: t - periods[i],
      first: [-t / (2 * g), t / (2 * l)],
      second: [
        [(3 * t) / (4 * g * g), -t / (4 * g * l)],
        [-t / (4 * g * l), -t / (4 * l * l)],
      ],
    };
  });
}

describe("the fit", () => {
  test("is within three standard errors of the truth", () => {
    expect(Math.abs(fit.g - truth.g)).toBeLessThan(3 * fit.errors.g);
    expect(Math.abs(fit.delta - truth.delta)).toBeLessThan(3 * fit.errors.delta);
  });

  test("measures g to better than one part in a thousand", () => {
    expect(fit.errors.g).toBeLessThan(0.01);
  });

  test("is where the gradient by hand is 0, on the scale of the errors", () => {
    const terms = byHand(fit.g, fit.delta);
    const scale = [fit.errors.g, fit.errors.delta];
    for (const axis of [0, 1]) {
      const slope = terms.reduce((sum, t) => sum + (t.residual * t.first[axis]) / sigma ** 2, 0);
      expect(Math.abs(slope * scale[axis])).toBeLessThan(1e-8);
    }
  });

  test("doubles the number of right digits in each step, as Newton's method does near the end", () => {
    const off = fit.path.map(({ g }) => Math.abs(g - fit.g));
    expect(off[0]).toBeGreaterThan(0.5);
    for (const step of [1, 2, 3]) expect(off[step + 1]).toBeLessThan(2 * off[step] ** 2);
  });
});

describe("the standard errors", () => {
  test("agree with those of the analytic information matrix Σ ∇T ∇Tᵀ/σ²", () => {
    const terms = byHand(fit.g, fit.delta);
    const information = [0, 1].map((i) =>
      [0, 1].map((j) => terms.reduce((s, { first }) => s + (first[i] * first[j]) / sigma ** 2, 0)),
    );
    const covariance = inverse(information);
    expect(fit.errors.g / Math.sqrt(covariance[0][0])).toBeCloseTo(1, 2);
    expect(fit.errors.delta / Math.sqrt(covariance[1][1])).toBeCloseTo(1, 2);
  });

  test("come from the exact Hessian, the residuals' curvature included", () => {
    const [g, delta] = [9.5, 0.02];
    const terms = byHand(g, delta);
    const ours = hessian(tensor([g, delta], { dtype: "float64" }), data);
    for (const i of [0, 1]) {
      for (const j of [0, 1]) {
        const exact = terms.reduce(
          (sum, { residual, first, second }) =>
            sum + (first[i] * first[j] + residual * second[i][j]) / sigma ** 2,
          0,
        );
        expect(ours[i][j] / exact).toBeCloseTo(1, 11);
      }
    }
  });

  test("are as large as the scatter of the results over 60 repetitions", () => {
    const fits = Array.from({ length: 60 }, (_, i) => fitPendulums(measure(100 + i)));
    const scores = fits.map(({ g, errors }) => (g - truth.g) / errors.g);
    const average = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    // The standard errors of these averages are 1/√60 = 0.13, √(2/60) = 0.18 and √(76/60) = 1.13.
    expect(Math.abs(average(scores))).toBeLessThan(3 * 0.13);
    expect(Math.abs(average(scores.map((z) => z * z)) - 1)).toBeLessThan(3 * 0.18);
    expect(Math.abs(average(fits.map((fit) => fit.chiSquared)) - 38)).toBeLessThan(3 * 1.13);
  });
});
