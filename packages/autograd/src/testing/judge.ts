// Decides whether a derivative agrees with differences, and remembers the worst.
import type { Tensor } from "../tensor/tensor.ts";
import { diagnose, type Fn } from "./diagnose.ts";
import { GradcheckError } from "./errors.ts";
import { differentiate, differentiateAdaptively, type Line } from "./numeric.ts";
import { fallsWithOrder, remainderSlope } from "./taylor.ts";

export interface Tolerance {
  /** |analytic − numeric| ≤ atol + rtol·|numeric| */
  readonly rtol: number;
  readonly atol: number;
}

/** The relative error of large numbers, the absolute one of small ones. */
export const errorOf = (got: number, wanted: number): number =>
  Object.is(got, wanted) ? 0 : Math.abs(got - wanted) / (1 + Math.abs(wanted));

export class Judge {
  comparisons = 0;
  worst = 0;
  private readonly tolerance: Tolerance;
  private readonly eps: number;

  constructor(tolerance: Tolerance, eps: number) {
    this.tolerance = tolerance;
    this.eps = eps;
  }

  /**
   * Holds a derivative against the slope of the function along a line: at one step size; if that
   * does not agree, at many; and where these disagree among themselves, the Taylor remainder decides.
   */
  compare(
    what: { readonly check: string; readonly place: string },
    analytic: number,
    line: Line,
    at: { readonly f: Fn; readonly inputs: readonly Tensor[] },
  ): void {
    this.comparisons++;
    if (this.accepts(analytic, differentiate(line, this.eps))) return;
    const { value: numeric, error } = differentiateAdaptively(line);
    if (this.accepts(analytic, numeric)) return;
    const slope = remainderSlope(line, [line(0), analytic]);
    const isUncertain = Math.abs(analytic - numeric) <= 4 * error;
    if (isUncertain && fallsWithOrder(slope, 1)) return;
    const diagnosis = diagnose(line, at.f, at.inputs);
    throw new GradcheckError({ ...what, analytic, numeric, slope, diagnosis });
  }

  private accepts(analytic: number, numeric: number): boolean {
    const { rtol, atol } = this.tolerance;
    // Written so that NaN fails.
    if (!(Math.abs(analytic - numeric) <= atol + rtol * Math.abs(numeric))) return false;
    this.worst = Math.max(this.worst, errorOf(analytic, numeric));
    return true;
  }
}
