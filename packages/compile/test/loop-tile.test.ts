// Loops over arrays that are contiguous along different dims: squares of their elements are turned in registers.
import { describe, expect, test } from "vitest";
import type { LoopKernel, Operand } from "../src/plan/ir.ts";
import { isSerial } from "../src/codegen/loop/index.ts";
import { lanesFor } from "../src/codegen/vector/index.ts";
import { nestOf } from "../src/codegen/loop/nest.ts";
import { valuesOf } from "../src/codegen/loop/values.ts";
import { orderOf } from "../src/codegen/loop/vectorise.ts";
import { Body, expectOracle, f32, operand, reals } from "./support/loop-kernels.ts";

const hasTile = (kernel: LoopKernel): boolean => {
  const nest = nestOf(kernel)!;
  const lanes = lanesFor(nest.streams.map(({ dtype }) => dtype));
  return orderOf(nest, valuesOf(nest), lanes, 2).tile !== null;
};

const copy = (dims: readonly number[], from: Operand, to: Operand): LoopKernel => ({
  dims,
  rowDims: 0,
  operands: [from, to],
  instrs: [{ kind: "load", operand: 0, dtype: from.dtype }],
  stores: [{ operand: 1, value: 0 }],
});

describe("a transposed copy", () => {
  test.each([
    [8, 8],
    [64, 64],
    [37, 51],
    [51, 37],
    [9, 200],
    [200, 9],
    [13, 8],
  ])("of %i × %i", (m, n) => {
    const kernel = copy([m, n], f32(1, m), f32(n, 1));
    expect(hasTile(kernel)).toBe(true);
    expectOracle(kernel, [reals(m * n), new Float32Array(m * n)], 0);
  });

  test.each(["float64", "int32"] as const)("of %s", (dtype) => {
    const [m, n] = [45, 70];
    const kernel = copy([m, n], operand(dtype, 1, m), operand(dtype, n, 1));
    expect(hasTile(kernel)).toBe(true);
    const array = dtype === "float64" ? Float64Array : Int32Array;
    const values = new array(Array.from({ length: m * n }, (_, i) => (i * 7919) % 10_007));
    expectOracle(kernel, [values, new array(m * n)], 0);
  });

  test("of blocks, with gaps and backwards", () => {
    const dims = [5, 33, 18];
    const kernel = copy(dims, f32(1000, 1, 40), f32(600, 18, 1));
    expect(hasTile(kernel)).toBe(true);
    expectOracle(kernel, [reals(5000), new Float32Array(3000)], 0);
    const back = copy([40, 50], f32(-1, 40), f32(50, 1));
    expectOracle(back, [reals(2000), new Float32Array(2000)], 0, [39, 0]);
  });
});

test("what is computed on the way, with values along either dim and along none", () => {
  const [m, n] = [70, 43];
  const body = new Body();
  const x = body.load(0);
  const along = body.load(1);
  const down = body.load(2);
  const one = body.load(3);
  const y = body.load(4);
  const value = body.call("add", body.call("mul", x, along), body.call("mul", down, one));
  const both = body.call("sub", value, y);
  const kernel: LoopKernel = {
    dims: [m, n],
    rowDims: 0,
    operands: [f32(1, m), f32(0, 1), f32(1, 0), f32(0, 0), f32(n, 1), f32(n, 1), f32(1, m)],
    instrs: body.instrs,
    stores: [
      { operand: 5, value: both },
      { operand: 6, value },
    ],
  };
  expect(hasTile(kernel)).toBe(true);
  const arrays = [m * n, n, m, 1, m * n].map((count) => reals(count));
  expectOracle(kernel, [...arrays, new Float32Array(m * n), new Float32Array(m * n)]);
});

test.each([
  [300, 200],
  [3000, 20],
  [20, 3000],
  [1001, 61],
])("threads take parts of %i × %i", (m, n) => {
  const kernel = copy([m, n], f32(1, m), f32(n, 1));
  expect(isSerial(kernel)).toBe(false);
  expectOracle(kernel, [reals(m * n), new Float32Array(m * n)], 0);
});
