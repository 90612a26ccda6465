// Rows that are gone through once or several times, short ones and long ones.
import { describe, expect, test } from "vitest";
import { loadLoop } from "./support/loop-run.ts";
import { Body, expectOracle, f32, i32, operand, reals, run } from "./support/loop-kernels.ts";

function softmaxBody(): Body {
  const body = new Body();
  const x = body.load(0);
  const e = body.call("exp", body.call("sub", x, body.reduce("max", x)));
  body.call("div", e, body.reduce("sum", e));
  return body;
}

describe("rows", () => {
  const shapes = [
    [3, 1],
    [2, 5],
    [5, 64],
    [7, 103],
    [1, 1000],
    [130, 33],
  ];

  test.each(shapes)("softmax of %i rows of %i", (n, m) => {
    const { instrs } = softmaxBody();
    const stores = [{ operand: 1, value: instrs.length - 1 }];
    const kernel = { dims: [n, m], rowDims: 1, operands: [f32(m, 1), f32(m, 1)], instrs, stores };
    expectOracle(kernel, [reals(n * m, 4), new Float32Array(n * m)]);
    expect(loadLoop(kernel).phases).toBe(1);
  });

  test.each(shapes)("softmax of %i columns of %i, in place", (n, m) => {
    const { instrs } = softmaxBody();
    const stores = [{ operand: 1, value: instrs.length - 1 }];
    const kernel = { dims: [n, m], rowDims: 1, operands: [f32(1, n), f32(1, n)], instrs, stores };
    const x = reals(n * m, 4);
    expectOracle(kernel, [x, x]);
  });

  test.each(shapes)(
    "layer norm of %i rows of %i with weight and bias, mean and deviation",
    (n, m) => {
      const body = new Body();
      const x = body.load(0);
      const mean = body.call("div", body.reduce("sum", x), body.const(m));
      const centred = body.call("sub", x, mean);
      const variance = body.call(
        "div",
        body.reduce("sum", body.call("mul", centred, centred)),
        body.const(m),
      );
      const deviation = body.call("sqrt", body.call("add", variance, body.const(1e-5)));
      const scaled = body.call("mul", body.call("div", centred, deviation), body.load(1));
      const y = body.call("add", scaled, body.load(2));
      const kernel = {
        dims: [n, m],
        rowDims: 1,
        operands: [f32(m, 1), f32(0, 1), f32(0, 1), f32(m, 1), f32(1, 0), f32(1, 0)],
        instrs: body.instrs,
        stores: [
          { operand: 3, value: y },
          { operand: 4, value: mean },
          { operand: 5, value: deviation },
        ],
      };
      const arrays = [reals(n * m), reals(m), reals(m), reals(n * m), reals(n), reals(n)];
      // One element less its mean is rounding alone, which the deviation's 1e-5 magnifies.
      expectOracle(kernel, arrays, m === 1 ? 1024 : 64);
    },
  );

  test("cross entropy and its gradient, with an ignored target", () => {
    const [n, m] = [17, 21];
    const body = new Body();
    const x = body.load(0);
    const shifted = body.call("sub", x, body.reduce("max", x));
    const e = body.call("exp", shifted);
    const total = body.reduce("sum", e);
    const target = body.load(1, "int32");
    const at = body.add({ kind: "index", dtype: "int32", strides: [0, 1], offset: 0 });
    const isTarget = body.add({ kind: "call", fn: "eq", args: [at, target], dtype: "bool" });
    const zero = body.const(0);
    const picked = body.reduce("sum", body.call("select", isTarget, shifted, zero));
    const loss = body.call("sub", body.call("log", total), picked);
    const hit = body.add({ kind: "cast", arg: isTarget, dtype: "float32" });
    const gradient = body.call("sub", body.call("div", e, total), hit);
    const kernel = {
      dims: [n, m],
      rowDims: 1,
      operands: [f32(m, 1), i32(1, 0), f32(1, 0), f32(m, 1)],
      instrs: body.instrs,
      stores: [
        { operand: 2, value: loss },
        { operand: 3, value: gradient },
      ],
    };
    const targets = Int32Array.from({ length: n }, (_, i) => (i === 4 ? -1 : (i * 5) % m));
    expectOracle(kernel, [reals(n * m), targets, new Float32Array(n), new Float32Array(n * m)]);
  });

  test.each([37, 60_001])("what is stored in place is not read again: rows of %i", (m) => {
    // x ← 2x while the row's sum of 2x is needed to store 2x / sum elsewhere.
    const body = new Body();
    const twice = body.call("mul", body.load(0), body.const(2));
    const share = body.call("div", twice, body.reduce("sum", twice));
    const kernel = {
      dims: [4, m],
      rowDims: 1,
      operands: [f32(m, 1), f32(m, 1), f32(m, 1)],
      instrs: body.instrs,
      stores: [
        { operand: 1, value: twice },
        { operand: 2, value: share },
      ],
    };
    const x = Float32Array.from({ length: 4 * m }, (_, i) => 1 + (i % 7));
    expectOracle(kernel, [x, x, new Float32Array(4 * m)]);
  });

  test.each([
    [64, 10],
    [5, 3],
    [300, 70],
    [1000, 17],
    [2000, 4],
  ])("sums of the columns of [%i, %i]", (n, m) => {
    const body = new Body();
    const sum = body.reduce("sum", body.load(0));
    const stores = [{ operand: 1, value: sum }];
    const operands = [f32(1, m), f32(1, 0)];
    expectOracle(
      { dims: [m, n], rowDims: 1, operands, instrs: body.instrs, stores },
      [reals(n * m), reals(m)],
      64,
    );
  });

  test("sums over nothing are 0, products 1, and nothing else is written", () => {
    const body = new Body();
    const x = body.load(0);
    const kernel = {
      dims: [3, 0],
      rowDims: 1,
      operands: [f32(0, 1), f32(1, 0), f32(1, 0), f32(0, 1)],
      instrs: body.instrs,
      stores: [
        { operand: 1, value: body.reduce("sum", x) },
        { operand: 2, value: body.reduce("prod", x) },
        { operand: 3, value: x },
      ],
    };
    const arrays = [new Float32Array(0), reals(3), reals(3), new Float32Array(0)];
    const got = run(kernel, arrays).arrays;
    expect([...got[1], ...got[2]]).toEqual([0, 0, 0, 1, 1, 1]);
  });
});

