import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { operands } from "../op/operands.ts";
import type { LerpFn } from "../tensor/signatures.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./arith.ts";
import { pointwise } from "./pointwise.ts";

/**
 * a + weight·(b − a): from a to b as the weight goes from 0 to 1, exactly a and b at the ends, and beyond
 * them outside of [0, 1]. All three broadcast, each may be a number.
 * @example lerp(tensor([0, 10]), tensor([1, 20]), 0.5) // [0.5, 15]
 */
export const lerp: OpOf<LerpFn> = defineOp(
  pointwise({
    name: "lerp",
    arity: 3,
    accepts: "float",
    expr: ([a, b, weight]) => {
      // From the nearer end, so that each is hit exactly; at the ends the other one may be infinite.
      const gap = s.sub(b, a);
      const fromA = s.add(a, s.mulZero(weight, gap));
      const fromB = s.sub(b, s.mulZero(s.sub(1, weight), gap));
      return s.select(s.lt(weight, 0.5), fromA, fromB);
    },
    partials: [({ c }) => sub(1, c), ({ c }) => c, ({ a, b }) => sub(b, a)],
    reference: ([a, b, weight]) => (1 - weight) * a + weight * b,
  }),
  (apply) => (a: Tensor | number, b: Tensor | number, weight: Tensor | number) =>
    apply(operands("lerp", a, b, weight), {}),
);
