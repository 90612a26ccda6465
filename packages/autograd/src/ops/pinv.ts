// The pseudo-inverse, and least squares.
import { singularValues } from "../linalg/svd.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { requireTensor } from "../op/operands.ts";
import { drawBatch, drawBroadcastable, drawMatrixSize, fullRank, reals } from "../op/samples.ts";
import type { HostArray } from "../kernel/kernel.ts";
import type { LstsqFn, PinvFn } from "../tensor/signatures-linalg.ts";
import type { DType, TypedArray } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { sub } from "./arith.ts";
import { matmul } from "./contract.ts";
import { noConvergence } from "./eigh.ts";
import {
  addAll,
  batchBroadcast,
  batchInFront,
  broadcastPlaces,
  checkMatrices,
  checkSystem,
  epsilonOf,
  jointVjp,
  matrixAt,
  perMatrix,
  withColumns,
} from "./matrices.ts";
import { expand, sumTo, transpose } from "./move.ts";
import { add, neg } from "./pointwise.ts";
import { joined, matricesOf, pseudoInverse, times } from "./plain-matrices.ts";

type RankAttrs = {
  /** null: max(m, n)·ε. */
  readonly rcond: number | null;
};

export interface RankOptions {
  /** Singular values up to this much of the largest one count as 0. Default: max(m, n)·ε, with the
   *  ε of the dtype. */
  readonly rcond?: number;
}

function rankAttrs(where: string, options: RankOptions): RankAttrs {
  checkOptions(where, options, ["rcond"]);
  const { rcond = null } = options;
  if (rcond === null || (rcond >= 0 && rcond < 1)) return { rcond };
  throw new OptionError({
    where,
    expected: "rcond from 0 to less than 1",
    got: brief(rcond),
    fix: "Leave it out for the default, max(m, n)·ε.",
  });
}

/** V·S⁺·Uᵀ·B without forming the pseudo-inverse; B is m × k. */
function leastSquares(
  a: Float64Array,
  b: Float64Array,
  m: number,
  n: number,
  k: number,
  rcond: number,
): Float64Array | null {
  const { left, values, right, converged } = singularValues(a, m, n);
  if (!converged) return null;
  const x = new Float64Array(n * k);
  const least = rcond * (values[0] ?? 0);
  values.forEach((value, r) => {
    if (value <= least) return;
    for (let c = 0; c < k; c++) {
      let share = 0;
      for (let i = 0; i < m; i++) share += left[r * m + i] * b[i * k + c];
      share /= value;
      for (let j = 0; j < n; j++) x[j * k + c] += right[r * n + j] * share;
    }
  });
  return x;
}

const cut = ({ rcond }: RankAttrs, m: number, n: number, dtype: DType): number =>
  rcond ?? Math.max(m, n) * epsilonOf(dtype);

/**
 * The pseudo-inverse A⁺ [..., n, m] of each matrix [..., m, n] of any rank (Moore, Penrose): by
 * singular values, of which those up to `rcond` times the largest count as 0.
 *
 * Derivatives of all orders are those along changes that keep the rank: all small ones where the rank
 * is full. Elsewhere A⁺ jumps when the rank does, and has no other derivative.
 * G. H. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems
 * whose variables separate", 1973.
 * @throws ShapeError for what is not a matrix; OptionError for rcond out of range.
 * @example pinv(tensor([[1, 0], [0, 0]])); // [[1, 0], [0, 0]]
 */
export const pinv: OpOf<PinvFn<RankOptions>, RankAttrs> = defineOp<PinvFn<RankOptions>, RankAttrs>(
  {
    name: "pinv",
    arity: 1,
    broadcasts: false,
    shape: ([a]) => {
      const { batch, m, n, dtype } = checkMatrices("pinv", a);
      return [{ shape: [...batch, n, m], dtype }];
    },
    body: (k, [a], attrs) => {
      const { batch, m, n, dtype } = checkMatrices("pinv", a);
      return [
        k.host(
          [a],
          { shape: [...batch, n, m], dtype },
          perMatrix((matrix, _, __, index, whole) => {
            const rcond = cut(attrs, m, n, dtype);
            const one = new Float64Array(m * m);
            for (let i = 0; i < m; i++) one[i * m + i] = 1;
            const result = leastSquares(matrix, one, m, n, m, rcond);
            if (result === null) throw noConvergence("pinv", index, whole);
            return result;
          }),
        ),
      ];
    },
    // Ṗ = −P·Ȧ·P + P·Pᵀ·Ȧᵀ·(1 − A·P) + (1 − P·A)·Ȧᵀ·Pᵀ·P, and the transpose of that.
    vjp: [
      (g, { x, y }) => {
        const [t, h] = [transpose(y), transpose(g)];
        const inner = neg(matmul(matmul(t, g), t));
        const left = matmul(minus(h, x, matmul(y, h)), matmul(y, t));
        const right = matmul(matmul(t, y), transpose(minus(g, y, matmul(x, g))));
        return add(inner, add(left, right));
      },
    ],
    jvp: ([t], { x, y }) => {
      const [turned, h] = [transpose(y), transpose(t!)];
      const inner = neg(matmul(matmul(y, t!), y));
      const left = matmul(matmul(y, turned), transpose(minus(t!, x, matmul(y, t!))));
      const right = matmul(minus(h, y, matmul(x, h)), matmul(turned, y));
      return add(inner, add(left, right));
    },
    batch: batchInFront,
    samples: (draw) => {
      const [m, n] = [drawMatrixSize(draw), drawMatrixSize(draw)];
      return { inputs: [fullRank(draw, drawBatch(draw), m, n)], attrs: { rcond: null } };
    },
    reference: ([a]) => {
      const [m, n] = a.shape.slice(-2);
      const results = matricesOf(a).map((matrix) => pseudoInverse(matrix, m, n));
      return joined(a.shape.slice(0, -2), [n, m], results);
    },
  },
  (apply) =>
    (x: Tensor, options: RankOptions = {}) => {
      requireTensor("pinv", x);
      return apply([x], rankAttrs("pinv", options));
    },
);

