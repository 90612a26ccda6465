// The vocabulary in which records describe sample inputs. The suite draws them, and makes those
// small that fail; nothing here depends on it.
import type { DType } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { sizeOf, type Shape } from "../tensor/shape.ts";
import type { Attrs } from "./attrs.ts";

/** Where sample values come from. */
export interface Draw {
  /** An integer, both ends included; shrinks towards `min`. */
  int(min: number, max: number): number;
  /** One of the options; shrinks towards the first. */
  pick<T>(options: readonly T[]): T;
  /** A number between the ends; shrinks towards a short one. */
  real(min: number, max: number): number;
  /** Whether sizes of 0 and 1 are wanted more than others. */
  readonly prefersEdges?: boolean;
  /** Is told what samples keep away from. */
  readonly note?: (kink: string) => void;
}

/** The numbers that an input may be sampled from. */
export interface Domain {
  /** Default: −2, or 4 below a `max` that is no more than that. */
  readonly min?: number;
  /** Default: 2, or 4 above a `min` that is no less than that. */
  readonly max?: number;
  /** Kinks and poles: samples keep a distance of 0.05 from them. */
  readonly avoid?: readonly number[];
  /** Samples are half-integers plus this much plus at most 0.1: on different lattices, no ties. */
  readonly lattice?: number;
}

export interface SampleArray {
  readonly shape: Shape;
  readonly data: readonly number[];
  /** Floats are tried as float64 and as float32. */
  readonly dtype: "float" | Exclude<DType, "float32" | "float64">;
}

export interface Sample<A extends Attrs = Attrs> {
  readonly inputs: readonly SampleArray[];
  readonly attrs: A;
}

const margin = 0.05;

/** A shape of small sizes, 0 and 1 among them. */
export function drawShape(
  draw: Draw,
  options: { readonly minRank?: number; readonly maxRank?: number; readonly minDim?: number } = {},
): number[] {
  const { minRank = 0, maxRank = 3, minDim = 0 } = options;
  const sizes = [2, 3, 1, 0, 4].filter((size) => size >= minDim);
  return Array.from({ length: draw.int(minRank, maxRank) }, () => drawSize(draw, sizes));
}

/** A size that is 2 or 3 most of the time. */
function drawSize(draw: Draw, sizes: readonly number[]): number {
  if (draw.prefersEdges) {
    const edges = sizes.filter((size) => size < 2);
    return draw.pick([...edges, ...edges, ...sizes]);
  }
  return draw.pick([...sizes.slice(0, 2), ...sizes.slice(0, 2), ...sizes]);
}

/** A shape that broadcasts to the given one: axes may be 1, leading ones may be missing. */
export function drawBroadcastable(draw: Draw, shape: Shape): number[] {
  const from = draw.pick([0, 0, 0, draw.int(0, shape.length)]);
  return shape.slice(from).map((dim) => (draw.int(0, 4) === 4 ? 1 : dim));
}

export function reals(draw: Draw, shape: Shape, domain: Domain = {}): SampleArray {
  const { avoid = [], lattice } = domain;
  const bounds = boundsOf(domain);
  for (const kink of avoid) draw.note?.(String(kink));
  if (lattice !== undefined) draw.note?.("ties");
  const data = Array.from({ length: sizeOf(shape) }, () =>
    lattice === undefined
      ? keepAway(draw.real(...bounds), bounds, avoid)
      : draw.int(-4, 4) / 2 + lattice + draw.real(0, 0.1),
  );
  return { shape, data, dtype: "float" };
}

type Bounds = readonly [min: number, max: number];

/** Where one bound or both are left out. Default: from −2 to 2. */
export function boundsOf({ min, max }: Domain, [from, to]: Bounds = [-2, 2]): Bounds {
  const low = min ?? (max === undefined || max > from ? from : max - (to - from));
  const high = max ?? (low < to ? to : low + (to - from));
  if (low <= high) return [low, high];
  throw new OptionError({
    where: "samples",
    expected: "a domain with min <= max",
    got: `min ${low}, max ${high}`,
    fix: "Write e.g. { shape: [3], min: 0, max: 1 }.",
  });
}

function keepAway(value: number, [min, max]: Bounds, avoid: readonly number[]): number {
  for (const kink of avoid) {
    if (Math.abs(value - kink) >= margin) continue;
    return kink + 2 * margin <= max && (value >= kink || kink - 2 * margin < min)
      ? kink + 2 * margin - Math.abs(value - kink)
      : kink - 2 * margin + Math.abs(value - kink);
  }
  return value;
}

/** Reals any two of which differ by at least 0.1, in random order: no ties, no near-ties. */
export function distinctReals(draw: Draw, shape: Shape): SampleArray {
  draw.note?.("ties");
  const size = sizeOf(shape);
  const ranks = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = draw.int(0, i);
    [ranks[i], ranks[j]] = [ranks[j], ranks[i]];
  }
  const data = ranks.map((rank) => (rank - size / 2) * 0.15 + draw.real(0, 0.05));
  return { shape, data, dtype: "float" };
}