describe("long rows", () => {
  const size = 300_007;
  const ones = new Float32Array(size).fill(0.1);

  test("a long sum is cut into pieces, and its error is that of few additions", () => {
    const body = new Body();
    const kernel = {
      dims: [size],
      rowDims: 1,
      operands: [f32(1), f32(0)],
      instrs: body.instrs,
      stores: [{ operand: 1, value: body.reduce("sum", body.load(0)) }],
    };
    expect(loadLoop(kernel, 128).phases).toBe(2);
    const [, [sum]] = run(kernel, [ones, new Float32Array(1)]).arrays;
    const exact = size * Math.fround(0.1);
    expect(Math.abs(sum - exact) / exact).toBeLessThan(1e-5);
  });

  test("a row that one piece would not fill is summed in blocks by one thread", () => {
    // Eight rows are enough to share: they stay whole.
    const body = new Body();
    const kernel = {
      dims: [8, 20_011],
      rowDims: 1,
      operands: [f32(20_011, 1), f32(1, 0)],
      instrs: body.instrs,
      stores: [{ operand: 1, value: body.reduce("sum", body.load(0)) }],
    };
    expect(loadLoop(kernel, 128).phases).toBe(1);
    const x = Float32Array.from({ length: 8 * 20_011 }, (_, i) => i % 16);
    expectOracle(kernel, [x, reals(8)], 0);
  });

  test("what is stored along a row that is cut is stored once, also over its own input", () => {
    const body = new Body();
    const y = body.call("add", body.load(0), body.const(1));
    const kernel = {
      dims: [2, 50_003],
      rowDims: 1,
      operands: [f32(50_003, 1), f32(50_003, 1), f32(1, 0), f32(1, 0)],
      instrs: body.instrs,
      stores: [
        { operand: 1, value: y },
        { operand: 2, value: body.reduce("sum", y) },
        { operand: 3, value: body.reduce("max", y) },
      ],
    };
    const x = Float32Array.from({ length: 100_006 }, (_, i) => i % 9);
    expect(loadLoop(kernel, 128).phases).toBe(2);
    expectOracle(kernel, [x, x, reals(2), reals(2)], 0);
  });

  test("softmax of two long rows, in place: each stage is cut", () => {
    const { instrs } = softmaxBody();
    const dims = [2, 60_001];
    const stores = [{ operand: 1, value: instrs.length - 1 }];
    const operands = [f32(60_001, 1), f32(60_001, 1)];
    const kernel = { dims, rowDims: 1, operands, instrs, stores };
    expect(loadLoop(kernel, 128).phases).toBe(5);
    const x = reals(120_002);
    expectOracle(kernel, [x, x], 64);
  });

  test("few columns of many rows are cut along the rows", () => {
    const body = new Body();
    const kernel = {
      dims: [3, 70_001],
      rowDims: 1,
      operands: [f32(1, 3), f32(1, 0)],
      instrs: body.instrs,
      stores: [{ operand: 1, value: body.reduce("sum", body.load(0)) }],
    };
    expect(loadLoop(kernel, 128).phases).toBe(2);
    const x = Float32Array.from({ length: 210_003 }, (_, i) => i % 8);
    expectOracle(kernel, [x, reals(3)], 0);
  });

  test("rows of two dims that do not merge are cut along the first", () => {
    const body = new Body("float64");
    const kernel = {
      dims: [400, 301],
      rowDims: 2,
      operands: [operand("float64", 305, 1), operand("float64", 0, 0)],
      instrs: body.instrs,
      stores: [{ operand: 1, value: body.reduce("sum", body.load(0)) }],
    };
    expect(loadLoop(kernel, 128).phases).toBe(2);
    const x = Float64Array.from({ length: 400 * 305 }, (_, i) => i % 11);
    expectOracle(kernel, [x, new Float64Array(1)], 0);
  });
});
