// Convolutions and transposes over one, two and three axes as layers, and pools.
import {
  backward,
  ones,
  OptionError,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import fixture from "./fixtures/torch_conv.json" with { type: "json" };

/** The layers by their names. */
const layers: Record<string, unknown> = { ...nn };

interface Plain {
  readonly shape: number[];
  readonly data: number[];
}

interface Case {
  readonly layer: string;
  readonly sizes: [number, number, number];
  readonly options: object;
  readonly state: Record<string, Plain>;
  readonly x: Plain;
  readonly output: Plain;
  readonly cotangent: Plain;
  readonly gradients: Record<string, Plain>;
}

const toTensor = ({ shape, data }: Plain): Tensor => tensor(data, { shape, dtype: "float64" });

function expectClose(got: Tensor, { shape, data }: Plain): void {
  expect(got.shape).toEqual(shape);
  got.data.forEach((value, i) => {
    expect(Math.abs(value - data[i])).toBeLessThan(1e-12 * (1 + Math.abs(data[i])));
  });
}

describe("as PyTorch, by its names", () => {
  it.each(
    (fixture as unknown as Case[]).map((entry, i) => [`${i}: ${entry.layer}`, entry] as const),
  )("%s", (_, { layer: name, sizes, options, state, x, output, cotangent, gradients }) => {
    const Layer = layers[name] as typeof nn.Conv1d;
    const layer = new Layer(...sizes, { ...options, dtype: "float64" });
    expect(Object.keys(layer.stateDict())).toEqual(Object.keys(state));
    layer.loadStateDict(
      Object.fromEntries(Object.entries(state).map(([key, value]) => [key, toTensor(value)])),
    );
    const input = toTensor(x);
    input.requiresGrad = true;
    const y = layer.forward(input) as Tensor;
    expectClose(y, output);
    backward(y, { cotangent: toTensor(cotangent) });
    expectClose(input.grad!, gradients.x);
    for (const [key, p] of layer.namedParameters()) expectClose(p.grad!, gradients[key]);
  });
});

it("weights start in ±1/√(second axis · kernel), transposes too", () => {
  for (const [layer, shape] of [
    [new nn.Conv1d(8, 20, 5, { groups: 4 }), [20, 2, 5]],
    [new nn.Conv3d(4, 16, [2, 3, 1]), [16, 4, 2, 3, 1]],
    [new nn.ConvTranspose2d(20, 8, 3, { groups: 4 }), [20, 2, 3, 3]],
  ] as const) {
    expect(layer.weight.shape).toEqual(shape);
    const bound = 1 / Math.sqrt(shape.slice(1).reduce<number>((product, n) => product * n, 1));
    for (const { data } of layer.parameters()) {
      expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound + 1e-7);
    }
    expect(Math.max(...layer.weight.data.map(Math.abs))).toBeGreaterThan(0.8 * bound);
  }
});

it("a decoder undoes the sizes of an encoder", () => {
  const encoder = new nn.Sequential(
    new nn.Conv1d(1, 4, 4, { stride: 2, padding: 1 }),
    nn.relu,
    new nn.Conv1d(4, 8, 4, { stride: 2, padding: 1 }),
  );
  const decoder = new nn.Sequential(
    new nn.ConvTranspose1d(8, 4, 4, { stride: 2, padding: 1 }),
    nn.relu,
    new nn.ConvTranspose1d(4, 1, 4, { stride: 2, padding: 1 }),
  );
  const codes: Tensor<[3, 8, 4]> = encoder.forward(zeros([3, 1, 16]));
  expect(decoder.forward(codes).shape).toEqual([3, 1, 16]);
});

describe("layers", () => {
  it.each([
    [new nn.Conv1d(4, 6, 3, { padding: 1 }), "Conv1d(4, 6, 3, padding: 1)"],
    [new nn.Conv3d(1, 2, [1, 2, 3], { bias: false }), "Conv3d(1, 2, [1, 2, 3], bias: false)"],
    [
      new nn.ConvTranspose2d(4, 2, 3, { stride: 2, outputPadding: 1, groups: 2 }),
      "ConvTranspose2d(4, 2, 3, stride: 2, outputPadding: 1, groups: 2)",
    ],
    [new nn.MaxPool1d(3, { stride: 2 }), "MaxPool1d(3, stride: 2)"],
    [new nn.AvgPool3d([1, 2, 2]), "AvgPool3d([1, 2, 2])"],
    [new nn.AdaptiveAvgPool1d(4), "AdaptiveAvgPool1d(4)"],
    [new nn.AdaptiveAvgPool2d([3, null]), "AdaptiveAvgPool2d([3, null])"],
    [new nn.AdaptiveAvgPool3d(2), "AdaptiveAvgPool3d(2)"],
  ])("are printed: %s", (layer, text) => {
    expect(String(layer)).toBe(text);
  });

  it("pool over one and three axes, and to a wanted size", () => {
    const x = tensor([[1, 5, 2, 4]]);
    expect(new nn.MaxPool1d(2).forward(x).toArray()).toEqual([[5, 4]]);
    expect(new nn.AvgPool1d(2).forward(x).toArray()).toEqual([[3, 3]]);
    expect(new nn.MaxPool3d(2).forward(ones([2, 4, 4, 4])).shape).toEqual([2, 2, 2, 2]);
    expect(new nn.AvgPool3d(2).forward(ones([2, 4, 4, 4])).shape).toEqual([2, 2, 2, 2]);
    expect(new nn.AdaptiveAvgPool1d(3).forward(x).toArray()).toEqual([[3, 3.5, 3]]);
    expect(new nn.AdaptiveAvgPool2d([1, null]).forward(ones([2, 3, 5])).shape).toEqual([2, 1, 5]);
    expect(new nn.AdaptiveAvgPool3d(2).forward(ones([2, 4, 3, 5])).shape).toEqual([2, 2, 2, 2]);
  });

  it("say what does not fit", () => {
    const sequence = new nn.Conv1d(3, 6, 5) as nn.Conv1d<number, number, number>;
    expect(() => sequence.forward(zeros([2, 4, 9]))).toThrow(ShapeError);
    expect(() => sequence.forward(zeros([2, 4, 9]))).toThrow(
      "Conv1d(3, 6, 5): expected [batch, 3, length], got shape [2, 4, 9].",
    );
    const volume = new nn.ConvTranspose3d(3, 6, 2) as nn.ConvTranspose3d<number, number, number>;
    expect(() => volume.forward(zeros([3, 2, 2, 2]) as Tensor)).toThrow(
      /\[batch, 3, depth, height, width\]/,
    );
    expect(() => new nn.Conv3d(3, 6, [2, 2] as never)).toThrow(
      "Conv3d: expected kernelSize: an integer > 0, or 3 of them, got [2, 2].",
    );
    expect(() => new nn.Conv1d(3, 6, 2, { outputPadding: 1 } as never)).toThrow(OptionError);
    expect(() => new nn.ConvTranspose1d(4, 6, 3, { groups: 4 })).toThrow(
      /divides 4 and 6 channels/,
    );
  });
});
