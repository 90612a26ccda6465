import { describe, expect, it } from "vitest";
import type { Contraction, LoopKernel } from "../src/plan/ir.ts";
import { workOf } from "../src/explain/count.ts";
import type { Group, Plan } from "../src/plan/group.ts";

describe("what is counted", () => {
  const plan: Plan = { buffers: [], groups: [], outputs: [], sites: [] };
  const work = (group: Partial<Group>) => workOf({ origins: [], ...group } as Group, plan);
  const loop = (kernel: Partial<LoopKernel> & Pick<LoopKernel, "dims" | "operands">) =>
    work({ kind: "loop", kernel: { rowDims: 0, instrs: [], stores: [], ...kernel } });
  const float32 = (...strides: number[]) => ({ dtype: "float32", strides }) as const;
  const int32 = (...strides: number[]) => ({ dtype: "int32", strides }) as const;

  it("what is the same for several indices once", () => {
    const { flops, bytes } = loop({
      dims: [5, 9],
      rowDims: 1,
      operands: [float32(9, 1), float32(0, 1), float32(9, 1)],
      instrs: [
        { kind: "load", operand: 0, dtype: "float32" },
        { kind: "reduce", op: "max", arg: 0, dtype: "float32" }, // 45
        { kind: "call", fn: "neg", args: [1], dtype: "float32" }, // 5
        { kind: "load", operand: 1, dtype: "float32" },
        { kind: "call", fn: "exp", args: [3], dtype: "float32" }, // 9
        { kind: "call", fn: "mul", args: [2, 4], dtype: "float32" }, // 45
      ],
      stores: [{ operand: 2, value: 5 }],
    });
    expect(flops).toBe(45 + 5 + 9 + 45);
    expect(bytes).toBe(4 * (45 + 9 + 45));
  });

  it("no integers among the floating-point operations, but comparisons of floats", () => {
    const { flops } = loop({
      dims: [10],
      operands: [int32(1), float32(1), int32(1)],
      instrs: [
        { kind: "load", operand: 0, dtype: "int32" },
        { kind: "call", fn: "add", args: [0, 0], dtype: "int32" },
        { kind: "load", operand: 1, dtype: "float32" },
        { kind: "call", fn: "lt", args: [2, 2], dtype: "bool" }, // 10
        { kind: "cast", arg: 3, dtype: "int32" },
        { kind: "call", fn: "mul", args: [1, 4], dtype: "int32" },
      ],
      stores: [{ operand: 2, value: 5 }],
    });
    expect(flops).toBe(10);
  });

  it("elements of overlapping windows once, and what is added to as read and written", () => {
    // Windows of 3 over 12 elements, and their sum: 10 × 3 additions.
    const { flops, bytes } = loop({
      dims: [10, 3],
      operands: [float32(1, 1), float32(1, 0)],
      instrs: [{ kind: "load", operand: 0, dtype: "float32" }],
      stores: [{ operand: 1, value: 0, accumulate: true }],
    });
    expect(flops).toBe(30);
    expect(bytes).toBe(4 * (12 + 2 * 10));
  });

  it("what is gathered: no more than there is", () => {
    const gather = (rows: number) =>
      loop({
        dims: [rows, 8],
        operands: [int32(1, 0), float32(0, 1), float32(8, 1)],
        instrs: [
          { kind: "load", operand: 0, dtype: "int32" },
          { kind: "gather", operand: 1, index: 0, stride: 8, size: 20, site: 0, dtype: "float32" },
        ],
        stores: [{ operand: 2, value: 1 }],
      }).bytes;
    expect(gather(5)).toBe(4 * (5 + 40 + 40));
    expect(gather(50)).toBe(4 * (50 + 160 + 400));
  });

  it("empty loops and contractions as nothing", () => {
    const nothing = loop({
      dims: [0, 4],
      operands: [float32(4, 1)],
      instrs: [
        { kind: "load", operand: 0, dtype: "float32" },
        { kind: "call", fn: "exp", args: [0], dtype: "float32" },
      ],
    });
    expect(nothing).toEqual({ flops: 0, bytes: 0 });
    const kernel: Contraction = {
      dtype: "float32",
      batch: [],
      m: [{ size: 3, a: 0, b: 0 }],
      n: [],
      k: [{ size: 0, a: 1, b: 1 }],
      epilogue: { dims: [3], rowDims: 0, operands: [float32(0)], instrs: [], stores: [] },
    };
    expect(work({ kind: "contract", kernel })).toEqual({ flops: 0, bytes: 0 });
  });

  it("of a banded sum the terms that are not known to be 0", () => {
    // A kernel of 3 with stride 2 over 6 places, of which the middle 4 have an element of the sum: for terms 0, 1
    // and 2 the places 1 … 4, 3 … 5 (6 is none) and 5.
    const kernel: Contraction = {
      dtype: "float32",
      batch: [],
      m: [{ size: 6, a: 1, b: 0, label: 7 }],
      n: [{ size: 5, a: 0, b: 3 }],
      k: [{ size: 3, a: 1, b: 1, band: { place: 7, start: 1, step: 2, count: 4 } }],
      epilogue: { dims: [6, 5], rowDims: 0, operands: [float32(0, 0)], instrs: [], stores: [] },
    };
    const flops = (k: Contraction["k"]) =>
      work({ kind: "contract", kernel: { ...kernel, k } }).flops;
    expect(flops(kernel.k)).toBe(2 * 5 * (4 + 3 + 1));
    expect(flops([{ ...kernel.k[0], band: undefined }])).toBe(2 * 5 * 6 * 3);
    // Bands of other places say nothing.
    expect(flops([{ ...kernel.k[0], band: { ...kernel.k[0].band!, place: 8 } }])).toBe(180);
  });

  it("a scatter's additions", () => {
    const kernel = {
      combine: "add" as const,
      dims: [6, 4],
      target: float32(0, 1),
      index: int32(1, 0),
      source: float32(4, 1),
      axisStride: 4,
      axisSize: 5,
      site: 0,
    };
    const { flops, bytes } = work({ kind: "scatter", kernel });
    expect(flops).toBe(24);
    expect(bytes).toBe(4 * (2 * 20 + 6 + 24));
    const put = work({ kind: "scatter", kernel: { ...kernel, combine: "set" } });
    expect(put).toEqual({ flops: 0, bytes: 4 * (20 + 6 + 24) });
  });
});
