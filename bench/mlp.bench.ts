// One training step of a common network: most of it is matrix products.
import { crossEntropy, Generator, normal, randomIntegers } from "@wengert/autograd";
import { Linear, relu, Sequential } from "@wengert/nn";
import { SGD } from "@wengert/optim";

const generator = new Generator(1);
const model = new Sequential(
  new Linear(784, 256, { generator }),
  relu,
  new Linear(256, 10, { generator }),
);
const optimizer = new SGD(model.parameters(), { lr: 0.01 });
const x = normal([64, 784], { generator });
const labels = randomIntegers([64], { high: 10, generator });

export const cases = {
  "MLP 784-256-10, batch 64, SGD: a training step": () => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
  },
};
