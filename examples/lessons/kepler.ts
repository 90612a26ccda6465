/**
 * The derivative of an answer that was found by iterating.
 *
 * A planet's place at a time is known by Kepler's equation, which has no solution in closed form:
 *
 *     E = M + e·sin E,        x = a·(cos E − e),   y = a·√(1 − e²)·sin E,
 *
 * with the mean anomaly M = 2π·(t − t₀)/T, which grows evenly, and the eccentricity e. Iterating
 * E ← M + e·sin E ends at its fixed point. To differentiate the answer, one need not go back through
 * the iterations. Where z = f(p, z), the implicit function theorem says of a cotangent z̄
 *
 *     u = z̄ + (∂f/∂z)ᵀ·u,        p̄ = (∂f/∂p)ᵀ·u,
 *
 * and the first of these is a fixed point again. So the rule is written with the function that it is
 * the rule of, and has derivatives of any order. (A. Griewank and A. Walther, Evaluating Derivatives,
 * chapter 15.) How many iterations there were, and what they went through, is forgotten.
 *
 * With it the orbit of Mercury is found from places in its plane: Newton's method, with exact second
 * derivatives through the fixed point, for the unknowns p = (a, e, t₀).
 */
import {
  add,
  cos,
  customVjp,
  div,
  Generator,
  grad,
  mul,
  normal,
  sin,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
  tensor,
  vjp,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { plot, table, type Mark } from "./text.ts";

/** Solves z = f(p, z) by iteration from a start, for parameters p, a list of tensors. */
export function fixedPoint(f: (p: readonly Tensor[], z: Tensor) => Tensor) {
  const solve = (p: readonly Tensor[], start: Tensor): Tensor => {
    let z = start;
    for (let i = 0; i < 1000; i++) {
      const next = f(p, z);
      const change = largest(sub(next, z));
      z = next;
      if (change <= 1e-14 * (1 + largest(z))) return z;
    }
    throw new Error("the iteration does not settle");
  };
  return customVjp(
    solve,
    (g, { args: [p], output: z }): readonly [readonly Tensor[], null] => {
      // u = g + (∂f/∂z)ᵀ·u, by the same means.
      const adjoint = fixedPoint(([g, z, ...p], u) => {
        const [, pull] = vjp((z: Tensor) => f(p, z), z);
        return add(g, pull(u)[0]) as Tensor;
      });
      const u = adjoint([g, z, ...p], zeros(z.shape, { dtype: z.dtype }) as Tensor);
      const [, pull] = vjp((p: readonly Tensor[]) => f(p, z), p);
      return [pull(u)[0], null];
    },
    { name: "fixedPoint" },
  );
}

const largest = (x: Tensor): number => Math.max(0, ...x.data.map(Math.abs));

/** E for each mean anomaly. */
export const eccentricAnomaly = (e: Tensor, m: Tensor): Tensor =>
  fixedPoint(([e, m], z) => add(m, mul(e, sin(z))) as Tensor)([e, m], m);

/** Mercury: the half of the long axis in astronomical units, and days. */
export const truth = { a: 0.3871, e: 0.2056, t0: 12 };
export const period = 87.969;
/** Of each coordinate, in astronomical units. */
export const sigma = 0.002;
const count = 30;

/** Places [2, n] at times [n]. */
export function place(p: Tensor, times: Tensor): Tensor {
  const [a, e, t0] = [0, 1, 2].map((i) => slice(p, [i]) as Tensor);
  const anomaly = eccentricAnomaly(e, mul((2 * Math.PI) / period, sub(times, t0)) as Tensor);
  const x = mul(a, sub(cos(anomaly), e));
  const y = mul(mul(a, sqrt(sub(1, square(e)))), sin(anomaly));
  return stack([x, y]) as Tensor;
}

export function observe(seed: number) {
  const generator = new Generator(seed);
  const times = tensor(
    Array.from({ length: count }, (_, i) => (period * i) / count),
    { dtype: "float64" },
  ) as Tensor;
  const exact = place(tensor([truth.a, truth.e, truth.t0], { dtype: "float64" }) as Tensor, times);
  const noise = normal([2, count], { std: sigma, generator, dtype: "float64" });
  return { times, places: add(exact, noise) as Tensor };
}

/** ½·χ² */
export const misfit = (p: Tensor, { times, places }: ReturnType<typeof observe>): Tensor =>
  mul(0.5, sum(square(div(sub(place(p, times), places), sigma)))) as Tensor;

/** Solves A·x = b by elimination. */
export function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]]);
  rows.forEach((pivot, i) => {
    for (const [j, row] of rows.entries()) {
      if (j === i) continue;
      const factor = row[i] / pivot[i];
      row.forEach((_, k) => (row[k] -= factor * pivot[k]));
    }
  });
  return rows.map((row, i) => row[b.length] / row[i]);
}

