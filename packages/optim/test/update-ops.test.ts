// The ops by the suite that all ops pass, and by formulas of single numbers.
import { tensor } from "@wengert/autograd";
import { checkNames, checkOp, opsOf } from "@wengert/autograd/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as optim from "../src/index.ts";
import { Adam, AdamW, SGD } from "../src/index.ts";

describe.each(opsOf(optim).map((f) => [f.op.name, f] as const))("%s", (_, f) => {
  it.each(checkNames)("%s", (name) => checkOp(f, { only: [name] }));
});

const number = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true, noDefaultInfinity: true });

/** A parameter and its gradients in some steps; null: none. */
const history = fc.record({
  start: number(-3, 3),
  gradients: fc.array(fc.option(number(-5, 5), { freq: 5 }), { minLength: 1, maxLength: 8 }),
});

/** What an optimizer makes of one parameter in float64, in the middle of a tensor. */
function run(
  make: (params: ReturnType<typeof tensor>[]) => optim.Optimizer,
  { start, gradients }: { start: number; gradients: (number | null)[] },
): number {
  const p = tensor([9, start, -9], { dtype: "float64", requiresGrad: true });
  const optimizer = make([p]);
  for (const g of gradients) {
    p.grad = g === null ? null : tensor([1, g, -1], { dtype: "float64" });
    optimizer.step();
  }
  return p.data[1];
}

const expectClose = (got: number, expected: number): void =>
  expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected)));

describe("steps of a single number", () => {
  const sgdOptions = fc
    .record({
      lr: number(0, 1),
      momentum: fc.option(number(0, 1), { nil: 0 }),
      nesterov: fc.boolean(),
      weightDecay: fc.option(number(0, 1), { nil: 0 }),
    })
    .map((options) => ({ ...options, nesterov: options.nesterov && options.momentum > 0 }));

  it("SGD", () => {
    fc.assert(
      fc.property(sgdOptions, history, (options, problem) => {
        const { lr, momentum, nesterov, weightDecay } = options;
        let w = problem.start;
        let velocity = 0;
        for (const g of problem.gradients) {
          if (g === null) continue;
          const slope = g + weightDecay * w;
          velocity = momentum * velocity + slope;
          w -= lr * (nesterov ? slope + momentum * velocity : velocity);
        }
        expectClose(
          run((params) => new SGD(params, options), problem),
          w,
        );
      }),
      { seed: 1 },
    );
  });

  const adamOptions = fc.record({
    lr: number(0, 1),
    betas: fc.tuple(number(0, 0.99), number(0, 0.999)),
    eps: fc.constantFrom(1e-8, 1e-4, 0.1),
    weightDecay: fc.option(number(0, 1), { nil: 0 }),
  });

  it.each([
    ["Adam", Adam, false],
    ["AdamW", AdamW, true],
  ] as const)("%s", (_, Class, decoupled) => {
    fc.assert(
      fc.property(adamOptions, history, (options, problem) => {
        const { lr, betas, eps, weightDecay } = options;
        let w = problem.start;
        let [m, v, t] = [0, 0, 0];
        for (const given of problem.gradients) {
          if (given === null) continue;
          t += 1;
          const g = given + (decoupled ? 0 : weightDecay * w);
          if (decoupled) w *= 1 - lr * weightDecay;
          m += (1 - betas[0]) * (g - m);
          v += (1 - betas[1]) * (g * g - v);
          const [mean, square] = [m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)];
          w -= (lr * mean) / (Math.sqrt(square) + eps);
        }
        // √v amplifies the rounding of a tiny v, where eps does not hide it.
        const got = run((params) => new Class(params, options), problem);
        expect(Math.abs(got - w)).toBeLessThanOrEqual(1e-7 * (1 + Math.abs(w)));
      }),
      { seed: 2 },
    );
  });
});
