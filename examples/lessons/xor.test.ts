import { expect, test } from "vitest";
import { learnXor } from "./xor.ts";

test.each([1, 2, 3])("all four answers are right, by a wide margin, from seed %i", (seed) => {
  const { outputs, errors } = learnXor(seed);
  [0, 1, 1, 0].forEach((target, i) => expect(Math.abs(outputs[i] - target)).toBeLessThan(0.1));
  expect(errors[0]).toBeGreaterThan(0.1);
  expect(errors.at(-1)).toBeLessThan(0.002);
});

test("the same seed gives the same numbers, bit for bit, and another one gives others", () => {
  const once = learnXor(1, 50);
  expect(learnXor(1, 50)).toEqual(once);
  expect(learnXor(2, 50).outputs).not.toEqual(once.outputs);
});

test("the hidden layer pulls apart what no line could separate", () => {
  // A line separates two classes just when their convex hulls are apart. Those of XOR's inputs meet
  // in the centre of the square, x₀ + x₃ = x₁ + x₂; of what the hidden layer makes of them they do not.
  const [h0, h1, h2, h3] = learnXor(1).hidden;
  const apart = h0.map((_, i) => Math.abs(h0[i] + h3[i] - h1[i] - h2[i]));
  expect(Math.max(...apart)).toBeGreaterThan(0.5);
});
