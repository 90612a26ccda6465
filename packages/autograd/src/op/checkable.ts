// Functions that say on which inputs they are to be checked. Ops say it in their records.
import { describe, isFloat } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { NDArray } from "./ndarray.ts";
import {
  booleans,
  boundsOf,
  integers,
  reals,
  type Domain,
  type Draw,
  type SampleArray,
} from "./samples.ts";

/** One tensor among the arguments: values are drawn from the domain. Default: reals from [-2, 2]. */
export interface ArgumentSample extends Domain {
  readonly shape: Shape;
  /** Integers are drawn from `min` to `max` (default: 0 to 3). Default: "float". */
  readonly dtype?: SampleArray["dtype"];
}

/** An argument's samples: for each of its tensors what to draw, or the tensor to use as it is. */
export type SampleOf<T> = T extends Tensor
  ? ArgumentSample | SampleArray | Tensor
  : T extends object
    ? { readonly [K in keyof T]: SampleOf<T[K]> }
    : T;

export type SamplesOf<A extends readonly unknown[]> = { readonly [I in keyof A]: SampleOf<A[I]> };

export interface CheckableOptions {
  /** The result by other means, from the tensors among the arguments, in order, as plain arrays. */
  readonly reference?: (...inputs: NDArray[]) => NDArray;
  /** Derivatives up to this order are checked: 1, 2 or 3. Default: 3. */
  readonly order?: 1 | 2 | 3;
}

/** What a checkable function carries. */
export interface CheckableRecord {
  /** The arguments, with what is drawn in the place of tensors. */
  readonly samples: (draw: Draw) => readonly unknown[];
  readonly reference: ((...inputs: NDArray[]) => NDArray) | null;
  readonly order: number;
}

/** A function that says on which inputs it is to be checked; suites find it by that. */
export interface CheckableFunction {
  readonly checkable: CheckableRecord;
}

/**
 * The same function, with samples of its arguments: the gradient check of a module finds it among the
 * exports. Arguments may be trees of tensors. What `draw` yields is shrunk after a failure.
 *
 * @param samples For each argument a shape with a domain, or a tensor; or a function that draws them.
 * @throws OptionError for samples that are none.
 * @example
 * export const energy = checkable(
 *   (x: Tensor, k: Tensor) => sum(mul(k, square(x))),
 *   [{ shape: [4] }, { shape: [4], min: 0.5, max: 2 }],
 * );
 * export const loss = checkable(
 *   (params: { w: Tensor; b: Tensor }, x: Tensor) => mean(square(matmul(x, params.w).add(params.b))),
 *   (draw) => {
 *     const n = draw.int(1, 4);
 *     return [{ w: { shape: [3, 2] }, b: { shape: [2] } }, { shape: [n, 3] }];
 *   },
 * );
 */
export function checkable<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  samples: SamplesOf<A> | ((draw: Draw) => SamplesOf<A>),
  options: CheckableOptions = {},
): ((...args: A) => R) & CheckableFunction {
  const complain = (expected: string, got: unknown, fix: string) =>
    new OptionError({ where: "checkable", expected, got: describe(got), fix });
  if (typeof f !== "function") throw complain("a function", f, "Write checkable(f, samples).");
  if (typeof samples !== "function" && !Array.isArray(samples)) {
    throw complain("samples: an array, or a function of draw", samples, "Write [{ shape: [3] }].");
  }
  checkOptions("checkable", options, ["reference", "order"]);
  const { reference = null, order = 3 } = options;
  if (![1, 2, 3].includes(order)) throw complain("an order of 1, 2 or 3", order, "Leave it out.");
  const record: CheckableRecord = {
    samples: typeof samples === "function" ? samples : () => samples,
    reference,
    order,
  };
  const copy = (...args: A): R => f(...args);
  Object.defineProperty(copy, "name", { value: f.name });
  return Object.assign(copy, { checkable: record });
}

export const isCheckable = (
  value: unknown,
): value is CheckableFunction & ((...a: unknown[]) => unknown) =>
  typeof value === "function" && "checkable" in value;

/** What a leaf of the samples is drawn as; null for what is no leaf. */
export function drawLeaf(draw: Draw, leaf: unknown): SampleArray | null {
  if (leaf instanceof Tensor) {
    const data = Array.from(leaf.data as ArrayLike<number>);
    return {
      shape: leaf.shape,
      data,
      dtype: isFloat(leaf.dtype) ? "float" : (leaf.dtype as "int32"),
    };
  }
  if (typeof leaf !== "object" || leaf === null || !("shape" in leaf)) return null;
  if ("data" in leaf) return leaf as SampleArray;
  const { shape, dtype = "float", ...domain } = leaf as ArgumentSample;
  checkShape(shape);
  if (dtype === "bool") return booleans(draw, shape);
  if (dtype === "int32") return integers(draw, shape, ...boundsOf(domain, [0, 3]));
  return reals(draw, shape, domain);
}

function checkShape(shape: unknown): void {
  const isShape = Array.isArray(shape) && shape.every((dim) => Number.isInteger(dim) && dim >= 0);
  if (isShape) return;
  throw new OptionError({
    where: "checkable",
    expected: "samples with a shape: an array of integers >= 0",
    got: Array.isArray(shape) ? showShape(shape as number[]) : describe(shape),
    fix: "Write e.g. { shape: [3, 2], min: 0, max: 1 }.",
  });
}
