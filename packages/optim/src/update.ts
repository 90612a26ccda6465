// What the update ops share. Each is one op per parameter: it computes all new values first, then
// assigns them to the parameter and to the optimizer's state. An effect has no derivative.
import {
  checkOperands,
  describeValue,
  DTypeError,
  GradientError,
  notBatchable,
  notDifferentiable,
  OptionError,
  samples,
  ShapeError,
  Tensor,
  TransformError,
  type OpRecord,
} from "@wengert/autograd";

interface Spec {
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
}

const sameShape = (a: Spec, b: Spec): boolean =>
  a.shape.length === b.shape.length && a.shape.every((dim, i) => dim === b.shape[i]);

const show = ({ shape, dtype }: Spec): string => `${dtype} [${shape.join(", ")}]`;

/** A gradient or state must have the parameter's shape and dtype; nothing broadcasts here. */
export function checkLike(where: string, what: string, param: Spec, other: Spec): void {
  checkOperands(where, [param], "float");
  const complaint = {
    where,
    expected: `${what} like the parameter: ${show(param)}`,
    got: show(other),
    fix: "Clear the gradient with zeroGrad(), and compute it of this parameter.",
  };
  if (!sameShape(param, other)) throw new ShapeError(complaint);
  if (param.dtype !== other.dtype) throw new DTypeError(complaint);
}

/** The learning rate and the step count are 0-d. */
export function checkScalar(where: string, what: string, cell: Spec): void {
  if (cell.shape.length === 0) return;
  throw new ShapeError({
    where,
    expected: `a 0-d tensor as ${what}`,
    got: show(cell),
    fix: "Make it of a number: tensor(0.1).",
  });
}

/** What can be written: floats that no transform has boxed and that no recorded op made. */
export function checkTarget(where: string, target: unknown): asserts target is Tensor {
  if (!(target instanceof Tensor)) {
    throw new OptionError({
      where,
      expected: "tensors as parameters",
      got: describeValue(target),
      fix: "Pass model.parameters(), or an array of tensors.",
    });
  }
  if (target.box) {
    throw new TransformError({
      where,
      expected: "a parameter outside of transforms",
      got: `one inside of ${target.box.trace.name}`,
      fix: "Return the gradient from the function and update outside.",
    });
  }
  if (target.producer) {
    throw new GradientError({
      where,
      expected: "a leaf: a parameter that was made, not computed",
      got: "the output of a recorded op",
      fix: "Pass the tensors that it was computed from, or a copy: x.detach().clone().",
    });
  }
}

/** The fields that all update records share. */
export const updateFields: Pick<OpRecord, "broadcasts" | "vjp" | "jvp" | "batch"> = {
  broadcasts: false,
  vjp: notDifferentiable,
  jvp: notDifferentiable,
  batch: notBatchable,
};

/** A learning rate to sample. */
export const drawRate = (draw: samples.Draw): samples.SampleArray =>
  samples.reals(draw, [], { min: 0, max: 1 });
