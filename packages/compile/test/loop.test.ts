// Loops by name: the kernels that training steps are made of, hard values, threads, and long rows.
import type { DType, TypedArray } from "@wengert/autograd";
import { describe, expect, test } from "vitest";
import { isSerial } from "../src/codegen/loop/index.ts";
import type { Instr, LoopKernel, Operand, ReduceOp } from "../src/codegen/ir.ts";
import { randomWord, runLoop } from "./support/loop-oracle.ts";
import { loadLoop, runCompiled } from "./support/loop-run.ts";

const operand = (dtype: DType, ...strides: number[]): Operand => ({ dtype, strides });
const f32 = (...strides: number[]) => operand("float32", ...strides);
const i32 = (...strides: number[]) => operand("int32", ...strides);

/** Writes the instructions of a kernel, of one dtype unless something else is said. */
class Body {
  readonly instrs: Instr[] = [];
  private readonly dtype: DType;

  constructor(dtype: DType = "float32") {
    this.dtype = dtype;
  }

  add(instr: Instr): number {
    return this.instrs.push(instr) - 1;
  }

  load(index: number, dtype: DType = this.dtype): number {
    return this.add({ kind: "load", operand: index, dtype });
  }

  const(value: number): number {
    return this.add({ kind: "const", value, dtype: this.dtype });
  }

  call(fn: string, ...args: number[]): number {
    const isBool = ["eq", "lt"].includes(fn);
    return this.add({ kind: "call", fn, args, dtype: isBool ? "bool" : this.dtype });
  }

  reduce(op: ReduceOp, arg: number): number {
    const isArg = op === "argmax" || op === "argmin";
    return this.add({ kind: "reduce", op, arg, dtype: isArg ? "int32" : this.dtype });
  }
}

const reals = (count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * 12.9898 + 1) * 3);

const bitsOf = (array: TypedArray) =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("hex");

/** Runs at one, two and three threads: the bits must be equal. Returns the arrays. */
function run(kernel: LoopKernel, arrays: readonly TypedArray[], offsets?: readonly number[]) {
  const [alone, ...others] = [1, 2, 3].map((n) => runCompiled(kernel, arrays, offsets, n));
  for (const other of others) {
    expect(other.arrays.map(bitsOf)).toEqual(alone.arrays.map(bitsOf));
  }
  return alone;
}

/** Compares with the oracle: floats to `ulps` units of float32 in the largest element. */
function expectOracle(
  kernel: LoopKernel,
  arrays: readonly TypedArray[],
  ulps = 8,
  offsets?: readonly number[],
): readonly TypedArray[] {
  const copies = new Map(arrays.map((array) => [array, array.slice()]));
  const wanted = arrays.map((array) => copies.get(array)!);
  runLoop(kernel, wanted, offsets);
  const got = run(kernel, arrays, offsets).arrays;
  got.forEach((array, k) => {
    const largest = wanted[k].reduce(
      (m: number, x: number) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m),
      0,
    );
    array.forEach((x: number, i: number) => {
      const want = wanted[k][i];
      const isSame = Object.is(x + 0, want + 0) || Math.abs(x - want) <= ulps * 2 ** -24 * largest;
      if (!isSame)
        expect({ operand: k, element: i, value: x }).toEqual({
          operand: k,
          element: i,
          value: want,
        });
    });
  });
  return got;
}

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

  test("a value that is stored in place is not read again by a later pass", () => {
    // x ← 2x while the row's sum of 2x is needed to store 2x / sum elsewhere.
    const body = new Body();
    const twice = body.call("mul", body.load(0), body.const(2));
    const share = body.call("div", twice, body.reduce("sum", twice));
    const kernel = {
      dims: [4, 37],
      rowDims: 1,
      operands: [f32(37, 1), f32(37, 1), f32(37, 1)],
      instrs: body.instrs,
      stores: [
        { operand: 1, value: twice },
        { operand: 2, value: share },
      ],
    };
    const x = Float32Array.from({ length: 148 }, (_, i) => 1 + (i % 7));
    expectOracle(kernel, [x, x, new Float32Array(148)]);
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
      // Each of two threads alone leaves something undone.
      const { run: runOne, buffer, free, phases } = loadLoop(kernel);
      expect(phases).toBe(1);
      new Float32Array(buffer, free, 2 * length).fill(1);
      runOne(1, [free, free + 4 * length]);
      expect(new Float32Array(buffer, free + 4 * length, length).includes(-1)).toBe(true);
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
