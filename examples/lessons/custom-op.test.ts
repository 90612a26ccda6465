import { describe, expect, test } from "vitest";
import {
  eye,
  grad,
  jvp,
  mul,
  sigmoid,
  sum,
  tensor,
  transpose,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { checkOp, checkOps, gradcheck } from "@wengert/autograd/testing";
import { movingAverage, reportOf, swish, wrongSwish, x } from "./custom-op.ts";

test("both ops pass the suite", () => {
  checkOps([swish, movingAverage]);
});

test("swish is x·σ(x), to the third derivative", () => {
  expect(swish(x).toArray()).toEqual(
    [-2, -0.5, 0.5, 2].map((x) => expect.closeTo(x / (1 + Math.exp(-x)), 15)),
  );
  const composed = (z: Tensor) => mul(z, sigmoid(z));
  type Fn = typeof composed;
  const derivative =
    (f: Fn): Fn =>
    (z) =>
      grad((z: Tensor) => sum(f(z)))(z);
  let [ours, theirs]: Fn[] = [swish, composed];
  for (let order = 1; order <= 3; order++) {
    [ours, theirs] = [derivative(ours), derivative(theirs)];
    const expected = [...theirs(x).data].map((v) => expect.closeTo(v, 14));
    expect([...ours(x).data]).toEqual(expected);
  }
  expect(gradcheck(swish, [x], { order: 3 }).worstError).toBeLessThan(1e-6);
});

describe("the moving average", () => {
  test("takes zeros beyond the ends", () => {
    expect(movingAverage(tensor([0, 3, 0, 0]), 1).toArray()).toEqual([1, 1, 1, 0]);
    expect(movingAverage(tensor([[5, 10]]), 2).toArray()).toEqual([[3, 3]]);
    expect(movingAverage(x, 0).toArray()).toEqual(x.toArray());
  });

  test("refuses what it cannot average, also where vmap hides an axis", () => {
    expect(() => movingAverage(x, -1)).toThrow("radius -1");
    expect(() => vmap((v: Tensor) => movingAverage(v, 1))(x)).toThrow("rank 0");
  });

  test("has a symmetric matrix, which both modes and vmap agree on", () => {
    const unit = eye(5, { dtype: "float64" });
    const smooth = (v: Tensor) => movingAverage(v, 1);
    const columns = vmap((v: Tensor) => jvp(smooth, [x.sum().expand([5])], [v])[1])(unit);
    const rows = vmap((v: Tensor) => grad((z: Tensor) => sum(mul(v, smooth(z))))(v))(unit);
    expect(columns.toArray()).toEqual(rows.toArray());
    expect(transpose(rows).toArray()).toEqual(rows.toArray());
    expect(rows.toArray()).toEqual(smooth(unit).toArray());
  });
});

describe("the wrong derivative", () => {
  test("is found by the suite, with the op, the check and a sample in the report", () => {
    const report = reportOf(() => checkOp(wrongSwish));
    expect(report).toContain(
      'wrongSwish fails the check "reverse": reverse mode against differences',
    );
    expect(report).toMatch(/input 0: float \[/);
    expect(report).toContain("The Taylor remainder falls as h^1.00");
    expect(report).toMatch(
      /replay: checkOp\(wrongSwish, \{ seed: \d+, path: "[\d.]+", only: \["reverse"/,
    );
  });

  test("is found by gradcheck, with both numbers", () => {
    const report = reportOf(() => gradcheck(wrongSwish, [x]));
    expect(report).toContain("gradcheck (reverse mode)");
    expect(report).toContain("input 0, element [0]");
  });

  test("is not in the values, which are right", () => {
    checkOp(wrongSwish, { only: ["value"] });
    expect(wrongSwish(x).toArray()).toEqual(swish(x).toArray());
  });
});
