// Determinants. The determinant is a polynomial of the elements, so it has derivatives of all orders
// everywhere, at singular matrices, too: they are made of cofactors, not of an inverse.
import { cofactorDerivative } from "../linalg/cofactor.ts";
import { determinantLu, factorLu, pivotSign } from "../linalg/lu.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { NDArray } from "../op/ndarray.ts";
import { checkOperands } from "../op/operands.ts";
import { drawBatch, drawMatrixSize, invertible, reals } from "../op/samples.ts";
import type { Attrs } from "../op/attrs.ts";
import type { DetFn, SlogdetFn, SquareFn } from "../tensor/signatures-linalg.ts";
import { ShapeError } from "../tensor/errors.ts";
import { eye } from "../tensor/create.ts";
import { sameShape, showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { eq, logicalAnd, ne, where } from "./compare.ts";
import { addAll, batchInFront, checkSquare, matrixAt, perMatrix, unpack } from "./matrices.ts";
import { batchAll, sum, transpose, unsqueeze } from "./move.ts";
import { mul, mulZero } from "./pointwise.ts";
import { determinant, joined, matricesOf, minor } from "./plain-matrices.ts";
import { inverse } from "./solve.ts";

/** A number for each matrix as [..., 1, 1], to multiply the matrix with. */
const perElement = (x: Tensor): Tensor => unsqueeze(unsqueeze(x, -1), -1);

/** Σ of the products of elements, for each matrix: ⟨A, B⟩. */
const inner = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b), { axis: [-2, -1] });

/**
 * The determinant of each matrix [..., n, n], by LU factors; 1 for n = 0. Gradients of any order are
 * right at every matrix: ∂det/∂A is the matrix of cofactors.
 * @throws ShapeError for matrices that are not square.
 * @example det(tensor([[1, 2], [3, 4]])); // -2
 */
export const det: OpOf<DetFn> = defineOp<DetFn>({
  name: "det",
  arity: 1,
  broadcasts: false,
  shape: ([a]) => {
    const { batch, dtype } = checkSquare("det", a);
    return [{ shape: batch, dtype }];
  },
  body: (k, [a]) => [
    k.host(
      [a],
      { shape: a.shape.slice(0, -2), dtype: a.dtype },
      perMatrix((matrix, n) => {
        const pivots = new Int32Array(n);
        factorLu(matrix, n, pivots);
        return [determinantLu(matrix, n, pivots)];
      }),
    ),
  ],
  vjp: [(g, { x }) => mul(perElement(g), cofactor(x))],
  jvp: ([t], { x }) => inner(cofactor(x), t!),
  batch: batchInFront,
  samples: (draw) => {
    const n = drawMatrixSize(draw);
    return { inputs: [reals(draw, [...drawBatch(draw), n, n])], attrs: {} };
  },
  reference: ([a]) => joined(a.shape.slice(0, -2), [], matricesOf(a).map(determinant)),
});

/**
 * The matrix of cofactors of each matrix [..., n, n]: element [i, j] is (−1)^(i+j) times the
 * determinant without row i and column j. It is the transpose of the adjugate, and the gradient of
 * `det`; where A has an inverse it is det(A)·A⁻ᵀ. Right for matrices of any rank, and so are its
 * derivatives of any order. The k-th derivative takes time of n^(k+1); cofactors themselves n³.
 * @throws ShapeError for matrices that are not square.
 * @example cofactor(tensor([[1, 2], [3, 4]])); // [[4, -3], [-2, 1]]
 */
export const cofactor: OpOf<SquareFn<"cofactor">> = defineOp<SquareFn<"cofactor">>(
  {
    name: "cofactor",
    // The matrix, and directions: the derivative of the cofactors along all of them. The derivative
    // of order k + 1 of det is a form, linear in k + 1 directions and symmetric. So the derivative of
    // this op by the matrix has one direction more, and that by a direction has the cotangent in its
    // place.
    arity: "variadic",
    broadcasts: false,
    shape: (inputs) => {
      checkSquare("cofactor", inputs[0]);
      checkOperands("cofactor", inputs, "float");
      const odd = inputs.find(({ shape }) => !sameShape(shape, inputs[0].shape));
      if (odd === undefined) return [{ shape: inputs[0].shape, dtype: inputs[0].dtype }];
      throw new ShapeError({
        where: "cofactor",
        expected: `directions of the matrix's shape ${showShape(inputs[0].shape)}`,
        got: showShape(odd.shape),
        fix: "Expand them.",
      });
    },
    body: (k, inputs) => [
      k.host(inputs, inputs[0], (arrays, out) => {
        const { shape } = arrays[0];
        const n = shape[shape.length - 1];
        for (let b = 0; b < sizeOf(shape.slice(0, -2)); b++) {
          const [a, ...directions] = arrays.map(({ data }) => matrixAt(data, b, n * n));
          out.set(cofactorDerivative(a, directions, n), b * n * n);
        }
      }),
    ],
    vjp: (g, saved, input) => {
      const inputs = Array.from({ length: saved.count }, (_, i) => saved.input(i));
      return derivativeOf(input === 0 ? [...inputs, g] : inputs.with(input, g));
    },
    jvp: (tangents, saved) => {
      const inputs = Array.from({ length: saved.count }, (_, i) => saved.input(i));
      const parts = tangents.map(
        (t, i) => t && derivativeOf(i === 0 ? [...inputs, t] : inputs.with(i, t)),
      );
      return [addAll(...parts)];
    },
    batch: batchAll((attrs) => attrs),
    samples: (draw) => {
      const n = drawMatrixSize(draw);
      const shape = [...drawBatch(draw), n, n];
      const count = draw.pick([1, 2, 1, 3]);
      return { inputs: Array.from({ length: count }, () => reals(draw, shape)), attrs: {} };
    },
    reference: cofactorReference,
  },
  (apply) => (x: Tensor) => apply([x], {}),
);

