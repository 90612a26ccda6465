// Points of the plane: their distance from the origin, their direction, their angle. At the origin, where
// none of them has a derivative, the policy's is 0.
import * as s from "../kernel/algebra.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { Saved } from "../op/op.ts";
import type { BinaryFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { square } from "./arith.ts";
import { callBinary, mul, mulZero, neg, pointwise } from "./pointwise.ts";
import { reciprocal } from "./roots.ts";

const domain = [{ avoid: [0] }, { avoid: [0] }];

/** 1/√(a² + b²). */
const inverse = ({ a, b }: Saved): Tensor => reciprocal(hypot(a, b));

/**
 * √(a² + b²) without overflow on the way; infinite if one of them is. Its gradient is the unit vector
 * along (a, b), and 0 at the origin.
 * @example hypot(tensor([3e200], { dtype: "float64" }), 4e200) // [5e200]
 */
export const hypot: OpOf<BinaryFn<"hypot">> = defineOp(
  pointwise({
    name: "hypot",
    arity: 2,
    accepts: "float",
    expr: ([a, b]) => s.hypot(a, b),
    partials: [({ a, b }) => direction(a, b), ({ a, b }) => direction(b, a)],
    domain,
    reference: ([a, b]) => (a * a + b * b) ** 0.5,
  }),
  callBinary("hypot"),
);

/**
 * a / √(a² + b²), the first coordinate of the unit vector along (a, b); 0 at the origin. The derivatives of
 * hypot and atan2 are made of it. @example direction(tensor([3]), 4) // [0.6]
 */
export const direction: OpOf<BinaryFn<"direction">> = defineOp(
  pointwise({
    name: "direction",
    arity: 2,
    accepts: "float",
    expr: ([a, b]) => s.direction(a, b),
    // With (u, v) the unit vector and h the distance: v²/h and −uv/h.
    partials: [
      (saved) => mulZero(square(direction(saved.b, saved.a)), inverse(saved)),
      (saved) => neg(mulZero(mul(saved.y, direction(saved.b, saved.a)), inverse(saved))),
    ],
    domain,
    reference: ([a, b]) => Math.cos(Math.atan2(b, a)),
  }),
  callBinary("direction"),
);

/**
 * The angle of the point (x, y) in (−π, π]: atan(y/x), in the quadrant of the point; signs of zeros count, as
 * in C. The gradient at the origin is 0. @example atan2(tensor([1]), -1) // [2.35619]
 */
export const atan2: OpOf<BinaryFn<"atan2">> = defineOp(
  pointwise({
    name: "atan2",
    arity: 2,
    accepts: "float",
    expr: ([y, x]) => s.atan2(y, x),
    // x/(x² + y²) and −y/(x² + y²).
    partials: [
      (saved) => mulZero(direction(saved.b, saved.a), inverse(saved)),
      (saved) => neg(mulZero(direction(saved.a, saved.b), inverse(saved))),
    ],
    domain,
    // tan(θ/2) = y / (h + x), and where x is negative (h − x) / y.
    reference: ([y, x]) =>
      2 * Math.atan(x > 0 ? y / (Math.hypot(x, y) + x) : (Math.hypot(x, y) - x) / y),
  }),
  callBinary("atan2"),
);
