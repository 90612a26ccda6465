// Functions with derivative rules of a user's own.
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  backward,
  cast,
  checkpoint,
  customJvp,
  customVjp,
  div,
  exp,
  gather,
  grad,
  jvp,
  log,
  matmul,
  mul,
  neg,
  ones,
  OpDefinitionError,
  sigmoid,
  sin,
  square,
  stopGradient,
  tapeOf,
  tensor,
  TransformError,
  vjp,
  vmap,
  type CustomGradients,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { f64, parameter, total } from "./doubles.support.ts";

const x = f64([0.5, -1, 2]);
const v = f64([1, -2, 0.5]);

/** Each by a rule of either kind. */
const functions = {
  customVjp: customVjp(
    (x: Tensor, y: Tensor): Tensor => mul(sin(x), y),
    (g, { args: [x, y] }) => [mul(g, mul(y, sin(add(x, Math.PI / 2)))), mul(g, sin(x))],
    { name: "waves" },
  ),
  customJvp: customJvp(
    (x: Tensor, y: Tensor): Tensor => mul(sin(x), y),
    ([dx, dy], { args: [x, y] }) => add(mul(dx, mul(y, sin(add(x, Math.PI / 2)))), mul(dy, sin(x))),
    { name: "waves" },
  ),
};

describe.each(Object.entries(functions))("%s", (_, waves) => {
  it("is right in both modes to third order", () => {
    gradcheck(waves, [x, v], { order: 3 });
  });

  it("is right in batches, with arguments that have none", () => {
    const xs = f64([
      [0.5, -1],
      [2, 0.1],
      [0.3, 0.7],
    ]);
    const w = f64([1.5, -0.5]);
    const batched = (x: Tensor, w: Tensor): Tensor =>
      total(square(vmap((x: Tensor) => waves(x, w))(x) as Tensor));
    gradcheck((x, w) => batched(x, w), [xs, w], { order: 2 });
    const perSample = vmap(
      grad((x: Tensor, w: Tensor) => total(waves(x, w))),
      {
        inAxes: [0, null],
      },
    )(xs, w) as Tensor;
    const expected = mul(w, sin(add(xs, Math.PI / 2)));
    perSample.data.forEach((g, i) => expect(g).toBeCloseTo(expected.data[i], 14));
    gradcheck((x, w) => vmap((x: Tensor) => total(waves(x, w)))(x) as Tensor, [xs, w]);
  });

  it("is one entry on the tape of backward, and works there", () => {
    const w = parameter([0.5, -1, 2]);
    const y = waves(w, v);
    expect(tapeOf(y).entries.map(({ op }) => op)).toEqual(["waves"]);
    backward(total(y));
    w.grad!.data.forEach((g, i) => expect(g).toBeCloseTo(v.data[i] * Math.cos(w.data[i]), 14));
  });

  it("works inside of checkpoint", () => {
    gradcheck((x, y) => checkpoint((x: Tensor) => exp(waves(x, y)))(x), [x, v], { order: 2 });
  });
});

