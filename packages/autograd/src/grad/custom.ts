// Derivative rules of a user's own for a function of tensors.
import { bindComposite, type Composite, type Derivatives } from "../op/composite.ts";
import { zerosLike } from "../op/rules.ts";
import { describe, isFloat } from "../tensor/dtype.ts";
import { OpDefinitionError } from "../tensor/errors.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { checkOptions } from "../tensor/options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { counted } from "../tensor/words.ts";
import { batchComposite } from "./batch-composite.ts";
import { pullbackOf } from "./reverse.ts";
import { checkFunction, checkSynchronous, checkTensors } from "./trace.ts";
import { flatten, type FlatTree } from "./tree.ts";

/** What a rule may look at: the arguments and the result of the call. What else it wants to keep, the
 *  function returns as a further result. */
export interface CustomCall<A extends readonly unknown[], R> {
  readonly args: A;
  readonly output: R;
}

/** Gradients of the arguments, one for each; null for those that have none. In the place of a tree
 *  stands a tree, with null in the places of integers. */
export type CustomGradients<A extends readonly unknown[]> = {
  readonly [I in keyof A]: CustomGradient<A[I]>;
};

/** A gradient for a tensor; null for what is none, or for zeros. */
export type CustomGradient<T> = T extends Tensor
  ? Tensor | null
  : T extends object
    ? { readonly [K in keyof T]: CustomGradient<T[K]> } | null
    : null;

/** As for gradients: the tangents that come in. */
export type Tangents<A extends readonly unknown[]> = { readonly [I in keyof A]: A[I] };

export interface CustomOptions {
  /** What errors and the tape call it. Default: the function's name. */
  readonly name?: string;
}

/**
 * A function with a rule of its own for reverse mode: from the cotangent of its result to those of its
 * arguments, of which it may look at arguments and result. The function itself is not differentiated.
 *
 * Write the rule in differentiable ops and derivatives of any order follow. Forward mode follows, too,
 * as the transpose of the rule, which is linear in the cotangent; so do vmap, checkpoint and compile.
 * Arguments and result may be trees; numbers and options may be among the arguments. What the function
 * closes over is constant for it: pass what needs a gradient as an argument.
 *
 * @throws OpDefinitionError in the backward pass when the rule returns a wrong number of gradients, or
 *   one of a wrong shape or dtype; TransformError when the function closes over a tensor that is being
 *   differentiated.
 * @example
 * // log(1 + eˣ), whose plain derivative is inf/inf for large x.
 * const softplus = customVjp(
 *   (x: Tensor) => log(add(1, exp(x))),
 *   (g, { args: [x] }) => [mul(g, sigmoid(x))],
 *   { name: "softplus" },
 * );
 */
export function customVjp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  rule: (cotangent: R, call: CustomCall<A, R>) => CustomGradients<A>,
  options: CustomOptions = {},
): (...args: A) => R {
  const name = checkCustom("customVjp", f, rule, options);
  const vjp = (tree: FlatTree<A>, form: FlatTree<R>): Composite["vjp"] => {
    return (cotangents, { inputs, outputs }) => {
      const g = outputs.map((y, i) => cotangents[i] ?? zerosLike(y.layout));
      const call = { args: tree.build(inputs), output: form.build(outputs) };
      const gradients: unknown = checkSynchronous(name, rule(form.build(g), call));
      return gradientLeaves(name, tree.build(inputs), gradients);
    };
  };
  return custom(name, f, (tree, form) => {
    const pull = vjp(tree, form);
    return { vjp: pull, jvp: transposedVjp(pull) };
  });
}

/**
 * A function with a rule of its own for forward mode: from the tangents of its arguments to that of its
 * result. Reverse mode follows as the transpose of the rule, which must be linear in the tangents; all
 * else is as with customVjp. Tangents of integers, and of what is no tensor, are what they are
 * themselves.
 *
 * @throws OpDefinitionError when the rule returns a tangent of another form, shape or dtype than the
 *   result.
 * @example
 * const square = customJvp(
 *   (x: Tensor) => mul(x, x),
 *   ([dx], { args: [x] }) => mul(mul(2, x), dx),
 *   { name: "square" },
 * );
 */
