/** Convolutions, pools, tables and attention with correct or unknown shapes: all must compile. */

import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  avgPool3d,
  conv1d,
  Conv2d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  dim,
  Embedding,
  embedding,
  Flatten,
  fold,
  interpolate,
  is,
  LayerNorm,
  layerNorm,
  Linear,
  MaxPool2d,
  maxPool1d,
  maxPool2d,
  relu,
  scaledDotProductAttention,
  Sequential,
  unfold,
  zeros,
} from "./ops.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Dim, Dims } from "../../src/shapes/dims.ts";

const batch = dim("batch", 32);
const images = zeros([batch, 4, 9, 9]);
declare const unknown: Tensor;
declare const size: number;

// ---- sizes: ⌊(n + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1 ----

is<Tensor<[Dim<"batch">, 6, 7, 7]>>()(conv2d(images, zeros([6, 4, 3, 3])));
is<Tensor<[Dim<"batch">, 6, 4, 7]>>()(
  conv2d(images, zeros([6, 2, 3, 3]), { groups: 2, stride: [2, 1], dilation: 2, padding: 1 }),
);
is<Tensor<[8, 1, 1000, 1]>>()(
  conv2d(zeros([8, 1, 10000, 10]), zeros([1, 1, 10, 10]), { stride: 10 }),
);
is<Tensor<[Dim<"batch">, 6, number, 7]>>()(
  conv2d(images, zeros([6, 4, 3, 3]), { stride: [size, 1] }),
);
is<Tensor<[number, 6, number, number]>>()(conv2d(unknown, zeros([6, 4, 3, 3])));
is<Tensor>()(conv2d(images, unknown));
is<Tensor<[Dim<"batch">, 4, 4, 3]>>()(maxPool2d(images, [2, 3]));
is<Tensor<[Dim<"batch">, 4, 5, 5]>>()(maxPool2d(images, 3, { stride: 2, padding: 1 }));
is<Tensor<[4, 4]>>()(maxPool2d(zeros([9, 9]), 2));
is<Tensor<[Dim<"batch">, 4, number, number]>>()(maxPool2d(images, size));
is<Tensor>()(maxPool2d(unknown, 2));

// ---- a convolutional network ----

const lenet = new Sequential(
  new Conv2d(1, 6, 5, { padding: 2 }),
  relu,
  new MaxPool2d(2),
  new Conv2d(6, 16, 5),
  relu,
  new MaxPool2d(2),
  new Flatten(),
  new Linear(400, 120),
  relu,
  new Linear(120, 10),
);
is<Tensor<[64, 10]>>()(lenet.forward(zeros([64, 1, 28, 28])));
is<Tensor<[Dim<"batch">, 10]>>()(lenet.forward(zeros([batch, 1, 28, 28])));
is<Tensor>()(lenet.forward(unknown));
is<Tensor<[2, 3, 8, 6]>>()(new Conv2d(1, 3, [3, 5]).forward(zeros([2, 1, 10, 10])));

// ---- tables, norms, attention ----

const words = new Sequential(new Embedding(100, 8), new LayerNorm(8), new Linear(8, 2));
is<Tensor<[4, 7, 2]>>()(words.forward(zeros([4, 7])));
is<Tensor>()(words.forward(unknown));
is<Tensor<[4, 7, 8]>>()(embedding(zeros([4, 7]), zeros([100, 8])));
is<Tensor<[8]>>()(embedding(zeros([]), zeros([100, 8])));
is<Tensor<[4, 7, 8]>>()(layerNorm(zeros([4, 7, 8]), [7, 8]));
is<Tensor<[4, 7, 8]>>()(new LayerNorm([7, 8]).forward(zeros([4, 7, 8])));
is<Tensor>()(layerNorm(unknown, 8));
is<Tensor<[2, 3, 5, 32]>>()(
  scaledDotProductAttention(zeros([2, 3, 5, 16]), zeros([3, 7, 16]), zeros([2, 1, 7, 32])),
);
is<Tensor>()(scaledDotProductAttention(unknown, zeros([7, 16]), zeros([7, 32])));

export function generic<N extends number, S extends Dims>(
  t: Tensor<[N, 4, 9, 9]>,
  ids: Tensor<[N, 5]>,
  s: Tensor<S>,
): [Tensor<[N, 6, 7, 7]>, Tensor<[N, 4, 4, 4]>, Tensor<[N, 5, 8]>, Tensor] {
  return [
    conv2d(t, zeros([6, 4, 3, 3])),
    maxPool2d(t, 2),
    embedding(ids, zeros([100, 8])),
    new Conv2d(4, 6, 3).forward(s),
  ];
}

// ---- one, two and three spatial axes, and transposes ----

