// What gradient checkers of other frameworks have overlooked, or complained of in vain.
import { describe, expect, it } from "vitest";
import {
  abs,
  checkable,
  customVjp,
  defineOp,
  exp,
  expand,
  gather,
  max,
  mul,
  pointwise,
  scalar,
  scatterAdd,
  sin,
  slice,
  square,
  sum,
  tensor,
  type Attrs,
  type PointwiseSpec,
  type Tensor,
  type UnaryFn,
} from "../src/index.ts";
import { checkResults, gradcheck, type Checkable } from "../src/testing/index.ts";

const f64 = (values: unknown): Tensor => tensor(values as number[], { dtype: "float64" });

const failed = (f: Checkable): string[] =>
  [...checkResults(f, { runs: 20 })]
    .filter(({ status }) => status === "failed")
    .map(({ check }) => check);

describe("a second derivative that is silently wrong", () => {
  const firstAndSecond = (f: Checkable): string[] =>
    failed(f).filter((name) => ["reverse", "forward", "adjoint", "second order"].includes(name));

  const cube: PointwiseSpec<Attrs> = {
    name: "cube",
    arity: 1,
    accepts: "float",
    expr: ([x]) => scalar.mul(x, scalar.mul(x, x)),
    partials: [({ x }) => mul(3, square(x))],
    reference: ([x]) => x ** 3,
  };

  it("is found in an op whose rule does not say how its factor depends on the input", () => {
    expect(failed(defineOp<UnaryFn>(pointwise(cube)))).toEqual([]);
    const cut = pointwise({ ...cube, partials: [({ x }) => mul(3, square(x.detach()))] });
    expect(firstAndSecond(defineOp<UnaryFn>(cut))).toEqual(["second order"]);
  });

  it("is found where a custom rule hands on what it has computed as a constant", () => {
    const rule = (f: (x: Tensor) => Tensor) =>
      checkable(
        customVjp(
          (x: Tensor) => exp(sin(x)),
          (g: Tensor, { args: [x], output: y }) => [mul(g, mul(f(y), sin(x.add(Math.PI / 2))))],
        ),
        [{ shape: [3] }],
      );
    expect(failed(rule((y) => y))).toEqual([]);
    expect(firstAndSecond(rule((y) => y.detach()))).toEqual(["second order"]);
  });
});

describe("a gradient check of what lies or meets unusually", () => {
  it.each<[string, (x: Tensor) => Tensor, Tensor]>([
    ["elements that share their memory", (x) => square(x), expand(f64([[2]]), [3, 2])],
    ["a view with steps", (x) => square(x), slice(f64([1, 2, 3, 4, 5]), [[4, null, -2]])],
    ["a near-tie", (x) => max(x), f64([1, 1 + 1e-6, 0])],
    ["one nearer than its steps are long", (x) => max(x), f64([1, 1 + 3e-5])],
    ["a kink nearer than its steps are long", (x) => sum(abs(x)), f64([4e-6])],
  ])("is right for %s", (_, f, x) => {
    const { worstError, comparisons } = gradcheck(f, [x]);
    expect(worstError).toBeLessThan(1e-7);
    expect(comparisons).toBeGreaterThan(1);
  });

  it("moves one argument, where one tensor is given for two", () => {
    const x = f64([1, 2]);
    expect(() => gradcheck((a, b) => mul(a, square(b)), [x, x])).not.toThrow();
    expect(() => gradcheck((a, b) => mul(a, square(b.detach())), [x, x])).toThrow(/input 1/);
  });

  it("finds a gradient that is wrong for repeated integers alone", () => {
    // What a scatter without addition would give: each index counts once.
    const wrong = checkable(
      customVjp(
        (x: Tensor, index: Tensor) => gather(x, index, { axis: 0 }),
        (g: Tensor, { args: [x, index] }) => {
          const first = Array.from(index.data as Int32Array).map((at, i, all) =>
            Number(all.indexOf(at) === i),
          );
          const kept = mul(g, tensor(first, { dtype: g.dtype }));
          return [scatterAdd(mul(x, 0), index, kept, { axis: 0 }), null];
        },
      ),
      [{ shape: [4] }, { shape: [3], dtype: "int32", min: 0, max: 3 }],
    );
    const right = checkable(
      (x: Tensor, index: Tensor) => gather(x, index, { axis: 0 }),
      [{ shape: [4] }, { shape: [3], dtype: "int32", min: 0, max: 3 }],
    );
    expect(failed(right)).toEqual([]);
    expect(failed(wrong)).toContain("reverse");
  });
});
