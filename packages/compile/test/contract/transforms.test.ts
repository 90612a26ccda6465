// "Inside grad, jvp, vmap or another compile, a compiled function is simply f." And the other way
// round: transforms inside of a compiled function.
import { describe, expect, it } from "vitest";
import {
  add,
  exp,
  grad,
  jvp,
  mul,
  noGrad,
  square,
  sum,
  tanh,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { parameter } from "@wengert/nn";
import { compile } from "../../src/index.ts";
import { classBatches, classify, mlp, training } from "./models.ts";
import { SGD } from "@wengert/optim";
import { caught, expectClose, seeded } from "./support.ts";

const f = (x: Tensor): Tensor => sum(mul(tanh(x), exp(mul(x, 0.5))));

describe("Inside a transform a compiled function is simply f", () => {
  const x = seeded([4], 1);

  it.each<[string, (f: (x: Tensor) => Tensor) => unknown]>([
    ["grad", (f) => grad(f)(x)],
    ["grad of grad", (f) => grad((x: Tensor) => sum(square(grad(f)(x))))(x)],
    ["valueAndGrad", (f) => valueAndGrad(f)(x)],
    ["vjp", (f) => vjp(f, x)],
    ["jvp", (f) => jvp(f, [x], [seeded([4], 2)])],
    ["vmap", (f) => vmap(f)(seeded([3, 4], 3))],
    [
      "grad of a function that closes over the tensor",
      (f) => grad((k: Tensor) => mul(k, f(x)))(x.sum()),
    ],
    ["vmap of grad", (f) => vmap(grad(f))(seeded([3, 4], 3))],
    ["another compile", (f) => compile((x: Tensor) => mul(f(x), 2))(x)],
    ["compile in compile in compile", (f) => compile((x: Tensor) => add(compile(f)(x), 1))(x)],
    ["grad in compile", (f) => compile(grad(f))(x)],
  ])("%s", (_, use) => {
    const compiled = compile(f);
    const values = (tree: unknown) =>
      Array.isArray(tree) ? tree.filter((t) => typeof t !== "function") : tree;
    expectClose(values(use(compiled)), values(use(f)), 1e-12);
    expect(compiled.compilations).toBe(0);
    // Before, after and between, calls of its own are compiled.
    expectClose(compiled(x), f(x), 1e-12);
    expect(compiled.compilations).toBe(1);
    expectClose(values(use(compiled)), values(use(f)), 1e-12);
    expect(compiled.compilations).toBe(1);
  });

  it("a training step within another compiled function", () => {
    const make = () => {
      const model = mlp();
      return training(model, new SGD(model.parameters(), { lr: 0.1 }), classify);
    };
    const [eager, twin] = [make(), make()];
    const inner = compile(twin.step);
    const twice = compile((x: Tensor, y: Tensor) => add(inner(x, y), inner(x, y)));
    for (const { x, y } of classBatches()) {
      expectClose(twice(x, y), add(eager.step(x, y), eager.step(x, y)), 1e-12);
    }
    expectClose(twin.state, eager.state, 1e-12);
    expect([inner.compilations, twice.compilations]).toEqual([0, 1]);
  });

  it("a tensor kept from a finished transform is the error that eager code has", () => {
    let kept: Tensor | null = null;
    grad((x: Tensor) => f((kept = x)))(x);
    const expected = caught(() => f(kept!));
    const actual = caught(() => compile(f)(kept!));
    expect(actual).toBeInstanceOf(expected.constructor);
  });
});

describe("Transforms inside of a compiled function", () => {
  const cases: [string, (x: Tensor) => unknown][] = [
    ["grad", (x) => grad(f)(x)],
    ["valueAndGrad with a tree", (x) => valueAndGrad(({ a }: { a: Tensor }) => f(a))({ a: x })],
    ["second derivatives", (x) => grad((x: Tensor) => sum(square(grad(f)(x))))(x)],
    [
      "third derivatives",
      (x) => grad((x: Tensor) => sum(grad((x: Tensor) => sum(grad(f)(x)))(x)))(x),
    ],
    [
      "vjp",
      (x) => {
        const [y, pull] = vjp((x: Tensor) => tanh(x), x);
        return [y, pull(mul(x, 2))];
      },
    ],
    ["jvp", (x) => jvp(f, [x], [mul(x, 2)])],
    [
      "a Hessian by vmap of jvp of grad",
      (x) => vmap((t: Tensor) => jvp(grad(f), [x], [t])[1] as Tensor)(eye(4)),
    ],
    ["vmap of grad", (x) => vmap(grad(f))(mul(x.unsqueeze(0), seeded([3, 1], 5)))],
    ["noGrad", (x) => noGrad(() => f(x))],
    [
      "backward with createGraph",
      (x) => {
        const leaf = x.detach();
        leaf.requiresGrad = true;
        f(leaf).backward({ createGraph: true });
        const first = leaf.grad!;
        leaf.grad = null;
        sum(square(first)).backward();
        return [first, leaf.grad!];
      },
    ],
  ];

  it.each(cases)("%s", (_, f) => {
    const compiled = compile(f);
    for (const seed of [1, 2])
      expectClose(compiled(seeded([4], seed)), f(seeded([4], seed)), 1e-11);
    expect(compiled.compilations).toBe(1);
  });

  it("a functional step: gradients of a tree of parameters, new parameters out", () => {
    type Params = { w: Tensor; b: Tensor };
    const loss = ({ w, b }: Params, x: Tensor) => sum(square(tanh(add(mul(x, w), b))));
    const step = (params: Params, x: Tensor) => {
      const [value, { w, b }] = valueAndGrad(loss)(params, x);
      return [value, { w: params.w.sub(w.mul(0.1)), b: params.b.sub(b.mul(0.1)) }] as const;
    };
    const run = (step_: typeof step) => {
      let params: Params = { w: seeded([4], 1), b: seeded([4], 2) };
      const values = Array.from({ length: 50 }, (_, i) => {
        const [value, next] = step_(params, seeded([3, 4], i % 3));
        params = next as Params;
        return value;
      });
      return [values, params];
    };
    expectClose(run(compile(step)), run(step), 1e-11);
  });

  it("grad of a function of a parameter of the surroundings leaves .grad alone", () => {
    const w = parameter(tensor([2]));
    const compiled = compile((x: Tensor) => grad((x: Tensor) => sum(mul(w, square(x))))(x));
    expect(compiled(tensor([3])).item()).toBe(12);
    expect(w.grad).toBeNull();
  });
});

const eye = (n: number): Tensor =>
  tensor(Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))).reshape([
    n,
    n,
  ]);
