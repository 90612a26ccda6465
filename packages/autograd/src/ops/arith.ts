// Arithmetic. Each record stands beside its derivative: ∂y/∂x in differentiable ops.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { requireTensor } from "../op/operands.ts";
import type { Draw } from "../op/samples.ts";
import type { BinaryFn, UnaryFn } from "../tensor/signatures.ts";
import { checkNumber } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { brief } from "../tensor/words.ts";
import type { ShapeOf } from "../shapes/dims.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { ge, gt, logicalAnd, lt } from "./compare.ts";
import { add, callBinary, mul, neg, pointwise } from "./pointwise.ts";
import { round } from "./rounding.ts";

/** a − b. */
export const sub: OpOf<BinaryFn<"sub">> = defineOp(
  pointwise({
    name: "sub",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.sub(a, b),
    partials: [() => 1, () => -1],
    reference: ([a, b]) => a - b,
  }),
  callBinary("sub"),
);

/** a / b, on floats. For integers see floorDivide. */
export const div: OpOf<BinaryFn<"div">> = defineOp(
  pointwise({
    name: "div",
    arity: 2,
    accepts: "float",
    advice: "For whole quotients use floorDivide.",
    expr: ([a, b]) => s.div(a, b),
    partials: [({ b }) => div(1, b), ({ b, y }) => neg(div(y, b))],
    domain: [{}, { avoid: [0] }],
    reference: ([a, b]) => a / b,
  }),
  callBinary("div"),
);

/** x². */
export const square: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "square",
    arity: 1,
    accepts: "number",
    expr: ([x]) => s.mul(x, x),
    partials: [({ x }) => mul(2, x)],
    reference: ([x]) => x * x,
  }),
);

/** √x. Its derivative at 0 is infinite; a cotangent of 0 makes it 0. */
export const sqrt: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "sqrt",
    arity: 1,
    accepts: "float",
    expr: ([x]) => s.sqrt(x),
    partials: [({ y }) => div(0.5, y)],
    domain: { min: 0.05, max: 4 },
    reference: ([x]) => x ** 0.5,
  }),
);

/** −1, 0 or 1. Its derivative is 0. */
export const sign: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "sign",
    arity: 1,
    accepts: "number",
    expr: ([x]) => s.sign(x),
    partials: [() => 0],
    domain: { avoid: [0] },
    reference: ([x]) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  }),
);

/** |x|. Its derivative at the kink 0 is 0. */
export const abs: OpOf<UnaryFn> = defineOp(
  pointwise({
    name: "abs",
    arity: 1,
    accepts: "number",
    expr: ([x]) => s.abs(x),
    partials: [({ x }) => sign(x)],
    domain: { avoid: [0] },
    reference: ([x]) => (x < 0 ? -x : x),
  }),
);

/** 1 where a > b, ½ where they are equal, else 0: what the larger one gets of a gradient. */
const share = (a: Tensor, b: Tensor): Tensor =>
  mul(0.5, add(cast(gt(a, b), a.dtype), cast(ge(a, b), a.dtype)));

/** The larger of two numbers; NaN if one is. At a tie each gets half of the gradient. */
export const maximum: OpOf<BinaryFn<"maximum">> = defineOp(
  pointwise({
    name: "maximum",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.max(a, b),
    partials: [({ a, b }) => share(a, b), ({ a, b }) => share(b, a)],
    domain: [{ lattice: 0 }, { lattice: 0.25 }],
    reference: ([a, b]) => (a > b ? a : b),
  }),
  callBinary("maximum"),
);

/** The smaller of two numbers; NaN if one is. At a tie each gets half of the gradient. */
export const minimum: OpOf<BinaryFn<"minimum">> = defineOp(
  pointwise({
    name: "minimum",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.min(a, b),
    partials: [({ a, b }) => share(b, a), ({ a, b }) => share(a, b)],
    domain: [{ lattice: 0 }, { lattice: 0.25 }],
    reference: ([a, b]) => (a < b ? a : b),
  }),
  callBinary("minimum"),
);

type ClampAttrs = { readonly min: number; readonly max: number };

export interface ClampOptions {
  /** Default: no lower limit. */
  readonly min?: number;
  /** Default: no upper limit. */
  readonly max?: number;
}

