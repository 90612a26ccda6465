/**
 * Two linear layers, which are one.
 *
 *     h = x·W₀,   y = h·W₁,   e = ½·(y − t)²  (the mean over all examples and outputs)
 *
 * Without a nonlinearity between the layers y = x·(W₀W₁): the network can do no more than linear
 * regression does. The chain rule gives, for one example,
 *
 *     ∂e/∂W₁ = hᵀ·(y − t),   ∂e/∂W₀ = xᵀ·(y − t)·W₁ᵀ
 *
 * so e is no longer convex in the weights, but it has no local minimum other than the global ones
 * (P. Baldi and K. Hornik, Neural networks and principal component analysis: learning from examples
 * without local minima, Neural Networks 2 (1989)), and gradient descent ends where the normal
 * equations of regression do:
 *
 *     W₀W₁ → A,   (XᵀX)·A = XᵀT
 */
import { Generator, add, matmul, mse, mul, normal, sub, tensor } from "@wengert/autograd";
import { transpose, valueAndGrad, type Tensor } from "@wengert/autograd";
import { bars, table } from "./text.ts";

/** Numbers in double precision, so that one can see how close the two come to each other. */
const dtype = "float64";

/** A tree of parameters: gradients come as a tree of the same form. */
export interface Layers {
  readonly w0: Tensor<[3, 3]>;
  readonly w1: Tensor<[3, 2]>;
}

export interface Data {
  readonly x: Tensor<[50, 3]>;
  readonly t: Tensor<[50, 2]>;
}

/** Noisy examples of a linear map. */
export function makeData(generator: Generator): Data {
  const x = normal([50, 3], { generator, dtype });
  const map = tensor(Float64Array.of(2, -1, 0.5, 1, -1.5, 0.25), { shape: [3, 2] });
  const noise = normal([50, 2], { std: 0.1, generator, dtype });
  return { x, t: add(matmul(x, map), noise) };
}

export const initialLayers = (generator: Generator): Layers => ({
  w0: normal([3, 3], { std: 0.5, generator, dtype }),
  w1: normal([3, 2], { std: 0.5, generator, dtype }),
});

export const error = ({ w0, w1 }: Layers, { x, t }: Data): Tensor<[]> => {
  const h = matmul(x, w0);
  const y = matmul(h, w1);
  return mul(0.5, mse(y, t));
};

const errorAndSlope = valueAndGrad(error);

/** Gradient descent, w ← w − rate·∂e/∂w: the layers and their error before each step and after the
 *  last. */
export function descend(start: Layers, data: Data, steps: number, rate: number) {
  const path: { layers: Layers; error: number }[] = [];
  let layers = start;
  while (path.length <= steps) {
    const [e, slope] = errorAndSlope(layers, data);
    path.push({ layers, error: e.item() });
    layers = {
      w0: sub(layers.w0, mul(rate, slope.w0)),
      w1: sub(layers.w1, mul(rate, slope.w1)),
    };
  }
  return path;
}

/** Linear regression: the A of the normal equations (XᵀX)·A = XᵀT. */
export function regress({ x, t }: Data): number[][] {
  const xt = transpose(x);
  return solve(matmul(xt, x).toArray() as number[][], matmul(xt, t).toArray() as number[][]);
}

/** X of A·X = B by Gaussian elimination with partial pivoting. */
function solve(a: readonly number[][], b: readonly number[][]): number[][] {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]]);
  for (let c = 0; c < n; c++) {
    const below = rows.slice(c).map((row) => Math.abs(row[c]));
    const pivot = c + below.indexOf(Math.max(...below));
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    rows[c] = rows[c].map((value) => value / rows[c][c]);
    for (let r = 0; r < n; r++) {
      if (r !== c) rows[r] = rows[r].map((value, j) => value - rows[r][c] * rows[c][j]);
    }
  }
  return rows.map((row) => row.slice(n));
}

export function twoLinearLayers(seed = 7, steps = 600, rate = 0.1) {
  const generator = new Generator(seed);
  const data = makeData(generator);
  const regression = regress(data);
  return { data, regression, path: descend(initialLayers(generator), data, steps, rate) };
}

export const productOf = ({ w0, w1 }: Layers) => matmul(w0, w1).toArray() as number[][];

/** The largest difference between the elements of two matrices. */
export const gap = (a: readonly number[][], b: readonly number[][]) =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i][j]))));

if (import.meta.main) {
  const { path, regression } = twoLinearLayers();
  const gaps = path.map(({ layers }) => gap(productOf(layers), regression));
  const product = productOf(path.at(-1)!.layers);
  const elements = regression.flatMap((row, i) =>
    row.map((closed, j) => [`A[${i}][${j}]`, product[i][j].toFixed(8), closed.toFixed(8)]),
  );
  const steps = [0, 10, 30, 100, 300, 600].map((step) => {
    return [step, path[step].error.toFixed(9), gaps[step].toExponential(1)];
  });
  console.log("Two linear layers, 3-3-2, by gradient descent and by the normal equations\n");
  console.log("the largest difference between W₀W₁ and A (log scale):");
  console.log(`${bars(gaps.map((g) => Math.max(g, Number.EPSILON)))}\n`);
  console.log(`${table(["step", "error", "difference"], steps)}\n`);
  console.log(table(["", "W₀W₁", "regression"], elements));
}
