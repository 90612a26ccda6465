/** Pointwise functions with correct shapes, or with shapes nobody knows: see must-compile.ts. */

import { dim, hypot, is, isClose, lerp, polygamma, Sequential, round, zeros } from "./ops.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Dim, Dims } from "../../src/shapes/dims.ts";
import type { LerpFn, PolygammaFn } from "../../src/tensor/signatures.ts";

const x = zeros([dim("batch", 32), 784]);
declare const unknown: Tensor;
declare const flag: boolean;

is<Tensor<[2, 3]>>()(round(zeros([2, 3])));
is<Tensor<[Dim<"batch">, 784]>>()(new Sequential(round).forward(x));
is<Tensor<[2, 3]>>()(hypot(zeros([2, 1]), zeros([3])));
is<Tensor<[3]>>()(hypot(1, zeros([3])));

is<Tensor<[2, 3]>>()(lerp(zeros([2, 1]), zeros([3]), 0.5));
is<Tensor<[4, 2, 3]>>()(lerp(zeros([2, 1]), zeros([3]), zeros([4, 1, 1])));
is<Tensor<[2]>>()(lerp(0, 1, zeros([2])));
is<Tensor<[Dim<"batch">, 784]>>()(lerp(x, 0, x));
is<Tensor>()(lerp(unknown, zeros([3]), 0.5));

is<Tensor<[2, 3]>>()(isClose(zeros([2, 3]), zeros([3])));
is<Tensor<[2, 3]>>()(isClose(zeros([2, 3]), 0, { rtol: 1e-3 }));
is<Tensor>()(isClose(unknown, zeros([3])));

is<Tensor<[5]>>()(polygamma(1, zeros([5])));
is<Tensor>()(polygamma(2, unknown));
is<Tensor<[2]> | Tensor<[3]>>()(flag ? round(zeros([2])) : round(zeros([3])));

export function generic<S extends Dims>(t: Tensor<S>, mix: LerpFn, psi: PolygammaFn) {
  is<Tensor<S>>()(round(t));
  is<Tensor<S>>()(psi(1, t));
  return mix(t, 0, 0.5);
}
