// What kind of number it is, and whether two are nearly the same. Masks have no gradients.
import * as s from "../kernel/scalar.ts";
import type { Expr } from "../kernel/expr.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { notDifferentiable } from "../op/op.ts";
import { operands } from "../op/operands.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import type { IsCloseFn, UnaryFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { pointwise } from "./pointwise.ts";

function kind(
  name: string,
  expr: (x: Expr) => Expr,
  reference: (x: number) => boolean,
): OpOf<UnaryFn> {
  return defineOp(
    pointwise({
      name,
      arity: 1,
      accepts: "number",
      expr: ([x]) => expr(x),
      partials: notDifferentiable,
      yields: () => "bool",
      reference: ([x]) => Number(reference(x)),
    }),
  );
}

/** 0 for finite numbers, else NaN; so integers need no rule of their own. */
const isZeroGap = (x: Expr): Expr => s.eq(s.sub(x, x), 0);

/** Where it is not a number, as a mask. @example isNaN(tensor([NaN, 1])) // [true, false] */
export const isNaN: OpOf<UnaryFn> = kind("isNaN", (x) => s.ne(x, x), Number.isNaN);

/** Where it is neither infinite nor NaN, as a mask. @example isFinite(tensor([1, Infinity])) // [true, false] */
export const isFinite: OpOf<UnaryFn> = kind("isFinite", isZeroGap, Number.isFinite);

/** Where it is infinite, as a mask. @example isInf(tensor([-Infinity, NaN])) // [true, false] */
export const isInf: OpOf<UnaryFn> = kind(
  "isInf",
  (x) => s.and(s.eq(x, x), s.not(isZeroGap(x))),
  (x) => Math.abs(x) === Infinity,
);

export interface IsCloseOptions {
  /** What the difference may be relative to b. Default: 1e-5. */
  readonly rtol?: number;
  /** What it may be in any case. Default: 1e-8. */
  readonly atol?: number;
  /** Whether two NaN count as close. Default: false. */
  readonly equalNaN?: boolean;
}

type IsCloseAttrs = Required<IsCloseOptions>;

/**
 * Where |a − b| ≤ atol + rtol·|b|, as a mask; infinities are close to themselves alone.
 * @throws OptionError for tolerances that are negative or no numbers.
 * @example isClose(tensor([1, 2]), tensor([1.000001, 2.1])) // [true, false]
 */
export const isClose: OpOf<IsCloseFn<IsCloseOptions>, IsCloseAttrs> = defineOp<
  IsCloseFn<IsCloseOptions>,
  IsCloseAttrs
>(
  pointwise<IsCloseAttrs>({
    name: "isClose",
    arity: 2,
    accepts: "float",
    expr: ([a, b], { rtol, atol, equalNaN }) => {
      const gap = s.abs(s.sub(a, b));
      const isNear = s.and(isZeroGap(b), s.le(gap, s.add(atol, s.mul(rtol, s.abs(b)))));
      const isSame = s.or(s.eq(a, b), isNear);
      return equalNaN ? s.or(isSame, s.and(s.ne(a, a), s.ne(b, b))) : isSame;
    },
    partials: notDifferentiable,
    yields: () => "bool",
    domain: [{ lattice: 0 }, { lattice: 0.3 }],
    attrs: (draw) => ({
      rtol: draw.pick([0, 0.45]),
      atol: draw.pick([0, 0.45]),
      equalNaN: draw.pick([false, true]),
    }),
    reference: ([a, b], { rtol, atol }) =>
      Number(a === b || Math.max(a, b) - Math.min(a, b) <= atol + rtol * Math.abs(b)),
  }),
  (apply) =>
    (a: Tensor | number, b: Tensor | number, options: IsCloseOptions = {}) => {
      checkOptions("isClose", options, ["rtol", "atol", "equalNaN"]);
      const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = options;
      for (const [name, value] of Object.entries({ rtol, atol })) {
        if (typeof value === "number" && value >= 0) continue;
        throw new OptionError({
          where: "isClose",
          expected: `${name}: a number >= 0`,
          got: brief(value),
          fix: "Leave it out for the default.",
        });
      }
      return apply(operands("isClose", a, b), { rtol, atol, equalNaN });
    },
);
