// "A call equals one eager call of f, the first call included, up to rounding": training.
import { describe, expect, it } from "vitest";
import { Generator, mean, square, sub, tensor, type Tensor } from "@wengert/autograd";
import { Linear, tanh } from "@wengert/nn";
import { Adam, AdamW, SGD } from "@wengert/optim";
import {
  classBatches,
  classify,
  convNet,
  mlp,
  sequential,
  training,
  Transformer,
  type AnyOptimizer,
} from "./models.ts";
import { ready } from "../../src/index.ts";
import { labels, seeded, trainTwins } from "./support.ts";

const optimizers: [string, (params: Tensor[]) => AnyOptimizer][] = [
  ["SGD", (p) => new SGD(p, { lr: 0.05 })],
  ["SGD with weight decay", (p) => new SGD(p, { lr: 0.05, weightDecay: 0.01 })],
  ["SGD with momentum", (p) => new SGD(p, { lr: 0.02, momentum: 0.9 })],
  [
    "Nesterov's momentum",
    (p) => new SGD(p, { lr: 0.02, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  ],
  ["Adam", (p) => new Adam(p, { lr: 0.01 })],
  ["Adam with weight decay", (p) => new Adam(p, { lr: 0.01, weightDecay: 0.1 })],
  ["AdamW", (p) => new AdamW(p, { lr: 0.01, weightDecay: 0.1 })],
  [
    "Adam with groups",
    (p) => new Adam([{ params: p.slice(0, 2), lr: 0.02 }, { params: p.slice(2) }]),
  ],
];

describe("A call equals one eager call of f, the first call included, up to rounding", () => {
  it.each(optimizers)("an MLP in float64, 250 steps of %s, to 1e-10", (_, optimizer) => {
    const make = () => {
      const model = mlp();
      return training(model, optimizer(model.parameters()), classify);
    };
    const { compiled, losses } = trainTwins(make, classBatches(), { steps: 250, tolerance: 1e-10 });
    expect(compiled.compilations).toBe(1);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
  });

  // The order of sums and the last bit of tanh and exp differ, some 1e-7 per step.
  it.each(optimizers)("an MLP in float32, 250 steps of %s, to 2e-4", (_, optimizer) => {
    const make = () => {
      const model = mlp("float32");
      return training(model, optimizer(model.parameters()), classify);
    };
    trainTwins(make, classBatches("float32"), { steps: 250, tolerance: 2e-4 });
  });

  it("a regression whose loss is made of elementary ops, 200 steps", () => {
    const make = () => {
      const options = { generator: new Generator(4), dtype: "float64" } as const;
      const model = sequential(new Linear(3, 8, options), tanh, new Linear(8, 1, options));
      const loss = (p: Tensor, y: Tensor): Tensor => mean(square(sub(p, y)));
      return training(model, new SGD(model.parameters(), { lr: 0.05 }), loss);
    };
    const batches = [1, 2].map((i) => ({ x: seeded([5, 3], i), y: seeded([5, 1], i + 9) }));
    trainTwins(make, batches, { steps: 200, tolerance: 1e-10 });
  });

  it("an MLP whose kernels are shared by threads, 30 steps of Adam in float32", async () => {
    await ready();
    const make = () => {
      const options = { generator: new Generator(8) };
      const model = sequential(new Linear(150, 201, options), tanh, new Linear(201, 10, options));
      return training(model, new Adam(model.parameters()), classify);
    };
    const batches = [1, 2].map((i) => ({ x: seeded([65, 150], i, "float32"), y: labels(65, 10) }));
    trainTwins(make, batches, { steps: 30, tolerance: 1e-4 });
  });

  it("a convolutional net, 200 steps", () => {
    const make = () => {
      const model = convNet();
      return training(model, new SGD(model.parameters(), { lr: 0.02, momentum: 0.9 }), classify);
    };
    const batches = [1, 2].map((i) => ({ x: seeded([3, 1, 9, 9], i), y: labels(3, 5) }));
    trainTwins(make, batches, { steps: 200, tolerance: 1e-9 });
  });

  it("a transformer block with AdamW, 200 steps", () => {
    const make = () => {
      const model = new Transformer(7, 5, 8);
      return training(model, new AdamW(model.parameters(), { lr: 3e-3 }), classify);
    };
    const tokens = (first: number) =>
      tensor(Int32Array.from({ length: 10 }, (_, i) => (first + i * i) % 7)).reshape([2, 5]);
    const batches = [0, 1].map((i) => ({ x: tokens(i), y: tokens(i + 1) }));
    trainTwins(make, batches, { steps: 200, tolerance: 1e-8 });
  });
});