is<Tensor<[Dim<"batch">, 6, 48]>>()(
  conv1d(zeros([batch, 4, 100]), zeros([6, 4, 5]), { stride: 2 }),
);
is<Tensor<[2, 4, 6, 7, 3]>>()(
  conv3d(zeros([2, 1, 8, 8, 8]), zeros([4, 1, 3, 2, 3]), { stride: [1, 1, 2] }),
);
is<Tensor<[8, 4, 99]>>()(convTranspose1d(zeros([8, 6, 48]), zeros([6, 4, 5]), { stride: 2 }));
is<Tensor<[8, 8, 14, 15]>>()(
  convTranspose2d(zeros([8, 16, 7, 7]), zeros([16, 4, 2, 2]), {
    stride: 2,
    groups: 2,
    outputPadding: [0, 1],
  }),
);
is<Tensor<[1, 3, 7, 7, 7]>>()(
  convTranspose3d(zeros([1, 2, 4, 4, 4]), zeros([2, 3, 3, 3, 3]), {
    padding: 1,
    stride: 2,
  }),
);
is<Tensor<[number, 4, number]>>()(convTranspose1d(unknown, zeros([6, 4, 5])));
is<Tensor<[8, 4, number]>>()(
  convTranspose1d(zeros([8, 6, 48]), zeros([6, 4, 5]), { stride: size }),
);
is<Tensor<[8, 4, 50]>>()(maxPool1d(zeros([8, 4, 100]), 2));
is<Tensor<[4, 2, 3]>>()(avgPool3d(zeros([8, 5, 6]), [2, 3, 2], { stride: [2, 2, 2] }));

// ---- other sizes, and windows as columns ----

is<Tensor<[8, 64, 1, 1]>>()(adaptiveAvgPool2d(zeros([8, 64, 7, 5]), 1));
is<Tensor<[8, 64, 3, 5]>>()(adaptiveAvgPool2d(zeros([8, 64, 7, 5]), [3, null]));
is<Tensor<[2, 4, 2, 3, 5]>>()(adaptiveAvgPool3d(zeros([2, 4, 8, 7, 5]), [2, 3, null]));
is<Tensor<[8, 3]>>()(adaptiveAvgPool1d(zeros([8, 10]), 3));
is<Tensor<[8, 27, 64]>>()(unfold(zeros([8, 3, 10, 10]), 3));
is<Tensor<[8, 12, 6]>>()(unfold(zeros([8, 3, 8]), [4], { stride: 2, padding: 3 }));
is<Tensor<[8, 3, 10, 10]>>()(fold(zeros([8, 27, 64]), [10, 10], 3));
is<Tensor<[number, number, 10, 10]>>()(fold(unknown, [10, 10], 3));
is<Tensor<[1, 3, 16, 24]>>()(interpolate(zeros([1, 3, 8, 8]), { scaleFactor: [2, 3] }));
is<Tensor<[1, 3, number, number]>>()(interpolate(zeros([1, 3, 8, 8]), { scaleFactor: 1.5 }));
is<Tensor<[1, 3, 5, 12]>>()(interpolate(zeros([1, 3, 8, 8]), { size: [5, 12] }));
is<Tensor<[1, 3, 5]>>()(interpolate(zeros([1, 3, 8]), { size: 5 }));
is<Tensor>()(interpolate(unknown, { size: 5 }));
is<Tensor<[4, 4, 5]>>()(maxPool2d(zeros([4, 8, 9]), 2, { ceilMode: true }));
// A window that would begin in the padding is none.
is<Tensor<[1, 2]>>()(maxPool1d(zeros([1, 6]), 4, { stride: 4, padding: 2, ceilMode: true }));
is<Tensor<[1, 5]>>()(maxPool1d(zeros([1, 9]), 3, { stride: 1, dilation: 2 }));
is<Tensor<[1, number, number]>>()(maxPool2d(zeros([1, 9, 9]), 2, { ceilMode: true as boolean }));
is<Tensor<[2, 6, 5, 7]>>()(
  conv2d(zeros([2, 3, 10, 7]), zeros([6, 3, 3, 2]), { stride: [2, 1], padding: "same" }),
);
is<Tensor<[2, 6, 8, 6]>>()(conv2d(zeros([2, 3, 10, 7]), zeros([6, 3, 3, 2]), { padding: "valid" }));
is<Tensor<[2, 6, 10, 7]>>()(new Conv2d(3, 6, 3, { padding: "same" }).forward(zeros([2, 3, 10, 7])));
is<Tensor<[2, 3, 3, 4]>>()(
  new MaxPool2d(3, { stride: 2, ceilMode: true }).forward(zeros([2, 3, 6, 8])),
);
