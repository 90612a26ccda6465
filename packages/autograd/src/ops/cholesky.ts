// Triangular factors of positive definite matrices, and triangular systems.
import { factorCholesky } from "../linalg/cholesky.ts";
import { solveTriangle, type Triangle } from "../linalg/lu.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { Attrs } from "../op/attrs.ts";
import { requireTensor } from "../op/operands.ts";
import {
  drawBatch,
  drawBroadcastable,
  drawMatrixSize,
  invertible,
  positiveDefinite,
  reals,
} from "../op/samples.ts";
import type { HostArray } from "../kernel/kernel.ts";
import type { CholeskyFn, TriangularSolveFn } from "../tensor/signatures-linalg.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { NotPositiveDefiniteError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { matmul } from "./contract.ts";
import {
  addAll,
  batchBroadcast,
  batchInFront,
  broadcastPlaces,
  checkSquare,
  checkSystem,
  diagonalMatrix,
  diagonalOf,
  jointVjp,
  matrixAt,
  perMatrix,
  showPlace,
  singular,
  symmetricPart,
  triangle,
  withColumns,
} from "./matrices.ts";
import { expand, sumTo, transpose } from "./move.ts";
import { add, mul, neg } from "./pointwise.ts";
import { determinant, joined, matricesOf, type Plain } from "./plain-matrices.ts";
import { solveReference } from "./solve.ts";

/** The lower triangle with half of the diagonal: Φ(X) + Φ(X)ᵀ = X for symmetric X. */
const half = (x: Tensor): Tensor =>
  add(triangle(x, false, true), diagonalMatrix(mul(diagonalOf(x), 0.5)));

export interface CholeskyOptions {
  /** Whether the upper triangular factor is wanted, A = UᵀU. Default: false. */
  readonly upper?: boolean;
}

/**
 * The lower triangular L with A = L·Lᵀ and a positive diagonal, for each positive definite matrix
 * [..., n, n]; with `upper` its transpose. A function of the symmetric part (A + Aᵀ)/2, so its gradient
 * is symmetric. (LAPACK reads one triangle.)
 * Derivatives: I. Murray, "Differentiation of the Cholesky decomposition", 2016.
 * @throws ShapeError for matrices that are not square; NotPositiveDefiniteError, which says which
 *   leading minor is not positive.
 * @example cholesky(tensor([[4, 2], [2, 2]])); // [[2, 0], [1, 1]]
 */
export const cholesky: OpOf<CholeskyFn<CholeskyOptions>> = defineOp<CholeskyFn<CholeskyOptions>>(
  {
    name: "cholesky",
    arity: 1,
    broadcasts: false,
    shape: ([a]) => {
      const { batch, n, dtype } = checkSquare("cholesky", a);
      return [{ shape: [...batch, n, n], dtype }];
    },
    body: (k, [a]) => [
      k.host(
        [a],
        a,
        perMatrix((matrix, n, _, index, batch) => {
          symmetrise(matrix, n);
          const minor = factorCholesky(matrix, n);
          if (minor === 0) return matrix;
          throw new NotPositiveDefiniteError({
            where: "cholesky",
            expected: "a positive definite matrix",
            got: `one whose leading minor of order ${minor} is not positive${showPlace(index, batch)}`,
            fix: "Add a small multiple of eye(n), or see eigh for its eigenvalues.",
          });
        }),
      ),
    ],
    // L̇ = L·Φ(L⁻¹·Ȧ·L⁻ᵀ), Ā = sym(L⁻ᵀ·Φ(Lᵀ·L̄)·L⁻¹)
    vjp: [
      (g, { y }) => {
        const first = lowerSolve(y, half(matmul(transpose(y), g)), true);
        return symmetricPart(lowerSolve(y, transpose(first), true));
      },
    ],
    jvp: ([t], { y }) => {
      const first = lowerSolve(y, symmetricPart(t!), false);
      return matmul(y, half(lowerSolve(y, transpose(first), false)));
    },
    batch: batchInFront,
    samples: (draw) => ({
      inputs: [positiveDefinite(draw, drawBatch(draw), drawMatrixSize(draw))],
      attrs: {} as Attrs,
    }),
    // By minors: L[i][j] = det(rows 0 … j−1, i and columns 0 … j) / √(D_j·D_{j+1}).
    reference: ([a]) => {
      const n = a.shape.at(-1)!;
      const minorOf = (m: Plain, rows: number[], order: number) =>
        determinant(rows.map((i) => m[i].slice(0, order)));
      const upTo = (order: number) => Array.from({ length: order }, (_, i) => i);
      const results = matricesOf(a).map((m) =>
        m.map((_, i) =>
          m.map((__, j) => {
            if (j > i) return 0;
            const leading = minorOf(m, upTo(j), j) * minorOf(m, upTo(j + 1), j + 1);
            return minorOf(m, [...upTo(j), i], j + 1) / Math.sqrt(leading);
          }),
        ),
      );
      return joined(a.shape.slice(0, -2), [n, n], results);
    },
  },
  (apply) =>
    (x: Tensor, options: CholeskyOptions = {}) => {
      checkOptions("cholesky", options, ["upper"]);
      const isUpper = checkBoolean("cholesky", "upper", options.upper ?? false);
      const lower = apply([x], {});
      return isUpper ? transpose(lower) : lower;
    },
);

/** The symmetric part, in place. */
export function symmetrise(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      a[i * n + j] = a[j * n + i] = a[i * n + j] / 2 + a[j * n + i] / 2;
    }
  }
}

