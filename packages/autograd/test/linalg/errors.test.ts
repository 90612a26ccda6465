// What linear algebra says about arguments that do not fit.
import { DTypeError, ones, OptionError, ShapeError, tensor, ValueError } from "@wengert/autograd";
import { describe } from "vitest";
import { loose, table, x23 } from "../errors.support.ts";

const vector = tensor([1, 2]);
const square = ones([2, 2]);

describe("shapes", () => {
  table([
    [
      "det of a vector",
      () => loose.det(vector),
      ShapeError,
      "det: expected a matrix, or a batch of them, [..., m, n], got shape [2]",
    ],
    [
      "det of 2 × 3",
      () => loose.det(x23),
      ShapeError,
      "det: expected square matrices, [..., n, n], got shape [2, 3]",
    ],
    ["inverse of 2 × 3", () => loose.inverse(x23), ShapeError, "inverse: expected square matrices"],
    [
      "matrixPower of 2 × 3",
      () => loose.matrixPower(x23, 2),
      ShapeError,
      "matrixPower: expected square matrices",
    ],
    [
      "solve with 3 rows",
      () => loose.solve(square, ones([3])),
      ShapeError,
      "solve: expected right-hand sides of 2 rows, as the matrix [2, 2] has, got shape [3, 1]",
    ],
    [
      "solve of batches",
      () => loose.solve(ones([2, 2, 2]), ones([3, 2, 1])),
      ShapeError,
      "solve (batch axes): expected shapes that broadcast (aligned at the right, sizes equal or 1), got [2] and [3]",
    ],
    [
      "lstsq with 3 rows",
      () => loose.lstsq(x23, ones([3])),
      ShapeError,
      "lstsq: expected right-hand sides of 2 rows",
    ],
    [
      "svd of a scalar",
      () => loose.svd(tensor(1)),
      ShapeError,
      "svd: expected a matrix, or a batch of them, [..., m, n], got shape []",
    ],
  ]);
});

describe("options and dtypes", () => {
  table([
    [
      "det of integers",
      () => loose.det(ones([2, 2], { dtype: "int32" })),
      DTypeError,
      "det: expected float32 or float64, got int32",
    ],
    [
      "solve of two dtypes",
      () => loose.solve(square, ones([2], { dtype: "float64" })),
      DTypeError,
      "solve: expected operands of one dtype, got float32 and float64",
    ],
    [
      "solve of an array",
      () => loose.solve(square, [1, 2]),
      ValueError,
      "solve: expected a tensor, got an array",
    ],
    [
      "an unknown mode",
      () => loose.qr(square, { mode: "r" }),
      OptionError,
      'qr: expected mode "reduced" or "complete", got the string "r"',
    ],
    [
      "a misspelt option",
      () => loose.svd(square, { full: true }),
      OptionError,
      'svd: expected the options fullMatrices, got an unknown option "full"',
    ],
    [
      "a flag of 1",
      () => loose.cholesky(square, { upper: 1 }),
      OptionError,
      "cholesky: expected upper: true or false, got",
    ],
    [
      "an unknown triangle",
      () => loose.triangularSolve(square, vector, { lower: true }),
      OptionError,
      'an unknown option "lower"',
    ],
    [
      "rcond of 2",
      () => loose.pinv(square, { rcond: 2 }),
      OptionError,
      "pinv: expected rcond from 0 to less than 1, got 2",
    ],
    [
      "half a power",
      () => loose.matrixPower(square, 0.5),
      OptionError,
      "matrixPower: expected an integer as the exponent, got 0.5",
    ],
  ]);
});
