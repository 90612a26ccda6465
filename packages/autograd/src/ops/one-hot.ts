import { checkIndex } from "../kernel/reference.ts";
import { requireTensor } from "../op/operands.ts";
import type { OneHotFn } from "../tensor/signatures.ts";
import { arange } from "../tensor/create.ts";
import type { DType } from "../tensor/dtype.ts";
import { DTypeError, OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { brief } from "../tensor/words.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { currentWatcher } from "../tensor/watch.ts";
import { cast } from "./cast.ts";
import { eq } from "./compare.ts";
import { unsqueeze } from "./move.ts";

export interface OneHotOptions {
  /** Default: float32. */
  readonly dtype?: DType;
}

/**
 * Class indices (int32) as rows that are 1 at the index and 0 elsewhere; the classes are a new
 * last axis.
 * @throws IndexRangeError for indices outside of 0 … numClasses − 1.
 * @example oneHot(tensor([0, 2], { dtype: "int32" }), 3); // [[1, 0, 0], [0, 0, 1]]
 */
export const oneHot = ((indices: Tensor, numClasses: number, options: OneHotOptions = {}) => {
  requireTensor("oneHot", indices);
  checkOptions("oneHot", options, ["dtype"]);
  if (indices.dtype !== "int32") {
    throw new DTypeError({
      where: "oneHot",
      expected: "indices of dtype int32",
      got: indices.dtype,
      fix: 'Make them with { dtype: "int32" }.',
    });
  }
  if (!Number.isInteger(numClasses) || numClasses < 0) {
    throw new OptionError({
      where: "oneHot",
      expected: "the number of classes: an integer >= 0",
      got: brief(numClasses),
      fix: "Write oneHot(labels, 10).",
    });
  }
  checkRange(indices, numClasses);
  const classes = arange(numClasses, { dtype: "int32" });
  return cast(eq(unsqueeze(indices, -1), classes), options.dtype ?? "float32");
}) as OneHotFn<OneHotOptions>;

/** Inside of a transform that hides the values, or compiled, rows of indices out of range are 0. */
function checkRange(indices: Tensor, numClasses: number): void {
  if ((indices.box && !indices.box.trace.isReadable) || currentWatcher()) return;
  for (const index of indices.borrowData()) checkIndex("oneHot", index, numClasses);
}
