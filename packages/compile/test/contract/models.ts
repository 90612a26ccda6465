// Small models and their training steps.
import { add, crossEntropy, Generator, sum, type Tensor } from "@wengert/autograd";
import {
  Conv2d,
  Embedding,
  Flatten,
  gelu,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  MultiheadAttention,
  relu,
  Sequential,
  tanh,
} from "@wengert/nn";
import type { Optimizer } from "@wengert/optim";
import { labels, seeded, type Batch, type Step, type Training } from "./support.ts";

export type FloatType = "float32" | "float64";
export type AnyOptimizer = Pick<Optimizer, "lr" | "groups" | "step" | "zeroGrad">;

/** All that an optimizer remembers. */
const stateOf = ({ groups }: AnyOptimizer): Tensor[] =>
  groups.flatMap(({ states, learningRate }) => [
    learningRate,
    ...states.flatMap((state) => Object.values(state)),
  ]);

export const sequential = (...layers: readonly unknown[]): Module =>
  new Sequential(...(layers as never)) as unknown as Module;

export const forward = (model: Module, x: Tensor): Tensor => model.forward(x as never) as Tensor;

export const classify = crossEntropy as Step;

/** The usual step: clear, forward, loss, backward, update. */
export function training(model: Module, optimizer: AnyOptimizer, loss: Step): Training {
  return {
    model,
    optimizer,
    state: [...model.parameters(), ...model.buffers(), ...stateOf(optimizer)],
    step: (x, y) => {
      optimizer.zeroGrad();
      const value = loss(forward(model, x), y);
      value.backward();
      optimizer.step();
      return value;
    },
  };
}

export function mlp(dtype: FloatType = "float64", seed = 3): Module {
  const options = { generator: new Generator(seed), dtype };
  return sequential(
    new Linear(6, 11, options),
    tanh,
    new Linear(11, 7, options),
    relu,
    new Linear(7, 3, options),
  );
}

/** Batches for `mlp`. */
export const classBatches = (dtype: FloatType = "float64", rows = 9): Batch[] =>
  [1, 2, 3].map((seed) => ({ x: seeded([rows, 6], seed, dtype), y: labels(rows, 3) }));

/** For images [n, 1, 9, 9] and 5 classes. */
export function convNet(): Module {
  const options = { generator: new Generator(5), dtype: "float64" } as const;
  return sequential(
    new Conv2d(1, 3, 3, { ...options, padding: 1 }),
    relu,
    new MaxPool2d(2),
    new Conv2d(3, 4, 2, { ...options, stride: 2 }),
    tanh,
    new Flatten(),
    new Linear(4 * 2 * 2, 5, options),
  );
}

/** A block of a decoder over `vocabulary` tokens, before its norms: GPT-2's. */
export class Transformer extends Module {
  private readonly embed: Embedding;
  private readonly places: Tensor;
  private readonly norms: readonly Module[];
  private readonly attention: MultiheadAttention;
  private readonly hidden: Linear;
  private readonly narrow: Linear;
  private readonly head: Linear;

  constructor(vocabulary: number, length: number, width: number) {
    super();
    const options = { generator: new Generator(6), dtype: "float64" } as const;
    this.embed = new Embedding(vocabulary, width, options) as Embedding;
    this.places = seeded([length, width], 7);
    this.places.requiresGrad = true;
    this.norms = [0, 1].map(() => new LayerNorm(width, { dtype: "float64" }));
    this.attention = new MultiheadAttention(width, 2, { ...options, causal: true });
    this.hidden = new Linear(width, 3 * width, options) as Linear;
    this.narrow = new Linear(3 * width, width, options) as Linear;
    this.head = new Linear(width, vocabulary, options) as Linear;
  }

  protected run(tokens: Tensor): Tensor {
    const [first, second] = this.norms.map((norm) => (x: Tensor) => forward(norm, x));
    const start = add(this.embed.forward(tokens) as Tensor, this.places) as Tensor;
    const mixed = add(start, forward(this.attention, first(start))) as Tensor;
    const wide = gelu(forward(this.hidden, second(mixed)));
    return forward(this.head, add(mixed, forward(this.narrow, wide)) as Tensor);
  }
}

/** ‖model(x) · y‖₁ without the absolute values: a loss that needs no labels. */
export const linearLoss: Step = (out, y) => sum(out.mul(y) as Tensor) as Tensor;
