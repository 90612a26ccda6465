import { describe, expect, test } from "vitest";
import { tensor } from "@wengert/autograd";
import { mistakeBound, separablePoints, trainPerceptron, type Point } from "./perceptron.ts";

/** w·x in plain numbers. */
const score = (w: ArrayLike<number>, { x }: Point) =>
  x.data[0] * w[0] + x.data[1] * w[1] + x.data[2] * w[2];

describe.each([1, 2, 3])("the perceptron on the points of seed %i", (seed) => {
  const points = separablePoints(seed);
  const { weights, mistakes } = trainPerceptron(points);
  const w = weights.data;

  test("gets every point right", () => {
    expect(points.filter((point) => Math.sign(score(w, point)) !== point.target)).toEqual([]);
    expect(new Set(points.map(({ target }) => target)).size).toBe(2);
  });

  test("stays within Novikoff's bound", () => {
    const total = mistakes.reduce((sum, n) => sum + n);
    expect(total).toBeGreaterThan(1);
    expect(total).toBeLessThanOrEqual(mistakeBound(points));
  });

  test("is the rule w + t·x, carried out by hand", () => {
    let byHand = [0, 0, 0];
    for (let wrong = -1; wrong !== 0;) {
      wrong = 0;
      for (const point of points) {
        if (score(byHand, point) * point.target > 0) continue;
        byHand = byHand.map((w, i) => Math.fround(w + point.target * point.x.data[i]));
        wrong++;
      }
    }
    expect([...w]).toEqual(byHand);
  });
});

test("points that no line separates are given up on", () => {
  const at = (x: number, y: number, target: 1 | -1): Point => ({
    x: tensor([x, y, 1]).expect([3]),
    target,
  });
  const xor = [at(0, 0, -1), at(0, 1, 1), at(1, 0, 1), at(1, 1, -1)];
  expect(() => trainPerceptron(xor, 20)).toThrow("No line found in 20 passes");
});
