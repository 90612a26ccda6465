import { describe, expect, test } from "vitest";
import { Generator, grad, matmul, sub, transpose, type Tensor } from "@wengert/autograd";
import {
  error,
  gap,
  initialLayers,
  makeData,
  productOf,
  regress,
  twoLinearLayers,
} from "./two-linear-layers.ts";

const { data, regression, path } = twoLinearLayers();
const { layers } = path.at(-1)!;

/** The largest element by magnitude. */
const largest = (x: Tensor) => Math.max(...[...x.data].map(Math.abs));

describe("two linear layers", () => {
  test("end where linear regression does", () => {
    expect(gap(productOf(path[0].layers), regression)).toBeGreaterThan(1);
    expect(gap(productOf(layers), regression)).toBeLessThan(1e-9);
  });

  test("never make the error larger on the way", () => {
    const errors = path.map((step) => step.error);
    errors.slice(1).forEach((e, i) => expect(e).toBeLessThanOrEqual(errors[i] + 1e-15));
    expect(errors.at(-1)).toBeLessThan(errors[0] / 50);
  });

  test("leave no slope", () => {
    const slope = grad(error)(layers, data);
    expect(largest(slope.w0)).toBeLessThan(1e-10);
    expect(largest(slope.w1)).toBeLessThan(1e-10);
  });

  test("have the gradient that the chain rule gives by hand", () => {
    const start = initialLayers(new Generator(11));
    const { x, t } = makeData(new Generator(12));
    const h = matmul(x, start.w0);
    const outer = sub(matmul(h, start.w1), t).div(t.size);
    const slope = grad(error)(start, { x, t });
    const w1 = matmul(transpose(h), outer);
    const w0 = matmul(transpose(x), matmul(outer, transpose(start.w1)));
    expect(largest(sub(slope.w1, w1))).toBeLessThan(1e-14);
    expect(largest(sub(slope.w0, w0))).toBeLessThan(1e-14);
    expect(largest(w0)).toBeGreaterThan(0.01);
  });
});

test("the regression's residual is orthogonal to the examples", () => {
  const { x, t } = makeData(new Generator(5));
  const fit = regress({ x, t });
  const [xs, ts] = [x.toArray() as number[][], t.toArray() as number[][]];
  const residuals = xs.map((row, n) =>
    ts[n].map((target, j) => row.reduce((y, value, i) => y + value * fit[i][j], 0) - target),
  );
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 2; j++) {
      const product = xs.reduce((sum, row, n) => sum + row[i] * residuals[n][j], 0);
      expect(Math.abs(product)).toBeLessThan(1e-11);
    }
  }
});
