// Whole matrices of derivatives.
import { describe, expect, it } from "vitest";
import {
  arange,
  checkpoint,
  exp,
  grad,
  GradientError,
  hessian,
  hvp,
  jacobian,
  logsumexp,
  matmul,
  mul,
  OptionError,
  prod,
  sin,
  slice,
  softmax,
  square,
  stopGradient,
  sub,
  tanh,
  TransformError,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { f64, total } from "./doubles.support.ts";

const x = f64([0.5, -1, 2]);

/** Central differences of a function of numbers. */
function differences(f: (x: number[]) => number[], at: number[], h = 1e-5): number[][] {
  const columns = at.map((_, j) => {
    const [up, down] = [h, -h].map((step) => f(at.with(j, at[j] + step)));
    return up.map((y, i) => (y - down[i]) / (2 * h));
  });
  return columns[0].map((_, i) => columns.map((column) => column[i]));
}

const closeTo = (ours: Tensor, expected: readonly number[], digits = 8) => {
  expect(ours.size).toBe(expected.length);
  ours.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i], digits));
};

describe("jacobian", () => {
  const f = (x: Tensor): Tensor => mul(softmax(x), exp(sin(x)));
  const expected = differences((at) => [...f(f64(at)).data], [...x.data]).flat();

  it.each(["forward", "reverse", "auto"] as const)("is that of differences: %s", (mode) => {
    for (const chunkSize of [1, 2, 3, 100]) {
      const J = jacobian(f, { mode, chunkSize })(x);
      expect(J.shape).toEqual([3, 3]);
      closeTo(J, expected);
    }
  });

  it("has the result's axes before the argument's", () => {
    const w = f64([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const outer = (w: Tensor): Tensor => matmul(w, f64([1, 10]));
    for (const mode of ["forward", "reverse"] as const) {
      const J = jacobian(outer, { mode })(w);
      expect(J.shape).toEqual([3, 3, 2]);
      expect(J.toArray()).toEqual(
        [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? [1, 10] : [0, 0]))),
      );
      expect(jacobian(total, { mode })(w).shape).toEqual([3, 2]);
      expect(jacobian((s: Tensor) => mul(s, w), { mode })(f64(2)).shape).toEqual([3, 2]);
    }
  });

  it("is of trees by trees, and by several arguments", () => {
    type P = { a: Tensor; b: Tensor[] };
    const g = ({ a, b: [b] }: P, c: Tensor) => [mul(a, b), { s: total(mul(a, c)) }] as const;
    const p = { a: x, b: [f64([1, 2, 3])] };
    const c = f64([4, 5, 6]);
    for (const mode of ["forward", "reverse", "auto"] as const) {
      const [first, { s }] = jacobian(g, { mode })(p, c);
      closeTo(first.a, [1, 0, 0, 0, 2, 0, 0, 0, 3]);
      closeTo(first.b[0], [0.5, 0, 0, 0, -1, 0, 0, 0, 2]);
      closeTo(s.a, [4, 5, 6]);
      closeTo(s.b[0], [0, 0, 0]);
      const [byP, byC] = jacobian(g, { mode, argnums: [0, 1] })(p, c);
      closeTo(byP[1].s.a, [4, 5, 6]);
      closeTo(byC[1].s, [0.5, -1, 2]);
      closeTo(byC[0], Array(9).fill(0));
    }
  });

  it("nests, and is differentiated", () => {
    const J = (x: Tensor) => jacobian(f)(x);
    const H = jacobian((x: Tensor) => total(square(J(x))))(x);
    closeTo(H, differences((at) => [total(square(J(f64(at)))).item()], [...x.data])[0], 7);
    const third = jacobian(
      jacobian(
        jacobian((x: Tensor) => prod(x), { mode: "reverse" }),
        { mode: "forward" },
      ),
    )(x);
    // ∂³(xyz)/∂x∂y∂z = 1 for all orders of three different ones.
    third.data.forEach((value, i) => {
      const index = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
      expect(value).toBe(new Set(index).size === 3 ? 1 : 0);
    });
    const batch = vmap(jacobian(f))(
      f64([
        [0.5, -1, 2],
        [1, 1, 1],
      ]),
    ) as Tensor;
    expect(batch.shape).toEqual([2, 3, 3]);
    closeTo(slice(batch, [0]) as Tensor, expected);
  });

  it("exists for empty tensors and for what does not depend on the argument", () => {
    for (const mode of ["forward", "reverse"] as const) {
      expect(jacobian((x: Tensor) => exp(x), { mode })(zeros([0, 2])).shape).toEqual([0, 2, 0, 2]);
      expect(jacobian((x: Tensor) => total(x), { mode })(zeros([0])).shape).toEqual([0]);
      closeTo(jacobian((x: Tensor) => stopGradient(x), { mode })(x), Array(9).fill(0));
    }
  });

  it("of 200 by 200 is computed in pieces", () => {
    const w = sin(arange(40000, { dtype: "float64" }).reshape([200, 200]));
    const layer = (x: Tensor): Tensor => tanh(matmul(w, x));
    const at = sin(arange(200, { dtype: "float64" })) as Tensor;
    const slopes = sub(1, square(layer(at))).data;
    for (const mode of ["forward", "reverse"] as const) {
      const J = jacobian(layer, { mode, chunkSize: 64 })(at);
      const weights = w.data;
      J.data.forEach((value, i) => {
        if (Math.abs(value - slopes[Math.floor(i / 200)] * weights[i]) > 1e-13)
          expect.fail(`element ${i}`);
      });
    }
  });

  it("says what it does not take", () => {
    expect(() => jacobian(f, { mode: "back" as never })).toThrow(
      'jacobian: expected mode: "forward", "reverse" or "auto"',
    );
    expect(() => jacobian(f, { chunkSize: 0 })).toThrow(
      "jacobian: expected chunkSize: an integer > 0, got 0.",
    );
    expect(() => jacobian(f, { chunk: 3 } as never)).toThrow(OptionError);
    expect(() => jacobian(f)(arange(3, { dtype: "int32" }))).toThrow(
      "jacobian: expected floating-point tensors in argument 0, got int32.",
    );
    for (const mode of ["forward", "reverse", "auto"] as const) {
      expect(() => jacobian((_: Tensor) => 3 as unknown as Tensor, { mode })(x)).toThrow(
        GradientError,
      );
      expect(() => jacobian(async (x: Tensor) => x, { mode })(x)).toThrow(TransformError);
    }
  });
});

