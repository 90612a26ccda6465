// What is checked: an op, or a function that says on which inputs. To the checks they are the same.
import { bind } from "../op/bind.ts";
import { drawLeaf, isCheckable, type CheckableFunction } from "../op/checkable.ts";
import { isOp, type OpFunction } from "../op/define.ts";
import type { NDArray } from "../op/ndarray.ts";
import { isDifferentiable, notBatchable, vjpRuleFor, type Op } from "../op/op.ts";
import type { Draw, Sample, SampleArray } from "../op/samples.ts";
import { leavesOf } from "../grad/tree.ts";
import { describe } from "../tensor/dtype.ts";
import { DTypeError, OptionError } from "../tensor/errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { GradcheckInputError } from "./errors.ts";

/** A sample, and for a function the tree that its inputs are the leaves of. */
export interface SubjectSample extends Sample {
  /** The arguments; numbers of inputs stand in the place of tensors. */
  readonly args?: readonly unknown[];
}

export interface Subject {
  readonly name: string;
  /** The record, where it is an op. */
  readonly op: Op | null;
  readonly samples: (draw: Draw) => SubjectSample;
  readonly call: (inputs: readonly Tensor[], sample: SubjectSample) => readonly Tensor[];
  readonly reference:
    ((sample: SubjectSample, inputs: readonly NDArray[]) => readonly NDArray[]) | null;
  readonly isDifferentiable: boolean;
  readonly hasGradient: (input: number) => boolean;
  readonly isBatchable: boolean;
  /** Up to which order derivatives are checked. */
  readonly order: number;
}

/** What can be checked. */
export type Checkable = OpFunction | CheckableFunction;

export const isSubject = (value: unknown): value is Checkable => isOp(value) || isCheckable(value);

/** @throws OptionError for what is neither an op nor a checkable function. */
export function subjectOf(value: unknown, name?: string): Subject {
  if (isOp(value)) return subjectOfOp(value.op);
  if (isCheckable(value)) return subjectOfFunction(value, name ?? (value.name || "the function"));
  throw new OptionError({
    where: "checkOp",
    expected: "an op (what defineOp returns) or a checkable function",
    got: describe(value),
    fix: "Pass the op itself, or checkable(f, samples).",
  });
}

const subjectOfOp = (op: Op): Subject => ({
  name: op.name,
  op,
  samples: (draw) => op.samples(draw),
  call: (inputs, sample) => bind(op, inputs, sample.attrs),
  reference: (sample, inputs) => {
    const result = op.reference(inputs, sample.attrs);
    return Array.isArray(result) ? (result as NDArray[]) : [result as NDArray];
  },
  isDifferentiable: isDifferentiable(op),
  hasGradient: (input) => vjpRuleFor(op, input) !== null,
  isBatchable: op.batch !== notBatchable,
  order: 3,
});

/** Stands in the arguments where an input goes. */
class Slot {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

function subjectOfFunction(
  f: CheckableFunction & ((...a: unknown[]) => unknown),
  name: string,
): Subject {
  const { samples, reference, order } = f.checkable;
  return {
    name,
    op: null,
    samples: (draw) => {
      const inputs: SampleArray[] = [];
      const args = samples(draw).map((arg) =>
        mapNodes(arg, (node) => {
          const leaf = drawLeaf(draw, node);
          return leaf && new Slot(inputs.push(leaf) - 1);
        }),
      );
      return { inputs, attrs: {}, args };
    },
    call: (inputs, { args = [] }) => {
      const full = args.map((arg) =>
        mapNodes(arg, (node) => (node instanceof Slot ? inputs[node.index] : null)),
      );
      const result = callWith(f, full, inputs, name);
      const outputs = leavesOf(result, name);
      if (outputs.length > 0) return outputs;
      const isAsync = typeof (result as { then?: unknown } | null)?.then === "function";
      throw new OptionError({
        where: name,
        expected: "a function that returns a tensor, or a tree of tensors",
        got: isAsync ? "a Promise" : describe(result),
        fix: isAsync
          ? "Load data before, and close over it: a derivative is that of a synchronous function."
          : "Return the tensor itself, not its item().",
      });
    },
    reference: reference && ((_, inputs) => [reference(...inputs)]),
    isDifferentiable: true,
    hasGradient: () => true,
    isBatchable: true,
    order,
  };
}

/** Derivatives are checked in float64: what is only made for float32 is told so. */
function callWith(
  f: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  inputs: readonly Tensor[],
  where: string,
): unknown {
  try {
    return f(...args);
  } catch (error) {
    const isDouble = inputs.some((x) => x.dtype === "float64");
    if (!(error instanceof DTypeError) || !isDouble) throw error;
    throw new GradcheckInputError(
      {
        where,
        expected: "a function that takes float64, in which derivatives are checked",
        got: `an error (${error.message.replace(/\.$/, "")})`,
        fix: "Create constants with { dtype: x.dtype }, and cast other tensors to it.",
      },
      { cause: error },
    );
  }
}

/** A tree with some of its nodes replaced; `replace` answers null for those that are walked into. */
function mapNodes(tree: unknown, replace: (node: unknown) => unknown): unknown {
  const other = replace(tree);
  if (other !== null) return other;
  if (Array.isArray(tree)) return tree.map((node) => mapNodes(node, replace));
  if (typeof tree !== "object" || tree === null || tree instanceof Tensor) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, node]) => [key, mapNodes(node, replace)]),
  );
}
