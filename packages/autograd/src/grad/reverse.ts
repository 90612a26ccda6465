// Reverse mode as a transform of functions.
import type { Attrs } from "../op/attrs.ts";
import { bind } from "../op/bind.ts";
import { isRecording, pauseTapes, record, withTrace } from "../op/entry.ts";
import { isDifferentiable, type Op } from "../op/op.ts";
import { constantLike, zerosLike } from "../op/rules.ts";
import { describe, isFloat } from "../tensor/dtype.ts";
import { DTypeError, GradientError, OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief, counted } from "../tensor/words.ts";
import { checkCotangent, pullback } from "./backward.ts";
import { BaseTrace, checkFunction, checkSynchronous, checkTensor } from "./trace.ts";
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
  return differentiate("valueAndGrad", f, options);
}

function differentiate<F extends AnyFunction, const N extends Argnums = 0>(
  where: string,
  f: F,
  options: GradOptions<N>,
): (...args: Parameters<F>) => [ReturnType<F>, GradOf<F, N>] {
  checkFunction(where, f, `${where}((x) => sum(square(x)))(x)`);
  checkOptions(where, options, ["argnums"]);
  const { argnums = 0 } = options;
  const chosen = checkArgnums(where, argnums);
  return (...args) => {
    checkArguments(where, chosen, args.length);
    return withTrace(
      (level) => new ReverseTrace(level),
      (trace) => {
        const boxed = args.map((arg: unknown, i) =>
          chosen.includes(i) ? boxTree(where, trace, arg, i) : arg,
        );
        const output = checkScalar(where, checkTensor(where, f(...(boxed as never[]))));
        const grads = gradientsOf(where, trace, output, constantLike(output.layout, 1));
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
  const both = differentiate("grad", f, options);
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
  checkFunction("vjp", f, "vjp((x) => sin(x), x)");
  return withTrace(
    (level) => new ReverseTrace(level),
    (trace) => {
      const boxed = args.map((arg, i) => boxTree("vjp", trace, arg, i));
      const output = checkTensor("vjp", f(...(boxed as unknown as A)));
      const pull = (cotangent: Tensor): A => {
        checkCotangent("vjp", output, cotangent);
        const grads = gradientsOf("vjp", trace, output, cotangent);
        return boxed.map((arg) => mapTree(arg, (leaf) => grads(leaf))) as unknown as A;
      };
      return [trace.unbox(output), pull];
    },
  );
}

/** The gradient for each leaf; zeros where the output does not depend on it. */
function gradientsOf(where: string, trace: ReverseTrace, output: Tensor, cotangent: Tensor) {
  const grads = trace.owns(output) ? pullback(output, cotangent, trace, false, where) : new Map();
  return (leaf: Tensor): Tensor =>
    (grads.get(leaf) as Tensor | undefined) ?? (trace.owns(leaf) ? zerosLike(leaf.layout) : leaf);
}

function boxTree(where: string, trace: ReverseTrace, arg: unknown, index: number): unknown {
  const choose = where === "vjp" ? "close over it" : "choose other arguments with argnums";
  let count = 0;
  const box = (tensor: Tensor, path: string): Tensor => {
    count++;
    if (isFloat(tensor.dtype)) return trace.leaf(tensor);
    throw new DTypeError({
      where,
      expected: `floating-point tensors in argument ${index}`,
      got: `${tensor.dtype}${path && ` at ${path}`}`,
      fix: `Integers have no gradients: cast it, or ${choose}.`,
    });
  };
  const boxed = mapTree(arg, box, where);
  if (count > 0) return boxed;
  throw new GradientError({
    where,
    expected: `a tensor, or a tree of tensors, as argument ${index}`,
    got: describe(arg),
    fix: `Make a tensor of it, or ${choose}.`,
  });
}

/** The numbers of the arguments, as a list. */
function checkArgnums(where: string, argnums: Argnums): readonly number[] {
  const chosen: readonly number[] = Array.isArray(argnums) ? argnums : [argnums];
  const wrong = chosen.findIndex((i) => !Number.isInteger(i) || i < 0);
  if (wrong < 0) return chosen;
  throw new OptionError({
    where,
    expected: "argnums: an integer >= 0, or an array of them",
    got: brief(chosen[wrong]),
    fix: "Arguments are counted from 0: write e.g. { argnums: [0, 1] }.",
  });
}

function checkArguments(where: string, chosen: readonly number[], count: number): void {
  const wrong = chosen.find((i) => i >= count);
  if (wrong === undefined) return;
  throw new OptionError({
    where,
    expected: `a call with an argument ${wrong}, as argnums says`,
    got: counted(count, "argument"),
    fix: "Arguments are counted from 0; without argnums the gradient is by the first one.",
  });
}

function checkScalar(where: string, output: Tensor): Tensor {
  if (!isFloat(output.dtype)) {
    throw new DTypeError({
      where,
      expected: "a function that returns a floating-point tensor",
      got: `one that returns ${output.dtype}`,
      fix: "Integers and masks have no gradients: compute the loss in floats.",
    });
  }
  if (output.size === 1) return output;
  throw new GradientError({
    where,
    expected: "a function that returns a scalar",
    got: `one that returns shape ${showShape(output.shape)}`,
    fix: "Reduce it (sum, mean), or use vjp, whose pullback takes a cotangent.",
  });
}

/**
 * Runs f without recording it: what it computes carries no gradient. Transforms begun inside of it
 * differentiate as ever, and so does forward mode, which records nothing.
 * @example const prediction = noGrad(() => model.forward(x));
 */
export function noGrad<T>(f: () => T): T {
  checkFunction("noGrad", f, "noGrad(() => model.forward(x))");
  return pauseTapes(() => checkSynchronous("noGrad", f()));
}
