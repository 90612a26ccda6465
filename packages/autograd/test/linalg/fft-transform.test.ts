// The transform on plain arrays, against the definition.
import { describe, expect, it } from "vitest";
import { transformOf } from "../../src/fft/transform.ts";
import { unitRoot } from "../../src/fft/twiddles.ts";
import { randomMatrix } from "./support.ts";

/** Σ x[t]·exp(−2πi·kt/n), each angle reduced in integers; the sums are compensated (Neumaier). */
function definition(re: Float64Array, im: Float64Array): [Float64Array, Float64Array] {
  const n = re.length;
  const [outRe, outIm] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    const sums = [compensated(), compensated()];
    for (let t = 0; t < n; t++) {
      const angle = (-2 * Math.PI * ((k * t) % n)) / n;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      sums[0].add(re[t] * c - im[t] * s);
      sums[1].add(re[t] * s + im[t] * c);
    }
    [outRe[k], outIm[k]] = sums.map((sum) => sum.value());
  }
  return [outRe, outIm];
}

function compensated() {
  let [sum, lost] = [0, 0];
  return {
    add(x: number): void {
      const next = sum + x;
      lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
      sum = next;
    },
    value: (): number => sum + lost,
  };
}

function relativeError(n: number): number {
  const [re, im] = [randomMatrix(1, n, n), randomMatrix(1, n, n + 1)];
  const [outRe, outIm] = [new Float64Array(n), new Float64Array(n)];
  transformOf(n)(re, im, outRe, outIm);
  const [wantRe, wantIm] = definition(re, im);
  let [error, size] = [0, 0];
  for (let k = 0; k < n; k++) {
    error += (outRe[k] - wantRe[k]) ** 2 + (outIm[k] - wantIm[k]) ** 2;
    size += wantRe[k] ** 2 + wantIm[k] ** 2;
  }
  return Math.sqrt(error / size);
}

describe("the transform", () => {
  it("is the definition for every length up to 130", () => {
    for (let n = 1; n <= 130; n++) expect(relativeError(n)).toBeLessThan(1e-14);
  });

  // Powers, products of small primes, primes, and products with one large prime.
  it.each([256, 360, 400, 509, 512, 541, 625, 729, 1000, 1024, 1018, 961, 1021])(
    "is the definition for length %d",
    (n) => expect(relativeError(n)).toBeLessThan(2e-14),
  );

  it("gives back what went in, for long lines", () => {
    for (const n of [2 ** 15, 30030, 32749]) {
      const [re, im] = [randomMatrix(1, n, 1), randomMatrix(1, n, 2)];
      const [a, b, c, d] = [0, 0, 0, 0].map(() => new Float64Array(n));
      transformOf(n)(re, im, a, b);
      transformOf(n)(b, a, d, c);
      let worst = 0;
      for (let t = 0; t < n; t++) {
        worst = Math.max(worst, Math.abs(c[t] / n - re[t]), Math.abs(d[t] / n - im[t]));
      }
      expect(worst).toBeLessThan(1e-13);
    }
  });

  it("has roots of unity that are exact at eighths of a turn", () => {
    const half = Math.SQRT1_2;
    expect(unitRoot(0, 8)).toEqual([1, 0]);
    expect(unitRoot(2, 8).map((x) => x + 0)).toEqual([0, 1]);
    expect(unitRoot(4, 8).map((x) => x + 0)).toEqual([-1, 0]);
    expect(unitRoot(6, 8).map((x) => x + 0)).toEqual([0, -1]);
    expect(unitRoot(-1, 8)[0]).toBeCloseTo(half, 15);
    for (let k = 0; k < 360; k++) {
      const [c, s] = unitRoot(k, 360);
      expect(c).toBeCloseTo(Math.cos((2 * Math.PI * k) / 360), 14);
      expect(s).toBeCloseTo(Math.sin((2 * Math.PI * k) / 360), 14);
    }
  });
});
