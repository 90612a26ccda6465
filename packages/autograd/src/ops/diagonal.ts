// Triangles and diagonals of matrices.
import * as s from "../kernel/scalar.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { requireTensor } from "../op/operands.ts";
import type { OpRecord } from "../op/op.ts";
import { batchUnary, linearJvp } from "../op/rules.ts";
import { drawShape, reals } from "../op/samples.ts";
import type { DiagFn, DiagonalFn, TraceFn, TriangleFn } from "../tensor/signatures-move.ts";
import { AxisError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis, showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { pad, slice } from "./indexing.ts";
import { permute, reshape, sum } from "./move.ts";

// ---- triangles ----

type TriangleAttrs = { readonly diagonal: number };

function checkMatrix(where: string, shape: Shape): void {
  if (shape.length >= 2) return;
  throw new ShapeError({
    where,
    expected: "a tensor of at least two axes",
    got: `shape ${showShape(shape)}`,
    fix: "Add one first: unsqueeze(x, 0).",
  });
}

function checkInteger(where: string, name: string, value: number): number {
  if (Number.isInteger(value)) return value;
  throw new OptionError({
    where,
    expected: `${name}: an integer`,
    got: brief(value),
    fix: "0 is the main diagonal, positive ones lie above it.",
  });
}

/** The record of an op that keeps one side of a diagonal: the lower one, or the upper one. */
const triangle = (name: "tril" | "triu"): OpRecord<TriangleAttrs> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x]) => {
    checkMatrix(name, x.shape);
    return [x];
  },
  body: (k, [x], { diagonal }) => {
    const rank = x.shape.length;
    const [row, column] = [k.iota(x.shape, rank - 2), k.iota(x.shape, rank - 1)];
    const keeps = name === "tril" ? s.le : s.ge;
    return [
      k.map([x, row, column], (e, i, j) =>
        s.select(keeps(s.sub(j, i), diagonal), e, s.cast(0, x.dtype)),
      ),
    ];
  },
  vjp: [(g, { op, attrs }) => bind(op, [g], attrs)[0]],
  jvp: linearJvp,
  batch: batchUnary((attrs) => attrs),
  samples: (draw) => ({
    inputs: [reals(draw, drawShape(draw, { minRank: 2 }))],
    attrs: { diagonal: draw.int(-3, 3) },
  }),
  reference: ([x], { diagonal }) =>
    NDArray.build(x.shape, (at) => {
      const [i, j] = at.slice(-2);
      const isKept = name === "tril" ? j <= i + diagonal : j >= i + diagonal;
      return isKept ? x.at(at) : 0;
    }),
});

const callTriangle =
  (name: string) =>
  (apply: (inputs: Tensor[], attrs: TriangleAttrs) => Tensor) =>
  (x: Tensor, options: { readonly diagonal?: number } = {}) => {
    requireTensor(name, x);
    checkOptions(name, options, ["diagonal"]);
    return apply([x], { diagonal: checkInteger(name, "diagonal", options.diagonal ?? 0) });
  };

/**
 * The lower triangles of matrices [..., n, m], zeros above the diagonal (0 by default: the main one;
 * positive ones lie above it). What is above has no share in the result, NaN neither.
 * @throws ShapeError for fewer than two axes.
 * @example tril(ones([3, 3])) // [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
 */
export const tril: OpOf<TriangleFn<"tril">, TriangleAttrs> = defineOp<
  TriangleFn<"tril">,
  TriangleAttrs
>(triangle("tril"), callTriangle("tril"));

/**
 * The upper triangles of matrices [..., n, m], zeros below the diagonal; see `tril`.
 * @throws ShapeError for fewer than two axes.
 * @example triu(ones([3, 3]), { diagonal: 1 }) // [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
 */
export const triu: OpOf<TriangleFn<"triu">, TriangleAttrs> = defineOp<
  TriangleFn<"triu">,
  TriangleAttrs
>(triangle("triu"), callTriangle("triu"));

// ---- diagonals ----

export interface DiagonalOptions {
  /** Which diagonal: 0 is the main one, positive ones lie above it. Default: 0. */
  readonly offset?: number;
  /** The axes of the rows and of the columns. Defaults: 0 and 1. */
  readonly axis1?: number;
  readonly axis2?: number;
}

