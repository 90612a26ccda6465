// Reverse mode as a transform of functions.
import type { Attrs } from "../op/attrs.ts";
import { bind } from "../op/bind.ts";
import { isRecording, pauseTapes, record, withTrace } from "../op/entry.ts";
import { isDifferentiable, type Op } from "../op/op.ts";
import { constantLike, zerosLike } from "../op/rules.ts";
import { describe, isFloat } from "../tensor/dtype.ts";
import { DTypeError, GradientError, OptionError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { brief, counted } from "../tensor/words.ts";
import { checkCotangent, pullbackAll } from "./backward.ts";
import { BaseTrace, checkFunction, checkSynchronous, checkTensor, checkTensors } from "./trace.ts";
import { flatten, leavesLike, mapTree } from "./tree.ts";

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

export interface GradOptions<N extends Argnums = Argnums, H extends boolean = boolean> {
  /** Default: 0, the first argument. */
  readonly argnums?: N;
  /** Whether f returns [value, aux], of which only the value is differentiated; aux may be anything,
   *  trees of tensors included. Default: false. */
  readonly hasAux?: H;
}

/** The type of what f returns beside the value that is differentiated. */
export type AuxOf<F extends AnyFunction> =
  ReturnType<F> extends readonly [unknown, infer Aux] ? Aux : never;

/**
 * The function that computes f's value and its gradient with respect to an argument, which may be
 * a tree of tensors. `f` must return a tensor of one element.
 *
 * @throws GradientError when f's result is not a scalar; DTypeError for integer arguments.
 * @example
 * const [loss, [dw, db]] = valueAndGrad(f, { argnums: [0, 1] })(w, b, x);
 * const [[loss, accuracy], dw] = valueAndGrad(g, { hasAux: true })(w, x);
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
  checkOptions(where, options, ["argnums", "hasAux"]);
  const { argnums = 0, hasAux = false } = options;
  checkBoolean(where, "hasAux", hasAux);
  const chosen = checkArgnums(where, argnums);
  return (...args) => {
    checkArguments(where, chosen, args.length);
    return withTrace(
      (level) => new ReverseTrace(level),
      (trace) => {
        const boxed = args.map((arg: unknown, i) =>
          chosen.includes(i) ? boxTree(where, trace, arg, i) : arg,
        );
        const result = checkSynchronous(where, f(...(boxed as never[])));
        const [first, aux] = hasAux ? checkPair(where, result) : [result, undefined];
        const output = checkScalar(where, checkTensor(where, first));
        const grads = gradientsOf(where, trace, [[output, constantLike(output.layout, 1)]]);
        const trees = chosen.map((i) => mapTree(boxed[i], (leaf) => grads(leaf)));
        const value = trace.unbox(output);
        const plainAux = mapTree(aux, (leaf) => trace.unbox(leaf), where);
        return [hasAux ? [value, plainAux] : value, typeof argnums === "number" ? trees[0] : trees];
      },
    ) as never;
  };
}

/** What a function with hasAux returns. */
function checkPair(where: string, result: unknown): readonly [unknown, unknown] {
  if (Array.isArray(result) && result.length === 2) return result as [unknown, unknown];
  throw new GradientError({
    where,
    expected: "a function that returns [value, aux], as hasAux says",
    got: Array.isArray(result)
      ? `one that returns an array of ${counted(result.length, "entry", "entries")}`
      : `one that returns ${result instanceof Tensor ? "a tensor" : describe(result)}`,
    fix: "Return the pair, or leave hasAux out.",
  });
}

/** The function that computes the gradient of f; see valueAndGrad. With hasAux it returns
 *  [gradient, aux].
 *  @example
 *  const df = grad((x: Tensor) => sum(sin(x)));
 *  const d2f = grad((x: Tensor) => sum(df(x))); // derivatives of derivatives */
export function grad<
  F extends AnyFunction,
  const N extends Argnums = 0,
  const H extends boolean = false,
>(
  f: F,
  options: GradOptions<N, H> = {},
): (...args: Parameters<F>) => H extends true ? [GradOf<F, N>, AuxOf<F>] : GradOf<F, N> {
  const both = differentiate("grad", f, options);
  return (...args) => {
    const [value, grads] = both(...args);
    return (options.hasAux ? [grads, (value as [unknown, unknown])[1]] : grads) as never;
  };
}

/**
 * The value of f at the arguments and its pullback: from a cotangent of the value to those of the
 * arguments. Arguments and value may be trees of tensors; the cotangent has the value's form.
 * @throws DTypeError for integer arguments, or a cotangent of another dtype; ShapeError for one of
 *   another shape.
 * @example
 * const [y, pull] = vjp((x: Tensor) => sin(x), x);
 * const [dx] = pull(ones(y.shape));
 */
export function vjp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): [R, (cotangent: R) => A] {
  checkFunction("vjp", f, "vjp((x) => sin(x), x)");
  return withTrace(
    (level) => new ReverseTrace(level),
    (trace) => {
      const boxed = args.map((arg, i) => boxTree("vjp", trace, arg, i));
      const result = checkSynchronous("vjp", f(...(boxed as unknown as A)));
      const outputs = flatten(result, "vjp");
      checkTensors("vjp", result, outputs.leaves);
      const pull = (cotangent: R): A => {
        const given = leavesLike(outputs, cotangent, "vjp", "a cotangent");
        const pairs = outputs.leaves.map((y, i) => {
          checkCotangent("vjp", y, given[i]);
          return [y, given[i]] as const;
        });
        const grads = gradientsOf("vjp", trace, pairs);
        return boxed.map((arg) => mapTree(arg, (leaf) => grads(leaf))) as unknown as A;
      };
      return [outputs.build(outputs.leaves.map((y) => trace.unbox(y))), pull];
    },
  );
}

