// Picking by integer tensors: whole slices of an axis, and elements along it.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Spec } from "../kernel/kernel.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { requireTensor } from "../op/operands.ts";
import type { BatchRule, OpRecord } from "../op/op.ts";
import { shiftAxis, zerosLike } from "../op/rules.ts";
import { drawAxis, drawShape, integers, reals } from "../op/samples.ts";
import type { IndexSelectFn, TakeAlongAxisFn, TakeFn } from "../tensor/signatures-move.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { normalizeAxis, showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkIndexDType, gather, requireAxis, scatterAdd } from "./indexing.ts";
import { batchAll, expand, reshape, sumTo } from "./move.ts";

type AxisAttrs = { readonly axis: number };
type AxisOption = { readonly axis?: number };

// ---- slices of an axis ----

/** The shapes of a call: the index as one axis among those of x, what is gathered, the result. */
function planTake(x: Shape, index: Shape, axis: number) {
  const count = sizeOf(index);
  return {
    column: x.map((_, d) => (d === axis ? count : 1)),
    gathered: x.map((n, d) => (d === axis ? count : n)),
    out: [...x.slice(0, axis), ...index, ...x.slice(axis + 1)],
  };
}

/** An index as gather wants it: as many axes as x, and repeated along all but one. */
const columnOf = (index: Tensor, { column, gathered }: ReturnType<typeof planTake>): Tensor =>
  expand(reshape(index, column), gathered);

/** Of one tensor indices of any shape are taken at once; a batch of indices picks along the axis of
 *  each entry. */
const batchTake: BatchRule<AxisAttrs> = ({ op, inputs, batched, size, attrs: { axis } }) => {
  const [x, index] = inputs;
  if (!batched[1]) return bind(op, [x, index], { axis: axis + 1 });
  const all = batched[0] ? x : expand(x, [size, ...x.shape]);
  const each = index.shape.slice(1);
  const plan = planTake(all.shape.slice(1), each, axis);
  const column = expand(reshape(index, [size, ...plan.column]), [size, ...plan.gathered]);
  return [reshape(gather(all, column, { axis: axis + 1 }), [size, ...plan.out])];
};

/** The record of an op that picks slices of an axis. */
const taking = (name: string, minRank: number, maxRank: number): OpRecord<AxisAttrs> => ({
  name,
  arity: 2,
  broadcasts: false,
  shape: ([x, index], { axis }) => {
    checkIndexDType(name, index);
    return [{ shape: planTake(x.shape, index.shape, axis).out, dtype: x.dtype }];
  },
  body: (k, [x, index], { axis }) => {
    const { column, gathered, out } = planTake(x.shape, index.shape, axis);
    const places = k.expand(k.reshape(index, column), gathered);
    return [k.reshape(k.gather(x, places, axis), out)];
  },
  vjp: [
    (g, saved) => {
      const plan = planTake(saved.shape(0), saved.shape(1), saved.attrs.axis);
      const places = columnOf(saved.b, plan);
      return scatterAdd(zerosLike(saved.spec(0)), places, reshape(g, plan.gathered), saved.attrs);
    },
    null,
  ],
  jvp: ([t], { op, b, attrs }) => [t && bind(op, [t, b], attrs)[0]],
  batch: batchTake,
  samples: (draw) => {
    const shape = drawShape(draw, { minRank: 1, minDim: 1 });
    const axis = drawAxis(draw, shape.length);
    const index = drawShape(draw, { minRank, maxRank });
    return {
      inputs: [reals(draw, shape), integers(draw, index, 0, shape[axis] - 1)],
      attrs: { axis },
    };
  },
  reference: ([x, index], { axis }) => {
    const rank = index.shape.length;
    const shape = [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)];
    return NDArray.build(shape, (at) => {
      const picked = index.at(at.slice(axis, axis + rank));
      return x.at([...at.slice(0, axis), picked, ...at.slice(axis + rank)]);
    });
  },
});

/**
 * Slices of an axis by an int32 tensor of any shape, which takes the axis's place, as NumPy's take:
 * [..., n, ...] by [i, j] gives [..., i, j, ...]. Without an axis the elements in row-major order are
 * picked from, and the result has the index's shape. A slice that is named several times gets the sum
 * of the gradients.
 *
 * @throws IndexRangeError for indices outside of 0 … size − 1.
 * @example take(x, tensor([[0, 2]], { dtype: "int32" }), { axis: 1 }); // x [5, 3] → [5, 1, 2]
 */
export const take: OpOf<TakeFn, AxisAttrs> = defineOp<TakeFn, AxisAttrs>(
  taking("take", 0, 2),
  (apply) =>
    (x: Tensor, index: Tensor, options: AxisOption = {}) => {
      requireTensor("take", x);
      requireTensor("take", index);
      checkOptions("take", options, ["axis"]);
      if (options.axis === undefined) return apply([reshape(x, [x.size]), index], { axis: 0 });
      return apply([x, index], { axis: normalizeAxis("take", options.axis, x.rank) });
    },
);

