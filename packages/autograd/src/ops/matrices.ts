// What the ops of linear algebra have in common: batches of matrices, triangles, diagonals.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { HostKernel, Spec } from "../kernel/kernel.ts";
import { bind } from "../op/bind.ts";
import { indices } from "../op/ndarray.ts";
import type { Attrs } from "../op/attrs.ts";
import type { BatchRule, Saved, VjpRule } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import type { DType, TypedArray } from "../tensor/dtype.ts";
import { ShapeError, SingularMatrixError } from "../tensor/errors.ts";
import {
  broadcastShapes,
  contiguousStrides,
  showShape,
  sizeOf,
  type Shape,
} from "../tensor/shape.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { where } from "./compare.ts";
import { reshape, sum, transpose, unsqueeze } from "./move.ts";
import { add, mul } from "./pointwise.ts";

/** The machine epsilon of a floating-point dtype. */
export const epsilonOf = (dtype: DType): number =>
  dtype === "float32" ? 2 ** -23 : Number.EPSILON;

export interface Matrices {
  readonly batch: Shape;
  readonly m: number;
  readonly n: number;
  readonly dtype: DType;
}

/** The parts of a shape [..., m, n] of floats. @throws ShapeError, DTypeError */
export function checkMatrices(name: string, spec: Spec): Matrices {
  const dtype = checkOperands(name, [spec], "float");
  const { shape } = spec;
  if (shape.length >= 2) {
    return { batch: shape.slice(0, -2), m: shape[shape.length - 2], n: shape.at(-1)!, dtype };
  }
  throw new ShapeError({
    where: name,
    expected: "a matrix, or a batch of them, [..., m, n]",
    got: `shape ${showShape(shape)}`,
    fix: "Add an axis first: unsqueeze(x, 0) makes a row of a vector.",
  });
}

export function checkSquare(name: string, spec: Spec): Matrices {
  const matrices = checkMatrices(name, spec);
  if (matrices.m === matrices.n) return matrices;
  throw new ShapeError({
    where: name,
    expected: "square matrices, [..., n, n]",
    got: `shape ${showShape(spec.shape)}`,
    fix: "Only square matrices have what it computes; lstsq and pinv take any.",
  });
}

/** The right-hand sides [..., n, k] of systems with these matrices, and the batch of both. */
export function checkSystem(name: string, [a, b]: readonly Spec[], rows: number): Matrices {
  const right = checkMatrices(name, b);
  checkOperands(name, [a, b], "float");
  if (right.m === rows) {
    const batch = broadcastShapes(`${name} (batch axes)`, [a.shape.slice(0, -2), right.batch]);
    return { ...right, batch };
  }
  throw new ShapeError({
    where: name,
    expected: `right-hand sides of ${rows} rows, as the matrix ${showShape(a.shape)} has`,
    got: `shape ${showShape(b.shape)}`,
    fix: "Right-hand sides are [n], or [..., n, k]; a batch of vectors is [..., n, 1].",
  });
}

/** Calls f for a right-hand side that is a vector [n] as for a matrix of one column. */
export function withColumns(b: Tensor, f: (b: Tensor) => Tensor): Tensor {
  if (b.rank !== 1) return f(b);
  const y = f(reshape(b, [b.size, 1]));
  return reshape(y, y.shape.slice(0, -1));
}

/** The place of a matrix in its batch, for errors. */
export function showPlace(index: number, batch: Shape): string {
  return batch.length === 0 ? "" : ` (matrix ${showShape(indices(batch)[index])} of the batch)`;
}

/** That a matrix is singular, found at a zero pivot. */
export const singular = (name: string, pivot: number, index: number, batch: Shape) =>
  new SingularMatrixError({
    where: name,
    expected: "a matrix that has an inverse",
    got: `a singular one: pivot ${pivot + 1} is 0${showPlace(index, batch)}`,
    fix: "Use pinv or lstsq, or make it regular, e.g. by adding a small multiple of eye(n).",
  });

/** For each matrix of a batch: in double precision, a copy; what f returns fills the output. */
export const perMatrix =
  (
    f: (a: Float64Array, m: number, n: number, index: number, batch: Shape) => ArrayLike<number>,
  ): HostKernel["run"] =>
  ([{ data, shape }], out) => {
    const [m, n] = shape.slice(-2);
    const batch = shape.slice(0, -2);
    const count = sizeOf(batch);
    for (let b = 0; b < count; b++) {
      const result = f(matrixAt(data, b, m * n), m, n, b, batch);
      out.set(result, b * result.length);
    }
  };

