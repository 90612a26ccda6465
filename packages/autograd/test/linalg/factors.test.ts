// The numerical routines on plain arrays: what they return is multiplied together again.
import { describe, expect, it } from "vitest";
import { cofactorDerivative } from "../../src/linalg/cofactor.ts";
import { factorCholesky } from "../../src/linalg/cholesky.ts";
import { eigenSymmetric } from "../../src/linalg/eigh.ts";
import { determinantLu, factorLu, solveLu, solveTriangle } from "../../src/linalg/lu.ts";
import { balancedProduct, orientation } from "../../src/linalg/matrix.ts";
import { factorQr } from "../../src/linalg/qr.ts";
import { completed, singularValues } from "../../src/linalg/svd.ts";
import { distance, flip, multiply, randomMatrix, unorthogonality } from "./support.ts";

const sizes = [0, 1, 2, 3, 5, 8, 17, 40];
const shapes = [
  [0, 3],
  [3, 0],
  [1, 1],
  [1, 5],
  [5, 1],
  [4, 4],
  [7, 3],
  [3, 7],
  [30, 30],
  [41, 12],
  [12, 41],
];

/** A matrix of rank r, whose singular values fall by `ratio`. */
function ofRank(m: number, n: number, r: number, seed: number, ratio = 1): number[] {
  const left = randomMatrix(m, r, seed).map((x, at) => x * ratio ** (at % Math.max(r, 1)));
  return multiply(left, randomMatrix(r, n, seed + 1), m, r, n);
}

/** A matrix with given eigenvalues, and random eigenvectors. */
function symmetric(values: readonly number[], seed: number): Float64Array {
  const n = values.length;
  const { q } = factorQr(randomMatrix(n, n, seed), n, n, n);
  const scaled = q.map((x, at) => x * values[at % n]);
  return Float64Array.from(multiply(scaled, flip(q, n, n), n, n, n));
}

describe("LU", () => {
  it.each(sizes)("solves systems of %d equations, and transposed ones", (n) => {
    const a = randomMatrix(n, n, n + 1);
    const b = randomMatrix(n, 3, n + 2);
    const lu = a.slice();
    const pivots = new Int32Array(n);
    factorLu(lu, n, pivots);
    const x = b.slice();
    solveLu(lu, n, pivots, x, 3, false);
    expect(distance(multiply(a, x, n, n, 3), b)).toBeLessThan(1e-12);
    const y = b.slice();
    solveLu(lu, n, pivots, y, 3, true);
    expect(distance(multiply(flip(a, n, n), y, n, n, 3), b)).toBeLessThan(1e-12);
  });

  it("exchanges rows where a pivot is 0 or small", () => {
    const a = Float64Array.of(1e-20, 1, 1, 1);
    const pivots = new Int32Array(2);
    factorLu(a, 2, pivots);
    const x = Float64Array.of(1, 2);
    solveLu(a, 2, pivots, x, 1, false);
    expect([...x]).toEqual([1, 1]);
  });

  it("takes NaN for a pivot rather than 0", () => {
    const a = Float64Array.of(0, 1, NaN, 1);
    factorLu(a, 2, new Int32Array(2));
    expect(a[0]).toBeNaN();
  });

  it("has determinants that neither overflow nor underflow on the way", () => {
    const values = [1e200, 1e200, 1e-200, 1e-200];
    const a = new Float64Array(16);
    values.forEach((x, i) => (a[i * 5] = x));
    const pivots = new Int32Array(4);
    factorLu(a, 4, pivots);
    expect(determinantLu(a, 4, pivots)).toBeCloseTo(1, 12);
    expect(balancedProduct([1e300, 1e300, 3, 1e-300, 1e-300], [2])).toBeCloseTo(1, 12);
  });

  it.each([true, false])("solves triangles, upper: %s", (upper) => {
    for (const transpose of [false, true]) {
      for (const unitDiagonal of [false, true]) {
        const n = 6;
        const a = randomMatrix(n, n, 3).map((x, at) => (at % (n + 1) === 0 ? x + 3 : x));
        const t = a.map((x, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          if (i === j) return unitDiagonal ? 1 : x;
          return j > i === upper ? x : 0;
        });
        const b = randomMatrix(n, 2, 4);
        const x = b.slice();
        solveTriangle(a, n, x, 2, { upper, transpose, unitDiagonal });
        const applied = multiply(transpose ? flip(t, n, n) : t, x, n, n, 2);
        expect(distance(applied, b)).toBeLessThan(1e-12);
      }
    }
  });
});

