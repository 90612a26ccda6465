// Matrices for the tests of linear algebra.
import { grad, tensor, type Tensor } from "@wengert/autograd";
import { expect } from "vitest";
import { f64, total, type F } from "../doubles.support.ts";

/** The gradient of the sum of f. */
export const slope = (f: F, x: Tensor): Tensor => grad((x: Tensor) => total(f(x)))(x);

export const eye3 = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** Deterministic numbers between -1 and 1 without pattern (mulberry32). */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

export const randomMatrix = (m: number, n: number, seed: number): Float64Array => {
  const next = random(seed);
  return Float64Array.from({ length: m * n }, next);
};

export const randomTensor = (shape: number[], seed: number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(randomMatrix(1, size, seed), { shape }) as Tensor;
};

/** The product of plain matrices, by the definition. */
export function multiply(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  m: number,
  k: number,
  n: number,
): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
    return sum;
  });
}

export const flip = (a: ArrayLike<number>, m: number, n: number): number[] =>
  Array.from({ length: m * n }, (_, at) => a[(at % m) * n + Math.floor(at / m)]);

/** The largest difference. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}

/** The largest difference between the rows' products with each other and the identity. */
export function unorthogonality(rows: ArrayLike<number>, count: number, length: number): number {
  const gram = multiply(rows, flip(rows, count, length), count, length, count);
  return distance(
    gram,
    gram.map((_, at) => Number(at % count === Math.floor(at / count))),
  );
}

export function expectClose(got: Tensor, expected: unknown, tolerance = 1e-12): void {
  const wanted = f64(expected);
  expect(got.shape).toEqual(wanted.shape);
  expect(distance(got.data, wanted.data)).toBeLessThanOrEqual(tolerance);
}

/** The rows of a matrix: "1 2; 3 4". */
export const rows = (text: string): number[][] =>
  text.split(";").map((row) => row.trim().split(" ").map(Number));

export const matrix = (text: string): Tensor => f64(rows(text));