/**
 * A diagonal of the matrices that two axes make, as a new last axis. Made of `permute`, `reshape` and
 * `slice`: in a matrix of m columns the elements of a diagonal lie m + 1 apart.
 * @throws ShapeError for fewer than two axes; AxisError for one axis twice.
 * @example diagonal(tensor([[1, 2], [3, 4]])); // [1, 4]
 * @example diagonal(zeros([8, 3, 3]), { axis1: 1, axis2: 2 }); // shape [8, 3]
 */
export const diagonal = ((x: Tensor, options: DiagonalOptions = {}): Tensor =>
  diagonalOf("diagonal", x, options)) as unknown as DiagonalFn;

function diagonalOf(where: string, x: Tensor, options: DiagonalOptions): Tensor {
  requireTensor(where, x);
  checkOptions(where, options, ["offset", "axis1", "axis2"]);
  checkMatrix(where, x.shape);
  const offset = checkInteger(where, "offset", options.offset ?? 0);
  const axis1 = normalizeAxis(where, options.axis1 ?? 0, x.rank);
  const axis2 = normalizeAxis(where, options.axis2 ?? 1, x.rank);
  if (axis1 !== axis2) return diagonalAlong(x, offset, axis1, axis2);
  throw new AxisError({
    where,
    expected: "two different axes",
    got: `axis ${axis1} twice`,
    fix: "Name that of the rows axis1 and that of the columns axis2.",
  });
}

/** A diagonal of two axes, counted from the front, which differ. */
export function diagonalAlong(x: Tensor, offset: number, axis1: number, axis2: number): Tensor {
  const kept = [...x.shape.keys()].filter((axis) => axis !== axis1 && axis !== axis2);
  const [rows, columns]: number[] = [x.shape[axis1], x.shape[axis2]];
  const count = Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)));
  const rest = kept.map((axis) => x.shape[axis]);
  const flat = reshape(permute(x, [...kept, axis1, axis2]), [...rest, rows * columns]);
  const start = offset < 0 ? -offset * columns : offset;
  const step = columns + 1;
  const range = count === 0 ? [0, 0] : [start, start + (count - 1) * step + 1, step];
  return slice(flat, [...kept.map(() => null), range]);
}

/**
 * Of a vector the matrix that has it on a diagonal, and zeros elsewhere; of a matrix its diagonal.
 * Made of `pad` and `reshape`, or of `diagonal`.
 * @throws ShapeError for other tensors.
 * @example diag(tensor([1, 2])); // [[1, 0], [0, 2]]
 * @example diag(tensor([[1, 2], [3, 4]]), { offset: 1 }); // [2]
 */
export const diag = ((x: Tensor, options: { readonly offset?: number } = {}): Tensor => {
  requireTensor("diag", x);
  checkOptions("diag", options, ["offset"]);
  const offset = checkInteger("diag", "offset", options.offset ?? 0);
  if (x.rank === 2) return diagonalAlong(x, offset, 0, 1);
  if (x.rank === 1) return onDiagonal(x, offset);
  throw new ShapeError({
    where: "diag",
    expected: "a vector or a matrix",
    got: `shape ${showShape(x.shape)}`,
    fix: "For the diagonals of a batch, use diagonal(x, { axis1: -2, axis2: -1 }).",
  });
}) as unknown as DiagFn;

/** In a matrix of m columns the elements of a diagonal have m others between them. */
function onDiagonal(x: Tensor, offset: number): Tensor {
  const n: number = x.shape[0];
  const size = n + Math.abs(offset);
  const start = offset < 0 ? -offset * size : offset;
  const last = n === 0 ? 0 : start + (n - 1) * (size + 1) + 1;
  const attrs = {
    low: [n === 0 ? size * size : start],
    high: [n === 0 ? 0 : size * size - last],
    interior: [size],
    value: 0,
  };
  return reshape(bind(pad.op, [x], attrs)[0], [size, size]);
}

/**
 * The sum of a diagonal of the matrices that two axes make. Made of `diagonal` and `sum`.
 * @throws ShapeError for fewer than two axes; AxisError for one axis twice.
 * @example trace(tensor([[1, 2], [3, 4]])); // 5
 */
export const trace = ((x: Tensor, options: DiagonalOptions = {}): Tensor =>
  sum(diagonalOf("trace", x, options), { axis: -1 })) as unknown as TraceFn;
