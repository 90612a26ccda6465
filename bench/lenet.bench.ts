// One training step of a small convolutional network: contractions over sliding windows.
import { crossEntropy, Generator, normal, randomIntegers } from "@wengert/autograd";
import { Conv2d, Flatten, Linear, MaxPool2d, relu, Sequential } from "@wengert/nn";
import { SGD } from "@wengert/optim";

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
const optimizer = new SGD(model.parameters(), { lr: 0.01 });
const x = normal([64, 1, 28, 28], { generator });
const labels = randomIntegers([64], { high: 10, generator });

export const cases = {
  "LeNet-5, batch 64, SGD: a training step": () => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
  },
};
