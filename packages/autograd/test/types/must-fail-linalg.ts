/** Linear algebra and Fourier transforms of wrong shapes: see must-fail.ts. */

import {
  cholesky,
  det,
  eigh,
  fft,
  ifft,
  inverse,
  irfft,
  lstsq,
  matrixPower,
  pinv,
  qr,
  rfft,
  solve,
  svd,
  zeros,
} from "./ops.ts";

const vector = zeros([3]);
const wide = zeros([2, 3]);

// @ts-expect-error
det(vector);
// @ts-expect-error
det(wide);
// @ts-expect-error
inverse(wide);
// @ts-expect-error
cholesky(zeros([5, 2, 3]));
// @ts-expect-error
eigh(vector);
// @ts-expect-error
matrixPower(wide, 2);
// @ts-expect-error
solve(zeros([3, 3]), zeros([2]));
// @ts-expect-error
solve(zeros([4, 3, 3]), zeros([5, 3, 1]));
// @ts-expect-error
solve(zeros([3, 3]), zeros([]));
// @ts-expect-error
lstsq(wide, zeros([3]));
// @ts-expect-error
pinv(vector);
// @ts-expect-error
qr(vector);
// @ts-expect-error
svd(zeros([]));
// @ts-expect-error
fft(wide, { axis: 2 });
// @ts-expect-error
ifft({ re: wide, im: wide }, { axis: -4 });
// @ts-expect-error
rfft(wide, { axis: [0, -2] });
// @ts-expect-error
irfft(wide, { axis: -3 });
