// The QR decomposition.
import { factorQr } from "../linalg/qr.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { Saved } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { zerosLike } from "../op/rules.ts";
import { drawBatch, drawMatrixSize, fullRank } from "../op/samples.ts";
import type { QrFn } from "../tensor/signatures-linalg.ts";
import { describe } from "../tensor/dtype.ts";
import { GradientError, OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./arith.ts";
import { matmul } from "./contract.ts";
import { triangularSolve } from "./cholesky.ts";
import { slice } from "./indexing.ts";
import { concat } from "./join.ts";
import { batchInFront, checkMatrices, perMatrix, triangle, unpack } from "./matrices.ts";
import { transpose } from "./move.ts";
import { add } from "./pointwise.ts";
import { joined, matricesOf } from "./plain-matrices.ts";

type QrAttrs = { readonly mode: "reduced" | "complete" };

export interface QrOptions {
  /** Default: "reduced". */
  readonly mode?: "reduced" | "complete";
}

const columnsOf = (m: number, n: number, { mode }: QrAttrs): number =>
  mode === "complete" ? m : Math.min(m, n);

/**
 * A = Q·R for each matrix [..., m, n], by Householder reflections: `{ q, r }`, where Q has orthonormal
 * columns and R is upper triangular with a diagonal that is not negative. (LAPACK leaves the signs
 * open; with this convention the factors of a matrix of full column rank are unique.) With k =
 * min(m, n), q is [..., m, k] and r [..., k, n]; in mode "complete" they are [..., m, m] and [..., m, n].
 *
 * Derivatives of all orders where the first k columns are linearly independent; wide matrices, too.
 * @throws ShapeError for what is not a matrix. By derivatives: GradientError in mode "complete" where
 *   m > n, since the further columns of Q may be turned at will; SingularMatrixError where the first
 *   k columns are linearly dependent: there Q has no derivative.
 * @example const { q, r } = qr(tensor([[3, 1], [4, 2]])); // r: [[5, 2.2], [0, 0.4]]
 */
export const qr: OpOf<QrFn<QrOptions>, QrAttrs> = defineOp<QrFn<QrOptions>, QrAttrs>(
  {
    name: "qr",
    arity: 1,
    broadcasts: false,
    shape: ([a], attrs) => {
      const { batch, m, n, dtype } = checkMatrices("qr", a);
      const columns = columnsOf(m, n, attrs);
      return [
        { shape: [...batch, m, columns], dtype },
        { shape: [...batch, columns, n], dtype },
      ];
    },
    body: (k, [a], attrs) => {
      const { batch, m, n, dtype } = checkMatrices("qr", a);
      const columns = columnsOf(m, n, attrs);
      const total = m * columns + columns * n;
      const packed = k.host(
        [a],
        { shape: [...batch, total], dtype },
        perMatrix((matrix) => {
          const { q, r } = factorQr(matrix, m, n, columns);
          const both = new Float64Array(total);
          both.set(q);
          both.set(r, m * columns);
          return both;
        }),
      );
      const parts: Shape[] = [
        [m, columns],
        [columns, n],
      ];
      return unpack(k, packed, batch, parts);
    },
    vjp: (_, saved, __, [gq, gr]) => {
      const { q, r, m, n } = factorsOf(saved);
      const g = gq ?? zerosLike(q.layout);
      const h = gr ?? zerosLike(r.layout);
      if (m >= n) return pull(q, r, g, h);
      // A = [X Y] with X = Q·U and R = [U QᵀY].
      const y = columns(saved.x, m, n);
      const ofV = columns(h, m, n);
      const first = pull(q, columns(r, 0, m), add(g, matmul(y, transpose(ofV))), columns(h, 0, m));
      return concat([first, matmul(q, ofV)], { axis: -1 });
    },
    jvp: ([t], saved) => {
      const { q, r, m, n } = factorsOf(saved);
      if (m >= n) return push(q, r, t!);
      const [dq, du] = push(q, columns(r, 0, m), columns(t!, 0, m));
      const [y, dy] = [columns(saved.x, m, n), columns(t!, m, n)];
      const dv = add(matmul(transpose(dq), y), matmul(transpose(q), dy));
      return [dq, concat([du, dv], { axis: -1 })];
    },
    batch: batchInFront,
    samples: (draw) => {
      const [m, n] = [drawMatrixSize(draw), drawMatrixSize(draw)];
      const mode = m <= n ? draw.pick<QrAttrs["mode"]>(["reduced", "complete"]) : "reduced";
      return { inputs: [fullRank(draw, drawBatch(draw), m, n)], attrs: { mode } };
    },
    // By the orthogonalisation of Gram and Schmidt, column by column.
    reference: ([a]) => {
      const [m, n] = a.shape.slice(-2);
      const k = Math.min(m, n);
      const batch = a.shape.slice(0, -2);
      const results = matricesOf(a).map((matrix) => {
        const basis: number[][] = [];
        for (let j = 0; j < k; j++) {
          const column = matrix.map((row) => row[j]);
          const rest = basis.reduce((v, b) => {
            const share = b.reduce((sum, x, i) => sum + x * column[i], 0);
            return v.map((x, i) => x - share * b[i]);
          }, column);
          basis.push(rest.map((x) => x / Math.hypot(...rest)));
        }
        const q = matrix.map((_, i) => basis.map((b) => b[i]));
        const r = basis.map((b, i) =>
          Array.from({ length: n }, (_, j) =>
            j < i ? 0 : b.reduce((sum, x, l) => sum + x * matrix[l][j], 0),
          ),
        );
        return { q, r };
      });
      return [
        joined(
          batch,
          [m, k],
          results.map(({ q }) => q),
        ),
        joined(
          batch,
          [k, n],
          results.map(({ r }) => r),
        ),
      ];
    },
  },
  () =>
    (x: Tensor, options: QrOptions = {}) => {
      requireTensor("qr", x);
      checkOptions("qr", options, ["mode"]);
      const { mode = "reduced" } = options;
      if (mode !== "reduced" && mode !== "complete") {
        throw new OptionError({
          where: "qr",
          expected: 'mode "reduced" or "complete"',
          got: describe(mode),
          fix: "Leave it out for the reduced factors.",
        });
      }
      const [q, r] = bind(qr.op, [x], { mode });
      return { q, r };
    },
);

const columns = (x: Tensor, from: number, to: number): Tensor =>
  slice(x, [...Array<null>(x.rank - 1).fill(null), [from, to]]);

function factorsOf(saved: Saved<QrAttrs>) {
  const [m, n] = saved.shape(0).slice(-2);
  if (saved.attrs.mode === "reduced" || m <= n) {
    return { q: saved.output(0), r: saved.output(1), m, n };
  }
  throw new GradientError({
    where: "derivative of qr",
    expected: 'factors that the matrix determines: mode "reduced", or no more rows than columns',
    got: `mode "complete" of ${showShape(saved.shape(0))}`,
    fix: 'Use mode "reduced"; what the further columns of Q span is I − Q·Qᵀ.',
  });
}

/** Ā = (Q̄ + Q·sym(M))·R⁻ᵀ with M = R·R̄ᵀ − Q̄ᵀ·Q, where sym mirrors the lower triangle upward.
 *  M. Seeger et al., "Auto-differentiating linear algebra", 2017. */
function pull(q: Tensor, r: Tensor, gq: Tensor, gr: Tensor): Tensor {
  const m = sub(matmul(r, transpose(gr)), matmul(transpose(gq), q));
  const mirrored = add(triangle(m, false), transpose(triangle(m, false, true)));
  return rightSolve(add(gq, matmul(q, mirrored)), transpose(r), false);
}

/** With C = Qᵀ·Ȧ·R⁻¹ and the skew Ω whose lower triangle is that of C: Q̇ = Q·Ω + Ȧ·R⁻¹ − Q·C and
 *  Ṙ = (C − Ω)·R. */
function push(q: Tensor, r: Tensor, t: Tensor): Tensor[] {
  const scaled = rightSolve(t, r, true);
  const c = matmul(transpose(q), scaled);
  const lower = triangle(c, false, true);
  const omega = sub(lower, transpose(lower));
  return [
    add(matmul(q, omega), sub(scaled, matmul(q, c))),
    triangle(matmul(sub(c, omega), r), true),
  ];
}

/** X·T⁻¹ for a triangle. */
const rightSolve = (x: Tensor, t: Tensor, upper: boolean): Tensor =>
  transpose(triangularSolve(t, transpose(x), { upper, transpose: true }));
