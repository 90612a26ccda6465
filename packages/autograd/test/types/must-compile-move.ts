/** Movement, indexing and sums of products with correct or unknown shapes: all must compile. */

import {
  at,
  broadcastTo,
  chunk,
  diag,
  diagonal,
  dim,
  einsum,
  flip,
  indexSelect,
  inner,
  is,
  maskedFill,
  maskedSelect,
  meshgrid,
  moveaxis,
  outer,
  pad,
  repeat,
  roll,
  scatter,
  scatterAdd,
  slice,
  split,
  swapaxes,
  take,
  takeAlongAxis,
  tensordot,
  tile,
  trace,
  tril,
  zeros,
} from "./ops.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Dim, Dims } from "../../src/shapes/dims.ts";

const batch = dim("batch", 32);
const x = zeros([2, 9, 4]);
const b = zeros([batch, 9]);
declare const unknown: Tensor;
declare const size: number;
declare const text: string;
declare const sizes: number[];
declare const some: Tensor<[2]> | Tensor<[3]>;

// ---- slices ----

is<Tensor<[2, 3, 1, 4]>>()(at(x, ":", "2:5", null, "::-1"));
is<Tensor<[9, 4]>>()(at(x, -1));
is<Tensor<[]>>()(at(x, 0, 8, -4));
is<Tensor<[2, 9, 4]>>()(at(x));
is<Tensor<[1, 2, 9, 4, 1]>>()(at(x, null, "...", null));
is<Tensor<[2, 9]>>()(at(x, "...", 0));
is<Tensor<[9, 2]>>()(at(x, 1, "...", "::2"));
is<Tensor<[2, 7, 1]>>()(at(x, "0:100", "1:-1", "-1:"));
is<Tensor<[0, 9, 4]>>()(at(x, "5:"));
is<Tensor<[2, 0, 4]>>()(at(x, ":", "5:2"));
is<Tensor<[2, 4, 4]>>()(at(x, ":", "1:9:2"));
is<Tensor<[2, 5, 4]>>()(at(x, ":", "::-2"));
is<Tensor<[2, 3, 4]>>()(at(x, ":", "7:1:-2"));
is<Tensor<[2, 8, 4]>>()(at(x, ":", "-2::-1"));
is<Tensor<[2, 9, 4]>>()(at(x, ":", "20:-20:-1"));
is<Tensor<[Dim<"batch">, 3]>>()(at(b, ":", "::3"));
is<Tensor<[number, 9]>>()(at(b, "2:5"));
is<Tensor<[9]>>()(at(b, 100));
is<Tensor<[2, 4]>>()(at(x, ":", size));
is<Tensor<[2, number, 4]>>()(at(x, ":", text));
is<Tensor>()(at(unknown, 0, ":"));
is<Tensor>()(at(some, 0));

is<Tensor<[7, 4]>>()(slice(x, [0, [1, -1]]));
is<Tensor<[2, 9, 4]>>()(slice(x, [null, [], [null, null, -1]]));
is<Tensor<[2, 5, 2]>>()(slice(x, [null, [null, null, 2], [2]]));
is<Tensor<[Dim<"batch">, 3]>>()(slice(b, [null, [0, 3]]));
is<Tensor<[number, 9, 4]>>()(slice(x, [[size, 2]]));
is<Tensor<[9, 4]>>()(slice(x, [size]));
is<Tensor>()(slice(x, sizes));
is<Tensor>()(
  slice(
    x,
    sizes.map((n) => [0, n]),
  ),
);
is<Tensor>()(slice(unknown, [0]));
is<Tensor<[4, 9, 7]>>()(
  pad(x, [
    [1, 1],
    [0, 0],
    [0, 3],
  ]),
);
is<Tensor>()(
  pad(
    x,
    sizes.map((n) => [0, n]),
  ),
);
is<Tensor>()(pad(unknown, [[1, 1]]));

// ---- movement ----

