/**
 * Calls with a wrong shape. Each must be refused, in one line and in our own words; what exactly the
 * compiler says is recorded by shapes.test.ts.
 */

import {
  add,
  argmax,
  concat,
  Conv2d,
  conv2d,
  crossEntropy,
  cumsum,
  dim,
  Embedding,
  embedding,
  expand,
  Flatten,
  flatten,
  gather,
  hypot,
  isClose,
  LayerNorm,
  layerNorm,
  lerp,
  Linear,
  matmul,
  MaxPool2d,
  maxPool2d,
  mse,
  mul,
  permute,
  relu,
  reshape,
  scaledDotProductAttention,
  Sequential,
  softmax,
  squeeze,
  stack,
  sum,
  tensor,
  transpose,
  unsqueeze,
  where,
  zeros,
} from "./ops.ts";

const batch = dim("batch", 32);
const x = zeros([batch, 784]);
const a = zeros([2, 3, 4]);
const scalar = zeros([]);

// ---- pointwise ----

// @ts-expect-error
add(a, zeros([3, 5]));
// @ts-expect-error
mul(zeros([5]), a);
// @ts-expect-error
add(x, zeros([dim("time", 8), 784]));
// @ts-expect-error
where(zeros([2, 3]), zeros([4]), 0);
// @ts-expect-error
where(zeros([2, 3]), 0, zeros([2]));
// @ts-expect-error
x.add(zeros([783]));
// @ts-expect-error
mul(1, a).mul(zeros([2, 3]));

// @ts-expect-error
hypot(a, zeros([2, 4]));
// @ts-expect-error
lerp(a, zeros([3]), 0.5);
// @ts-expect-error
lerp(zeros([2, 3]), 1, zeros([2]));
// @ts-expect-error
isClose(zeros([2, 3]), zeros([2]), {});

// ---- products ----

// @ts-expect-error
matmul(zeros([32, 784]), zeros([256, 10]));
// @ts-expect-error
matmul(x, zeros([783]));
// @ts-expect-error
matmul(zeros([3]), zeros([4]));
// @ts-expect-error
matmul(zeros([3]), zeros([5, 4, 3]));
// @ts-expect-error
matmul(zeros([2, 3, 4]), zeros([5, 4, 3]));
// @ts-expect-error
matmul(scalar, x);
// @ts-expect-error
matmul(x, scalar);
// @ts-expect-error
x.matmul(zeros([783, 10]));

// ---- along axes ----

// @ts-expect-error
sum(a, { axis: 3 });
// @ts-expect-error
sum(a, { axis: -4, keepDims: true });
// @ts-expect-error
sum(a, { axis: [0, 3] });
// @ts-expect-error
sum(a, { axis: [2, -1] });
// @ts-expect-error
argmax(x, { axis: 2 });
// @ts-expect-error
softmax(x, { axis: 2 });
// @ts-expect-error
cumsum(scalar, { axis: 0 });
// @ts-expect-error
a.sum({ axis: [0, 3] });

// ---- movement ----

// @ts-expect-error
reshape(x, [batch, 28, 27]);
// @ts-expect-error
reshape(a, [5, -1]);
// @ts-expect-error
reshape(a, [-1, -1]);
// @ts-expect-error
reshape(zeros([123456, 1000]), [123456, 999]);
// @ts-expect-error
permute(a, [0, 1]);
// @ts-expect-error
permute(a, [0, 0, 1]);
// @ts-expect-error
permute(a, [0, 1, 3]);
// @ts-expect-error
transpose(a, 0, 3);
// @ts-expect-error
transpose(zeros([3]));
// @ts-expect-error
expand(a, [2, 3, 5]);
// @ts-expect-error
expand(a, [3, 4]);
// @ts-expect-error
expand(zeros([4, 3]), [1, 3]);
// @ts-expect-error
squeeze(a, { axis: 1 });
// @ts-expect-error
unsqueeze(a, 4);
// @ts-expect-error
flatten(scalar);

// ---- joining and indexing ----

// @ts-expect-error
concat([a, zeros([2, 5, 5])], { axis: 1 });
// @ts-expect-error
concat([a, zeros([3, 4])]);
// @ts-expect-error
concat([a, a], { axis: 3 });
// @ts-expect-error
stack([a, a, zeros([2, 3])]);
// @ts-expect-error
stack([a, a], { axis: 4 });
// @ts-expect-error
gather(a, zeros([2, 3]), { axis: 1 });
// @ts-expect-error
gather(a, zeros([2, 3, 1]), { axis: 3 });

// ---- losses and creation ----

// @ts-expect-error
crossEntropy(zeros([64, 10]), zeros([32]));
// @ts-expect-error
mse(zeros([64, 1]), zeros([64]));
// @ts-expect-error
tensor([
  [1, 2, 3],
  [4, 5],
]);

// ---- layers ----

// @ts-expect-error
new Linear(784, 256).forward(zeros([32, 783]));
// @ts-expect-error
new Sequential(new Linear(784, 256), relu, new Linear(128, 10));
// @ts-expect-error
new Sequential(new Flatten(), new Linear(784, 10)).forward(zeros([32, 28, 27]));
// @ts-expect-error
new Sequential(new Linear(784, 256), relu, new Linear(256, 10)).forward(zeros([32, 28, 28]));
// @ts-expect-error
new Sequential(relu, new Sequential(new Linear(4, 5), new Linear(5, 6)), new Linear(5, 1));

// ---- windows, tables, norms, attention ----

const images = zeros([batch, 4, 9, 9]);

// @ts-expect-error
conv2d(images, zeros([6, 3, 3, 3]));
// @ts-expect-error
conv2d(images, zeros([6, 4, 3, 3]), { groups: 2 });
// @ts-expect-error
conv2d(images, zeros([6, 4, 3, 10]));
// @ts-expect-error
conv2d(images, zeros([6, 4, 3]));
// @ts-expect-error
conv2d(zeros([4, 9, 9]), zeros([6, 4, 3, 3]));
// @ts-expect-error
maxPool2d(zeros([9]), 2);
// @ts-expect-error
maxPool2d(images, 10);
// @ts-expect-error
embedding(zeros([4, 7]), zeros([8]));
// @ts-expect-error
layerNorm(a, 3);
// @ts-expect-error
scaledDotProductAttention(zeros([5, 16]), zeros([7, 15]), zeros([7, 32]));
// @ts-expect-error
scaledDotProductAttention(zeros([5, 16]), zeros([7, 16]), zeros([6, 32]));
// @ts-expect-error
new Conv2d(3, 6, 5).forward(zeros([64, 1, 28, 28]));
// @ts-expect-error
new Sequential(new Conv2d(1, 6, 5), relu, new MaxPool2d(2), new Conv2d(5, 16, 5));
// @ts-expect-error
new Sequential(new Conv2d(4, 6, 5), new Flatten(), new Linear(99, 10)).forward(images);
// @ts-expect-error
new Sequential(new Embedding(100, 8), new LayerNorm(9));
