// Derivatives of plain values, for exact expectations.
import { grad, tensor, type Tensor } from "@wengert/autograd";
import { f64, total, type F } from "./doubles.support.ts";

export const int = (values: unknown): Tensor => tensor(values as number[], { dtype: "int32" });

/** The gradient of the sum of f, as nested arrays; −0 counts as 0. */
export const slope = (f: F, x: Tensor | number | number[]): unknown =>
  grad((x: Tensor) => total(f(x)))(typeof x === "object" && "dtype" in x ? x : f64(x))
    .add(0)
    .toArray();

/** The gradient of the sum of the gradient. */
export const curvature = (f: F, x: number | number[]): unknown =>
  slope((x) => grad((x: Tensor) => total(f(x)))(x), x);

/** All second derivatives of a scalar function of a vector. */
export const hessian = (f: F, x: number[]): unknown =>
  x.map((_, i) => slope((x) => grad(f)(x).mul(f64(x.data.map((_, j) => Number(i === j)))), x));
