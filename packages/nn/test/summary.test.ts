import { ShapeError } from "@wengert/autograd";
import { expect, it } from "vitest";
import { Dropout, Flatten, Linear, relu, Sequential, summary } from "../src/index.ts";

const make = () => {
  const features = new Sequential(new Linear(784, 256), relu, new Dropout(0.1));
  return new Sequential(new Flatten(), features, new Linear(256, 10));
};

it("summary is a table with fields", () => {
  const table = summary(make(), [64, 28, 28]);
  expect(table.parameters).toBe(784 * 256 + 256 + 2570);
  expect(table.trainable).toBe(table.parameters);
  expect(table.rows.map((row) => row.name)).toEqual(["", "0", "1", "1.0", "1.2", "2"]);
  expect(table.rows[3]).toEqual({
    name: "1.0",
    type: "Linear",
    outputShape: [64, 256],
    parameters: 200960,
  });
  expect(String(table)).toBe(
    [
      "Layer             Output shape  Parameters",
      "──────────────────────────────────────────",
      "Sequential        [64, 10]               0",
      "  0: Flatten      [64, 784]              0",
      "  1: Sequential   [64, 256]              0",
      "    1.0: Linear   [64, 256]        200,960",
      "    1.2: Dropout  [64, 256]              0",
      "  2: Linear       [64, 10]           2,570",
      "──────────────────────────────────────────",
      "203,530 parameters",
    ].join("\n"),
  );
});

it("summary leaves the model as it was", () => {
  const model = make();
  model.at(1).eval();
  summary(model, [1, 28, 28]);
  expect(model.modules().map((module) => module.training)).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
  expect(() => summary(model, [1, 28, 27])).toThrow(ShapeError);
  expect(model.training).toBe(true);
  expect(model.parameters().every((p) => p.grad === null)).toBe(true);
});

it("summary does without an input, and counts what is frozen and shared", () => {
  const model = make();
  model.at(2).weight.requiresGrad = false;
  const table = summary(model);
  expect(table.rows.every((row) => row.outputShape === null)).toBe(true);
  expect(table.trainable).toBe(table.parameters - 2560);
  expect(String(table)).toContain("203,530 parameters, 2,560 of them frozen");
  const layer = new Linear(4, 4);
  const twice = summary(new Sequential(layer, relu, layer), [1, 4]);
  expect(twice.parameters).toBe(20);
  expect(twice.rows).toHaveLength(2);
});

it("summary runs in the dtype of the parameters", () => {
  const table = summary(new Linear(3, 2, { dtype: "float64" }), [5, 3]);
  expect(table.rows[0].outputShape).toEqual([5, 2]);
});
