// Long products and linear recurrences are done in blocks: their values are those of one step after the other.
import { describe, expect, it } from "vitest";
import {
  cumprod,
  Generator,
  grad,
  linearRecurrence,
  mul,
  normal,
  stack,
  sum,
  tensor,
  uniform,
  type Tensor,
} from "@wengert/autograd";
import { compile, ready, setThreads } from "../src/index.ts";
import { optimise } from "../src/optimise/index.ts";
import { compileWithout, record } from "./support/record.ts";

const generator = new Generator(5);
/** One step after the other. */
const inSteps = compileWithout(new Set(["block scans"]));

/** Factors about 1, whose running products stay what floats can hold. */
const factors = (shape: readonly number[], dtype: "float32" | "float64" = "float32") =>
  uniform(shape, { low: 0.98, high: 1.02, generator, dtype }) as Tensor;

const products = (x: Tensor): Tensor => cumprod(x, { axis: x.shape.length - 1 });

const scans = (f: (...args: Tensor[]) => Tensor, args: readonly Tensor[]): number =>
  optimise(record(f, args).graph).groups.filter(({ kind }) => kind === "scan").length;

/** The first elements that differ. */
function difference(got: Tensor, wanted: Tensor): string | null {
  const [is, should] = [got.data, wanted.data];
  const i = should.findIndex((it: number, i: number) => !Object.is(it, is[i]));
  return i < 0 ? null : `${is[i]} instead of ${should[i]} at ${i}`;
}

/** How far apart they are, each in proportion to itself and to a usual one. */
function worst(got: Tensor, wanted: ArrayLike<number>, usual: number): number {
  const is = got.data;
  const errors = Array.from(wanted, (it, i) => Math.abs(is[i] - it) / (Math.abs(it) + usual));
  return Math.max(
    ...errors.slice(0, 1),
    errors.reduce((most, it) => Math.max(most, it), 0),
  );
}

describe.each([16_384, 20_001])("%d steps", (n) => {
  it("of a product are those of doubles, in blocks", () => {
    const x = factors([n]);
    let product = 1;
    const wanted = Array.from(x.data, (it: number) => (product *= it));
    // Products of blocks, of these, within the blocks, what is left, and what makes up for a failure.
    expect(scans(products, [x])).toBe(n % 64 === 0 ? 4 : 5);
    expect(worst(compile(products)(x), wanted, 0)).toBeLessThan(1e-3);
  });

  it.each([false, true])("of a recurrence, reverse: %s", (reverse) => {
    const a = uniform([n], { low: -1, high: 1, generator }) as Tensor;
    const b = normal([n], { generator });
    const f = (a: Tensor, b: Tensor) => linearRecurrence(a, b, { axis: 0, reverse });
    const [as, bs] = [a.data, b.data];
    let h = 0;
    const order = Array.from({ length: n }, (_, i) => (reverse ? n - 1 - i : i));
    const wanted = new Float64Array(n);
    for (const i of order) wanted[i] = h = as[i] * h + bs[i];
    expect(scans(f, [a, b])).toBe(n % 64 === 0 ? 5 : 6);
    expect(worst(compile(f)(a, b), wanted, 1)).toBeLessThan(1e-5);
  });
});

describe("blocks", () => {
  it("of a few rows and their gradients in float64", () => {
    const x = factors([3, 17_000], "float64");
    const w = normal([3, 17_000], { generator, dtype: "float64" });
    const f = grad((x: Tensor) => sum(mul(products(x), w)));
    const wanted = f(x).data;
    const usual = Array.from(wanted, Math.abs).reduce((most, it) => Math.max(most, it), 0);
    expect(worst(compile(f)(x), wanted, usual)).toBeLessThan(1e-10);
  });

  const n = 20_000;
  const changed = (changes: Readonly<Record<number, number>>): Tensor => {
    const data = new Float32Array(n).fill(1);
    for (const [i, value] of Object.entries(changes)) data[Number(i)] = value;
    return tensor(data);
  };

  it.each([
    ["underflows within a block and would come back", { 5: 1e-30, 6: 1e-30, 7: 1e30, 8: 1e30 }],
    [
      "underflows in one block and would come back in the next",
      { 300: 1e-40, 620: 1e-20, 700: 1e30 },
    ],
    ["has a block that overflows where the product is small", { 5: 1e-30, 400: 1e30, 410: 1e20 }],
    ["has a block that overflows where the product is 0", { 5: 0, 400: 1e30, 410: 1e30 }],
    ["overflows, and meets a 0", { 400: 1e30, 410: 1e30, 5000: 0 }],
    ["meets a NaN", { 400: NaN, 5000: 0 }],
    ["is a zero of changing sign", { 100: -0, 5000: -1, 9000: 1e38, 19_990: -1e38 }],
    ["is inexact near the smallest numbers", { 10: 1e-38, 300: 3e-3, 700: 0.3, 1000: 777 }],
  ] as const)("of a product that %s", (_, changes) => {
    const x = changed(changes);
    expect(difference(compile(products)(x), inSteps(products)(x))).toBe(null);
  });

  it.each([
    ["a block's factors overflow", { 400: 1e30, 410: 1e30 }, { 700: 1 }],
    [
      "the carry is −0",
      { 3: -1 },
      Object.fromEntries(Array.from({ length: n }, (_, i) => [i, -0])),
    ],
    ["terms cancel", { 0: 1 }, { 0: 1e8, 500: 1, 900: -1e8 }],
  ] as const)("of a recurrence in which %s", (_, factors, terms) => {
    const a = changed(factors);
    const b = changed({
      ...Object.fromEntries(Array.from({ length: n }, (__, i) => [i, 0])),
      ...terms,
    });
    const f = (a: Tensor, b: Tensor) => linearRecurrence(a, b, { axis: 0 });
    expect(difference(compile(f)(a, b), inSteps(f)(a, b))).toBe(null);
  });

  it("have the same bits on any number of threads", async () => {
    const x = factors([2, 40_000]);
    const b = normal([2, 40_000], { generator });
    const f = (x: Tensor) => stack([products(x), linearRecurrence(x, b, { axis: 1 })], { axis: 0 });
    const results: Tensor[] = [];
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      await ready();
      results.push(compile(f)(x));
    }
    expect(difference(results[1], results[0])).toBe(null);
    expect(difference(results[2], results[0])).toBe(null);
  });
});
