// Scatters, picks and sums of products inside of programs: values, order, and errors by name.
import { describe, expect, it } from "vitest";
import {
  einsum,
  gt,
  IndexRangeError,
  indexSelect,
  maskedSelect,
  mul,
  scatter,
  sum,
  take,
  takeAlongAxis,
  tensor,
  tril,
  TransformError,
  valueAndGrad,
  type Tensor,
} from "@wengert/autograd";
import { compile, setThreads } from "../../src/index.ts";
import { caught, expectClose, seeded } from "./support.ts";

const int = (values: number[], shape: number[] = [values.length]): Tensor =>
  tensor(values, { dtype: "int32", shape });

describe("scatter", () => {
  it.each([1, 2, 3])("keeps the last of several on %i threads", (threads) => {
    setThreads(threads);
    try {
      const places = Array.from({ length: 600 }, (_, i) => (i * 7919) % 13);
      const index = int(
        places.flatMap((at) => Array<number>(70).fill(at)),
        [600, 70],
      );
      const [x, source] = [seeded([20, 70], 1), seeded([600, 70], 2)];
      const f = (x: Tensor, source: Tensor) => scatter(x, index, source, { axis: 0 });
      const loss = (x: Tensor, s: Tensor): Tensor => sum(mul(f(x, s), f(x, s)));
      const step = valueAndGrad(loss, { argnums: [0, 1] });
      expectClose(compile(f)(x, source), f(x, source), 0);
      expectClose(compile(step)(x, source), step(x, source), 1e-12);
    } finally {
      setThreads(1);
    }
  });
});

it.each<[string, (x: Tensor, index: Tensor) => Tensor]>([
  ["take", (x, index) => take(x, index, { axis: 1 })],
  ["indexSelect", (x, index) => indexSelect(x, index, { axis: 1 })],
  ["takeAlongAxis", (x, index) => takeAlongAxis(x, index.reshape([1, -1]), { axis: 1 })],
  ["scatter", (x, index) => scatter(x, index.reshape([1, -1]), 0, { axis: 1 })],
])("an index out of range is told in the name of %s", (name, f) => {
  const x = seeded([2, 4], 3);
  const compiled = compile(f);
  expectClose(compiled(x, int([3, 0, 3])), f(x, int([3, 0, 3])), 0);
  for (const call of [compiled, f]) {
    const error = caught(() => call(x, int([3, 4, 0])));
    expect(error).toBeInstanceOf(IndexRangeError);
    expect(error.message).toMatch(`${name}: expected indices from 0 to 3, got 4`);
  }
  expectClose(compiled(x, int([1, 2, 2])), f(x, int([1, 2, 2])), 0);
});

it("maskedSelect cannot be recorded: how many elements there are is not known", () => {
  const x = seeded([4], 4);
  const error = caught(() => compile((x: Tensor) => maskedSelect(x, gt(x, 0)))(x));
  expect(error).toBeInstanceOf(TransformError);
  expect(error.message).toMatch(
    /^maskedSelect: expected a value that exists while compile records/,
  );
});

it("einsum and triangles are what they are eagerly", () => {
  const f = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
    tril(einsum("bij,bjk,kk->bik", a, b, c), { diagonal: 1 });
  const args = [seeded([2, 3, 4], 5), seeded([2, 4, 5], 6), seeded([5, 5], 7)] as const;
  expectClose(compile(f)(...args), f(...args), 1e-12);
});
