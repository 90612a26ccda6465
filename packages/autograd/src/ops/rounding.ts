// Rounding to integers. All of them are constant between their jumps: their derivatives are 0.
import * as s from "../kernel/scalar.ts";
import type { Expr } from "../kernel/expr.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { UnaryFn } from "../tensor/signatures.ts";
import { pointwise } from "./pointwise.ts";

function rounding(
  name: string,
  expr: (x: Expr) => Expr,
  reference: (x: number) => number,
): OpOf<UnaryFn> {
  return defineOp(
    pointwise({
      name,
      arity: 1,
      accepts: "number",
      expr: ([x]) => expr(x),
      partials: [() => 0],
      // Neither integers nor the middle between two of them.
      domain: { lattice: 0.2 },
      reference: ([x]) => reference(x),
    }),
  );
}

/** The integer part towards zero, by division. */
const whole = (x: number): number => x - (x % 1);

/** The largest integer that is not above x. @example floor(tensor([1.7, -1.7])) // [1, -2] */
export const floor = rounding("floor", s.floor, (x) => whole(x) - (x < whole(x) ? 1 : 0));

/** The smallest integer that is not below x. @example ceil(tensor([1.2, -1.2])) // [2, -1] */
export const ceil = rounding("ceil", s.ceil, (x) => whole(x) + (x > whole(x) ? 1 : 0));

/** The nearest integer, from the middle between two the even one, as NumPy and PyTorch do.
 *  @example round(tensor([0.5, 1.5, 2.5])) // [0, 2, 2] */
export const round = rounding("round", s.round, (x) => whole(x) + whole(2 * (x - whole(x))));

/** The integer part: towards zero. @example trunc(tensor([1.7, -1.7])) // [1, -1] */
export const trunc = rounding("trunc", s.trunc, whole);
