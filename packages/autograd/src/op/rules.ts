// Rules that whole families of ops share.
import type { Spec } from "../kernel/kernel.ts";
import { allocate, isFloat } from "../tensor/dtype.ts";
import { DTypeError } from "../tensor/errors.ts";
import { layoutOf } from "../tensor/layout.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Attrs } from "./attrs.ts";
import { bind } from "./bind.ts";
import type { BatchRule, JvpRule } from "./op.ts";

/** The tangent of an op that is linear in all of its inputs together: the op of the tangents. */
export const linearJvp: JvpRule<Attrs> = (tangents, saved) => [
  bind(
    saved.op,
    tangents.map((t, i) => t ?? zerosLike(saved.spec(i))),
    saved.attrs,
  )[0],
];

/** A zero without memory of its own: one element, repeated by strides of 0. */
export function zerosLike({ shape, dtype }: Spec): Tensor {
  return constantLike({ shape, dtype }, 0);
}

/** One number under a shape, repeated by strides of 0. */
export function constantLike({ shape, dtype }: Spec, value: number): Tensor {
  const data = allocate(dtype, 1);
  data[0] = value;
  return new Tensor(
    layoutOf(
      dtype,
      shape,
      shape.map(() => 0),
    ),
    new Storage(data),
    0,
  );
}

/** The batching of an op of one input, given its attributes for one more axis in front. */
export const batchUnary =
  <A extends Attrs>(shift: (attrs: A, size: number) => A): BatchRule<A> =>
  ({ op, inputs, attrs, size }) =>
    bind(op, inputs, shift(attrs, size));

export const shiftAxis = <A extends { readonly axis: number }>(attrs: A): A => ({
  ...attrs,
  axis: attrs.axis + 1,
});

export const shiftAxes = <A extends { readonly axes: readonly number[] }>(attrs: A): A => ({
  ...attrs,
  axes: attrs.axes.map((axis) => axis + 1),
});

export function checkFloat(where: string, { dtype }: Spec): void {
  if (isFloat(dtype)) return;
  throw new DTypeError({
    where,
    expected: "float32 or float64",
    got: dtype,
    fix: 'Cast it first, e.g. cast(x, "float32").',
  });
}
