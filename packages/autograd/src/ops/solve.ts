// Linear systems with square matrices.
import { factorLu, solveLu, zeroPivot } from "../linalg/lu.ts";
import { identity } from "../linalg/matrix.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { NDArray } from "../op/ndarray.ts";
import type { Attrs } from "../op/attrs.ts";
import { notDifferentiable } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { drawBatch, drawBroadcastable, drawMatrixSize, invertible, reals } from "../op/samples.ts";
import type { HostArray } from "../kernel/kernel.ts";
import type { MatrixPowerFn, SolveFn, SquareFn } from "../tensor/signatures-linalg.ts";
import { eye } from "../tensor/create.ts";
import { OptionError } from "../tensor/errors.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { matmul } from "./contract.ts";
import {
  addAll,
  batchBroadcast,
  batchInFront,
  broadcastPlaces,
  checkSquare,
  checkSystem,
  jointVjp,
  matrixAt,
  perMatrix,
  singular,
  withColumns,
} from "./matrices.ts";
import { expand, sumTo, transpose } from "./move.ts";
import { neg } from "./pointwise.ts";
import { cramer, joined, matricesOf, turned } from "./plain-matrices.ts";

/** LU factors in double precision for `solve`, [..., n, n + 1]: the last column has the pivots. They
 *  are a means only: derivatives go to the matrix itself. */
export const luFactor: OpOf<(a: Tensor) => Tensor> = defineOp<(a: Tensor) => Tensor>({
  name: "luFactor",
  arity: 1,
  broadcasts: false,
  shape: ([a]) => {
    const { batch, n } = checkSquare("luFactor", a);
    return [{ shape: [...batch, n, n + 1], dtype: "float64" }];
  },
  body: (k, [a]) => {
    const n = a.shape.at(-1)!;
    return [
      k.host(
        [a],
        { shape: [...a.shape.slice(0, -1), n + 1], dtype: "float64" },
        perMatrix((matrix) => {
          const pivots = new Int32Array(n);
          factorLu(matrix, n, pivots);
          const packed = new Float64Array(n * (n + 1));
          for (let i = 0; i < n; i++) {
            packed.set(matrix.subarray(i * n, (i + 1) * n), i * (n + 1));
            packed[i * (n + 1) + n] = pivots[i];
          }
          return packed;
        }),
      ),
    ];
  },
  vjp: notDifferentiable,
  jvp: notDifferentiable,
  batch: batchInFront,
  samples: (draw) => ({
    inputs: [invertible(draw, drawBatch(draw), drawMatrixSize(draw), { permuted: true })],
    attrs: {},
  }),
  // Elimination row by row, with the rows swapped as they are in books.
  reference: ([a]) => {
    const n = a.shape.at(-1)!;
    const results = matricesOf(a).map((rows) => {
      const pivots: number[] = [];
      for (let j = 0; j < n; j++) {
        const sizes = rows.slice(j).map((row) => Math.abs(row[j]));
        const pivot = j + sizes.indexOf(Math.max(...sizes));
        pivots.push(pivot);
        [rows[j], rows[pivot]] = [rows[pivot], rows[j]];
        for (let i = j + 1; i < n; i++) {
          const factor = rows[i][j] / rows[j][j];
          rows[i] = rows[i].map((x, k) => (k > j ? x - factor * rows[j][k] : k === j ? factor : x));
        }
      }
      return rows.map((row, i) => [...row, pivots[i]]);
    });
    return joined(a.shape.slice(0, -2), [n, n + 1], results);
  },
});

type SolveAttrs = { readonly transpose: boolean };

/** The factors of one matrix, from the matrix or from what luFactor has packed. */
function factorsAt(a: HostArray, packed: HostArray | undefined, index: number, n: number) {
  const pivots = new Int32Array(n);
  if (packed === undefined) {
    const lu = matrixAt(a.data, index, n * n);
    factorLu(lu, n, pivots);
    return { lu, pivots };
  }
  const lu = new Float64Array(n * n);
  const start = index * n * (n + 1);
  for (let i = 0; i < n; i++) {
    const row = start + i * (n + 1);
    lu.set(packed.data.subarray(row, row + n), i * n);
    pivots[i] = packed.data[row + n];
  }
  return { lu, pivots };
}