/** X − A·Y */
const minus = (x: Tensor, a: Tensor, y: Tensor): Tensor => sub(x, matmul(a, y));

const runLeastSquares =
  (attrs: RankAttrs, batch: readonly number[], dtype: DType) =>
  ([a, b]: readonly HostArray[], out: TypedArray): void => {
    const [m, n] = a.shape.slice(-2);
    const k = b.shape.at(-1)!;
    const ofA = broadcastPlaces(a.shape.slice(0, -2), batch);
    const ofB = broadcastPlaces(b.shape.slice(0, -2), batch);
    for (let i = 0; i < sizeOf(batch); i++) {
      const matrix = matrixAt(a.data, ofA[i], m * n);
      const right = matrixAt(b.data, ofB[i], m * k);
      const x = leastSquares(matrix, right, m, n, k, cut(attrs, m, n, dtype));
      if (x === null) throw noConvergence("lstsq", i, batch);
      out.set(x, i * n * k);
    }
  };

/**
 * The X of least norm among those that make |A·X − B| least, A⁺·B: for A [..., m, n] of any shape and
 * rank, and B a vector [m] or matrices [..., m, k]; batch axes broadcast. Singular values up to
 * `rcond` times the largest count as 0.
 *
 * Derivatives as those of `pinv`: along changes that keep the rank.
 * @throws ShapeError for shapes that do not fit; OptionError for rcond out of range.
 * @example lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([1, 3, 5])); // the line 1 + 2t: [1, 2]
 */
export const lstsq: OpOf<LstsqFn<RankOptions>, RankAttrs> = defineOp<
  LstsqFn<RankOptions>,
  RankAttrs
>(
  {
    name: "lstsq",
    arity: 2,
    broadcasts: false,
    shape: ([a, b]) => {
      const { m, n, dtype } = checkMatrices("lstsq", a);
      const system = checkSystem("lstsq", [a, b], m);
      return [{ shape: [...system.batch, n, system.n], dtype }];
    },
    body: (k, [a, b], attrs) => {
      const { m, n, dtype } = checkMatrices("lstsq", a);
      const system = checkSystem("lstsq", [a, b], m);
      const run = runLeastSquares(attrs, system.batch, dtype);
      return [k.host([a, b], { shape: [...system.batch, n, system.n], dtype }, run)];
    },
    // With the residual R = B − A·X and P = A⁺:
    // Ẋ = P·(Ḃ − Ȧ·X) + P·Pᵀ·Ȧᵀ·R + (1 − P·A)·Ȧᵀ·Pᵀ·X
    vjp: jointVjp(([g], saved) => {
      if (!g) return [];
      const { a, b, y } = saved;
      const p = pinvOf(a, saved.attrs);
      const t = transpose(p);
      const right = matmul(t, g);
      const terms = addAll(
        neg(matmul(right, transpose(y))),
        matmul(minus(b, a, y), transpose(matmul(p, right))),
        matmul(matmul(t, y), transpose(minus(g, p, matmul(a, g)))),
      )!;
      return [sumTo(terms, saved.shape(0)), sumTo(right, saved.shape(1))];
    }),
    jvp: ([ta, tb], saved) => {
      const { a, b, y } = saved;
      const p = pinvOf(a, saved.attrs);
      const straight = tb && expand(matmul(p, tb), y.shape);
      if (!ta) return straight!;
      const [t, h] = [transpose(p), transpose(ta)];
      const spread = matmul(matmul(p, t), matmul(h, minus(b, a, y)));
      const back = matmul(h, matmul(t, y));
      return addAll(
        straight,
        neg(matmul(p, matmul(ta, y))),
        spread,
        minus(back, p, matmul(a, back)),
      )!;
    },
    batch: batchBroadcast,
    samples: (draw) => {
      const [m, n] = [drawMatrixSize(draw), drawMatrixSize(draw)];
      const batch = drawBatch(draw);
      const right = [...batch, m, draw.pick([1, 2, 0])];
      return {
        inputs: [fullRank(draw, drawBroadcastable(draw, batch), m, n), reals(draw, right)],
        attrs: { rcond: null },
      };
    },
    reference: ([a, b]) => {
      const [m, n] = a.shape.slice(-2);
      const k = b.shape.at(-1)!;
      const batch = b.shape.slice(0, -2);
      const [left, right] = [matricesOf(a), matricesOf(b)];
      const places = broadcastPlaces(a.shape.slice(0, -2), batch);
      const results = places.map((place, i) =>
        times(pseudoInverse(left[place], m, n), right[i], k),
      );
      return joined(batch, [n, k], results);
    },
  },
  (apply) =>
    (a: Tensor, b: Tensor, options: RankOptions = {}) => {
      requireTensor("lstsq", a);
      requireTensor("lstsq", b);
      const attrs = rankAttrs("lstsq", options);
      return withColumns(b, (columns) => apply([a, columns], attrs));
    },
);

const pinvOf = (a: Tensor, attrs: RankAttrs): Tensor => bind(pinv.op, [a], attrs)[0];