export function customJvp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  rule: (tangents: Tangents<A>, call: CustomCall<A, R>) => R,
  options: CustomOptions = {},
): (...args: A) => R {
  const name = checkCustom("customJvp", f, rule, options);
  const jvp = (tree: FlatTree<A>, form: FlatTree<R>): Composite["jvp"] => {
    return (tangents, { inputs, outputs }) => {
      const moves = inputs.map((x, i) =>
        isFloat(x.dtype) ? (tangents[i] ?? zerosLike(x.layout)) : x,
      );
      const call = { args: tree.build(inputs), output: form.build(outputs) };
      const tangent: unknown = checkSynchronous(name, rule(tree.build(moves), call));
      return tangentLeaves(name, form.build(outputs), tangent);
    };
  };
  return custom(name, f, (tree, form) => {
    const push = jvp(tree, form);
    return { jvp: push, vjp: transposedJvp(push) };
  });
}

function checkCustom(where: string, f: unknown, rule: unknown, options: CustomOptions): string {
  checkFunction(where, f, `${where}(f, rule)`);
  checkFunction(`${where}, the rule`, rule, `${where}(f, rule)`);
  checkOptions(where, options, ["name"]);
  return options.name ?? ((f as { name: string }).name || where);
}

/** Calls a function as a composite op, with rules for lists in place of trees. */
function custom<A extends readonly unknown[], R>(
  name: string,
  f: (...args: A) => R,
  rules: (tree: FlatTree<A>, form: FlatTree<R>) => Pick<Composite, "vjp" | "jvp">,
): (...args: A) => R {
  return (...args) => {
    const tree = flatten(args, name);
    let form: FlatTree<R> | null = null;
    const compute = (inputs: readonly Tensor[]): readonly Tensor[] => {
      const result = checkSynchronous(name, f(...tree.build(inputs)));
      form = flatten(result, name);
      checkTensors(name, result, form.leaves);
      return form.leaves;
    };
    const composite: Composite = {
      name,
      compute,
      vjp: (g, call) => rules(tree, form!).vjp(g, call),
      jvp: (t, call) => rules(tree, form!).jvp(t, call),
      batch: (call) => batchComposite(composite, call),
    };
    if (tree.leaves.length === 0) return f(...args);
    const outputs = bindComposite(composite, tree.leaves);
    return form!.build(outputs);
  };
}

/** J·ẋ from ȳ ↦ Jᵀ·ȳ, which is linear: its own pullback, wherever it is taken.
 *  (J. Townsend, "A new trick for calculating Jacobian vector products", 2017.) */
const transposedVjp =
  (vjp: Composite["vjp"]): Composite["jvp"] =>
  (tangents, call) => {
    const floats = call.outputs.map((y) => isFloat(y.dtype));
    const zeros = call.outputs.filter((_, i) => floats[i]).map((y) => zerosLike(y.layout));
    let wanted: Derivatives = [];
    const [, pull] = pullbackOf((leaves) => {
      const rest = [...leaves];
      const answer = vjp(
        floats.map((isThere) => (isThere ? rest.shift()! : null)),
        call,
      );
      wanted = tangents.filter((t, i) => t !== null && answer[i]);
      return answer.filter((g, i): g is Tensor => g !== null && tangents[i] !== null);
    }, zeros);
    const moved = pull(wanted);
    return floats.map((isThere) => (isThere ? moved.shift()! : null));
  };

