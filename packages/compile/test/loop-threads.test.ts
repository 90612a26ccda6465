// Stores that several iterations meet at, and what threads share.
import { describe, expect, test } from "vitest";
import type { LoopKernel } from "../src/plan/ir.ts";
import { isSerial } from "../src/codegen/loop/index.ts";
import { loadLoop, runCompiled } from "./support/loop-run.ts";
import { Body, bitsOf, expectOracle, f32, i32, reals } from "./support/loop-kernels.ts";

describe("stores that add", () => {
  test.each([
    [2, 40, 9],
    [3, 5, 4],
    [1, 100, 25],
  ])("windows added up: %i × %i windows of %i", (n, windows, width) => {
    const length = windows + width - 1;
    const kernel: LoopKernel = {
      dims: [n, windows, width],
      rowDims: 0,
      operands: [f32(windows * width, width, 1), f32(length, 1, 1)],
      instrs: [{ kind: "load", operand: 0, dtype: "float32" }],
      stores: [{ operand: 1, value: 0, accumulate: true }],
    };
    const x = Float32Array.from({ length: n * windows * width }, (_, i) => i % 13);
    expectOracle(kernel, [x, new Float32Array(n * length).fill(2)], 0);
  });

  test.each([
    // Windows that overlap along the last two dims; nothing else does.
    [
      [3, 400, 9],
      [400 * 9, 9, 1],
      [408, 1, 1],
    ],
    [
      [400, 3, 9],
      [27, 9, 1],
      [1, 408, 1],
    ],
    [
      [50, 60],
      [60, 1],
      [0, 1],
    ],
    [
      [50, 60],
      [60, 1],
      [1, 0],
    ],
    [
      [40, 3, 50],
      [150, 50, 1],
      [0, 0, 1],
    ],
  ])("no element is written by two threads: %j", (dims, from, to) => {
    const kernel: LoopKernel = {
      dims,
      rowDims: 0,
      operands: [f32(...from), f32(...to)],
      instrs: [{ kind: "load", operand: 0, dtype: "float32" }],
      stores: [{ operand: 1, value: 0, accumulate: true }],
    };
    expect(isSerial(kernel)).toBe(false);
    const lengthOf = (strides: number[]) =>
      1 + strides.reduce((sum, stride, d) => sum + stride * (dims[d] - 1), 0);
    const [inputs, outputs] = [lengthOf(from), lengthOf(to)];
    const { runThread, buffer, free } = loadLoop(kernel);
    const written = [0, 1].map((thread) => {
      new Float32Array(buffer, free, inputs).fill(1);
      const output = new Float32Array(buffer, free + 4 * inputs, outputs).fill(0);
      runThread(thread, 2, [free, free + 4 * inputs]);
      return output.slice();
    });
    expect(written.every((output) => output.includes(0))).toBe(true);
    expect(written[0].some((x, i) => x !== 0 && written[1][i] !== 0)).toBe(false);
    const all = written[0].map((x, i) => x + written[1][i]);
    expect(all.reduce((a, b) => a + b, 0)).toBe(dims.reduce((a, b) => a * b, 1));
  });

  test("everything added to one element", () => {
    const kernel: LoopKernel = {
      dims: [100, 37],
      rowDims: 0,
      operands: [i32(37, 1), i32(0, 0)],
      instrs: [{ kind: "load", operand: 0, dtype: "int32" }],
      stores: [{ operand: 1, value: 0, accumulate: true }],
    };
    const x = Int32Array.from({ length: 3700 }, (_, i) => i * 1_000_003);
    expectOracle(kernel, [x, Int32Array.of(5)], 0);
  });

  test("rows folded and added to columns", () => {
    // Two stores of one kernel: the row's sum, and each element to its column.
    const body = new Body();
    const x = body.load(0);
    const kernel: LoopKernel = {
      dims: [200, 33],
      rowDims: 1,
      operands: [f32(33, 1), f32(1, 0), f32(0, 1)],
      instrs: body.instrs,
      stores: [
        { operand: 1, value: body.reduce("sum", x) },
        { operand: 2, value: x, accumulate: true },
      ],
    };
    const data = Float32Array.from({ length: 6600 }, (_, i) => i % 7);
    expectOracle(kernel, [data, new Float32Array(200), new Float32Array(33)], 0);
  });
});

describe("threads", () => {
  const map = (...dims: number[]): LoopKernel => {
    const strides = dims.map((_, d) => dims.slice(d + 1).reduce((n, size) => n * (size + 1), 1));
    return {
      dims,
      rowDims: 0,
      operands: [f32(...strides), f32(...strides)],
      instrs: [
        { kind: "load", operand: 0, dtype: "float32" },
        { kind: "call", fn: "neg", args: [0], dtype: "float32" },
      ],
      stores: [{ operand: 1, value: 1 }],
    };
  };

  test.each([[[20_001]], [[3, 7001]], [[100, 101]], [[2, 3, 2003]], [[4000, 3]]])(
    "a map of %j is shared",
    (dims) => {
      const kernel = map(...dims);
      expect(isSerial(kernel)).toBe(false);
      const length =
        1 + dims.reduce((sum, size, d) => sum + (size - 1) * kernel.operands[0].strides[d], 0);
      expectOracle(kernel, [reals(length), new Float32Array(length)], 0);
      // Of two threads each does its part, and that alone.
      const { runThread, buffer, free } = loadLoop(kernel);
      const written = [0, 1].map((thread) => {
        const output = new Float32Array(buffer, free + 4 * length, length);
        new Float32Array(buffer, free, length).fill(1);
        output.fill(0);
        runThread(thread, 2, [free, free + 4 * length]);
        return output.filter((x) => x === -1).length;
      });
      const elements = dims.reduce((n, size) => n * size, 1);
      expect(written[0] + written[1]).toBe(elements);
      expect(Math.min(...written)).toBeGreaterThan(elements / 4);
    },
  );

  test("what is tiny is done by the first thread", () => {
    expect(isSerial(map(32))).toBe(true);
    expect(isSerial(map(0))).toBe(true);
    expect(isSerial(map())).toBe(true);
  });

  test("threads of which there are more than parts have nothing to do", () => {
    const kernel = map(3000);
    const x = reals(3000);
    const alone = runCompiled(kernel, [x, new Float32Array(3000)], [0, 0], 1);
    const many = runCompiled(kernel, [x, new Float32Array(3000)], [0, 0], 500);
    expect(bitsOf(many.arrays[1])).toBe(bitsOf(alone.arrays[1]));
  });
});
