// The singular value decomposition.
import { completed, singularValues } from "../linalg/svd.ts";
import { transposed } from "../linalg/matrix.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { NDArray } from "../op/ndarray.ts";
import type { Saved } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { zerosLike } from "../op/rules.ts";
import { distinctSingularValues, drawBatch, drawMatrixSize } from "../op/samples.ts";
import type { SvdFn, SvdvalsFn } from "../tensor/signatures-linalg.ts";
import { GradientError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./arith.ts";
import { matmul } from "./contract.ts";
import { noConvergence } from "./eigh.ts";
import {
  addAll,
  batchInFront,
  checkMatrices,
  diagonalMatrix,
  diagonalOf,
  perMatrix,
  unpack,
} from "./matrices.ts";
import { transpose, unsqueeze } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { jacobi, joined, matricesOf, orient, times, turned } from "./plain-matrices.ts";
import { averagedSingular, gapsOf, singularGapsOf, type SingularGaps } from "./spectrum.ts";
import { checkCotangents, checkDirection, checkNullVectors } from "./spectrum-checks.ts";

type SvdAttrs = { readonly fullMatrices: boolean };

export interface SvdOptions {
  /** Whether u and vh are square, [..., m, m] and [..., n, n]. Default: false. */
  readonly fullMatrices?: boolean;
}

/**
 * A = U·diag(s)·Vᵀ for each matrix [..., m, n]: `{ u, s, vh }`. With k = min(m, n), u is [..., m, k], the
 * singular values s, in descending order, [..., k], and vh = Vᵀ [..., k, n]; with `fullMatrices` u and vh
 * are square. In each column of u (and in what else has no sign of its own: rows of vh for singular
 * values of 0, further vectors) the first element that is not small, at least 0.3 of the largest one in
 * size, is positive. NaN or infinity in a matrix makes all of its results NaN.
 *
 * Derivatives of all orders where the singular values are distinct and not 0. Elsewhere as for `eigh`,
 * with singular values that are equal, or 0, when they are so within 4·k·ε·max(s): s at 0 has the
 * subgradient of least norm, 0 (that of the nuclear norm, Σs, is then U·Vᵀ over the others); in reverse mode
 * U·Vᵀ of a regular matrix has its right gradient at equal singular values, too. For singular values alone
 * there is `svdvals`.
 * @throws ShapeError for what is not a matrix. By derivatives: GradientError for functions that depend on
 *   vectors where these are not determined, in forward mode for directions that separate equal singular
 *   values, and for vectors with `fullMatrices` of a matrix that is not square.
 * @example const { u, s, vh } = svd(tensor([[3, 0], [0, -2]])); // s: [3, 2]
 */
export const svd: OpOf<SvdFn<SvdOptions>, SvdAttrs> = defineOp<SvdFn<SvdOptions>, SvdAttrs>(
  {
    name: "svd",
    arity: 1,
    broadcasts: false,
    shape: ([a], { fullMatrices }) => {
      const { batch, m, n, dtype } = checkMatrices("svd", a);
      const k = Math.min(m, n);
      return [
        { shape: [...batch, m, fullMatrices ? m : k], dtype },
        { shape: [...batch, k], dtype },
        { shape: [...batch, fullMatrices ? n : k, n], dtype },
      ];
    },
    body: (builder, [a], { fullMatrices }) => {
      const { batch, m, n, dtype } = checkMatrices("svd", a);
      const k = Math.min(m, n);
      const [p, q] = fullMatrices ? [m, n] : [k, k];
      const total = m * p + k + q * n;
      const packed = builder.host(
        [a],
        { shape: [...batch, total], dtype },
        perMatrix((matrix, _, __, index, whole) => {
          const { left, values, right, converged } = singularValues(matrix, m, n);
          if (!converged) throw noConvergence("svd", index, whole);
          const all = new Float64Array(total);
          all.set(transposed(fullMatrices ? completed(left, k, m) : left, p, m));
          all.set(values, m * p);
          all.set(fullMatrices ? completed(right, k, n) : right, m * p + k);
          return all;
        }),
      );
      return unpack(builder, packed, batch, [[m, p], [k], [q, n]]);
    },
    vjp: (_, saved, __, [gu, gs, gvh]) => {
      const { u, s, v, m, n, k } = factorsOf(saved, Boolean(gu || gvh));
      if (s.size === 0) return null;
      const gaps = singularGapsOf(s);
      const gv = gvh ? transpose(gvh) : null;
      // P̄ = diag(s̄) + ½·[2·sym((X + Y) ∘ D⁻) + 2·skew((X − Y) ∘ D⁺)]: the transpose of what jvp does.
      const [x, y] = [gu && matmul(transpose(u), gu), gv && matmul(transpose(v), gv)];
      let inner = gs ? diagonalMatrix(averagedSingular(gs, s, gaps)) : null;
      if (x || y) {
        const none = () => zerosLike(inner?.layout ?? (x ?? y)!.layout);
        const sums = checkCotangents(addAll(x, y)!, s, gs ?? zerosLike(s.layout));
        const even = mul(sums, gaps.differences);
        const odd = mul(sub(x ?? none(), y ?? none()), gaps.sums);
        const turns = mul(add(add(even, transpose(even)), sub(odd, transpose(odd))), 0.5);
        inner = inner ? add(inner, turns) : turns;
      }
      const within = inner && matmul(matmul(u, inner), transpose(v));
      const below = gu && m > k ? outside(u, gu, s, gaps) : null;
      const beside = gv && n > k ? outside(v, gv, s, gaps) : null;
      return addAll(
        within,
        below && matmul(below, transpose(v)),
        beside && matmul(u, transpose(beside)),
      );
    },
    jvp: ([t], saved) => {
      const { u, s, v, m, n, k } = factorsOf(saved, true);
      if (s.size === 0) return [null, null, null];
      const gaps = singularGapsOf(s);
      // P = UᵀȦV = Ω·S + Ṡ − S·Ψ with skew Ω and Ψ: Ω ± Ψ are (P ± Pᵀ) ∘ D∓.
      const p = checkDirection(matmul(matmul(transpose(u), t!), v), s);
      const even = mul(add(p, transpose(p)), gaps.differences);
      const odd = mul(sub(p, transpose(p)), gaps.sums);
      const du = matmul(u, mul(add(even, odd), 0.5));
      const dv = matmul(v, mul(sub(even, odd), 0.5));
      const below = m > k ? outside(u, matmul(t!, v), s, gaps) : null;
      const beside = n > k ? outside(v, matmul(transpose(t!), u), s, gaps) : null;
      return [
        addAll(du, below),
        averagedSingular(diagonalOf(p), s, gaps),
        transpose(addAll(dv, beside)!),
      ];
    },
    batch: batchInFront,
    samples: (draw) => {
      const [m, n] = [drawMatrixSize(draw), drawMatrixSize(draw)];
      return {
        inputs: [distinctSingularValues(draw, drawBatch(draw), m, n)],
        attrs: { fullMatrices: m === n && draw.pick([false, true]) },
      };
    },
    reference: ([a]) => svdReference(a),
  },
  () =>
    (x: Tensor, options: SvdOptions = {}) => {
      requireTensor("svd", x);
      checkOptions("svd", options, ["fullMatrices"]);
      const fullMatrices = checkBoolean("svd", "fullMatrices", options.fullMatrices ?? false);
      const [u, s, vh] = bind(svd.op, [x], { fullMatrices });
      return { u, s, vh };
    },
);

function factorsOf(saved: Saved<SvdAttrs>, needsVectors: boolean) {
  const [m, n] = saved.shape(0).slice(-2);
  const k = Math.min(m, n);
  if (!saved.attrs.fullMatrices || m === n) {
    const [u, s, vh] = [0, 1, 2].map((i) => saved.output(i));
    return { u, s, v: transpose(vh), m, n, k };
  }
  if (!needsVectors) {
    const { u, s, vh } = svd(saved.x);
    return { u, s, v: transpose(vh), m, n, k };
  }
  throw new GradientError({
    where: "derivative of svd",
    expected: "vectors that the matrix determines: fullMatrices: false, or a square matrix",
    got: `fullMatrices: true of ${showShape(saved.shape(0))}`,
    fix: "Leave fullMatrices out; what the further vectors span is I − U·Uᵀ.",
  });
}

/** (I − Q·Qᵀ)·X: what is outside of the space that the columns of Q span. */
const rest = (q: Tensor, x: Tensor): Tensor => sub(x, matmul(q, matmul(transpose(q), x)));

/** Columns divided by the singular values. */
const scaled = (x: Tensor, gaps: SingularGaps): Tensor => mul(x, unsqueeze(gaps.values, -2));

const outside = (q: Tensor, g: Tensor, s: Tensor, gaps: SingularGaps): Tensor =>
  scaled(checkNullVectors(rest(q, g), g, s), gaps);

/** From the eigenvectors of AᵀA, or AAᵀ if that is smaller. */
function svdReference(a: NDArray): NDArray[] {
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const results = matricesOf(a).map((matrix) => {
    const t = turned(matrix, n);
    const tall = m >= n ? matrix : t;
    const gram = times(turned(tall, k), tall, k);
    const { values, vectors } = jacobi(gram);
    const s = values.toReversed().map(Math.sqrt);
    const inner = turned(vectors, k).toReversed();
    const outer = inner.map((vector, i) =>
      tall.map((row) => row.reduce((sum, x, j) => sum + x * vector[j], 0) / s[i]),
    );
    const [left, right] = m >= n ? [outer, inner] : [inner, outer];
    const signs = left.map((vector) => {
      const lead = vector.findIndex((x) => x !== 0);
      return orient(vector)[lead] === vector[lead] ? 1 : -1;
    });
    const signed = (vectors: number[][]) =>
      vectors.map((vector, i) => vector.map((x) => x * signs[i]));
    return { u: turned(signed(left), m), s, vh: signed(right) };
  });
  const batch = a.shape.slice(0, -2);
  return [
    joined(
      batch,
      [m, k],
      results.map(({ u }) => u),
    ),
    joined(
      batch,
      [k],
      results.map(({ s }) => s),
    ),
    joined(
      batch,
      [k, n],
      results.map(({ vh }) => vh),
    ),
  ];
}

/**
 * The singular values of each matrix [..., m, n] in descending order, [..., min(m, n)]: those of `svd`. Their
 * derivatives of first order exist everywhere in both modes (shared evenly among equal ones, and 0 for
 * those that are 0); those of higher order are made of singular vectors, see `svd`.
 * @throws ShapeError for what is not a matrix.
 * @example svdvals(tensor([[3, 0], [0, -2]])); // [3, 2]
 */
export const svdvals: OpOf<SvdvalsFn> = defineOp<SvdvalsFn>({
  name: "svdvals",
  arity: 1,
  broadcasts: false,
  shape: ([a]) => {
    const { batch, m, n, dtype } = checkMatrices("svdvals", a);
    return [{ shape: [...batch, Math.min(m, n)], dtype }];
  },
  body: (builder, [a]) => {
    const { batch, m, n, dtype } = checkMatrices("svdvals", a);
    return [
      builder.host(
        [a],
        { shape: [...batch, Math.min(m, n)], dtype },
        perMatrix((matrix, _, __, index, whole) => {
          const { values, converged } = singularValues(matrix, m, n);
          if (!converged) throw noConvergence("svdvals", index, whole);
          return values;
        }),
      ),
    ];
  },
  vjp: [
    (g, { x, y }) => {
      if (y.size === 0) return null;
      const { u, s, vh } = svd(x) as Record<string, Tensor>;
      const gaps = gapsOf(s);
      return matmul(matmul(u, diagonalMatrix(averagedSingular(g, s, gaps))), vh);
    },
  ],
  jvp: ([t], { x, y }) => {
    if (y.size === 0) return [null];
    const { u, s, vh } = svd(x) as Record<string, Tensor>;
    const gaps = gapsOf(s);
    const p = matmul(matmul(transpose(u), t!), transpose(vh));
    return averagedSingular(diagonalOf(p), s, gaps);
  },
  batch: batchInFront,
  samples: (draw) => ({
    inputs: [
      distinctSingularValues(draw, drawBatch(draw), drawMatrixSize(draw), drawMatrixSize(draw)),
    ],
    attrs: {},
  }),
  reference: ([a]) => svdReference(a)[1],
});
