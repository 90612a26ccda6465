// Random tensors, expressions and steps for the tests of executors, and how two of them compare.
import fc from "fast-check";
import { expect } from "vitest";
import { KernelBuilder, type Value } from "../src/kernel/builder.ts";
import type { Executor } from "../src/kernel/executor.ts";
import { reference } from "../src/kernel/reference.ts";
import * as s from "../src/kernel/algebra.ts";
import type { Expr } from "../src/kernel/expr.ts";
import { allocate, dtypes, isFloat, type DType } from "../src/tensor/dtype.ts";
import { layoutOf } from "../src/tensor/layout.ts";
import type { Shape } from "../src/tensor/shape.ts";
import { Storage } from "../src/tensor/storage.ts";
import { Tensor } from "../src/tensor/tensor.ts";

/** Random choices that fast-check can shrink. */
export interface Draw {
  int(min: number, max: number): number;
  pick<T>(list: readonly T[]): T;
}

export const check = (property: (draw: Draw) => void, numRuns = 150): void =>
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const int = (min: number, max: number) => gen(fc.integer, { min, max });
      property({ int, pick: (list) => list[int(0, list.length - 1)] });
    }),
    { numRuns },
  );

export const drawShape = (draw: Draw, rank = draw.int(0, 4)): number[] =>
  Array.from({ length: rank }, () => draw.pick([0, 1, 1, 2, 2, 3, 3, 4, 5, 7]));

export const drawPermutation = (draw: Draw, rank: number): number[] => {
  const axes = Array.from({ length: rank }, (_, d) => d);
  for (let d = rank - 1; d > 0; d--) {
    const other = draw.int(0, d);
    [axes[d], axes[other]] = [axes[other], axes[d]];
  }
  return axes;
};

export type Values = (draw: Draw) => number;

export const moderate: Values = (draw) => draw.int(-24, 24) / 8;
export const awkward: Values = (draw) =>
  draw.pick([NaN, Infinity, -Infinity, -0, 0, 0, 1e-30, 1e30, -2.5, 1, 1, 3, 0.1, -7, 1 / 3]);
const integers: Values = (draw) =>
  draw.pick([0, 0, 1, 1, -1, 2, 3, -5, 7, 2 ** 31 - 1, -(2 ** 31), 123456789]);

export const valuesOf = (dtype: DType, floats: Values): Values => {
  if (dtype === "bool") return (draw) => draw.int(0, 1);
  return isFloat(dtype) ? floats : integers;
};

/** A tensor that lies anyhow in its storage: permuted, with gaps, flipped, repeated, moved. */
export function drawTensor(
  draw: Draw,
  dtype: DType,
  shape: Shape,
  floats: Values = awkward,
): Tensor {
  const strides = shape.map(() => 0);
  let extent = 1;
  let offset = draw.int(0, 3);
  const isPlain = draw.int(0, 2) === 0;
  const order = isPlain ? shape.map((_, d) => d) : drawPermutation(draw, shape.length);
  for (const axis of order.toReversed()) {
    const step = isPlain ? 1 : draw.pick([1, 1, 1, 2, -1, -2, 0]);
    strides[axis] = step * extent;
    if (step < 0) offset -= Math.max(0, shape[axis] - 1) * strides[axis];
    extent *= Math.max(1, shape[axis] * Math.abs(step));
  }
  const data = allocate(dtype, offset + extent);
  const value = valuesOf(dtype, floats);
  // Large tensors repeat a few numbers, in another order.
  for (let i = 0; i < data.length; i++) data[i] = i < 40 ? value(draw) : data[(i * 7) % 39];
  return new Tensor(layoutOf(dtype, shape, strides), new Storage(data), offset);
}

/** Shapes that broadcast to one: axes of size 1, or missing in front. */
export const drawBroadcastable = (draw: Draw, shape: Shape): number[] =>
  shape
    .map((dim) => (draw.int(0, 3) === 0 ? 1 : dim))
    .slice(draw.int(0, 3) === 0 ? shape.length >> 1 : 0);

