// Loops with several costly functions, each of which has a pass of its own over a row.
import { describe, expect, test } from "vitest";
import type { LoopKernel } from "../src/plan/ir.ts";
import { Body, expectOracle, f32, reals } from "./support/loop-kernels.ts";
import { loadLoop } from "./support/loop-run.ts";

/** sigmoid(2a + 1)·tanh a, in single instructions. */
function gate(): { body: Body; value: number } {
  const body = new Body();
  const a = body.load(0);
  const one = body.const(1);
  const inner = body.call("add", body.call("mul", a, body.const(2)), one);
  const e = body.call("exp", body.call("neg", inner));
  const value = body.call("div", body.call("tanh", a), body.call("add", one, e));
  return { body, value };
}

const sizes = [1, 3, 63, 64, 65, 1000, 4096, 4097, 20_000];

describe("several costly functions", () => {
  test.each(sizes)("of %i elements", (n) => {
    const { body, value } = gate();
    const kernel: LoopKernel = {
      dims: [n],
      rowDims: 0,
      operands: [f32(1), f32(1)],
      instrs: body.instrs,
      stores: [{ operand: 1, value }],
    };
    expectOracle(kernel, [reals(n), new Float32Array(n)]);
  });

  test.each(sizes)("of %i elements, in place", (n) => {
    const { body, value } = gate();
    const kernel: LoopKernel = {
      dims: [n],
      rowDims: 0,
      operands: [f32(1), f32(1)],
      instrs: body.instrs,
      stores: [{ operand: 1, value }],
    };
    const x = reals(n);
    expectOracle(kernel, [x, x]);
  });

  test.each(sizes)("summed over %i elements, which are stored, too", (n) => {
    const { body, value } = gate();
    const sum = body.reduce("sum", value);
    const kernel: LoopKernel = {
      dims: [n],
      rowDims: 1,
      operands: [f32(1), f32(1), f32(0)],
      instrs: body.instrs,
      stores: [
        { operand: 1, value },
        { operand: 2, value: sum },
      ],
    };
    expectOracle(kernel, [reals(n), new Float32Array(n), new Float32Array(1)], 64);
  });

  test.each([
    [5, 70],
    [130, 64],
    [65, 3],
  ])("of %i × %i elements of a transposed array", (n, m) => {
    const { body, value } = gate();
    const kernel: LoopKernel = {
      dims: [n, m],
      rowDims: 0,
      operands: [f32(1, n), f32(m, 1)],
      instrs: body.instrs,
      stores: [{ operand: 1, value }],
    };
    expectOracle(kernel, [reals(n * m), new Float32Array(n * m)]);
  });

  test("beside a sum over one element, which stays one", () => {
    const body = new Body();
    const e = body.call("exp", body.load(0));
    const total = body.add({ kind: "reduce", dtype: "float32", op: "sum", arg: e });
    const value = body.call("tanh", body.call("div", e, total));
    const kernel: LoopKernel = {
      dims: [150],
      rowDims: 0,
      operands: [f32(1), f32(1)],
      instrs: body.instrs,
      stores: [{ operand: 1, value }],
    };
    expectOracle(kernel, [reals(150), new Float32Array(150)]);
  });

  test("one of which varies along the outer dim of a row alone", () => {
    const body = new Body();
    const outer = body.call("exp", body.load(0));
    const shifted = body.call("sub", body.call("tanh", body.load(1)), outer);
    const total = body.reduce("sum", shifted);
    const value = body.call("mul", body.call("sub", shifted, total), outer);
    const kernel: LoopKernel = {
      dims: [6, 50],
      rowDims: 2,
      operands: [f32(1, 0), f32(50, 1), f32(50, 1)],
      instrs: body.instrs,
      stores: [{ operand: 2, value }],
    };
    expectOracle(kernel, [reals(6), reals(300), new Float32Array(300)], 64);
  });

  test("take one phase where there is no sum", () => {
    const { body, value } = gate();
    const operands = [f32(1), f32(1)];
    const stores = [{ operand: 1, value }];
    const kernel = { dims: [9000], rowDims: 0, operands, instrs: body.instrs, stores };
    expect(loadLoop(kernel).phases).toBe(1);
  });
});
