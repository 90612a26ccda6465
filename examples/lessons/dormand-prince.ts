// Solvers of ordinary differential equations dy/dt = f(p, y, t), where y and the parameters p are lists
// of tensors. One has steps of its own choice and the adjoint method for its gradient; the other has
// even steps, as a scan.
import {
  add,
  concat,
  customVjp,
  mul,
  neg,
  scan,
  unsqueeze,
  vjp,
  zeros,
  type Tensor,
} from "@wengert/autograd";

export type State = readonly Tensor[];
export type Slope = (p: State, y: State, t: number) => State;

/** J. R. Dormand and P. J. Prince, "A family of embedded Runge-Kutta formulae", 1980: for each stage its
 *  time and its weights of the slopes before. The last stage is the result, of fifth order. */
const stages: readonly (readonly [time: number, weights: readonly number[]])[] = [
  [0, []],
  [1 / 5, [1 / 5]],
  [3 / 10, [3 / 40, 9 / 40]],
  [4 / 5, [44 / 45, -56 / 15, 32 / 9]],
  [8 / 9, [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729]],
  [1, [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656]],
  [1, [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]],
];

/** The weights of the difference to the embedded solution of fourth order. */
const deviation = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/** Σ wᵢ·kᵢ for each part of the state. */
const combined = (weights: readonly number[], slopes: readonly State[], scale: number): Tensor[] =>
  slopes[0].map((_, part) =>
    weights
      .flatMap((w, i) => (w === 0 ? [] : [mul(w * scale, slopes[i][part]) as Tensor]))
      .reduce((a, b) => add(a, b) as Tensor),
  );

const plus = (y: State, change: State): Tensor[] => y.map((x, i) => add(x, change[i]) as Tensor);

/** From t0 to t1, either of which may be the earlier, in steps as long as `tolerance` allows. */
function integrate(
  f: Slope,
  p: State,
  start: State,
  t0: number,
  t1: number,
  tolerance: number,
): State {
  let [y, t] = [start, t0];
  let h = (t1 - t0) / 8;
  for (let step = 0; (t1 - t) * Math.sign(t1 - t0) > 0; step++) {
    if (step > 100_000) throw new Error("the steps have become too short");
    if (Math.abs(h) > Math.abs(t1 - t)) h = t1 - t;
    const slopes: State[] = [];
    let next: State = y;
    for (const [time, weights] of stages) {
      next = slopes.length === 0 ? y : plus(y, combined(weights, slopes, h));
      slopes.push(f(p, next, t + time * h));
    }
    const error = Math.sqrt(
      mean(
        combined(deviation, slopes, h).flatMap((e, i) => {
          const [before, after] = [y[i].data, next[i].data];
          return Array.from(
            e.data,
            (x, j) =>
              (x / (tolerance * (1 + Math.max(Math.abs(before[j]), Math.abs(after[j]))))) ** 2,
          );
        }),
      ),
    );
    if (error <= 1) {
      t = Math.abs(t1 - (t + h)) < 1e-14 * Math.abs(t1) ? t1 : t + h;
      y = next;
    }
    h *= Math.min(5, Math.max(0.2, 0.9 * error ** -0.2));
  }
  return y;
}

const mean = (values: readonly number[]): number =>
  Math.max(1e-12, values.reduce((a, b) => a + b, 0) / Math.max(1, values.length));

/**
 * y(t1) from y(t0). For the gradient, the state is run back in time beside its adjoint a = ∂L/∂y and
 * the gradient of the parameters,
 *
 *     dy/dt = f(p, y, t),     da/dt = −(∂f/∂y)ᵀ·a,     dp̄/dt = −(∂f/∂p)ᵀ·a,
 *
 * an equation like any other, which this function solves, too: so there are derivatives of any order,
 * and nothing of the steps between is kept. (R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud,
 * "Neural ordinary differential equations", 2018, algorithm 1.)
 */
export function odeint(
  f: Slope,
  t0: number,
  t1: number,
  tolerance = 1e-9,
): (p: State, y: State) => State {
  return customVjp(
    (p: State, y: State): State => integrate(f, p, y, t0, t1, tolerance),
    (g, { args: [p], output }): readonly [State, State] => {
      const n = output.length;
      const backward: Slope = (p, state, t) => {
        const [y, a] = [state.slice(0, n), state.slice(n, 2 * n)];
        const [dy, pull] = vjp((p: State, y: State) => f(p, y, t), p, y);
        const [pBar, yBar] = pull(a);
        return [...dy, ...yBar.map((x) => neg(x)), ...pBar.map((x) => neg(x))];
      };
      const nothing = p.map((x) => zeros(x.shape, { dtype: x.dtype }) as Tensor);
      const state = odeint(backward, t1, t0, tolerance)(p, [...output, ...g, ...nothing]);
      return [state.slice(2 * n), state.slice(n, 2 * n)];
    },
    { name: "odeint" },
  );
}

/** y at all of `times`, which are evenly spaced, by the classical method of fourth order with
 *  `substeps` steps from each to the next (M. W. Kutta, 1901): a scan, which batches and compiles. The
 *  slope may not depend on the time. */
export function rungeKutta(
  f: Slope,
  p: State,
  start: State,
  times: readonly number[],
  substeps: number,
): State {
  const h = (times[1] - times[0]) / substeps;
  const halfway = (y: State, k: State, step: number) =>
    plus(
      y,
      k.map((x) => mul(step, x) as Tensor),
    );
  const step = (y: State): State => {
    const k1 = f(p, y, 0);
    const k2 = f(p, halfway(y, k1, h / 2), 0);
    const k3 = f(p, halfway(y, k2, h / 2), 0);
    const k4 = f(p, halfway(y, k3, h), 0);
    return plus(y, combined([1 / 6, 1 / 3, 1 / 3, 1 / 6], [k1, k2, k3, k4], h));
  };
  const [, path] = scan(
    (y: State) => {
      let next = y;
      for (let i = 0; i < substeps; i++) next = step(next);
      return [next, next];
    },
    start,
    null,
    { length: times.length - 1 },
  );
  return start.map((y, i) => concat([unsqueeze(y, 0) as Tensor, path[i]], { axis: 0 }) as Tensor);
}
