// Reductions, scans and sorts as methods: the same as the functions, with the same shapes.
import * as w from "@wengert/autograd";
import type { Tensor } from "@wengert/autograd";
import { expect, it } from "vitest";

const x = w.normal([2, 3, 4], { generator: new w.Generator(5) });
type Loose = Record<string, (...args: unknown[]) => Tensor>;

const names = [
  ["prod", "logsumexp", "variance", "std", "norm", "median", "any", "all", "argmax", "argmin"],
  ["cumsum", "cumprod", "softmax", "logSoftmax", "sort", "argsort"],
].flat();

it.each(names)("x.%s()", (name) => {
  const functions = w as unknown as Loose;
  const methods = x as unknown as Loose;
  expect(methods[name]().toArray()).toEqual(functions[name](x).toArray());
  const options = { axis: 1 };
  expect(methods[name](options).toArray()).toEqual(functions[name](x, options).toArray());
});

it("have compile-time shapes", () => {
  const scalar: Tensor<[]> = x.norm();
  const reduced: Tensor<[2, 4]> = x.std({ axis: 1, correction: 0 });
  const kept: Tensor<[2, 3, 1]> = x.argmax({ axis: -1, keepDims: true });
  const sorted: Tensor<[2, 3, 4]> = x.sort({ axis: 0, descending: true }).cumsum();
  const { values, indices } = x.topk(2, { largest: false });
  const best: Tensor<[2, 3, 2]>[] = [values, indices];
  const shapes = [scalar, reduced, kept, sorted, ...best].map((y: Tensor) => y.shape as number[]);
  expect(shapes).toEqual([[], [2, 4], [2, 3, 1], [2, 3, 4], [2, 3, 2], [2, 3, 2]]);
  // @ts-expect-error: there are three axes
  expect(() => x.sort({ axis: 3 })).toThrow(w.AxisError);
  // @ts-expect-error: the last axis has four elements
  expect(() => x.topk(5)).toThrow(w.OptionError);
});
