// Empty matrices, those of one element, NaN, float32.
import {
  cholesky,
  cofactor,
  det,
  eigh,
  inverse,
  lstsq,
  pinv,
  qr,
  slogdet,
  solve,
  svd,
  tensor,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import { f64, type F } from "../doubles.support.ts";
import { eye3, matrix, randomTensor, slope } from "./support.ts";

describe("empty and 1 × 1 matrices", () => {
  const none = zeros([0, 0], { dtype: "float64" }) as Tensor;
  const one = matrix("4");
  it("have values", () => {
    expect(det(none).item()).toBe(1);
    expect(slogdet(none).sign.item()).toBe(1);
    expect(slogdet(none).logabsdet.item()).toBe(0);
    for (const f of [inverse, cholesky, cofactor, pinv])
      expect((f as F)(none).shape).toEqual([0, 0]);
    expect(eigh(none).eigenvalues.shape).toEqual([0]);
    expect(svd(zeros([0, 3])).vh.shape).toEqual([0, 3]);
    expect(svd(zeros([0, 3]), { fullMatrices: true }).vh.toArray()).toEqual(eye3);
    expect(qr(zeros([2, 0]), { mode: "complete" }).q.toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(solve(none, zeros([0, 2], { dtype: "float64" })).shape).toEqual([0, 2]);
    expect(lstsq(zeros([0, 2]), zeros([0])).toArray()).toEqual([0, 0]);
    expect(det(one).item()).toBe(4);
    expect(inverse(one).item()).toBe(0.25);
    expect(cholesky(one).item()).toBe(2);
    expect(cofactor(one).item()).toBe(1);
    expect(eigh(matrix("-3")).eigenvalues.item()).toBe(-3);
    expect(svd(matrix("-3")).s.item()).toBe(3);
  });

  it("have gradients", () => {
    for (const f of [
      det,
      inverse,
      cholesky,
      pinv,
      (a: Tensor) => eigh(a).eigenvectors,
      (a: Tensor) => svd(a).u,
    ]) {
      expect(slope(f as F, none).shape).toEqual([0, 0]);
    }
    expect(slope(inverse as F, one).item()).toBe(-1 / 16);
    expect(slope(cholesky as F, one).item()).toBe(0.25);
    expect(slope((a) => eigh(a).eigenvalues, one).item()).toBe(1);
    expect(slope((a) => qr(a).r, matrix("-4")).item()).toBe(-1);
  });
});

describe("NaN and infinity", () => {
  const poisoned = matrix("NaN 1; 1 2");
  it("give NaN, no error and no endless loop", () => {
    const results = [
      det(poisoned),
      slogdet(poisoned).logabsdet,
      inverse(poisoned),
      solve(poisoned, f64([1, 2])),
      cholesky(poisoned),
      qr(poisoned).q,
      eigh(poisoned).eigenvalues,
      eigh(matrix("Infinity 1; 1 2")).eigenvectors,
      svd(poisoned).s,
      svd(poisoned, { fullMatrices: true }).u,
      pinv(poisoned),
      lstsq(poisoned, f64([1, 2])),
    ];
    for (const y of results) expect([...y.data].some((x) => Number.isNaN(x))).toBe(true);
  });

  it("stay in their matrix of a batch", () => {
    const { eigenvalues } = eigh(
      f64([
        [
          [NaN, 1],
          [1, 2],
        ],
        [
          [2, 0],
          [0, 1],
        ],
      ]),
    );
    expect(eigenvalues.toArray()).toEqual([
      [NaN, NaN],
      [1, 2],
    ]);
  });

  it("go through gradients", () => {
    const g = slope((a) => eigh(a).eigenvalues, poisoned);
    expect([...g.data].every((x) => Number.isNaN(x))).toBe(true);
    expect([...slope(det as F, poisoned).data].some((x) => Number.isNaN(x))).toBe(true);
  });
});

describe("float32", () => {
  it("is computed in double precision and rounded once", () => {
    const a = randomTensor([12, 12], 8).cast("float32");
    const [x, y] = [inverse(a), inverse(a.cast("float64")).cast("float32")];
    expect([...x.data]).toEqual([...y.data]);
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ]).dtype,
    ).toBe("float32");
    expect(
      det(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ).dtype,
    ).toBe("float32");
  });
});
