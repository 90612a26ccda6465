import { Generator, tensor, type Tensor } from "@wengert/autograd";
import { describe, expect, test } from "vitest";
import { GPT } from "./model.ts";

const SIZES = { vocabulary: 7, layers: 2, width: 8, heads: 2, context: 6 };
const make = (seed = 1) => new GPT({ ...SIZES, generator: new Generator(seed) });
const text = (...codes: number[]): Tensor =>
  tensor(codes, { dtype: "int32" }).reshape([1, codes.length]);

/** The logits after each place. */
function logits(model: GPT, ...codes: number[]): number[][] {
  const { data } = model.forward(text(...codes));
  return codes.map((_, place) => [...data.subarray(place * 7, (place + 1) * 7)]);
}

describe("the model", () => {
  test("gives every place logits for the next character", () => {
    expect(make().forward(text(1, 2, 3, 4)).shape).toEqual([1, 4, 7]);
  });

  test("sees nothing of what comes later", () => {
    const model = make();
    const whole = logits(model, 3, 1, 4, 1, 5, 2);
    for (let place = 0; place < 6; place++) {
      const codes = [3, 1, 4, 1, 5, 2];
      codes[place] = 6;
      const changed = logits(model, ...codes);
      expect(changed.slice(0, place)).toEqual(whole.slice(0, place));
      // What is there and after it does see the change.
      for (let later = place; later < 6; later++) expect(changed[later]).not.toEqual(whole[later]);
    }
  });

  test("knows where a character stands", () => {
    const [first, second] = logits(make(), 2, 2);
    expect(second).not.toEqual(first);
  });

  test("has GPT-2's first weights: small ones, smaller where they add up, biases of 0", () => {
    const big = new GPT({ ...SIZES, width: 64, generator: new Generator(3) });
    const state = big.stateDict();
    const deviation = (name: string) => {
      const values = [...state[name].data];
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    expect(deviation("blocks.0.mlp.0.weight") / 0.02).toBeCloseTo(1, 1);
    expect(deviation("blocks.1.attention.in_proj_weight") / 0.02).toBeCloseTo(1, 1);
    // 0.02 / √(2 · 2 layers)
    expect(deviation("blocks.1.mlp.2.weight") / 0.01).toBeCloseTo(1, 1);
    expect(deviation("blocks.0.attention.out_proj.weight") / 0.01).toBeCloseTo(1, 1);
    const biases = Object.entries(state).filter(([name]) => name.endsWith("bias"));
    // Two norms, two projections and two layers in a block, and the last norm.
    expect(biases).toHaveLength(2 * 6 + 1);
    for (const [, bias] of biases) expect([...bias.data].every((value) => value === 0)).toBe(true);
  });

  test("has as many parameters as the formula says", () => {
    const count = make()
      .parameters()
      .reduce((sum, { size }) => sum + size, 0);
    const [v, c, t, layers] = [7, 8, 6, 2];
    // Per block: 12c² of weights, 9c of biases, 4c of norms.
    expect(count).toBe(2 * v * c + t * c + layers * (12 * c * c + 13 * c) + 2 * c);
  });

  test("starts the same with the same seed", () => {
    expect(logits(make(5), 1, 2)).toEqual(logits(make(5), 1, 2));
    expect(logits(make(6), 1, 2)).not.toEqual(logits(make(5), 1, 2));
  });
});
