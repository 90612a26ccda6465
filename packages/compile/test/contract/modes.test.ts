// Checkpoints, rules of a user's own, and whole matrices of derivatives in compiled functions.
import { describe, expect, it } from "vitest";
import {
  add,
  checkpoint,
  customJvp,
  customVjp,
  exp,
  Generator,
  grad,
  gt,
  hessian,
  hvp,
  jacobian,
  jvp,
  log,
  matmul,
  mean,
  mul,
  normal,
  sigmoid,
  sin,
  square,
  stopGradient,
  sum,
  tanh,
  uniform,
  valueAndGrad,
  vmap,
  where,
  type Tensor,
} from "@wengert/autograd";
import { compile } from "@wengert/compile";
import { SGD } from "@wengert/optim";

const generator = new Generator(11);
const random = (...shape: number[]): Tensor => normal(shape, { std: 0.5, generator }) as Tensor;
const total = (x: Tensor): Tensor => sum(x) as Tensor;

function agree(ours: Tensor, expected: Tensor) {
  expect(ours.shape).toEqual(expected.shape);
  const values = expected.data;
  ours.data.forEach((value, i) => expect(value).toBeCloseTo(values[i], 4));
}

const softplus = customVjp(
  (x: Tensor): Tensor => log(add(1, exp(x))),
  (g, { args: [x] }) => [mul(g, sigmoid(x))],
);
const cube = customJvp(
  (x: Tensor): Tensor => mul(x, square(x)),
  ([t], { args: [x] }) => mul(mul(3, square(x)), t),
);

describe("a compiled function", () => {
  it("has custom rules, checkpoints, jacobians and hessians as eager code has them", () => {
    const f = (x: Tensor): Tensor =>
      total(mul(softplus(x), checkpoint((x: Tensor) => sin(cube(x)))(x)));
    const [x, v] = [random(5), random(5)];
    const cases: ((x: Tensor) => Tensor)[] = [
      grad(f),
      hessian(f),
      jacobian(grad(f), { mode: "reverse", chunkSize: 2 }),
      (x) => hvp(f, [x], [v])[0],
      (x) => jvp(f, [x], [v])[1],
      (x) => vmap(grad(f))(x.reshape([5, 1]) as Tensor) as Tensor,
      (x) => grad((x: Tensor) => mul(f(x), stopGradient(f(x))) as Tensor)(x),
    ];
    for (const g of cases) agree(compile(g)(x), g(x));
    const aux = (x: Tensor) => [f(x), { y: tanh(x), n: 3 }] as const;
    const [[value, { y, n }], g] = compile(valueAndGrad(aux, { hasAux: true }))(x);
    agree(value, f(x));
    agree(y, tanh(x));
    agree(g, grad(f)(x));
    expect(n).toBe(3);
  });

  it("draws in a checkpoint once per call, and repeats it", () => {
    const run = (compiled: boolean, kept: boolean) => {
      const generator = new Generator(4);
      const w = normal([8], { generator }) as Tensor;
      w.requiresGrad = true;
      const optimizer = new SGD([w], { lr: 0.1 });
      const drop = (x: Tensor) =>
        where(gt(uniform([8], { generator }), 0.5), mul(2, sin(x)), mul(0, x)) as Tensor;
      const layer = kept ? checkpoint(drop) : drop;
      const step = (x: Tensor) => {
        optimizer.zeroGrad();
        const loss = mean(square(layer(layer(mul(w, x) as Tensor)))) as Tensor;
        loss.backward();
        optimizer.step();
        return loss;
      };
      const f = compiled ? compile(step) : step;
      const losses = Array.from({ length: 12 }, (_, i) =>
        f(mul(0.1 * i + 1, uniform([8], { generator: new Generator(i) })) as Tensor).item(),
      );
      return { losses, state: generator.state.toArray() };
    };
    const expected = run(false, false);
    for (const compiled of [false, true]) {
      const ours = run(compiled, true);
      expect(ours.state).toEqual(expected.state);
      ours.losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected.losses[i], 5));
    }
  });

  it("keeps less memory for checkpoints: what is computed again is not found to be there already", () => {
    const weights = Array.from({ length: 12 }, () => mul(0.05, random(64, 64)) as Tensor);
    const block = (x: Tensor, w: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 3; i++) y = tanh(matmul(y, w)) as Tensor;
      return y;
    };
    const loss =
      (layer: typeof block) =>
      (x: Tensor, ...weights: Tensor[]) =>
        total(square(weights.reduce((x, w) => layer(x, w), x)));
    const x = random(256, 64);
    const programs = [block, checkpoint(block)].map((layer) => compile(grad(loss(layer))));
    const [plain, kept] = programs.map((f) => f(x, ...weights));
    agree(kept, plain);
    const [a, b] = programs.map((f) => f.explain({ warmUpMs: 0 }));
    expect(b.arenaBytes).toBeLessThan(0.6 * a.arenaBytes);
    expect(b.flops).toBeGreaterThan(1.2 * a.flops);
    expect(b.flops).toBeLessThan(1.5 * a.flops);
  });
});
