// The fast executor's overlapAdd against the reference's.
import { describe, expect, it } from "vitest";
import type { Executor } from "../src/kernel/executor.ts";
import { createFast, fast } from "../src/kernel/fast/index.ts";
import { isFloat } from "../src/tensor/dtype.ts";
import { overlapAdd, tensor, window, zeros } from "../src/index.ts";
import { check, compare, drawPermutation, drawTensor, moderate } from "./fast.support.ts";

const executors: readonly (readonly [string, Executor])[] = [
  ["with generated code", fast],
  ["without generated code", createFast(() => false)],
];

describe.each(executors)("the fast executor %s agrees with the reference on", (_, executor) => {
  it("windows that are added up", () => {
    check((draw) => {
      const rank = draw.int(1, 3);
      const shape = Array.from({ length: rank }, () => draw.pick([0, 1, 2, 3, 4, 5, 7]));
      // Each axis of the shape is walked by none, one or two axes of the input, or by a repetition.
      const walkers = shape.flatMap((size, axis) => {
        if (size === 0) return [{ axis, step: 1, size: 0 }];
        const inner = draw.int(1, size);
        const step = draw.pick([1, 2]);
        const outer = Math.floor((size - inner) / step) + 1;
        return [
          { axis, step: 1, size: inner },
          { axis, step, size: outer },
          { axis: -1, step: 1, size: draw.int(1, 2) },
        ].slice(0, draw.int(1, 3));
      });
      const chosen = drawPermutation(draw, walkers.length).map((i) => walkers[i]);
      const dtype = draw.pick(["float32", "float64", "int32"] as const);
      const input = chosen.map(({ size }) => size);
      const x = drawTensor(draw, dtype, input, moderate);
      compare(
        executor,
        [x],
        (k, [v]) => [
          k.overlapAdd(v, {
            shape,
            axes: chosen.map(({ axis }) => axis),
            steps: chosen.map(({ step }) => step),
            starts: shape.map(() => 0),
          }),
        ],
        { ulps: isFloat(dtype) ? 8 : 0, scale: 100 },
      );
    }, 400);
  });

  it("a view that starts behind and goes back", () => {
    check((draw) => {
      const x = drawTensor(draw, "float32", [3, 2], moderate);
      const plan = { shape: [4, 5], axes: [0, 1], steps: [-1, 2], starts: [3, 1] };
      compare(executor, [x], (k, [v]) => [k.overlapAdd(v, plan)]);
    }, 20);
  });
});

describe("window and overlapAdd", () => {
  it("say what does not fit", () => {
    expect(() => window(zeros([3]), [4])).toThrow(
      "window: expected at least [4] elements along the axes of the window, got [3].",
    );
    expect(() => window(zeros([3]), [2, 2])).toThrow(/one to 1 of the last axes/);
    expect(() => window(zeros([3]), [2], { stride: 0 })).toThrow(/stride/);
    expect(() => overlapAdd(zeros([2, 2]), [4])).toThrow(/windows \[3, 2\] for the shape \[4\]/);
  });

  it("share memory, and add up", () => {
    const x = tensor([1, 2, 3, 4, 5]);
    const windows = window(x, [2], { stride: 2, dilation: 2 });
    expect(windows.toArray()).toEqual([
      [1, 3],
      [3, 5],
    ]);
    expect(windows.storage).toBe(x.storage);
    expect(overlapAdd(windows, [5], { stride: 2, dilation: 2 }).toArray()).toEqual([1, 0, 6, 0, 5]);
  });
});
