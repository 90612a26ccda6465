// Products that become part of a multiply-add, and those that must not.
import { add, mul, ones, sqrt, sub, sum, tensor, type Tensor } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import { compile } from "../src/index.ts";
import { optimise } from "../src/optimise/index.ts";
import { record } from "./support/record.ts";

/** The functions that a program calls, kernel by kernel. */
function functionsOf(f: (...args: Tensor[]) => Tensor, ...args: Tensor[]): string[] {
  const { graph } = record(f, args);
  return optimise(graph).groups.flatMap((group) => {
    if (group.kind !== "loop" && group.kind !== "contract") return [];
    const { instrs } = group.kind === "loop" ? group.kernel : group.kernel.epilogue;
    return instrs.flatMap((instr) => (instr.kind === "call" ? [instr.fn] : []));
  });
}

const [x, y, z] = [ones([8]), ones([8]), ones([8])];

describe("multiply-add", () => {
  it("stands for a product and a sum", () => {
    expect(functionsOf((a, b, c) => add(mul(a, b), c), x, y, z)).toEqual(["multiplyAdd"]);
    expect(functionsOf((a, b, c) => add(c, mul(a, b)), x, y, z)).toEqual(["multiplyAdd"]);
    expect(functionsOf((a, b, c) => sub(c, mul(a, b)), x, y, z)).toEqual(["negativeMultiplyAdd"]);
  });

  it("does not stand for a sum of products, of which one alone would be rounded", () => {
    expect(functionsOf((a, b) => sub(mul(a, a), mul(b, b)), x, y)).toEqual(["mul", "mul", "sub"]);
    const distance = compile((a: Tensor, b: Tensor) => sqrt(sub(mul(a, a), mul(b, b))));
    const odd = tensor([0.1, 1 / 3, 1e-3, 12345.678]);
    expect(distance(odd, odd.clone()).toArray()).toEqual([0, 0, 0, 0]);
  });

  it("leaves a product alone that is used twice, and doubles", () => {
    const twice = functionsOf((a, b, c) => sum(mul(add(mul(a, b), c), mul(a, b))), x, y, z);
    expect(twice).not.toContain("multiplyAdd");
    const [p, q] = [ones([8], { dtype: "float64" }), ones([8], { dtype: "float64" })];
    expect(functionsOf((a, b) => add(mul(a, b), b), p, q)).toEqual(["mul", "add"]);
  });

  it("reads nothing that the pair did not", () => {
    const f = compile((a: Tensor, b: Tensor, c: Tensor) => add(mul(a, b), c));
    const nan = tensor([1, NaN, Infinity, -0]);
    const got = f(nan, tensor([2, 1, 0, 1]), tensor([3, 1, 1, -0])).toArray();
    expect(got).toEqual([5, NaN, NaN, -0]);
  });
});
