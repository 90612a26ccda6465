// Derivatives in all modes.
import { jvp } from "../../grad/forward.ts";
import { vjp } from "../../grad/reverse.ts";
import { checkForward, checkReverse, checkReverseAlong, type Mode } from "../derivatives.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Fn } from "../diagnose.ts";
import { Judge } from "../judge.ts";
import { checkDeterminism, toleranceOf } from "../gradcheck.ts";
import { dot, weights, withData } from "../numeric.ts";
import { diagnoseRemainder, remainder } from "../remainder.ts";
import type { Subject } from "../subject.ts";
import { fallsWithOrder, showSlope, type Slope } from "../taylor.ts";
import { Difference, functionsOf, whereDifferentiable, type Check } from "./check.ts";

/** Larger of the two steps of the differences. */
const eps = 1e-4;

const first = (mode: Mode): Check => ({
  name: mode,
  label: mode === "reverse" ? "rev" : "fwd",
  title: `${mode} mode against differences`,
  skips: whereDifferentiable,
  run(subject, sample, measure) {
    const { fs, xs } = functionsOf(subject, sample);
    for (const f of fs) {
      checkDeterminism(f, xs);
      const judge = new Judge(toleranceOf(1), eps);
      (mode === "reverse" ? checkReverse : checkForward)(f, xs, 1, judge);
      measure.take(judge);
    }
    return fs.length > 0;
  },
});

export const reverse = first("reverse");
export const forward = first("forward");

const higher = (name: string, order: number, share: number): Check => ({
  name,
  label: `${order}${order === 2 ? "nd" : "rd"}`,
  title: `${name} against differences`,
  share,
  skips: (subject) => whereDifferentiable(subject) ?? (subject.order < order ? "not wanted" : null),
  run(subject, sample, measure) {
    const { fs, xs } = functionsOf(subject, sample);
    for (const f of fs) {
      const judge = new Judge(toleranceOf(order), eps);
      checkReverseAlong(f, xs, order, judge);
      checkForward(f, xs, order, judge);
      measure.take(judge);
    }
    return fs.length > 0;
  },
});

export const secondOrder = higher("second order", 2, 0.5);
export const thirdOrder = higher("third order", 3, 0.2);

/** Directions that are tried before a remainder counts as wrong: along one of them terms may cancel. */
const directions = [0, 1000, 2000];

/** The least order of the remainder that any direction promises. */
function slopeOf(measured: (salt: number) => Slope, order: 1 | 2): Slope {
  let slope: Slope = NaN;
  for (const salt of directions) {
    slope = measured(salt);
    if (fallsWithOrder(slope, order)) break;
  }
  return slope;
}

/** The slope of the Taylor remainder over the step, which no step size decides. */
export const taylor: Check = {
  name: "Taylor",
  label: "Tay",
  title: "the order of the Taylor remainder",
  share: 0.3,
  skips: whereDifferentiable,
  run(subject, sample, measure) {
    const { fs, xs } = functionsOf(subject, sample);
    for (const f of fs) {
      checkDeterminism(f, xs);
      for (const order of ordersOf(subject)) {
        const slope = slopeOf((salt) => remainder(f, xs, order, salt), order);
        if (order === 1) measure.addSlope(slope);
        if (fallsWithOrder(slope, order)) continue;
        const which = order === 1 ? "gradient" : "second derivative";
        throw new Difference(
          `the Taylor remainder with the ${which} ${showSlope(slope)}; with the right one it falls ` +
            `as h^${order + 1}. ${diagnoseRemainder(f, xs, order).advice}`,
        );
      }
    }
    return fs.length > 0;
  },
};

const ordersOf = ({ order }: Subject): readonly (1 | 2)[] => (order > 1 ? [1, 2] : [1]);

/** ⟨vjp(ȳ), ẋ⟩ and ⟨ȳ, jvp(ẋ)⟩. */
export function bothWays(f: Fn, xs: readonly Tensor[]): readonly [back: number, there: number] {
  const moves = xs.map((x, i) => withData(x, weights(x.size, i + 1)));
  const [y, pull] = vjp(f, ...xs);
  const cotangent = withData(y, weights(y.size, 7));
  const [, tangent] = jvp(f, [...xs], moves);
  const back = pull(cotangent).reduce((sum, g, i) => sum + dot(g.data, moves[i].data), 0);
  return [back, dot(cotangent.data, tangent.data)];
}

export const disagreement = (back: number, there: number): Difference =>
  new Difference(`⟨vjp(ȳ), ẋ⟩ = ${back}, but ⟨ȳ, jvp(ẋ)⟩ = ${there}`);

/** ⟨vjp(ȳ), ẋ⟩ = ⟨ȳ, jvp(ẋ)⟩: the two modes are transposes of each other. */
export const adjoint: Check = {
  name: "adjoint",
  label: "adj",
  title: "reverse and forward mode agree",
  skips: whereDifferentiable,
  run(subject, sample, measure) {
    const { fs, xs } = functionsOf(subject, sample);
    for (const f of fs) {
      const [back, there] = bothWays(f, xs);
      const error = Math.abs(back - there) / (1 + Math.abs(there));
      // Written so that NaN fails.
      if (!(error <= 1e-9)) throw disagreement(back, there);
      measure.add(error);
    }
    return fs.length > 0;
  },
};
