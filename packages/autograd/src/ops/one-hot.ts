// Class indices as rows of zeros and a one.
import * as s from "../kernel/scalar.ts";
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { notDifferentiable } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { batchUnary } from "../op/rules.ts";
import { drawShape, integers } from "../op/samples.ts";
import type { OneHotFn } from "../tensor/signatures.ts";
import { checkDType, type DType } from "../tensor/dtype.ts";
import { DTypeError, OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { sizeOf } from "../tensor/shape.ts";
import { brief } from "../tensor/words.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface OneHotOptions {
  /** Default: float32. */
  readonly dtype?: DType;
}

type OneHotAttrs = { readonly numClasses: number; readonly dtype: DType };

function checkIndices({ dtype }: Spec): void {
  if (dtype === "int32") return;
  throw new DTypeError({
    where: "oneHot",
    expected: "indices of dtype int32",
    got: dtype,
    fix: 'Make them with { dtype: "int32" }.',
  });
}

/**
 * Class indices (int32) as rows that are 1 at the index and 0 elsewhere; the classes are a new
 * last axis.
 * @throws IndexRangeError for indices outside of 0 … numClasses − 1, inside of transforms and compiled, too.
 * @example oneHot(tensor([0, 2], { dtype: "int32" }), 3); // [[1, 0, 0], [0, 0, 1]]
 */
export const oneHot: OpOf<OneHotFn<OneHotOptions>, OneHotAttrs> = defineOp<
  OneHotFn<OneHotOptions>,
  OneHotAttrs
>(
  {
    name: "oneHot",
    arity: 1,
    broadcasts: false,
    shape: ([indices], { numClasses, dtype }) => {
      checkIndices(indices);
      return [{ shape: [...indices.shape, numClasses], dtype }];
    },
    body: (k, [indices], { numClasses, dtype }) => {
      const { shape } = indices;
      const count = sizeOf(shape);
      const classes = k.iota([numClasses], 0);
      // The class of that number is the number; looking it up checks it.
      const checked = k.gather(classes, k.reshape(indices, [count]), 0);
      const column = k.reshape(checked, [count, 1]);
      const rows = k.map([column, classes], (a, b) => s.cast(s.eq(a, b), dtype));
      return [k.reshape(rows, [...shape, numClasses])];
    },
    vjp: notDifferentiable,
    jvp: notDifferentiable,
    batch: batchUnary((attrs) => attrs),
    samples: (draw) => {
      const numClasses = draw.int(1, 4);
      return {
        inputs: [integers(draw, drawShape(draw), 0, numClasses - 1)],
        attrs: { numClasses, dtype: draw.pick(["float32", "float64", "int32", "bool"]) },
      };
    },
    reference: ([indices], { numClasses }) =>
      NDArray.build([...indices.shape, numClasses], (at) =>
        indices.at(at.slice(0, -1)) === at.at(-1) ? 1 : 0,
      ),
  },
  (apply) =>
    (indices: Tensor, numClasses: number, options: OneHotOptions = {}) => {
      requireTensor("oneHot", indices);
      checkOptions("oneHot", options, ["dtype"]);
      checkIndices(indices);
      const dtype = checkDType("oneHot", options.dtype ?? "float32");
      if (Number.isInteger(numClasses) && numClasses >= 0) {
        return apply([indices], { numClasses, dtype });
      }
      throw new OptionError({
        where: "oneHot",
        expected: "the number of classes: an integer >= 0",
        got: brief(numClasses),
        fix: "Write oneHot(labels, 10).",
      });
    },
);