describe("a rule for reverse mode", () => {
  it("decides the gradient, whatever the function does", () => {
    const clip = customVjp(
      (x: Tensor) => mul(1, x),
      (g) => [mul(0.5, g)],
    );
    expect(grad((x: Tensor) => total(clip(x)))(x).toArray()).toEqual([0.5, 0.5, 0.5]);
    expect(jvp(clip, [x], [v])[1].toArray()).toEqual([0.5, -1, 0.25]);
  });

  it("saves what overflows", () => {
    const plain = (x: Tensor): Tensor => log(add(1, exp(x)));
    const softplus = customVjp(plain, (g, { args: [x] }) => [mul(g, sigmoid(x))]);
    const far = f64([800]);
    expect(grad((x: Tensor) => total(softplus(x)))(far).toArray()).toEqual([1]);
    expect(
      grad((x: Tensor) => total(grad((x: Tensor) => total(softplus(x)))(x)))(f64([0])).item(),
    ).toBeCloseTo(0.25, 14);
  });

  it("takes trees, numbers, options and integers", () => {
    type Params = { w: Tensor; index: Tensor; parts: Tensor[] };
    const pick = (p: Params, power: number, { scale }: { scale: number }): { y: Tensor } => ({
      y: mul(
        scale,
        mul(gather(p.w, p.index, { axis: 0 }), power === 2 ? square(p.parts[0]) : p.parts[0]),
      ),
    });
    const ours = customVjp(pick, ({ y: g }, { args: [p, power, { scale }] }) => {
      const [, pull] = vjp(
        (q: Omit<Params, "index">) => pick({ ...q, index: p.index }, power, { scale }),
        {
          w: p.w,
          parts: p.parts,
        },
      );
      const [{ w, parts }] = pull({ y: g });
      return [{ w, index: null, parts }, null, { scale: null }];
    });
    const index = tensor([2, 0, 0], { dtype: "int32" });
    const loss = (f: typeof pick) => (w: Tensor, part: Tensor) =>
      total(f({ w, index, parts: [part] }, 2, { scale: 3 }).y);
    for (const argnums of [0, 1] as const) {
      const [a, b] = [ours, pick].map((f) => grad(loss(f), { argnums })(x, v).toArray());
      expect(a).toEqual(b);
    }
  });

  it("reads values where the function is not batched", () => {
    // Newton's iteration for √a, as long as it takes; the rule knows ∂√a/∂a = 1/(2√a).
    let steps = 0;
    const root = customVjp(
      (a: Tensor): Tensor => {
        let y = stopGradient(a);
        for (;;) {
          const next = mul(0.5, add(y, div(a, y)));
          steps++;
          if (Math.abs(next.item() - y.item()) < 1e-14) return next;
          y = next;
        }
      },
      (g, { output }) => [div(g, mul(2, output))],
      { name: "root" },
    );
    gradcheck((a) => root(a), [f64(7)], { order: 3 });
    expect(steps).toBeGreaterThan(10);
    expect(() => vmap(root)(f64([2, 3]))).toThrow(TransformError);
  });

  it("returns gradients of the right number, form, shape and dtype", () => {
    const run = (rule: () => unknown) =>
      grad((x: Tensor, y: Tensor) =>
        total(
          customVjp(
            (a: { x: Tensor }, b: Tensor): Tensor => mul(a.x, b),
            rule as () => CustomGradients<[{ x: Tensor }, Tensor]>,
            { name: "product" },
          )({ x }, y),
        ),
      )(x, v);
    for (const [result, message] of [
      [
        [null],
        "the rule of product: expected it to return 2 gradients, one for each argument, in an array, got 1.",
      ],
      [x, "got float64 [3]. Return null for arguments that have no gradient."],
      [
        [x, null],
        "expected it to return a gradient for argument 0: a tree of its form (x), got float64 [3].",
      ],
      [
        [{ x: ones([2]) }, null],
        "a gradient for argument 0.x of its shape and dtype, float64 [3], got float32 [2]. Sum over",
      ],
      [[{ x: ones([3]) }, null], "float64 [3], got float32 [3]."],
      [[{ x: 3 }, null], "got the number 3."],
      [
        [null, ones([1, 3], { dtype: "float64" })],
        "a gradient for argument 1 of its shape and dtype, float64 [3], got float64 [1, 3].",
      ],
    ] as const) {
      expect(() => run(() => result)).toThrow(OpDefinitionError);
      expect(() => run(() => result)).toThrow(message);
    }
    expect(() => run(async () => [null, null])).toThrow(
      "product: expected a function that returns tensors, got one that returns a Promise.",
    );
    // null is a zero.
    expect(run(() => [null, null]).toArray()).toEqual([0, 0, 0]);
  });

  it("knows no tensors but the arguments: closing over others is an error", () => {
    const w = parameter([1, 2, 3]);
    const bad = customVjp(
      (x: Tensor): Tensor => mul(x, w),
      (g) => [g],
      { name: "bad" },
    );
    expect(() => bad(x)).toThrow(TransformError);
    expect(() => bad(x)).toThrow(
      "bad: expected a function whose tensors with derivatives are all arguments",
    );
    expect(() =>
      grad((w: Tensor) =>
        total(
          customVjp(
            (x: Tensor): Tensor => mul(x, w),
            (g) => [g],
          )(x),
        ),
      )(x),
    ).toThrow(TransformError);
    expect(() =>
      jvp(
        (w: Tensor) =>
          customVjp(
            (x: Tensor): Tensor => mul(x, w),
            (g) => [g],
          )(x),
        [x],
        [v],
      ),
    ).toThrow(TransformError);
    expect(() =>
      grad((w: Tensor) =>
        total(
          customVjp(
            (): Tensor => w,
            () => [],
          )(),
        ),
      )(x),
    ).not.toThrow();
    const fixed = customVjp(
      (x: Tensor): Tensor => mul(x, stopGradient(w)),
      (g) => [g],
    );
    expect(fixed(x).toArray()).toEqual([0.5, -2, 6]);
  });

  it("is given as two functions and known options", () => {
    expect(() => customVjp(3 as never, () => [])).toThrow(
      "customVjp: expected a function, got the number 3.",
    );
    expect(() => customVjp((x: Tensor) => x, undefined as never)).toThrow(
      "customVjp, the rule: expected a function, got undefined.",
    );
    expect(() =>
      customJvp(
        (x: Tensor) => x,
        ([t]) => t,
        { nam: "f" } as never,
      ),
    ).toThrow('an unknown option "nam"');
  });
});

describe("a rule for forward mode", () => {
  it("returns a tangent of the result's form, shape and dtype", () => {
    const run = (rule: () => unknown) => {
      const f = customJvp((x: Tensor) => [square(x)], rule as () => Tensor[], { name: "f" });
      return jvp(f, [x], [v])[1];
    };
    expect(() => run(() => x)).toThrow(
      "the rule of f: expected it to return a tangent for the result: a tree of its form (0), got float64 [3].",
    );
    expect(() => run(() => [null])).toThrow(
      "a tangent for the result[0] of its shape and dtype, float64 [3], got null.",
    );
    expect(() => run(() => [ones([3])])).toThrow("got float32 [3].");
    expect(run(() => [neg(x)])[0].toArray()).toEqual([-0.5, 1, -2]);
  });

  it("passes integers on as they are", () => {
    const f = customJvp(
      (x: Tensor, index: Tensor): Tensor => mul(x, cast(index, "float64")),
      ([dx, index]) => mul(dx, cast(index, "float64")),
    );
    const index = arange(3, { dtype: "int32" });
    expect(grad((x: Tensor) => total(f(x, index)))(x).toArray()).toEqual([0, 1, 2]);
  });

  it("transposes for several results, of which some have no cotangent", () => {
    const f = customJvp(
      (a: Tensor, b: Tensor) => ({ p: matmul(a, b) as Tensor, q: total(square(a)) }),
      ([da, db], { args: [a, b] }) => ({
        p: add(matmul(da, b), matmul(a, db)) as Tensor,
        q: total(mul(mul(2, a), da)),
      }),
    );
    const [a, b] = [
      f64([
        [1, 2],
        [0.5, -1],
      ]),
      f64([
        [0.3, 1],
        [-1, 2],
      ]),
    ];
    gradcheck((a, b) => f(a, b).p, [a, b], { order: 2 });
    gradcheck((a, b) => add(f(a, b).q, total(f(a, b).p)), [a, b], { order: 2 });
  });
});
