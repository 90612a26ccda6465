// The vocabulary in which records describe sample inputs. The suite draws them by fast-check, which
// also shrinks them; nothing here depends on it.
import type { DType } from "../tensor/dtype.ts";
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
}

/** The numbers that an input may be sampled from. */
export interface Domain {
  readonly min?: number;
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
  return draw.pick([...sizes.slice(0, 2), ...sizes.slice(0, 2), ...sizes]);
}

/** A shape that broadcasts to the given one: axes may be 1, leading ones may be missing. */
export function drawBroadcastable(draw: Draw, shape: Shape): number[] {
  const from = draw.pick([0, 0, 0, draw.int(0, shape.length)]);
  return shape.slice(from).map((dim) => (draw.int(0, 4) === 4 ? 1 : dim));
}

export function reals(draw: Draw, shape: Shape, domain: Domain = {}): SampleArray {
  const { min = -2, max = 2, avoid = [], lattice } = domain;
  const data = Array.from({ length: sizeOf(shape) }, () =>
    lattice === undefined
      ? keepAway(draw.real(min, max), domain, avoid)
      : draw.int(-4, 4) / 2 + lattice + draw.real(0, 0.1),
  );
  return { shape, data, dtype: "float" };
}

function keepAway(value: number, { min = -2, max = 2 }: Domain, avoid: readonly number[]): number {
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
