/** Linear algebra and Fourier transforms with correct or unknown shapes: all must compile. */

import {
  cholesky,
  det,
  dim,
  eigh,
  eigvalsh,
  fft,
  inverse,
  irfft,
  is,
  lstsq,
  matrixPower,
  pinv,
  qr,
  rfft,
  slogdet,
  solve,
  svd,
  svdvals,
  zeros,
} from "./ops.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Dim, Dims } from "../../src/shapes/dims.ts";

const batch = dim("batch", 32);
const square = zeros([batch, 4, 4]);
const tall = zeros([batch, 5, 3]);
const wide = zeros([2, 30]);
declare const unknown: Tensor;
declare const size: number;
declare const flag: boolean;
declare const either: Tensor<[2, 2]> | Tensor<[3, 4]>;

// ---- square matrices ----

is<Tensor<[]>>()(det(zeros([3, 3])));
is<Tensor<[Dim<"batch">]>>()(det(square));
is<Tensor<[Dim<"batch">]>>()(slogdet(square).sign);
is<Tensor<[Dim<"batch">]>>()(slogdet(square).logabsdet);
is<Tensor<[Dim<"batch">, 4, 4]>>()(inverse(square));
is<Tensor<[Dim<"batch">, 4, 4]>>()(cholesky(square, { upper: true }));
is<Tensor<[Dim<"batch">, 4, 4]>>()(matrixPower(square, -2));
is<Tensor<[Dim<"batch">, 4]>>()(eigh(square).eigenvalues);
is<Tensor<[Dim<"batch">, 4, 4]>>()(eigh(square).eigenvectors);
is<Tensor<[Dim<"batch">, 4]>>()(eigvalsh(square));
is<Tensor<[Dim<"batch">, 3]>>()(svdvals(tall));
is<Tensor<[4, 4]>>()(inverse(zeros([4, size])));
is<Tensor>()(det(unknown));
is<Tensor>()(inverse(unknown));
is<Tensor>()(eigh(unknown).eigenvalues);

// ---- systems ----

is<Tensor<[4]>>()(solve(zeros([4, 4]), zeros([4])));
is<Tensor<[Dim<"batch">, 4]>>()(solve(square, zeros([4])));
is<Tensor<[7, Dim<"batch">, 4, 2]>>()(solve(square, zeros([7, 1, 4, 2])));
is<Tensor<[Dim<"batch">, 3, 2]>>()(lstsq(tall, zeros([5, 2])));
is<Tensor<[30]>>()(lstsq(wide, zeros([2])));
is<Tensor>()(solve(square, unknown));
is<Tensor>()(solve(unknown, zeros([4])));

// ---- factors ----

is<Tensor<[Dim<"batch">, 3, 5]>>()(pinv(tall));
is<Tensor<[Dim<"batch">, 5, 3]>>()(qr(tall).q);
is<Tensor<[Dim<"batch">, 3, 3]>>()(qr(tall).r);
is<Tensor<[Dim<"batch">, 5, 5]>>()(qr(tall, { mode: "complete" }).q);
is<Tensor<[Dim<"batch">, 5, 3]>>()(qr(tall, { mode: "complete" }).r);
is<Tensor<[2, 2]>>()(qr(wide).q);
is<Tensor<[2, 30]>>()(qr(wide).r);
is<Tensor<[2, 2]>>()(svd(wide).u);
is<Tensor<[2]>>()(svd(wide).s);
is<Tensor<[2, 30]>>()(svd(wide).vh);
is<Tensor<[30, 30]>>()(svd(wide, { fullMatrices: true }).vh);
is<Tensor<[number, 30]>>()(svd(wide, { fullMatrices: flag }).vh);
is<Tensor<[number]>>()(svd(zeros([size, 3])).s);
is<Tensor<[Dim<"batch">, Dim<"batch">]>>()(svd(zeros([batch, batch])).u);
is<Tensor>()(svd(unknown).u);
is<Tensor>()(qr(unknown).r);

// ---- Fourier transforms ----

is<Tensor<[Dim<"batch">, 5, 3]>>()(fft(tall).re);
is<Tensor<[Dim<"batch">, 5, 3]>>()(fft({ re: tall, im: tall }, { axis: [0, 1] }).im);
is<Tensor<[Dim<"batch">, 8, 3]>>()(fft(tall, { axis: 1, n: 8 }).re);
is<Tensor>()(fft(tall, { axis: [0, 1], n: [8, 8] }).re);
is<Tensor<[Dim<"batch">, 5, 2]>>()(rfft(tall).im);
is<Tensor<[Dim<"batch">, 3, 3]>>()(rfft(tall, { axis: 1 }).re);
is<Tensor<[2, 513]>>()(rfft(zeros([2, 1024])).re);
is<Tensor<[2, 9]>>()(rfft(wide, { n: 16 }).re);
is<Tensor<[2, 58]>>()(irfft(wide));
is<Tensor<[2, 59]>>()(irfft({ re: wide, im: wide }, { n: 59 }));
is<Tensor<[number]>>()(irfft(zeros([size])));
is<Tensor>()(fft(unknown).re);
is<Tensor>()(rfft(unknown).re);
is<Tensor>()(irfft({ re: unknown, im: unknown }));

// ---- unions are unknown shapes ----

is<Tensor>()(det(either));
is<Tensor>()(inverse(either));
is<Tensor>()(solve(either, either));
is<Tensor>()(lstsq(either, zeros([2])));
is<Tensor>()(svd(either).s);
is<Tensor>()(fft(either).re);
is<Tensor>()(irfft({ re: either, im: either }));

export function generic<N extends number, S extends Dims>(
  a: Tensor<[N, N]>,
  b: Tensor<[N]>,
  s: Tensor<S>,
): [Tensor<[N, N]>, Tensor<[N]>, Tensor] {
  return [inverse(a), solve(a, b), det(s)];
}
