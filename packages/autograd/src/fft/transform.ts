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
  const roots = { cos: new Float64Array(n), sin: new Float64Array(n) };
  for (let k = 0; k < n; k++) [roots.cos[k], roots.sin[k]] = unitRoot(k, n);
  return (re, im, outRe, outIm) => {
    const run = (at: number, from: number, stride: number, length: number, level: number): void => {
      if (length === 1) {
        outRe[at] = re[from];
        outIm[at] = im[from];
        return;
      }
      const p = factors[level];
      const m = length / p;
      if (m === 1) {
        for (let r = 0; r < p; r++) {
          outRe[at + r] = re[from + r * stride];
          outIm[at + r] = im[from + r * stride];
        }
      } else {
        for (let r = 0; r < p; r++) run(at + r * m, from + r * stride, stride * p, m, level + 1);
      }
      const join = p === 4 ? joinFours : p === 2 ? joinPairs : joinMany;
      join(outRe, outIm, at, m, roots, stride, p);
    };
    if (n > 0) run(0, 0, 1, n, 0);
  };
}

interface Roots {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Transforms of length p, in place, of the elements m apart from at + k on, for each k < m; the r-th
 *  element of each is turned by exp(−2πi·rk·stride/n) first. */
type Join = (
  re: Float64Array,
  im: Float64Array,
  at: number,
  m: number,
  roots: Roots,
  stride: number,
  p: number,
) => void;

const joinPairs: Join = (re, im, at, m, { cos, sin }, stride) => {
  for (let k = 0; k < m; k++) {
    const i = at + k;
    const j = i + m;
    const c = cos[k * stride];
    const s = sin[k * stride];
    const x = re[j] * c + im[j] * s;
    const y = im[j] * c - re[j] * s;
    re[j] = re[i] - x;
    im[j] = im[i] - y;
    re[i] += x;
    im[i] += y;
  }
};

const joinFours: Join = (re, im, at, m, { cos, sin }, stride) => {
  for (let k = 0; k < m; k++) {
    const first = at + k;
    const second = first + m;
    const third = second + m;
    const fourth = third + m;
    const turn = k * stride;
    const c1 = cos[turn];
    const s1 = sin[turn];
    const c2 = cos[2 * turn];
    const s2 = sin[2 * turn];
    const c3 = cos[3 * turn];
    const s3 = sin[3 * turn];
    const x1 = re[second] * c1 + im[second] * s1;
    const y1 = im[second] * c1 - re[second] * s1;
    const x2 = re[third] * c2 + im[third] * s2;
    const y2 = im[third] * c2 - re[third] * s2;
    const x3 = re[fourth] * c3 + im[fourth] * s3;
    const y3 = im[fourth] * c3 - re[fourth] * s3;
    const evenRe = re[first] + x2;
    const evenIm = im[first] + y2;
    const gapRe = re[first] - x2;
    const gapIm = im[first] - y2;
    const oddRe = x1 + x3;
    const oddIm = y1 + y3;
    const turnRe = y1 - y3;
    const turnIm = x3 - x1;
    re[first] = evenRe + oddRe;
    im[first] = evenIm + oddIm;
    re[second] = gapRe + turnRe;
    im[second] = gapIm + turnIm;
    re[third] = evenRe - oddRe;
    im[third] = evenIm - oddIm;
    re[fourth] = gapRe - turnRe;
    im[fourth] = gapIm - turnIm;
  }
};

const partRe = new Float64Array(largestStep);
const partIm = new Float64Array(largestStep);

const joinMany: Join = (re, im, at, m, { cos, sin }, stride, p) => {
  const step = cos.length / p;
  for (let k = 0; k < m; k++) {
    for (let r = 0; r < p; r++) {
      const i = at + k + r * m;
      const c = cos[r * k * stride];
      const s = sin[r * k * stride];
      partRe[r] = re[i] * c + im[i] * s;
      partIm[r] = im[i] * c - re[i] * s;
    }
    for (let q = 0; q < p; q++) {
      let sumRe = partRe[0];
      let sumIm = partIm[0];
      let turn = 0;
      for (let r = 1; r < p; r++) {
        turn += q;
        if (turn >= p) turn -= p;
        const c = cos[turn * step];
        const s = sin[turn * step];
        sumRe += partRe[r] * c + partIm[r] * s;
        sumIm += partIm[r] * c - partRe[r] * s;
      }
      re[at + k + q * m] = sumRe;
      im[at + k + q * m] = sumIm;
    }
  }
};

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
      const a = outRe[k] / size;
      const b = outIm[k] / size;
      resultRe[k] = a * chirpRe[k] - b * chirpIm[k];
      resultIm[k] = a * chirpIm[k] + b * chirpRe[k];
    }
  };
}
