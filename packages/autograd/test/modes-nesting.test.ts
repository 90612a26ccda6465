// Random functions in random nestings of the modes, against finite differences and each other.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  checkpoint,
  customJvp,
  customVjp,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  matmul,
  mul,
  ones,
  reshape,
  sigmoid,
  sin,
  square,
  stopGradient,
  sub,
  tanh,
  vjp,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { f64, total, type F } from "./doubles.support.ts";

/** Functions of vectors that keep their length and stay of moderate size. */
const parts: Record<string, F> = {
  sin,
  tanh,
  sigmoid,
  halfSquare: (x) => mul(0.5, square(x)),
  mix: (x) =>
    mul(
      x,
      matmul(
        sin(arange(x.size ** 2, { dtype: "float64" }).reshape([x.size, x.size])) as Tensor,
        sin(x),
      ),
    ),
  shift: (x) => sub(mul(0.7, x), stopGradient(mul(0.3, x))),
  coupled: (x) => add(x, mul(0.1, total(square(x)))) as Tensor,
};

/** The same function again, by way of a mode. */
const wraps: Record<string, (f: F) => F> = {
  checkpoint: (f) => checkpoint(f),
  customVjp: (f) =>
    customVjp(f, (g: Tensor, { args: [x] }) => {
      const [, pull] = vjp(f, x);
      return pull(g) as [Tensor];
    }),
  customJvp: (f) => customJvp(f, ([t], { args: [x] }) => jvp(f, [x], [t])[1]),
  // One example in a batch of two, the other of which is moved.
  vmap: (f) => (x) =>
    vmap((x: Tensor, s: Tensor) => mul(f(x), s), { inAxes: [null, 0] })(x, f64([1, 0])).sum({
      axis: 0,
    }) as Tensor,
  vmapOfRows: (f) => (x) =>
    reshape(vmap(f)(reshape(x, [1, x.size]) as Tensor) as Tensor, x.shape) as Tensor,
};

/** Derivatives that take a function of vectors to one of vectors, in different ways. */
const derivatives: Record<string, (f: F) => F> = {
  grad: (f) => grad((x: Tensor) => total(f(x))),
  vjp: (f) => (x) => vjp(f, x)[1](ones(x.shape, { dtype: "float64" }) as Tensor)[0],
  jacobianForward: (f) => (x) =>
    jacobian(f, { mode: "forward", chunkSize: 2 })(x).sum({ axis: 0 }) as Tensor,
  jacobianReverse: (f) => (x) => jacobian(f, { mode: "reverse" })(x).sum({ axis: 0 }) as Tensor,
  // Each element's derivative by forward mode, all at once.
  jvp: (f) => (x) => {
    const unit = jacobian((x: Tensor) => x)(x) as Tensor;
    return vmap((e: Tensor) => total(jvp(f, [x], [e])[1]))(unit) as Tensor;
  },
};

