// Eigenvalues and eigenvectors of symmetric matrices.
import { eigenSymmetric } from "../linalg/eigh.ts";
import { transposed } from "../linalg/matrix.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { NDArray } from "../op/ndarray.ts";
import { zerosLike } from "../op/rules.ts";
import { distinctEigenvalues, drawBatch, drawMatrixSize } from "../op/samples.ts";
import type { EighFn, EigvalshFn } from "../tensor/signatures-linalg.ts";
import { LinearAlgebraError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { symmetrise } from "./cholesky.ts";
import { matmul } from "./contract.ts";
import {
  batchInFront,
  checkSquare,
  diagonalMatrix,
  diagonalOf,
  perMatrix,
  showPlace,
  symmetricPart,
  unpack,
} from "./matrices.ts";
import { transpose } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { jacobi, joined, matricesOf } from "./plain-matrices.ts";
import { averaged, gapsOf } from "./spectrum.ts";
import { checkCotangents, checkDirection } from "./spectrum-checks.ts";

/** What no matrix should ever bring about. */
export const noConvergence = (name: string, index: number, batch: readonly number[]) =>
  new LinearAlgebraError({
    where: name,
    expected: "an iteration that comes to an end",
    got: `one that does not${showPlace(index, batch)}`,
    fix: "Please report the matrix.",
  });

/**
 * Eigenvalues in ascending order, [..., n], and eigenvectors as columns, [..., n, n], of each symmetric
 * matrix [..., n, n]: `{ eigenvalues, eigenvectors }`, A = V·diag(w)·Vᵀ. It is a function of the
 * symmetric part (A + Aᵀ)/2, so its gradient is symmetric. (LAPACK reads one triangle.) In each
 * eigenvector the first element that is not small, at least 0.3 of the largest one in size, is positive.
 * NaN or infinity in a matrix makes all of its results NaN.
 *
 * Derivatives of all orders where the eigenvalues are distinct. At equal ones (that is, closer than
 * 4·n·ε·max|w|) vectors may be turned among each other at will. There
 * - the gradient of eigenvalues is shared evenly among equal ones: the subgradient of least norm, which
 *   is right for symmetric functions such as their sum;
 * - 1/(wⱼ − wᵢ) is taken to be 0, so functions that do not depend on the choice of vectors, such as V·Vᵀ
 *   of some columns, have finite gradients in reverse mode;
 * - a function that does depend on it is a GradientError in reverse mode, and so is one for which equal
 *   eigenvalues have unequal cotangents beside vectors that have some: as a rule a matrix V·h(w)·Vᵀ, whose
 *   derivative at a tie that of V and w does not tell;
 * - forward mode does not see what becomes of the vectors: a direction that separates equal eigenvalues
 *   is a GradientError. For eigenvalues alone there is `eigvalsh`.
 * @throws ShapeError for matrices that are not square; GradientError by derivatives, see above.
 * @example const { eigenvalues } = eigh(tensor([[2, 1], [1, 2]])); // [1, 3]
 */
export const eigh: OpOf<EighFn> = defineOp<EighFn>(
  {
    name: "eigh",
    arity: 1,
    broadcasts: false,
    shape: ([a]) => {
      const { batch, n, dtype } = checkSquare("eigh", a);
      return [
        { shape: [...batch, n], dtype },
        { shape: [...batch, n, n], dtype },
      ];
    },
    body: (k, [a]) => {
      const { batch, n, dtype } = checkSquare("eigh", a);
      const packed = k.host(
        [a],
        { shape: [...batch, n + n * n], dtype },
        perMatrix((matrix, _, __, index, whole) => {
          symmetrise(matrix, n);
          const { values, vectors, converged } = eigenSymmetric(matrix, n);
          if (!converged) throw noConvergence("eigh", index, whole);
          const both = new Float64Array(n + n * n);
          both.set(values);
          both.set(transposed(vectors, n, n), n);
          return both;
        }),
      );
      return unpack(k, packed, batch, [[n], [n, n]]);
    },
    // With F = 1/(wⱼ − wᵢ): Ā = V·(diag(w̄) + F ∘ VᵀV̄)·Vᵀ, ẇ = diag(P) and V̇ = V·(F ∘ P), P = VᵀȦV.
    vjp: (_, saved, __, [gw, gv]) => {
      const [w, v] = [saved.output(0), saved.output(1)];
      if (w.size === 0) return null;
      const gaps = gapsOf(w);
      let inner = gw ? diagonalMatrix(averaged(gw, gaps)) : null;
      if (gv) {
        const x = checkCotangents(matmul(transpose(v), gv), w, gw ?? zerosLike(w.layout));
        const turns = mul(gaps.differences, x);
        inner = inner ? add(inner, turns) : turns;
      }
      return inner && symmetricPart(matmul(matmul(v, inner), transpose(v)));
    },
    jvp: ([t], saved) => {
      const [w, v] = [saved.output(0), saved.output(1)];
      if (w.size === 0) return [null, null];
      const gaps = gapsOf(w);
      const p = checkDirection(matmul(matmul(transpose(v), symmetricPart(t!)), v), w);
      return [averaged(diagonalOf(p), gaps), matmul(v, mul(gaps.differences, p))];
    },
    batch: batchInFront,
    samples: (draw) => ({
      inputs: [distinctEigenvalues(draw, drawBatch(draw), drawMatrixSize(draw))],
      attrs: {},
    }),
    reference: ([a]) => eighReference(a),
  },
  () => (x: Tensor) => {
    const [eigenvalues, eigenvectors] = bind(eigh.op, [x], {});
    return { eigenvalues, eigenvectors };
  },
);

function eighReference(a: NDArray): NDArray[] {
  const n = a.shape.at(-1)!;
  const batch = a.shape.slice(0, -2);
  const results = matricesOf(a).map((m) =>
    jacobi(m.map((row, i) => row.map((x, j) => (x + m[j][i]) / 2))),
  );
  const [values, vectors] = [results.map((r) => r.values), results.map((r) => r.vectors)];
  return [joined(batch, [n], values), joined(batch, [n, n], vectors)];
}

/**
 * The eigenvalues of each symmetric matrix [..., n, n] in ascending order, [..., n]: those of `eigh`, with
 * the same conventions. Their derivatives of first order exist at equal eigenvalues in both modes (shared evenly
 * among them); those of higher order are made of eigenvectors, see `eigh`.
 * @throws ShapeError for matrices that are not square.
 * @example eigvalsh(tensor([[2, 1], [1, 2]])); // [1, 3]
 */
export const eigvalsh: OpOf<EigvalshFn> = defineOp<EigvalshFn>({
  name: "eigvalsh",
  arity: 1,
  broadcasts: false,
  shape: ([a]) => {
    const { batch, n, dtype } = checkSquare("eigvalsh", a);
    return [{ shape: [...batch, n], dtype }];
  },
  body: (k, [a]) => [
    k.host(
      [a],
      { shape: a.shape.slice(0, -1), dtype: a.dtype },
      perMatrix((matrix, n, _, index, batch) => {
        symmetrise(matrix, n);
        const { values, converged } = eigenSymmetric(matrix, n, false);
        if (!converged) throw noConvergence("eigvalsh", index, batch);
        return values;
      }),
    ),
  ],
  vjp: [
    (g, { x, y }) => {
      if (y.size === 0) return null;
      const { eigenvalues: w, eigenvectors: v } = eigh(x) as Record<string, Tensor>;
      const inner = diagonalMatrix(averaged(g, gapsOf(w)));
      return symmetricPart(matmul(matmul(v, inner), transpose(v)));
    },
  ],
  jvp: ([t], { x, y }) => {
    if (y.size === 0) return [null];
    const { eigenvalues: w, eigenvectors: v } = eigh(x) as Record<string, Tensor>;
    const p = matmul(matmul(transpose(v), symmetricPart(t!)), v);
    return averaged(diagonalOf(p), gapsOf(w));
  },
  batch: batchInFront,
  samples: (draw) => ({
    inputs: [distinctEigenvalues(draw, drawBatch(draw), drawMatrixSize(draw))],
    attrs: {},
  }),
  reference: ([a]) => eighReference(a)[0],
});
