import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "@wengert/autograd";
import type { Instr, ScanKernel } from "../src/plan/ir.ts";
import { emitScan, isSerialScan } from "../src/codegen/scan.ts";
import {
  Memory,
  arrays,
  compile,
  difference,
  dimsOf,
  dot,
  extent,
  generator,
  forEachIndex,
  injective,
  repeated,
  rounded,
  schedules,
  valueOf,
} from "./scatter-scan.support.ts";

describe("scan", () => {
  interface Body {
    readonly name: string;
    readonly init: number;
    /** Operands that are read, the output apart. */
    readonly inputs: number;
    readonly instrs: (dtype: DType) => readonly Instr[];
    readonly step: (round: (x: number) => number, carry: number, x: readonly number[]) => number;
  }

  const load = (dtype: DType, operand: number): Instr => ({ kind: "load", dtype, operand });
  const call = (dtype: DType, fn: string, ...args: number[]): Instr => ({
    kind: "call",
    dtype,
    fn,
    args,
  });
  /** The product, exact for int32, too. */
  const times = (round: (x: number) => number, a: number, b: number) =>
    round === rounded.int32 ? Math.imul(a, b) : round(a * b);

  const sum: Body = {
    name: "cumsum",
    init: 0,
    inputs: 1,
    instrs: (t) => [load(t, 0), load(t, 1), call(t, "add", 0, 1)],
    step: (round, carry, [x]) => round(carry + x),
  };
  const product: Body = {
    name: "cumprod",
    init: 1,
    inputs: 1,
    instrs: (t) => [load(t, 0), load(t, 1), call(t, "mul", 0, 1)],
    step: (round, carry, [x]) => times(round, carry, x),
  };
  const recurrence: Body = {
    name: "h = a · h + b",
    init: 0,
    inputs: 2,
    instrs: (t) => [load(t, 0), load(t, 1), load(t, 2), call(t, "mul", 1, 0), call(t, "add", 3, 2)],
    step: (round, h, [a, b]) => round(times(round, a, h) + b),
  };
  const withConstant: Body = {
    name: "h = (x + 3) · x + h, where x may not depend on the step",
    init: -2.5,
    inputs: 1,
    instrs: (t) => [
      { kind: "const", dtype: t, value: 3 },
      load(t, 1),
      call(t, "add", 1, 0),
      call(t, "mul", 2, 1),
      load(t, 0),
      call(t, "add", 3, 4),
    ],
    step: (round, h, [x]) => round(times(round, round(x + 3), x) + h),
  };

  interface Case {
    readonly kernel: ScanKernel;
    readonly body: Body;
    readonly isInPlace: boolean;
  }

  const kernelOf = (
    body: Body,
    dtype: DType,
    dims: readonly number[],
    strides: readonly (readonly number[])[],
  ): ScanKernel => {
    const instrs = body.instrs(dtype);
    const carry = { dtype, strides: dims.map(() => 0) };
    return {
      dims,
      operands: [carry, ...strides.map((strides) => ({ dtype, strides }))],
      instrs,
      init: body.init,
      value: instrs.length - 1,
      output: strides.length,
    };
  };

  const cases = fc
    .record({
      dims: dimsOf(1),
      dtype: fc.constantFrom<DType[]>("float32", "float64", "int32"),
      body: fc.constantFrom(sum, product, recurrence, withConstant),
      isInPlace: fc.constantFrom(false, false, true),
    })
    .chain(({ dims, dtype, body, isInPlace }) =>
      fc
        .tuple(
          fc.array(repeated(dims), { minLength: body.inputs, maxLength: body.inputs }),
          injective(dims),
        )
        .map(([inputs, output]): Case => {
          const read = isInPlace ? inputs.with(0, output) : inputs;
          return { kernel: kernelOf(body, dtype, dims, [...read, output]), body, isInPlace };
        }),
    );

  function check({ kernel, body, isInPlace }: Case, seed: number) {
    const { dims, operands, output } = kernel;
    const random = generator(seed);
    const memory = new Memory();
    const bases = operands
      .slice(1)
      .map(({ dtype, strides }) =>
        memory.place(dtype, extent(dims, strides), () => valueOf(dtype, random)),
      );
    if (isInPlace) bases[0] = bases[output - 1];
    const { dtype } = operands[output];
    const expected = memory.bytes.slice(0, memory.used);
    const element = (operand: number, index: readonly number[]) => {
      const view = new arrays[operands[operand].dtype](expected.buffer);
      const at =
        bases[operand - 1] / view.BYTES_PER_ELEMENT + dot(index, operands[operand].strides);
      return { view, at };
    };
    const length = dims[dims.length - 1];
    forEachIndex(dims.slice(0, -1), (i) => {
      let carry = rounded[operands[0].dtype](body.init);
      for (let step = 0; step < length; step++) {
        const x = Array.from({ length: body.inputs }, (_, k) => {
          const { view, at } = element(k + 1, [...i, step]);
          return view[at];
        });
        carry = body.step(rounded[operands[0].dtype], carry, x);
        const { view, at } = element(output, [...i, step]);
        view[at] = carry;
      }
    });
    const run = compile((ctx) => emitScan(ctx, kernel));
    for (const order of schedules) {
      const got = run(memory, bases, order, order.length);
      expect(difference(dtype, got, expected), `${order.length} threads`).toBeNull();
    }
    if (isSerialScan(kernel)) {
      const idle = run(memory, bases, [1, 2], 3);
      expect(difference(dtype, idle, memory.bytes.slice(0, memory.used))).toBeNull();
    }
  }

  it("is what a loop gives, with any number of threads", () => {
    fc.assert(
      fc.property(cases, fc.nat(), (example, seed) => check(example, seed)),
      { numRuns: 200 },
    );
  });

  const bodies = [sum, product, recurrence, withConstant];
  const layouts: [string, readonly number[], readonly number[]][] = [
    ["along the last axis", [70, 33], [33, 1]],
    ["along the first axis", [70, 33], [1, 70]],
    ["along the middle axis", [5, 23, 40], [920, 1, 23]],
    ["backward along the first axis", [70, 33], [1, -70]],
    ["along the only axis", [1000], [1]],
    ["of one element", [1], [1]],
    ["of one step", [37, 1], [1, 1]],
  ];

  it.each(layouts)("runs %s", (_, dims, strides) => {
    for (const body of bodies) {
      for (const dtype of ["float32", "float64", "int32"] as const) {
        const all = Array.from({ length: body.inputs + 1 }, () => strides);
        check({ kernel: kernelOf(body, dtype, dims, all), body, isInPlace: false }, 6);
      }
    }
  });

  it.each([[[0]], [[5, 0]], [[0, 5]], [[4000, 0]]])("does nothing where %j is empty", (dims) => {
    const strides = dims.map(() => 1);
    const kernel = kernelOf(sum, "float32", dims, [strides, strides]);
    check({ kernel, body: sum, isInPlace: false }, 7);
  });

  it("shares scans side by side", () => {
    const kernel = kernelOf(
      sum,
      "float32",
      [64, 100],
      [
        [1, 64],
        [1, 64],
      ],
    );
    expect(isSerialScan(kernel)).toBe(false);
    const memory = new Memory();
    const input = memory.place("float32", [0, 6400], () => 1);
    const output = memory.place("float32", [0, 6400], () => 0);
    const bytes = compile((ctx) => emitScan(ctx, kernel))(memory, [input, output], [1], 2);
    const last = new Float32Array(bytes.buffer, output + 4 * 99 * 64, 64);
    expect([...last]).toEqual(Array.from({ length: 64 }, (_, i) => (i < 32 ? 0 : 100)));
  });

  it("casts what it stores, so that a sum can be carried in float64", () => {
    const instrs: Instr[] = [
      load("float64", 0),
      load("float32", 1),
      { kind: "cast", dtype: "float64", arg: 1 },
      call("float64", "add", 0, 2),
    ];
    const strides = [1, 21];
    const kernel: ScanKernel = {
      dims: [21, 130],
      operands: [
        { dtype: "float64", strides: [0, 0] },
        { dtype: "float32", strides },
        { dtype: "float32", strides },
      ],
      instrs,
      init: 0.1,
      value: 3,
      output: 2,
    };
    check({ kernel, body: { ...sum, init: 0.1 }, isInPlace: false }, 9);
  });

  it("scans booleans: whether there has been one", () => {
    const strides = [1, 150];
    const instrs = [load("bool", 0), load("bool", 1), call("bool", "or", 0, 1)];
    const body: Body = {
      ...sum,
      instrs: () => instrs,
      step: (_, carry, [x]) => (carry + x > 0 ? 1 : 0),
    };
    check(
      { kernel: kernelOf(body, "bool", [150, 20], [strides, strides]), body, isInPlace: false },
      2,
    );
  });

  it("refuses what it cannot do", () => {
    const kernel = kernelOf(sum, "float32", [3], [[1], [1]]);
    const index: Instr = { kind: "index", dtype: "int32", strides: [1], offset: 0 };
    const withIndex = { ...kernel, instrs: [...kernel.instrs, index] };
    expect(() => compile((ctx) => emitScan(ctx, withIndex))).toThrow(
      'A scan is made of loads, constants, calls and casts, not of "index"',
    );
    const mixed = {
      ...kernel,
      operands: kernel.operands.with(0, { dtype: "int32", strides: [0] }),
    };
    expect(() => compile((ctx) => emitScan(ctx, mixed))).toThrow(
      "The next carry must have the carry's dtype int32, not float32",
    );
    expect(() => compile((ctx) => emitScan(ctx, { ...kernel, dims: [] }))).toThrow(
      "A scan needs a dim to run along",
    );
  });
});