describe("Cholesky", () => {
  it.each(sizes)("multiplies to a matrix of size %d", (n) => {
    const half = randomMatrix(n, n, 5);
    const a = multiply(half, flip(half, n, n), n, n, n).map((x, at) =>
      at % (n + 1) === 0 ? x + 0.1 : x,
    );
    const l = Float64Array.from(a);
    expect(factorCholesky(l, n)).toBe(0);
    expect(distance(multiply(l, flip(l, n, n), n, n, n), a)).toBeLessThan(1e-13 * Math.max(1, n));
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(l[i * n + j]).toBe(0);
  });

  it("says which leading minor is not positive", () => {
    expect(factorCholesky(Float64Array.of(0), 1)).toBe(1);
    expect(factorCholesky(Float64Array.of(1, 1, 1, 1), 2)).toBe(2);
    expect(factorCholesky(Float64Array.of(4, 0, 0, 0, 1, 0, 0, 2, 3), 3)).toBe(3);
  });
});

describe("QR", () => {
  it.each(shapes)("multiplies to a matrix %d × %d, with orthonormal columns", (m, n) => {
    const a = randomMatrix(m, n, 6);
    for (const k of [Math.min(m, n), m]) {
      const { q, r } = factorQr(a, m, n, k);
      expect(distance(multiply(q, r, m, k, n), a)).toBeLessThan(1e-13);
      expect(unorthogonality(flip(q, m, k), k, m)).toBeLessThan(1e-14 * 10);
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < Math.min(i, n); j++) expect(r[i * n + j]).toBe(0);
        if (i < n) expect(r[i * n + i]).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it("has orthonormal columns also where the matrix has none that are independent", () => {
    const { q, r } = factorQr(new Float64Array(12), 4, 3, 4);
    expect(unorthogonality(flip(q, 4, 4), 4, 4)).toBe(0);
    expect([...r].every((x) => x === 0)).toBe(true);
    const flat = Float64Array.from(ofRank(6, 4, 2, 7));
    const factors = factorQr(flat, 6, 4, 4);
    expect(distance(multiply(factors.q, factors.r, 6, 4, 4), flat)).toBeLessThan(1e-14);
    expect(unorthogonality(flip(factors.q, 6, 4), 4, 6)).toBeLessThan(1e-14);
  });

  it("neither overflows nor underflows", () => {
    for (const size of [1e300, 1e-300]) {
      const { r } = factorQr(Float64Array.of(3 * size, 4 * size), 2, 1, 1);
      expect(r[0] / size).toBeCloseTo(5, 12);
    }
  });
});

describe("symmetric eigenvalues", () => {
  const spectra = [
    ...sizes.map((n) => Array.from({ length: n }, (_, i) => Math.sin(3 * i) + i / 9)),
    [1, 1, 1, 1],
    [0, 0, 2, 2, 2, -3],
    Array.from({ length: 12 }, (_, i) => 10 ** -i),
    [1, 1 + 1e-13, 1 + 1e-9, 2],
  ];
  it.each(spectra.map((values) => [values.length, values] as const))(
    "are found, %d of them",
    (n, values) => {
      const a = symmetric(values, n + 9);
      const size = Math.max(1, ...values.map(Math.abs));
      const found = eigenSymmetric(a, n);
      expect(found.converged).toBe(true);
      const ascending = values.toSorted((x, y) => x - y);
      expect(distance(found.values, ascending)).toBeLessThan(4e-14 * size);
      expect(unorthogonality(found.vectors, n, n)).toBeLessThan(1e-13);
      const scaled = found.vectors.map((x, at) => x * found.values[Math.floor(at / n)]);
      const again = multiply(flip(found.vectors, n, n), scaled, n, n, n);
      expect(distance(again, a)).toBeLessThan(1e-13 * size);
    },
  );

  it("are exact for diagonal matrices, in order", () => {
    const { values, vectors } = eigenSymmetric(Float64Array.of(3, 0, 0, 0, -1, 0, 0, 0, 2), 3);
    expect([...values]).toEqual([-1, 2, 3]);
    expect([...vectors]).toEqual([0, 1, 0, 0, 0, 1, 1, 0, 0]);
  });

  it("neither overflow nor underflow", () => {
    for (const size of [1e300, 1e-300]) {
      const { values } = eigenSymmetric(Float64Array.of(2 * size, size, size, 2 * size), 2);
      expect(values[0] / size).toBeCloseTo(1, 12);
      expect(values[1] / size).toBeCloseTo(3, 12);
    }
  });
});

describe("singular values", () => {
  const cases = [
    ...shapes.map(([m, n]) => [m, n, Math.min(m, n)] as const),
    [5, 5, 4] as const,
    [5, 5, 2] as const,
    [8, 3, 1] as const,
    [3, 8, 2] as const,
    [6, 6, 0] as const,
  ];
  it.each(cases)("of a matrix %d × %d of rank %d, and vectors to them", (m, n, rank) => {
    const a = ofRank(m, n, rank, 11);
    const k = Math.min(m, n);
    const { left, values, right, converged } = singularValues(Float64Array.from(a), m, n);
    expect(converged).toBe(true);
    const scaled = right.map((x, at) => x * values[Math.floor(at / n)]);
    expect(distance(multiply(flip(left, k, m), scaled, m, k, n), a)).toBeLessThan(2e-13);
    expect(unorthogonality(left, k, m)).toBeLessThan(1e-13);
    expect(unorthogonality(right, k, n)).toBeLessThan(1e-13);
    values.forEach((value, i) => {
      if (i > 0) expect(value).toBeLessThanOrEqual(values[i - 1]);
      if (i < rank) expect(value).toBeGreaterThan(1e-3);
      else expect(value).toBeLessThan(1e-13);
    });
  });

  it("are found to high relative accuracy, small ones too", () => {
    // A column-scaled matrix: its singular values are far apart, but well determined.
    const base = randomMatrix(4, 4, 12);
    const scales = [1, 1e-5, 1e-10, 1e-15];
    const a = base.map((x, at) => x * scales[at % 4]);
    const { values } = singularValues(a, 4, 4);
    const { lu, pivots } = { lu: a.slice(), pivots: new Int32Array(4) };
    factorLu(lu, 4, pivots);
    const volume = values.reduce((product, x) => product * x, 1);
    expect(volume / Math.abs(determinantLu(lu, 4, pivots))).toBeCloseTo(1, 11);
  });

  it("have completed bases, which are oriented", () => {
    const rows = Float64Array.of(0.6, 0.8, 0);
    const all = completed(rows, 1, 3);
    expect(unorthogonality(all, 3, 3)).toBeLessThan(1e-15 * 4);
    for (let k = 1; k < 3; k++) expect(orientation(all, 3 * k, 1, 3)).toBe(1);
    expect(unorthogonality(completed(new Float64Array(0), 0, 3), 3, 3)).toBe(0);
  });
});

describe("cofactors", () => {
  it.each([0, 1, 2, 3, 5, 9])("are det·A⁻ᵀ, size %d", (n) => {
    const a = randomMatrix(n, n, 13);
    const lu = a.slice();
    const pivots = new Int32Array(n);
    factorLu(lu, n, pivots);
    const inverse = new Float64Array(n * n);
    for (let i = 0; i < n; i++) inverse[i * (n + 1)] = determinantLu(lu, n, pivots);
    solveLu(lu, n, pivots, inverse, n, true);
    expect(distance(cofactorDerivative(a, [], n), inverse)).toBeLessThan(1e-12);
  });
});
