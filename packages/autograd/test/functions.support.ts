// Checks of functions that are made of ops and have no record: what the suite checks of an op, over
// samples and against a formula in plain JavaScript that the test brings.
import * as fc from "fast-check";
import { expect } from "vitest";
import { NDArray, slice, stack, tensor, vmap, type samples, type Tensor } from "../src/index.ts";
import { drawRandomly } from "../src/testing/draw.ts";
import { gradcheck } from "../src/testing/index.ts";

export type Draw = samples.Draw;

export interface Subject {
  readonly inputs: readonly samples.SampleArray[];
  readonly call: (...xs: Tensor[]) => Tensor;
  readonly reference: (...xs: NDArray[]) => NDArray;
}

type Plain = { readonly shape: readonly number[]; readonly data: ArrayLike<number> };

export function expectClose(got: Tensor, { shape, data }: Plain, tolerance = 1e-12): void {
  expect(got.shape).toEqual(shape);
  got.data.forEach((value, i) => {
    if (Object.is(value, data[i]) || value === data[i]) return;
    expect(Math.abs(value - data[i])).toBeLessThanOrEqual(tolerance * (1 + Math.abs(data[i])));
  });
}

/** The same elements in column-major order. */
function turned(x: Tensor): Tensor {
  const axes = [...x.shape.keys()].reverse();
  return x.permute(axes).clone().permute(axes);
}

/**
 * Value, float32, strided inputs, first and second derivatives in both modes, and vmap against a loop.
 * The same file runs compiled.
 */
export function checkFunction(draw: (draw: Draw) => Subject, runs = 40): void {
  const property = fc.property(fc.nat(), (seed) => {
    const { inputs, call, reference } = drawRandomly(draw, seed, 0).sample;
    const make = (dtype: "float32" | "float64", order = 1) =>
      inputs.map(({ shape, data }) => {
        const list = order < 0 ? data.toReversed() : data;
        return tensor(list, { shape, dtype });
      });
    const xs = make("float64");
    const y = call(...xs);
    expectClose(y, reference(...inputs.map(({ shape, data }) => new NDArray(shape, data))));
    const single = call(...make("float32"));
    expect(single.dtype).toBe("float32");
    expectClose(single, y, 1e-5);
    expectClose(call(...xs.map(turned)), y);
    gradcheck(call, xs, { order: 2 });
    const others = make("float64", -1);
    const together = vmap(call)(...xs.map((x, i) => stack([x, others[i]])));
    expectClose(slice(together, [0]), y);
    expectClose(slice(together, [1]), call(...others));
  });
  fc.assert(property, { numRuns: runs, seed: 1964 });
}