/** The same tensors over copies of their storages; what shared a storage still does. */
function cloneAll(tensors: readonly Tensor[]): Tensor[] {
  const copies = new Map<Storage, Storage>();
  return tensors.map(({ layout, storage, offset }) => {
    const copy = copies.get(storage!) ?? new Storage(storage!.data.slice());
    copies.set(storage!, copy);
    return new Tensor(layout, copy, offset);
  });
}

export type Body = (k: KernelBuilder, inputs: readonly Value[]) => readonly Value[];

interface Comparison {
  /** The greatest error, in units of the last place of a number of size `scale`. */
  readonly ulps?: number;
  readonly scale?: number;
}

export function compare(
  executor: Executor,
  inputs: readonly Tensor[],
  body: Body,
  { ulps = 0, scale = 1 }: Comparison = {},
): void {
  const k = new KernelBuilder(
    "test",
    inputs.map(({ layout }) => layout),
  );
  const program = k.finish(body(k, k.inputs));
  const layouts = inputs.map(({ layout }) => layout);
  const [ours, theirs] = [cloneAll(inputs), cloneAll(inputs)];
  const plan = executor.prepare(program, layouts);
  // A plan is for all tensors of these layouts, wherever they lie.
  const elsewhere = cloneAll(inputs.map(moved));
  plan(elsewhere);
  const expected = reference.prepare(program, layouts)(theirs);
  const actual = plan(ours);
  expect(actual.length).toBe(expected.length);
  expect(new Set([...actual, ...ours]).size).toBe(actual.length + new Set(ours).size);
  actual.forEach((tensor, i) => {
    expect(tensor.dtype).toBe(expected[i].dtype);
    expect(tensor.shape).toEqual(expected[i].shape);
    const epsilon = { float32: 2 ** -23, float64: 2 ** -52, int32: 0, bool: 0 }[tensor.dtype];
    close(tensor.data, expected[i].data, ulps * epsilon * scale);
    const source = (outputs: readonly Tensor[], from: readonly Tensor[]) =>
      from.findIndex((input) => input.storage === outputs[i].storage);
    expect(source(actual, ours)).toBe(source(expected, theirs));
  });
  ours.forEach(({ storage }, i) => {
    expect(storage!.version).toBe(theirs[i].storage!.version);
    close(storage!.data, theirs[i].storage!.data, 0);
  });
}

function moved({ layout, storage, offset }: Tensor): Tensor {
  const data = allocate(layout.dtype, storage!.data.length + 2);
  data.set(storage!.data, 2);
  return new Tensor(layout, new Storage(data), offset + 2);
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i], expected[i]];
    if (Object.is(a, b)) continue;
    // Infinities and NaN must be the same, zeros may differ in sign where there is a tolerance.
    const bound = tolerance * Math.max(1, Math.abs(b));
    if (!(tolerance > 0 && Math.abs(a - b) <= bound)) expect(a, `element ${i}`).toBe(b);
  }
}

const floatUnary = [
  s.neg,
  s.abs,
  s.sign,
  s.sqrt,
  s.exp,
  s.log,
  s.log1p,
  s.expm1,
  s.sin,
  s.tanh,
  s.floor,
  s.ceil,
  s.round,
  s.trunc,
  s.cbrt,
  s.exp2,
  s.asin,
  s.acosh,
  s.lgamma,
  s.digamma,
  s.polygamma(2),
  s.erfinv,
  s.not,
];
const comparisons = [s.eq, s.ne, s.lt, s.le, s.gt, s.ge];
const arithmetic = [
  s.add,
  s.sub,
  s.mul,
  s.min,
  s.max,
  s.floorDivide,
  s.remainder,
  s.fmod,
  s.copySign,
];
const intArithmetic = [...arithmetic, s.shiftRight];
const floatArithmetic = [...arithmetic, s.div, s.mulZero, s.pow, s.hypot, s.atan2, s.logaddexp];
const intUnary = [s.neg, s.abs, s.sign, s.round, s.not];

