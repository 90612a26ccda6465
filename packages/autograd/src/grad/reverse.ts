// Reverse mode as a transform of functions.
import type { Attrs } from "../op/attrs.ts";
import { bind } from "../op/bind.ts";
import { isRecording, pauseTapes, record, withTrace } from "../op/entry.ts";
import { isDifferentiable, type Op } from "../op/op.ts";
import { zerosLike } from "../op/rules.ts";
import { describe, isFloat } from "../tensor/dtype.ts";
import { DTypeError, GradientError, OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkCotangent, pullback, seed } from "./backward.ts";
import { BaseTrace, checkSynchronous, checkTensor } from "./trace.ts";
import { mapTree } from "./tree.ts";

/** Records a tape of its own, apart from that of backward() and of other transforms. */
class ReverseTrace extends BaseTrace {
  readonly name = "grad";

  protected interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    const values = inputs.map((tensor) => this.unbox(tensor));
    const results = bind(op, values, attrs);
    if (!isDifferentiable(op) || !isRecording(this)) return results;
    const outputs = results.map((y) => (isFloat(y.dtype) ? this.box(y) : y));
    record(op, attrs, inputs, values, outputs, results, this);
    return outputs;
  }

  leaf(value: Tensor): Tensor {
    const tensor = this.box(value);
    tensor.requiresGrad = true;
    return tensor;
  }
}

type AnyFunction = (...args: never[]) => unknown;

/** Which arguments a gradient is taken of: one, or several. */
export type Argnums = number | readonly number[];

/** The type of the gradients: that of the argument, or a tuple of those of the arguments. */
export type GradOf<F extends AnyFunction, N extends Argnums> = N extends readonly number[]
  ? { -readonly [I in keyof N]: Parameters<F>[N[I] & number] }
  : N extends number
    ? Parameters<F>[N]
    : never;

export interface GradOptions<N extends Argnums = Argnums> {
  /** Default: 0, the first argument. */
  readonly argnums?: N;
}

/**
 * The function that computes f's value and its gradient with respect to an argument, which may be
 * a tree of tensors. `f` must return a tensor of one element.
 *
 * @throws GradientError when f's result is not a scalar; DTypeError for integer arguments.
 * @example
 * const [loss, [dw, db]] = valueAndGrad(f, { argnums: [0, 1] })(w, b, x);
 */
export function valueAndGrad<F extends AnyFunction, const N extends Argnums = 0>(
  f: F,
  options: GradOptions<N> = {},
): (...args: Parameters<F>) => [ReturnType<F>, GradOf<F, N>] {
  checkOptions("grad", options, ["argnums"]);
  const argnums: Argnums = options.argnums ?? 0;
  const chosen = typeof argnums === "number" ? [argnums] : argnums;
  return (...args) => {
    checkArgnums(chosen, args.length);
    return withTrace(
      (level) => new ReverseTrace(level),
      (trace) => {
        const boxed = args.map((arg: unknown, i) =>
          chosen.includes(i) ? boxTree("grad", trace, arg, i) : arg,
        );
        const output = checkScalar(checkTensor("grad", f(...(boxed as never[]))));
        const grads = gradientsOf(trace, output, seed("grad", output));
        const trees = chosen.map((i) => mapTree(boxed[i], (leaf) => grads(leaf)));
        return [trace.unbox(output), typeof argnums === "number" ? trees[0] : trees];
      },
    ) as never;
  };
}

/** The function that computes the gradient of f; see valueAndGrad.
 *  @example
 *  const df = grad((x: Tensor) => sum(sin(x)));
 *  const d2f = grad((x: Tensor) => sum(df(x))); // derivatives of derivatives */
export function grad<F extends AnyFunction, const N extends Argnums = 0>(
  f: F,
  options: GradOptions<N> = {},
): (...args: Parameters<F>) => GradOf<F, N> {
  const both = valueAndGrad(f, options);
  return (...args) => both(...args)[1];
}

/**
 * The value of f at the arguments and its pullback: from a cotangent of the value to those of the
 * arguments.
 * @example
 * const [y, pull] = vjp((x: Tensor) => sin(x), x);
 * const [dx] = pull(ones(y.shape));
 */
export function vjp<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  ...args: A
): [Tensor, (cotangent: Tensor) => A] {
  return withTrace(
    (level) => new ReverseTrace(level),
    (trace) => {
      const boxed = args.map((arg, i) => boxTree("vjp", trace, arg, i));
      const output = checkTensor("vjp", f(...(boxed as unknown as A)));
      const pull = (cotangent: Tensor): A => {
        checkCotangent("vjp", output, cotangent);
        const grads = gradientsOf(trace, output, cotangent);
        return boxed.map((arg) => mapTree(arg, (leaf) => grads(leaf))) as unknown as A;
      };
      return [trace.unbox(output), pull];
    },
  );
}

/** The gradient for each leaf; zeros where the output does not depend on it. */
function gradientsOf(trace: ReverseTrace, output: Tensor, cotangent: Tensor) {
  const grads = trace.owns(output) ? pullback(output, cotangent, trace, false) : new Map();
  return (leaf: Tensor): Tensor =>
    (grads.get(leaf) as Tensor | undefined) ?? (trace.owns(leaf) ? zerosLike(leaf.layout) : leaf);
}

function boxTree(where: string, trace: ReverseTrace, arg: unknown, index: number): unknown {
  const choose = where === "grad" ? "choose other arguments with argnums" : "close over it";
  let count = 0;
  const boxed = mapTree(arg, (tensor, path) => {
    count++;
    if (isFloat(tensor.dtype)) return trace.leaf(tensor);
    throw new DTypeError({
      where,
      expected: `floating-point tensors in argument ${index}`,
      got: `${tensor.dtype}${path && ` at ${path}`}`,
      fix: `Integers have no gradients: cast it, or ${choose}.`,
    });
  });
  if (count > 0) return boxed;
  throw new GradientError({
    where,
    expected: `a tensor, or a tree of tensors, as argument ${index}`,
    got: describe(arg),
    fix: `Make a tensor of it, or ${choose}.`,
  });
}

function checkArgnums(chosen: readonly number[], count: number): void {
  const wrong = chosen.find((i) => !Number.isInteger(i) || i < 0 || i >= count);
  if (wrong === undefined) return;
  throw new OptionError({
    where: "grad",
    expected: `argnums from 0 to ${count - 1}, as the call has ${count} arguments`,
    got: String(wrong),
    fix: "Arguments are counted from 0.",
  });
}

function checkScalar(output: Tensor): Tensor {
  if (isFloat(output.dtype)) return output;
  throw new DTypeError({
    where: "grad",
    expected: "a function that returns a floating-point tensor",
    got: `one that returns ${output.dtype}`,
    fix: "Integers and masks have no gradients: compute the loss in floats.",
  });
}

/**
 * Runs f without recording it: what it computes carries no gradient. Transforms begun inside of it
 * differentiate as ever, and so does forward mode, which records nothing.
 * @example const prediction = noGrad(() => model.forward(x));
 */
export function noGrad<T>(f: () => T): T {
  return pauseTapes(() => checkSynchronous("noGrad", f()));
}
