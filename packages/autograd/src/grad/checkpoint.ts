// Trading time for memory: what is needed for the gradient is computed again instead of kept.
import { bindComposite, type Composite, type Derivatives } from "../op/composite.ts";
import { isRecording } from "../op/entry.ts";
import { barrier } from "../ops/cast.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { batchComposite } from "./batch-composite.ts";
import { tangentsOf } from "./forward.ts";
import { runProgram, type OpProgram } from "./program.ts";
import { pullbackOf } from "./reverse.ts";
import { checkFunction, checkSynchronous } from "./trace.ts";
import { flatten } from "./tree.ts";
import { witness } from "./witness.ts";

/**
 * The same function, of which the tape keeps nothing but the inputs: arguments and what the function
 * closes over, such as parameters. The backward pass computes the rest again. So a network of n blocks,
 * each checkpointed, holds n inputs and the inside of one block at a time, and costs one more forward
 * pass.
 *
 * What is repeated is what the function did: with the same random numbers, the same branches, and
 * without its assignments, such as running statistics. Works with `backward()`, in all transforms, and
 * inside of compiled functions. Arguments and results may be trees of tensors.
 *
 * @throws TransformError for a function that returns a Promise; MutationError in the backward pass when
 *   an input has been assigned since.
 * @example
 * for (const block of blocks) x = checkpoint((x: Tensor) => block.forward(x))(x);
 * @see T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training deep nets with sublinear memory cost", 2016
 */
export function checkpoint<A extends readonly unknown[], R>(
  f: (...args: A) => R,
): (...args: A) => R {
  checkFunction("checkpoint", f, "checkpoint((x) => block.forward(x))(x)");
  return (...args) => {
    const tree = flatten(args, "checkpoint");
    let build: ((values: readonly unknown[]) => R) | null = null;
    const outputs = checkpointed(tree.leaves, (leaves) => {
      const result = flatten(
        checkSynchronous("checkpoint", f(...tree.build(leaves))),
        "checkpoint",
      );
      ({ build } = result);
      return result.leaves;
    });
    return build!(outputs);
  };
}

/** The same for functions of lists. */
function checkpointed(
  inputs: readonly Tensor[],
  f: (inputs: Tensor[]) => readonly Tensor[],
): readonly Tensor[] {
  const { program, captured, results } = witness("checkpoint", inputs, f);
  const all = [...inputs, ...captured];
  let first: { inputs: Tensor[]; outputs: Tensor[] } | null = {
    inputs: all.map(plain),
    outputs: results.map(plain),
  };
  const composite: Composite = {
    name: "checkpoint",
    compute: (values) => {
      // What has just been computed is not computed again.
      const isFirst = first && values.every((x, i) => isSame(x, first!.inputs[i]));
      return isFirst ? first!.outputs : runProgram(program, values);
    },
    ...rulesOf(program),
    batch: (call) => batchComposite(composite, call),
  };
  try {
    return bindComposite(composite, all);
  } finally {
    first = null;
  }
}

/** Its derivatives are those of its calls, made again; they are checkpoints in turn, so that
 *  derivatives of derivatives keep as little. */
function rulesOf(program: OpProgram): Pick<Composite, "vjp" | "jvp"> {
  const run = (inputs: readonly Tensor[]) => runProgram(program, inputs);
  return {
    vjp: (cotangents, { inputs, needs }) =>
      onLists(inputs, cotangents, (inputs, cotangents) => {
        const [, pull] = pullbackOf(
          run,
          inputs.map((x) => barrier(x)),
          needs,
        );
        return pull(cotangents);
      }),
    jvp: (tangents, { inputs }) =>
      onLists(inputs, tangents, (inputs, tangents) => tangentsOf(run, inputs, tangents)[1]),
  };
}

type Rule = (inputs: readonly Tensor[], derivatives: Derivatives) => Derivatives;

/** Applies a rule as a checkpoint where someone else differentiates it. */
function onLists(inputs: readonly Tensor[], derivatives: Derivatives, rule: Rule): Derivatives {
  const isWatched = (x: Tensor | null) =>
    x !== null && (x.box !== null || (x.requiresGrad && isRecording(null)));
  if (![...inputs, ...derivatives].some(isWatched)) return rule(inputs, derivatives);
  const given = derivatives.flatMap((x) => x ?? []);
  let present: boolean[] = [];
  const results = checkpointed([...inputs, ...given], (leaves) => {
    const rest = leaves.slice(inputs.length);
    const answer = rule(
      leaves.slice(0, inputs.length),
      derivatives.map((x) => (x === null ? null : rest.shift()!)),
    );
    present = answer.map((x) => x !== null);
    return answer.flatMap((x) => x ?? []);
  });
  let next = 0;
  return present.map((isThere) => (isThere ? results[next++] : null));
}

/** The tensor outside of all transforms. */
function plain(tensor: Tensor): Tensor {
  let value = tensor;
  while (value.box !== null) value = value.box.value;
  return value;
}

const isSame = (a: Tensor, b: Tensor): boolean =>
  a.box === null && a.storage === b.storage && a.offset === b.offset && a.layout === b.layout;
