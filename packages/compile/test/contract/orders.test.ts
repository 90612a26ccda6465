// Sorts, quantiles and running extrema inside of compiled functions: the order is found by the host, in
// the middle of a program, and gradients come back through it.
import { describe, expect, it } from "vitest";
import {
  add,
  argsort,
  cummax,
  gather,
  grad,
  logcumsumexp,
  median,
  mul,
  quantile,
  sort,
  square,
  std,
  sum,
  tanh,
  tensor,
  topk,
  type Tensor,
} from "@wengert/autograd";
import { compile } from "../../src/index.ts";
import { expectClose, seeded } from "./support.ts";

const total = (x: Tensor): Tensor => sum(x) as Tensor;

describe("A call equals one eager call of f, with orders in it", () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    ["sort", (x) => mul(sort(tanh(x), { axis: 0, descending: true }), x)],
    ["argsort", (x) => square(gather(x, argsort(mul(x, -1)), { axis: 1 }))],
    ["topk", (x) => square(topk(x, 2, { axis: 0 }).values)],
    [
      "the smallest, as they lie",
      (x) => topk(tanh(x), 3, { largest: false, sorted: false }).values,
    ],
    ["median", (x) => square(median(x, { axis: 1 }))],
    ["quantiles", (x) => square(quantile(x, [0.1, 0.5], { axis: [0, 1] }))],
    ["cummax", (x) => square(cummax(x, { axis: 0 }))],
    ["logcumsumexp", (x) => square(logcumsumexp(mul(x, 40)))],
    ["rows by their spread", (x) => mul(x, sort(std(x, { axis: 1, keepDims: true }), { axis: 0 }))],
  ])("%s, its value and its gradient", (_, f) => {
    const both = (x: Tensor): Tensor[] => [f(x), grad((x: Tensor) => total(f(x)))(x)];
    const compiled = compile(both);
    for (const seed of [1, 2, 3]) {
      const x = seeded([4, 5], seed);
      expectClose(compiled(x), both(x), 1e-12);
    }
    expect(compiled.compilations).toBe(1);
  });

  it("the function is called out to at each call, and named", () => {
    const program = compile((x: Tensor) => add(sort(x), median(x)));
    expect(program(tensor([3, 1, 2])).toArray()).toEqual([3, 4, 5]);
    expect(program(tensor([0, -1, 9])).toArray()).toEqual([-1, 0, 9]);
    expect(String(program.explain({ warmUpMs: 0 }))).toMatch(
      /calls out to (sort\+median|median\+sort)/,
    );
  });
});
