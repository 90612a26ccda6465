// Making tensors from JavaScript values.
import type { Dims } from "../shapes/dims.ts";
import type { CreateFn, TensorFn } from "./signatures.ts";
import {
  allocate,
  checkDType,
  checkNumber,
  dtypeOfArray,
  isFloat,
  type DType,
  type TypedArray,
} from "./dtype.ts";
import { OptionError, ShapeError, ValueError } from "./errors.ts";
import { contiguousLayout } from "./layout.ts";
import { checkOptions } from "./options.ts";
import { checkShape, showShape, sizeOf, type Shape } from "./shape.ts";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";
import { brief, counted } from "./words.ts";
import { flatten, shapeOfNested, type NestedInput } from "./values.ts";

export interface CreateOptions {
  /** Default: float32, or what the typed array holds. */
  readonly dtype?: DType;
  /** Whether backward() computes a gradient for it. Default: false. Floating point only. */
  readonly requiresGrad?: boolean;
}

export interface TensorOptions<S extends Dims = Dims> extends CreateOptions {
  /** The shape for the elements of a typed array, in row-major order. Default: [length]. */
  readonly shape?: S;
}

/** A tensor over a fresh typed array in row-major order. */
export function wrap(
  where: string,
  data: TypedArray,
  shape: Shape,
  dtype: DType,
  requiresGrad = false,
): Tensor {
  const result = new Tensor(contiguousLayout(dtype, shape), new Storage(data), 0);
  if (requiresGrad) result.requiresGrad = true;
  return result;
}

/**
 * A tensor of numbers, booleans, nested arrays of them, or a typed array (which is copied).
 * NaN and infinities are numbers of the floating-point dtypes.
 *
 * @throws ValueError for ragged arrays, for entries that are no numbers, and for numbers that the
 *   dtype cannot hold.
 * @example
 * tensor([[1, 2], [3, 4]]); // shape [2, 2], float32
 * tensor(new Float64Array(6), { shape: [2, 3] }); // float64
 * tensor(3); // a 0-d tensor
 */
export const tensor = ((values: NestedInput | TypedArray, options: TensorOptions = {}): Tensor => {
  checkOptions("tensor", options, ["dtype", "requiresGrad", "shape"]);
  const { shape, requiresGrad } = options;
  if (ArrayBuffer.isView(values)) return fromTypedArray(values, options);
  const ownShape = shapeOfNested(values);
  const dtype = options.dtype ? checkDType("tensor", options.dtype) : defaultDType(values);
  const data = allocate(dtype, sizeOf(ownShape));
  flatten("tensor", values, ownShape, dtype, data);
  if (shape) checkSize(data.length, checkShape("tensor", shape));
  return wrap("tensor", data, shape ?? ownShape, dtype, requiresGrad);
}) as unknown as TensorFn<TensorOptions>;

/** Booleans make a bool tensor, everything else float32. */
function defaultDType(values: NestedInput): DType {
  let first: NestedInput | undefined = values;
  while (Array.isArray(first)) first = first[0];
  return typeof first === "boolean" ? "bool" : "float32";
}

function fromTypedArray(values: TypedArray, options: TensorOptions): Tensor {
  if (!isNumeric(values)) throw notNumeric(values);
  const shape = checkShape("tensor", options.shape ?? [values.length]);
  const own = dtypeOfArray(values);
  const dtype = checkDType("tensor", options.dtype ?? own ?? "float32");
  checkSize(values.length, shape);
  const data = allocate(dtype, values.length);
  if (own === dtype || isFloat(dtype)) data.set(values);
  else values.forEach((value, i) => (data[i] = checkNumber(`tensor[${i}]`, value, dtype)));
  return wrap("tensor", data, shape, dtype, options.requiresGrad);
}

const isNumeric = (array: ArrayBufferView): boolean =>
  !(array instanceof DataView || array instanceof BigInt64Array || array instanceof BigUint64Array);

const notNumeric = (array: ArrayBufferView) =>
  new ValueError({
    where: "tensor",
    expected: "a typed array of numbers",
    got: `a ${array.constructor.name}`,
    fix: "Copy it first: Float64Array.from(values, Number).",
  });

function checkSize(length: number, shape: Shape): void {
  if (length === sizeOf(shape)) return;
  throw new ShapeError({
    where: "tensor",
    expected: `${counted(sizeOf(shape), "value")} for shape ${showShape(shape)}`,
    got: String(length),
    fix: "Pass the shape that the values fill.",
  });
}

/** A tensor of one value everywhere. @example full([2, 3], 0.5) */
export const full = ((shape: Shape, value: number, options: CreateOptions = {}) =>
  filled("full", shape, value, options)) as <const S extends Dims>(
  shape: S,
  value: number,
  options?: CreateOptions,
) => Tensor<S>;