describe("hessian and hvp", () => {
  const f = (x: Tensor): Tensor => mul(logsumexp(x), total(sin(mul(x, x))));
  const slope = (at: number[]) => [...grad(f)(f64(at)).data];
  const expected = differences(slope, [...x.data]).flat();

  it("is that of differences of the gradient", () => {
    for (const chunkSize of [1, 2, 3]) closeTo(hessian(f, { chunkSize })(x), expected, 7);
    closeTo(hessian(checkpoint(f))(x), expected, 7);
    closeTo(jacobian(grad(f), { mode: "reverse" })(x), expected, 7);
  });

  it("is a matrix of matrices for trees and several arguments", () => {
    const g = ({ a }: { a: Tensor }, b: Tensor) => mul(total(square(a)), b) as Tensor;
    const H = hessian(g, { argnums: [0, 1] })({ a: x }, f64(3));
    closeTo(H[0].a[0].a, [6, 0, 0, 0, 6, 0, 0, 0, 6]);
    closeTo(H[0].a[1], [1, -2, 4]);
    closeTo(H[1][0].a, [1, -2, 4]);
    closeTo(H[1][1], [0]);
    closeTo(hessian(g)({ a: x }, f64(3)).a.a, [6, 0, 0, 0, 6, 0, 0, 0, 6]);
  });

  it("times a vector needs no matrix", () => {
    const v = f64([1, -2, 0.5]);
    const [hv] = hvp(f, [x], [v]);
    closeTo(hv, [...(matmul(hessian(f)(x), v) as Tensor).data], 12);
    const g = (a: Tensor, b: Tensor) => total(mul(square(a), b));
    const [ha, hb] = hvp(g, [x, v], [v, x]);
    closeTo(
      ha,
      [0, 1, 2].map((i) => 2 * v.data[i] * v.data[i] + 2 * x.data[i] * x.data[i]),
    );
    closeTo(
      hb,
      [0, 1, 2].map((i) => 2 * x.data[i] * v.data[i]),
    );
    expect(() => hvp(f, x as never, [v])).toThrow(
      "hvp: expected an array of arguments, got a tensor.",
    );
    expect(() => hvp((x: Tensor) => x, [x], [v])).toThrow(
      "grad: expected a function that returns a scalar",
    );
  });

  it("of 1 000 inputs is computed in pieces", () => {
    const n = 1000;
    const at = sin(arange(n, { dtype: "float32" })) as Tensor;
    const H = hessian((x: Tensor) => mul(0.5, square(total(square(x)))) as Tensor)(at);
    // ½(x·x)² has the second derivatives 4·x·xᵀ/2 + 2(x·x)·I.
    const [values, norm] = [at.data, total(square(at)).item()];
    const data = H.data;
    for (const [i, j] of [
      [0, 0],
      [3, 7],
      [999, 999],
      [500, 499],
    ]) {
      expect(data[i * n + j]).toBeCloseTo(4 * values[i] * values[j] + (i === j ? 2 * norm : 0), 3);
    }
  });
});
