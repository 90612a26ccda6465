// Hard values, gathered elements and random words.
import { describe, expect, test } from "vitest";
import type { Instr, LoopKernel } from "../src/plan/ir.ts";
import { randomWord } from "./support/loop-oracle.ts";
import { runCompiled } from "./support/loop-run.ts";
import { Body, expectOracle, f32, i32, operand, run } from "./support/loop-kernels.ts";

describe("hard values", () => {
  const specials = [NaN, Infinity, -Infinity, -0, 0, 1e-45, 3.4e38];

  test.each(["float32", "float64"] as const)("max, min and their positions in %s", (dtype) => {
    const body = new Body(dtype);
    const x = body.load(0);
    const arrays = { float32: Float32Array, float64: Float64Array };
    const rows = [
      [...specials, 1, 2, 3, 4],
      [1, 2, 3, NaN, 5, 6, NaN, 8, 9, 10, 11],
      new Array<number>(11).fill(-Infinity),
      new Array<number>(11).fill(Infinity),
      [0, -0, 0, -0, 0, 0, 0, 0, 0, 0, 0],
      [5, 5, 5, 5, 5, 7, 7, 5, 5, 3, 3],
    ];
    const n = rows.length;
    const ops = ["max", "min", "argmax", "argmin"] as const;
    const data = new arrays[dtype](rows.flat());
    // Along the rows, and across them.
    for (const [x0, x1] of [
      [11, 1],
      [1, n],
    ]) {
      const kernel = {
        dims: [n, 11],
        rowDims: 1,
        operands: [
          operand(dtype, x0, x1),
          ...ops.map((_, i) => operand(i < 2 ? dtype : "int32", 1, 0)),
        ],
        instrs: [
          ...body.instrs,
          ...ops.map((op): Instr => ({
            kind: "reduce",
            op,
            arg: x,
            dtype: op.length > 3 ? "int32" : dtype,
          })),
        ],
        stores: ops.map((_, i) => ({ operand: i + 1, value: i + 1 })),
      };
      const outputs = ops.map((_, i) => (i < 2 ? new arrays[dtype](n) : new Int32Array(n)));
      expectOracle(kernel, [data, ...outputs], 0);
    }
  });

  test("the first of equal elements wins, whatever lane or accumulator it is in", () => {
    const [n, m] = [50, 50];
    const data = new Float32Array(n * m);
    for (let i = 0; i < n; i++) {
      data[i * m + i] = 1;
      if (i + 3 < m) data[i * m + i + 3] = 1;
    }
    const body = new Body();
    const instrs = body.instrs;
    const stores = [{ operand: 1, value: body.reduce("argmax", body.load(0)) }];
    const kernel = { dims: [n, m], rowDims: 1, operands: [f32(m, 1), i32(1, 0)], instrs, stores };
    const got = run(kernel, [data, new Int32Array(n)]).arrays[1];
    expect([...got]).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  test("a map hands on NaN, infinities and the sign of zero, in vectors and in tails", () => {
    const body = new Body();
    const kernel = {
      dims: [specials.length],
      rowDims: 0,
      operands: [f32(1), f32(1)],
      instrs: body.instrs,
      stores: [{ operand: 1, value: body.load(0) }],
    };
    const got = run(kernel, [Float32Array.from(specials), new Float32Array(specials.length)]);
    expect([...got.arrays[1]]).toEqual([...Float32Array.from(specials)]);
    expect(Object.is(got.arrays[1][3], -0)).toBe(true);
  });

  test("an element's value does not depend on where in a vector it is", () => {
    const body = new Body();
    const y = body.call("tanh", body.call("exp", body.load(0)));
    const stores = [{ operand: 1, value: y }];
    const values = [0.3, -1.7, 2.5e-3];
    for (const value of values) {
      const seen = new Set<number>();
      for (let n = 1; n <= 23; n++) {
        const kernel = {
          dims: [n],
          rowDims: 0,
          operands: [f32(1), f32(1)],
          instrs: body.instrs,
          stores,
        };
        const [, got] = runCompiled(kernel, [
          new Float32Array(n).fill(value),
          new Float32Array(n),
        ]).arrays;
        got.forEach((x: number) => seen.add(x));
      }
      expect(seen.size).toBe(1);
    }
  });
});

describe("gathers", () => {
  const table = Float32Array.from({ length: 7 * 5 }, (_, i) => i);
  const kernel: LoopKernel = {
    dims: [6, 5],
    rowDims: 0,
    operands: [i32(1, 0), f32(0, 1), f32(5, 1)],
    instrs: [
      { kind: "load", operand: 0, dtype: "int32" },
      { kind: "gather", operand: 1, index: 0, stride: 5, size: 7, site: 42, dtype: "float32" },
    ],
    stores: [{ operand: 2, value: 1 }],
  };

  test("rows of a table", () => {
    const index = Int32Array.of(3, 0, 6, 6, 1, 2);
    const { arrays, failure } = run(kernel, [index, table, new Float32Array(30)]);
    expect([...arrays[2]]).toEqual(
      [...index].flatMap((i) => [0, 1, 2, 3, 4].map((j) => i * 5 + j)),
    );
    expect(failure).toEqual([0, 0, 0, 0]);
  });

  test.each([[7], [-1], [-2147483648], [2147483647]])(
    "index %i is out of range: the first is recorded, element 0 read",
    (bad) => {
      const index = Int32Array.of(3, 0, bad, 6, bad - 1, 2);
      const { arrays, failure } = run(kernel, [index, table, new Float32Array(30)]);
      expect(failure).toEqual([1, 42, bad, 7]);
      expect([...arrays[2].subarray(10, 15)]).toEqual([0, 1, 2, 3, 4]);
    },
  );

  test.each([1, 2, 3, 5, 8, 13])("lane by lane, %i of them: only lanes in use are checked", (n) => {
    const lanewise: LoopKernel = {
      dims: [n],
      rowDims: 0,
      operands: [i32(1), f32(0), f32(1)],
      instrs: [
        { kind: "load", operand: 0, dtype: "int32" },
        { kind: "gather", operand: 1, index: 0, stride: 1, size: 1, site: 3, dtype: "float32" },
      ],
      stores: [{ operand: 2, value: 1 }],
    };
    const index = new Int32Array(n);
    const fine = run(lanewise, [index, Float32Array.of(8), new Float32Array(n)]);
    expect(fine.failure).toEqual([0, 0, 0, 0]);
    expect([...fine.arrays[2]]).toEqual(new Array(n).fill(8));
    index[n - 1] = 1;
    const failed = run(lanewise, [index, Float32Array.of(8), new Float32Array(n)]);
    expect(failed.failure).toEqual([1, 3, 1, 1]);
  });

  test("from nothing", () => {
    const empty: LoopKernel = {
      ...kernel,
      instrs: [
        kernel.instrs[0],
        { kind: "gather", operand: 1, index: 0, stride: 5, size: 0, site: 9, dtype: "float32" },
      ],
    };
    const { arrays, failure } = run(empty, [
      new Int32Array(6),
      new Float32Array(0),
      new Float32Array(30).fill(1),
    ]);
    expect(failure).toEqual([1, 9, 0, 0]);
    expect([...arrays[2]]).toEqual(new Array(30).fill(0));
  });
});

describe("random words", () => {
  const words = (count: number, state: readonly number[], offset = 0) => {
    const kernel: LoopKernel = {
      dims: [count],
      rowDims: 0,
      operands: [i32(0), i32(1)],
      instrs: [{ kind: "random", operand: 0, strides: [1], offset, dtype: "int32" }],
      stores: [{ operand: 1, value: 0 }],
    };
    return [...run(kernel, [Int32Array.from(state), new Int32Array(count)]).arrays[1]];
  };

  // The known answers of Random123's kat_vectors for threefry2x32 with 20 rounds.
  test.each([
    [
      [0, 0, 0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [-1, -1, -1, -1],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])("of the state %j are the published ones", (state, known) => {
    expect(words(2, state)).toEqual(known.map((word) => word | 0));
  });

  test.each([
    [1, 0],
    [9, 0],
    [40, 0],
    [5000, 0],
    [21, 3],
    [40, 1000],
  ])("%i of them from word %i on, over a carry of the counter", (count, offset) => {
    const state = [12345, -678, -3, 77];
    const wanted = Array.from({ length: count }, (_, i) => randomWord(state, offset + i));
    expect(words(count, state, offset)).toEqual(wanted);
  });

  test("in rows of odd length, whose blocks begin anywhere", () => {
    const kernel: LoopKernel = {
      dims: [5, 11],
      rowDims: 0,
      operands: [i32(0, 0), i32(16, 1)],
      instrs: [{ kind: "random", operand: 0, strides: [11, 1], offset: 0, dtype: "int32" }],
      stores: [{ operand: 1, value: 0 }],
    };
    expectOracle(kernel, [Int32Array.of(1, 2, 3, 4), new Int32Array(80)], 0);
  });
});