/** Jᵀ·ȳ from ẋ ↦ J·ẋ, in the same way. */
const transposedJvp =
  (jvp: Composite["jvp"]): Composite["vjp"] =>
  (cotangents, call) => {
    const movable = call.inputs.map((x, i) => isFloat(x.dtype) && call.needs(i));
    const zeros = call.inputs.filter((_, i) => movable[i]).map((x) => zerosLike(x.layout));
    let wanted: Derivatives = [];
    const [, pull] = pullbackOf((leaves) => {
      const rest = [...leaves];
      const answer = jvp(
        movable.map((moves) => (moves ? rest.shift()! : null)),
        call,
      );
      wanted = cotangents.filter((g, i) => g !== null && answer[i]);
      return answer.filter((t, i): t is Tensor => t !== null && cotangents[i] !== null);
    }, zeros);
    const gradients = pull(wanted);
    return movable.map((moves) => (moves ? gradients.shift()! : null));
  };

/** What a rule for gradients returned, as a list beside the leaves of the arguments. */
function gradientLeaves(name: string, args: readonly unknown[], gradients: unknown): Derivatives {
  if (!Array.isArray(gradients) || gradients.length !== args.length) {
    throw wrongRule(
      name,
      `${counted(args.length, "gradient")}, one for each argument, in an array`,
      Array.isArray(gradients) ? String(gradients.length) : describeResult(gradients),
      "Return null for arguments that have no gradient.",
    );
  }
  return args.flatMap((arg, i) => pairLeaves(name, arg, gradients[i], `argument ${i}`, true));
}

const tangentLeaves = (name: string, output: unknown, tangent: unknown): Derivatives =>
  pairLeaves(name, output, tangent, "the result", false);

/** The leaves of a derivative, beside those of what it is of. */
function pairLeaves(
  name: string,
  value: unknown,
  derivative: unknown,
  whose: string,
  mayBeNull: boolean,
): (Tensor | null)[] {
  const kind = mayBeNull ? "gradient" : "tangent";
  if (value instanceof Tensor) {
    if (!isFloat(value.dtype)) return [null];
    if (mayBeNull && (derivative === null || derivative === undefined)) return [null];
    return [checkDerivative(name, value, derivative, kind, whose)];
  }
  const { leaves } = flatten(value, name);
  if (leaves.length === 0) return [];
  if (mayBeNull && (derivative === null || derivative === undefined)) return leaves.map(() => null);
  const keys = Object.keys(value as object);
  const isTree = typeof derivative === "object" && derivative !== null;
  if (
    !isTree ||
    derivative instanceof Tensor ||
    Array.isArray(derivative) !== Array.isArray(value)
  ) {
    throw wrongRule(
      name,
      `a ${kind} for ${whose}: a tree of its form (${keys.join(", ")})`,
      describeResult(derivative),
      "Return a tree with a tensor in the place of each tensor.",
    );
  }
  return keys.flatMap((key) =>
    pairLeaves(
      name,
      (value as Record<string, unknown>)[key],
      (derivative as Record<string, unknown>)[key],
      `${whose}${Array.isArray(value) ? `[${key}]` : `.${key}`}`,
      mayBeNull,
    ),
  );
}

function checkDerivative(
  name: string,
  value: Tensor,
  derivative: unknown,
  kind: string,
  whose: string,
): Tensor {
  const { dtype, shape } = value.layout;
  if (derivative instanceof Tensor) {
    if (derivative.dtype === dtype && sameShape(derivative.shape, shape)) return derivative;
  }
  throw wrongRule(
    name,
    `a ${kind} for ${whose} of its shape and dtype, ${dtype} ${showShape(shape)}`,
    describeResult(derivative),
    "Sum over axes that were broadcast, reshape or cast it.",
  );
}

const describeResult = (value: unknown): string =>
  value instanceof Tensor ? `${value.dtype} ${showShape(value.layout.shape)}` : describe(value);

const wrongRule = (name: string, expected: string, got: string, fix: string) =>
  new OpDefinitionError({
    where: `the rule of ${name}`,
    expected: `it to return ${expected}`,
    got,
    fix,
  });