/** x limited to [min, max]. The derivative is 1 strictly between the limits, else 0.
 *  @throws OptionError when min > max. @example clamp(x, { min: 0, max: 1 }) */
export const clamp: OpOf<
  <T extends Tensor>(x: T, options: ClampOptions) => Tensor<ShapeOf<T>>,
  ClampAttrs
> = defineOp<<T extends Tensor>(x: T, options: ClampOptions) => Tensor<ShapeOf<T>>, ClampAttrs>(
  pointwise<ClampAttrs>({
    name: "clamp",
    arity: 1,
    accepts: "number",
    expr: ([x], { min, max }) => {
      const low = min === -Infinity ? x : s.max(x, min);
      return max === Infinity ? low : s.min(low, max);
    },
    partials: [({ x, attrs: { min, max } }) => cast(logicalAnd(gt(x, min), lt(x, max)), x.dtype)],
    domain: { avoid: [-1, 1] },
    attrs: (draw: Draw) =>
      draw.pick([
        { min: -1, max: 1 },
        { min: -1, max: Infinity },
        { min: -Infinity, max: 1 },
      ]),
    reference: ([x], { min, max }) => (x < min ? min : x > max ? max : x),
  }),
  (apply) => (x: Tensor, options: ClampOptions) => {
    requireTensor("clamp", x);
    checkOptions("clamp", options, ["min", "max"]);
    const { min = -Infinity, max = Infinity } = options;
    for (const limit of [min, max]) {
      if (Number.isFinite(limit)) checkNumber("clamp", limit, x.dtype);
    }
    const areNumbers = [min, max].every((x) => typeof x === "number" && !Number.isNaN(x));
    if (areNumbers && min <= max) return apply([x], { min, max });
    throw new OptionError({
      where: "clamp",
      expected: "numbers min <= max",
      got: `min ${brief(min)}, max ${brief(max)}`,
      fix: areNumbers
        ? "Exchange them."
        : "Pass numbers, or leave out the limit that there is not.",
    });
  },
);

/**
 * The whole quotient ⌊a / b⌋, for floats and integers (where a division by 0 gives 0). It is the one that
 * `remainder` is left of, as in Python: of 1 and 0.1 it is 9, since 0.1 is a little more than a tenth.
 * @example floorDivide(tensor([7, -7]), 2) // [3, -4]
 */
export const floorDivide: OpOf<BinaryFn<"floorDivide">> = defineOp(
  pointwise({
    name: "floorDivide",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.floorDivide(a, b),
    partials: [() => 0, () => 0],
    // Quotients stay between two integers: a in (0, 1), b in (1, 2), or the other way round.
    domain: [
      { min: 0.1, max: 0.9 },
      { min: 1.1, max: 1.9 },
    ],
    reference: ([a, b]) => (Number.isInteger(a) && b === 0 ? 0 : Math.floor(a / b)),
  }),
  callBinary("floorDivide"),
);

/** a − b·⌊a / b⌋: the remainder with the sign of b, as in Python. */
export const remainder: OpOf<BinaryFn<"remainder">> = defineOp(
  pointwise({
    name: "remainder",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.remainder(a, b),
    partials: [() => 1, ({ a, b }) => neg(floorDivide(a, b))],
    domain: [
      { min: -0.9, max: -0.1 },
      { min: 1.1, max: 1.9 },
    ],
    reference: ([a, b]) => (Number.isInteger(a) && b === 0 ? 0 : a - b * Math.floor(a / b)),
  }),
  callBinary("remainder"),
);

/** The remainder with the sign of a, as C's fmod has it: a − b·trunc(a / b). (For integers, where b is 0:
 *  0.) @example fmod(tensor([-5, 5]), 3) // [-2, 2] */
export const fmod: OpOf<BinaryFn<"fmod">> = defineOp(
  pointwise({
    name: "fmod",
    arity: 2,
    accepts: "number",
    expr: ([a, b]) => s.fmod(a, b),
    // The quotient by what is left, since that of a / b may be rounded across an integer.
    partials: [() => 1, ({ a, b, y }) => neg(round(div(sub(a, y), b)))],
    domain: [
      { min: -4.4, max: -3.9 },
      { min: 1.6, max: 1.9 },
    ],
    reference: ([a, b]) => (Number.isInteger(a) && b === 0 ? 0 : a - b * Math.trunc(a / b)),
  }),
  callBinary("fmod"),
);