/** Newton's method from a rough guess. The second derivatives are taken row by row and not by `hessian`,
 *  which batches: an iteration that looks at its values to see when it is done cannot be batched. */
export function fitOrbit(data: ReturnType<typeof observe>, steps = 6) {
  let p = tensor([0.4, 0.15, 10], { dtype: "float64" }) as Tensor;
  const slope = grad((p: Tensor) => misfit(p, data));
  const curvature = (p: Tensor): number[][] =>
    [0, 1, 2].map((i) => [...grad((p: Tensor) => slice(slope(p), [i]) as Tensor)(p).data]);
  const path: number[][] = [];
  for (let step = 0; ; step++) {
    path.push([...p.data, 2 * misfit(p, data).item()]);
    const h = curvature(p);
    if (step === steps) {
      const errors = [0, 1, 2].map((i) =>
        Math.sqrt(
          solve(
            h,
            [0, 1, 2].map((j) => (i === j ? 1 : 0)),
          )[i],
        ),
      );
      return { found: [...p.data], errors, path };
    }
    p = sub(p, tensor(solve(h, [...slope(p).data]), { dtype: "float64" })) as Tensor;
  }
}

if (import.meta.main) {
  const data = observe(3);
  const { found, errors, path } = fitOrbit(data);
  const [xs, ys] = data.places.toArray() as number[][];
  const p = tensor(found, { dtype: "float64" }) as Tensor;
  const dense = Array.from({ length: 300 }, (_, i) => (period * i) / 300);
  const [cx, cy] = place(p, tensor(dense, { dtype: "float64" }) as Tensor).toArray() as number[][];
  const marks: Mark[] = [
    ...cx.map((x, i): Mark => ({ x, y: cy[i], mark: "·" })),
    ...xs.map((x, i): Mark => ({ x, y: ys[i], mark: "o" })),
    { x: 0, y: 0, mark: "☉" },
  ];
  console.log(`The orbit of Mercury from ${count} places\n`);
  console.log(plot(marks, 61, 25));
  const steps = path.map(([a, e, t0, chi], i) => [
    i,
    a.toFixed(7),
    e.toFixed(7),
    t0.toFixed(5),
    chi.toFixed(4),
  ]);
  console.log(
    `\nNewton's method:\n\n${table(["step", "a (AU)", "e", "t₀ (days)", "χ²"], steps)}\n`,
  );
  const names = ["a (AU)", "e", "t₀ (days)"];
  const rows = found.map((value, i) => [
    names[i],
    value.toFixed(5),
    errors[i].toFixed(5),
    String(Object.values(truth)[i]),
  ]);
  console.log(table(["", "found", "± 1σ", "true"], rows));
  const m = tensor([0.5, 1, 2, 3], { dtype: "float64" }) as Tensor;
  const e = tensor(0.2056, { dtype: "float64" }) as Tensor;
  const de = grad((e: Tensor) => sum(eccentricAnomaly(e, m)) as Tensor)(e).item();
  const anomaly = [...eccentricAnomaly(e, m).data];
  const formula = anomaly.reduce((s, z) => s + Math.sin(z) / (1 - 0.2056 * Math.cos(z)), 0);
  console.log(
    `\n∂ΣE/∂e: ${de.toFixed(12)}, by the formula sin E/(1 − e·cos E): ${formula.toFixed(12)}`,
  );
}
