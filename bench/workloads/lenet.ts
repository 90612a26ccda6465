// A small convolutional network: contractions over sliding windows.
import { Generator, type Tensor } from "@wengert/autograd";
import { Conv2d, Flatten, Linear, MaxPool2d, relu, Sequential } from "@wengert/nn";
import { SGD } from "@wengert/optim";
import type { Workload } from "../types.ts";
import { randomBatch } from "./data.ts";
import { trainingStep } from "./train.ts";

export const lenet5: Workload = {
  title: "LeNet-5, batch 64, SGD",
  prepare: (compile) => {
    const generator = new Generator(1);
    const model = new Sequential(
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
    );
    const { x, labels } = randomBatch([64, 1, 28, 28], 10, generator);
    const training = {
      forward: (input: Tensor) => model.forward(input),
      optimizer: new SGD(model.parameters(), { lr: 0.01 }),
    };
    return trainingStep(compile, training, x, labels);
  },
};
