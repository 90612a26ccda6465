// Sequences, images and volumes of other sizes, one axis after the other: what is wanted is separable.
import { checkFloat } from "../op/rules.ts";
import { requireTensor } from "../op/operands.ts";
import type { AdaptiveSize } from "../shapes/resize.ts";
import type { SpatialRank } from "../shapes/spatial.ts";
import type { AdaptivePoolingFn, InterpolateFn } from "../tensor/signatures-windows.ts";
import { wrap } from "../tensor/create.ts";
import { allocate, describe, type DType } from "../tensor/dtype.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { repeat } from "./arrange.ts";
import { sum } from "./move.ts";
import { add, mulZero } from "./pointwise.ts";
import { avgPool1d, avgPool2d, avgPool3d } from "./pool.ts";
import { sizesOf, spatialNames } from "./spatial.ts";
import { take } from "./take.ts";
import { checkImages } from "./unfold.ts";

/** Numbers as a constant. */
function constant(where: string, values: readonly number[], shape: Shape, dtype: DType): Tensor {
  const data = allocate(dtype, values.length);
  data.set(values);
  return wrap(where, data, shape, dtype);
}

/** Numbers along one axis, shaped so that they broadcast against `rank` axes. */
const alongAxis = (
  where: string,
  values: readonly number[],
  rank: number,
  axis: number,
  x: Tensor,
) =>
  constant(
    where,
    values,
    Array.from({ length: rank }, (_, d) => (d === axis ? values.length : 1)),
    x.dtype,
  );

// ---- adaptive pools ----

/**
 * The mean of ⌊i·n/size⌋ … ⌈(i + 1)·n/size⌉ along an axis, for windows that differ in length: elements are
 * picked, as many for each window as the longest has, and those too many have the weight 0, where
 * infinities have no say.
 */
function averageAlong(where: string, x: Tensor, axis: number, size: number): Tensor {
  const n: number = x.shape[axis];
  const starts = Array.from({ length: size }, (_, i) => Math.floor((i * n) / size));
  const lengths = starts.map((start, i) => Math.ceil(((i + 1) * n) / size) - start);
  const longest = Math.max(0, ...lengths);
  const each = <T>(f: (window: number, j: number) => T): T[] =>
    starts.flatMap((_, i) => Array.from({ length: longest }, (__, j) => f(i, j)));
  const places = each((i, j) => starts[i] + Math.min(j, lengths[i] - 1));
  const weights = each((i, j) => (j < lengths[i] ? 1 / lengths[i] : 0));
  const picked = take(x, constant(where, places, [size, longest], "int32"), { axis });
  const behind = Array<number>(x.rank - axis - 1).fill(1);
  const weighted = mulZero(picked, constant(where, weights, [size, longest, ...behind], x.dtype));
  return sum(weighted, { axis: axis + 1 });
}

/** The pools whose windows are all of one size. */
const even = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d };

function adaptive(rank: SpatialRank, x: Tensor, outputSize: AdaptiveSize): Tensor {
  const where = `adaptiveAvgPool${rank}d`;
  requireTensor(where, x);
  checkFloat(where, x);
  const lead = x.rank - rank;
  const plane: number[] = x.shape.slice(Math.max(0, lead));
  if (lead < 0 || plane.includes(0)) {
    throw new ShapeError({
      where,
      expected: `a tensor [..., ${spatialNames[rank]}] with at least one element along each of them`,
      got: showShape(x.shape),
      fix: "The mean of nothing is not defined; check the layer before.",
    });
  }
  const asked: AdaptiveSize = outputSize;
  const filled =
    Array.isArray(asked) && asked.length === rank ? asked.map((n, d) => n ?? plane[d]) : asked;
  const sizes = sizesOf(where, "outputSize", filled as number | readonly number[], 1, rank);
  // Where windows are all of one size, they are those of an ordinary pool.
  const kernel = plane.map((n, d) => (n % sizes[d] === 0 ? n / sizes[d] : 1));
  const pool = even[rank] as (x: Tensor, kernelSize: readonly number[]) => Tensor;
  const pooled = kernel.every((n) => n === 1) ? x : pool(x, kernel);
  return sizes.reduce(
    (y: Tensor, size, d) => (plane[d] % size === 0 ? y : averageAlong(where, y, lead + d, size)),
    pooled,
  );
}

/**
 * The mean over so many windows as are wanted along the last axis, whatever its size; see
 * `adaptiveAvgPool2d`.
 * @throws ShapeError for an axis of no elements; OptionError for a size that is no integer >= 1.
 * @example adaptiveAvgPool1d(zeros([8, 4, 10]), 3); // shape [8, 4, 3]
 */
