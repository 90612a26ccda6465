// Trees of tensors through the modes, results beside the value, linear approximations.
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  exp,
  grad,
  jacobian,
  jvp,
  linearize,
  mul,
  sin,
  square,
  stopGradient,
  uniform,
  valueAndGrad,
  vjp,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { f64, total } from "./doubles.support.ts";

const x = f64([0.5, -1, 2]);

const closeTo = (ours: Tensor, expected: readonly number[], digits = 8) => {
  expect(ours.size).toBe(expected.length);
  ours.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i], digits));
};

describe("linearize", () => {
  const f = ({ a, b }: { a: Tensor; b: Tensor }) => ({
    y: mul(sin(a), exp(b)),
    z: [total(mul(a, b))],
  });
  const p = { a: x, b: f64([0.1, 0.2, 0.3]) };
  const v = { a: f64([1, -1, 2]), b: f64([0.5, 1, 0]) };

  it("is jvp, with the function evaluated once", () => {
    let calls = 0;
    const counted = (q: typeof p) => (calls++, f(q));
    const [value, push] = linearize(counted, p);
    const [expected, dy] = jvp(f, [p], [v]);
    closeTo(value.y, [...expected.y.data], 14);
    for (const scale of [1, 3]) {
      const { y, z } = push({ a: mul(scale, v.a), b: mul(scale, v.b) });
      closeTo(y, [...mul(scale, dy.y).data], 14);
      closeTo(z[0], [scale * dy.z[0].item()], 13);
    }
    expect(calls).toBe(1);
  });

  it("is differentiated, batched, and draws its random numbers once", () => {
    const along = (x: Tensor) => linearize((x: Tensor) => mul(sin(x), x), x)[1](v.a) as Tensor;
    const same = (x: Tensor) => jvp((x: Tensor) => mul(sin(x), x), [x], [v.a])[1] as Tensor;
    closeTo(
      grad((x: Tensor) => total(along(x)))(x),
      [...grad((x: Tensor) => total(same(x)))(x).data],
      13,
    );
    const [, push] = linearize((x: Tensor) => mul(sin(x), uniform([3], { dtype: "float64" })), x);
    closeTo(push(v.a), [...push(v.a).data], 15);
    const J = vmap((e: Tensor) => push(e))(jacobian((x: Tensor) => x)(x)) as Tensor;
    closeTo(total(J), [...total(push(f64([1, 1, 1]))).data], 13);
    closeTo(linearize((x: Tensor) => stopGradient(x), x)[1](v.a), [0, 0, 0]);
  });

  it("wants tangents that fit", () => {
    const [, push] = linearize(f, p);
    expect(() => push({ a: v.a, b: f64(1) })).toThrow(
      "linearize: expected a tangent of the argument's shape [3], got []",
    );
    expect(() => push({ a: v.a } as never)).toThrow(
      "linearize: expected tangents of the same form",
    );
    expect(() => linearize((x: Tensor) => x, arange(3, { dtype: "int32" }))).toThrow(
      "linearize: expected floating-point tensors in argument 0, got int32.",
    );
    expect(() => linearize((_: Tensor) => 3, x)).toThrow(
      "a function that returns a tensor, or a tree of tensors",
    );
  });
});