/** The engine's own form of vjp: of lists, with null for what is zero, and for inputs that have no
 *  gradient or are not `wanted`. The tape serves once. */
export function pullbackOf(
  f: (inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  wanted: (input: number) => boolean = () => true,
): [readonly Tensor[], (cotangents: readonly (Tensor | null)[]) => (Tensor | null)[]] {
  return withTrace(
    (level) => new ReverseTrace(level),
    (trace) => {
      const boxed = inputs.map((x, i) => (isFloat(x.dtype) && wanted(i) ? trace.leaf(x) : x));
      const outputs = f(boxed);
      const pull = (cotangents: readonly (Tensor | null)[]) => {
        const pairs = outputs.flatMap((y, i) => {
          const g = cotangents[i];
          return g && trace.owns(y) ? [[y, g] as const] : [];
        });
        const grads = pullbackAll(pairs, trace, true, "vjp");
        return boxed.map((leaf) => (trace.owns(leaf) ? (grads.get(leaf) ?? null) : null));
      };
      return [outputs.map((y) => trace.unbox(y)), pull];
    },
  );
}

/** The gradient for each leaf; zeros where the output does not depend on it. */
function gradientsOf(
  where: string,
  trace: ReverseTrace,
  pairs: readonly (readonly [output: Tensor, cotangent: Tensor])[],
) {
  const owned = pairs.filter(([output]) => trace.owns(output));
  const grads = pullbackAll(owned, trace, false, where);
  return (leaf: Tensor): Tensor =>
    grads.get(leaf) ?? (trace.owns(leaf) ? zerosLike(leaf.layout) : leaf);
}

function boxTree(where: string, trace: ReverseTrace, arg: unknown, index: number): unknown {
  checkDifferentiable(where, arg, index);
  return mapTree(arg, (leaf) => trace.leaf(leaf), where);
}

/** An argument that a derivative is taken by: tensors of floats. */
export function checkDifferentiable(where: string, arg: unknown, index: number): void {
  const choose = where === "vjp" ? "close over it" : "choose other arguments with argnums";
  const { leaves, paths } = flatten(arg, where);
  const integer = leaves.findIndex(({ dtype }) => !isFloat(dtype));
  if (integer >= 0) {
    const path = paths[integer];
    throw new DTypeError({
      where,
      expected: `floating-point tensors in argument ${index}`,
      got: `${leaves[integer].dtype}${path && ` at ${path}`}`,
      fix: `Integers have no gradients: cast it, or ${choose}.`,
    });
  }
  if (leaves.length > 0) return;
  throw new GradientError({
    where,
    expected: `a tensor, or a tree of tensors, as argument ${index}`,
    got: describe(arg),
    fix: `Make a tensor of it, or ${choose}.`,
  });
}

/** The numbers of the arguments, as a list. */
export function checkArgnums(where: string, argnums: Argnums): readonly number[] {
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

export function checkArguments(where: string, chosen: readonly number[], count: number): void {
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