export const adaptiveAvgPool1d = ((x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive(1, x, outputSize)) as unknown as AdaptivePoolingFn<"adaptiveAvgPool1d", 1>;

/**
 * The mean over so many windows as are wanted along the last two axes, whatever their sizes: window i of
 * `size` along an axis of n elements holds those from ⌊i·n/size⌋ to before ⌈(i + 1)·n/size⌉. Made of
 * `avgPool2d` where that divides evenly, else of `take`.
 * @param outputSize One number, or [height, width]; null keeps what there is.
 * @throws ShapeError for an axis of no elements; OptionError for sizes that are no integers >= 1.
 * @example adaptiveAvgPool2d(zeros([8, 64, 7, 5]), 1); // shape [8, 64, 1, 1]
 * @example adaptiveAvgPool2d(zeros([8, 64, 7, 5]), [3, null]); // shape [8, 64, 3, 5]
 */
export const adaptiveAvgPool2d = ((x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive(2, x, outputSize)) as unknown as AdaptivePoolingFn<"adaptiveAvgPool2d", 2>;

/**
 * The mean over so many windows as are wanted along the last three axes, whatever their sizes; see
 * `adaptiveAvgPool2d`.
 * @throws ShapeError for an axis of no elements; OptionError for sizes that are no integers >= 1.
 * @example adaptiveAvgPool3d(zeros([2, 4, 8, 7, 5]), [2, 3, null]); // shape [2, 4, 2, 3, 5]
 */
export const adaptiveAvgPool3d = ((x: Tensor, outputSize: AdaptiveSize): Tensor =>
  adaptive(3, x, outputSize)) as unknown as AdaptivePoolingFn<"adaptiveAvgPool3d", 3>;

// ---- interpolation ----

export interface InterpolateOptions {
  /** The size along each spatial axis, one number or one for each. This, or scaleFactor. */
  readonly size?: number | readonly number[];
  /** How many times as large: sizes are ⌊n · scaleFactor⌋. */
  readonly scaleFactor?: number | readonly number[];
  /** Default: "nearest". Linear ones are called by the number of spatial axes: "linear" for one,
   *  "bilinear" for two, "trilinear" for three. */
  readonly mode?: "nearest" | "linear" | "bilinear" | "trilinear";
  /** Whether the centres of the first and last elements lie on each other, instead of the edges of the
   *  whole. For linear modes. Default: false. */
  readonly alignCorners?: boolean;
}

/** Along one axis: how many elements come of n, and how far apart they lie in what was. */
interface Resized {
  readonly n: number;
  readonly size: number;
  /** Where index i comes from, continuously; as a quotient, so that whole numbers are met exactly. */
  readonly scaled: (i: number) => number;
}

const linearModes: Record<string, number> = { linear: 1, bilinear: 2, trilinear: 3 };

/**
 * Sequences, images or volumes [batch, channels, ...spatial] made larger or smaller: each element is the
 * nearest one of before, or the linear interpolation between neighbours along each axis. Of a position i
 * comes i·n/size (nearest: rounded down), for linear modes (i + ½)·n/size − ½, not below 0, or with
 * alignCorners i·(n − 1)/(size − 1); with scaleFactor n/size is 1/scaleFactor. A linear mode leaves an axis
 * that keeps its size as it is, whatever the factor. These are PyTorch's definitions. Made of `take`, `mulZero` and `add`, or of `repeat` for whole factors.
 *
 * @throws OptionError unless there is one of size and scaleFactor, and for a mode that is for another
 *   number of axes; ShapeError where nothing would be left, or nothing is there.
 * @example interpolate(zeros([1, 3, 8, 8]), { scaleFactor: 2 }); // shape [1, 3, 16, 16]
 * @example interpolate(zeros([1, 3, 8, 8]), { size: [5, 12], mode: "bilinear" }); // shape [1, 3, 5, 12]
 */
export const interpolate = ((x: Tensor, options: InterpolateOptions): Tensor => {
  requireTensor("interpolate", x);
  checkOptions("interpolate", options, ["size", "scaleFactor", "mode", "alignCorners"]);
  checkImages("interpolate", x);
  const { mode = "nearest", alignCorners = false } = options;
  checkMode(mode, checkBoolean("interpolate", "alignCorners", alignCorners), x.rank - 2);
  if (mode !== "nearest") checkFloat("interpolate", x);
  const resize = mode === "nearest" ? nearestAlong : linearAlong(alignCorners);
  // The nearest ones of an axis that keeps its size may still be others, by a factor such as 1.1.
  const isKept = ({ n, size, scaled }: Resized): boolean =>
    n === size && (mode !== "nearest" || scaled(1) === 1);
  return resizedAxes(x, options).reduce(
    (y: Tensor, axis, d) => (isKept(axis) ? y : resize(y, axis, d + 2)),
    x,
  );
}) as unknown as InterpolateFn<InterpolateOptions>;

type Resize = (x: Tensor, resized: Resized, axis: number) => Tensor;

function checkMode(mode: string, alignCorners: boolean, rank: number): void {
  const complain = (expected: string, got: string, fix: string) =>
    new OptionError({ where: "interpolate", expected, got, fix });
  if (mode !== "nearest" && linearModes[mode] === undefined) {
    throw complain(
      `mode: "nearest", ${Object.keys(linearModes)
        .map((name) => `"${name}"`)
        .join(", ")}`,
      typeof mode === "string" ? `"${mode}"` : describe(mode),
      "Leave it out for the nearest.",
    );
  }
  if (mode !== "nearest" && linearModes[mode] !== rank) {
    throw complain(
      `mode "nearest" or the linear one for ${rank} spatial axes`,
      `"${mode}", which is for ${linearModes[mode]}`,
      "Axes are [batch, channels, ...spatial axes].",
    );
  }
  if (mode === "nearest" && alignCorners) {
    throw complain("alignCorners with a linear mode", `"${mode}"`, "Leave it out.");
  }
}

function resizedAxes(
  x: Tensor,
  { size, scaleFactor, alignCorners }: InterpolateOptions,
): Resized[] {
  const plane: number[] = x.shape.slice(2);
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new OptionError({
      where: "interpolate",
      expected: "one of the options size and scaleFactor",
      got: size === undefined ? "none" : "both",
      fix: "Write e.g. { scaleFactor: 2 }.",
    });
  }
  const factors = scaleFactor === undefined ? null : factorsOf(scaleFactor, plane.length);
  const sizes = factors
    ? plane.map((n, d) => Math.floor(n * factors[d]))
    : sizesOf("interpolate", "size", size!, 1, plane.length);
  if (plane.includes(0) || sizes.includes(0)) {
    throw new ShapeError({
      where: "interpolate",
      expected: "at least one element along each spatial axis, before and after",
      got: `${showShape(plane)} to become ${showShape(sizes)}`,
      fix: "Choose a larger size or factor.",
    });
  }
  return plane.map((n, d) => {
    // The corners' own scale says where an axis of one size reads.
    const scaled =
      factors && !alignCorners ? (i: number) => i / factors[d] : (i: number) => (i * n) / sizes[d];
    return { n, size: sizes[d], scaled };
  });
}

function factorsOf(value: number | readonly number[], rank: number): readonly number[] {
  const factors = typeof value === "number" ? Array<number>(rank).fill(value) : value;
  const isValid = Array.isArray(factors) && factors.length === rank;
  if (isValid && factors.every((f) => Number.isFinite(f) && f > 0)) return factors;
  throw new OptionError({
    where: "interpolate",
    expected: `scaleFactor: a number > 0, or one for each of ${rank} spatial axes`,
    got: brief(value),
    fix: "Write e.g. 2, or [2, 0.5] for height and width.",
  });
}

const nearestAlong: Resize = (x, { n, size, scaled }, axis) => {
  const places = Array.from({ length: size }, (_, i) => Math.min(Math.floor(scaled(i)), n - 1));
  const times = size / n;
  const isRepeated = places.every((place, i) => place === Math.floor(i / times));
  if (Number.isInteger(times) && isRepeated) return repeat(x, times, { axis });
  return take(x, constant("interpolate", places, [size], "int32"), { axis });
};

const linearAlong =
  (alignCorners: boolean): Resize =>
  (x, { n, size, scaled }, axis) => {
    const half = scaled(0.5);
    const source = Array.from({ length: size }, (_, i) =>
      alignCorners
        ? size > 1
          ? (i * (n - 1)) / (size - 1)
          : 0
        : Math.max(0, scaled(i) + half - 0.5),
    );
    const low = source.map((at) => Math.min(Math.floor(at), n - 1));
    const share = source.map((at, i) => Math.min(1, at - low[i]));
    const high = low.map((at) => Math.min(at + 1, n - 1));
    const part = (places: number[], weights: number[]): Tensor =>
      // A weight of 0 keeps infinities and NaN of the other neighbour away.
      mulZero(
        take(x, constant("interpolate", places, [size], "int32"), { axis }),
        alongAxis("interpolate", weights, x.rank, axis, x),
      );
    return add(
      part(
        low,
        share.map((w) => 1 - w),
      ),
      part(high, share),
    );
  };
