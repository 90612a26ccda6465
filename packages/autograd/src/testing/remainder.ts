// The Taylor remainder of a function of tensors along a direction.
import { jvp } from "../grad/forward.ts";
import { vjp } from "../grad/reverse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { along, derivativeOf, tensorOf, weighted } from "./derivatives.ts";
import { diagnose, type Diagnosis, type Fn } from "./diagnose.ts";
import { dot, weights } from "./numeric.ts";
import { remainderSlope, type Slope } from "./taylor.ts";

/**
 * How |φ(t) − φ(0) − t·φ'(0) (− t²/2·φ''(0))| falls with t, where φ(t) = ⟨w, f(x + t·d)⟩ for a fixed
 * direction d; φ' is from reverse mode and φ'' from forward mode over it. With the right derivatives
 * up to the given order it falls as t^(order + 1).
 */
export function remainder(f: Fn, inputs: readonly Tensor[], order: 1 | 2, salt = 0): Slope {
  const scalar = weighted(f, 1 + salt);
  const directions = inputs.map((x, i) => weights(x.size, 70 + salt + i));
  const tangents = directions.map((d, i) => tensorOf(d, inputs[i].shape));
  const slopeAt = (...xs: Tensor[]): Tensor[] => vjp(scalar, ...xs)[1](tensorOf([1], []));
  const y = f(...inputs).data;
  const terms = weights(y.length, 1 + salt);
  const magnitude = terms.reduce((total, w, i) => total + Math.abs(w * y[i]), 0);
  const coefficients = [dot(y, terms)];
  coefficients.push(
    slopeAt(...inputs).reduce((total, g, i) => total + dot(g.data, directions[i]), 0),
  );
  if (order === 2) {
    const curvature = inputs.map((_, i) => {
      const [, bend] = jvp((...xs: Tensor[]) => slopeAt(...xs)[i], [...inputs], tangents);
      return dot(bend.data, directions[i]);
    });
    coefficients.push(curvature.reduce((a, b) => a + b, 0) / 2);
  }
  const line = (step: number): number => scalar(...along(inputs, directions, step)).item();
  return remainderSlope(line, coefficients, magnitude);
}

/** What may be the matter where a remainder does not fall as it should. */
export function diagnoseRemainder(f: Fn, inputs: readonly Tensor[], order: 1 | 2): Diagnosis {
  const judged = derivativeOf(f, inputs, order);
  const scalar = weighted(judged, 1);
  const directions = inputs.map((x, i) => weights(x.size, 70 + i));
  const line = (step: number): number => scalar(...along(inputs, directions, step)).item();
  return diagnose(line, judged, inputs);
}
