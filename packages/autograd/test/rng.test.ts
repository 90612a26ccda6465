import { describe, expect, it } from "vitest";
import {
  Generator,
  manualSeed,
  normal,
  permutation,
  randomIntegers,
  tensor,
  uniform,
  type Tensor,
} from "@wengert/autograd";
import { advance, randomWords, threefry } from "../src/kernel/threefry.ts";

const hex = (words: Iterable<number>): string[] =>
  [...words].map((word) => (word >>> 0).toString(16).padStart(8, "0"));

const set = (generator: Generator, state: number[]): Generator => {
  generator.state.copyFrom(tensor(Int32Array.from(state, (word) => word | 0)));
  return generator;
};

describe("Threefry-2x32, 20 rounds", () => {
  // kat_vectors of Random123.
  it.each([
    [
      [0, 0],
      [0, 0],
      ["6b200159", "99ba4efe"],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      ["1cb996fc", "bb002be7"],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      ["c4923a9c", "483df7a0"],
    ],
  ])("key %j, counter %j", ([k0, k1], [c0, c1], expected) => {
    const out = new Int32Array(2);
    threefry(k0, k1, c0, c1, out);
    expect(hex(out)).toEqual(expected);
    const words = new Int32Array(2);
    randomWords([k0 | 0, k1 | 0, c0 | 0, c1 | 0], words);
    expect(hex(words)).toEqual(expected);
  });

  it("counts in 64 bits", () => {
    expect(advance(-1, 0, 1)).toEqual([0, 1]);
    expect(advance(-1, -1, 1)).toEqual([0, 0]);
    expect(advance(0, 0, 2 ** 32 + 5)).toEqual([5, 1]);
    expect(advance(-2, 7, 2 ** 33)).toEqual([-2, 9]);
    const across = new Int32Array(8);
    randomWords([1, 2, -2, 4], across);
    const expected = [
      [-2, 4],
      [-1, 4],
      [0, 5],
      [1, 5],
    ].flatMap(([low, high]) => {
      const block = new Int32Array(2);
      threefry(1, 2, low, high, block);
      return [...block];
    });
    expect([...across]).toEqual(expected);
  });

  it("a draw across 2^32 equals two that meet there", () => {
    const whole = uniform([8], { generator: set(new Generator(0), [1, 2, -2, 4]) }).toArray();
    const generator = set(new Generator(0), [1, 2, -2, 4]);
    const parts = [4, 4].flatMap((n) => uniform([n], { generator }).toArray() as number[]);
    expect(parts).toEqual(whole);
    expect(generator.state.toArray()).toEqual([1, 2, 2, 5]);
  });

  it("32-bit words become floats by their upper bits", () => {
    const words = new Int32Array(4);
    randomWords([5, 0, 0, 0], words);
    expect(uniform([4], { generator: new Generator(5) }).toArray()).toEqual(
      [...words].map((word) => (word >>> 8) / 2 ** 24),
    );
    expect(uniform([2], { generator: new Generator(5), dtype: "float64" }).toArray()).toEqual(
      [0, 2].map((i) => ((words[i] >>> 5) * 2 ** 26 + (words[i + 1] >>> 6)) / 2 ** 53),
    );
  });
});

describe("generators", () => {
  const draws = (generator: Generator): unknown[] => [
    uniform([3], { generator }).toArray(),
    normal([2, 2], { generator, dtype: "float64" }).toArray(),
    randomIntegers([5], { generator, high: 100 }).toArray(),
    permutation(7, { generator }).toArray(),
  ];

  it("give the same numbers for the same seed, others for another", () => {
    expect(draws(new Generator(42))).toEqual(draws(new Generator(42)));
    expect(draws(new Generator(42))).not.toEqual(draws(new Generator(43)));
    expect(draws(new Generator(2 ** 40))).not.toEqual(draws(new Generator(0)));
    expect(new Generator(2 ** 53 - 1).state.toArray()).toEqual([-1, 2 ** 21 - 1, 0, 0]);
  });

  it("never repeat themselves", () => {
    const generator = new Generator(1);
    expect(draws(generator)).not.toEqual(draws(generator));
  });

  it("are restored by their state", () => {
    const generator = new Generator(9);
    draws(generator);
    const saved = generator.state.toArray() as number[];
    const expected = draws(generator);
    expect(draws(set(new Generator(0), saved))).toEqual(expected);
  });

  it("manualSeed starts the shared one anew", () => {
    manualSeed(7);
    const first = uniform([4]).toArray();
    expect(uniform([4]).toArray()).not.toEqual(first);
    manualSeed(7);
    expect(uniform([4]).toArray()).toEqual(first);
  });

  it("split into independent ones, always the same", () => {
    const children = new Generator(3).split(4);
    const again = new Generator(3).split(4);
    const parent = new Generator(3);
    parent.split(4);
    const all = [...children, parent, new Generator(3)].map((g) => [
      ...uniform([500], { generator: g }).data,
    ]);
    expect(again.map((g) => [...uniform([500], { generator: g }).data])).toEqual(all.slice(0, 4));
    for (let i = 0; i < all.length; i++) {
      for (let j = 0; j < i; j++) {
        const covariance =
          all[i].reduce((sum, u, k) => sum + (u - 0.5) * (all[j][k] - 0.5), 0) / 500;
        // The standard error of an estimated correlation of 500 pairs is 0.045.
        expect(Math.abs(covariance * 12)).toBeLessThan(0.2);
      }
    }
  });

  it("split by keys that are not among the numbers drawn", () => {
    const words = new Int32Array(2);
    randomWords([3, 0, 0, 0], words);
    const [child] = new Generator(3).split(1);
    expect([...child.state.data].slice(0, 2)).not.toEqual([...words]);
  });

  it("split does not depend on how the numbers are asked for", () => {
    const [a, b] = new Generator(3).split();
    const one = new Generator(3);
    const [c] = one.split(1);
    const [d] = one.split(1);
    expect([a, b].map((g) => g.state.toArray())).toEqual([c, d].map((g) => g.state.toArray()));
  });
});

