// The family of pointwise ops, and those of it that its own derivatives are made of.
import * as s from "../kernel/scalar.ts";
import type { Expr } from "../kernel/expr.ts";
import type { Spec } from "../kernel/kernel.ts";
import { noAttrs, type Attrs } from "../op/attrs.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import {
  notDifferentiable,
  type BatchedCall,
  type JvpRule,
  type NotDifferentiable,
  type OpRecord,
  type Saved,
  type VjpRule,
} from "../op/op.ts";
import { bind } from "../op/bind.ts";
import {
  booleans,
  drawBroadcastable,
  drawShape,
  integers,
  reals,
  type Domain,
  type Draw,
  type Sample,
} from "../op/samples.ts";
import { checkOperands, operands, type Accepts } from "../op/operands.ts";
import type { BinaryFn, UnaryFn } from "../tensor/signatures.ts";
import { broadcastShapes } from "../tensor/shape.ts";
import { describe, type DType } from "../tensor/dtype.ts";
import { OpDefinitionError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./move.ts";

/** The derivative of the output by one input, in differentiable ops; a number where constant. */
export type PartialDerivative<A extends Attrs> = (saved: Saved<A>) => Tensor | number;

export interface PointwiseSpec<A extends Attrs> {
  readonly name: string;
  readonly arity: number;
  /** What it computes, once for all executors. */
  readonly expr: (inputs: Expr[], attrs: A) => Expr;
  /** ∂output/∂input for each input; both vjp and jvp are made of them. */
  readonly partials: readonly PartialDerivative<A>[] | NotDifferentiable;
  /** Which dtypes it takes (all inputs have one and the same). */
  readonly accepts: Accepts;
  /** What the error for another dtype suggests beside a cast. */
  readonly advice?: string;
  /** The output's dtype, where it is not the inputs'. */
  readonly yields?: (attrs: A) => DType;
  /** Numbers to sample from, one domain for all inputs or one for each. Default: [-2, 2]. */
  readonly domain?: Domain | readonly Domain[];
  readonly attrs?: (draw: Draw) => A;
  /** The value by a scalar formula of its own, in plain JavaScript numbers. */
  readonly reference: (inputs: number[], attrs: A) => number;
}

/** The record of an op that computes a scalar expression for each element. */
export function pointwise<A extends Attrs = Attrs>(spec: PointwiseSpec<A>): OpRecord<A> {
  checkSpec(spec);
  const { name, arity, partials } = spec;
  const differentiable = partials !== notDifferentiable;
  return {
    name,
    arity,
    broadcasts: true,
    shape: (inputs, attrs) => {
      const dtype = checkOperands(name, inputs, spec.accepts, spec.advice);
      return [{ shape: broadcastSpecs(name, inputs), dtype: spec.yields?.(attrs) ?? dtype }];
    },
    body: (k, inputs, attrs) => [k.map(inputs, (...exprs) => spec.expr(exprs, attrs))],
    vjp: differentiable ? partials.map(vjpOfPartial) : notDifferentiable,
    jvp: differentiable ? jvpOfPartials(partials) : notDifferentiable,
    batch: batchPointwise,
    samples: (draw) => ({
      inputs: samplePointwise(draw, spec),
      attrs: spec.attrs?.(draw) ?? (noAttrs as A),
    }),
    reference: (inputs, attrs) => {
      const shape = broadcastShapes(
        name,
        inputs.map((x) => x.shape),
      );
      return NDArray.build(shape, (index) =>
        spec.reference(
          inputs.map((x) => x.at(index)),
          attrs,
        ),
      );
    },
  };
}

function checkSpec<A extends Attrs>(spec: PointwiseSpec<A>): void {
  const { name, expr, partials, accepts, reference } = spec ?? {};
  const complain = (expected: string, got: unknown) =>
    new OpDefinitionError({
      where: name ? `pointwise(${name})` : "pointwise",
      expected,
      got: got === undefined ? "none" : describe(got),
      fix: "Mend the op's record.",
    });
  if (typeof expr !== "function") throw complain("a field expr: a function", expr);
  if (typeof reference !== "function") throw complain("a field reference: a function", reference);
  if (!Array.isArray(partials) && partials !== notDifferentiable) {
    throw complain("a field partials: an array of functions, or notDifferentiable", partials);
  }
  if (Object.hasOwn(kinds, accepts)) return;
  throw complain(`a field accepts: ${Object.keys(kinds).join(", ")}`, accepts);
}

export const broadcastSpecs = (where: string, inputs: readonly Spec[]) =>
  broadcastShapes(
    where,
    inputs.map((input) => input.shape),
  );

/** ȳ · ∂y/∂x, where a factor of 0 wins against inf and NaN. */
const vjpOfPartial =
  <A extends Attrs>(partial: PartialDerivative<A>): VjpRule<A> =>
  (g, saved) =>
    scale(g, partial(saved));

/** Σ ẋ · ∂y/∂x. */
const jvpOfPartials =
  <A extends Attrs>(partials: readonly PartialDerivative<A>[]): JvpRule<A> =>
  (tangents, saved) => {
    let total: Tensor | null = null;
    tangents.forEach((tangent, i) => {
      const term = tangent && scale(tangent, partials[i](saved));
      if (term) total = total ? add(total, term) : term;
    });
    return [total];
  };

function scale(g: Tensor, factor: Tensor | number): Tensor | null {
  if (typeof factor !== "number") return mulZero(g, factor);
  if (factor === 0) return null;
  if (factor === 1) return g;
  return factor === -1 ? neg(g) : mul(g, factor);
}

/** The same expression: only the ranks of what has the batch in front must be made to agree. */
function batchPointwise({ op, inputs, batched, attrs }: BatchedCall<Attrs>) {
  const rank = Math.max(...inputs.map((x, i) => x.rank - (batched[i] ? 1 : 0)));
  const aligned = inputs.map((x, i) => {
    const missing = batched[i] ? rank + 1 - x.rank : 0;
    if (missing === 0) return x;
    const [size, ...rest] = x.shape;
    return bind(reshape.op, [x], { shape: [size, ...Array(missing).fill(1), ...rest] })[0];
  });
  return bind(op, aligned, attrs);
}

/** The first shape is whole, the others broadcast to it, in any order. */
function samplePointwise<A extends Attrs>(draw: Draw, spec: PointwiseSpec<A>): Sample["inputs"] {
  const { arity, domain = {}, accepts } = spec;
  const shape = drawShape(draw);
  const whole = draw.int(0, arity - 1);
  const kind = draw.pick(kinds[accepts]);
  return Array.from({ length: arity }, (_, i) => {
    const own = i === whole ? shape : drawBroadcastable(draw, shape);
    if (kind === "bool") return booleans(draw, own);
    if (kind === "int32") return integers(draw, own, -4, 5);
    return reals(draw, own, "length" in domain ? domain[i] : domain);
  });
}

const kinds: Record<Accepts, readonly ("float" | "int32" | "bool")[]> = {
  float: ["float"],
  number: ["float", "float", "int32"],
  any: ["float", "float", "int32", "bool"],
  bool: ["bool"],
  int: ["int32"],
};

/** The call of an op of two operands, either of which may be a JavaScript number. */
export const callBinary =
  (name: string) =>
  (apply: (inputs: Tensor[], attrs: Attrs) => Tensor) =>
  (a: Tensor | number, b: Tensor | number) =>
    apply(operands(name, a, b), noAttrs);

export const neg: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "neg",
    arity: 1,
    accepts: "number",
    expr: ([x]) => s.neg(x),
    partials: [() => -1],
    reference: ([x]) => 0 - x,
  }),
);

export const add: OpOf<BinaryFn<"add">> = defineOp(
  pointwise({
    name: "add",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.add(a, b),
    partials: [() => 1, () => 1],
    reference: ([a, b]) => a + b,
  }),
  callBinary("add"),
);

export const mul: OpOf<BinaryFn<"mul">> = defineOp(
  pointwise({
    name: "mul",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.mul(a, b),
    partials: [({ b }) => b, ({ a }) => a],
    reference: ([a, b]) => a * b,
  }),
  callBinary("mul"),
);

/** The product, but 0 wherever one factor is 0, even if the other is infinite or NaN. Derivative
 *  rules multiply by it: where a cotangent is 0, the derivative behind it does not matter. */
export const mulZero: OpOf<BinaryFn<"mulZero">> = defineOp(
  pointwise({
    name: "mulZero",
    arity: 2,
    accepts: "float",
    expr: ([a, b]) => s.mulZero(a, b),
    partials: [({ b }) => b, ({ a }) => a],
    reference: ([a, b]) => (a === 0 || b === 0 ? 0 : a * b),
  }),
  callBinary("mulZero"),
);
