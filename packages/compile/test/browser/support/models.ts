// What is trained in pages: large enough that threads share the kernels. It imports nothing that only
// tests have, since a page of its own trains, too.
import {
  crossEntropy,
  Generator,
  mean,
  normal,
  oneHot,
  softmax,
  square,
  sub,
  tensor,
  type Tensor,
} from "@wengert/autograd";
import {
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  Linear,
  MaxPool2d,
  relu,
  Sequential,
  type Layer,
  type Module,
} from "@wengert/nn";
import { Adam, SGD, type Optimizer } from "@wengert/optim";

/** A training step, its arguments, and what it changes. */
export interface Training {
  readonly step: (x: Tensor, y: Tensor) => Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly state: readonly Tensor[];
}

interface Ingredients extends Pick<Training, "x" | "y"> {
  readonly layers: readonly unknown[];
  readonly optimizer: (parameters: Tensor[]) => Optimizer;
  readonly loss: (output: Tensor, y: Tensor) => Tensor;
}

function training({ layers, optimizer, loss, x, y }: Ingredients): Training {
  const model = new Sequential(...(layers as Layer[])) as unknown as Module;
  const rule = optimizer(model.parameters());
  const states = rule.groups.flatMap((group) => group.states.flatMap((it) => Object.values(it)));
  return {
    x,
    y,
    state: [...model.parameters(), ...states],
    step: (input, target) => {
      rule.zeroGrad();
      const value = loss(model.forward(input as never) as Tensor, target);
      value.backward();
      rule.step();
      return value;
    },
  };
}

/** Integers from 0 to n − 1 without an order that a model could guess. */
const integers = (count: number, n: number): Tensor =>
  tensor(Int32Array.from({ length: count }, (_, i) => (i * i * 7 + 3 * i) % n));

const classify = crossEntropy as Ingredients["loss"];

export function twoLayers(): Training {
  const generator = new Generator(1);
  return training({
    layers: [new Linear(784, 128, { generator }), relu, new Linear(128, 10, { generator })],
    optimizer: (parameters) => new SGD(parameters, { lr: 0.05, momentum: 0.9 }),
    loss: classify,
    x: normal([32, 784], { generator }),
    y: integers(32, 10),
  });
}

export function lenet5(): Training {
  const generator = new Generator(2);
  return training({
    layers: [
      new Conv2d(1, 6, 5, { padding: 2, generator }),
      relu,
      new MaxPool2d(2),
      new Conv2d(6, 16, 5, { generator }),
      relu,
      new MaxPool2d(2),
      new Flatten(),
      new Linear(400, 120, { generator }),
      relu,
      new Linear(120, 84, { generator }),
      relu,
      new Linear(84, 10, { generator }),
    ],
    optimizer: (parameters) => new SGD(parameters, { lr: 0.02 }),
    loss: classify,
    x: normal([4, 1, 28, 28], { generator }),
    y: integers(4, 10),
  });
}

/** Predicts a token from one: embedding, dropout, and Brier's score of the softmax. */
export function tokens(): Training {
  const generator = new Generator(3);
  return training({
    layers: [
      new Embedding(50, 96, { generator }),
      new Dropout(0.2, { generator: new Generator(4) }),
      new Linear(96, 50, { generator }),
    ],
    optimizer: (parameters) => new Adam(parameters, { lr: 0.01 }),
    loss: (output, y) => mean(square(sub(softmax(output, { axis: -1 }), oneHot(y, 50)))) as Tensor,
    x: integers(512, 50),
    y: integers(512, 49),
  });
}