/** An expression of one dtype at each node; some nodes are used more than once. */
export function drawExpr(draw: Draw, args: readonly Expr[], types: readonly DType[]): Expr {
  const pool = args.map((expr, i) => ({ expr, dtype: types[i] }));
  for (let i = draw.int(1, 5); i > 0; i--) {
    const { expr, dtype } = draw.pick(pool);
    const alike = pool.filter((entry) => entry.dtype === dtype).map((entry) => entry.expr);
    const other = draw.int(0, 3) === 0 ? draw.pick([0, 1, 2, -3]) : draw.pick(alike);
    const condition = pool.find((entry) => entry.dtype === "bool");
    const kind = draw.int(0, 4);
    if (kind === 0) {
      const to = draw.pick(dtypes);
      pool.push({ expr: s.cast(expr, to), dtype: to });
    } else if (kind === 1 && condition) {
      pool.push({ expr: s.select(condition.expr, expr, other), dtype });
    } else if (dtype === "bool") {
      const fn = draw.pick([s.and, s.or, s.xor, s.eq]);
      pool.push({ expr: fn(expr, draw.pick(alike)), dtype });
    } else if (kind === 2) {
      const fn = draw.pick(isFloat(dtype) ? floatUnary : intUnary);
      pool.push({ expr: fn(expr), dtype: fn === s.not ? "bool" : dtype });
    } else {
      const compares = draw.int(0, 2) === 0;
      const fitting = isFloat(dtype) ? floatArithmetic : intArithmetic;
      const fn = draw.pick(compares ? comparisons : fitting);
      pool.push({ expr: fn(expr, other), dtype: compares ? "bool" : dtype });
    }
  }
  return pool.at(-1)!.expr;
}

/** An n×n tensor, perhaps over the memory of another. */
export function drawSquare(
  draw: Draw,
  dtype: DType,
  n: number,
  kind: "plain" | "transposed" | "flipped",
  other?: Tensor,
): Tensor {
  const size = n * n + 2;
  const data = allocate(dtype, size);
  const value = valuesOf(dtype, moderate);
  for (let i = 0; i < size; i++) data[i] = i < 40 ? value(draw) : data[i - 37];
  const storage = other && draw.int(0, 2) > 0 ? other.storage! : new Storage(data);
  const strides = { plain: [n, 1], transposed: [1, n], flipped: [-n, -1] }[kind];
  const offset = kind === "flipped" ? Math.max(0, n * n - 1) : 0;
  return new Tensor(layoutOf(dtype, [n, n], strides), storage, offset + draw.int(0, 2));
}

/** A step on one or two of the values; bounded, so that errors stay small. */
export function drawStep(draw: Draw, k: KernelBuilder, pool: readonly Value[]): Value {
  const x = draw.pick(pool);
  const other = draw.pick(pool.filter((value) => value.shape.join() === x.shape.join()));
  const axis = draw.int(0, x.shape.length - 1);
  switch (draw.int(0, 6)) {
    case 0:
      return k.map([x, other], (a, b) => s.tanh(s.add(a, b)));
    case 1:
      return k.permute(x, [1, 0]);
    case 2:
      return k.reduce("sum", k.map([x], s.tanh), [axis], true);
    case 3:
      return k.expand(k.reduce("max", x, [axis], true), x.shape);
    case 4:
      return k.reshape(x, [x.shape[0] * x.shape[1], 1]);
    case 5:
      return k.contract(k.map([x], s.tanh), [0, 1], k.map([other], s.sin), [2, 1], [0, 2]);
    default:
      return x.shape[axis] > 20 ? x : k.concat([x, other], axis);
  }
}