is<Tensor<[2, 9, 4]>>()(flip(x, { axis: [0, -1] }));
is<Tensor<[2, 9, 4]>>()(roll(x, [1, 2], { axis: [0, 1] }));
is<Tensor<[2, 9, 4]>>()(roll(x, size));
is<Tensor>()(flip(unknown, { axis: 5 }));
is<Tensor<[2, 18, 4]>>()(tile(x, [2, 1]));
is<Tensor<[3, 2, 9, 8]>>()(tile(x, [3, 1, 1, 2]));
is<Tensor<[2, 9, 12]>>()(tile(x, 3));
is<Tensor<[Dim<"batch">, 18]>>()(tile(b, 2));
is<Tensor>()(tile(x, sizes));
is<Tensor<[2, 27, 4]>>()(repeat(x, 3, { axis: 1 }));
is<Tensor<[216]>>()(repeat(x, 3));
is<Tensor<[number, 9, 4]>>()(repeat(x, [2, 0], { axis: 0 }));
is<[Tensor<[2, 4, 4]>, Tensor<[2, 4, 4]>, Tensor<[2, 1, 4]>]>()(split(x, 4, { axis: 1 }));
is<[Tensor<[2, 9, 1]>, Tensor<[2, 9, 3]>]>()(split(x, [1, 3], { axis: -1 }));
is<[Tensor<[1, 9, 4]>, Tensor<[1, 9, 4]>]>()(chunk(x, 2));
is<Tensor<[0, 3]>[]>()(chunk(zeros([0, 3]), 2));
is<[Tensor<[2, 3, 4]>, Tensor<[2, 3, 4]>, Tensor<[2, 3, 4]>]>()(chunk(x, 3, { axis: 1 }));
is<Tensor<[number, 9]>[]>()(split(b, 4));
is<Tensor[]>()(split(unknown, 4));
is<[Tensor, Tensor]>()(split(unknown, [4, 5]));
is<Tensor<[4, 9, 2]>>()(swapaxes(x, 0, -1));
is<Tensor<[9, 4, 2]>>()(moveaxis(x, 0, -1));
is<Tensor<[4, 2, 9]>>()(moveaxis(x, -1, 0));
is<Tensor<[4, 2, 9]>>()(moveaxis(x, [0, 2], [1, 0]));
is<Tensor>()(moveaxis(unknown, 0, 1));
is<Tensor<[5, 2, 9, 4]>>()(broadcastTo(x, [5, 2, 9, 4]));
is<Tensor<[3, Dim<"batch">, 9]>>()(broadcastTo(zeros([batch, 1]), [3, batch, 9]));
is<[Tensor<[2, 3]>, Tensor<[2, 3]>]>()(meshgrid([zeros([2]), zeros([3])]));
is<[Tensor<[3, 2]>, Tensor<[3, 2]>]>()(meshgrid([zeros([2]), zeros([3])], { indexing: "xy" }));

// ---- diagonals ----

is<Tensor<[2, 9, 4]>>()(tril(x, { diagonal: 1 }));
is<Tensor<[3, 3]>>()(diag(zeros([3])));
is<Tensor<[5, 5]>>()(diag(zeros([3]), { offset: -2 }));
is<Tensor<[3]>>()(diag(zeros([3, 4])));
is<Tensor<[4, 2]>>()(diagonal(x));
is<Tensor<[2, 4]>>()(diagonal(x, { axis1: 1, axis2: 2 }));
is<Tensor<[2, 3]>>()(diagonal(x, { axis1: 1, axis2: 2, offset: 1 }));
is<Tensor<[2, 2]>>()(diagonal(x, { axis1: -2, axis2: -1, offset: -7 }));
is<Tensor<[2, 0]>>()(diagonal(x, { axis1: -2, axis2: -1, offset: 20 }));
is<Tensor<[Dim<"batch">]>>()(diagonal(zeros([batch, batch])));
is<Tensor<[]>>()(trace(zeros([3, 3])));
is<Tensor<[2]>>()(trace(x, { axis1: 1, axis2: 2 }));

// ---- picking and placing ----

