// A chain of pointwise functions over many elements: memory traffic, and the cost of exp.
import {
  add,
  Generator,
  mul,
  normal,
  sigmoid,
  sum,
  tanh,
  valueAndGrad,
  type Tensor,
} from "@wengert/autograd";
import type { Workload } from "../types.ts";

export const elementwise1e6: Workload = {
  title: "∑ sigmoid(2a + 1) tanh(a) and its gradient, 10⁶ elements",
  prepare: (compile) => {
    const chain = (a: Tensor): Tensor => sum(mul(sigmoid(add(mul(a, 2), 1)), tanh(a)));
    const both = compile(valueAndGrad(chain));
    const a: Tensor = normal([1_000_000], { generator: new Generator(1) });
    return () => {
      const [loss, gradient] = both(a);
      gradient[Symbol.dispose](); // as the peers' are: a loop of nothing else gives no time to collect
      return loss.item();
    };
  },
};
