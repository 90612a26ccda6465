// Forward mode: values that carry a tangent.
import type { Attrs } from "../op/attrs.ts";
import { bind } from "../op/bind.ts";
import { withTrace } from "../op/entry.ts";
import { inspector } from "../op/inspector.ts";
import { notDifferentiable, type Op } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { zerosLike } from "../op/rules.ts";
import { SavedCall } from "../op/saved.ts";
import { expand } from "../ops/move.ts";
import { describe, isFloat } from "../tensor/dtype.ts";
import { DTypeError, OpDefinitionError, OptionError } from "../tensor/errors.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { counted } from "../tensor/words.ts";
import { checkCotangent } from "./backward.ts";
import { BaseTrace, checkFunction, checkSynchronous, checkTensors } from "./trace.ts";
import { flatten, leavesLike } from "./tree.ts";

/** Nested forward modes have levels of their own, so that their tangents are never confused. */
class ForwardTrace extends BaseTrace {
  readonly name = "jvp";

  protected interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    const values = inputs.map((tensor) => this.unbox(tensor));
    const results = bind(op, values, attrs);
    if (op.jvp === notDifferentiable) return results;
    const tangents = inputs.map((t) => this.tangentOf(t));
    const { jvp } = op;
    const call = new SavedCall(op, attrs, values, results, false);
    const rule = inspector?.rule
      ? inspector.rule(call, null, () => jvp(tangents, call))
      : jvp(tangents, call);
    const list = Array.isArray(rule) ? (rule as readonly (Tensor | null)[]) : [rule as Tensor];
    if (list.length > results.length) throw tooMany(op, list.length, results.length);
    return results.map((y, i) => {
      const tangent = i < list.length ? list[i] : null;
      return tangent !== null && isFloat(y.dtype) ? this.box(y, y.layout, fit(op, tangent, y)) : y;
    });
  }

  tangentOf(tensor: Tensor): Tensor | null {
    return this.owns(tensor) ? tensor.box!.tangent : null;
  }
}

const tooMany = (op: Op, got: number, outputs: number) =>
  new OpDefinitionError({
    where: `jvp of ${op.name}`,
    expected: `a tangent for ${outputs === 1 ? "the output" : `each of ${outputs} outputs`}`,
    got: counted(got, "tangent"),
    fix: "Mend the op's jvp.",
  });

/** A pointwise rule may return a tangent that still has to broadcast. */
function fit(op: Op, tangent: Tensor, y: Tensor): Tensor {
  const { shape, dtype } = y.layout;
  if (tangent instanceof Tensor && tangent.dtype === dtype) {
    if (sameShape(tangent.shape, shape)) return tangent;
    if (op.broadcasts) return expand(tangent, shape);
  }
  throw new OpDefinitionError({
    where: `jvp of ${op.name}`,
    expected: `a tangent of the output's shape and dtype, ${dtype} ${showShape(shape)}`,
    got:
      tangent instanceof Tensor
        ? `${tangent.dtype} ${showShape(tangent.shape)}`
        : describe(tangent),
    fix: "Mend the op's jvp.",
  });
}

function checkList(what: string, list: unknown): void {
  if (Array.isArray(list)) return;
  throw new OptionError({
    where: "jvp",
    expected: `an array of ${what}`,
    got: list instanceof Tensor ? "a tensor" : describe(list),
    fix: "Write jvp(f, [x], [dx]).",
  });
}

/**
 * The value of f and its derivative along tangents: ẏ = ∂f/∂x · ẋ (forward mode). Arguments may be
 * trees of tensors, with tangents of the same form, and so may the value.
 * @throws ShapeError or DTypeError when a tangent does not fit its argument.
 * @example
 * const [y, dy] = jvp((x: Tensor) => sin(x), [x], [ones(x.shape)]);
 */
export function jvp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  primals: A,
  tangents: NoInfer<A>,
): [R, R] {
  checkFunction("jvp", f, "jvp((x) => sin(x), [x], [dx])");
  checkList("arguments", primals);
  checkList("tangents", tangents);
  if (primals.length !== tangents.length) {
    throw new OptionError({
      where: "jvp",
      expected: `${counted(primals.length, "tangent")}, one for each argument`,
      got: String(tangents.length),
      fix: "Pass zeros for arguments that do not move.",
    });
  }
  const args = primals.map((primal, i) => checkArgument(primal, tangents[i], i));
  return withTrace(
    (level) => new ForwardTrace(level),
    (trace) => {
      const boxed = args.map(({ tree, moves }) =>
        tree.build(tree.leaves.map((x, i) => trace.box(x, x.layout, moves[i]))),
      );
      const result = checkSynchronous("jvp", f(...(boxed as unknown as A)));
      const { leaves, build } = flatten(result, "jvp");
      checkTensors("jvp", result, leaves);
      return [
        build(leaves.map((y) => trace.unbox(y))),
        build(leaves.map((y) => trace.tangentOf(y) ?? zerosLike(y.layout))),
      ];
    },
  );
}

/** An argument as a list of tensors, each with its tangent. */
function checkArgument(primal: unknown, tangent: unknown, index: number) {
  const tree = flatten(primal, "jvp");
  if (tree.leaves.length === 0) requireTensor("jvp", primal);
  const moves = leavesLike(tree, tangent, "jvp", `a tangent for argument ${index}`);
  tree.leaves.forEach((x, i) => {
    checkCotangent("jvp", x, moves[i]);
    if (isFloat(x.dtype)) return;
    throw new DTypeError({
      where: "jvp",
      expected: `a floating-point tensor as argument ${index}`,
      got: `${x.dtype}${tree.paths[i] && ` at ${tree.paths[i]}`}`,
      fix: "Integers have no tangents: close over them instead.",
    });
  });
  return { tree, moves };
}

/** The engine's own form of jvp: of lists, with null for a tangent that is zero. */
export function tangentsOf(
  f: (inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): [outputs: readonly Tensor[], tangents: (Tensor | null)[]] {
  return withTrace(
    (level) => new ForwardTrace(level),
    (trace) => {
      const boxed = inputs.map((x, i) => (tangents[i] ? trace.box(x, x.layout, tangents[i]) : x));
      const outputs = f(boxed);
      return [outputs.map((y) => trace.unbox(y)), outputs.map((y) => trace.tangentOf(y))];
    },
  );
}