type TriangleAttrs = {
  readonly upper: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
};

export interface TriangularSolveOptions {
  /** Which triangle is read; the other one is taken to be 0. Default: false, the lower one. */
  readonly upper?: boolean;
  /** Whether the triangle is transposed: Tᵀ·X = B. Default: false. */
  readonly transpose?: boolean;
  /** Whether the diagonal is taken to be 1, and not read. Default: false. */
  readonly unitDiagonal?: boolean;
}

const runTriangular =
  (attrs: Triangle, batch: readonly number[]) =>
  ([a, b]: readonly HostArray[], out: TypedArray): void => {
    const [n, k] = b.shape.slice(-2);
    const ofA = a.shape.slice(0, -2);
    const ofB = broadcastPlaces(b.shape.slice(0, -2), batch);
    broadcastPlaces(ofA, batch).forEach((place, i) => {
      const matrix = matrixAt(a.data, place, n * n);
      const zero = attrs.unitDiagonal ? -1 : firstZero(matrix, n);
      if (zero >= 0) throw singular("triangularSolve", zero, place, ofA);
      const x = matrixAt(b.data, ofB[i], n * k);
      solveTriangle(matrix, n, x, k, attrs);
      out.set(x, i * n * k);
    });
  };

function firstZero(a: Float64Array, n: number): number {
  for (let i = 0; i < n; i++) if (a[i * n + i] === 0) return i;
  return -1;
}

/**
 * X with T·X = B, where T is a triangle of A, [..., n, n], and B a vector [n] or matrices [..., n, k];
 * batch axes broadcast.
 * @throws ShapeError for shapes that do not fit; SingularMatrixError for a 0 on the diagonal.
 * @example
 * const l = cholesky(a);
 * const x = triangularSolve(l, triangularSolve(l, b), { transpose: true }); // solve(a, b)
 */
export const triangularSolve: OpOf<
  TriangularSolveFn<TriangularSolveOptions>,
  TriangleAttrs
> = defineOp<TriangularSolveFn<TriangularSolveOptions>, TriangleAttrs>(
  {
    name: "triangularSolve",
    arity: 2,
    broadcasts: false,
    shape: ([a, b]) => {
      const { n, dtype } = checkSquare("triangularSolve", a);
      const system = checkSystem("triangularSolve", [a, b], n);
      return [{ shape: [...system.batch, n, system.n], dtype }];
    },
    body: (k, [a, b], attrs) => {
      const { batch, m, n } = checkSystem("triangularSolve", [a, b], a.shape.at(-1)!);
      const spec = { shape: [...batch, m, n], dtype: a.dtype };
      return [k.host([a, b], spec, runTriangular(attrs, batch))];
    },
    vjp: jointVjp(([g], saved) => {
      if (!g) return [];
      const { attrs } = saved;
      const right = solveWith(saved.a, g, { ...attrs, transpose: !attrs.transpose });
      const full = attrs.transpose
        ? matmul(saved.y, transpose(right))
        : matmul(right, transpose(saved.y));
      const left = neg(triangle(full, attrs.upper, attrs.unitDiagonal));
      return [sumTo(left, saved.shape(0)), sumTo(right, saved.shape(1))];
    }),
    jvp: ([ta, tb], saved) => {
      const { upper, transpose: isTransposed, unitDiagonal } = saved.attrs;
      const part = ta && triangle(ta, upper, unitDiagonal);
      const moved = part && neg(matmul(isTransposed ? transpose(part) : part, saved.y));
      const right = tb && expand(tb, saved.y.shape);
      return [solveWith(saved.a, addAll(right, moved)!, saved.attrs)];
    },
    batch: batchBroadcast,
    samples: (draw) => {
      const n = drawMatrixSize(draw);
      const batch = drawBatch(draw);
      const [upper, isTransposed, unitDiagonal] = [0, 1, 2].map(() => draw.pick([false, true]));
      return {
        inputs: [
          invertible(draw, drawBroadcastable(draw, batch), n),
          reals(draw, [...batch, n, draw.pick([1, 2, 0])]),
        ],
        attrs: { upper, transpose: isTransposed, unitDiagonal },
      };
    },
    reference: ([a, b], attrs) =>
      solveReference(a, b, (matrix) =>
        matrix.map((row, r) =>
          row.map((_, c) => {
            const [i, j] = attrs.transpose ? [c, r] : [r, c];
            if (i === j && attrs.unitDiagonal) return 1;
            return i === j || j > i === attrs.upper ? matrix[i][j] : 0;
          }),
        ),
      ),
  },
  (apply) =>
    (a: Tensor, b: Tensor, options: TriangularSolveOptions = {}) => {
      requireTensor("triangularSolve", a);
      requireTensor("triangularSolve", b);
      checkOptions("triangularSolve", options, ["upper", "transpose", "unitDiagonal"]);
      const flag = (name: keyof TriangleAttrs) =>
        checkBoolean("triangularSolve", name, options[name] ?? false);
      const attrs = {
        upper: flag("upper"),
        transpose: flag("transpose"),
        unitDiagonal: flag("unitDiagonal"),
      };
      return withColumns(b, (columns) => apply([a, columns], attrs));
    },
);

const solveWith = (a: Tensor, b: Tensor, attrs: TriangleAttrs): Tensor =>
  bind(triangularSolve.op, [a, b], attrs)[0];

const lowerSolve = (l: Tensor, b: Tensor, isTransposed: boolean): Tensor =>
  solveWith(l, b, { upper: false, transpose: isTransposed, unitDiagonal: false });
