// Forward mode: values that carry a tangent.
import type { Attrs } from "../op/attrs.ts";
import { bind } from "../op/bind.ts";
import { withTrace } from "../op/entry.ts";
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
import { BaseTrace, checkFunction, checkTensor } from "./trace.ts";

/** Nested forward modes have levels of their own, so that their tangents are never confused. */
class ForwardTrace extends BaseTrace {
  readonly name = "jvp";

  protected interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    const values = inputs.map((tensor) => this.unbox(tensor));
    const results = bind(op, values, attrs);
    if (op.jvp === notDifferentiable) return results;
    const tangents = inputs.map((t) => (this.owns(t) ? t.box!.tangent : null));
    const rule = op.jvp(tangents, new SavedCall(op, attrs, values, results, false));
    const list = Array.isArray(rule) ? (rule as readonly (Tensor | null)[]) : [rule as Tensor];
    return results.map((y, i) => {
      const tangent = i < list.length ? list[i] : null;
      return tangent !== null && isFloat(y.dtype) ? this.box(y, y.layout, fit(op, tangent, y)) : y;
    });
  }
}

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
 * The value of f and its derivative along tangents: ẏ = ∂f/∂x · ẋ (forward mode).
 * @throws ShapeError or DTypeError when a tangent does not fit its argument.
 * @example
 * const [y, dy] = jvp((x: Tensor) => sin(x), [x], [ones(x.shape)]);
 */
export function jvp<A extends readonly Tensor[]>(
  f: (...args: A) => Tensor,
  primals: A,
  tangents: A,
): [Tensor, Tensor] {
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
  primals.forEach((primal, i) => {
    requireTensor("jvp", primal);
    checkCotangent("jvp", primal, tangents[i]);
    if (isFloat(primal.dtype)) return;
    throw new DTypeError({
      where: "jvp",
      expected: `a floating-point tensor as argument ${i}`,
      got: primal.dtype,
      fix: "Integers have no tangents: close over them instead.",
    });
  });
  return withTrace(
    (level) => new ForwardTrace(level),
    (trace) => {
      const boxed = primals.map((primal, i) => trace.box(primal, primal.layout, tangents[i]));
      const output = checkTensor("jvp", f(...(boxed as unknown as A)));
      return trace.owns(output)
        ? [output.box!.value, output.box!.tangent!]
        : [output, zerosLike(output.layout)];
    },
  );
}
