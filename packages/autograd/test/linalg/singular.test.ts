// Singular matrices, and others that an op can do nothing with.
import {
  cholesky,
  cofactor,
  det,
  grad,
  inverse,
  jvp,
  LinearAlgebraError,
  lstsq,
  matmul,
  matrixPower,
  mul,
  ne,
  NotPositiveDefiniteError,
  pinv,
  SingularMatrixError,
  slice,
  slogdet,
  solve,
  transpose,
  triangularSolve,
  where,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { describe, expect, it } from "vitest";
import { f64, total, type F } from "../doubles.support.ts";
import { expectClose, eye3, matrix, randomTensor, rows, slope } from "./support.ts";

describe("det at singular matrices", () => {
  const rank2 = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];
  const rank1 = [
    [1, 2, 3],
    [2, 4, 6],
    [-1, -2, -3],
  ];
  it("has the cofactors for a gradient", () => {
    expectClose(slope(det, f64(rank2)), rows("-3 6 -3; 6 -12 6; -3 6 -3"));
    expectClose(slope(det, f64(rank1)), rows("0 0 0; 0 0 0; 0 0 0"));
    expectClose(slope(det, zeros([2, 2], { dtype: "float64" }) as Tensor), rows("0 0; 0 0"));
    expect(slope(det, matrix("0")).item()).toBeCloseTo(1, 15);
  });

  it("has the right second derivative", () => {
    // ∂²det/∂a₀₀∂aᵢⱼ: that of the minor a₁₁a₂₂ − a₁₂a₂₁.
    const corner: F = (a) => slice(grad((x: Tensor) => det(x) as Tensor)(a), [0, 0]);
    for (const a of [rank2, rank1]) {
      const [, [, m11, m12], [, m21, m22]] = a;
      expectClose(grad((x: Tensor) => corner(x))(f64(a)), [
        [0, 0, 0],
        [0, m22, -m21],
        [0, -m12, m11],
      ]);
    }
  });

  it("is right in a batch, and for large matrices", () => {
    const batch = f64([rank2, rank1, eye3]);
    expectClose(det(batch), [0, 0, 1]);
    const big = randomTensor([24, 24], 5);
    expectClose(
      cofactor(big),
      mul(transpose(inverse(big)), det(big)).toArray(),
      1e-9 * Math.abs(det(big).item()),
    );
  });

  it("neither overflows nor underflows where the result does not", () => {
    expect(det(matrix("1e-200 0; 0 1e200")).item()).toBeCloseTo(1, 14);
  });
});

describe("slogdet", () => {
  it("gives 0 and −∞ for a singular matrix, and signs", () => {
    const { sign, logabsdet } = slogdet(
      f64([
        [
          [1, 2],
          [2, 4],
        ],
        [
          [0, 1],
          [1, 0],
        ],
        [
          [2, 0],
          [0, 3],
        ],
      ]),
    );
    expect(sign.toArray()).toEqual([0, -1, 1]);
    expect(logabsdet.toArray()).toEqual([-Infinity, 0, Math.log(2) + Math.log(3)]);
  });

  it("does not overflow where the determinant does", () => {
    const { logabsdet } = slogdet(matrix("1e200 0; 0 1e200"));
    expect(logabsdet.item()).toBeCloseTo(400 * Math.LN10, 10);
  });

  it("has no derivative at a singular matrix, and says so", () => {
    const f = (a: Tensor): Tensor => total(slogdet(a).logabsdet);
    const singular = matrix("1 2; 2 4");
    expect(() => grad(f)(singular)).toThrow(SingularMatrixError);
    expect(() => jvp(f, [singular], [singular])).toThrow(SingularMatrixError);
  });

  it("has a gradient of 0 where a singular matrix is masked out", () => {
    const batch = f64([
      [
        [1, 2],
        [2, 4],
      ],
      [
        [2, 0],
        [0, 4],
      ],
    ]);
    const f = (a: Tensor): Tensor => {
      const { sign, logabsdet } = slogdet(a);
      return total(where(ne(sign, 0), logabsdet, 0));
    };
    expectClose(grad(f)(batch), [
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0.5, 0],
        [0, 0.25],
      ],
    ]);
  });
});

