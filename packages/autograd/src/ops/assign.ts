// The effect: writing into a tensor's storage.
import { noAttrs } from "../op/attrs.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { notBatchable, notDifferentiable } from "../op/op.ts";
import { drawShape, reals } from "../op/samples.ts";
import { checkOperands, requireTensor } from "../op/operands.ts";
import { GradientError, ShapeError, TransformError } from "../tensor/errors.ts";
import { hasRepeats } from "../tensor/layout.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

type AssignFn = (target: Tensor, value: Tensor) => Tensor;

const assigning = (name: string): OpOf<AssignFn> =>
  defineOp<AssignFn>(
    {
      name,
      arity: 2,
      broadcasts: false,
      shape: (inputs) => {
        const [target, value] = inputs;
        checkOperands(name, inputs, "any");
        if (sameShape(target.shape, value.shape)) return [target];
        throw new ShapeError({
          where: name,
          expected: `a value of the target's shape ${showShape(target.shape)}`,
          got: showShape(value.shape),
          fix: "Expand or reshape the value.",
        });
      },
      body: (k, [target, value]) => [k.assign(target, value)],
      vjp: notDifferentiable,
      jvp: notDifferentiable,
      batch: notBatchable,
      samples: (draw) => {
        const shape = drawShape(draw);
        return { inputs: [reals(draw, shape), reals(draw, shape)], attrs: noAttrs };
      },
      reference: ([, value]) => new NDArray(value.shape, value.data),
    },
    (apply) => (target: Tensor, value: Tensor) => {
      checkAssignable(name, target);
      return apply([target, value], noAttrs);
    },
  );

/**
 * Writes a tensor's values into another one's storage, which all of its views see. Backward passes
 * that saved the old values will refuse to run.
 * @throws ShapeError or DTypeError when they differ, GradientError when the target was computed on
 *   the tape, TransformError inside of a transform.
 */
export const assign = assigning("assign");

/** The same as a method, x.copyFrom(y); its errors bear the name that was called. */
export const copyFrom = assigning("copyFrom");

function checkAssignable(where: string, target: Tensor): void {
  requireTensor(where, target);
  if (target.box) {
    throw new TransformError({
      where,
      expected: "a target that no transform has boxed",
      got: `one inside of ${target.box.trace.name}`,
      fix: "Return the new value from the function and assign it outside.",
    });
  }
  if (hasRepeats(target.layout)) {
    throw new ShapeError({
      where,
      expected: "a target whose elements have memory of their own",
      got: `shape ${showShape(target.shape)} with repeated elements, as expand makes it`,
      fix: "Assign to what was expanded, or to a copy: x.clone().",
    });
  }
  if (target.producer) {
    throw new GradientError({
      where,
      expected: "a target that was not computed on the tape",
      got: "the output of a recorded op",
      fix: "Assign to a leaf (a parameter), or to x.detach().",
    });
  }
}