/** Mean, variance, and the third and fourth standardised moments. */
function moments(x: Tensor): number[] {
  const values = [...x.data];
  const average = (f: (v: number) => number) =>
    values.reduce((sum, v) => sum + f(v), 0) / values.length;
  const mean = average((v) => v);
  const variance = average((v) => (v - mean) ** 2);
  const standard = (power: number) => average((v) => ((v - mean) / Math.sqrt(variance)) ** power);
  return [mean, variance, standard(3), standard(4)];
}

describe.each(["float32", "float64"] as const)("distributions in %s", (dtype) => {
  const generator = new Generator(1964);
  const n = 40_000;

  it("uniform", () => {
    const x = uniform([n], { generator, dtype });
    const [mean, variance, skew, kurtosis] = moments(x);
    // Within five standard errors.
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    expect(Math.abs(skew)).toBeLessThan(0.05);
    expect(Math.abs(kurtosis - 1.8)).toBeLessThan(0.05);
    expect(x.data.every((u) => u >= 0 && u < 1)).toBe(true);
    const y = uniform([1000], { generator, dtype, low: -3, high: -1 });
    expect(y.data.every((u) => u >= -3 && u < -1)).toBe(true);
    expect(y.dtype).toBe(dtype);
  });

  it("normal", () => {
    const x = normal([n], { generator, dtype });
    const [mean, variance, skew, kurtosis] = moments(x);
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(skew)).toBeLessThan(5 * Math.sqrt(6 / n));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24 / n));
    const beyond = (limit: number) => [...x.data].filter((v) => Math.abs(v) > limit).length / n;
    // P(|x| > 1) = 0.3173 and P(|x| > 2) = 0.0455; the standard error is below 0.0024.
    expect(Math.abs(beyond(1) - 0.3173)).toBeLessThan(0.012);
    expect(Math.abs(beyond(2) - 0.0455)).toBeLessThan(0.006);
    const [shifted, spread] = moments(normal([n], { generator, dtype, mean: 5, std: 0.1 }));
    expect(shifted).toBeCloseTo(5, 2);
    expect(spread).toBeCloseTo(0.01, 3);
  });

  it("neighbours are uncorrelated", () => {
    for (const draw of [uniform, normal]) {
      const values = [...draw([n], { generator, dtype }).data];
      const [mean, variance] = moments(tensor(values));
      const lagged = values
        .slice(1)
        .reduce((sum, v, i) => sum + (v - mean) * (values[i] - mean), 0);
      expect(Math.abs(lagged / n / variance)).toBeLessThan(5 / Math.sqrt(n));
    }
  });
});

describe("integers", () => {
  it("are uniform over their range, ends included and excluded", () => {
    const generator = new Generator(6);
    const counts = new Array<number>(6).fill(0);
    const x = randomIntegers([60_000], { generator, low: -2, high: 4 });
    expect(x.dtype).toBe("int32");
    for (const value of x.data) counts[value + 2]++;
    expect(counts).toHaveLength(6);
    const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // P(χ² with 5 degrees of freedom > 25.7) = 10⁻⁴.
    expect(chiSquared).toBeLessThan(25.7);
  });

  it("reach over all of int32", () => {
    const x = randomIntegers([1000], {
      generator: new Generator(1),
      low: -(2 ** 31),
      high: 2 ** 31,
    });
    expect(Math.min(...x.data)).toBeLessThan(-2_000_000_000);
    expect(Math.max(...x.data)).toBeGreaterThan(2_000_000_000);
    expect(randomIntegers([3], { high: 1 }).toArray()).toEqual([0, 0, 0]);
  });
});

describe("permutation", () => {
  it("has every number once", () => {
    for (const n of [0, 1, 2, 100]) {
      const x = permutation(n, { generator: new Generator(n) });
      expect([...x.data].toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      expect(x.dtype).toBe("int32");
    }
  });

  it("takes all orders equally often", () => {
    const generator = new Generator(2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = permutation(3, { generator }).data.join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chiSquared = [...counts.values()].reduce((sum, c) => sum + (c - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(25.7);
  });
});

describe("parameters", () => {
  it("are leaves with memory of their own", () => {
    const w = normal([3], { generator: new Generator(1), mean: 1, std: 2, requiresGrad: true });
    expect([w.requiresGrad, w.producer, w.grad]).toEqual([true, null, null]);
    w.copyFrom(tensor([1, 2, 3]));
    expect(w.toArray()).toEqual([1, 2, 3]);
  });
});

it.each(["float32", "float64"] as const)(
  "the upper end is not reached by rounding: %s",
  (dtype) => {
    // Near 2^24 floats are whole numbers, so that most draws would round up to the end.
    const generator = new Generator(6);
    const [low, high] = dtype === "float32" ? [2 ** 24 - 1, 2 ** 24] : [2 ** 53 - 1, 2 ** 53];
    const x = uniform([1000], { low, high, generator, dtype });
    expect([...x.data].every((value) => value === low)).toBe(true);
    const negative = uniform([1000], { low: -high, high: -low, generator, dtype });
    expect([...negative.data].every((value) => value === -high)).toBe(true);
    const small = uniform([1000], { low: -1, high: 0, generator, dtype });
    expect([...small.data].every((value) => value < 0)).toBe(true);
  },
);
