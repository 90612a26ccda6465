// Putting tensors together; the gradients are slices.
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import type { Saved } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { linearJvp, shiftAxis } from "../op/rules.ts";
import { drawAxis, drawShape, reals } from "../op/samples.ts";
import type { ConcatFn, StackFn } from "../tensor/signatures.ts";
import { describe } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis, sameShape, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { slice, sliceAxis } from "./indexing.ts";
import { batchAll } from "./move.ts";

type AxisAttrs = { readonly axis: number };

function checkAgree(where: string, inputs: readonly Spec[], ignored: number): void {
  const without = ({ shape }: Spec) => shape.filter((_, axis) => axis !== ignored);
  const odd = inputs.find(
    (x) => x.shape.length !== inputs[0].shape.length || !sameShape(without(x), without(inputs[0])),
  );
  if (!odd) return;
  throw new ShapeError({
    where,
    expected:
      ignored < 0
        ? `tensors of one shape, ${showShape(inputs[0].shape)}`
        : `tensors that agree with ${showShape(inputs[0].shape)} but on axis ${ignored}`,
    got: showShape(odd.shape),
    fix: "Reshape, slice or expand the ones that differ.",
  });
}

function checkList(where: string, tensors: unknown): Tensor[] {
  const isList = Array.isArray(tensors) && tensors.length > 0;
  if (isList && tensors.every((x) => x instanceof Tensor)) return tensors;
  const odd: unknown = isList && tensors.find((x) => !(x instanceof Tensor));
  throw new ShapeError({
    where,
    expected: "an array of at least one tensor",
    got: isList ? `${describe(odd)} in it` : describe(tensors),
    fix: `Write ${where}([a, b], { axis: 0 }).`,
  });
}

const starts = new WeakMap<object, readonly number[]>();

/** Where each input of a call lies in the result; added up once, not for each input anew. */
function startsOf(saved: Saved<AxisAttrs>): readonly number[] {
  let list = starts.get(saved);
  if (!list) {
    let next = 0;
    list = Array.from({ length: saved.count }, (_, i) => {
      const start = next;
      next += saved.shape(i)[saved.attrs.axis];
      return start;
    });
    starts.set(saved, list);
  }
  return list;
}

/** Tensors one after another along an axis (default 0).
 *  @throws ShapeError when they differ on another axis.
 *  @example concat([zeros([2, 3]), ones([1, 3])]); // shape [3, 3] */
export const concat: OpOf<ConcatFn, AxisAttrs> = defineOp<ConcatFn, AxisAttrs>(
  {
    name: "concat",
    arity: "variadic",
    broadcasts: false,
    shape: (inputs, { axis }) => {
      checkAgree("concat", inputs, axis);
      const total = inputs.reduce((sum, x) => sum + x.shape[axis], 0);
      return [
        { shape: inputs[0].shape.with(axis, total), dtype: checkOperands("concat", inputs, "any") },
      ];
    },
    body: (k, inputs, { axis }) => [k.concat(inputs, axis)],
    vjp: (g, saved, input) => {
      const { axis } = saved.attrs;
      const start = startsOf(saved)[input];
      return sliceAxis(g, axis, start, start + saved.shape(input)[axis]);
    },
    jvp: linearJvp,
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const shape = drawShape(draw, { minRank: 1 });
      const axis = drawAxis(draw, shape.length);
      const inputs = Array.from({ length: draw.int(1, 3) }, () =>
        reals(draw, shape.with(axis, draw.int(0, 3))),
      );
      return { inputs, attrs: { axis } };
    },
    reference: (inputs, { axis }) => {
      const owners = inputs.flatMap((x) =>
        Array.from({ length: x.shape[axis] }, (_, i) => ({ x, i })),
      );
      return NDArray.build(inputs[0].shape.with(axis, owners.length), (index) => {
        const { x, i } = owners[index[axis]];
        return x.at(index.with(axis, i));
      });
    },
  },
  (apply) =>
    (tensors: readonly Tensor[], options: { readonly axis?: number } = {}) => {
      checkOptions("concat", options, ["axis"]);
      const inputs = checkList("concat", tensors);
      const { axis = 0 } = options;
      return apply(inputs, { axis: normalizeAxis("concat", axis, inputs[0].rank) });
    },
);

/** Tensors of one shape along a new axis (default 0).
 *  @example stack([zeros([3]), ones([3])]); // shape [2, 3] */
export const stack: OpOf<StackFn, AxisAttrs> = defineOp<StackFn, AxisAttrs>(
  {
    name: "stack",
    arity: "variadic",
    broadcasts: false,
    shape: (inputs, { axis }) => {
      checkAgree("stack", inputs, -1);
      return [
        {
          shape: inputs[0].shape.toSpliced(axis, 0, inputs.length),
          dtype: checkOperands("stack", inputs, "any"),
        },
      ];
    },
    body: (k, inputs, { axis }) => [
      k.concat(
        inputs.map((x) => k.reshape(x, x.shape.toSpliced(axis, 0, 1))),
        axis,
      ),
    ],
    vjp: (g, { attrs: { axis } }, input) =>
      slice(
        g,
        g.shape.slice(0, axis + 1).map((_: number, d: number) => (d === axis ? input : null)),
      ),
    jvp: linearJvp,
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const shape = drawShape(draw, { maxRank: 2 });
      const inputs = Array.from({ length: draw.int(1, 3) }, () => reals(draw, shape));
      return { inputs, attrs: { axis: draw.int(0, shape.length) } };
    },
    reference: (inputs, { axis }) => {
      const { shape } = inputs[0];
      const whole = [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)];
      return NDArray.build(whole, (index) =>
        inputs[index[axis]].at(index.filter((_, d) => d !== axis)),
      );
    },
  },
  (apply) =>
    (tensors: readonly Tensor[], options: { readonly axis?: number } = {}) => {
      checkOptions("stack", options, ["axis"]);
      const inputs = checkList("stack", tensors);
      const { axis = 0 } = options;
      return apply(inputs, { axis: normalizeAxis("stack", axis, inputs[0].rank + 1) });
    },
);
