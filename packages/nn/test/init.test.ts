import { Generator, OptionError, ShapeError } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import {
  gainOf,
  kaimingNormal,
  kaimingUniform,
  xavierNormal,
  xavierUniform,
} from "../src/index.ts";

const shape = [200, 100] as const;
const generator = () => new Generator(1964);

/** The standard deviation and the greatest absolute value. */
function statistics(values: ArrayLike<number>): { std: number; bound: number; mean: number } {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b) / list.length;
  const std = Math.sqrt(list.reduce((total, v) => total + (v - mean) ** 2, 0) / list.length);
  return { std, bound: Math.max(...list.map(Math.abs)), mean };
}

describe("initial weights", () => {
  it.each([
    ["xavier", xavierUniform, xavierNormal, {}, Math.sqrt(2 / 300)],
    ["xavier with gain", xavierUniform, xavierNormal, { gain: 3 }, 3 * Math.sqrt(2 / 300)],
    ["kaiming", kaimingUniform, kaimingNormal, {}, Math.sqrt(2 / 100)],
    ["kaiming fanOut", kaimingUniform, kaimingNormal, { mode: "fanOut" }, Math.sqrt(2 / 200)],
    ["kaiming with gain", kaimingUniform, kaimingNormal, { gain: 1 }, 0.1],
  ] as const)("%s", (_, uniform, normal, options, expected) => {
    const even = uniform(shape, { ...options, generator: generator() });
    const bell = normal(shape, { ...options, generator: generator() });
    const first = statistics(even.data);
    // 20 000 numbers: the relative error of a standard deviation is about 0.5 %.
    expect(Math.abs(first.std / expected - 1)).toBeLessThan(0.03);
    expect(Math.abs(first.mean)).toBeLessThan(5 * (expected / Math.sqrt(20000)));
    expect(first.bound).toBeLessThanOrEqual(Math.sqrt(3) * expected * (1 + 1e-6));
    expect(first.bound).toBeGreaterThan(Math.sqrt(3) * expected * 0.99);
    const second = statistics(bell.data);
    expect(Math.abs(second.std / expected - 1)).toBeLessThan(0.03);
    expect(second.bound).toBeGreaterThan(3 * expected);
    for (const weight of [even, bell]) {
      expect(weight.requiresGrad).toBe(true);
      expect(weight.shape).toEqual(shape);
      expect(weight.dtype).toBe("float32");
    }
  });

  it("count the places of a kernel into the fans", () => {
    const { bound } = statistics(kaimingUniform([8, 4, 5, 5], { generator: generator() }).data);
    expect(bound).toBeLessThanOrEqual(Math.sqrt(6 / 100) * (1 + 1e-6));
    expect(bound).toBeGreaterThan(Math.sqrt(6 / 100) * 0.97);
  });

  it("come from the generator, in the dtype asked for", () => {
    const draw = () => xavierNormal([3, 2], { generator: generator(), dtype: "float64" });
    expect(draw().data).toEqual(draw().data);
    expect(draw().dtype).toBe("float64");
  });

  it("refuse shapes and options that do not fit", () => {
    expect(() => xavierUniform([3])).toThrow(ShapeError);
    expect(() => kaimingNormal([])).toThrow(/kaimingNormal: expected a shape of at least two axes/);
    expect(() => kaimingUniform([3, 3], { mode: "fan" as never })).toThrow(OptionError);
    expect(() => xavierUniform([3, 3], { mode: "fanIn" } as never)).toThrow(OptionError);
    expect(() => xavierNormal([3, 3], { gain: 0 })).toThrow(OptionError);
  });

  it("gains", () => {
    expect(gainOf("linear")).toBe(1);
    expect(gainOf("sigmoid")).toBe(1);
    expect(gainOf("tanh")).toBe(5 / 3);
    expect(gainOf("relu")).toBe(Math.SQRT2);
    expect(gainOf("leakyRelu", 1)).toBeCloseTo(1);
    expect(() => gainOf("sine" as never)).toThrow(OptionError);
  });
});
