/**
 * Measuring g with pendulums.
 *
 * A pendulum of length L that swings out to the angle θ has the period
 *
 *     T = 2π·√(L/g)·(1 + θ²/16 + 11·θ⁴/3072 + …),
 *
 * the series of an elliptic integral (L. D. Landau and E. M. Lifshitz, Mechanics, § 11, problem 1).
 * A ruler gave the lengths from the pivot to the top of the bob, but its centre is an unknown δ
 * further down, the same for all, so that L is what was read plus δ. With timing errors of standard
 * deviation σ, the likeliest unknowns p = (g, δ) minimise
 *
 *     ½·χ²(p) = ½·Σ (T_i(p) − t_i)²/σ².
 *
 * Newton's method goes there, p ← p − H⁻¹·∇, where ∇ is the gradient, by reverse mode, and H the
 * matrix of second derivatives, by forward mode over the gradient. At the minimum H⁻¹ is also the
 * covariance of what was found (W. H. Press and others, Numerical Recipes, § 15.6): its diagonal
 * holds the squares of the standard errors.
 */
import { Generator, add, div, eye, grad, jvp, matmul, mul, normal } from "@wengert/autograd";
import {
  slice,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  uniform,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { plot, table, type Mark } from "./text.ts";

export const truth = { g: 9.81, delta: 0.012 };
/** Of a period timed over many swings, in seconds. */
export const sigma = 0.0008;
const count = 40;

export interface Measurements {
  /** Metres, radians, seconds. */
  readonly lengths: Tensor;
  readonly angles: Tensor;
  readonly periods: Tensor;
}

/** 2π·√((L + δ)/g)·(1 + θ²/16 + 11·θ⁴/3072), where p = (g, δ). */
export function period(p: Tensor, { lengths, angles }: Omit<Measurements, "periods">): Tensor {
  const [g, delta] = [slice(p, [0]), slice(p, [1])];
  const small = mul(2 * Math.PI, sqrt(div(add(lengths, delta), g)));
  const squared = square(angles);
  const swing = add(1, mul(squared, add(1 / 16, mul(11 / 3072, squared))));
  return mul(small, swing);
}

export function measure(seed: number): Measurements {
  const generator = new Generator(seed);
  const dtype = "float64";
  const lengths = uniform([count], { low: 0.2, high: 1.5, generator, dtype });
  const angles = uniform([count], { low: 0.05, high: 0.6, generator, dtype });
  const exact = period(tensor([truth.g, truth.delta], { dtype }), { lengths, angles });
  const noise = normal([count], { std: sigma, generator, dtype });
  return { lengths, angles, periods: add(exact, noise) };
}

const misfit = (p: Tensor, data: Measurements): Tensor => {
  const deviations = div(sub(period(p, data), data.periods), sigma);
  return mul(0.5, sum(square(deviations)));
};

const slope = grad(misfit);

/** The second derivatives: each row is the change of the gradient along one axis. */
export function hessian(p: Tensor, data: Measurements): number[][] {
  const row = (axis: Tensor) => jvp((p: Tensor) => slope(p, data), [p], [axis])[1];
  return vmap(row)(eye(2, { dtype: "float64" })).toArray() as number[][];
}

/** The inverse of a 2 × 2 matrix. */
export function inverse([[a, b], [c, d]]: readonly (readonly number[])[]): number[][] {
  const determinant = a * d - b * c;
  return [
    [d / determinant, -b / determinant],
    [-c / determinant, a / determinant],
  ];
}

/** Newton's method from a rough guess. */
export function fitPendulums(data: Measurements, steps = 6) {
  const path: { g: number; delta: number; chiSquared: number }[] = [];
  let p = tensor([9, 0], { dtype: "float64" });
  for (;;) {
    const [g, delta] = p.data;
    const covariance = inverse(hessian(p, data));
    path.push({ g, delta, chiSquared: 2 * misfit(p, data).item() });
    if (path.length > steps) {
      const errors = { g: Math.sqrt(covariance[0][0]), delta: Math.sqrt(covariance[1][1]) };
      return { ...path[steps], errors, path };
    }
    p = sub(p, matmul(tensor(covariance, { dtype: "float64" }), slope(p, data)));
  }
}

if (import.meta.main) {
  const data = measure(2);
  const { g, delta, errors, path, chiSquared } = fitPendulums(data);
  const periods = data.periods.data;
  const measured = [...data.lengths.data].map((x, i): Mark => ({ x, y: periods[i], mark: "o" }));
  const curve: Mark[] = Array.from({ length: 200 }, (_, i) => 0.2 + (1.3 * i) / 199).map((x) => {
    return { x, y: 2 * Math.PI * Math.sqrt((x + delta) / g), mark: "·" };
  });
  const steps = path.map((step, i) => {
    return [i, step.g.toFixed(9), (1000 * step.delta).toFixed(6), step.chiSquared.toFixed(4)];
  });
  const results = [
    ["g (m/s²)", g.toFixed(4), errors.g.toFixed(4), String(truth.g)],
    [
      "δ (mm)",
      (1000 * delta).toFixed(2),
      (1000 * errors.delta).toFixed(2),
      String(1000 * truth.delta),
    ],
  ];
  console.log(`Measuring g with ${count} pendulums\n`);
  console.log("period (s, upwards) by length (m), and the fitted curve for small swings:");
  console.log(plot([...curve, ...measured]));
  console.log(`\nNewton's method:\n\n${table(["step", "g (m/s²)", "δ (mm)", "χ²"], steps)}\n`);
  console.log(table(["", "found", "± 1σ", "true"], results));
  console.log(`\nχ² = ${chiSquared.toFixed(1)} for ${count} − 2 degrees of freedom`);
}
