import { Generator, matmul, normal, type Tensor } from "@wengert/autograd";
import type { Workload } from "../types.ts";

/** A product of two square matrices. */
export function squareMatmul(n: number): Workload {
  return {
    title: `matmul ${n} × ${n}`,
    flops: 2 * n ** 3,
    prepare: (compile) => {
      const generator = new Generator(1);
      const a: Tensor = normal([n, n], { generator });
      const b: Tensor = normal([n, n], { generator });
      const product = compile((x: Tensor, y: Tensor): Tensor => matmul(x, y));
      return () => product(a, b);
    },
  };
}
