// The discrete Fourier transform of any length in O(n log n), in double precision.
import { unitRoot } from "./twiddles.ts";

/** Transforms a line of n complex numbers: X[k] = Σ x[t]·exp(∓2πi·kt/n), without a factor. */
export type Transform = (
  re: Float64Array,
  im: Float64Array,
  outRe: Float64Array,
  outIm: Float64Array,
) => void;

/** Prime factors up to this are steps of their own, in time that grows with them; for larger ones the
 *  transform becomes a convolution. */
const largestStep = 31;

const transforms = new Map<number, Transform>();

/** The forward transform (exponents of sign −) of length n. Swapping real and imaginary parts of
 *  both arguments and results gives the one with sign +. */
export function transformOf(n: number): Transform {
  const known = transforms.get(n);
  if (known) return known;
  const factors = factorsOf(n);
  const made = (factors.at(-1) ?? 1) <= largestStep ? mixedRadix(n, factors) : bluestein(n);
  // Ever new lengths must not grow the table without end.
  if (transforms.size >= 32) transforms.clear();
  transforms.set(n, made);
  return made;
}

/** Factors 4 first, then primes in ascending order. */
function factorsOf(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  while (rest % 4 === 0 && rest > 0) {
    factors.push(4);
    rest /= 4;
  }
  for (let p = 2; p * p <= rest; p++) {
    while (rest % p === 0) {
      factors.push(p);
      rest /= p;
    }
  }
  if (rest > 1) factors.push(rest);
  return factors.toSorted((a, b) => a - b);
}

/** By the algorithm of Cooley and Tukey (1965): a length p·m is p transforms of length m of every p-th
 *  element, joined by m transforms of length p. */
function mixedRadix(n: number, factors: readonly number[]): Transform {
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let k = 0; k < n; k++) [cos[k], sin[k]] = unitRoot(k, n);
  const partRe = new Float64Array(largestStep);
  const partIm = new Float64Array(largestStep);
  return (re, im, outRe, outIm) => {
    const run = (at: number, from: number, stride: number, length: number, level: number): void => {
      if (length === 1) {
        outRe[at] = re[from];
        outIm[at] = im[from];
        return;
      }
      const p = factors[level];
      const m = length / p;
      for (let r = 0; r < p; r++) run(at + r * m, from + r * stride, stride * p, m, level + 1);
      for (let k = 0; k < m; k++) join(at + k, m, p, k * stride);
    };
    /** The transform of length p of the elements `m` apart, the r-th one turned by r·turn/n first. */
    const join = (at: number, m: number, p: number, turn: number): void => {
      for (let r = 0; r < p; r++) {
        const place = at + r * m;
        const [a, b] = [outRe[place], outIm[place]];
        const [c, s] = [cos[r * turn], sin[r * turn]];
        partRe[r] = a * c + b * s;
        partIm[r] = b * c - a * s;
      }
      if (p === 4) return join4(at, m);
      if (p === 2) return join2(at, m);
      const step = n / p;
      for (let q = 0; q < p; q++) {
        let sumRe = partRe[0];
        let sumIm = partIm[0];
        for (let r = 1; r < p; r++) {
          const angle = ((q * r) % p) * step;
          sumRe += partRe[r] * cos[angle] + partIm[r] * sin[angle];
          sumIm += partIm[r] * cos[angle] - partRe[r] * sin[angle];
        }
        outRe[at + q * m] = sumRe;
        outIm[at + q * m] = sumIm;
      }
    };
    const join2 = (at: number, m: number): void => {
      outRe[at] = partRe[0] + partRe[1];
      outIm[at] = partIm[0] + partIm[1];
      outRe[at + m] = partRe[0] - partRe[1];
      outIm[at + m] = partIm[0] - partIm[1];
    };
    const join4 = (at: number, m: number): void => {
      const [evenRe, evenIm] = [partRe[0] + partRe[2], partIm[0] + partIm[2]];
      const [gapRe, gapIm] = [partRe[0] - partRe[2], partIm[0] - partIm[2]];
      const [oddRe, oddIm] = [partRe[1] + partRe[3], partIm[1] + partIm[3]];
      const [turnRe, turnIm] = [partIm[1] - partIm[3], partRe[3] - partRe[1]];
      outRe[at] = evenRe + oddRe;
      outIm[at] = evenIm + oddIm;
      outRe[at + m] = gapRe + turnRe;
      outIm[at + m] = gapIm + turnIm;
      outRe[at + 2 * m] = evenRe - oddRe;
      outIm[at + 2 * m] = evenIm - oddIm;
      outRe[at + 3 * m] = gapRe - turnRe;
      outIm[at + 3 * m] = gapIm - turnIm;
    };
    if (n > 0) run(0, 0, 1, n, 0);
  };
}

/** Any length as a convolution of a length that is a power of two: kt = (k² + t² − (k − t)²)/2.
 *  L. I. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform",
 *  1970. */
function bluestein(n: number): Transform {
  let size = 1;
  while (size < 2 * n - 1) size *= 2;
  const inner = transformOf(size);
  // exp(−πi·k²/n), with k² reduced by 2n exactly.
  const chirpRe = new Float64Array(n);
  const chirpIm = new Float64Array(n);
  let square = 0;
  for (let k = 0; k < n; k++) {
    const [c, s] = unitRoot(square, 2 * n);
    chirpRe[k] = c;
    chirpIm[k] = -s;
    square = (square + 2 * k + 1) % (2 * n);
  }
  const [filterRe, filterIm, workRe, workIm, outRe, outIm] = Array.from(
    { length: 6 },
    () => new Float64Array(size),
  );
  for (let k = 0; k < n; k++) {
    const mirrored = (size - k) % size;
    workRe[k] = workRe[mirrored] = chirpRe[k];
    workIm[k] = workIm[mirrored] = -chirpIm[k];
  }
  inner(workRe, workIm, filterRe, filterIm);
  return (re, im, resultRe, resultIm) => {
    workRe.fill(0);
    workIm.fill(0);
    for (let k = 0; k < n; k++) {
      workRe[k] = re[k] * chirpRe[k] - im[k] * chirpIm[k];
      workIm[k] = re[k] * chirpIm[k] + im[k] * chirpRe[k];
    }
    inner(workRe, workIm, outRe, outIm);
    for (let k = 0; k < size; k++) {
      workRe[k] = outRe[k] * filterRe[k] - outIm[k] * filterIm[k];
      workIm[k] = outRe[k] * filterIm[k] + outIm[k] * filterRe[k];
    }
    // The inverse transform: real and imaginary parts swapped on both sides.
    inner(workIm, workRe, outIm, outRe);
    for (let k = 0; k < n; k++) {
      const [a, b] = [outRe[k] / size, outIm[k] / size];
      resultRe[k] = a * chirpRe[k] - b * chirpIm[k];
      resultIm[k] = a * chirpIm[k] + b * chirpRe[k];
    }
  };
}
