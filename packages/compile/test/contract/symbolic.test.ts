// One program for many sizes of an axis: the same values as eager code for each of them.
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  argmax,
  avgPool2d,
  cast,
  concat,
  conv2d,
  crossEntropy,
  cumprod,
  cumsum,
  embedding,
  exp,
  gather,
  grad,
  gt,
  layerNorm,
  logsumexp,
  matmul,
  max,
  maxPool2d,
  mean,
  mse,
  mul,
  oneHot,
  ones,
  pad,
  prod,
  relu,
  scatterAdd,
  slice,
  softmax,
  square,
  stack,
  sub,
  sum,
  tanh,
  tensor,
  transpose,
  vmap,
  where,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { labels, seeded } from "./support.ts";
import { expectAsEager, expectedCompilations, manySizes } from "./symbolic.support.ts";

type Unary = (x: Tensor) => unknown;
type Case = readonly [name: string, f: Unary, argument?: (n: number) => Tensor];

const rows = (n: number): Tensor => seeded([n, 5], n);
const sumOf = (f: (x: Tensor) => Tensor) => (x: Tensor) =>
  grad((v: Tensor) => sum(square(f(v))) as Tensor)(x);
const images = (n: number): Tensor => seeded([n, 2, 7, 6], n);
const kernel = seeded([3, 2, 3, 3], 4);
const table = seeded([64, 5], 5);

/** The size is that of the first axis, if nothing else is said. */
const cases: readonly Case[] = [
  ["a map", (x) => add(mul(x, 2), 1)],
  ["a map in one dimension", (x) => tanh(x), (n) => seeded([n], n)],
  ["sums along it", (x) => sum(x, { axis: 0 })],
  ["sums across it", (x) => sum(x, { axis: 1 })],
  ["sums of all", (x) => sum(x)],
  ["a mean", (x) => mean(x)],
  ["centred columns", (x) => sub(x, mean(x, { axis: 0 }))],
  ["maxima along it", (x) => max(x, { axis: 0 })],
  ["where maxima are", (x) => [argmax(x, { axis: 0 }), argmax(x, { axis: 1 })]],
  ["products along it", (x) => prod(x, { axis: 0 })],
  ["logsumexp along it", (x) => logsumexp(x, { axis: 0 })],
  ["softmax", (x) => [softmax(x), softmax(x, { axis: 0 })]],
  ["layerNorm", (x) => layerNorm(x, [5], { weight: seeded([5], 1), bias: seeded([5], 2) })],
  ["running sums along it", (x) => cumsum(x, { axis: 0 })],
  [
    "running sums backwards",
    (x) => slice(cumsum(slice(x, [[null, null, -1]]), { axis: 0 }), [[null, null, -1]]),
  ],
  ["running products, differentiated", sumOf((x) => cumprod(x, { axis: 1 }))],
  ["transposed", (x) => add(transpose(x), 1)],
  ["the size as rows of a product", (x) => matmul(x, seeded([5, 9], 3))],
  ["as columns", (x) => matmul(seeded([4, 5], 3), transpose(x))],
  ["as what is summed over", (x) => matmul(transpose(x), x)],
  ["as rows and columns", (x) => matmul(x, transpose(x))],
  ["as a batch", (x) => matmul(x, transpose(x, 1, 2)), (n) => seeded([n, 4, 5], n)],
  ["as a batch of rows", (x) => matmul(x, seeded([5, 3], 1)), (n) => seeded([n, 4, 5], n)],
  [
    "as a vector",
    (x) => matmul(x, mul(x.reshape([n(x), 1]) as Tensor, seeded([1, 4], 1))),
    (n) => seeded([n], n),
  ],
  ["products of products", sumOf((x) => softmax(matmul(x, transpose(x))))],
  ["concatenated", (x) => concat([x, mul(x, 2), x])],
  ["side by side", (x) => concat([x, mul(x, 2)], { axis: 1 })],
  ["stacked", (x) => stack([x, exp(x)], { axis: 1 })],
  [
    "padded",
    (x) =>
      pad(x, [
        [1, 2],
        [0, 0],
      ]),
  ],
  ["a choice", (x) => where(gt(x, 0), x, mul(x, 0.1))],
  ["reshaped", (x) => add((x.reshape([n(x) * 5]) as Tensor).reshape([5, n(x)]), 1)],
  [
    "zeros and ones of its size",
    (x) =>
      add(mul(x, ones([n(x), 1], { dtype: "float64" })), zeros([n(x), 5], { dtype: "float64" })),
  ],
  ["numbers that depend on it", (x) => mul(add(x, Math.log(n(x))), 1 / (n(x) + 3))],
  ["constants that depend on it", (x) => mul(x, tensor([Math.sqrt(n(x))], { dtype: "float64" }))],
  [
    "its indices",
    (x) => mul(x, arange(3, 3 + n(x), { dtype: "float64" }).reshape([n(x), 1]) as Tensor),
  ],
  [
    "a table as long as it",
    (x) => add(x, slice(table, [[0, n(x)]])),
    (n) => seeded([Math.min(n, 64), 5], n),
  ],
  ["a gather", (x) => gather(x, labels(5, 2).reshape([1, 5]) as Tensor, { axis: 0 })],
  ["rows of it", (x) => embedding(labels(6, 2), x)],
  [
    "an embedding",
    (x) => grad((w: Tensor) => sum(square(embedding(x, w))) as Tensor)(seeded([7, 3], 1)),
    (n) => labels(n, 7),
  ],
  [
    "a scatter",
    (x) => scatterAdd(zeros([7, 5], { dtype: "float64" }), cast(gt(x, 0), "int32"), x, { axis: 0 }),
  ],
  ["one-hot rows", (x) => oneHot(x, 7), (n) => labels(n, 7)],
  ["a convolution", (x) => conv2d(x, kernel, { padding: 1 }), images],
  [
    "its gradients",
    (x) => grad((w: Tensor) => sum(square(conv2d(x, w, { padding: 1 }))) as Tensor)(kernel),
    images,
  ],
  ["its other gradients", sumOf((x) => conv2d(x, kernel, { stride: 2, padding: 1 })), images],
  ["of the image's height", sumOf((x) => conv2d(x, kernel)), (n) => seeded([2, 2, n + 2, 6], n)],
  ["pools", (x) => [maxPool2d(x, 2), avgPool2d(x, 3)], images],
  [
    "an axis in the middle",
    (x) => sum(matmul(x, seeded([4, 3], 2)), { axis: 1 }),
    (n) => seeded([3, n, 4], n),
  ],
  ["the last axis", (x) => [softmax(x), matmul(seeded([5, 3], 1), x)], (n) => seeded([3, n], n)],
  ["a vmap over it", (x) => vmap((row: Tensor) => sum(mul(row, row)))(x)],
  ["integers", (x) => [sum(mul(x, 3)), gt(x, 4)], (n) => labels(n, 9)],
  ["a cross entropy", (x) => valueAndGradient(x)],
  ["a squared error", (x) => mse(tanh(x), mul(x, 0.5))],
];

