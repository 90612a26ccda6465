// Whole matrices of derivatives, columns or rows of which are computed side by side.
import { pauseTapes } from "../op/entry.ts";
import { concat } from "../ops/join.ts";
import { permute, reshape } from "../ops/move.ts";
import { zeros } from "../tensor/create.ts";
import { allocate } from "../tensor/dtype.ts";
import { GradientError, OptionError } from "../tensor/errors.ts";
import { contiguousLayout } from "../tensor/layout.ts";
import { checkOptions } from "../tensor/options.ts";
import { sizeOf, type Shape } from "../tensor/shape.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import type { Box, Dims, Dyn, IsAny, Out, ShapeOf } from "../shapes/dims.ts";
import { jvp } from "./forward.ts";
import {
  checkArgnums,
  checkArguments,
  checkDifferentiable,
  grad,
  vjp,
  type Argnums,
  type GradOf,
} from "./reverse.ts";
import { checkFunction, checkSynchronous } from "./trace.ts";
import { flatten } from "./tree.ts";
import { batchOf } from "./vmap.ts";

type AnyFunction = (...args: never[]) => unknown;

/** ∂R/∂A: for each tensor of R and each of A one of the shape of the first followed by that of the
 *  second. (Boxed, since `R extends Tensor` would make `R & Tensor<any>` of R and lose its shape.) */
export type DerivativeOf<R, A> =
  Box<R> extends Box<Tensor>
    ? Box<A> extends Box<Tensor>
      ? Tensor<JoinedShape<ShapeOf<R>, ShapeOf<A>>>
      : A extends object
        ? { -readonly [K in keyof A]: DerivativeOf<R, A[K]> }
        : A
    : R extends object
      ? { -readonly [K in keyof R]: DerivativeOf<R[K], A> }
      : R;

export type JoinedShape<A extends Dims, B extends Dims> = Out<
  true extends IsAny<A> | IsAny<B> ? Dyn : [...A, ...B]
>;

/** The type of a Jacobian by the arguments that argnums chooses. */
export type JacobianOf<F extends AnyFunction, N extends Argnums> = N extends readonly number[]
  ? { -readonly [I in keyof N]: DerivativeOf<ReturnType<F>, Parameters<F>[N[I] & number]> }
  : N extends number
    ? DerivativeOf<ReturnType<F>, Parameters<F>[N]>
    : never;

export interface JacobianOptions<N extends Argnums = Argnums> {
  /** Which arguments it is taken by. Default: 0, the first one. */
  readonly argnums?: N;
  /** "forward" computes columns, one for each element of the arguments; "reverse" rows, one for each
   *  element of the result. Default: "auto", whichever are fewer. */
  readonly mode?: "forward" | "reverse" | "auto";
  /** How many rows or columns are computed at once. More is faster and takes more memory. Default: as
   *  many as have 2²² elements together, at most 256. */
  readonly chunkSize?: number;
}

/**
 * The function that computes the Jacobian of f: all derivatives of all elements of its result. The
 * result of f and the argument may be trees of tensors; for a result of shape [m] and an argument of
 * shape [n] it is [m, n], in general the one shape followed by the other.
 *
 * Rows or columns are computed `chunkSize` at a time, so that memory stays bounded beside the result.
 * In "forward" and "auto" mode f runs several times; it should draw no random numbers.
 * @throws OptionError for other options; GradientError when f returns no tensor.
 * @example jacobian((x: Tensor<[3]>) => softmax(x))(x).shape // [3, 3]
 */
export function jacobian<F extends AnyFunction, const N extends Argnums = 0>(
  f: F,
  options: JacobianOptions<N> = {},
): (...args: Parameters<F>) => JacobianOf<F, N> {
  checkFunction("jacobian", f, "jacobian((x) => softmax(x))(x)");
  return matrix("jacobian", f, options);
}

/** The type of the second derivatives: those of each argument by each of them. */
export type HessianOf<F extends AnyFunction, N extends Argnums> = DerivativeOf<
  GradOf<F, N>,
  GradOf<F, N>
>;

