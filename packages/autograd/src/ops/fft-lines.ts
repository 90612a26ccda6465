// What Fourier transforms have in common: lines along an axis, pairs of parts.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { HostArray, Spec } from "../kernel/kernel.ts";
import { bind } from "../op/bind.ts";
import { NDArray } from "../op/ndarray.ts";
import type { JvpRule } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { zerosLike } from "../op/rules.ts";
import { drawShape, type Draw } from "../op/samples.ts";
import { ShapeError } from "../tensor/errors.ts";
import { sameShape, showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Norm } from "./fft-options.ts";

export type FftAttrs = { readonly axis: number; readonly norm: Norm };

/** The adjoint of a transform goes the other way, with the factor of this one. */
export const swapped: Record<Norm, Norm> = {
  backward: "forward",
  forward: "backward",
  ortho: "ortho",
};

/** Calls f for each line along an axis with the places of its first element and the distance from
 *  one element to the next, in arrays of these lengths along the axis. */
export function forEachLine(
  shape: Shape,
  axis: number,
  lengths: readonly number[],
  f: (starts: readonly number[], stride: number) => void,
): void {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      f(
        lengths.map((length) => i * length * inner + j),
        inner,
      );
    }
  }
}

export function readLine(
  { data }: HostArray,
  start: number,
  stride: number,
  line: Float64Array,
  count: number,
): void {
  for (let k = 0; k < count; k++) line[k] = data[start + k * stride];
}

export const linesOf = (count: number, length: number): Float64Array[] =>
  Array.from({ length: count }, () => new Float64Array(length));

/** Real and imaginary parts that a host function has put one after the other. */
export const parts = (k: KernelBuilder, packed: Value, shape: Shape): Value[] =>
  [0, 1].map((part) =>
    k.view(packed, {
      shape,
      axes: shape.map((_, d) => d + 1),
      steps: shape.map(() => 1),
      starts: [part, ...shape.map(() => 0)],
    }),
  );

export function checkPair(name: string, [re, im]: readonly Spec[]): Spec {
  const dtype = checkOperands(name, [re, im], "float");
  if (sameShape(re.shape, im.shape)) return { shape: re.shape, dtype };
  throw new ShapeError({
    where: name,
    expected: "real and imaginary parts of one shape",
    got: `${showShape(re.shape)} and ${showShape(im.shape)}`,
    fix: "Expand one of them.",
  });
}

/** The transform of the tangents: it is linear. */
export const linear: JvpRule<FftAttrs> = (tangents, saved) =>
  bind(
    saved.op,
    tangents.map((t, i) => t ?? zerosLike(saved.spec(i))),
    saved.attrs,
  );

/** The cotangents of both outputs, if there are any. */
export function bothOf(
  [re, im]: readonly (Tensor | null)[],
  f: (pair: readonly [Tensor, Tensor]) => readonly Tensor[],
): readonly Tensor[] {
  const layout = (re ?? im)?.layout;
  return layout ? f([re ?? zerosLike(layout), im ?? zerosLike(layout)]) : [];
}

/** A few lines along one axis of a shape, each of at least one element. */
export function drawLines(draw: Draw): { shape: number[]; axis: number } {
  const lines = drawShape(draw, { maxRank: 1 }).map((count) => Math.min(count, 2));
  const axis = draw.int(0, lines.length);
  return { shape: lines.toSpliced(axis, 0, draw.pick([4, 3, 5, 1, 2, 6, 7])), axis };
}

/** Σ over an axis of a complex weight times a complex element, with both parts of the result. */
export function weighted(
  [re, im]: readonly (NDArray | null)[],
  axis: number,
  length: number,
  weight: (to: number, from: number) => readonly [number, number],
): NDArray[] {
  const { shape } = (re ?? im)!;
  const part = (which: 0 | 1): NDArray =>
    NDArray.build(shape.with(axis, length), (index) => {
      let sum = 0;
      for (let t = 0; t < shape[axis]; t++) {
        const at = index.with(axis, t);
        const [c, s] = weight(index[axis], t);
        const [a, b] = [re?.at(at) ?? 0, im?.at(at) ?? 0];
        sum += which === 0 ? a * c - b * s : a * s + b * c;
      }
      return sum;
    });
  return [part(0), part(1)];
}
