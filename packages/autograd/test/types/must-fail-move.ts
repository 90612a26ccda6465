/** Movement, indexing, sums of products and windows with a wrong shape; see must-fail.ts. */

import {
  adaptiveAvgPool2d,
  at,
  avgPool3d,
  broadcastTo,
  conv1d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  diag,
  diagonal,
  einsum,
  flip,
  fold,
  indexSelect,
  inner,
  interpolate,
  maskedFill,
  maxPool1d,
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
  trace,
  tril,
  unfold,
  zeros,
} from "./ops.ts";

const x = zeros([2, 9, 4]);

// ---- slices ----

// @ts-expect-error
at(x, 2);
// @ts-expect-error
at(x, ":", -10);
// @ts-expect-error
at(x, "...", 4);
// @ts-expect-error
at(x, ":", "1-3", 0);
// @ts-expect-error
at(x, "::0");
// @ts-expect-error
at(x, 0, 0, 0, 0);
// @ts-expect-error
at(x, "...", 0, "...");

// @ts-expect-error
slice(x, [0, 9]);
// @ts-expect-error
slice(x, [0, 0, 0, 0]);
// @ts-expect-error
slice(x, [null, [0, 9, 0]]);
// @ts-expect-error
pad(zeros([2]), [
  [1, 1],
  [0, 0],
]);

// ---- movement ----

// @ts-expect-error
flip(x, { axis: 3 });
// @ts-expect-error
roll(x, 1, { axis: [0, -4] });
// @ts-expect-error
repeat(x, 2, { axis: 3 });
// @ts-expect-error
split(x, [4, 4], { axis: 1 });
// @ts-expect-error
split(x, 4, { axis: 3 });
// @ts-expect-error
swapaxes(x, 0, 3);
// @ts-expect-error
moveaxis(x, 0, 3);
// @ts-expect-error
moveaxis(x, [0, 1], 2);
// @ts-expect-error
moveaxis(x, [0, -3], [0, 1]);
// @ts-expect-error
broadcastTo(x, [2, 9, 5]);

// ---- diagonals ----

// @ts-expect-error
tril(zeros([3]));
// @ts-expect-error
diag(x);
// @ts-expect-error
diagonal(x, { axis1: 1, axis2: -2 });
// @ts-expect-error
trace(zeros([3]));

// ---- picking and placing ----

// @ts-expect-error
take(x, zeros([2]), { axis: 3 });
// @ts-expect-error
indexSelect(x, zeros([2, 2]), { axis: 0 });
// @ts-expect-error
takeAlongAxis(x, zeros([3, 1, 4]), { axis: 1 });
// @ts-expect-error
scatter(x, zeros([2, 9]), 0, { axis: 1 });
// @ts-expect-error
scatterAdd(x, zeros([2, 9, 4]), zeros([2, 9, 4]), { axis: 3 });
// @ts-expect-error
maskedFill(x, zeros([5]), 0);

// ---- sums of products ----

// @ts-expect-error
einsum("ij,jk->ik", zeros([2, 3]), zeros([4, 5]));
// @ts-expect-error
einsum("ij,jk->ik", zeros([2, 3]));
// @ts-expect-error
einsum("ij->i", x);
// @ts-expect-error
einsum("i...jkl", x);
// @ts-expect-error
einsum("ij->ik", zeros([2, 3]));
// @ts-expect-error
einsum("ij->ii", zeros([2, 3]));
// @ts-expect-error
einsum("...i,...i->...", zeros([2, 3]), zeros([4, 3]));
// @ts-expect-error
outer(zeros([2]), x);
// @ts-expect-error
inner(zeros([2, 3]), zeros([2, 4]));
// @ts-expect-error
tensordot(x, zeros([9, 5]));
// @ts-expect-error
tensordot(x, x, {
  axes: [
    [0, 1],
    [1, 0],
  ],
});

// ---- windows ----

// @ts-expect-error
conv1d(zeros([1, 2, 9]), zeros([3, 3, 2]));
// @ts-expect-error
conv1d(zeros([1, 2, 9]), zeros([3, 2, 10]));
// @ts-expect-error
conv3d(zeros([1, 2, 4, 4]), zeros([3, 2, 2, 2, 2]));
// @ts-expect-error
convTranspose1d(zeros([1, 3, 9]), zeros([2, 3, 2]));
// @ts-expect-error
convTranspose2d(zeros([1, 3, 1, 1]), zeros([3, 2, 2, 2]), { padding: 1 });
// @ts-expect-error
maxPool1d(zeros([2, 3]), 4);
// @ts-expect-error
avgPool3d(zeros([4, 4]), 2);
// @ts-expect-error
adaptiveAvgPool2d(zeros([4]), 2);
// @ts-expect-error
unfold(zeros([1, 2, 4, 4]), 5);
// @ts-expect-error
fold(zeros([1, 10, 9]), [4, 4], 2);
// @ts-expect-error
interpolate(zeros([4, 4]), { scaleFactor: 2 });
