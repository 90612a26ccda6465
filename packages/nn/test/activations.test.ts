import { OptionError, ShapeError, sum, tensor, zeros, type Tensor } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";

const x = tensor([
  [-1, 0.5, 2, -4],
  [3, -2, 0.1, -0.3],
]);

describe("activations as layers", () => {
  it.each([
    [new nn.LeakyReLU(), nn.leakyRelu(x), "LeakyReLU(negativeSlope: 0.01)"],
    [new nn.LeakyReLU({ negativeSlope: 0.2 }), nn.leakyRelu(x, { negativeSlope: 0.2 })],
    [new nn.ELU({ alpha: 0.5 }), nn.elu(x, { alpha: 0.5 }), "ELU(alpha: 0.5)"],
    [new nn.CELU(), nn.celu(x), "CELU(alpha: 1)"],
    [new nn.SELU(), nn.selu(x), "SELU()"],
    [new nn.SiLU(), nn.silu(x)],
    [new nn.Mish(), nn.mish(x)],
    [new nn.Softsign(), nn.softsign(x)],
    [new nn.LogSigmoid(), nn.logSigmoid(x)],
    [new nn.Hardsigmoid(), nn.hardsigmoid(x)],
    [new nn.Hardswish(), nn.hardswish(x)],
    [new nn.Hardtanh(), nn.hardtanh(x), "Hardtanh(min: -1, max: 1)"],
    [new nn.Hardtanh({ min: 0, max: 6 }), nn.hardtanh(x, { min: 0, max: 6 })],
    [new nn.Softmin({ axis: 0 }), nn.softmin(x, { axis: 0 }), "Softmin(axis: 0)"],
    [new nn.GLU(), nn.glu(x), "GLU(axis: -1)"],
    [new nn.GLU({ axis: 0 }), nn.glu(x, { axis: 0 }), "GLU(axis: 0)"],
  ] as [nn.Module, Tensor, string?][])("%s", (layer, expected, name) => {
    expect(layer.forward(x).toArray()).toEqual(expected.toArray());
    expect(layer.parameters()).toEqual([]);
    if (name !== undefined) expect(String(layer)).toBe(name);
  });

  it("refuse unknown options, and the function's own", () => {
    for (const Layer of [nn.LeakyReLU, nn.ELU, nn.CELU, nn.Hardtanh, nn.Softmin, nn.GLU]) {
      expect(() => new Layer({ slope: 1 } as never)).toThrow(`${Layer.name}: expected the options`);
    }
    expect(() => new nn.CELU({ alpha: -1 }).forward(x)).toThrow(OptionError);
  });
});

describe("PReLU", () => {
  it("is prelu with slopes of its own, 0.25 at first", () => {
    const layer = new nn.PReLU();
    expect(layer.weight.toArray()).toEqual([0.25]);
    expect(layer.forward(x).toArray()).toEqual(nn.prelu(x, tensor(0.25)).toArray());
    expect(layer.namedParameters().map(([name]) => name)).toEqual(["weight"]);
    expect(String(new nn.PReLU(16))).toBe("PReLU(16)");
    expect(new nn.PReLU(2, { init: 0.5, dtype: "float64" }).weight).toMatchObject({
      dtype: "float64",
      shape: [2],
      requiresGrad: true,
    });
  });

  it("learns a slope for each channel", () => {
    const layer = new nn.PReLU(4);
    (sum(layer.forward(x)) as Tensor).backward();
    expect([...layer.weight.grad!.data]).toEqual([-1, -2, 0, Math.fround(-4.3)]);
  });

  it("wants as many channels as it has slopes, a positive number", () => {
    expect(() => (new nn.PReLU(3) as nn.Module).forward(x)).toThrow(ShapeError);
    expect(() => new nn.PReLU(0)).toThrow("PReLU: expected numParameters: an integer > 0, got 0.");
    expect(() => new nn.PReLU(1, { slope: 1 } as never)).toThrow(OptionError);
    expect(new nn.PReLU(1).forward(zeros([5])).shape).toEqual([5]);
  });
});
