// The effect: writing into a tensor's storage.
import { noAttrs } from "../op/attrs.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { notDifferentiable } from "../op/op.ts";
import { drawShape, reals } from "../op/samples.ts";
import { checkOperands } from "../op/operands.ts";
import { GradientError, ShapeError, TransformError } from "../tensor/errors.ts";
import { hasRepeats } from "../tensor/layout.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

const refuseBatch = () => {
  throw new TransformError({
    where: "assign",
    expected: "a tensor of its own outside of vmap",
    got: "a batch of values for it",
    fix: "Return the values from the function and assign them outside.",
  });
};

/**
 * Writes a tensor's values into another one's storage, which all of its views see. Backward passes
 * that saved the old values will refuse to run.
 * @throws ShapeError or DTypeError when they differ, GradientError when the target was computed on
 *   the tape, TransformError inside of a transform.
 */
export const assign: OpOf<(target: Tensor, value: Tensor) => Tensor> = defineOp(
  {
    name: "assign",
    arity: 2,
    broadcasts: false,
    shape: (inputs) => {
      const [target, value] = inputs;
      checkOperands("assign", inputs, "any");
      if (sameShape(target.shape, value.shape)) return [target];
      throw new ShapeError({
        where: "assign",
        expected: `a value of the target's shape ${showShape(target.shape)}`,
        got: showShape(value.shape),
        fix: "Expand or reshape the value.",
      });
    },
    body: (k, [target, value]) => [k.assign(target, value)],
    vjp: notDifferentiable,
    jvp: notDifferentiable,
    batch: refuseBatch,
    samples: (draw) => {
      const shape = drawShape(draw);
      return { inputs: [reals(draw, shape), reals(draw, shape)], attrs: noAttrs };
    },
    reference: ([, value]) => new NDArray(value.shape, value.data),
  },
  (apply) => (target: Tensor, value: Tensor) => {
    checkAssignable(target);
    return apply([target, value], noAttrs);
  },
);

export function checkAssignable(target: Tensor): void {
  if (target.box) {
    throw new TransformError({
      where: "assign",
      expected: "a target that no transform has boxed",
      got: `one inside of ${target.box.trace.name}`,
      fix: "Return the new value from the function and assign it outside.",
    });
  }
  if (hasRepeats(target.layout)) {
    throw new ShapeError({
      where: "assign",
      expected: "a target whose elements have memory of their own",
      got: `shape ${showShape(target.shape)} with repeated elements, as expand makes it`,
      fix: "Assign to what was expanded, or to a copy: x.clone().",
    });
  }
  if (target.producer) {
    throw new GradientError({
      where: "assign",
      expected: "a target that was not computed on the tape",
      got: "the output of a recorded op",
      fix: "Assign to a leaf (a parameter), or to x.detach().",
    });
  }
}