describe("hasAux", () => {
  const f = (w: Tensor, x: Tensor) => {
    const y = mul(w, x);
    return [total(square(y)), { y, label: "fine", list: [w] }] as const;
  };
  const w = f64([1, 2, 3]);

  it("hands on what the function returns beside the value", () => {
    const [[value, aux], dw] = valueAndGrad(f, { hasAux: true })(w, x);
    expect(value.item()).toBe(0.25 + 4 + 36);
    expect(aux.y.toArray()).toEqual([0.5, -2, 6]);
    expect(aux.y.box).toBeNull();
    expect(aux.list[0].toArray()).toEqual([1, 2, 3]);
    expect(aux.label).toBe("fine");
    closeTo(dw, [0.5, 4, 24]);
    const [[da, db], { label }] = grad(f, { hasAux: true, argnums: [0, 1] })(w, x);
    expect(label).toBe("fine");
    closeTo(da, [0.5, 4, 24]);
    closeTo(db, [1, -8, 36]);
  });

  it("is differentiated further out as other results are", () => {
    const outer = grad((w: Tensor) => {
      const [dw, { y }] = grad(f, { hasAux: true })(w, x);
      return add(total(dw), total(y));
    })(w);
    closeTo(
      outer,
      [0, 1, 2].map((i) => 2 * x.data[i] ** 2 + x.data[i]),
    );
  });

  it("wants a pair", () => {
    expect(() => grad((x: Tensor) => total(x), { hasAux: true })(x)).toThrow(
      "grad: expected a function that returns [value, aux], as hasAux says, got one that returns a tensor.",
    );
    expect(() => grad((x: Tensor) => [total(x)], { hasAux: true })(x)).toThrow(
      "an array of 1 entry",
    );
    expect(() => grad((x: Tensor) => total(x), { hasAux: 1 as never })).toThrow(
      "hasAux: true or false",
    );
    expect(() => grad((x: Tensor) => [total(x), 1])(x)).toThrow(
      "for a loss and other results, pass hasAux",
    );
  });
});

describe("trees", () => {
  const f = ({ a, b }: { a: Tensor; b: Tensor[] }) => ({
    s: mul(a, b[0]),
    t: [square(a), 7] as const,
  });
  const p = { a: x, b: [f64([1, 2, 3])] };

  it("go through vjp and jvp", () => {
    const [y, pull] = vjp(f, p);
    expect(y.t[1]).toBe(7);
    const g = f64([1, 1, 1]);
    const [dp] = pull({ s: g, t: [mul(2, g), 7] });
    closeTo(
      dp.a,
      [0, 1, 2].map((i) => i + 1 + 4 * x.data[i]),
    );
    closeTo(dp.b[0], [...x.data]);
    const [, dy] = jvp(f, [p], [{ a: g, b: [x] }]);
    closeTo(
      dy.s,
      [0, 1, 2].map((i) => i + 1 + x.data[i] ** 2),
    );
    closeTo(
      dy.t[0],
      [0, 1, 2].map((i) => 2 * x.data[i]),
    );
    expect(() => pull({ s: g, t: [] as never })).toThrow(
      "vjp: expected a cotangent of the same form: s, t[0], got s.",
    );
    expect(() => jvp(f, [p], [{ a: g, b: [] }])).toThrow(
      "jvp: expected a tangent for argument 0 of the same form: a, b[0], got a.",
    );
    expect(() => jvp(f, [p], [{ a: g, b: [f64(1)] }])).toThrow("shape [3], got []");
  });

  it("have batch axes of their own", () => {
    const g = ({ w, xs }: { w: Tensor; xs: Tensor[] }) => ({ dot: total(mul(w, xs[0])), w, n: 2 });
    const result = vmap(g, { inAxes: [{ w: null, xs: [1] }], outAxes: { dot: 0, w: null, n: 0 } })({
      w: x,
      xs: [
        f64([
          [1, 0],
          [0, 1],
          [0, 0],
        ]),
      ],
    });
    closeTo(result.dot, [0.5, -1]);
    expect(result.w).toBe(x);
    expect(result.n).toBe(2);
    const columns = vmap(square, { inAxes: 1, outAxes: 1 })(
      f64([
        [1, 2],
        [3, 4],
      ]),
    ) as Tensor;
    expect(columns.toArray()).toEqual([
      [1, 4],
      [9, 16],
    ]);
    const arg = { w: x, xs: [x] };
    expect(() => vmap(g, { inAxes: [{ w: null }] })(arg)).toThrow(
      "vmap: expected inAxes[0] to be an integer, null, or a tree that begins like one of w, xs, got an object (Object).",
    );
    expect(() => vmap(square, { inAxes: [[0]] })(x)).toThrow("that begins like a tensor, got [0]");
    expect(() => vmap(square, { outAxes: null })(x)).toThrow(
      "results that are the same for all examples",
    );
    expect(() => vmap(g, { inAxes: [{ w: null, xs: null }] })(arg)).toThrow("no batch axis at all");
  });
});
