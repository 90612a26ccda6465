import { crossEntropy, type Tensor } from "@wengert/autograd";
import type { Optimizer } from "@wengert/optim";
import type { Compile } from "../types.ts";

type Loss = (output: Tensor, target: Tensor) => Tensor;

/** What trains a model: gradients to zero, forward, loss, backward, update. */
export interface Training {
  readonly forward: (x: Tensor) => Tensor;
  readonly optimizer: Pick<Optimizer, "zeroGrad" | "step">;
  readonly loss?: Loss;
}

/** A whole training step on one batch, and the reading of its loss. */
export function trainingStep(
  compile: Compile,
  { forward, optimizer, loss = crossEntropy as Loss }: Training,
  x: Tensor,
  target: Tensor,
): () => number {
  const step = compile((input: Tensor, wanted: Tensor) => {
    optimizer.zeroGrad();
    const value = loss(forward(input), wanted);
    value.backward();
    optimizer.step();
    return value;
  });
  return () => step(x, target).item();
}
