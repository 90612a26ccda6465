import { describe, expect, test } from "vitest";
import { relu, softmax, tensor } from "@wengert/autograd";
import {
  activations,
  jacobian,
  largestDifference,
  slopes,
  softmaxJacobian,
  wrongRectifier,
} from "./activations.ts";

const points = [-3, -1.5, -0.5, -0.1, 0, 0.1, 0.5, 1.5, 3];
const away = points.filter((z) => z !== 0);

describe.each(activations)("$name", (activation) => {
  test("has the derivative of the textbook", () => {
    expect(largestDifference(activation, points)).toBeLessThan(1e-15);
  });

  test("has the derivative that differences give, away from 0", () => {
    const h = 1e-5;
    const at = (step: number) =>
      activation.f(
        tensor(
          away.map((z) => z + step),
          { dtype: "float64" },
        ),
      ).data;
    const [above, below] = [at(h), at(-h)];
    const ours = slopes(activation.f, away);
    expect(ours).toHaveLength(away.length);
    ours.forEach((slope, i) => expect(slope).toBeCloseTo((above[i] - below[i]) / (2 * h), 9));
  });
});

test("sign(z) is not ReLU's derivative: it is off by 1 wherever z < 0, and nowhere else", () => {
  const errors = slopes(relu, points).map(
    (slope, i) => slope - wrongRectifier.derivative(points[i]),
  );
  expect(errors).toEqual(points.map((z) => (z < 0 ? 1 : 0)));
});

describe("softmax", () => {
  const z = [2, 1, 0, -1];
  const ours = jacobian(softmax, z);

  test("has the Jacobian f_i (δ_ij − f_j)", () => {
    const formula = softmaxJacobian(z);
    expect(ours.map((row) => row.length)).toEqual([4, 4, 4, 4]);
    ours.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(formula[i][j], 15)));
  });

  test("has a symmetric one, and moves all logits alike in vain: its rows add up to 0", () => {
    ours.forEach((row, i) => {
      row.forEach((value, j) => expect(value).toBeCloseTo(ours[j][i], 15));
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(0, 15);
    });
  });
});
