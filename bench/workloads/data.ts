import { normal, randomIntegers, type Generator, type Tensor } from "@wengert/autograd";

/** A batch of inputs and one of class indices. */
export function randomBatch(
  shape: number[],
  classes: number,
  generator: Generator,
): { x: Tensor; labels: Tensor } {
  const labels = randomIntegers([shape[0]!], { high: classes, generator });
  return { x: normal(shape, { generator }), labels };
}
