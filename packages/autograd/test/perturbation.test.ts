// Derivatives inside of derivatives: whose is which, in both modes and in batches.
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  cumprod,
  detach,
  div,
  eq,
  exp,
  grad,
  jvp,
  logSoftmax,
  logsumexp,
  matmul,
  max,
  mul,
  noGrad,
  ones,
  pow,
  prod,
  sin,
  softmax,
  square,
  sub,
  tanh,
  tensor,
  vjp,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { f64, total, type F } from "./doubles.support.ts";

/** The derivative of a scalar function of a scalar, in each mode. */
const modes: Record<string, (f: F) => F> = {
  forward: (f) => (x) => jvp(f, [x], [ones([], { dtype: "float64" })])[1],
  reverse: (f) => grad(f),
  pullback: (f) => (x) => vjp(f, x)[1](ones([], { dtype: "float64" }))[0],
  batched: (f) => (x) => total(vmap((x: Tensor) => grad(f)(x))(x.reshape([1]) as Tensor)),
};
const pairs = Object.keys(modes).flatMap((outer) =>
  Object.keys(modes).map((inner) => [outer, inner]),
);

describe.each(pairs)("%s over %s", (outer, inner) => {
  const [D, d] = [modes[outer], modes[inner]];
  const at = (f: F, x: number) => f(f64(x)).item();

  it("tells the variables apart", () => {
    // d/dx (x · d/dy (x + y)) = d/dx (x · 1) = 1; 2 where they are confused.
    expect(
      at(
        D((x) => mul(x, d((y) => add(x, y))(f64(1)))),
        1,
      ),
    ).toBe(1);
    // d/dx (x · d/dy (x·y)) = d/dx x² = 2x.
    expect(
      at(
        D((x) => mul(x, d((y) => mul(x, y))(f64(5)))),
        3,
      ),
    ).toBe(6);
    // d/dx d/dy (x²·y²) = d/dx 2x²y = 4xy, at y = x held apart: y = 3.
    expect(
      at(
        D((x) => d((y) => mul(square(x), square(y)))(f64(3))),
        2,
      ),
    ).toBe(24);
  });

  it("differentiates by the inner point as well", () => {
    // d/dx [∂/∂y (x·y²) at y = x] = d/dx 2x² = 4x.
    expect(
      at(
        D((x) => d((y) => mul(x, square(y)))(x)),
        3,
      ),
    ).toBe(12);
    // The inner function does not use its variable, or is not used.
    expect(
      at(
        D((x) => mul(x, d(() => x)(x))),
        3,
      ),
    ).toBe(0);
    expect(
      at(
        D((x) => (d((y) => mul(x, y))(x), mul(x, x))),
        3,
      ),
    ).toBe(6);
  });

  it("goes to the third order", () => {
    const third = D((x) => d((y) => D((z) => mul(mul(x, square(y)), pow(z, 3)))(y))(x));
    // ∂/∂z = 3xy²z², at z = y: 3xy⁴; ∂/∂y at y = x: 12x⁴; d/dx: 48x³.
    expect(at(third, 2)).toBeCloseTo(384, 10);
  });

  it("detach and noGrad stop at every level, captured or not", () => {
    expect(
      at(
        D((x) => d((y) => mul(detach(x), y))(x)),
        3,
      ),
    ).toBe(0);
    expect(
      at(
        D((x) => mul(detach(d((y) => mul(x, square(y)))(x)), x)),
        3,
      ),
    ).toBe(18);
    expect(
      at(
        D((x) => d((y) => mul(detach(mul(x, y)), y))(x)),
        3,
      ),
    ).toBe(0);
  });
});

describe("noGrad", () => {
  it("pauses what was begun outside of it, not what is begun inside", () => {
    const f = grad((x: Tensor) =>
      mul(
        x,
        noGrad(() => grad((y: Tensor) => mul(x, square(y)))(x)),
      ),
    );
    expect(f(f64(3)).item()).toBe(18);
    expect(
      grad((x: Tensor) =>
        add(
          x,
          noGrad(() => square(x)),
        ),
      )(f64(3)).item(),
    ).toBe(1);
    expect(noGrad(() => grad(square)(f64(3))).item()).toBe(6);
  });
});

