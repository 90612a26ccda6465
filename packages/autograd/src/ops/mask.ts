// What a mask of booleans chooses: elements to fill, elements to keep.
import { checkOperands, requireTensor } from "../op/operands.ts";
import type { MaskedFillFn, MaskedSelectFn } from "../tensor/signatures-move.ts";
import { wrap } from "../tensor/create.ts";
import { ShapeError } from "../tensor/errors.ts";
import { broadcastShapes, showShape } from "../tensor/shape.ts";
import { readable, Tensor } from "../tensor/tensor.ts";
import { where } from "./compare.ts";
import { expand, reshape } from "./move.ts";
import { take } from "./take.ts";

/** What x and its mask broadcast to. */
function checkMask(name: string, x: Tensor, mask: Tensor): readonly number[] {
  requireTensor(name, x);
  requireTensor(name, mask);
  checkOperands(name, [mask.layout], "bool");
  return broadcastShapes(name, [x.shape, mask.shape]);
}

/**
 * x with a value where a mask is true; both broadcast. The value is a number or a 0-d tensor, which gets
 * the sum of the gradients there. Made of `where`.
 * @throws DTypeError for a mask that is not of booleans; ShapeError where they do not broadcast, or for
 *   a value of several elements.
 * @example maskedFill(scores, greater(columns, rows), -Infinity)
 */
export const maskedFill = ((x: Tensor, mask: Tensor, value: Tensor | number): Tensor => {
  checkMask("maskedFill", x, mask);
  if (!(value instanceof Tensor) || value.rank === 0) return where(mask, value, x);
  throw new ShapeError({
    where: "maskedFill",
    expected: "a number or a tensor of shape [] as value",
    got: `shape ${showShape(value.shape)}`,
    fix: "To choose between two tensors, use where(mask, a, b).",
  });
}) as unknown as MaskedFillFn;

/**
 * The elements for which a mask is true, in row-major order, as a vector; x and the mask broadcast. How
 * many there are depends on the mask's values, so they are read: x may be anything, but the mask cannot
 * be one that vmap maps over or that a compiled function computes or is given. (There, `where` or
 * a weighted sum does without.) Made of `take`.
 *
 * @throws TransformError where the mask's values cannot be read: under vmap, in a function that is
 *   compiled; DTypeError for a mask that is not of booleans.
 * @example maskedSelect(x, greater(x, 0))
 */
export const maskedSelect = ((x: Tensor, mask: Tensor): Tensor => {
  const shape = checkMask("maskedSelect", x, mask);
  const values = readable(mask, "maskedSelect").expand(shape).data;
  const places: number[] = [];
  values.forEach((value: number, i: number) => {
    if (value !== 0) places.push(i);
  });
  const index = wrap("maskedSelect", Int32Array.from(places), [places.length], "int32");
  return take(reshape(expand(x, shape), [values.length]), index);
}) as MaskedSelectFn;
