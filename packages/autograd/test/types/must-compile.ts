/**
 * Programs with correct shapes, or with shapes nobody knows: all must compile, and with the result
 * types that `is` states. Generic functions stand here because a check that is decided too early,
 * or never, shows only in them.
 */

import {
  add,
  argmax,
  concat,
  crossEntropy,
  cumsum,
  linearRecurrence,
  dim,
  exp,
  expand,
  Flatten,
  flatten,
  full,
  gather,
  greater,
  is,
  Linear,
  matmul,
  mean,
  type Module,
  mse,
  mul,
  oneHot,
  permute,
  relu,
  reshape,
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
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Dim, Dims } from "../../src/shapes/dims.ts";
import type { DynFn, FN, HasShapeFn, IdFn } from "../../src/shapes/layers.ts";
import type { BinaryFn, MatmulFn, UnaryFn } from "../../src/tensor/signatures.ts";

type Batch = Dim<"batch">;
type Time = Dim<"time">;

const batch = dim("batch", 32);
const x = zeros([batch, 784]);
const a = zeros([2, 3, 4]);
declare const unknown: Tensor;
declare const size: number;
declare const sizes: number[];
declare const flag: boolean;

// ---- creation ----

is<Tensor<[2, 3, 4]>>()(a);
is<Tensor<[]>>()(zeros([]));
is<Tensor<[5, number]>>()(full([5, size], 1));
is<Tensor>()(zeros(sizes));
is<Tensor<[2, 3]>>()(
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]),
);
is<Tensor<[2, 1, 2]>>()(tensor([[[1, 2]], [[3, 4]]]));
is<Tensor<[]>>()(tensor(5));
is<Tensor<[0]>>()(tensor([]));
is<Tensor>()(tensor(sizes));
is<Tensor>()(tensor(new Float32Array(3)));
is<Tensor>()(tensor([sizes, sizes]));

// ---- pointwise ----

is<Tensor<[2, 3, 4]>>()(add(a, zeros([4])));
is<Tensor<[2, 3, 4]>>()(mul(zeros([3, 1]), a));
is<Tensor<[2, 3, 4]>>()(add(a, 1));
is<Tensor<[2, 3, 4]>>()(add(1, a));
is<Tensor<[]>>()(add(zeros([]), 2));
is<Tensor<[5, 4]>>()(add(zeros([5, 1]), zeros([1, 4])));
is<Tensor<[Batch, 784]>>()(add(x, zeros([784])));
is<Tensor<[2, 4]>>()(add(zeros([size, 4]), zeros([2, 4])));
is<Tensor<[Batch, 784]>>()(x.add(zeros([784])).add(1));
is<Tensor>()(add(a, unknown));
is<Tensor>()(add(unknown, 1));
is<Tensor<[2, 3]>>()(where(greater(zeros([2, 3]), 0), zeros([3]), 0));
is<Tensor<[2, 3]>>()(where(zeros([2, 1]), 1, zeros([3])));

// ---- products ----

is<Tensor<[Batch, 10]>>()(matmul(x, zeros([784, 10])));
is<Tensor<[]>>()(matmul(zeros([3]), zeros([3])));
is<Tensor<[5]>>()(matmul(zeros([3]), zeros([3, 5])));
is<Tensor<[2, 5]>>()(matmul(zeros([3]), zeros([2, 3, 5])));
is<Tensor<[2, 3]>>()(matmul(a, zeros([4])));
is<Tensor<[7, 2, 3, 5]>>()(matmul(zeros([7, 1, 3, 4]), zeros([2, 4, 5])));
is<Tensor>()(matmul(unknown, a));
is<Tensor<[number, 5]>>()(matmul(zeros([size, size]), zeros([4, 5])));

// ---- along axes ----

