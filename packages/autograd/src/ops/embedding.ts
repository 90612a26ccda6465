// Rows of a table by their numbers.
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import type { BatchRule } from "../op/op.ts";
import type { Attrs } from "../op/attrs.ts";
import { bind } from "../op/bind.ts";
import { zerosLike } from "../op/rules.ts";
import { drawShape, integers, reals } from "../op/samples.ts";
import type { EmbeddingFn } from "../tensor/signatures.ts";
import { DTypeError, ShapeError } from "../tensor/errors.ts";
import { showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { expand, reshape } from "./move.ts";

function checkTable([indices, weight]: readonly Spec[]): void {
  if (indices.dtype !== "int32") {
    throw new DTypeError({
      where: "embedding",
      expected: "indices of dtype int32",
      got: indices.dtype,
      fix: 'Make them with { dtype: "int32" }; they come before the weight.',
    });
  }
  if (weight.shape.length === 2) return;
  throw new ShapeError({
    where: "embedding",
    expected: "a weight [rows, features]",
    got: showShape(weight.shape),
    fix: "Indices come first, the table second.",
  });
}

/** Each index as often as a row has elements, [indices, features]. */
const repeated = (indices: Tensor, features: number): Tensor =>
  expand(reshape(indices, [indices.size, 1]), [indices.size, features]);

/**
 * Rows of a weight [rows, features] by int32 indices of any shape: [..., features]. A row that is
 * named several times gets the sum of the gradients.
 * @throws IndexRangeError for indices outside of 0 … rows − 1.
 * @example embedding(tensor([2, 0], { dtype: "int32" }), weight) // rows 2 and 0
 */
export const embedding: OpOf<EmbeddingFn> = defineOp<EmbeddingFn>({
  name: "embedding",
  arity: 2,
  broadcasts: false,
  shape: (inputs) => {
    checkTable(inputs);
    const [indices, { shape, dtype }] = inputs;
    return [{ shape: [...indices.shape, shape[1]], dtype }];
  },
  body: (k, [indices, weight]) => {
    const features = weight.shape[1];
    const count = indices.shape.reduce((product, dim) => product * dim, 1);
    const rows = k.expand(k.reshape(indices, [count, 1]), [count, features]);
    return [k.reshape(k.gather(weight, rows, 0), [...indices.shape, features])];
  },
  vjp: [
    null,
    (g, saved) => {
      const rows = repeated(saved.a, saved.shape(1)[1]);
      return scatterAdd(zerosLike(saved.spec(1)), rows, reshape(g, rows.shape), { axis: 0 });
    },
  ],
  jvp: ([, t], { op, a }) => [t && bind(op, [a, t], {})[0]],
  batch: batchEmbedding(),
  samples: (draw) => {
    const rows = draw.pick([3, 2, 1]);
    const indices = integers(draw, drawShape(draw), 0, rows - 1);
    return { inputs: [indices, reals(draw, [rows, draw.pick([2, 3, 1, 0])])], attrs: {} };
  },
  reference: ([indices, weight]) =>
    NDArray.build([...indices.shape, weight.shape[1]], (index) =>
      weight.at([indices.at(index.slice(0, -1)), ...index.slice(-1)]),
    ),
});

/** Of one table indices of any shape are looked up at once; from a batch of tables each picks
 *  along the rows of its own. */
function batchEmbedding(): BatchRule<Attrs> {
  return ({ op, inputs, batched, size, attrs }) => {
    const [indices, weight] = inputs;
    if (!batched[1]) return bind(op, [indices, weight], attrs);
    const each = batched[0] ? indices.shape.slice(1) : indices.shape;
    const all = batched[0] ? indices : expand(indices, [size, ...each]);
    const features: number = weight.shape[2];
    const rows = reshape(repeated(all, features), [size, all.size / Math.max(1, size), features]);
    return [reshape(gather(weight, rows, { axis: 1 }), [size, ...each, features])];
  };
}
