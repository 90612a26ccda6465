// Layers for images and sequences: what they compute is checked by torch-ops.test.ts, here how they
// are made, named and trained.
import {
  Generator,
  mean,
  normal,
  OptionError,
  randomIntegers,
  ShapeError,
  sum,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { describe, expect, it } from "vitest";
import {
  AvgPool2d,
  Conv2d,
  crossEntropy,
  Embedding,
  Flatten,
  GELU,
  gelu,
  LayerNorm,
  Linear,
  MaxPool2d,
  relu,
  Sequential,
  summary,
  tanh,
  xavierUniform,
} from "../src/index.ts";

const float64 = { dtype: "float64" } as const;

/** Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998. */
const makeLeNet = (generator: Generator) =>
  new Sequential(
    new Conv2d(1, 6, 5, { padding: 2, generator }),
    relu,
    new MaxPool2d(2),
    new Conv2d(6, 16, 5, { generator }),
    relu,
    new MaxPool2d(2),
    new Flatten(),
    new Linear(400, 120, { generator }),
    relu,
    new Linear(120, 84, { generator }),
    relu,
    new Linear(84, 10, { generator }),
  );

describe("LeNet-5", () => {
  it("learns a few images by heart", () => {
    const generator = new Generator(5);
    const model = makeLeNet(generator);
    const x = normal([8, 1, 28, 28], { generator });
    const labels = randomIntegers([8], { high: 10, generator });
    const losses: number[] = [];
    for (let step = 0; step < 12; step++) {
      model.zeroGrad();
      const loss = crossEntropy(model.forward(x), labels);
      loss.backward();
      losses.push(loss.item());
      for (const p of model.parameters()) p.copyFrom(p.detach().sub(p.grad!.mul(0.1)));
    }
    for (let step = 1; step < losses.length; step++) {
      expect(losses[step]).toBeLessThan(losses[step - 1]);
    }
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]);
  });

  it("is summarised", () => {
    const table = summary(makeLeNet(new Generator(1)), [2, 1, 28, 28]);
    expect(table.parameters).toBe(61706);
    expect(table.rows.slice(1, 5)).toEqual([
      { name: "0", type: "Conv2d", outputShape: [2, 6, 28, 28], parameters: 156 },
      { name: "2", type: "MaxPool2d", outputShape: [2, 6, 14, 14], parameters: 0 },
      { name: "3", type: "Conv2d", outputShape: [2, 16, 10, 10], parameters: 2416 },
      { name: "5", type: "MaxPool2d", outputShape: [2, 16, 5, 5], parameters: 0 },
    ]);
  });

  it("has the gradient of finite differences, in small", () => {
    const options = { ...float64, generator: new Generator(2) };
    const conv = new Conv2d(1, 2, 3, { ...options, padding: 1 });
    const head = new Linear(8, 3, options);
    const model = new Sequential(
      conv,
      tanh,
      new MaxPool2d(2),
      new Conv2d(2, 2, 2, { ...options, padding: 1, stride: 2 }),
      gelu,
      new AvgPool2d(1),
      new Flatten(),
      head,
    );
    const labels = tensor([2, 0], { dtype: "int32" });
    const x = normal([2, 1, 4, 4], options);
    gradcheck((t: Tensor) => crossEntropy(model.forward(t), labels), [x]);
    crossEntropy(model.forward(x) as Tensor, labels).backward();
    const { grad } = conv.weight;
    const before = conv.weight.data;
    const step = 1e-5;
    const at = (i: number, by: number): number => {
      conv.weight.copyFrom(
        tensor(before.with(i, before[i] + by), { ...float64, shape: [2, 1, 3, 3] }),
      );
      return crossEntropy(model.forward(x) as Tensor, labels).item();
    };
    for (let i = 0; i < before.length; i++) {
      const slope = (at(i, step) - at(i, -step)) / (2 * step);
      expect(Math.abs(slope - grad!.data[i])).toBeLessThan(1e-8);
    }
  });
});

