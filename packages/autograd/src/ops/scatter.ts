// Elements put where an integer tensor says.
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import { checkOperands, operands, requireTensor } from "../op/operands.ts";
import { shiftAxis, zerosLike } from "../op/rules.ts";
import { reals } from "../op/samples.ts";
import type { ScatterFn } from "../tensor/signatures-move.ts";
import { arange } from "../tensor/create.ts";
import { ShapeError } from "../tensor/errors.ts";
import { sameShape, showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { eq } from "./compare.ts";
import { checkIndexTensor, drawIndex, gather, requireAxis } from "./indexing.ts";
import { batchAll, expand, reshape } from "./move.ts";
import { mulZero } from "./pointwise.ts";

type AxisAttrs = { readonly axis: number };

/**
 * 1 for the elements of a source that stay, 0 for those that a later one takes the place of: each
 * element's number along the axis is put where the element goes, and those that find their own there
 * have stayed.
 */
function staying(shape: Shape, index: Tensor, axis: number, like: Tensor): Tensor {
  const numbers = arange(index.shape[axis], { dtype: "int32" });
  const along = index.shape.map((n: number, d: number) => (d === axis ? n : 1));
  const numbered = expand(reshape(numbers, along), index.shape);
  const none = zerosLike({ shape, dtype: "int32" });
  const last = bind(scatter.op, [none, index, numbered], { axis })[0];
  return cast(eq(gather(last, index, { axis }), numbered), like.dtype);
}

/**
 * x with the source's elements put at an integer tensor's places along an axis, as PyTorch's scatter:
 * for axis 0 of a matrix, out[index[i, j], j] = source[i, j]. The source is a tensor of the index's
 * shape, or a number. Of several elements that go to one place the last along the axis stays, always;
 * it gets the whole gradient. To add them up, use `scatterAdd`.
 *
 * @throws IndexRangeError for indices outside of 0 … size − 1; ShapeError for an index of another rank
 *   or larger than x, and for a source of another shape than the index's.
 * @example scatter(zeros([3]), tensor([2, 0], { dtype: "int32" }), tensor([7, 8]), { axis: 0 }); // [8, 0, 7]
 */
export const scatter: OpOf<ScatterFn<"scatter">, AxisAttrs> = defineOp<
  ScatterFn<"scatter">,
  AxisAttrs
>(
  {
    name: "scatter",
    arity: 3,
    broadcasts: false,
    shape: ([x, index, source], { axis }) => {
      checkIndexTensor("scatter", x, index, axis);
      checkOperands("scatter", [x, source], "any");
      if (sameShape(index.shape, source.shape)) return [x];
      throw new ShapeError({
        where: "scatter",
        expected: `a source of the index's shape ${showShape(index.shape)}, or a number`,
        got: showShape(source.shape),
        fix: "Slice or expand one of them.",
      });
    },
    body: (k, [x, index, source], { axis }) => {
      if (x.dtype !== "bool") return [k.scatter(x, index, source, axis)];
      const [target, values] = [k.cast(x, "int32"), k.cast(source, "int32")];
      return [k.cast(k.scatter(target, index, values, axis), "bool")];
    },
    vjp: [
      (g, { b, attrs }) => {
        const none = zerosLike({ shape: b.shape, dtype: g.dtype });
        return bind(scatter.op, [g, b, none], attrs)[0];
      },
      null,
      (g, saved) => {
        const { b, attrs } = saved;
        return mulZero(gather(g, b, attrs), staying(saved.shape(0), b, attrs.axis, g));
      },
    ],
    jvp: ([tx, , ts], saved) => {
      const [x, source] = [saved.spec(0), saved.spec(2)];
      const tangents = [tx ?? zerosLike(x), saved.b, ts ?? zerosLike(source)];
      return bind(scatter.op, tangents, saved.attrs);
    },
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const { shape, axis, index } = drawIndex(draw);
      return { inputs: [reals(draw, shape), index, reals(draw, index.shape)], attrs: { axis } };
    },
    reference: ([x, index, source], { axis }) => {
      const places = indices(index.shape);
      const targets = places.map((at) => at.with(axis, index.at(at)).join());
      return NDArray.build(x.shape, (at) => {
        const last = targets.lastIndexOf(at.join());
        return last < 0 ? x.at(at) : source.at(places[last]);
      });
    },
  },
  (apply) => (x: Tensor, index: Tensor, source: Tensor | number, options: { axis?: number }) => {
    const axis = requireAxis("scatter", x, options);
    requireTensor("scatter", index);
    if (typeof source !== "number") return apply([x, index, source], { axis });
    const [, value] = operands("scatter", x, source);
    return apply([x, index, expand(value, index.shape)], { axis });
  },
);