is<Tensor<[]>>()(sum(a));
is<Tensor<[]>>()(sum(a, {}));
is<Tensor<[]>>()(mean(unknown));
is<Tensor<[1, 1, 1]>>()(sum(a, { keepDims: true }));
is<Tensor<[2, 4]>>()(sum(a, { axis: 1 }));
is<Tensor<[2, 3]>>()(sum(a, { axis: -1 }));
is<Tensor<[2, 1, 4]>>()(sum(a, { axis: 1, keepDims: true }));
is<Tensor<[3]>>()(sum(a, { axis: [0, -1] }));
is<Tensor<[1, 3, 1]>>()(sum(a, { axis: [0, -1], keepDims: true }));
is<Tensor>()(sum(a, { axis: size }));
is<Tensor>()(sum(a, { axis: sizes }));
is<Tensor>()(sum(a, { axis: 0, keepDims: flag }));
is<Tensor>()(sum(a, { axis: flag ? 0 : 1 }));
is<Tensor>()(sum(unknown, { axis: 7 }));
is<Tensor<[Batch]>>()(argmax(x, { axis: 1 }));
is<Tensor<[Batch, 1]>>()(argmax(x, { axis: -1, keepDims: true }));
is<Tensor<[Batch, 784]>>()(softmax(x, { axis: -1 }));
is<Tensor<[Batch, 784]>>()(cumsum(x, { axis: size }));
is<Tensor<[Batch, 784]>>()(softmax(x));
is<Tensor<[Batch, 784]>>()(linearRecurrence(x, x, { axis: 1, reverse: flag }));

// ---- movement ----

is<Tensor<[Batch, 28, 28]>>()(reshape(x, [batch, 28, 28]));
is<Tensor<[Batch, 1, 28, 28]>>()(reshape(x, [batch, 1, -1, 28]));
is<Tensor<[Batch, 784]>>()(reshape(x, [-1, 784]));
is<Tensor<[28, 28, Batch]>>()(reshape(x, [28, 28, -1]));
is<Tensor<[24]>>()(reshape(a, [-1]));
is<Tensor<[2, 12]>>()(reshape(a, [2, -1]));
is<Tensor<[4096, 512]>>()(reshape(zeros([64, 64, 512]), [-1, 512]));
is<Tensor<[512, 4096]>>()(reshape(zeros([64, 64, 512]), [512, -1]));
is<Tensor<[100000, 123456]>>()(reshape(zeros([123456, 100000]), [100000, -1]));
is<Tensor<[0, 7]>>()(reshape(zeros([0, 3]), [0, 7]));
is<Tensor<[number, number]>>()(reshape(unknown, [-1, size]));
is<Tensor>()(reshape(a, sizes));
is<Tensor<[number, 3]>>()(reshape(zeros([size, 6]), [size, 3]));
is<Tensor<[]>>()(reshape(zeros([1, 1]), []));
is<Tensor<[Batch, 784]>>()(flatten(zeros([batch, 28, 28])));
is<Tensor<[4, 2, 3]>>()(permute(a, [2, 0, 1]));
is<Tensor<[4, 3, 2]>>()(permute(a, [-1, -2, -3]));
is<Tensor>()(permute(a, sizes));
is<Tensor<[2, 4, 3]>>()(transpose(a));
is<Tensor<[3, 2, 4]>>()(transpose(a, 0, 1));
is<Tensor<[number, number, number]>>()(transpose(a, size, 1));
is<Tensor<[5, 2, 3, 4]>>()(expand(a, [5, 2, 3, 4]));
is<Tensor<[4, 3]>>()(expand(zeros([1, 3]), [4, -1]));
is<Tensor<[4, 3]>>()(expand(zeros([]), [4, 3]));
is<Tensor<[4, 3]>>()(expand(unknown, [4, 3]));
is<Tensor<[3, 4]>>()(squeeze(zeros([1, 3, 1, 4])));
is<Tensor<[1, 3, 4]>>()(squeeze(zeros([1, 3, 1, 4]), { axis: 2 }));
is<Tensor<[3, 4]>>()(squeeze(zeros([1, 3, 1, 4]), { axis: [0, -2] }));
is<Tensor>()(squeeze(x));
is<Tensor<[784]>>()(squeeze(x, { axis: 0 }));
is<Tensor<[1, 2, 3, 4]>>()(unsqueeze(a, 0));
is<Tensor<[2, 3, 4, 1]>>()(unsqueeze(a, -1));
is<Tensor<[2, 3, 4, 1]>>()(unsqueeze(a, 3));

// ---- joining and indexing ----