export const matrixAt = (data: TypedArray, index: number, size: number): Float64Array =>
  new Float64Array(data.subarray(index * size, (index + 1) * size));

/** Which matrix of an operand belongs to each one of the batch that it broadcasts to. */
export function broadcastPlaces(from: Shape, to: Shape): number[] {
  const strides = contiguousStrides(from);
  const lead = to.length - from.length;
  return Array.from({ length: sizeOf(to) }, (_, i) => {
    let place = 0;
    let rest = i;
    for (let d = to.length - 1; d >= lead; d--) {
      const index = rest % to[d];
      rest = (rest - index) / to[d];
      if (from[d - lead] !== 1) place += index * strides[d - lead];
    }
    return place;
  });
}

/** Several matrices that a host function has put one after another, [..., total], as values. */
export function unpack(
  k: KernelBuilder,
  packed: Value,
  batch: Shape,
  shapes: readonly Shape[],
): Value[] {
  let at = 0;
  return shapes.map((shape) => {
    const size = sizeOf(shape);
    const part = k.view(packed, {
      shape: [...batch, size],
      axes: [...batch, size].map((_, d) => d),
      steps: [...batch, size].map(() => 1),
      starts: [...batch.map(() => 0), at],
    });
    at += size;
    return k.reshape(part, [...batch, ...shape]);
  });
}

/** Batching of ops that take any batch in front: there is only one more axis. */
export const batchInFront: BatchRule<Attrs> = ({ op, inputs, attrs }) => bind(op, inputs, attrs);

/** The same for operands whose batch axes broadcast: those of an example get the same rank first, so
 *  that the new one stays in front of them. */
export const batchBroadcast: BatchRule<Attrs> = ({ op, inputs, batched, attrs, size }) => {
  const rank = Math.max(...inputs.map((x, i) => x.rank - (batched[i] ? 1 : 0)));
  const aligned = inputs.map((x, i) => {
    if (!batched[i]) return x;
    const missing = Array<number>(rank + 1 - x.rank).fill(1);
    return reshape(x, [size, ...missing, ...x.shape.slice(1)]);
  });
  return bind(op, aligned, attrs);
};

/** A rule that computes the cotangents of all inputs together, once for a call. */
export function jointVjp<A extends Attrs>(
  rule: (cotangents: readonly (Tensor | null)[], saved: Saved<A>) => readonly (Tensor | null)[],
): VjpRule<A> {
  const results = new WeakMap<object, readonly (Tensor | null)[]>();
  return (_, saved, input, all) => {
    let result = results.get(all);
    if (!result) results.set(all, (result = rule(all, saved)));
    return result[input] ?? null;
  };
}

// ---- in differentiable ops ----

export const symmetricPart = (x: Tensor): Tensor => mul(add(x, transpose(x)), 0.5);

/** Where column − row is at least `low` and at most `high`, [m, n]. */
const band = (m: number, n: number, low: number, high: number): Tensor =>
  tensor(
    Uint8Array.from({ length: m * n }, (_, i) => {
      const offset = (i % n) - Math.floor(i / n);
      return Number(offset >= low && offset <= high);
    }),
    { dtype: "bool", shape: [m, n] },
  );

const within = (x: Tensor, low: number, high: number): Tensor =>
  where(band(x.shape.at(-2)!, x.shape.at(-1)!, low, high), x, 0);

/** One triangle with zeros elsewhere; `strict` leaves out the diagonal, too. */
export const triangle = (x: Tensor, upper: boolean, strict = false): Tensor =>
  upper ? within(x, strict ? 1 : 0, Infinity) : within(x, -Infinity, strict ? -1 : 0);

/** The diagonal of [..., n, n] as [..., n]. */
export const diagonalOf = (x: Tensor): Tensor => sum(within(x, 0, 0), { axis: -1 });

/** [..., n] on the diagonal of [..., n, n]. */
export function diagonalMatrix(d: Tensor): Tensor {
  const n: number = d.shape.at(-1)!;
  return where(band(n, n, 0, 0), unsqueeze(d, -1), 0);
}

/** Zeros instead of none. */
export const addAll = (...terms: (Tensor | null)[]): Tensor | null =>
  terms.reduce((total, term) => (total && term ? add(total, term) : (total ?? term)), null);