const derivativeOf = (inputs: readonly Tensor[]): Tensor => bind(cofactor.op, inputs, {})[0];

/** Determinants are linear in each row: a derivative along k directions is the sum over all ways to
 *  take k rows from them. */
function cofactorReference(inputs: readonly NDArray[]): NDArray {
  const { shape } = inputs[0];
  const n = shape[shape.length - 1];
  const all = inputs.map(matricesOf);
  const results = all[0].map((a, b) => {
    const directions = all.slice(1).map((matrices) => matrices[b]);
    return a.map((_, i) =>
      a.map((__, j) => {
        const sign = (i + j) % 2 === 0 ? 1 : -1;
        const others = directions.map((direction) => minor(direction, i, j));
        return sign * sumOverRows(minor(a, i, j), others, []);
      }),
    );
  });
  return joined(shape.slice(0, -2), [n, n], results);
}

function sumOverRows(
  a: readonly (readonly number[])[],
  directions: readonly (readonly (readonly number[])[])[],
  taken: readonly number[],
): number {
  if (directions.length === 0) return determinant(a);
  const [direction, ...rest] = directions;
  return a.reduce(
    (total, _, r) =>
      taken.includes(r) ? total : total + sumOverRows(a.with(r, direction[r]), rest, [...taken, r]),
    0,
  );
}

/**
 * Sign and logarithm of the size of the determinant of each matrix [..., n, n], which neither
 * overflow nor underflow where the determinant itself does: `{ sign, logabsdet }`. For a singular
 * matrix they are 0 and −∞. The sign has no gradient; that of the logarithm is A⁻ᵀ.
 * @throws ShapeError for matrices that are not square; SingularMatrixError by derivatives at a
 *   singular matrix, where there are none (but for one that is masked: whose cotangent is 0).
 * @example
 * const { sign, logabsdet } = slogdet(covariance);
 */
export const slogdet: OpOf<SlogdetFn> = defineOp<SlogdetFn>(
  {
    name: "slogdet",
    arity: 1,
    broadcasts: false,
    shape: ([a]) => {
      const { batch, dtype } = checkSquare("slogdet", a);
      return [
        { shape: batch, dtype },
        { shape: batch, dtype },
      ];
    },
    body: (k, [a]) => {
      const batch = a.shape.slice(0, -2);
      const packed = k.host(
        [a],
        { shape: [...batch, 2], dtype: a.dtype },
        perMatrix((matrix, n) => {
          const pivots = new Int32Array(n);
          factorLu(matrix, n, pivots);
          let sign = pivotSign(pivots, n);
          let log = 0;
          for (let j = 0; j < n; j++) {
            const pivot = matrix[j * n + j];
            sign *= Math.sign(pivot);
            log += Math.log(Math.abs(pivot));
          }
          // Not −0.
          return [sign + 0, log];
        }),
      );
      return unpack(k, packed, batch, [[], []]);
    },
    vjp: (_, saved, __, [, g]) => {
      if (!g) return null;
      const isMasked = logicalAnd(eq(g, 0), eq(saved.output(0), 0));
      return mulZero(transpose(inverse(regular(saved.x, isMasked))), perElement(g));
    },
    jvp: ([t], saved) => {
      const moves = sum(cast(ne(t!, 0), t!.dtype), { axis: [-2, -1] });
      const isMasked = logicalAnd(eq(moves, 0), eq(saved.output(0), 0));
      return [null, inner(transpose(inverse(regular(saved.x, isMasked))), t!)];
    },
    batch: batchInFront,
    samples: (draw) => {
      const batch = drawBatch(draw);
      return {
        inputs: [invertible(draw, batch, drawMatrixSize(draw), { permuted: true })],
        attrs: {} as Attrs,
      };
    },
    reference: ([a]) => {
      const values = matricesOf(a).map(determinant);
      return [
        joined(a.shape.slice(0, -2), [], values.map(Math.sign)),
        joined(
          a.shape.slice(0, -2),
          [],
          values.map((x) => Math.log(Math.abs(x))),
        ),
      ];
    },
  },
  () => (x: Tensor) => {
    const [sign, logabsdet] = bind(slogdet.op, [x], {});
    return { sign, logabsdet };
  },
);

/** The identity instead of matrices that are masked out. */
const regular = (a: Tensor, isMasked: Tensor): Tensor =>
  where(perElement(isMasked), eye(a.shape.at(-1)!, { dtype: a.dtype }), a);
