import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "@wengert/autograd";
import type { ScatterKernel } from "../src/plan/ir.ts";
import { emitScatter, isSerialScatter } from "../src/codegen/scatter.ts";
import {
  Memory,
  arrays,
  compile,
  difference,
  dimsOf,
  dot,
  extent,
  failureAddress,
  generator,
  forEachIndex,
  repeated,
  rounded,
  schedules,
  valueOf,
} from "./scatter-scan.support.ts";

describe("scatter", () => {
  const dtype = fc.constantFrom<DType[]>("float32", "float64", "int32");

  /** Targets with windows that overlap, too. */
  const kernels = fc.tuple(dimsOf(0), dtype).chain(([dims, dtype]) =>
    fc
      .record({
        target: fc.oneof(
          repeated(dims),
          fc.array(fc.integer({ min: -3, max: 20 }), {
            minLength: dims.length,
            maxLength: dims.length,
          }),
        ),
        index: repeated(dims),
        source: repeated(dims),
        axisSize: fc.integer({ min: 1, max: 7 }),
        axis: fc.constantFrom("outside", "outside", 1, 2, -5, 0),
        combine: fc.constantFrom("add", "set"),
      })
      .map(({ target, index, source, axisSize, axis, combine }): ScatterKernel => {
        const [low, high] = extent(dims, target);
        return {
          combine,
          dims,
          target: { dtype, strides: target },
          index: { dtype: "int32", strides: index },
          source: { dtype, strides: source },
          axisStride: axis === "outside" ? high - low + 1 : (axis as number),
          axisSize,
          site: 5,
        };
      }),
  );

  function place(
    kernel: ScatterKernel,
    seed: number,
    pickIndex: (random: number) => number,
    value = valueOf,
  ) {
    const random = generator(seed);
    const memory = new Memory();
    const { dims, target, index, source, axisStride, axisSize } = kernel;
    const [low, high] = extent([...dims, axisSize], [...target.strides, axisStride]);
    const number = () => value(target.dtype, random);
    const bases = [
      memory.place(target.dtype, [low, high], number),
      memory.place("int32", extent(dims, index.strides), () => pickIndex(random())),
      memory.place(source.dtype, extent(dims, source.strides), number),
    ];
    return { memory, bases };
  }

  function oracle(kernel: ScatterKernel, memory: Memory, bases: readonly number[]) {
    const { combine, dims, target, index, source, axisStride, axisSize } = kernel;
    const bytes = memory.bytes.slice(0, memory.used);
    const failures: number[] = [];
    const size = arrays[target.dtype].BYTES_PER_ELEMENT;
    const view = new arrays[target.dtype](bytes.buffer);
    const ints = new Int32Array(bytes.buffer);
    forEachIndex(dims, (i) => {
      const at = ints[bases[1] / 4 + dot(i, index.strides)];
      if (at < 0 || at >= axisSize) failures.push(at);
      else {
        const to = bases[0] / size + dot(i, target.strides) + at * axisStride;
        const from = bases[2] / size + dot(i, source.strides);
        view[to] = combine === "set" ? view[from] : rounded[target.dtype](view[to] + view[from]);
      }
    });
    return { bytes, failures };
  }

  function check(kernel: ScatterKernel, seed: number, spread: number) {
    const { axisSize, target } = kernel;
    const pick = (random: number) => Math.floor(random * (axisSize + 2 * spread)) - spread;
    const { memory, bases } = place(kernel, seed, pick);
    const expected = oracle(kernel, memory, bases);
    const run = compile((ctx) => emitScatter(ctx, kernel));
    for (const order of schedules) {
      const got = run(memory, bases, order, order.length);
      expect(difference(target.dtype, got, expected.bytes), `${order.length} threads`).toBeNull();
      const failure = [...new Int32Array(got.buffer, failureAddress, 4)];
      if (expected.failures.length === 0) expect(failure).toEqual([0, 0, 0, 0]);
      else {
        expect(failure).toEqual([1, kernel.site, failure[2], axisSize]);
        expect(expected.failures).toContain(failure[2]);
      }
    }
    if (isSerialScatter(kernel)) {
      const idle = run(memory, bases, [1, 2], 3);
      expect(difference(target.dtype, idle, memory.bytes.slice(0, memory.used))).toBeNull();
    }
  }

  it("is what a loop in row-major order gives, with any number of threads", () => {
    fc.assert(
      fc.property(kernels, fc.nat(), (kernel, seed) => check(kernel, seed, 0)),
      { numRuns: 150 },
    );
  });

  it("skips indices out of range and tells of one", () => {
    fc.assert(
      fc.property(kernels, fc.nat(), (kernel, seed) => check(kernel, seed, 1)),
      { numRuns: 50 },
    );
    const kernel = embedding(30, 33, 9);
    check({ ...kernel, axisSize: 0 }, 1, 1);
  });

  /** The gradient of an embedding: whole rows are added. */
  const embedding = (tokens: number, width: number, rows: number, dtype: DType = "float32") => ({
    combine: "add" as const,
    dims: [tokens, width],
    target: { dtype, strides: [0, 1] },
    index: { dtype: "int32" as const, strides: [1, 0] },
    source: { dtype, strides: [width, 1] },
    axisStride: width,
    axisSize: rows,
    site: 0,
  });

  it.each<[DType, number]>([
    ["float32", 64],
    ["float32", 70],
    ["float64", 37],
    ["float64", 128],
    ["int32", 97],
    ["float32", 17],
  ])("sums the rows of an embedding's gradient (%s, width %i)", (dtype, width) => {
    check(embedding(150, width, 11, dtype), width, 0);
  });

  it("shares an embedding's gradient by columns", () => {
    const kernel = embedding(100, 64, 4);
    expect(isSerialScatter(kernel)).toBe(false);
    const { memory, bases } = place(
      kernel,
      3,
      () => 2,
      () => 1,
    );
    const changed = compile((ctx) => emitScatter(ctx, kernel))(memory, bases, [1], 2);
    const touched = [];
    for (let i = 0; i < 4 * 64; i++) {
      const at = bases[0] + 4 * i;
      if (changed.subarray(at, at + 4).join() !== memory.bytes.subarray(at, at + 4).join()) {
        touched.push(i);
      }
    }
    expect(touched).toEqual(Array.from({ length: 32 }, (_, i) => 2 * 64 + 32 + i));
  });

  it("shares rows whose elements stay in their row", () => {
    // x[b, index[b, k]] += source[b, k]
    const kernel: ScatterKernel = {
      combine: "add",
      dims: [100, 30],
      target: { dtype: "float32", strides: [10, 0] },
      index: { dtype: "int32", strides: [30, 1] },
      source: { dtype: "float32", strides: [30, 1] },
      axisStride: 1,
      axisSize: 10,
      site: 0,
    };
    expect(isSerialScatter(kernel)).toBe(false);
    check(kernel, 8, 0);
    // One column more to choose from, and neighbouring rows meet.
    expect(isSerialScatter({ ...kernel, axisSize: 11 })).toBe(true);
    check({ ...kernel, axisSize: 11 }, 8, 0);
  });

  it("shares no columns where rows overlap", () => {
    const kernel = embedding(150, 64, 9);
    for (const [axisStride, isSerial] of [
      [64, false],
      [63, true],
      [-64, false],
      [-63, true],
      [0, false],
    ] as const) {
      expect(isSerialScatter({ ...kernel, axisStride }), `${axisStride}`).toBe(isSerial);
      check({ ...kernel, axisStride }, 5, 0);
    }
  });

  it("keeps the order of sums where neighbours along both dims meet", () => {
    // x[index[j], i + j] += source[i, j]
    const kernel: ScatterKernel = {
      combine: "add",
      dims: [40, 60],
      target: { dtype: "float32", strides: [1, 1] },
      index: { dtype: "int32", strides: [0, 1] },
      source: { dtype: "float32", strides: [60, 1] },
      axisStride: 99,
      axisSize: 2,
      site: 0,
    };
    expect(isSerialScatter(kernel)).toBe(true);
    check(kernel, 2, 0);
  });

  it("keeps the last of several that are put at one place", () => {
    check({ ...embedding(150, 70, 3), combine: "set" }, 4, 0);
    check({ ...embedding(150, 64, 9), combine: "set", axisStride: 63 }, 4, 0);
  });

  it("leaves everything in place where a dim is empty", () => {
    check({ ...embedding(0, 40, 3), dims: [0, 40] }, 1, 1);
    check({ ...embedding(40, 0, 3), dims: [40, 0] }, 1, 1);
  });

  it("adds to one element without dims", () => {
    const none = { combine: "add" as const, dims: [], axisStride: 1, axisSize: 3, site: 0 };
    const operand = { dtype: "float32" as const, strides: [] };
    check(
      { ...none, target: operand, index: { dtype: "int32", strides: [] }, source: operand },
      4,
      0,
    );
  });

  it("refuses dtypes that do not go together", () => {
    const kernel = embedding(2, 2, 2);
    const wrong = { ...kernel, source: { ...kernel.source, dtype: "float64" as const } };
    expect(() => compile((ctx) => emitScatter(ctx, wrong))).toThrow(
      "A scatter moves numbers of one dtype at int32 indices, not float64 to float32 at int32",
    );
  });
});