export function integers(draw: Draw, shape: Shape, min: number, max: number): SampleArray {
  return {
    shape,
    data: Array.from({ length: sizeOf(shape) }, () => draw.int(min, max)),
    dtype: "int32",
  };
}

export function booleans(draw: Draw, shape: Shape): SampleArray {
  return {
    shape,
    data: Array.from({ length: sizeOf(shape) }, () => draw.int(0, 1)),
    dtype: "bool",
  };
}

/** One axis of a tensor, from the front or from the back; rank must be at least 1. */
export const drawAxis = (draw: Draw, rank: number): number => draw.int(0, rank - 1);

/** A sorted subset of the axes. */
export function drawAxes(draw: Draw, rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i).filter(() => draw.int(0, 1) === 0);
}

/** Square matrices [...batch, n, n] whose inverse is no larger than about 2: in each row one element,
 *  on the diagonal unless `permuted`, outweighs the others. */
export function invertible(
  draw: Draw,
  batch: Shape,
  n: number,
  options: { readonly permuted?: boolean } = {},
): SampleArray {
  const shift = options.permuted && n > 0 ? draw.int(0, n - 1) : 0;
  return fullRank(draw, batch, n, n, shift);
}

/** Matrices [...batch, m, n] of full rank, whose leading square is invertible. */
export function fullRank(draw: Draw, batch: Shape, m: number, n: number, shift = 0): SampleArray {
  return fillMatrices([...batch, m, n], (i, j) => {
    const isLarge = i === (j + shift) % Math.max(n, 1);
    return isLarge ? draw.pick([1, -1]) * draw.real(1.5, 2.5) : draw.real(-0.6, 0.6);
  });
}

/** Symmetric positive definite matrices [...batch, n, n]: M·Mᵀ + 1. */
export function positiveDefinite(draw: Draw, batch: Shape, n: number): SampleArray {
  return joinMatrices(batch, n, n, () => {
    const m = Array.from({ length: n * n }, () => draw.real(-1, 1));
    return (i, j) => {
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < n; k++) sum += m[i * n + k] * m[j * n + k];
      return sum;
    };
  });
}

/** Symmetric matrices whose eigenvalues differ by 0.5 or more, and whose eigenvectors keep away from
 *  where their orientation turns. */
export function distinctEigenvalues(draw: Draw, batch: Shape, n: number): SampleArray {
  return joinMatrices(batch, n, n, () => {
    const q = orthogonal(draw, n);
    const values = spread(draw, n, -1.2);
    return (i, j) => values.reduce((sum, value, k) => sum + value * q[i][k] * q[j][k], 0);
  });
}

/** Matrices [...batch, m, n] whose singular values differ by 0.5 or more, and are at least 0.5. */
export function distinctSingularValues(
  draw: Draw,
  batch: Shape,
  m: number,
  n: number,
): SampleArray {
  return joinMatrices(batch, m, n, () => {
    const [u, v] = [orthogonal(draw, m), orthogonal(draw, n)];
    const values = spread(draw, Math.min(m, n), 0.5);
    return (i, j) => values.reduce((sum, value, k) => sum + value * u[i][k] * v[j][k], 0);
  });
}

/** Numbers that are 0.5 or more apart, the first one from `start` on. */
const spread = (draw: Draw, count: number, start: number): number[] =>
  Array.from({ length: count }, (_, k) => start + k * 0.9 + draw.real(0, 0.4));

const fillMatrices = (shape: Shape, element: (i: number, j: number) => number): SampleArray => {
  const [m, n] = shape.slice(-2);
  return joinMatrices(shape.slice(0, -2), m, n, () => element);
};

/** A batch of matrices, each of which is made anew. */
function joinMatrices(
  batch: Shape,
  m: number,
  n: number,
  make: () => (i: number, j: number) => number,
): SampleArray {
  const data: number[] = [];
  for (let b = 0; b < sizeOf(batch); b++) {
    const element = make();
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) data.push(element(i, j));
  }
  return { shape: [...batch, m, n], data, dtype: "float" };
}

/** An orthogonal matrix, by rows: 1 − 2vvᵀ/|v|². In each column no element is about 0.3 of the
 *  largest, where the orientation of vectors turns. */
function orthogonal(draw: Draw, n: number): number[][] {
  for (let attempt = 0; attempt < 8; attempt++) {
    const v = Array.from({ length: n }, () => draw.real(-1, 1));
    const square = v.reduce((sum, x) => sum + x * x, 0);
    if (square < 0.1) continue;
    const q = v.map((x, i) => v.map((y, j) => Number(i === j) - (2 * x * y) / square));
    const isClear = q.every((_, j) => {
      const column = q.map((row) => Math.abs(row[j]));
      const size = Math.max(...column);
      return column.every((x) => Math.abs(x / size - 0.3) > margin);
    });
    if (isClear) return q;
  }
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => Number(i === j)));
}

/** The sizes of a batch of small matrices: mostly none. */
export const drawBatch = (draw: Draw): number[] => draw.pick([[], [], [], [2], [0], [1, 2]]);

/** The size of a small matrix, 0 and 1 among them. */
export const drawMatrixSize = (draw: Draw): number => draw.pick([2, 3, 2, 3, 1, 0]);
