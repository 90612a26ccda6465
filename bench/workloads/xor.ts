// The smallest network there is: what remains is the overhead of a call.
import { Generator, mse, tensor, type Tensor } from "@wengert/autograd";
import { Linear, Sequential, sigmoid } from "@wengert/nn";
import { SGD } from "@wengert/optim";
import type { Workload } from "../types.ts";
import { trainingStep } from "./train.ts";

export const xor: Workload = {
  title: "XOR 2-8-1, MSE, SGD",
  prepare: (compile) => {
    const generator = new Generator(1);
    const model = new Sequential(
      new Linear(2, 8, { generator }),
      sigmoid,
      new Linear(8, 1, { generator }),
      sigmoid,
    );
    const x = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const training = {
      forward: (input: Tensor) => model.forward(input),
      optimizer: new SGD(model.parameters(), { lr: 0.5 }),
      loss: mse as (output: Tensor, target: Tensor) => Tensor,
    };
    return trainingStep(compile, training, x, tensor([[0], [1], [1], [0]]));
  },
};