const composed = fc.array(fc.constantFrom(...Object.keys(parts)), { minLength: 1, maxLength: 3 });
const layers = fc.array(
  fc.record({
    parts: composed,
    wraps: fc.array(fc.constantFrom(...Object.keys(wraps)), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 2 },
);
const points = fc.array(fc.double({ min: -1.2, max: 1.2, noNaN: true }), {
  minLength: 1,
  maxLength: 3,
});

type Layers = { parts: string[]; wraps: string[] }[];

const build = (layers: Layers, isWrapped: boolean): F =>
  layers.reduce<F>(
    (f, { parts: names, wraps: outer }) => {
      const inner = names.reduce<F>(
        (g, name) => (x) => parts[name](g(x)),
        (x) => x,
      );
      const whole = isWrapped ? outer.reduce((g, name) => wraps[name](g), inner) : inner;
      return (x) => whole(f(x));
    },
    (x) => x,
  );

function agree(ours: Tensor, expected: ArrayLike<number>, tolerance: number) {
  expect(ours.size).toBe(expected.length);
  ours.data.forEach((value, i) => {
    const error = Math.abs(value - expected[i]) / (1 + Math.abs(expected[i]));
    if (!(error <= tolerance)) expect.fail(`${value} is not ${expected[i]} (element ${i})`);
  });
}

/** ∂ of the sum of f by each element. */
function differences(f: F, x: number[]): number[] {
  const at = (values: number[]) => [...f(f64(values)).data].reduce((a, b) => a + b, 0);
  // Fourth order, so that the step may be large.
  const h = 1e-3;
  return x.map((value, i) => {
    const d = (step: number) => at(x.with(i, value + step)) - at(x.with(i, value - step));
    return (8 * d(h) - d(2 * h)) / (12 * h);
  });
}

/** Without what stops gradients, which differences do not see. */
const smooth = layers.map((list) =>
  list.map((layer) => ({
    ...layer,
    parts: layer.parts.map((name) => (name === "shift" ? "tanh" : name)),
  })),
);
const runs = { numRuns: 60, seed: 20 };

describe("modes in random nestings", () => {
  it("change no value", () => {
    fc.assert(
      fc.property(layers, points, (layers, x) => {
        agree(build(layers, true)(f64(x)), build(layers, false)(f64(x)).data, 1e-13);
      }),
      runs,
    );
  });

  it("agree with differences in the first order", () => {
    fc.assert(
      fc.property(
        smooth,
        points,
        fc.constantFrom(...Object.keys(derivatives)),
        (layers, x, mode) => {
          const f = build(layers, true);
          agree(derivatives[mode](f)(f64(x)), differences(f, x), 1e-7);
        },
      ),
      runs,
    );
  });

  it("agree with differences of derivatives in the second", () => {
    fc.assert(
      fc.property(
        smooth,
        points,
        fc.constantFrom(...Object.keys(derivatives)),
        fc.constantFrom(...Object.keys(derivatives)),
        (layers, x, outer, inner) => {
          const slope = derivatives[inner](build(layers, true));
          agree(derivatives[outer](slope)(f64(x)), differences(slope, x), 1e-6);
        },
      ),
      runs,
    );
  });

  it("agree with each other, wrapped and not, to third order", () => {
    const names = fc.array(fc.constantFrom("grad", "vjp", "jvp", "jacobianForward"), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(layers, points, names, names, (layers, x, first, second) => {
        const order = Math.min(first.length, second.length);
        const nest = (f: F, modes: string[]) =>
          modes.slice(0, order).reduce((g, name) => derivatives[name](g), f);
        const ours = nest(build(layers, true), first)(f64(x));
        agree(ours, nest(build(layers, false), second)(f64(x)).data, 1e-9);
      }),
      { numRuns: 50, seed: 21 },
    );
  });

  it("wrap derivatives as well: a checkpoint of a gradient, a custom rule of a batch", () => {
    const names = fc.array(fc.constantFrom(...Object.keys(wraps), ...Object.keys(derivatives)), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(layers, points, names, (layers, x, names) => {
        const limited = names.filter(
          (name, i) =>
            name in wraps || names.slice(0, i + 1).filter((n) => n in derivatives).length <= 2,
        );
        const nest = (withWraps: boolean) =>
          limited.reduce<F>(
            (f, name) => (name in wraps ? (withWraps ? wraps[name](f) : f) : derivatives[name](f)),
            build(layers, false),
          );
        const [ours, expected] = [nest(true), nest(false)];
        agree(ours(f64(x)), expected(f64(x)).data, 1e-9);
        agree(
          grad((x: Tensor) => total(ours(x)))(f64(x)),
          grad((x: Tensor) => total(expected(x)))(f64(x)).data,
          1e-8,
        );
      }),
      { numRuns: 50, seed: 22 },
    );
  });

  it("have one second derivative: hessian, hvp and the jacobian of the gradient", () => {
    fc.assert(
      fc.property(layers, points, (layers, x) => {
        const f = (x: Tensor) => total(build(layers, true)(x));
        const at = f64(x);
        const plain = (x: Tensor) => total(build(layers, false)(x));
        const H = hessian(plain)(at);
        agree(hessian(f, { chunkSize: 2 })(at), H.data, 1e-10);
        agree(jacobian(grad(f), { mode: "reverse" })(at), H.data, 1e-10);
        const v = f64(x.map((_, i) => 1 - 0.4 * i));
        agree(hvp(f, [at], [v])[0], (matmul(H, v) as Tensor).data, 1e-10);
      }),
      { numRuns: 40, seed: 23 },
    );
  });
});