/**
 * The function that computes the matrix of second derivatives of a scalar function f, forward over
 * reverse: for an argument of shape [n] it is [n, n], for a tree a tree of trees, for several argnums
 * an array of arrays. Columns are computed `chunkSize` at a time.
 * @throws GradientError when f's result is not a scalar.
 * @example hessian((x: Tensor<[2]>) => prod(x))(tensor([3, 4])).toArray() // [[0, 1], [1, 0]]
 */
export function hessian<F extends AnyFunction, const N extends Argnums = 0>(
  f: F,
  options: Omit<JacobianOptions<N>, "mode"> = {},
): (...args: Parameters<F>) => HessianOf<F, N> {
  checkFunction("hessian", f, "hessian((x) => sum(square(x)))(x)");
  checkOptions("hessian", options, ["argnums", "chunkSize"]);
  const { argnums = 0 as N, chunkSize } = options;
  const slope = grad(f, { argnums });
  const columns = { mode: "forward", ...(chunkSize !== undefined && { chunkSize }) } as const;
  return matrix("hessian", slope as unknown as F, { argnums, ...columns }) as never;
}

/**
 * The product of the second derivatives of a scalar function with a vector, without the matrix: the
 * change of the gradient along the tangents, forward over reverse. It costs a few evaluations of f.
 * @param tangents One for each argument, of its form: the vector.
 * @returns H·v, one for each argument.
 * @example const [hv] = hvp((x: Tensor) => sum(exp(x)), [x], [v]);
 */
export function hvp<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  primals: A,
  tangents: NoInfer<A>,
): A {
  checkFunction("hvp", f, "hvp((x) => sum(exp(x)), [x], [v])");
  if (!Array.isArray(primals)) {
    throw new OptionError({
      where: "hvp",
      expected: "an array of arguments",
      got: primals instanceof Tensor ? "a tensor" : brief(primals),
      fix: "Write hvp(f, [x], [v]).",
    });
  }
  const slope = grad(f, { argnums: primals.map((_, i) => i) }) as unknown as (...args: A) => A;
  return jvp(slope, primals as A, tangents)[1];
}

function matrix<F extends AnyFunction, const N extends Argnums>(
  where: string,
  f: F,
  options: JacobianOptions<N>,
): (...args: Parameters<F>) => JacobianOf<F, N> {
  checkOptions(where, options, ["argnums", "mode", "chunkSize"]);
  const { argnums = 0, mode = "auto", chunkSize } = options;
  const chosen = checkArgnums(where, argnums);
  checkMode(where, mode);
  checkChunkSize(where, chunkSize);
  return (...args) => {
    checkArguments(where, chosen, args.length);
    const points = chosen.map((i) => args[i]) as unknown[];
    const at = (...moved: unknown[]): unknown => {
      const all: unknown[] = [...args];
      chosen.forEach((i, k) => (all[i] = moved[k]));
      return f(...(all as never[]));
    };
    const from = flatten(points, where);
    points.forEach((point, k) => checkDifferentiable(where, point, chosen[k]));
    // Forward mode needs no tape, but must know what comes out.
    const [result, pull] =
      mode === "forward" ? [pauseTapes(() => at(...points)), null] : vjp(at, ...points);
    checkSynchronous(where, result);
    const to = flatten(result, where);
    if (to.leaves.length === 0) throw noTensor(where);
    const isForward = pull === null || (mode === "auto" && total(from.leaves) <= total(to.leaves));
    const rows = isForward
      ? columnsOf(at, from, to.leaves, chunkSize)
      : rowsOf((g) => flatten(pull(to.build(g)), where).leaves, from.leaves, to.leaves, chunkSize);
    const trees = to.build(
      rows.map((row) => {
        const parts = from.build(row) as unknown[];
        return typeof argnums === "number" ? parts[0] : parts;
      }),
    );
    // For several arguments the array of them comes first, as with grad.
    if (typeof argnums === "number" || where === "hessian") return trees as JacobianOf<F, N>;
    return chosen.map((_, k) =>
      to.build(rows.map((row) => (from.build(row) as unknown[])[k])),
    ) as JacobianOf<F, N>;
  };
}

