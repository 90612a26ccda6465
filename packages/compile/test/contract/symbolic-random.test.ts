// Random functions of matrices whose number of rows may be any: values and gradients as eager code has them.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  add,
  concat,
  cumsum,
  exp,
  grad,
  gt,
  matmul,
  max,
  mean,
  mul,
  pad,
  slice,
  softmax,
  sub,
  sum,
  tanh,
  transpose,
  where,
  type Tensor,
} from "@wengert/autograd";
import { seeded } from "./support.ts";
import { expectAsEager, expectedCompilations } from "./symbolic.support.ts";

type StepOf = (a: Tensor, b: Tensor) => Tensor;

const rowsOf = ({ shape }: Tensor): number => (shape as readonly number[])[0];
const weight = seeded([4, 4], 8);
const row = seeded([4], 9);

/** From two matrices [n, 4] to a third. */
const steps: readonly (readonly [string, StepOf])[] = [
  ["add", (a, b) => add(a, b)],
  ["mul", (a, b) => mul(a, tanh(b))],
  ["affine", (a) => add(matmul(a, weight), row)],
  ["exp", (a) => exp(tanh(a))],
  ["flip", (a) => slice(a, [[null, null, -1]])],
  ["turned", (a) => transpose(tanh(transpose(a)))],
  ["flat", (a) => tanh(a.reshape([rowsOf(a) * 4]) as Tensor).reshape([rowsOf(a), 4]) as Tensor],
  ["flat and turned", (a) => transpose(a).reshape([rowsOf(a), 4]) as Tensor],
  ["row sums", (a, b) => sub(a, mul(sum(b, { axis: 1, keepDims: true }), 0.5 / rowsOf(b)))],
  ["column means", (a, b) => sub(a, mean(b, { axis: 0 }))],
  ["column maxima", (a, b) => sub(a, max(b, { axis: 0 }))],
  ["total", (a, b) => sub(a, mul(sum(b), 0.5 / b.size))],
  ["softmax", (a) => softmax(a)],
  ["softmax of columns", (a) => softmax(a, { axis: 0 })],
  ["running sums", (a) => tanh(cumsum(a, { axis: 0 }))],
  [
    "shifted",
    (a) =>
      pad(slice(a, [[1]]), [
        [1, 0],
        [0, 0],
      ]),
  ],
  ["rotated", (a, b) => concat([slice(a, [[2]]), slice(b, [[0, 2]])])],
  ["every other of two", (a, b) => slice(concat([a, b]), [[null, null, 2]])],
  ["choice", (a, b) => where(gt(a, b), a, mul(b, -1))],
  ["all pairs", (a, b) => mul(matmul(matmul(a, transpose(b)), tanh(a)), 1 / a.size)],
  ["all pairs of columns", (a, b) => mul(matmul(a, matmul(transpose(b), tanh(a))), 1 / a.size)],
];

const number = fc.nat({ max: 1000 });
const instruction = fc.record({ op: fc.nat({ max: steps.length - 1 }), a: number, b: number });
type Instruction = Readonly<Record<"op" | "a" | "b", number>>;

const build =
  (program: readonly Instruction[]) =>
  (x: Tensor): Tensor => {
    const values = [x];
    for (const { op, a, b } of program) {
      values.push(steps[op][1](values[a % values.length], values[b % values.length]));
    }
    return values.at(-1)!;
  };

const sizes = [9, 16, 5, 4, 6, 7, 8, 12, 13, 21, 31, 33, 70];

it("random functions of any number of rows equal eager ones", () => {
  let served = 0;
  let all = 0;
  fc.assert(
    fc.property(fc.array(instruction, { minLength: 1, maxLength: 8 }), (program) => {
      const f = build(program);
      const both = (x: Tensor): Tensor[] => [
        f(x),
        grad((v: Tensor) => sum(mul(f(v), f(v))) as Tensor)(x) as Tensor,
      ];
      const { compilations } = expectAsEager(both, (n) => [seeded([n, 4], n)], {
        sizes,
        tolerance: 1e-7,
      });
      all++;
      if (compilations <= expectedCompilations(sizes, 2)) served++;
    }),
    { numRuns: 60 },
  );
  // A program for each size is right, too, but not what was to be tested. Of 600 functions 583 had one for all: of 60,
  // other ones at each run, fewer than 51 have one by accident in one run of 100 000, and fewer than 55 in one of 100.
  expect(served / all).toBeGreaterThan(0.84);
});