describe("Conv2d", () => {
  it("has PyTorch's names, shapes and initial range", () => {
    const layer = new Conv2d(8, 20, [3, 2], { groups: 4, generator: new Generator(3) });
    const shapes = layer.namedParameters().map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ["weight", [20, 2, 3, 2]],
      ["bias", [20]],
    ]);
    for (const { data } of layer.parameters()) {
      const largest = Math.max(...data.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(12) + 1e-7);
      expect(largest).toBeGreaterThan(0.8 / Math.sqrt(12));
    }
    const odd = new Conv2d(2, 4, 3, { bias: false, init: xavierUniform, ...float64 });
    expect(odd.bias).toBe(null);
    expect(odd.weight.dtype).toBe("float64");
  });

  it("adds its bias to each channel, also inside of vmap", () => {
    const layer = new Conv2d(1, 2, 1);
    layer.weight.copyFrom(tensor([1, 10]).reshape([2, 1, 1, 1]));
    layer.bias.copyFrom(tensor([0.5, -1]));
    const x = tensor([1, 2, 3, 4]).reshape([2, 1, 1, 2]);
    const expected = [
      [[[1.5, 2.5]], [[9, 19]]],
      [[[3.5, 4.5]], [[29, 39]]],
    ];
    expect(layer.forward(x).toArray()).toEqual(expected);
    const one = vmap((t: Tensor) => layer.forward(t.reshape([1, 1, 1, 2])).reshape([2, 1, 2]));
    expect(one(x).toArray()).toEqual(expected);
  });

  it("says what does not fit", () => {
    const layer = new Conv2d(3, 6, 5) as Conv2d<number, number, number>;
    expect(() => layer.forward(zeros([2, 4, 9, 9]))).toThrow(ShapeError);
    expect(() => layer.forward(zeros([2, 4, 9, 9]))).toThrow(
      "Conv2d(3, 6, 5): expected [batch, 3, height, width], got shape [2, 4, 9, 9].",
    );
    expect(() => layer.forward(zeros([2, 3, 9, 4]))).toThrow(/at least \[5, 5\]/);
    expect(() => new Conv2d(3, 6, 0)).toThrow(/kernelSize: an integer > 0/);
    expect(() => new Conv2d(3, 6, 3, { groups: 2 })).toThrow(/divides 3 and 6 channels/);
    expect(() => new Conv2d(3, 6, 3, { pad: 2 } as never)).toThrow(OptionError);
  });
});

describe("layers", () => {
  it.each([
    [new Conv2d(1, 6, 5, { padding: 2 }), "Conv2d(1, 6, 5, padding: 2)"],
    [
      new Conv2d(4, 6, [3, 2], { stride: [2, 1], groups: 2, bias: false }),
      "Conv2d(4, 6, [3, 2], stride: [2, 1], groups: 2, bias: false)",
    ],
    [new MaxPool2d(2), "MaxPool2d(2)"],
    [new MaxPool2d(3, { stride: 2, padding: 1 }), "MaxPool2d(3, stride: 2, padding: 1)"],
    [
      new MaxPool2d(3, { dilation: [2, 1], ceilMode: true }),
      "MaxPool2d(3, dilation: [2, 1], ceilMode: true)",
    ],
    [new Conv2d(1, 6, 3, { padding: "same" }), "Conv2d(1, 6, 3, padding: same)"],
    [
      new AvgPool2d([2, 1], { countIncludePad: false }),
      "AvgPool2d([2, 1], countIncludePad: false)",
    ],
    [new LayerNorm([3, 4]), "LayerNorm([3, 4])"],
    [new LayerNorm(4, { eps: 1e-3, bias: false }), "LayerNorm(4, eps: 0.001, bias: false)"],
    [new LayerNorm(4, { elementwiseAffine: false }), "LayerNorm(4, elementwiseAffine: false)"],
    [new Embedding(256, 32), "Embedding(256, 32)"],
    [new GELU(), "GELU()"],
    [new GELU({ approximate: "tanh" }), 'GELU(approximate: "tanh")'],
  ])("are printed: %s", (layer, text) => {
    expect(String(layer)).toBe(text);
  });

  it("hand the options of windows on", () => {
    const images = zeros([1, 2, 6, 5]);
    expect(new MaxPool2d(2, { dilation: 2, ceilMode: true }).forward(images).shape).toEqual([
      1, 2, 3, 2,
    ]);
    expect(new AvgPool2d(2, { ceilMode: true }).forward(images).shape).toEqual([1, 2, 3, 3]);
    const same = new Conv2d(2, 3, [2, 3], { padding: "same", stride: [2, 1] });
    expect(same.forward(images).shape).toEqual([1, 3, 3, 5]);
  });

  it("LayerNorm starts as the identity behind the norm", () => {
    const layer = new LayerNorm([2, 3]);
    expect(Object.keys(layer.stateDict())).toEqual(["weight", "bias"]);
    const x = tensor([
      [
        [1, 2, 3],
        [4, 5, 9],
      ],
    ]);
    const y = layer.forward(x);
    expect(sum(y).item()).toBeCloseTo(0, 5);
    expect(sum(y.square()).item()).toBeCloseTo(6, 3);
    expect(new LayerNorm(3, { elementwiseAffine: false }).parameters()).toEqual([]);
  });

  it("Embedding looks up rows, starts normal, and trains", () => {
    const layer = new Embedding(500, 8, { generator: new Generator(4) });
    const { data } = layer.weight;
    const variance = mean(layer.weight.square()).item();
    expect(variance).toBeCloseTo(1, 1);
    const y = layer.forward(tensor([[3, 0]], { dtype: "int32" }));
    const [third, zeroth] = [data.slice(24, 32), data.slice(0, 8)];
    expect(y.toArray()).toEqual([[Array.from(third), Array.from(zeroth)]]);
    sum(y).backward();
    expect(sum(layer.weight.grad!).item()).toBe(16);
    const table = summary(layer, [2, 5], { dtype: "int32" });
    expect(table.rows[0].outputShape).toEqual([2, 5, 8]);
  });
});
