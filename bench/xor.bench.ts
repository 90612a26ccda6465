// One training step of the smallest network there is: what remains is the overhead of a call.
import { mse, tensor } from "@wengert/autograd";
import { Linear, Sequential, sigmoid } from "@wengert/nn";
import { SGD } from "@wengert/optim";

const model = new Sequential(new Linear(2, 8), sigmoid, new Linear(8, 1), sigmoid);
const optimizer = new SGD(model.parameters(), { lr: 0.5 });
const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tensor([[0], [1], [1], [0]]);

export const cases = {
  "XOR 2-8-1, MSE, SGD: a training step": () => {
    optimizer.zeroGrad();
    const loss = mse(model.forward(x), y);
    loss.backward();
    optimizer.step();
  },
};
