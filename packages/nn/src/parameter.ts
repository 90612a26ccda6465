import { DTypeError, GradientError, requireTensor, type Tensor } from "@wengert/autograd";

const marked = new WeakSet<Tensor>();

/**
 * Makes a tensor a parameter, in place, and returns it: it gets requiresGrad, and it stays among
 * a module's parameters when it is frozen (`requiresGrad = false`). Layers make theirs by it.
 * A tensor field that merely has requiresGrad is a parameter, too, but a buffer while it is frozen.
 * @throws DTypeError for integers; GradientError for a tensor that was computed on the tape.
 * @example
 * class Scale extends Module<IdFn> {
 *   readonly factor = parameter(ones([]));
 *   protected run(x: Tensor) {
 *     return mul(x, this.factor);
 *   }
 * }
 */
export function parameter<T extends Tensor>(tensor: T): T {
  requireTensor("parameter", tensor);
  const { dtype } = tensor;
  if (dtype !== "float32" && dtype !== "float64") {
    throw new DTypeError({
      where: "parameter",
      expected: "float32 or float64",
      got: dtype,
      fix: "Integers have no gradients: a plain field makes it a buffer.",
    });
  }
  if (!isLeaf(tensor)) {
    throw new GradientError({
      where: "parameter",
      expected: "a tensor that was not computed on the tape",
      got: "the output of a recorded op",
      fix: "Pass x.detach().clone().",
    });
  }
  tensor.requiresGrad = true;
  marked.add(tensor);
  return tensor;
}

/** Whether it is a value of its own, not one computed on a tape or inside of a transform. */
export const isLeaf = ({ producer, box }: Tensor): boolean => producer === null && box === null;

export const isParameter = (tensor: Tensor): boolean =>
  isLeaf(tensor) && (tensor.requiresGrad || marked.has(tensor));