const runSolve =
  ({ transpose }: SolveAttrs, batch: readonly number[]) =>
  ([a, b, packed]: readonly HostArray[], out: TypedArray): void => {
    const [n, k] = b.shape.slice(-2);
    const ofA = a.shape.slice(0, -2);
    const places = [broadcastPlaces(ofA, batch), broadcastPlaces(b.shape.slice(0, -2), batch)];
    const known = new Map<number, ReturnType<typeof factorsAt>>();
    for (let i = 0; i < sizeOf(batch); i++) {
      const place = places[0][i];
      let factors = known.get(place);
      if (!factors) {
        factors = factorsAt(a, packed, place, n);
        const pivot = zeroPivot(factors.lu, n);
        if (pivot >= 0) throw singular("solve", pivot, place, ofA);
        // Kept only where several right-hand sides meet one matrix.
        if (sizeOf(ofA) < sizeOf(batch)) known.set(place, factors);
      }
      const x = matrixAt(b.data, places[1][i], n * k);
      solveLu(factors.lu, n, factors.pivots, x, k, transpose);
      out.set(x, i * n * k);
    }
  };

/**
 * X with A·X = B, by LU factors with partial pivoting. A is [..., n, n]; B is a vector [n] or
 * matrices [..., n, k]; batch axes broadcast. (A batch of vectors is [..., n, 1], as in NumPy 2.)
 * Derivatives of all orders reuse the factors.
 * @throws ShapeError for shapes that do not fit; SingularMatrixError where A is singular.
 * @example solve(tensor([[2, 0], [0, 4]]), tensor([2, 2])); // [1, 0.5]
 */
export const solve: OpOf<SolveFn, SolveAttrs> = defineOp<SolveFn, SolveAttrs>(
  {
    name: "solve",
    // (a, b), and the factors of a where they are known.
    arity: "variadic",
    broadcasts: false,
    shape: ([a, b]) => {
      const { n, dtype } = checkSquare("solve", a);
      const system = checkSystem("solve", [a, b], n);
      return [{ shape: [...system.batch, n, system.n], dtype }];
    },
    body: (k, inputs, attrs) => {
      const [a, b] = inputs;
      const { batch, m, n } = checkSystem("solve", [a, b], a.shape.at(-1)!);
      const spec = { shape: [...batch, m, n], dtype: a.dtype };
      return [k.host(inputs, spec, runSolve(attrs, batch))];
    },
    vjp: jointVjp(([g], saved) => {
      if (!g) return [];
      const { transpose: isTransposed } = saved.attrs;
      const right = again(saved.a, g, saved, !isTransposed);
      // A·X = B: Ā = −B̄·Xᵀ, with B̄ = A⁻ᵀ·X̄; and for Aᵀ·X = B the transpose of that.
      const left = isTransposed
        ? matmul(saved.y, transpose(right))
        : matmul(right, transpose(saved.y));
      return [sumTo(neg(left), saved.shape(0)), sumTo(right, saved.shape(1))];
    }),
    jvp: ([ta, tb], saved) => {
      const { transpose: isTransposed } = saved.attrs;
      const moved = ta && neg(matmul(isTransposed ? transpose(ta) : ta, saved.y));
      const right = tb && expand(tb, saved.y.shape);
      return [again(saved.a, addAll(right, moved)!, saved, isTransposed)];
    },
    batch: batchBroadcast,
    samples: (draw) => {
      const n = drawMatrixSize(draw);
      const batch = drawBatch(draw);
      const k = draw.pick([1, 2, 0]);
      const ofA = drawBroadcastable(draw, batch);
      return {
        inputs: [invertible(draw, ofA, n, { permuted: true }), reals(draw, [...batch, n, k])],
        attrs: { transpose: draw.pick([false, true]) },
      };
    },
    reference: ([a, b], attrs) =>
      solveReference(a, b, (matrix) => (attrs.transpose ? turned(matrix, matrix.length) : matrix)),
  },
  (apply) => (a: Tensor, b: Tensor) => {
    requireTensor("solve", a);
    requireTensor("solve", b);
    return withColumns(b, (columns) => apply([a, columns, luFactor(a)], { transpose: false }));
  },
);