/** The derivatives of each result by each input, from columns: tangents along the inputs. */
function columnsOf(
  f: (...points: unknown[]) => unknown,
  from: {
    readonly leaves: readonly Tensor[];
    readonly build: (values: readonly unknown[]) => unknown[];
  },
  to: readonly Tensor[],
  chunkSize: number | undefined,
): Tensor[][] {
  const still = from.leaves.map((x) => zeros(x.shape, { dtype: x.dtype }));
  const byInput = from.leaves.map((x, j) => {
    const columns = (move: Tensor) => {
      const tangents = from.build(still.with(j, move));
      const [, moved] = jvp(f, from.build(from.leaves), tangents);
      return flatten(moved, "jacobian").leaves;
    };
    return stacked(x, to, columns, chunkSize).map((stack, k) => {
      const rank = to[k].rank;
      const order = Array.from({ length: rank + 1 }, (_, d) => (d < rank ? d + 1 : 0));
      return reshape(permute(stack, order), [...to[k].shape, ...x.shape]) as Tensor;
    });
  });
  return to.map((_, k) => byInput.map((results) => results[k]));
}

/** The same from rows: cotangents of the results. */
function rowsOf(
  pull: (cotangents: readonly Tensor[]) => readonly Tensor[],
  from: readonly Tensor[],
  to: readonly Tensor[],
  chunkSize: number | undefined,
): Tensor[][] {
  const still = to.map((y) => zeros(y.shape, { dtype: y.dtype }));
  return to.map((y, k) => {
    const rows = (g: Tensor) => pull(still.with(k, g));
    return stacked(y, from, rows, chunkSize).map(
      (stack, j) => reshape(stack, [...y.shape, ...from[j].shape]) as Tensor,
    );
  });
}

/** What `f` makes of each unit vector under the shape of x, one after another along axis 0. */
function stacked(
  x: Tensor,
  results: readonly Tensor[],
  f: (unit: Tensor) => readonly Tensor[],
  chunkSize = defaultChunk([x, ...results]),
): Tensor[] {
  const chunks: (Tensor | null)[][] = [];
  for (let start = 0; start < x.size; start += chunkSize) {
    const count = Math.min(chunkSize, x.size - start);
    const units = unitVectors(x, start, count);
    chunks.push(batchOf(([unit]) => f(unit), [units], [true], count));
  }
  return results.map((y, k) => {
    if (chunks.length === 0) return zeros([0, ...y.shape], { dtype: y.dtype }) as Tensor;
    const parts = chunks.map((chunk) => chunk[k]!);
    return parts.length === 1 ? parts[0] : (concat(parts, { axis: 0 }) as Tensor);
  });
}

const defaultChunk = (tensors: readonly Tensor[]): number => {
  const largest = Math.max(1, ...tensors.map(({ size }) => size));
  return Math.max(1, Math.min(256, Math.floor(2 ** 22 / largest)));
};

function unitVectors({ dtype, layout }: Tensor, start: number, count: number): Tensor {
  const shape: Shape = [count, ...layout.shape];
  const data = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < count; i++) data[i * layout.size + start + i] = 1;
  return new Tensor(contiguousLayout(dtype, shape), new Storage(data), 0);
}

const total = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, { size }) => sum + size, 0);

const noTensor = (where: string) =>
  new GradientError({
    where,
    expected: "a function that returns a tensor, or a tree of tensors",
    got: "one that returns none",
    fix: "Return the tensor itself, not its item().",
  });

function checkMode(where: string, mode: unknown): void {
  if (mode === "forward" || mode === "reverse" || mode === "auto") return;
  throw new OptionError({
    where,
    expected: 'mode: "forward", "reverse" or "auto"',
    got: brief(mode),
    fix: 'Write e.g. { mode: "forward" }.',
  });
}

function checkChunkSize(where: string, size: number | undefined): void {
  if (size === undefined || (Number.isInteger(size) && size > 0)) return;
  throw new OptionError({
    where,
    expected: "chunkSize: an integer > 0",
    got: brief(size),
    fix: "Write e.g. { chunkSize: 64 }, or leave it out.",
  });
}
