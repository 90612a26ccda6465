/**
 * Wrong shapes in generic functions. They are refused, too, but the message may show a type parameter
 * that the compiler has not resolved, so its wording is not recorded.
 */

import {
  add,
  concat,
  crossEntropy,
  expand,
  Linear,
  matmul,
  mse,
  permute,
  reshape,
  softmax,
  squeeze,
  sum,
  transpose,
  unsqueeze,
  zeros,
} from "./ops.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

export function refused<N extends number>(t: Tensor<[N, 4]>): void {
  // @ts-expect-error
  matmul(t, zeros([5, 6]));
  // @ts-expect-error
  add(t, zeros([3]));
  // @ts-expect-error
  sum(t, { axis: 2 });
  // @ts-expect-error
  reshape(t, [t.shape[0], 5]);
  // @ts-expect-error
  permute(t, [0, 2]);
  // @ts-expect-error
  concat([t, zeros([3, 5])]);
  // @ts-expect-error
  expand(t, [2, 5]);
  // @ts-expect-error
  new Linear(5, 6).forward(t);
  // @ts-expect-error
  crossEntropy(t, zeros([7, 5]));
  // @ts-expect-error
  mse(t, zeros([7, 5]));
  // @ts-expect-error
  softmax(t, { axis: 2 });
  // @ts-expect-error
  squeeze(t, { axis: 1 });
  // @ts-expect-error
  transpose(t, 0, 2);
  // @ts-expect-error
  unsqueeze(t, 5);
}
