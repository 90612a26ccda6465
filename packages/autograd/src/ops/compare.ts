// Comparisons, logic on masks, and the choice between two tensors. Masks have no gradients.
import * as s from "../kernel/scalar.ts";
import type { Expr } from "../kernel/expr.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { notDifferentiable } from "../op/op.ts";
import { checkOperands, operands, type Accepts } from "../op/operands.ts";
import { booleans, drawBroadcastable, drawShape, reals } from "../op/samples.ts";
import type { BinaryFn, UnaryFn, WhereFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { broadcastSpecs, callBinary, pointwise } from "./pointwise.ts";
import { zerosLike } from "../op/rules.ts";

function predicate<Name extends string>(
  name: Name,
  accepts: Accepts,
  expr: (a: Expr, b: Expr) => Expr,
  reference: (a: number, b: number) => boolean,
) {
  return defineOp<BinaryFn<Name>>(
    pointwise({
      name,
      arity: 2,
      accepts,
      expr: ([a, b]) => expr(a, b),
      partials: notDifferentiable,
      yields: () => "bool",
      reference: ([a, b]) => Number(reference(a, b)),
    }),
    callBinary(name),
  );
}

/** a = b, as a mask; NaN equals nothing. */
export const eq = predicate("eq", "any", s.eq, (a, b) => a === b);
/** a ≠ b, as a mask. */
export const ne = predicate("ne", "any", s.ne, (a, b) => a !== b);
/** a < b, as a mask. */
export const lt = predicate("lt", "number", s.lt, (a, b) => a < b);
/** a ≤ b, as a mask. */
export const le = predicate("le", "number", s.le, (a, b) => a <= b);
/** a > b, as a mask. */
export const gt = predicate("gt", "number", s.gt, (a, b) => a > b);
/** a ≥ b, as a mask. */
export const ge = predicate("ge", "number", s.ge, (a, b) => a >= b);

/** Both masks hold. */
export const logicalAnd = predicate("logicalAnd", "bool", s.and, (a, b) => a + b === 2);
/** One of the masks holds, or both. */
export const logicalOr = predicate("logicalOr", "bool", s.or, (a, b) => a + b > 0);
/** Exactly one of the masks holds. */
export const logicalXor = predicate("logicalXor", "bool", s.xor, (a, b) => a + b === 1);

/** The mask turned around. */
export const logicalNot: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "logicalNot",
    arity: 1,
    accepts: "bool",
    expr: ([x]) => s.not(x),
    partials: notDifferentiable,
    yields: () => "bool",
    reference: ([x]) => 1 - x,
  }),
);

/** `a` where the mask holds, else `b`. The gradient goes to what was chosen; what was not chosen
 *  does not matter, even if it is infinite or NaN. @example where(gt(x, 0), x, 0) */
export const where: OpOf<WhereFn> = defineOp(
  {
    ...pointwise({
      name: "where",
      arity: 3,
      accepts: "any",
      expr: ([condition, a, b]) => s.select(condition, a, b),
      partials: notDifferentiable,
      reference: ([condition, a, b]) => (condition === 1 ? a : b),
    }),
    shape: (inputs) => {
      checkOperands("where (condition)", [inputs[0]], "bool");
      const dtype = checkOperands("where", inputs.slice(1), "any");
      return [{ shape: broadcastSpecs("where", inputs), dtype }];
    },
    vjp: [null, (g, { a }) => where(a, g, 0), (g, { a }) => where(a, 0, g)],
    jvp: ([, ta, tb], saved) => {
      const { a } = saved;
      return [where(a, ta ?? zerosLike(saved.spec(1)), tb ?? zerosLike(saved.spec(2)))];
    },
    samples: (draw) => {
      const shape = drawShape(draw);
      const [c, a, b] = [0, 1, 2].map(() => drawBroadcastable(draw, shape));
      return { inputs: [booleans(draw, c), reals(draw, a), reals(draw, b)], attrs: {} };
    },
  },
  (apply) => (condition: Tensor, a: Tensor | number, b: Tensor | number) =>
    apply([condition, ...operands("where", a, b)], {}),
);
