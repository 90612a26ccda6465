/**
 * Activations and their derivatives, against the formulas of the textbooks.
 *
 *     linear    f(z) = z              f'(z) = 1
 *     sigmoid   f(z) = 1/(1 + e⁻ᶻ)    f'(z) = f·(1 − f)
 *     tanh      f(z) = tanh z         f'(z) = 1 − f²
 *     ReLU      f(z) = max(0, z)      f'(z) = 1 for z > 0, else 0
 *     softmax   f_i(z) = e^z_i / Σ e^z_k    ∂f_i/∂z_j = f_i·(δ_ij − f_j)
 *
 * Slides may be found that give sign(z) for ReLU's derivative. It is wrong: for z < 0 the sign is
 * −1, but the function is constant there. (sign is the derivative of |z|, and ReLU = (z + |z|)/2 has
 * (1 + sign(z))/2, the step.) At the kink 0, where any number from 0 to 1 is a subgradient, the
 * framework takes 0, the smallest.
 *
 * I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), sections 3.10 and 6.3.
 */
import { eye, grad, relu, sigmoid, softmax, sum, tanh, tensor } from "@wengert/autograd";
import { vjp, vmap, type Tensor } from "@wengert/autograd";
import { brief, table } from "./text.ts";

type Fn = (z: Tensor) => Tensor;

export interface Activation {
  readonly name: string;
  readonly f: Fn;
  readonly formula: string;
  /** The formula in plain numbers. */
  readonly derivative: (z: number) => number;
}

const logistic = (z: number) => 1 / (1 + Math.exp(-z));

export const activations: readonly Activation[] = [
  { name: "linear", f: (z) => z, formula: "1", derivative: () => 1 },
  {
    name: "sigmoid",
    f: sigmoid,
    formula: "f·(1 − f)",
    derivative: (z) => logistic(z) * (1 - logistic(z)),
  },
  { name: "tanh", f: tanh, formula: "1 − f²", derivative: (z) => 1 - Math.tanh(z) ** 2 },
  {
    name: "ReLU",
    f: relu,
    formula: "1 for z > 0, else 0",
    derivative: (z) => (z > 0 ? 1 : 0),
  },
];

/** What some slides say; see above. */
export const wrongRectifier: Activation = {
  name: "ReLU",
  f: relu,
  formula: "sign(z): wrong",
  derivative: Math.sign,
};

const vector = (values: readonly number[]) => tensor(values, { dtype: "float64" });

/** f' at each point: f acts on each element alone, so the gradient of the sum is all of them. */
export const slopes = (f: Fn, points: readonly number[]): number[] => [
  ...grad((z: Tensor) => sum(f(z)))(vector(points)).data,
];

/** The largest difference between our derivative and the formula's. */
export const largestDifference = ({ f, derivative }: Activation, points: readonly number[]) =>
  Math.max(...slopes(f, points).map((slope, i) => Math.abs(slope - derivative(points[i]))));

/** ∂f_i/∂z_j of a function of vectors. Row i is the pullback of the unit vector e_i; vmap pulls all
 *  of them, the rows of the identity, back at once. */
export function jacobian(f: Fn, z: readonly number[]): number[][] {
  const [y, pull] = vjp(f, vector(z));
  const [rows] = vmap(pull)(eye(y.size, { dtype: y.dtype }));
  return rows.toArray() as number[][];
}

/** f_i·(δ_ij − f_j), in plain numbers. */
export function softmaxJacobian(z: readonly number[]): number[][] {
  const total = z.reduce((sum, z) => sum + Math.exp(z), 0);
  const f = z.map((z) => Math.exp(z) / total);
  return f.map((fi, i) => f.map((fj, j) => fi * (Number(i === j) - fj)));
}

if (import.meta.main) {
  const show = (value: number) => value.toFixed(4);
  const points = [-2, -0.5, 0, 0.5, 2];
  const rows = [...activations, wrongRectifier].flatMap((activation) => {
    const { name, f, formula, derivative } = activation;
    const difference = brief(largestDifference(activation, points));
    return [
      [name, "by autodiff", ...slopes(f, points).map(show), ""],
      ["", formula, ...points.map(derivative).map(show), difference],
    ];
  });
  console.log("Derivatives of activations, ours and the textbook's\n");
  console.log(`${table(["", "z =", ...points.map(String), "difference"], rows)}\n`);

  const z = [2, 1, 0, -1];
  const ours = jacobian(softmax, z);
  const formula = softmaxJacobian(z);
  const gaps = ours.flatMap((row, i) => row.map((value, j) => Math.abs(value - formula[i][j])));
  const lines = ours.map((row, i) => [`i = ${i}`, ...row.map(show)]);
  console.log(`The Jacobian of softmax at z = (${z.join(", ")}), by autodiff\n`);
  console.log(table(["∂f_i/∂z_j", ...z.map((_, j) => `j = ${j}`)], lines));
  console.log(`\nf_i·(δ_ij − f_j) differs from it by ${brief(Math.max(...gaps))} at most`);
}