is<Tensor<[4, 3, 4]>>()(concat([a, a]));
is<Tensor<[2, 108, 4]>>()(concat([a, zeros([2, 5, 4]), zeros([2, 100, 4])], { axis: 1 }));
is<Tensor<[2, 3, 8]>>()(concat([a, a], { axis: -1 }));
is<Tensor<[number, 784]>>()(concat([x, zeros([3, 784])]));
is<Tensor>()(concat([a, unknown]));
is<Tensor>()(concat([a, a].map((t) => exp(t))));
is<Tensor<[3, 2, 3, 4]>>()(stack([a, a, a]));
is<Tensor<[2, 3, 4, 2]>>()(stack([a, a], { axis: -1 }));
is<Tensor>()(stack([unknown, unknown]));
is<Tensor<[2, 3, 1]>>()(gather(a, zeros([2, 3, 1]), { axis: 2 }));
is<Tensor<[Batch, 10]>>()(oneHot(argmax(x, { axis: 1 }), 10));
is<Tensor<[]>>()(crossEntropy(zeros([batch, 10]), zeros([batch])));
is<Tensor<[]>>()(crossEntropy(zeros([64, 10]), zeros([64, 10])));
is<Tensor<[]>>()(crossEntropy(unknown, zeros([64])));
is<Tensor<[]>>()(mse(x, zeros([batch, 784])));
is<Tensor<[]>>()(mse(unknown, x));

// ---- generic functions ----

export function residual<S extends Dims>(t: Tensor<S>): Tensor<S> {
  return add(t, relu(mul(t, 0.5)));
}

export function swish<S extends Dims>(t: Tensor<S>): Tensor<S> {
  return mul(t, where(greater(t, 0), exp(t), 1));
}

export function scoresOf<N extends number, T extends number>(
  q: Tensor<[N, T, 512]>,
): Tensor<[N, 8, T, T]> {
  const heads = permute(reshape(q, [q.shape[0], q.shape[1], 8, 64]), [0, 2, 1, 3]);
  return softmax(matmul(heads, transpose(heads)), { axis: -1 });
}

export function project<N extends number, I extends number, O extends number>(
  input: Tensor<[N, I]>,
  weight: Tensor<[O, I]>,
  bias: Tensor<[O]>,
): Tensor<[N, O]> {
  return add(matmul(input, transpose(weight)), bias);
}

export function normalize<N extends number, D extends number>(t: Tensor<[N, D]>): Tensor<[N, D]> {
  return add(t, mul(-1, mean(t, { axis: -1, keepDims: true })));
}

export function mergeHeads<N extends number, T extends number>(
  heads: Tensor<[N, 8, T, 64]>,
): Tensor<[N, T, 512]> {
  const merged = permute(heads, [0, 2, 1, 3]);
  return reshape(merged, [merged.shape[0], merged.shape[1], -1]);
}

export function tokens<N extends number, T extends number>(t: Tensor<[N, T, 512]>) {
  const flat: Tensor<[number, 512]> = reshape(t, [-1, 512]);
  const back: Tensor<[N, T, 512]> = reshape(flat, [t.shape[0], t.shape[1], 512]);
  return concat([back, sum(t, { axis: 1, keepDims: true })], { axis: 1 });
}

export function precise<N extends number, K extends number>(t: Tensor<[N, 4]>, u: Tensor<[N, K]>) {
  const results: [
    Tensor<[N]>,
    Tensor<[N, 6]>,
    Tensor<[N, K]>,
    Tensor<[K, N]>,
    Tensor<[1, N, K]>,
    Tensor<[2, N, K]>,
    Tensor<[number, K]>,
    Tensor<[5, N, K]>,
    Tensor<[N, 2, 2]>,
    Tensor<[N, 6]>,
    Tensor<[]>,
  ] = [
    argmax(u, { axis: -1 }),
    matmul(t, zeros([4, 6])),
    add(u, zeros([1])),
    transpose(u),
    unsqueeze(u, 0),
    stack([u, u]),
    concat([u, u]),
    expand(u, [5, u.shape[0], u.shape[1]]),
    reshape(t, [t.shape[0], 2, 2]),
    new Sequential(new Linear(4, 5), relu, new Linear(5, 6)).forward(t),
    crossEntropy(u, sum(u, { axis: 1 })),
  ];
  return results;
}

