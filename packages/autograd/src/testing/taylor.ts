// The Taylor remainder: how fast the error of a Taylor polynomial falls with the step says whether its
// derivatives are right, whatever the step and the scale of the function.
import type { Line } from "./numeric.ts";

/** How the remainder falls: its slope over the step in log-log, or "exact" where it is no more than
 *  rounding. */
export type Slope = number | "exact";

/** The largest step is 2⁻⁶: samples keep further away than this from their kinks. */
const largest = 6;
const count = 18;

type Point = readonly [step: number, remainder: number];

/**
 * The order with which |f(h) − Σ cₖ hᵏ| falls as h → 0: k + 1 where the coefficients up to degree k
 * are those of f's Taylor series. So with the value alone it is 1, with the right derivative 2, with the
 * right second derivative as well 3; with a wrong derivative it stays at 1.
 * @param magnitude What f(0) was summed from: Σ|terms|. Its rounding says nothing.
 */
export function remainderSlope(f: Line, coefficients: readonly number[], magnitude = 0): Slope {
  const unit = Number.EPSILON * Math.max(magnitude, ...coefficients.map(Math.abs));
  const points = Array.from({ length: count }, (_, k): Point => {
    const h = 2 ** -(largest + k);
    const predicted = coefficients.reduceRight((sum, c) => sum * h + c, 0);
    return [h, Math.abs(f(h) - predicted)];
  });
  const clear = aboveNoise(points, unit);
  // The smallest steps tell best, since higher terms have gone; a slope needs a few.
  return clear.length < 3 ? "exact" : slopeOf(clear.slice(-4));
}

/** However badly a function is conditioned, what no longer falls above this is no rounding but a jump. */
const highestFloor = 2 ** 24;

/** The points that are more than rounding: this is a few units, or a floor at the smallest steps that
 *  no longer falls with the step. */
function aboveNoise(points: readonly Point[], unit: number): readonly Point[] {
  let floor = 4 * unit;
  let end = points.length;
  const isFlat = ([, last]: Point, [, before]: Point): boolean =>
    last > before / Math.SQRT2 && last <= highestFloor * unit;
  while (end > 1 && isFlat(points[end - 1], points[end - 2])) {
    floor = Math.max(floor, points[--end][1]);
  }
  // Written so that NaN is a point.
  return points.slice(0, end).filter(([, remainder]) => !(remainder <= 16 * floor));
}

/** By least squares through the logarithms. */
function slopeOf(points: readonly Point[]): number {
  const xs = points.map(([h]) => Math.log2(h));
  const ys = points.map(([, remainder]) => Math.log2(remainder));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x0, y0] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, x, i) => sum + (x - x0) * (ys[i] - y0), 0);
  return covariance / xs.reduce((sum, x) => sum + (x - x0) ** 2, 0);
}

/** Whether the remainder falls as it does with the right derivatives up to this order. Faster is right,
 *  too: the next term may be 0. */
export const fallsWithOrder = (slope: Slope, order: number): boolean =>
  slope === "exact" || slope > order + 0.75;

export const showSlope = (slope: Slope): string =>
  slope === "exact" ? "is no more than rounding" : `falls as h^${slope.toFixed(2)}`;
