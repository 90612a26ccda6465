// Models with wrong shapes: each must be refused. The type check covers this file; it is never run.
import { zeros } from "@wengert/autograd";
import {
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  GLU,
  LayerNorm,
  Linear,
  MaxPool2d,
  PReLU,
  Sequential,
  relu,
  softmax,
} from "../../src/index.ts";

const x = zeros([32, 784]);

// @ts-expect-error: 783 features
new Linear(784, 256).forward(zeros([32, 783]));
// @ts-expect-error: a scalar
new Linear(784, 256).forward(zeros([]));
// @ts-expect-error: Linear(128, 10) after Linear(784, 256)
new Sequential(new Linear(784, 256), relu, new Linear(128, 10));
// @ts-expect-error: the same, further back
new Sequential(new Linear(784, 256), relu, new Dropout(0.1), softmax, new Linear(255, 10));
// @ts-expect-error: 100 features
new Sequential(new Linear(784, 256), relu).forward(zeros([32, 100]));
// @ts-expect-error: 28 · 28 is 784
new Sequential(new Flatten(), new Linear(783, 10)).forward(zeros([32, 28, 28]));
// @ts-expect-error: a model that does not fit the layer after it
new Sequential(new Sequential(new Linear(784, 10), relu), new Linear(9, 1));
// @ts-expect-error: no layer
new Sequential(new Linear(784, 10), 3);
// @ts-expect-error: the result has 10 columns
new Sequential(new Linear(784, 10)).forward(x).add(zeros([9]));
// @ts-expect-error: without bias
export const none = new Linear(784, 10, { bias: false }).bias.data;
// @ts-expect-error: an unknown option
new Linear(784, 10, { biases: false });

// @ts-expect-error: 3 channels
new Conv2d(3, 6, 5).forward(zeros([64, 1, 28, 28]));
// @ts-expect-error: 6 channels come from the layer before
new Sequential(new Conv2d(1, 6, 5), relu, new MaxPool2d(2), new Conv2d(5, 16, 5));
// @ts-expect-error: 2 · 4 · 4 is 32
new Sequential(new Conv2d(1, 2, 5), new Flatten(), new Linear(9, 9)).forward(zeros([1, 1, 8, 8]));
// @ts-expect-error: the kernel is larger than the image
new Conv2d(1, 6, 5).forward(zeros([64, 1, 4, 28]));
// @ts-expect-error: one number is not a pair
new Conv2d(1, 6, [5]);
// @ts-expect-error: 8 features come from the table
new Sequential(new Embedding(100, 8), new LayerNorm(9));
// @ts-expect-error: half of 64 is 32
new Sequential(new Linear(784, 64), new GLU(), new Linear(64, 2));
// @ts-expect-error: 6 channels
new PReLU(5).forward(zeros([8, 6, 4, 4]));