const n = (x: Tensor): number => (x.shape as readonly number[])[0];
const valueAndGradient = (x: Tensor): Tensor[] => {
  const loss = (v: Tensor) => crossEntropy(v, argmax(seeded([n(x), 5], 9), { axis: 1 })) as Tensor;
  return [loss(x), grad(loss)(x) as Tensor];
};

describe("as eager for every size", () => {
  it.each<[string, Unary, (n: number) => Tensor]>(
    cases.map(([name, f, argument = rows]) => [name, f, argument]),
  )("%s", (_, f, argument) => {
    const compiled = expectAsEager(f, (size) => [argument(size)], { tolerance: 1e-9 });
    expect(compiled.compilations).toBeLessThanOrEqual(expectedCompilations(manySizes, 2));
  });

  it.each(["float32", "float64"] as const)("long and wide, %s", (dtype) => {
    const w = seeded([300, 70], 3, dtype);
    const f = (x: Tensor): unknown => {
      const y = relu(matmul(x, w));
      return [mean(y), sum(y, { axis: 0 }), matmul(transpose(y), x)];
    };
    expectAsEager(f, (size) => [seeded([size * 9, 300], size, dtype)], {
      sizes: [16, 7, 12, 2, 31, 64, 5, 117],
      tolerance: dtype === "float32" ? 1e-3 : 1e-9,
    });
  });

  it("long vectors, whose sums are made in pieces", () => {
    const f = (x: Tensor): unknown => [sum(mul(tanh(x), x)), max(x), argmax(x), mul(x, 3)];
    expectAsEager(f, (size) => [seeded([size], size)], {
      sizes: [50_000, 70_001, 33_333, 2, 3, 8191, 8192, 8193, 131_072, 131_073],
      tolerance: 1e-9,
    });
  });
});
