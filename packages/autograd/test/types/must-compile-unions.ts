/**
 * Tensors whose type is a union of shapes: which of them it is shows at run time only, so all of
 * this must compile, and what depends on the shape is a bare Tensor.
 */

import {
  add,
  argmax,
  concat,
  conv2d,
  crossEntropy,
  embedding,
  expand,
  flatten,
  gather,
  greater,
  is,
  layerNorm,
  matmul,
  maxPool2d,
  mean,
  mse,
  mul,
  oneHot,
  permute,
  relu,
  reshape,
  scaledDotProductAttention,
  softmax,
  square,
  squeeze,
  stack,
  sum,
  transpose,
  unsqueeze,
  where,
  zeros,
} from "./ops.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Dims, ShapeOf } from "../../src/shapes/dims.ts";

declare const flag: boolean;
const x = flag ? zeros([2]) : zeros([3]);
const u = flag ? zeros([2, 3]) : zeros([4, 3]);
const parameters = { w: zeros([2, 3]), b: zeros([3]) };
declare const images: Tensor<[1, 3, 28, 28]> | Tensor<[2, 1, 28, 28]>;

// ---- one side, or both ----

is<Tensor>()(square(x));
is<Tensor>()(add(x, 1));
is<Tensor>()(add(1, x));
is<Tensor>()(add(x, x));
is<Tensor>()(add(u, zeros([3])));
is<Tensor>()(mul(zeros([4, 3]), u));
is<Tensor>()(where(greater(u, 0), u, x));
is<Tensor>()(where(zeros([2]), x, 0));
is<Tensor>()(matmul(u, zeros([3, 5])));
is<Tensor>()(matmul(zeros([3, 2]), u));
is<Tensor>()(matmul(u, transpose(u)));
is<Tensor<[]>>()(mse(u, zeros([2, 3])));
is<Tensor<[]>>()(mse(zeros([2, 3]), u));
is<Tensor<[]>>()(crossEntropy(u, zeros([2])));
is<Tensor>()(gather(u, u, { axis: 0 }));
is<Tensor>()(embedding(x, u));
is<Tensor<[number, 8, number, number]>>()(conv2d(images, zeros([8, 3, 3, 3])));
is<Tensor>()(maxPool2d(images, 2));
is<Tensor>()(scaledDotProductAttention(u, u, u));

// ---- along axes, and their arrangement ----

is<Tensor<[]>>()(sum(x));
is<Tensor>()(mean(u, { axis: 1 }));
is<Tensor>()(argmax(u, { axis: 0 }));
is<Tensor>()(softmax(u, { axis: 1 }));
is<Tensor>()(layerNorm(u, 3));
is<Tensor<[3, number]>>()(reshape(u, [3, -1]));
is<Tensor<[number, number]>>()(flatten(u));
is<Tensor>()(permute(u, [1, 0]));
is<Tensor<[5, 4, 3]>>()(expand(u, [5, 4, 3]));
is<Tensor>()(squeeze(u));
is<Tensor>()(unsqueeze(u, 1));
is<Tensor>()(oneHot(x, 5));
is<Tensor>()(concat([u, zeros([1, 3])]));
is<Tensor>()(stack([u, u]));

// ---- methods ----

is<Tensor<[]>>()(x.sum());
is<Tensor>()(u.sum({ axis: 1 }));
is<Tensor>()(x.mul(2));
is<Tensor>()(x.add(x));
is<Tensor>()(u.matmul(zeros([3, 5])));
is<Tensor<[2]> | Tensor<[3]>>()(x.square());

// ---- lists and records of parameters ----

const weights = [zeros([2, 3]), zeros([3])];
is<Tensor[]>()(weights.map((w) => square(w)));
is<Tensor[]>()(weights.map(square));
is<Tensor[]>()(weights.map((w) => w.mul(0.5)));
is<Tensor[]>()(weights.map((w, i) => w.add(mul(weights[i]!, -0.1))));
for (const v of Object.values(parameters)) is<Tensor<[]>>()(v.sum());

let penalty: Tensor<[]> = zeros([]);
for (const w of weights) penalty = add(penalty, sum(square(w)));

let h = x;
h = relu(h.mul(2));

// ---- with numbers, with a bare Tensor, with itself ----

declare const operand: Tensor<[2]> | number;
declare const anyOperand: Tensor | number;
declare const half: 0.5 | 2;
declare const mixed: Tensor<[2]> | Tensor;
declare const anything: any;
is<Tensor>()(add(operand, operand));
is<Tensor>()(zeros([2]).mul(operand));
is<Tensor>()(add(anyOperand, zeros([3])));
is<Tensor<[2, 3]>>()(mul(zeros([2, 3]), half));
is<Tensor>()(mixed.add(zeros([5])));
is<Tensor>()(relu(anything));
is<Tensor>()(add(zeros([2, 3]), anything));

declare class Parameter<out S extends Dims = any> extends Tensor<S> {}
declare const same: Parameter<[2, 3]> | Tensor<[2, 3]>;
is<Tensor<[2, 3]>>()(relu(same));

// ---- generic functions: what one infers as a whole type takes unions, too ----

export function halved<T extends Tensor>(t: T): Tensor<ShapeOf<T>> {
  return relu(mul(t, 0.5)).mul(2);
}
is<Tensor<[2, 3]>>()(halved(zeros([2, 3])));
is<Tensor>()(halved(u));

export function bounded<T extends Tensor, M extends Tensor<[2, 3]>>(t: T, m: M): Tensor[] {
  const vector: Tensor<[10]> = relu(t);
  const matrix: Tensor<[2, 3]> = relu(m).mul(2);
  const rows: Tensor<[2]> = m.sum({ axis: 1 });
  const product: Tensor<[2, 5]> = matmul(m, zeros([3, 5]));
  const any: Tensor[] = [add(t, m), matmul(t, m), mse(t, vector), concat([t, t]), reshape(t, [3])];
  return [vector, matrix, rows, product, ...any];
}
