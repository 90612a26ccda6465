import { describe, expect, test } from "vitest";
import {
  add,
  exp,
  grad,
  jacobian,
  mul,
  neg,
  slice,
  stack,
  sum,
  tapeOf,
  tensor,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { compile } from "@wengert/compile";
import { odeint, rungeKutta, type Slope } from "./dormand-prince.ts";
import { fit, misfitByAdjoint, published, residuals, slope } from "./hares-and-lynxes.ts";

const f64 = (values: unknown): Tensor => tensor(values as number[], { dtype: "float64" });

/** x" = −w²·x as two equations of first order. */
const swing: Slope = ([w], [y]) => [
  stack([slice(y, [1]), neg(mul(mul(w, w), slice(y, [0])))]) as Tensor,
];

describe("the solver with the adjoint method", () => {
  test("solves the oscillator: x(t) = cos(w·t)", () => {
    for (const t of [0.5, 2, -1.5]) {
      const [y] = odeint(swing, 0, t)([f64(1.3)], [f64([1, 0])]);
      expect(y.data[0]).toBeCloseTo(Math.cos(1.3 * t), 7);
      expect(y.data[1]).toBeCloseTo(-1.3 * Math.sin(1.3 * t), 7);
    }
  });

  test("has its derivatives: ∂x/∂w = −t·sin(w·t), ∂²x/∂w² = −t²·cos(w·t)", () => {
    const t = 2;
    const x = (w: Tensor) =>
      slice(odeint(swing, 0, t, 1e-11)([w], [f64([1, 0])])[0], [0]) as Tensor;
    expect(grad(x)(f64(1.3)).item()).toBeCloseTo(-t * Math.sin(1.3 * t), 7);
    expect(grad(grad(x))(f64(1.3)).item()).toBeCloseTo(-t * t * Math.cos(1.3 * t), 6);
  });

  test("passes the gradient check, by parameters and by the start, in both modes", () => {
    const f = (w: Tensor, y: Tensor) => odeint(swing, 0, 1, 1e-11)([w], [y])[0];
    gradcheck(f, [f64(1.3), f64([1, 0.5])], { rtol: 1e-5, atol: 1e-6 });
  });

  test("is one entry on the tape, however many steps there were", () => {
    const w = tensor(30, { dtype: "float64", requiresGrad: true }) as Tensor;
    const [y] = odeint(swing, 0, 3)([w], [f64([1, 0])]);
    expect(tapeOf(y).entries.map(({ op }) => op)).toEqual(["odeint"]);
  });
});

describe("the solver with even steps", () => {
  const at = (w: Tensor, substeps: number) =>
    rungeKutta(swing, [w], [f64([1, 0])], [0, 1, 2], substeps)[0];

  test("is of fourth order: half the step, a sixteenth of the error", () => {
    const error = (substeps: number) =>
      Math.abs((at(f64(1.3), substeps).toArray() as number[][])[2][0] - Math.cos(2.6));
    expect(error(16) / error(32)).toBeGreaterThan(14);
    expect(error(16) / error(32)).toBeLessThan(18);
  });

  test("has derivatives through its scan, compiled as well", () => {
    const x = (w: Tensor) => sum(at(w, 10)) as Tensor;
    gradcheck(x, [f64(1.3)], { order: 2 });
    const g = jacobian((w: Tensor) => at(w, 10));
    const [ours, expected] = [compile(g)(f64(1.3)).data, g(f64(1.3)).data];
    ours.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
  });
});

describe("the fit", () => {
  const { q, path } = fit();

  test("finds rates within the published ones' errors", () => {
    const found = exp(q).data;
    published.forEach(([value, error], i) => {
      expect(Math.abs(found[i] - value)).toBeLessThan(error);
    });
  });

  test("has come to the minimum", () => {
    expect(path.at(-1)!).toBeLessThan(0.5 * path[0]);
    const slopes = grad((q: Tensor) => sum(mul(residuals(q), residuals(q))) as Tensor)(q).data;
    slopes.forEach((g) => expect(Math.abs(g)).toBeLessThan(1e-5));
  });

  test("has one gradient by both solvers", () => {
    const off = add(q, 0.05) as Tensor;
    const [a, b] = [
      misfitByAdjoint,
      (q: Tensor) => mul(0.5, sum(mul(residuals(q), residuals(q)))) as Tensor,
    ].map((f) => grad(f)(off).data);
    a.forEach((value, i) =>
      expect(Math.abs(value - b[i])).toBeLessThan(1e-5 * (1 + Math.abs(b[i]))),
    );
  });

  test("is of equations that have a fixed point at (γ/δ, α/β)", () => {
    const [rates, x] = [f64([0.5, 0.02, 0.8, 0.04]), f64([Math.log(20), Math.log(25)])];
    slope([rates], [x], 0)[0].data.forEach((value) => expect(value).toBeCloseTo(0, 12));
  });
});