/** A tensor of zeros. @example zeros([2, 3]) */
export const zeros = ((shape: Shape, options: CreateOptions = {}) =>
  filled("zeros", shape, 0, options)) as CreateFn<CreateOptions>;

/** A tensor of ones. @example ones([3], { dtype: "int32" }) */
export const ones = ((shape: Shape, options: CreateOptions = {}) =>
  filled("ones", shape, 1, options)) as CreateFn<CreateOptions>;

function filled(where: string, shape: Shape, value: number, options: CreateOptions): Tensor {
  checkOptions(where, options, ["dtype", "requiresGrad"]);
  const dtype = checkDType(where, options.dtype ?? "float32");
  const data = allocate(dtype, sizeOf(checkShape(where, shape)));
  if (!Object.is(value, 0)) data.fill(checkNumber(where, value, dtype));
  return wrap(where, data, shape, dtype, options.requiresGrad);
}

/** Evenly spaced numbers from `start` (default 0) up to but without `stop`, `step` (default 1)
 *  apart. Options may follow any of them.
 *  @example arange(3); // [0, 1, 2]
 *  @example arange(1, 2, 0.25, { dtype: "float64" }) */
export function arange(stop: number, options?: CreateOptions): Tensor;
export function arange(start: number, stop: number, options?: CreateOptions): Tensor;
export function arange(start: number, stop: number, step?: number, options?: CreateOptions): Tensor;
export function arange(
  first: number,
  second?: number | CreateOptions,
  third?: number | CreateOptions,
  fourth?: CreateOptions,
): Tensor {
  const hasStop = typeof second === "number";
  const hasStep = typeof third === "number";
  const [start, stop] = hasStop ? [first, second] : [0, first];
  const step = hasStep ? third : 1;
  const options = (hasStep ? fourth : hasStop ? (third ?? fourth) : second) ?? {};
  checkOptions("arange", options, ["dtype", "requiresGrad"]);
  if (![start, stop, step].every(Number.isFinite) || step === 0) {
    throw new OptionError({
      where: "arange",
      expected: "finite start, stop and step, and a step that is not 0",
      got: `start ${brief(start)}, stop ${brief(stop)}, step ${step}`,
      fix: "Write arange(stop) or arange(start, stop, step).",
    });
  }
  const length = Math.max(0, Math.ceil((stop - start) / step));
  return sequence("arange", length, (i) => start + i * step, options);
}

/** `count` evenly spaced numbers from `start` to `stop`, both included.
 *  @example linspace(0, 1, 5); // [0, 0.25, 0.5, 0.75, 1] */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options: CreateOptions = {},
): Tensor {
  checkOptions("linspace", options, ["dtype", "requiresGrad"]);
  if (!Number.isInteger(count) || count < 0 || ![start, stop].every(Number.isFinite)) {
    throw new OptionError({
      where: "linspace",
      expected: "finite start and stop, and a count that is an integer >= 0",
      got: `start ${brief(start)}, stop ${brief(stop)}, count ${brief(count)}`,
      fix: "Write linspace(start, stop, count).",
    });
  }
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  const last = count - 1;
  return sequence(
    "linspace",
    count,
    (i) => (i === last && i > 0 ? stop : start + i * step),
    options,
  );
}

function sequence(
  where: string,
  length: number,
  value: (i: number) => number,
  options: CreateOptions,
): Tensor {
  const dtype = checkDType(where, options.dtype ?? "float32");
  const data = allocate(dtype, length);
  for (let i = 0; i < length; i++) data[i] = checkNumber(where, value(i), dtype);
  return wrap(where, data, [length], dtype, options.requiresGrad);
}

/** The identity matrix: ones on the diagonal of an n × m matrix (m defaults to n). */
export function eye<const N extends number>(n: N, options?: CreateOptions): Tensor<[N, N]>;
export function eye<const N extends number, const M extends number>(
  n: N,
  m: M,
  options?: CreateOptions,
): Tensor<[N, M]>;
export function eye(n: number, second?: number | CreateOptions, third?: CreateOptions): Tensor {
  const m = typeof second === "number" ? second : n;
  const options = (typeof second === "number" ? third : second) ?? {};
  const result = filled("eye", [n, m], 0, options);
  const { data } = result.storage!;
  for (let i = 0; i < Math.min(n, m); i++) data[i * m + i] = 1;
  return result;
}

const scalars = new Map<string, Tensor>();

/** A 0-d constant, adopting a dtype. Constants are shared, so nobody may assign to them. */
export function scalar(where: string, value: number | boolean, dtype: DType): Tensor {
  const number = checkNumber(where, value, dtype);
  const key = `${Object.is(number, -0) ? "-0" : number}${dtype}`;
  const known = scalars.get(key);
  if (known) return known;
  if (scalars.size >= 256) scalars.clear();
  const data = allocate(dtype, 1);
  data[0] = number;
  const result = wrap(where, data, [], dtype);
  result.storage!.isConstant = true;
  scalars.set(key, result);
  return result;
}