const index = zeros([5, 6]);
is<Tensor<[2, 5, 6, 4]>>()(take(x, index, { axis: 1 }));
is<Tensor<[5, 6]>>()(take(x, index));
is<Tensor<[2, 7, 4]>>()(indexSelect(x, zeros([7]), { axis: 1 }));
is<Tensor<[2, 3, 4]>>()(takeAlongAxis(x, zeros([1, 3, 4]), { axis: 1 }));
is<Tensor<[2, 9, 4]>>()(scatter(x, zeros([1, 3, 4]), 0, { axis: 1 }));
is<Tensor<[2, 9, 4]>>()(scatterAdd(x, zeros([1, 3, 4]), zeros([1, 3, 4]), { axis: -1 }));
is<Tensor<[2, 9, 4]>>()(maskedFill(x, zeros([9, 1]), -Infinity));
is<Tensor<[number]>>()(maskedSelect(x, zeros([4])));
is<Tensor>()(take(unknown, index, { axis: 1 }));

// ---- sums of products ----

is<Tensor<[2, 5]>>()(einsum("ij,jk->ik", zeros([2, 3]), zeros([3, 5])));
is<Tensor<[2, 5]>>()(einsum(" i j, j k ", zeros([2, 3]), zeros([3, 5])));
is<Tensor<[5, 2]>>()(einsum("ja,ij->ai", zeros([3, 5]), zeros([2, 3])));
is<Tensor<[2, 3]>>()(einsum("zb", zeros([3, 2])));
is<Tensor<[]>>()(einsum("ii", zeros([3, 3])));
is<Tensor<[3]>>()(einsum("ii->i", zeros([3, 3])));
is<Tensor<[7, 2, 5]>>()(einsum("...ij,...jk->...ik", zeros([7, 2, 3]), zeros([1, 3, 5])));
is<Tensor<[7, 2]>>()(einsum("...ij->...i", zeros([7, 2, 3])));
is<Tensor<[2, 9, 8]>>()(einsum("...,a...->...a", zeros([9]), zeros([8, 2, 9])));
is<Tensor<[Dim<"batch">, 4, 9, 9]>>()(
  einsum("bhqd,bhkd->bhqk", zeros([batch, 4, 9, 8]), zeros([batch, 4, 9, 8])),
);
is<Tensor<[2, 6]>>()(einsum("ab,bc,cd->ad", zeros([2, 3]), zeros([3, 4]), zeros([4, 6])));
is<Tensor<[2]>>()(einsum("ij,ij->i", zeros([2, 3]), zeros([2, 1])));
is<Tensor<[2, number]>>()(einsum("ij,jk->ik", zeros([2, 3]), unknown));
is<Tensor>()(einsum("...i->...", unknown));
is<Tensor>()(einsum(text, x, x));
is<Tensor<[2, 3]>>()(outer(zeros([2]), zeros([3])));
is<Tensor<[2, 5]>>()(inner(zeros([2, 3]), zeros([5, 3])));
is<Tensor<[2, 5]>>()(tensordot(zeros([2, 3, 4]), zeros([3, 4, 5])));
is<Tensor<[2, 3, 5]>>()(tensordot(zeros([2, 3, 4]), zeros([4, 5]), { axes: 1 }));
is<Tensor<[3, 5]>>()(
  tensordot(zeros([2, 3, 4]), zeros([4, 5, 2]), {
    axes: [
      [0, 2],
      [2, 0],
    ],
  }),
);

export function generic<N extends number, S extends Dims, T extends Tensor>(
  v: Tensor<[N, 4]>,
  s: Tensor<S>,
  t: T,
): [Tensor<[4]>, Tensor<[N, 2]>, Tensor<S>, Tensor<[4, N]>, Tensor, Tensor, Tensor<[N, 5]>] {
  return [
    at(v, 0),
    at(v, ":", "::2"),
    flip(s),
    swapaxes(v, 0, 1),
    at(t, 0),
    split(t, 2)[0]!,
    einsum("ij,jk->ik", v, zeros([4, 5])),
  ];
}