describe("matrices without an inverse", () => {
  const singular = matrix("1 2; 2 4");
  it("are named, with their place in the batch", () => {
    expect(() => inverse(singular)).toThrow(SingularMatrixError);
    expect(() => inverse(singular)).toThrow(
      "inverse: expected a matrix that has an inverse, got a singular one: pivot 2 is 0. Use pinv",
    );
    expect(() =>
      solve(
        f64([
          eye3,
          [
            [1, 0, 0],
            [0, 0, 0],
            [0, 0, 1],
          ],
        ]),
        f64([1, 2, 3]),
      ),
    ).toThrow(
      "solve: expected a matrix that has an inverse, got a singular one: pivot 2 is 0 (matrix [1] of the batch)",
    );
    expect(() => matrixPower(singular, -1)).toThrow(SingularMatrixError);
    expect(() => triangularSolve(matrix("1 5; 2 0"), f64([1, 2]))).toThrow(SingularMatrixError);
    expect(new SingularMatrixError({ where: "", expected: "", got: "", fix: "" })).toBeInstanceOf(
      LinearAlgebraError,
    );
  });

  it("are no matter where the diagonal is not read", () => {
    const x = triangularSolve(matrix("0 5; 2 0"), f64([1, 2]), { unitDiagonal: true });
    expectClose(x, [1, 0]);
  });
});

describe("cholesky", () => {
  it("says which leading minor is not positive", () => {
    const wrong = matrix("4 0 0; 0 1 2; 0 2 3");
    expect(() => cholesky(wrong)).toThrow(NotPositiveDefiniteError);
    expect(() => cholesky(wrong)).toThrow(
      "cholesky: expected a positive definite matrix, got one whose leading minor of order 3 is not positive",
    );
    expect(() =>
      cholesky(
        f64([
          eye3,
          [
            [0, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
        ]),
      ),
    ).toThrow("leading minor of order 1 is not positive (matrix [1] of the batch)");
  });

  it("is a function of the symmetric part", () => {
    const a = matrix("4 1; 3 2");
    expectClose(cholesky(a), cholesky(matrix("4 2; 2 2")).toArray());
    const g = slope(cholesky, a).toArray() as number[][];
    expect(g[0][1]).toBe(g[1][0]);
  });
});

describe("pinv and lstsq below full rank", () => {
  it("have the derivative along changes that keep the rank", () => {
    const [b, c] = [randomTensor([4, 2], 5), randomTensor([2, 3], 6)];
    gradcheck((x, y) => pinv(matmul(x, y)), [b, c], { order: 2, atol: 1e-6 });
    const right = randomTensor([4], 7);
    gradcheck((x, y, z) => lstsq(matmul(x, y), z), [b, c, right], { order: 2, atol: 1e-6 });
  });

  it("are the solutions of least norm", () => {
    expectClose(lstsq(matrix("1 1; 1 1"), f64([2, 4])), [1.5, 1.5]);
    expectClose(pinv(zeros([2, 3], { dtype: "float64" })), rows("0 0; 0 0; 0 0"));
    expectClose(
      slope(pinv as F, zeros([2, 3], { dtype: "float64" }) as Tensor),
      rows("0 0 0; 0 0 0"),
    );
  });

  it("leave out what rcond says", () => {
    const a = matrix("1 0; 0 1e-3");
    expectClose(pinv(a), rows("1 0; 0 1000"), 1e-9);
    expectClose(pinv(a, { rcond: 0.01 }), rows("1 0; 0 0"));
    expectClose(lstsq(a, f64([1, 1]), { rcond: 0.01 }), [1, 0]);
  });
});

describe("matrixPower", () => {
  it("is repeated multiplication", () => {
    const a = matrix("1 1; 1 0");
    expectClose(matrixPower(a, 30), rows("1346269 832040; 832040 514229"));
    expectClose(matrixPower(a, 0), rows("1 0; 0 1"));
    expectClose(matrixPower(a, 1), rows("1 1; 1 0"));
    expectClose(matrixPower(a, -2), rows("1 -1; -1 2"));
    expectClose(
      slope((x) => matrixPower(x, 0), a),
      rows("0 0; 0 0"),
    );
  });
});
