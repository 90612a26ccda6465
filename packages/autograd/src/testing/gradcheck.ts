// Derivatives against finite differences.
import { jvp } from "../grad/forward.ts";
import { vjp } from "../grad/reverse.ts";
import { sum } from "../ops/move.ts";
import { add, mul } from "../ops/pointwise.ts";
import { wrap } from "../tensor/create.ts";
import { describe, isFloat } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { GradcheckError, GradcheckInputError } from "./errors.ts";
import { differentiate, moved, weights, withData } from "./numeric.ts";

export interface GradcheckOptions {
  /** Derivatives up to this order are checked. Default: 1. */
  readonly order?: number;
  /** The larger of the two steps of the differences. Default: 1e-4. */
  readonly eps?: number;
  /** Relative and absolute tolerance: |analytic − numeric| ≤ atol + rtol·|numeric|.
   *  Defaults: 1e-6 and 1e-7. */
  readonly rtol?: number;
  readonly atol?: number;
  /** Which modes are checked. Default: both. */
  readonly modes?: readonly ("reverse" | "forward")[];
}

export interface GradcheckResult {
  /** How many derivatives were compared. */
  readonly comparisons: number;
  /** The largest |analytic − numeric| / (1 + |numeric|). */
  readonly worstError: number;
}

type Fn = (...inputs: Tensor[]) => Tensor;

/**
 * Checks the derivatives of f at the inputs, in float64, against central differences: the gradient
 * of ⟨w, f(x)⟩ for fixed weights w by each element in reverse mode, along a direction in forward
 * mode, and the same for the gradients themselves up to `order`.
 *
 * @throws GradcheckError for the first derivative that is off: which, analytic and numeric value.
 * @throws GradcheckInputError for inputs that are not float64, or a function that is not
 *   deterministic or not finite there.
 * @example gradcheck((x) => sum(sin(x)), [tensor([1, 2], { dtype: "float64" })], { order: 2 });
 */
export function gradcheck(
  f: Fn,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckResult {
  checkOptions("gradcheck", options, ["order", "eps", "rtol", "atol", "modes"]);
  const { order = 1, eps = 1e-4, rtol = 1e-6, atol = 1e-7 } = options;
  const { modes = ["reverse", "forward"] } = options;
  checkRequest({ order, eps, rtol, atol, modes }, inputs);
  inputs.forEach(checkInput);
  checkFunction(f, inputs);
  const judge = new Judge(rtol, atol);
  let current: Fn = f;
  for (let k = 1; k <= order; k++) {
    const scalarised = weighted(current, k);
    if (modes.includes("reverse")) {
      const last = k > 1 ? ` of the derivative of order ${k - 1}` : "";
      checkReverse(scalarised, inputs, eps, judge, `reverse mode${last}`, k === 1 ? f : null);
    }
    if (modes.includes("forward")) {
      checkForward(current, inputs, eps, judge, `forward mode${k > 1 ? `, order ${k}` : ""}`, k);
    }
    current = gradientAlong(scalarised, inputs, k);
  }
  return { comparisons: judge.comparisons, worstError: judge.worst };
}

/** Compares, and remembers the worst. */
class Judge {
  comparisons = 0;
  worst = 0;
  private readonly rtol: number;
  private readonly atol: number;

  constructor(rtol: number, atol: number) {
    this.rtol = rtol;
    this.atol = atol;
  }

  compare(check: string, place: string, analytic: number, numeric: number): void {
    const error = Math.abs(analytic - numeric);
    this.comparisons++;
    // Written so that NaN fails.
    if (error <= this.atol + this.rtol * Math.abs(numeric)) {
      this.worst = Math.max(this.worst, error / (1 + Math.abs(numeric)));
      return;
    }
    throw new GradcheckError({ check, place, analytic, numeric });
  }
}

/** ⟨w, f(x)⟩ */
function weighted(f: Fn, salt: number): Fn {
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

function checkReverse(
  f: Fn,
  inputs: readonly Tensor[],
  eps: number,
  judge: Judge,
  check: string,
  vector: Fn | null,
): void {
  const [y, pull] = vjp(f, ...inputs);
  const gradients = pull(onesLike(y));
  inputs.forEach((x, i) => {
    gradients[i].data.forEach((analytic, element) => {
      const at = (g: Fn) => (step: number) => g(...inputs.with(i, moved(x, element, step)));
      const numeric = differentiate((step) => at(f)(step).item(), eps);
      const place = `input ${i}, element ${showIndex(element, x.shape)}`;
      try {
        judge.compare(check, `${place} (of a weighted sum of the outputs)`, analytic, numeric);
      } catch (error) {
        if (vector) blameOutput(vector, inputs, i, element, at(vector), eps, judge, check, place);
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
  input: number,
  element: number,
  at: (step: number) => Tensor,
  eps: number,
  judge: Judge,
  check: string,
  place: string,
): void {
  const [y, pull] = vjp(f, ...inputs);
  for (let k = 0; k < y.size; k++) {
    const analytic = pull(moved(zerosOf(y), k, 1))[input].data[element];
    const numeric = differentiate((step) => at(step).data[k], eps);
    judge.compare(check, `output ${showIndex(k, y.shape)} by ${place}`, analytic, numeric);
  }
}

function checkForward(
  f: Fn,
  inputs: readonly Tensor[],
  eps: number,
  judge: Judge,
  check: string,
  salt: number,
): void {
  const directions = inputs.map((x, i) => weightsLike(x, 100 * salt + i));
  const [y, tangent] = jvp(f, [...inputs], directions);
  const along = (step: number): ArrayLike<number> =>
    f(
      ...inputs.map((x, i) => {
        const direction = directions[i].data;
        return withData(
          x,
          x.data.map((value: number, j: number) => value + step * direction[j]),
        );
      }),
    ).data;
  const outputs = new Map<number, ArrayLike<number>>();
  const at = (step: number): ArrayLike<number> => {
    if (!outputs.has(step)) outputs.set(step, along(step));
    return outputs.get(step)!;
  };
  tangent.data.forEach((analytic, element) => {
    const numeric = differentiate((step) => at(step)[element], eps);
    judge.compare(check, `output element ${showIndex(element, y.shape)}`, analytic, numeric);
  });
}

const weightsLike = (x: Tensor, salt: number): Tensor =>
  wrap("gradcheck", Float64Array.from(weights(x.size, salt)), x.shape, "float64");

const onesLike = (x: Tensor): Tensor =>
  wrap("gradcheck", new Float64Array(x.size).fill(1), x.shape, "float64");

const zerosOf = (x: Tensor): Tensor =>
  wrap("gradcheck", new Float64Array(x.size), x.shape, "float64");

function showIndex(element: number, shape: Shape): string {
  let rest = element;
  const index = shape.toReversed().map((dim) => {
    const i = rest % dim;
    rest = (rest - i) / dim;
    return i;
  });
  return showShape(index.toReversed());
}

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

function checkFunction(f: Fn, inputs: readonly Tensor[]): void {
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
      "Make a new Generator with a fixed seed inside of the function, or switch dropout off.",
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
