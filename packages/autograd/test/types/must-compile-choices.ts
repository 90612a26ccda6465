/** Spreads, quantiles, sorts, gates and slopes with correct or unknown shapes: all must compile. */

import {
  center,
  dim,
  glu,
  is,
  Linear,
  prelu,
  quantile,
  Sequential,
  sort,
  std,
  topk,
  zeros,
} from "./ops.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Dim, Dims } from "../../src/shapes/dims.ts";

type Batch = Dim<"batch">;

const batch = dim("batch", 32);
const a = zeros([2, 3, 4]);
const x = zeros([batch, 784]);
declare const unknown: Tensor;
declare const size: number;
declare const numbers: number[];
declare const flag: boolean;
declare const union: Tensor<[2]> | Tensor<[3]>;

// ---- reductions with options of their own ----

is<Tensor<[]>>()(std(a));
is<Tensor<[2, 4]>>()(std(a, { axis: 1, correction: 0 }));
is<Tensor<[2, 1, 4]>>()(std(a, { axis: 1, keepDims: true }));
is<Tensor<[Batch]>>()(std(x, { axis: -1 }));
is<Tensor>()(std(a, { axis: size, correction: 0 }));
is<Tensor<[]>>()(quantile(a, 0.5));
is<Tensor<[3]>>()(quantile(a, 0.5, { axis: [0, 2] }));
is<Tensor<[1, 3, 1]>>()(quantile(a, 0.5, { axis: [0, 2], keepDims: true }));
is<Tensor<[2, 3]>>()(quantile(a, [0.1, 0.9], { axis: [0, 2] }));
is<Tensor<[1]>>()(quantile(unknown, [0.5]));
is<Tensor<[number, 2, 4]>>()(quantile(a, numbers, { axis: 1 }));
is<Tensor>()(quantile(a, [0.5], { axis: size }));
is<Tensor>()(quantile(unknown, 0.5, { axis: 3 }));

// ---- the shape stays ----

is<Tensor<[2, 3, 4]>>()(center(a));
is<Tensor<[2, 3, 4]>>()(center(a, { axis: [0, -1] }));
is<Tensor<[Batch, 784]>>()(sort(x));
is<Tensor<[Batch, 784]>>()(sort(x, { axis: 0, descending: flag }));
is<Tensor>()(sort(unknown, { axis: 5 }));
is<Tensor>()(sort(union));

// ---- some of an axis ----

is<Tensor<[2, 3, 2]>>()(topk(a, 2).values);
is<Tensor<[2, 3, 2]>>()(topk(a, 2).indices);
is<Tensor<[2, 1, 4]>>()(topk(a, 1, { axis: 1, largest: false }).values);
is<Tensor<[5, 784]>>()(topk(x, 5, { axis: 0 }).values);
is<Tensor<[2, 3, number]>>()(topk(a, size).values);
is<Tensor<[7]>>()(topk(zeros([size]), 7).indices);
is<Tensor>()(topk(a, 2, { axis: size }).values);
is<Tensor>()(topk(unknown, 2).values);
is<Tensor>()(topk(union, 2).values);

is<Tensor<[2, 3, 2]>>()(glu(a));
is<Tensor<[1, 3, 4]>>()(glu(a, { axis: 0 }));
is<Tensor<[Batch, 392]>>()(glu(x));
is<Tensor<[number, 5]>>()(glu(zeros([size, 10])));
is<Tensor<[number]>>()(glu(zeros([size])));
is<Tensor>()(glu(unknown));
is<Tensor<[Batch, 10]>>()(
  new Sequential(new Linear(784, 512), glu, new Linear(256, 10)).forward(x),
);

// ---- a weight for an axis ----

is<Tensor<[2, 3, 4]>>()(prelu(a, zeros([])));
is<Tensor<[2, 3, 4]>>()(prelu(a, zeros([1])));
is<Tensor<[2, 3, 4]>>()(prelu(a, zeros([3])));
is<Tensor<[2, 3, 4]>>()(prelu(a, zeros([size])));
is<Tensor<[2, 3, 4]>>()(prelu(a, unknown));
is<Tensor<[4]>>()(prelu(zeros([4]), zeros([1])));
is<Tensor>()(prelu(unknown, zeros([7])));

// ---- in generic code ----

export const gate = <N extends number>(t: Tensor<[N, 6]>): Tensor<[N, 3]> => glu(t);
export const best = <N extends number>(t: Tensor<[N, 9]>): Tensor<[N, 5]> => topk(t, 5).values;
export const spread = <S extends Dims>(t: Tensor<S>): Tensor<[]> => std(t);
export const ordered = <T extends Tensor>(t: T) => sort(t, { descending: true });
