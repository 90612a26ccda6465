/**
 * Calls of spreads, sorts, gates and slopes with a wrong shape: see must-fail.ts.
 */

import {
  center,
  dim,
  glu,
  Linear,
  prelu,
  quantile,
  Sequential,
  sort,
  std,
  topk,
  zeros,
} from "./ops.ts";

const a = zeros([2, 3, 4]);
const x = zeros([dim("batch", 32), 784]);

// @ts-expect-error
std(a, { axis: 3, correction: 0 });
// @ts-expect-error
quantile(a, 0.5, { axis: [0, 0] });
// @ts-expect-error
center(a, { axis: [0, 3] });
// @ts-expect-error
sort(a, { axis: 3, descending: true });
// @ts-expect-error
topk(a, 5);
// @ts-expect-error
topk(a, 1, { axis: -4 });
// @ts-expect-error
topk(x, 785);
// @ts-expect-error
glu(a, { axis: 1 });
// @ts-expect-error
glu(x, { axis: 2 });
// @ts-expect-error
new Sequential(new Linear(784, 511), glu);
// @ts-expect-error
new Sequential(new Linear(784, 512), glu, new Linear(512, 10));
// @ts-expect-error
prelu(a, zeros([4]));
// @ts-expect-error
prelu(a, zeros([3, 1]));
// @ts-expect-error
prelu(zeros([3]), zeros([3]));