export function accepted<N extends number, K extends number, S extends Dims>(
  t: Tensor<[N, 4]>,
  u: Tensor<[N, K]>,
  s: Tensor<S>,
): Tensor[] {
  return [
    add(u, t),
    add(s, t),
    matmul(s, t),
    matmul(t, s),
    mse(s, t),
    crossEntropy(s, s),
    sum(s, { axis: [0, 1], keepDims: true }),
    cumsum(s, { axis: 0 }),
    permute(s, [1, 0]),
    transpose(s),
    unsqueeze(s, 0),
    squeeze(s),
    squeeze(u, { axis: 0 }),
    expand(s, [2, 3]),
    stack([s, s]),
    concat([s, s], { axis: 1 }),
    gather(s, s, { axis: 0 }),
    reshape(s, [2, -1]),
    reshape(u, [5, -1]),
    reshape(u, [u.shape[1], u.shape[0]]),
    reshape(zeros([3, 4]), [u.shape[0], u.shape[1]]),
    new Linear(4, 5).forward(s),
    new Sequential(new Flatten(), new Linear(5, 6)).forward(u),
  ];
}

export function anything<S extends Dims>(t: Tensor<S>): Tensor {
  const total: Tensor<[]> = sum(t);
  const rows = reshape(softmax(t, { axis: 0 }), [-1, 10]);
  return add(matmul(rows, zeros([10, 3])), add(total, sum(t, { axis: 0 })));
}

is<Tensor<[Batch, Time]>>()(residual(zeros([batch, dim("time", 8)])));
is<Tensor<[2, 8, 5, 5]>>()(scoresOf(zeros([2, 5, 512])));

// ---- subclasses of Tensor are tensors ----

declare class Parameter<out S extends Dims = any> extends Tensor<S> {}
declare const weight: Parameter<[3, 4]>;
declare const anyWeight: Parameter;
is<Tensor<[3, 4]>>()(add(weight, 1));
is<Tensor<[3, 4]>>()(relu(weight));
is<Tensor<[3, 5]>>()(matmul(weight, zeros([4, 5])));
is<Tensor<[6, 4]>>()(concat([weight, weight]));
is<Tensor>()(matmul(weight, anyWeight));

// ---- a bare Tensor is never in the way ----

let h: Tensor = unknown;
for (let i = 0; i < 3; i++) h = add(matmul(h, unknown), h.add(zeros([5])));
const known: Tensor<[3, 4]> = h;
const list: Tensor[] = [a, x, known];
export const total = list.reduce((s, t) => add(s, sum(t)), zeros([]));
export const step = (w: Tensor, t: Tensor, y: Tensor): Tensor => mse(relu(matmul(t, w)), y);

// ---- layers ----

const net = new Sequential(new Linear(784, 256), relu, new Linear(256, 10));
is<Tensor<[Batch, 10]>>()(net.forward(x));
is<Tensor>()(net.forward(unknown));
is<Tensor<[256, 784]>>()(new Linear(784, 256).weight);
is<Tensor<[2, 5, 4]>>()(new Sequential(net, new Linear(10, 4)).forward(zeros([2, 5, 784])));
is<Tensor<[32, 10]>>()(
  new Sequential(new Flatten(), new Linear(784, 10), softmax).forward(zeros([32, 28, 28])),
);
is<Tensor<[32, 10]>>()(
  new Sequential(flatten, new Linear(784, 10), softmax).forward(zeros([32, 28, 28])),
);
is<Tensor>()(new Sequential(new Linear(784, 3), (t: Tensor) => t, relu).forward(x));
is<Tensor<[Batch, 9]>>()(new Sequential(relu, new Linear(size, 9)).forward(x));
is<Tensor>()(new Sequential(residual, new Linear(7, 9)).forward(x));

const layers: (Module | UnaryFn)[] = [new Linear(3, 4), relu];
is<Tensor>()(new Sequential(...layers).forward(x));

/** A module without a shape function of its own is taken as unknown. */
declare class Recurrent extends Module<DynFn> {}
is<Tensor>()(new Sequential(new Recurrent(), new Linear(7, 3)).forward(x));

export class Dropout implements HasShapeFn<IdFn> {
  declare readonly [FN]?: IdFn;
}

// ---- an implementation is an ordinary function of bare tensors ----

export const myUnary: UnaryFn = (t: Tensor): Tensor => exp(t);
export const myBinary = ((s: Tensor | number, t: Tensor | number): Tensor =>
  add(s, t)) as BinaryFn<"first">;
export const myMatmul = ((s: Tensor, t: Tensor): Tensor => matmul(s, t)) as MatmulFn;
