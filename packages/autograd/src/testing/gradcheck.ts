// Derivatives against finite differences.
import { describe, isFloat } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkForward, checkReverse, type Mode } from "./derivatives.ts";
import { adviceForRandom, type Fn } from "./diagnose.ts";
import { GradcheckInputError } from "./errors.ts";
import { Judge } from "./judge.ts";
import { remainder } from "./remainder.ts";
import type { Slope } from "./taylor.ts";

export interface GradcheckOptions {
  /** Derivatives up to this order are checked. Default: 1. */
  readonly order?: number;
  /** The larger of the two steps of the differences. It does not decide: where the two do not do,
   *  many are tried, and the Taylor remainder is looked at. Default: 1e-4. */
  readonly eps?: number;
  /** Relative and absolute tolerance: |analytic − numeric| ≤ atol + rtol·|numeric|.
   *  Defaults: 1e-7 and 1e-8 for the first order, 1e-6 and 1e-7 for the orders above. */
  readonly rtol?: number;
  readonly atol?: number;
  /** Which modes are checked. Default: both. */
  readonly modes?: readonly Mode[];
}

export interface GradcheckResult {
  /** How many derivatives were compared. */
  readonly comparisons: number;
  /** The largest |analytic − numeric| / (1 + |numeric|). */
  readonly worstError: number;
  /** How the Taylor remainder falls with the step: 2 with the right gradient; more where the next
   *  term is 0; "exact" where there is no remainder. */
  readonly slope: Slope;
}

/** By the order of the derivative; differences of higher ones are taken of computed ones. */
export const toleranceOf = (order: number) =>
  order === 1 ? { rtol: 1e-7, atol: 1e-8 } : { rtol: 1e-6, atol: 1e-7 };

/**
 * Checks the derivatives of f at the inputs, in float64, against central differences: the gradient
 * of ⟨w, f(x)⟩ for fixed weights w by each element in reverse mode, along a direction in forward
 * mode, and the same for the gradients themselves up to `order`.
 *
 * @throws GradcheckError for the first derivative that is off: which, analytic and numeric value, and
 *   what is the matter: a wrong rule, a kink or a jump there, or values that pass through float32.
 * @throws GradcheckInputError for inputs that are not float64, or a function that is not
 *   deterministic (it draws random numbers) or not finite there.
 * @example gradcheck((x) => sum(sin(x)), [tensor([1, 2], { dtype: "float64" })], { order: 2 });
 */
export function gradcheck(
  f: Fn,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckResult {
  checkOptions("gradcheck", options, ["order", "eps", "rtol", "atol", "modes"]);
  const { order = 1, eps = 1e-4, rtol, atol, modes = ["reverse", "forward"] } = options;
  if (!Array.isArray(inputs)) throw notAnArray(inputs);
  checkRequest({ order, eps, rtol: rtol ?? 0, atol: atol ?? 0, modes }, inputs);
  inputs.forEach(checkInput);
  checkDeterminism(f, inputs);
  let [comparisons, worstError] = [0, 0];
  for (let k = 1; k <= order; k++) {
    const usual = toleranceOf(k);
    const judge = new Judge({ rtol: rtol ?? usual.rtol, atol: atol ?? usual.atol }, eps);
    if (modes.includes("reverse")) checkReverse(f, inputs, k, judge);
    if (modes.includes("forward")) checkForward(f, inputs, k, judge);
    comparisons += judge.comparisons;
    worstError = Math.max(worstError, judge.worst);
  }
  return { comparisons, worstError, slope: remainder(f, inputs, 1) };
}

const notAnArray = (inputs: unknown) =>
  new GradcheckInputError({
    where: "gradcheck",
    expected: "an array of inputs",
    got: describe(inputs),
    fix: "Write e.g. gradcheck(f, [x]).",
  });

function checkInput(x: unknown, i: number): void {
  if (x instanceof Tensor && x.dtype === "float64") return;
  const got = x instanceof Tensor ? x.dtype : typeof x;
  const isOther = x instanceof Tensor && !isFloat(x.dtype);
  throw new GradcheckInputError({
    where: "gradcheck",
    expected: `a float64 tensor as input ${i}`,
    got: x instanceof Tensor ? `dtype ${got}` : got,
    fix: isOther
      ? "Integers and masks have no derivatives: close over them instead."
      : 'Differences need double precision: cast(x, "float64"), or create it with that dtype.',
  });
}

export function checkDeterminism(f: Fn, inputs: readonly Tensor[]): void {
  const complain = (expected: string, got: string, fix: string) =>
    new GradcheckInputError({ where: "gradcheck", expected, got, fix });
  const [first, second] = [f(...inputs), f(...inputs)];
  if (!(first instanceof Tensor) || first.dtype !== "float64") {
    throw complain(
      "a function that returns a float64 tensor",
      first instanceof Tensor ? `dtype ${first.dtype}` : describe(first),
      "Keep float64 throughout: create constants with { dtype: x.dtype }.",
    );
  }
  const [a, b] = [first.data, second.data];
  if (!a.every((value, i) => Object.is(value, b[i]))) {
    throw complain(
      "a function that gives the same values each time",
      "different values in two calls",
      adviceForRandom,
    );
  }
  const odd = a.find((value) => !Number.isFinite(value));
  if (odd !== undefined) {
    throw complain(
      "a function that is finite at the inputs",
      String(odd),
      "Differences mean nothing there: check at other inputs.",
    );
  }
}

function checkRequest(
  { order, eps, rtol, atol, modes }: Required<GradcheckOptions>,
  inputs: readonly Tensor[],
): void {
  const complain = (expected: string, got: string) =>
    new OptionError({ where: "gradcheck", expected, got, fix: "Nothing would be checked." });
  if (inputs.length === 0) throw complain("at least one input", "none");
  if (!Number.isInteger(order) || order < 1) throw complain("an order >= 1", String(order));
  if (!(eps > 0 && Number.isFinite(eps))) throw complain("a finite step eps > 0", String(eps));
  if (![rtol, atol].every((tolerance) => tolerance >= 0 && Number.isFinite(tolerance))) {
    throw complain("finite tolerances >= 0", `rtol ${rtol}, atol ${atol}`);
  }
  if (modes.length === 0 || !modes.every((mode) => mode === "reverse" || mode === "forward")) {
    throw complain('modes "reverse", "forward" or both', JSON.stringify(modes));
  }
}
