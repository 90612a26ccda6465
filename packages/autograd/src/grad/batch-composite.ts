// Composite ops on batches.
import { bindComposite, type Composite, type Derivatives } from "../op/composite.ts";
import type { noAttrs } from "../op/attrs.ts";
import type { BatchedCall } from "../op/op.ts";
import { sum } from "../ops/move.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { batchOf } from "./vmap.ts";

/** The op with its body and its rules applied to each example: they stay the rules. */
export function batchComposite(
  composite: Composite,
  { inputs, batched, size }: Pick<BatchedCall<typeof noAttrs>, "inputs" | "batched" | "size">,
): readonly Tensor[] {
  const all = <T>(list: readonly T[]) => list.map(() => true);
  /** The rule of each example. */
  const onEach = (
    values: readonly Tensor[],
    outputs: readonly Tensor[],
    derivatives: Derivatives,
    isBatched: readonly boolean[],
    rule: (values: Tensor[], outputs: Tensor[], derivatives: Derivatives) => Derivatives,
  ): (Tensor | null)[] => {
    const present = derivatives.flatMap((x) => x ?? []);
    const flags = [...batched, ...all(outputs), ...isBatched.filter((_, i) => derivatives[i])];
    return batchOf(
      (leaves) => {
        const rest = leaves.slice(values.length + outputs.length);
        return rule(
          leaves.slice(0, values.length),
          leaves.slice(values.length, values.length + outputs.length),
          derivatives.map((x) => (x === null ? null : rest.shift()!)),
        );
      },
      [...values, ...outputs, ...present],
      flags,
      size,
    );
  };
  const vectorised: Composite = {
    name: composite.name,
    compute: (values) =>
      batchOf((leaves) => composite.compute(leaves), values, batched, size) as Tensor[],
    vjp: (cotangents, { inputs: values, outputs, needs }) => {
      const each = onEach(values, outputs, cotangents, all(cotangents), (inputs, outputs, g) =>
        composite.vjp(g, { inputs, outputs, needs }),
      );
      // All examples share an input without a batch: its cotangent is the sum of theirs.
      return each.map((g, i) => (g === null || batched[i] ? g : sum(g, { axis: 0 })));
    },
    jvp: (tangents, { inputs: values, outputs, needs }) =>
      onEach(values, outputs, tangents, batched, (inputs, outputs, t) =>
        composite.jvp(t, { inputs, outputs, needs }),
      ),
    batch: (call) => batchComposite(vectorised, call),
  };
  return bindComposite(vectorised, inputs);
}
