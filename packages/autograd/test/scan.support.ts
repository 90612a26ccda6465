// The loop that a scan stands for, and how to compare with it.
import { expect } from "vitest";
import {
  arange,
  mul,
  scan,
  sin,
  slice,
  stack,
  type ScanOptions,
  type Tensor,
} from "@wengert/autograd";

export const wave = (...shape: number[]): Tensor =>
  mul(
    0.7,
    sin(
      arange(
        shape.reduce((a, b) => a * b, 1),
        { dtype: "float64" },
      ).reshape(shape),
    ),
  ) as Tensor;

export type Step = (carry: Tensor, x: Tensor) => readonly [Tensor, Tensor];
export type Loop = (f: Step, init: Tensor, xs: Tensor, options?: ScanOptions) => [Tensor, Tensor];

/** What a scan is. */
export const loop: Loop = (f, init, xs, { reverse = false } = {}) => {
  let carry = init;
  const ys: Tensor[] = [];
  const n = xs.shape[0];
  for (let turn = 0; turn < n; turn++) {
    const t = reverse ? n - 1 - turn : turn;
    const [next, y] = f(carry, slice(xs, [t]) as Tensor);
    carry = next;
    ys[t] = y;
  }
  return [carry, stack(ys) as Tensor];
};
export const scanned: Loop = (f, init, xs, options) =>
  scan(f, init, xs, options) as [Tensor, Tensor];

export function agree(ours: unknown, expected: unknown, tolerance = 1e-12) {
  const [a, b] = [ours, expected].map((x) => x as Tensor);
  expect(a.shape).toEqual(b.shape);
  expect(a.dtype).toBe(b.dtype);
  const values = b.data;
  a.data.forEach((value, i) => {
    if (!(Math.abs(value - values[i]) <= tolerance * (1 + Math.abs(values[i])))) {
      expect.fail(`${value} is not ${values[i]} (element ${i})`);
    }
  });
}
