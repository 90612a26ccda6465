// Ten steps of every configuration against PyTorch's, written by fixtures/torch_fixtures.py.
import { mse, tanh, tensor, type NestedArray, type Tensor } from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import { Adam, AdamW, SGD, type Optimizer } from "../src/index.ts";
import fixture from "./fixtures/torch.json" with { type: "json" };

interface Step {
  readonly loss: number;
  readonly weight: NestedArray;
  readonly bias: NestedArray;
}

const optimizers = { SGD, Adam, AdamW };
const { problem } = fixture;
const float64 = { dtype: "float64" } as const;
const [x, y] = [tensor(problem.x, float64), tensor(problem.y, float64)];

/** Ten steps as the script makes them, and what has become of the parameters after each. */
function train(make: (weight: Tensor, bias: Tensor) => Optimizer): Step[] {
  const weight = tensor(problem.weight, { ...float64, requiresGrad: true });
  const bias = tensor(problem.bias, { ...float64, requiresGrad: true });
  const optimizer = make(weight, bias);
  return Array.from({ length: 10 }, (_, i) => {
    optimizer.zeroGrad();
    const loss = mse(tanh(x.matmul(weight.transpose()).add(bias)), y);
    loss.backward();
    if (i >= 3 && i < 6) bias.grad = null;
    if (i === 7) for (const group of optimizer.groups) group.lr *= 0.5;
    optimizer.step();
    return { loss: loss.item(), weight: weight.toArray(), bias: bias.toArray() };
  });
}

/** Within 1e-12, which leaves room for sums in another order. */
function expectSteps(ours: readonly Step[], theirs: readonly Step[]): void {
  expect(ours).toHaveLength(theirs.length);
  ours.forEach((step, i) => {
    for (const name of ["loss", "weight", "bias"] as const) {
      const expected = tensor(theirs[i][name], float64).data;
      tensor(step[name], float64).data.forEach((value, j) => {
        const error = Math.abs(value - expected[j]);
        expect(error, `${name}[${j}] after step ${i}`).toBeLessThan(1e-12);
      });
    }
  });
}

describe("as PyTorch", () => {
  it.each(fixture.runs.map((run) => [run.optimizer, JSON.stringify(run.options), run] as const))(
    "%s %s",
    (name, _, { options, steps }) => {
      const Class = optimizers[name as keyof typeof optimizers];
      expectSteps(
        train((...params) => new Class(params, options as ConstructorParameters<typeof Class>[1])),
        steps,
      );
    },
  );

  it("groups with options of their own", () => {
    const make = (weight: Tensor, bias: Tensor) =>
      new SGD(
        [
          { params: [weight], lr: 0.5 },
          { params: [bias], momentum: 0.5 },
        ],
        { lr: 0.1 },
      );
    expectSteps(train(make), fixture.groups);
  });
});
