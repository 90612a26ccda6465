// Equal and vanishing eigenvalues and singular values; signs of vectors.
import {
  eigh,
  eigvalsh,
  GradientError,
  grad,
  jvp,
  matmul,
  mul,
  qr,
  SingularMatrixError,
  slice,
  square,
  svd,
  svdvals,
  transpose,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import { f64, total, type F } from "../doubles.support.ts";
import { distance, expectClose, eye3, matrix, randomTensor, rows, slope } from "./support.ts";

describe("eigh at equal eigenvalues", () => {
  const turn = matrix("0.6 -0.8 0; 0.8 0.6 0; 0 0 1");
  const twice = matmul(matmul(turn, matrix("2 0 0; 0 2 0; 0 0 -1")), transpose(turn));

  it("has the right gradient for symmetric functions of the eigenvalues", () => {
    expectClose(
      slope((a) => eigh(a).eigenvalues, twice),
      eye3,
    );
    expectClose(
      slope((a) => square(eigh(a).eigenvalues), twice),
      twice.mul(2).toArray(),
    );
    expectClose(
      slope((a) => square(eigvalsh(a)), twice),
      twice.mul(2).toArray(),
    );
    const t = matrix("1 2 0.5; 2 -1 1.5; 0.5 1.5 3");
    const [, dw] = jvp((a: Tensor) => total(square(eigvalsh(a))), [twice], [t]);
    expect(dw.item()).toBeCloseTo(2 * total(mul(twice, t)).item(), 12);
  });

  it("shares the gradient of one of them evenly", () => {
    const largest: F = (a) => slice(eigh(a).eigenvalues, [2]);
    expectClose(
      slope(largest, f64(eye3)),
      eye3.map((row) => row.map((x) => x / 3)),
    );
    expectClose(slope(largest, twice), rows("0.5 0 0; 0 0.5 0; 0 0 0"));
  });

  it("has the right gradient for what does not depend on the choice of vectors", () => {
    const w = matrix("1 2 0.5; 2 -1 1.5; 0.5 1.5 3");
    // Onto the plane of the two equal ones: smooth there.
    const projector: F = (a) => {
      const v = slice(eigh(a).eigenvectors, [null, [1, 3]]);
      return mul(matmul(v, transpose(v)), w);
    };
    const g = slope(projector, twice);
    const numeric = f64(
      [0, 1, 2].map((i) => [0, 1, 2].map((j) => difference(projector, twice, i, j))),
    );
    expectClose(g, numeric.toArray(), 1e-8);
  });

  it("refuses what does depend on it", () => {
    expect(() => slope((a) => mul(eigh(a).eigenvectors, f64([1, 2, 3])), twice)).toThrow(
      GradientError,
    );
    expect(() => slope((a) => mul(eigh(a).eigenvectors, f64([1, 2, 3])), twice)).toThrow(
      "expected distinct values, or a function that does not depend on the choice of vectors, got equal values",
    );
  });

  it("refuses functions of the matrix, whose derivative it cannot tell", () => {
    const w = matrix("1 2 0.5; 2 -1 1.5; 0.5 1.5 3");
    const squared: F = (a) => {
      const { eigenvalues, eigenvectors: v } = eigh(a);
      return mul(matmul(mul(v, square(eigenvalues)), transpose(v)), w);
    };
    expect(() => slope(squared, f64(eye3))).toThrow(
      "got equal values 1 and 1, and unequal cotangents",
    );
  });

  it("refuses in forward mode what it cannot see, and only that", () => {
    const squared: F = (a) => {
      const { eigenvalues, eigenvectors: v } = eigh(a);
      return matmul(mul(v, square(eigenvalues)), transpose(v));
    };
    const along = (a: Tensor, t: Tensor): Tensor => jvp(squared, [a], [t])[1];
    const t = matrix("1 2 0.5; 2 -1 1.5; 0.5 1.5 3");
    expect(() => along(f64(eye3), t)).toThrow(GradientError);
    expect(() => along(twice, t)).toThrow("equal values 2 and 2, which the direction separates");
    expect(() =>
      jvp((a: Tensor) => grad((x: Tensor) => total(square(eigh(x).eigenvalues)))(a), [twice], [t]),
    ).toThrow(GradientError);
    // This direction moves equal eigenvalues alike.
    const even = matmul(twice, twice);
    const straight = matmul(even, twice).add(matmul(twice, even));
    expectClose(along(twice, even), straight.toArray());
  });

  it("is finite in float32, whose ties are wider", () => {
    const single = twice.cast("float32");
    const g = slope((a) => square(eigh(a).eigenvalues), single);
    expect(distance(g.data, twice.mul(2).data)).toBeLessThan(1e-5);
  });
});

/** Central differences in one element. */
function difference(f: F, x: Tensor, i: number, j: number): number {
  const at = (h: number): number => {
    const moved = x.toArray() as number[][];
    moved[i][j] += h;
    return total(f(f64(moved))).item();
  };
  const h = 1e-5;
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
}

describe("signs of vectors", () => {
  it("do not depend on the matrix's neighbours at the usual places", () => {
    const near = (e: number): Tensor =>
      f64([
        [2, 1 + e],
        [1 + e, 2 - e],
      ]);
    const vectors = [-1e-9, 0, 1e-9].map((e) => eigh(near(e)).eigenvectors.data);
    for (const v of vectors) expect(distance(v, vectors[1])).toBeLessThan(1e-8);
    expectClose(eigh(f64(eye3)).eigenvectors, eye3);
    expectClose(eigh(matrix("1 0; 0 -1")).eigenvectors, rows("0 1; 1 0"));
  });

  it("are the same ones in svd and in a second call", () => {
    const a = randomTensor([6, 4], 3);
    const [first, second] = [svd(a), svd(a)];
    expect([...first.u.data]).toEqual([...second.u.data]);
    for (let k = 0; k < 4; k++) {
      const column = slice(first.u, [null, k]).data as Float64Array;
      const size = Math.max(...column.map(Math.abs));
      expect(column.find((x) => Math.abs(x) >= 0.3 * size)).toBeGreaterThan(0);
    }
  });
});

describe("svd at equal and vanishing singular values", () => {
  it("has the right gradient for Σs² and the nuclear norm", () => {
    const a = matrix("0 2; -2 0; 0 0");
    expectClose(
      slope((x) => square(svd(x).s), a),
      a.mul(2).toArray(),
    );
    expectClose(
      slope((x) => svd(x).s, a),
      a.mul(0.5).toArray(),
    );
    expectClose(slope(svdvals as F, a), a.mul(0.5).toArray());
    const t = matrix("1 2; 3 -1; 0.5 1");
    const [, ds] = jvp((x: Tensor) => total(svdvals(x)), [a], [t]);
    expect(ds.item()).toBeCloseTo(total(mul(a, t)).item() / 2, 12);
    expectClose(
      slope((x) => svd(x).s, matrix("0 0; 0 0")),
      rows("0 0; 0 0"),
    );
    expectClose(
      slope((x) => svd(x).s, matrix("3 0; 0 0")),
      rows("1 0; 0 0"),
    );
    expect(slope((x) => svd(x).s, matrix("0")).item()).toBe(0);
    expect(slope((x) => svd(x).s, matrix("-2")).item()).toBe(-1);
  });

  it("has the right derivative of the polar factor", () => {
    const polar: F = (a) => {
      const { u, vh } = svd(a);
      return mul(matmul(u, vh), matrix("1 2; -3 0.5"));
    };
    const a = matrix("0 -2; 2 0");
    const numeric = [0, 1].map((i) => [0, 1].map((j) => difference(polar, a, i, j)));
    expectClose(slope(polar, a), numeric, 1e-8);
  });

  it("refuses functions of vectors that are not determined", () => {
    const weights = matrix("1 2; 3 4; 5 7");
    const ofVectors: F = (a) => mul(svd(a).u, weights);
    expect(() => slope(ofVectors, matrix("1 0; 0 1; 0 0"))).toThrow(GradientError);
    expect(() => slope(ofVectors, matrix("1 0; 0 0; 0 0"))).toThrow(
      "derivative of svd: expected a matrix of full rank",
    );
    const zero = matrix("1 0; 0 0; 0 0");
    expect(() => jvp(ofVectors, [zero], [weights])).toThrow("got a singular value of 0");
    const full: F = (a) => svd(a, { fullMatrices: true }).u;
    expect(() => slope(full, weights)).toThrow("fullMatrices: true of [3, 2]");
    expect(() => jvp(full, [weights], [weights])).toThrow(GradientError);
    const g = slope((a) => svd(a, { fullMatrices: true }).s, weights);
    expectClose(g, slope((a) => svd(a).s, weights).toArray());
  });

  it("completes the bases", () => {
    const a = randomTensor([5, 3], 9);
    for (const x of [a, transpose(a), zeros([3, 5], { dtype: "float64" }) as Tensor]) {
      const { u, s, vh } = svd(x, { fullMatrices: true });
      const [m, n] = x.shape as number[];
      expect([u.shape, s.shape, vh.shape]).toEqual([[m, m], [3], [n, n]]);
      expectClose(matmul(u, transpose(u)), eyeOf(m), 1e-14);
      expectClose(matmul(vh, transpose(vh)), eyeOf(n), 1e-14);
      const rebuilt = matmul(mul(slice(u, [null, [0, 3]]), s), slice(vh, [[0, 3]]));
      expectClose(rebuilt, x.toArray(), 1e-14);
    }
  });
});

const eyeOf = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => Number(i === j)));

describe("qr", () => {
  it("of a tall matrix in mode complete has values but no derivative", () => {
    const a = randomTensor([4, 2], 4);
    const { q, r } = qr(a, { mode: "complete" });
    expect([q.shape, r.shape]).toEqual([
      [4, 4],
      [4, 2],
    ]);
    expectClose(matmul(q, r), a.toArray(), 1e-14);
    expect(() => slope((x) => qr(x, { mode: "complete" }).q, a)).toThrow(GradientError);
    expect(() => jvp((x: Tensor) => qr(x, { mode: "complete" }).r, [a], [a])).toThrow(
      'mode "complete" of [4, 2]',
    );
  });

  it("of dependent columns has no derivative", () => {
    const a = matrix("1 2; 2 4; 0 0");
    expectClose(matmul(qr(a).q, qr(a).r), a.toArray(), 1e-14);
    expect(() => slope((x) => qr(x).r, matrix("0 1; 0 2; 0 3"))).toThrow(SingularMatrixError);
  });
});
