import {
  Generator,
  manualSeed,
  ones,
  OptionError,
  sum,
  tensor,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import {
  Dropout,
  Flatten,
  Linear,
  LogSoftmax,
  ReLU,
  relu,
  Sequential,
  Sigmoid,
  Softmax,
  Softplus,
  Tanh,
} from "../src/index.ts";

describe("Sequential", () => {
  const layers = [new Linear(3, 4), relu, new Linear(4, 2)] as const;
  const model = new Sequential(...layers);

  it("applies its layers in order", () => {
    const x = tensor([[1, -1, 2]]);
    const byHand = layers[2].forward(relu(layers[0].forward(x)));
    expect(model.forward(x).data).toEqual(byHand.data);
    expect(new Sequential().forward(x)).toBe(x);
  });

  it("can be counted, indexed and iterated", () => {
    expect(model.length).toBe(3);
    expect([...model]).toEqual(layers);
    expect(model.at(1)).toBe(relu);
    expect(model.at(-1)).toBe(layers[2]);
    expect(() => model.at(3)).toThrow(OptionError);
    expect(model.children()).toEqual([layers[0], layers[2]]);
  });

  it("refuses what is no layer", () => {
    expect(() => new Sequential(...([relu, [relu]] as never[]))).toThrow(/got an array as layer 1/);
    expect(() => new Sequential(...([null] as never[]))).toThrow(OptionError);
  });

  it("leaves shape errors to the layer that does not fit", () => {
    const wrong: nn.Layer[] = [new Linear(3, 4), new Linear(5, 2)];
    expect(() => new Sequential(...wrong).forward(zeros([1, 3]))).toThrow(
      "Linear(5, 2): expected 5 input features (the size of the last axis), got shape [1, 4].",
    );
  });
});

describe("activations as layers", () => {
  const x = tensor([
    [-1, 0.5, 2],
    [3, -2, 0.1],
  ]);

  it.each([
    [new ReLU(), nn.relu(x)],
    [new Sigmoid(), nn.sigmoid(x)],
    [new Tanh(), nn.tanh(x)],
    [new Softplus(), nn.softplus(x)],
    [new Softmax(), nn.softmax(x)],
    [new Softmax({ axis: 0 }), nn.softmax(x, { axis: 0 })],
    [new LogSoftmax({ axis: 1 }), nn.logSoftmax(x, { axis: 1 })],
    [new Flatten(), x],
  ] as [nn.Module, Tensor][])("%s", (layer, expected) => {
    expect(layer.forward(x).toArray()).toEqual(expected.toArray());
    expect(layer.parameters()).toEqual([]);
  });

  it("refuse unknown options", () => {
    expect(() => new Softmax({ dim: 1 } as never)).toThrow(/Softmax.*"dim"/);
    expect(String(new LogSoftmax())).toBe("LogSoftmax(axis: -1)");
  });
});

describe("Dropout", () => {
  it("drops the share p and scales the rest", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1000), (p, seed) => {
        const layer = new Dropout(p, { generator: new Generator(seed) });
        const y = layer.forward(ones([100, 100])).data;
        const kept = y.filter((value) => value !== 0);
        for (const value of kept)
          expect(value).toBeCloseTo(1 / (1 - p), 3 - Math.log10(1 / (1.001 - p)));
        // Six standard deviations of a binomial distribution.
        const spread = 6 * Math.sqrt(p * (1 - p) * 10000);
        expect(Math.abs(kept.length - (1 - p) * 10000)).toBeLessThanOrEqual(spread + 1);
      }),
      {
        seed: 1,
        numRuns: 30,
        examples: [
          [0, 0],
          [1, 0],
          [0.5, 0],
        ],
      },
    );
  });

  it("gives the same masks for the same seed, and others as it goes on", () => {
    const draw = (seed: number) => {
      const layer = new Dropout(0.5, { generator: new Generator(seed) });
      return [layer.forward(ones([64])).data, layer.forward(ones([64])).data];
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1)[0]).not.toEqual(draw(1)[1]);
    manualSeed(3);
    const first = new Dropout().forward(ones([64])).data;
    manualSeed(3);
    expect(new Dropout().forward(ones([64])).data).toEqual(first);
  });

  it("changes nothing after eval, nor for p = 0", () => {
    const x = ones([8]);
    expect(new Dropout(0.9).eval().forward(x)).toBe(x);
    expect(new Dropout(0).forward(x)).toBe(x);
  });

  it("drops infinities and NaN, all of them for p = 1", () => {
    const x = tensor([Infinity, Number.NaN, 1]);
    expect(new Dropout(1).forward(x).toArray()).toEqual([0, 0, 0]);
  });

  it("has the mask as its gradient", () => {
    const x = ones([50], { requiresGrad: true, dtype: "float64" });
    const y = new Dropout(0.3, { generator: new Generator(1) }).forward(x);
    sum(y).backward();
    expect(x.grad?.data).toEqual(y.data);
  });

  it.each([-0.1, 1.1, Number.NaN, "0.5"])("refuses p = %s", (p) => {
    expect(() => new Dropout(p as number)).toThrow(OptionError);
  });
});
