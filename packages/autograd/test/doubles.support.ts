// What tests of derivatives are written with: doubles, and scalars made of tensors.
import { sum, tensor, type Tensor } from "@wengert/autograd";

export type F = (x: Tensor) => Tensor;

export const f64 = (values: unknown): Tensor => tensor(values as number[], { dtype: "float64" });

/** With a gradient. */
export const parameter = (values: unknown): Tensor =>
  tensor(values as number[], { dtype: "float64", requiresGrad: true });

export const total = (x: Tensor): Tensor => sum(x) as Tensor;
