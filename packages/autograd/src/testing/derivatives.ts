// One order of derivatives in one mode against differences.
import { jvp } from "../grad/forward.ts";
import { vjp } from "../grad/reverse.ts";
import { sum } from "../ops/move.ts";
import { add, mul } from "../ops/pointwise.ts";
import { wrap } from "../tensor/create.ts";
import { showElement, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Fn } from "./diagnose.ts";
import type { Judge } from "./judge.ts";
import { dot, moved, movedAlong, weights } from "./numeric.ts";

export type Mode = "reverse" | "forward";

/** ⟨w, f(x)⟩ for fixed weights w. */
export function weighted(f: Fn, salt: number): Fn {
  return (...inputs) => {
    const y = f(...inputs);
    return sum(mul(y, weightsLike(y, salt)));
  };
}

/** x ↦ ⟨u, ∇f(x)⟩: a scalar function whose gradient has the second derivatives of f. */
function gradientAlong(f: Fn, inputs: readonly Tensor[], salt: number): Fn {
  const directions = inputs.map((x, i) => weightsLike(x, 10 * salt + i));
  return (...xs) => {
    const [y, pull] = vjp(f, ...xs);
    const gradients = pull(onesLike(y));
    return gradients.map((g, i) => sum(mul(g, directions[i]))).reduce((a, b) => add(a, b));
  };
}

/** The function whose first derivative is f's of the given order: f itself for order 1. */
export function derivativeOf(f: Fn, inputs: readonly Tensor[], order: number): Fn {
  let current = f;
  for (let k = 1; k < order; k++) current = gradientAlong(weighted(current, k), inputs, k);
  return current;
}

/** The derivative of ⟨w, f(x)⟩ by each element of each input. */
export function checkReverse(f: Fn, inputs: readonly Tensor[], order: number, judge: Judge): void {
  const vector = derivativeOf(f, inputs, order);
  const scalar = weighted(vector, order);
  const check = `reverse mode${order > 1 ? ` of the derivative of order ${order - 1}` : ""}`;
  const gradients = gradientsOf(scalar, inputs);
  inputs.forEach((x, i) => {
    gradients[i].forEach((analytic, element) => {
      const at = (step: number) => inputs.with(i, moved(x, element, step));
      const place = `input ${i}, element ${showElement(element, x.shape)}`;
      const what = { check, place: `${place} (of a weighted sum of the outputs)` };
      const line = (step: number) => scalar(...at(step)).item();
      try {
        judge.compare(what, analytic, line, { f: vector, inputs });
      } catch (error) {
        if (order === 1) blameOutput(vector, inputs, [i, element], at, judge, { check, place });
        throw error;
      }
    });
  });
}

/** Finds the output whose derivative is off, since a derivative of one output says more than one of
 *  a weighted sum of them. */
function blameOutput(
  f: Fn,
  inputs: readonly Tensor[],
  [input, element]: readonly [number, number],
  at: (step: number) => Tensor[],
  judge: Judge,
  { check, place }: { readonly check: string; readonly place: string },
): void {
  const [y, pull] = vjp(f, ...inputs);
  for (let k = 0; k < y.size; k++) {
    const cotangent = Float64Array.from({ length: y.size }, (_, i) => Number(i === k));
    const analytic = pull(wrap("gradcheck", cotangent, y.shape, "float64"))[input].data[element];
    const what = { check, place: `output ${showElement(k, y.shape)} by ${place}` };
    judge.compare(what, analytic, (step) => f(...at(step)).data[k], { f, inputs });
  }
}

/**
 * The same along one direction that has no pattern, which misses no error and costs as much for a
 * thousand elements as for one; where it finds one, each element is tried, to name it.
 */
export function checkReverseAlong(
  f: Fn,
  inputs: readonly Tensor[],
  order: number,
  judge: Judge,
): void {
  const vector = derivativeOf(f, inputs, order);
  const scalar = weighted(vector, order);
  const directions = inputs.map((x, i) => weights(x.size, 50 * order + i));
  const gradients = gradientsOf(scalar, inputs);
  const analytic = gradients.reduce((total, g, i) => total + dot(g, directions[i]), 0);
  const line = (step: number) => scalar(...along(inputs, directions, step)).item();
  const check = `reverse mode of the derivative of order ${order - 1}`;
  try {
    judge.compare({ check, place: "a direction" }, analytic, line, { f: vector, inputs });
  } catch (error) {
    checkReverse(f, inputs, order, judge);
    throw error;
  }
}

/** The derivative of each output along a direction. */
export function checkForward(f: Fn, inputs: readonly Tensor[], order: number, judge: Judge): void {
  const vector = derivativeOf(f, inputs, order);
  const check = `forward mode${order > 1 ? `, order ${order}` : ""}`;
  const directions = inputs.map((x, i) => weights(x.size, 100 * order + i));
  const tangents = directions.map((d, i) => tensorOf(d, inputs[i].shape));
  const [y, tangent] = jvp(vector, [...inputs], tangents);
  const outputs = new Map<number, ArrayLike<number>>();
  const at = (step: number): ArrayLike<number> => {
    let values = outputs.get(step);
    if (!values) outputs.set(step, (values = vector(...along(inputs, directions, step)).data));
    return values;
  };
  tangent.data.forEach((analytic, element) => {
    const what = { check, place: `output element ${showElement(element, y.shape)}` };
    judge.compare(what, analytic, (step) => at(step)[element], { f: vector, inputs });
  });
}

function gradientsOf(f: Fn, inputs: readonly Tensor[]) {
  const [y, pull] = vjp(f, ...inputs);
  return pull(onesLike(y)).map((g) => g.data);
}

export const along = (
  inputs: readonly Tensor[],
  directions: readonly ArrayLike<number>[],
  step: number,
): Tensor[] => inputs.map((x, i) => movedAlong(x, directions[i], step));

export const tensorOf = (data: ArrayLike<number>, shape: Shape): Tensor =>
  wrap("gradcheck", Float64Array.from(data), shape, "float64");

const weightsLike = (x: Tensor, salt: number): Tensor => tensorOf(weights(x.size, salt), x.shape);

const onesLike = (x: Tensor): Tensor => tensorOf(new Float64Array(x.size).fill(1), x.shape);