/**
 * Slices of an axis by an int32 vector, as PyTorch's indexSelect; `take` with an index of one axis.
 * @throws IndexRangeError for indices outside of 0 … size − 1; ShapeError for another index.
 * @example indexSelect(x, tensor([2, 0, 2], { dtype: "int32" }), { axis: 0 }); // rows 2, 0 and 2
 */
export const indexSelect: OpOf<IndexSelectFn, AxisAttrs> = defineOp<IndexSelectFn, AxisAttrs>(
  taking("indexSelect", 1, 1),
  (apply) => (x: Tensor, index: Tensor, options: AxisOption) => {
    const axis = requireAxis("indexSelect", x, options);
    requireTensor("indexSelect", index);
    if (index.rank === 1) return apply([x, index], { axis });
    throw new ShapeError({
      where: "indexSelect",
      expected: "an index of one axis",
      got: showShape(index.shape),
      fix: "Use take for an index of any shape, takeAlongAxis for one beside each element.",
    });
  },
);

// ---- elements along an axis ----

/** What x and the index broadcast to: they agree, or one is 1, but on the axis. */
function alongShapes(where: string, [x, index]: readonly Spec[], axis: number) {
  const fits =
    index.shape.length === x.shape.length &&
    index.shape.every((n, d) => d === axis || n === x.shape[d] || n === 1 || x.shape[d] === 1);
  if (!fits) {
    throw new ShapeError({
      where,
      expected: `an index that broadcasts with ${showShape(x.shape)} but on axis ${axis}`,
      got: showShape(index.shape),
      fix: "Give the index as many axes as the tensor; sizes are equal or 1.",
    });
  }
  const common = x.shape.map((n, d) => (n === 1 ? index.shape[d] : n));
  return { from: common.with(axis, x.shape[axis]), out: common.with(axis, index.shape[axis]) };
}

const gathered = (k: KernelBuilder, [x, index]: readonly Value[], axis: number): Value => {
  const { from, out } = alongShapes("takeAlongAxis", [x, index], axis);
  return k.gather(k.expand(x, from), k.expand(index, out), axis);
};

/**
 * Picks by an integer tensor along an axis, as NumPy's take_along_axis: `gather`, but x and the index
 * broadcast against each other on the other axes. What argmax and argsort with kept axes return fits.
 * @throws IndexRangeError for indices outside of 0 … size − 1; ShapeError where they do not broadcast.
 * @example takeAlongAxis(x, argmax(x, { axis: 1, keepDims: true }), { axis: 1 }); // the largest of each row
 */
export const takeAlongAxis: OpOf<TakeAlongAxisFn, AxisAttrs> = defineOp<TakeAlongAxisFn, AxisAttrs>(
  {
    name: "takeAlongAxis",
    arity: 2,
    broadcasts: false,
    shape: ([x, index], { axis }) => {
      checkIndexDType("takeAlongAxis", index);
      return [{ shape: alongShapes("takeAlongAxis", [x, index], axis).out, dtype: x.dtype }];
    },
    body: (k, inputs, { axis }) => [gathered(k, inputs, axis)],
    vjp: [
      (g, saved) => {
        const { axis } = saved.attrs;
        const { from, out } = alongShapes("takeAlongAxis", [saved.spec(0), saved.spec(1)], axis);
        const none = zerosLike({ ...saved.spec(0), shape: from });
        return sumTo(scatterAdd(none, expand(saved.b, out), g, { axis }), saved.shape(0));
      },
      null,
    ],
    jvp: ([t], { op, b, attrs }) => [t && bind(op, [t, b], attrs)[0]],
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const shape = drawShape(draw, { minRank: 1, minDim: 1 });
      const axis = drawAxis(draw, shape.length);
      const some = (d: number) => draw.pick([shape[d], shape[d], 1]);
      const from = shape.map((n, d) => (d === axis ? n : some(d)));
      const index = shape.map((_, d) => (d === axis ? draw.int(0, 3) : some(d)));
      return {
        inputs: [reals(draw, from), integers(draw, index, 0, shape[axis] - 1)],
        attrs: { axis },
      };
    },
    reference: ([x, index], { axis }) => {
      const shape = x.shape.map((n, d) =>
        d === axis
          ? index.shape[d]
          : Math.min(n, index.shape[d]) === 0
            ? 0
            : Math.max(n, index.shape[d]),
      );
      return NDArray.build(shape, (at) =>
        // An axis of size 1 broadcasts; on the axis itself the index may have one entry, x many.
        x.at(at.with(axis, index.at(at))),
      );
    },
  },
  (apply) => (x: Tensor, index: Tensor, options: AxisOption) => {
    requireTensor("takeAlongAxis", index);
    return apply([x, index], { axis: requireAxis("takeAlongAxis", x, options) });
  },
);