/** The same matrix once more, with its factors where they are known. */
const again = (
  a: Tensor,
  b: Tensor,
  saved: { readonly count: number; input(i: number): Tensor },
  isTransposed: boolean,
): Tensor => {
  const inputs = saved.count > 2 ? [a, b, saved.input(2)] : [a, b];
  return bind(solve.op, inputs, { transpose: isTransposed })[0];
};

/** For each matrix of the batch that two operands broadcast to, A⁻¹B by Cramer's rule. */
export function solveReference(
  a: NDArray,
  b: NDArray,
  prepare: (matrix: number[][]) => number[][],
): NDArray {
  const [n, k] = b.shape.slice(-2);
  const [p, q] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  // Samples have all of the batch on the right.
  const batch = p.length > q.length ? p : q;
  const [left, right] = [matricesOf(a), matricesOf(b)];
  const [ofA, ofB] = [broadcastPlaces(p, batch), broadcastPlaces(q, batch)];
  const results = ofA.map((place, i) => cramer(prepare(left[place]), right[ofB[i]], k));
  return joined(batch, [n, k], results);
}

/**
 * The inverse of each matrix [..., n, n]. To solve systems, `solve` is quicker and more accurate.
 * @throws ShapeError for matrices that are not square; SingularMatrixError for singular ones.
 * @example inverse(tensor([[2, 0], [0, 4]])); // [[0.5, 0], [0, 0.25]]
 */
export const inverse: OpOf<SquareFn<"inverse">> = defineOp<SquareFn<"inverse">>({
  name: "inverse",
  arity: 1,
  broadcasts: false,
  shape: ([a]) => {
    const { batch, n, dtype } = checkSquare("inverse", a);
    return [{ shape: [...batch, n, n], dtype }];
  },
  body: (k, [a]) => [
    k.host(
      [a],
      a,
      perMatrix((lu, n, _, index, batch) => {
        const pivots = new Int32Array(n);
        factorLu(lu, n, pivots);
        const pivot = zeroPivot(lu, n);
        if (pivot >= 0) throw singular("inverse", pivot, index, batch);
        const result = identity(n);
        solveLu(lu, n, pivots, result, n, false);
        return result;
      }),
    ),
  ],
  // d(A⁻¹) = −A⁻¹·dA·A⁻¹
  vjp: [(g, { y }) => neg(matmul(matmul(transpose(y), g), transpose(y)))],
  jvp: ([t], { y }) => neg(matmul(matmul(y, t!), y)),
  batch: batchInFront,
  samples: (draw) => ({
    inputs: [invertible(draw, drawBatch(draw), drawMatrixSize(draw), { permuted: true })],
    attrs: {} as Attrs,
  }),
  reference: ([a]) => {
    const n = a.shape.at(-1)!;
    const one = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (__, j) => Number(i === j)),
    );
    return joined(
      a.shape.slice(0, -2),
      [n, n],
      matricesOf(a).map((matrix) => cramer(matrix, one, n)),
    );
  },
});

/**
 * Each matrix [..., n, n] to an integer power, by repeated squaring; a negative one is that of the
 * inverse, and the power 0 the identity.
 * @throws ShapeError for matrices that are not square; OptionError for an exponent that is not an
 *   integer; SingularMatrixError for a negative power of a singular matrix.
 * @example matrixPower(tensor([[1, 1], [1, 0]]), 10); // Fibonacci numbers: [[89, 55], [55, 34]]
 */
export const matrixPower = ((a: Tensor, exponent: number): Tensor => {
  requireTensor("matrixPower", a);
  checkSquare("matrixPower", a);
  if (!Number.isSafeInteger(exponent)) {
    throw new OptionError({
      where: "matrixPower",
      expected: "an integer as the exponent",
      got: brief(exponent),
      fix: "Other powers of symmetric matrices can be made by eigh.",
    });
  }
  if (exponent === 0) return expand(eye(a.shape.at(-1)!, { dtype: a.dtype }), a.shape);
  let square = exponent < 0 ? inverse(a) : a;
  let result: Tensor | null = null;
  for (let rest = Math.abs(exponent); ; square = matmul(square, square)) {
    if (rest % 2 === 1) result = result === null ? square : matmul(result, square);
    rest = Math.floor(rest / 2);
    if (rest === 0) return result!;
  }
}) as MatrixPowerFn;