describe("capture", () => {
  it("of tensors of an outer grad, by several levels", () => {
    const f = grad((a: Tensor) =>
      grad((b: Tensor) => grad((c: Tensor) => mul(mul(a, square(b)), pow(c, 3)))(add(a, b)))(
        mul(2, a),
      ),
    );
    // ∂c: 3ab²c², c = a + b; ∂b: 6ab(a+b)² + 6ab²(a+b) at b = 2a: 108a⁴ + 72a⁴ = 180a⁴; d/da: 720a³.
    expect(f(f64(1)).item()).toBeCloseTo(720, 10);
  });

  it("of a parameter of backward inside of grad", () => {
    const w = tensor(3, { dtype: "float64", requiresGrad: true });
    const slope = grad((x: Tensor) => mul(w, square(x)))(f64(2));
    expect(slope.item()).toBe(12);
    expect(w.grad).toBeNull();
    slope.backward();
    expect(w.grad!.item()).toBe(4);
  });

  it("inside of vmap, by examples", () => {
    const scale = f64([1, 2, 3]);
    const f = (x: Tensor) =>
      vmap((s: Tensor) => grad((y: Tensor) => mul(mul(s, x), square(y)))(x))(scale);
    expect(f(f64(2)).toArray()).toEqual([8, 16, 24]);
    expect(grad((x: Tensor) => total(f(x)))(f64(2)).item()).toBe(48);
    expect(jvp(f, [f64(2)], [f64(1)])[1].toArray()).toEqual([8, 16, 24]);
  });
});

describe("forward and reverse mode agree", () => {
  const m = f64([
    [0.5, -1, 2],
    [1.5, 0.25, -0.75],
    [3, -2, 1],
  ]);
  const functions: Record<string, F> = {
    pointwise: (x) => mul(sin(x), exp(tanh(x))),
    quotient: (x) => div(x, add(2, square(x))),
    reductions: (x) => mul(prod(x), add(max(x), logsumexp(x))),
    softmax: (x) => mul(softmax(x), logSoftmax(x)),
    scan: (x) => cumprod(x),
    matmul: (x) => matmul(square(x), matmul(m, x)),
    difference: (x) => sub(x, detach(x)),
    constant: () => m,
  };
  const x = f64([0.3, -1.2, 0.8]);
  const basis = f64([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  const transposed = (j: Tensor): unknown => j.transpose().toArray();

  it.each(Object.entries(functions))("on the Jacobian of %s", (_, f) => {
    const forward = vmap((v: Tensor) => jvp(f, [x], [v])[1].reshape([-1]) as Tensor)(basis);
    const [y, pull] = vjp(f, x);
    const unit = vmap((i: Tensor) => pull(selected(y, i))[0])(
      arange(y.size, { dtype: "int32" }) as Tensor,
    );
    expect(forward.shape).toEqual([3, y.size]);
    close(transposed(forward), unit.toArray());
  });

  it.each(Object.entries(functions))("on the Hessian of %s", (_, f) => {
    const g = (x: Tensor) => grad((x: Tensor) => total(f(x)))(x);
    const h = (x: Tensor) => jvp((x: Tensor) => total(f(x)), [x], [x])[1];
    const forwardOverReverse = vmap((v: Tensor) => jvp(g, [x], [v])[1])(basis);
    const reverseOverReverse = vmap((v: Tensor) => grad((x: Tensor) => total(mul(g(x), v)))(x))(
      basis,
    );
    close(forwardOverReverse.toArray(), reverseOverReverse.toArray());
    close(forwardOverReverse.toArray(), transposed(forwardOverReverse));
    // ⟨∇f, x⟩ has the gradient ∇²f·x + ∇f.
    const reverseOverForward = grad((x: Tensor) => h(x))(x);
    close(reverseOverForward.toArray(), add(matmul(forwardOverReverse, x), g(x)).toArray());
  });

  /** The cotangent that selects one element of y, by its number. */
  function selected(y: Tensor, i: Tensor): Tensor {
    const hit = eq(arange(y.size, { dtype: "int32" }), i as never).cast("float64");
    return hit.reshape(y.shape as never) as Tensor;
  }

  function close(found: unknown, expected: unknown): void {
    const [a, b] = [found, expected].map((x) => [x].flat(9) as number[]);
    expect(a.length).toBe(b.length);
    a.forEach((value, i) => expect(value).toBeCloseTo(b[i], 12));
  }
});
