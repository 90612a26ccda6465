/**
 * Fitting a differential equation: hares, lynxes, and the equations of Lotka and Volterra.
 *
 * The Hudson's Bay Company counted the pelts that it bought. Of hares u and lynxes v, in thousands,
 * the simplest model of predator and prey says
 *
 *     du/dt = (α − β·v)·u,        dv/dt = (δ·u − γ)·v
 *
 * (A. J. Lotka, 1925; V. Volterra, 1926). Six numbers are unknown: α, β, γ, δ and both populations in
 * 1900. What was counted is off by a factor, so logarithms are compared; those of the unknowns are
 * what is fitted, so that they stay positive.
 *
 * Levenberg and Marquardt's method needs the derivatives of 42 residuals by six unknowns. They are a
 * Jacobian by forward mode through a solver with even steps, which is a scan. The gradient at the end
 * is computed once more through another solver, which chooses its steps itself and whose rule is the
 * adjoint method: two ways to one gradient. (Both in dormand-prince.ts.)
 *
 * Data: E. P. Odum, Fundamentals of Ecology, 1953, after the Company's records. B. Carpenter,
 * "Predator-prey population dynamics: the Lotka-Volterra model in Stan", 2018, finds for the same model
 * α = 0.55 ± 0.06, β = 0.028 ± 0.004, γ = 0.80 ± 0.09 and δ = 0.024 ± 0.004.
 */
import {
  add,
  exp,
  grad,
  jacobian,
  log,
  matmul,
  mul,
  neg,
  reshape,
  slice,
  square,
  stack,
  sub,
  sum,
  tensor,
  transpose,
  type Tensor,
} from "@wengert/autograd";
import { odeint, rungeKutta, type Slope } from "./dormand-prince.ts";
import { solve } from "./kepler.ts";
import { plot, table, type Mark } from "./text.ts";

export const years = Array.from({ length: 21 }, (_, i) => 1900 + i);
export const hares = [
  30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1, 40.3, 57, 76.6, 52.3, 19.5, 11.2,
  7.6, 14.6, 16.2, 24.7,
];
export const lynxes = [
  4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4, 8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7,
  10.1, 8.6,
];
/** What the Bayesian analysis found for α, β, γ, δ: means and standard deviations. */
export const published = [
  [0.55, 0.06],
  [0.028, 0.004],
  [0.8, 0.09],
  [0.024, 0.004],
] as const;

const f64 = (values: unknown): Tensor => tensor(values as number[], { dtype: "float64" });
const observed = log(f64([hares, lynxes])) as Tensor;

/** The slopes of log u and log v, which are simpler than those of u and v. */
export const slope: Slope = ([rates], [x]) => {
  const [alpha, beta, gamma, delta] = [0, 1, 2, 3].map((i) => slice(rates, [i]) as Tensor);
  const [u, v] = [0, 1].map((i) => exp(slice(x, [i])) as Tensor);
  return [stack([sub(alpha, mul(beta, v)), sub(mul(delta, u), gamma)]) as Tensor];
};

/** The unknowns' logarithms as the rates and log u, log v in 1900. */
const unpack = (q: Tensor) => ({
  rates: exp(slice(q, [[0, 4]])) as Tensor,
  start: slice(q, [[4, 6]]) as Tensor,
});

/** log u and log v in each year, [2, 21], for the logarithms of the six unknowns. */
export function model(q: Tensor): Tensor {
  const { rates, start } = unpack(q);
  const [path] = rungeKutta(slope, [rates], [start], years, 20);
  return transpose(path) as Tensor;
}

export const residuals = (q: Tensor): Tensor => reshape(sub(model(q), observed), [42]) as Tensor;

const half = (r: Tensor): Tensor => mul(0.5, sum(square(r))) as Tensor;

/** The same sum of squares by the solver with the adjoint method, from each year to the next. */
export function misfitByAdjoint(q: Tensor): Tensor {
  const { rates, start } = unpack(q);
  let state = [start];
  const path = [start];
  for (let i = 1; i < years.length; i++) {
    state = [...odeint(slope, years[i - 1], years[i])([rates], state)];
    path.push(state[0]);
  }
  return half(sub(transpose(stack(path)), observed) as Tensor);
}

/** K. Levenberg, 1944; D. W. Marquardt, 1963: between Newton's step and a short one downhill. */
export function fit(steps = 12) {
  let q = log(f64([0.6, 0.03, 0.7, 0.02, 30, 4])) as Tensor;
  const derivatives = jacobian(residuals, { mode: "forward" });
  let [damping, best] = [1e-2, half(residuals(q)).item()];
  const path = [best];
  for (let i = 0; i < steps; i++) {
    const [J, r] = [derivatives(q), residuals(q)];
    const normal = (matmul(transpose(J), J) as Tensor).toArray() as number[][];
    const downhill = [...(neg(matmul(transpose(J), r)) as Tensor).data];
    const damped = normal.map((row, j) => row.with(j, row[j] * (1 + damping)));
    const next = add(q, f64(solve(damped, downhill))) as Tensor;
    const value = half(residuals(next)).item();
    if (value < best) [q, best, damping] = [next, value, damping / 10];
    else damping *= 10;
    path.push(best);
  }
  return { q, path };
}

if (import.meta.main) {
  const { q, path } = fit();
  const found = exp(q).data;
  const at = rungeKutta(
    slope,
    [unpack(q).rates],
    [unpack(q).start],
    Array.from({ length: 201 }, (_, i) => 1900 + i / 10),
    4,
  )[0].toArray() as number[][];
  const curve = (k: number, mark: string): Mark[] =>
    at.map((row, i) => ({ x: 1900 + i / 10, y: Math.exp(row[k]), mark }));
  const counted = (list: number[], mark: string): Mark[] =>
    list.map((y, i) => ({ x: years[i], y, mark }));
  console.log("Hares (h) and lynxes (L) by the thousand, 1900 to 1920, and the fitted curves\n");
  console.log(
    plot([...curve(0, "·"), ...curve(1, "-"), ...counted(hares, "h"), ...counted(lynxes, "L")]),
  );
  console.log(
    `\nhalf the sum of squares: ${[0, 2, 5, path.length - 1].map((i) => path[i].toFixed(4)).join(" → ")}\n`,
  );
  const names = ["α (hares' growth)", "β (hares eaten)", "γ (lynxes starving)", "δ (lynxes fed)"];
  const rows = published.map(([value, error], i) => [
    names[i],
    found[i].toFixed(4),
    String(value),
    String(error),
  ]);
  console.log(table(["per year", "found", "published", "± 1σ"], rows));
  // A little off the minimum, where the gradient is not 0.
  const off = add(q, 0.05) as Tensor;
  const [adjoint, scanned] = [misfitByAdjoint, (q: Tensor) => half(residuals(q))].map((f) => [
    ...grad(f)(off).data,
  ]);
  console.log("\nOne gradient by two ways, 5 % off the minimum:\n");
  const ways = adjoint.map((g, i) => [
    ["α", "β", "γ", "δ", "u₀", "v₀"][i],
    g.toFixed(9),
    scanned[i].toFixed(9),
  ]);
  console.log(table(["∂/∂log", "adjoint method", "through the scan"], ways));
}
