import {
  DTypeError,
  Generator,
  grad,
  manualSeed,
  OptionError,
  ShapeError,
  square,
  sum,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  Flatten,
  Linear,
  Sequential,
  softplus,
  Tanh,
  xavierUniform,
} from "../src/index.ts";
import fixture from "./fixtures/torch.json" with { type: "json" };

const float64 = { dtype: "float64" } as const;

/** A 3 → 2 layer with numbers of our own. */
function small() {
  const layer = new Linear(3, 2);
  layer.weight.copyFrom(
    tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
  );
  layer.bias.copyFrom(tensor([10, 20]));
  return layer;
}

describe("Linear", () => {
  it("is x · weightᵀ + bias", () => {
    const x = tensor([
      [1, 0, 0],
      [1, 1, 1],
    ]);
    expect(small().forward(x).toArray()).toEqual([
      [11, 24],
      [16, 35],
    ]);
  });

  it("takes any number of axes before the last", () => {
    const layer = small();
    expect(layer.forward(tensor([1, 1, 1])).toArray()).toEqual([16, 35]);
    expect(layer.forward(zeros([4, 5, 6, 3])).shape).toEqual([4, 5, 6, 2]);
    expect(layer.forward(zeros([0, 3])).shape).toEqual([0, 2]);
  });

  it("has the gradients that one computes by hand", () => {
    const layer = small();
    const x = tensor(
      [
        [1, 0, 2],
        [0, 1, 3],
      ],
      { requiresGrad: true },
    );
    sum(
      layer.forward(x).mul(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).backward();
    // With cotangents c: cᵀx, the column sums of c, and c · weight.
    expect(layer.weight.grad?.toArray()).toEqual([
      [1, 3, 11],
      [2, 4, 16],
    ]);
    expect(layer.bias.grad?.toArray()).toEqual([4, 6]);
    expect(x.grad?.toArray()).toEqual([
      [9, 12, 15],
      [19, 26, 33],
    ]);
  });

  it("agrees with finite differences", () => {
    const layer = new Linear(3, 2, { dtype: "float64", generator: new Generator(1) });
    gradcheck((x: Tensor) => square(layer.forward(x)), [tensor([[0.1, 0.5, -0.3]], float64)]);
  });

  it("works inside of grad and vmap", () => {
    const layer = small();
    const x = tensor([
      [1, 0, 2],
      [0, 1, 3],
    ]);
    expect(grad((t: Tensor) => sum(layer.forward(t)))(x).toArray()).toEqual([
      [5, 7, 9],
      [5, 7, 9],
    ]);
    expect(vmap((t: Tensor) => layer.forward(t))(x).toArray()).toEqual(layer.forward(x).toArray());
  });

  it("may do without bias", () => {
    const layer = new Linear(3, 2, { bias: false });
    expect(layer.bias).toBe(null);
    expect(layer.namedParameters().map(([name]) => name)).toEqual(["weight"]);
    expect(layer.forward(zeros([1, 3])).toArray()).toEqual([[0, 0]]);
  });

  it("starts uniform in ±1/√inFeatures", () => {
    const layer = new Linear(100, 400, { generator: new Generator(3) });
    for (const values of [layer.weight.data, layer.bias.data]) {
      expect(Math.max(...values)).toBeLessThanOrEqual(0.1 + 1e-7);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.1 - 1e-7);
      expect(Math.max(...values)).toBeGreaterThan(0.098);
    }
    const data = Array.from(layer.weight.data);
    const variance = data.reduce((total, w) => total + w * w, 0) / data.length;
    expect(variance).toBeCloseTo(0.01 / 3, 4);
  });

  it("draws the same numbers for the same seed", () => {
    const make = (seed: number) => new Linear(4, 3, { generator: new Generator(seed) }).weight.data;
    expect(make(5)).toEqual(make(5));
    expect(make(5)).not.toEqual(make(6));
    manualSeed(5);
    const first = new Linear(4, 3).weight.data;
    manualSeed(5);
    expect(new Linear(4, 3).weight.data).toEqual(first);
  });

  it("takes a dtype and an initializer", () => {
    const layer = new Linear(4, 3, { dtype: "float64", init: xavierUniform });
    expect(layer.parameters().map((p) => p.dtype)).toEqual(["float64", "float64"]);
    expect(Math.max(...layer.weight.data)).toBeLessThanOrEqual(Math.sqrt(6 / 7));
    const ones = new Linear(2, 1, { init: (shape) => tensor([[1, 1]]).reshape(shape) });
    expect(ones.weight.requiresGrad).toBe(true);
  });

  it("names itself in errors", () => {
    const layer = new Linear(3, 2) as Linear<number, number>;
    expect(() => layer.forward(zeros([5, 4]))).toThrow(ShapeError);
    expect(() => layer.forward(zeros([5, 4]))).toThrow(
      "Linear(3, 2): expected 3 input features (the size of the last axis), got shape [5, 4].",
    );
    expect(() => layer.forward(zeros([]) as Tensor)).toThrow(ShapeError);
    expect(() => layer.forward(zeros([3], float64))).toThrow(DTypeError);
    expect(() => layer.forward(zeros([3], float64))).toThrow(/^Linear\(3, 2\)/);
  });

  it.each([
    [() => new Linear(0, 2), /inFeatures: an integer > 0/],
    [() => new Linear(2, 1.5), /outFeatures/],
    [() => new Linear(2, 2, { biases: true } as never), /unknown option "biases"/],
    [() => new Linear(2, 3, { dtype: "int32" }), /float32 or float64/],
    [() => new Linear(2, 3, { init: () => zeros([2, 3]) }), /shape \[3, 2\]/],
  ])("refuses options that do not fit: %s", (make, message) => {
    expect(make).toThrow(message);
  });

  it("says OptionError for sizes", () => {
    expect(() => new Linear(-1, 2)).toThrow(OptionError);
  });
});

describe("a classifier as PyTorch's (fixtures/torch_fixtures.py)", () => {
  const model = new Sequential(
    new Flatten(),
    new Linear(6, 5, float64),
    new Tanh(),
    new Linear(5, 4, { dtype: "float64", bias: false }),
    softplus,
    new Linear(4, 3, float64),
  );
  const entries = Object.entries(fixture.state).map(([name, values]) => [
    name,
    tensor(values, float64),
  ]);
  model.loadStateDict(Object.fromEntries(entries) as Record<string, Tensor>);
  const x = tensor(fixture.x, float64);
  const logits = model.forward(x);
  const loss = crossEntropy(logits, tensor(fixture.labels, { dtype: "int32" }));

  const expectClose = (got: Tensor | null, expected: number | number[] | number[][]): void => {
    const wanted = tensor(expected, float64);
    expect(got?.shape).toEqual(wanted.shape);
    got?.data.forEach((value, i) => {
      expect(Math.abs(value - wanted.data[i])).toBeLessThan(1e-13);
    });
  };

  it("has its outputs and its loss", () => {
    expectClose(logits, fixture.logits);
    expectClose(loss, fixture.loss);
  });

  it("has its gradients, by its names", () => {
    loss.backward();
    const gradients: Record<string, number[] | number[][]> = fixture.gradients;
    expect(model.namedParameters().map(([name]) => name)).toEqual(Object.keys(gradients));
    for (const [name, p] of model.namedParameters()) expectClose(p.grad, gradients[name]);
  });
});
