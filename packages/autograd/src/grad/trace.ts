// What the transforms have in common.
import type { Interpreter } from "../op/bind.ts";
import type { Attrs } from "../op/attrs.ts";
import { checkClosure, isActive } from "../op/entry.ts";
import type { Op } from "../op/op.ts";
import { describe } from "../tensor/dtype.ts";
import { GradientError, OptionError, TransformError } from "../tensor/errors.ts";
import type { Layout } from "../tensor/layout.ts";
import { Tensor } from "../tensor/tensor.ts";

export abstract class BaseTrace implements Interpreter {
  abstract readonly name: string;
  readonly isReadable: boolean = true;
  readonly level: number;

  constructor(level: number) {
    this.level = level;
  }

  process(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    if (isActive(this)) {
      checkClosure(op, this.level);
      return this.interpret(op, inputs, attrs);
    }
    throw new TransformError({
      where: op.name,
      expected: "tensors of transforms that are still running",
      got: `one that was kept from inside of a finished ${this.name}`,
      fix: `Return it from the function that ${this.name} was given.`,
    });
  }

  protected abstract interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[];

  /** A tensor that stands for a value of the next level out. */
  box(value: Tensor, layout: Layout = value.layout, tangent: Tensor | null = null): Tensor {
    return new Tensor(layout, null, 0, { trace: this, value, tangent });
  }

  owns(tensor: Tensor): boolean {
    return tensor.box !== null && tensor.box.trace === this;
  }

  /** What the tensor stands for; a tensor of another level is itself. */
  unbox(tensor: Tensor): Tensor {
    return this.owns(tensor) ? tensor.box!.value : tensor;
  }
}

/** What a transform is given. `example` is how it is called. */
export function checkFunction(where: string, f: unknown, example: string): void {
  if (typeof f === "function") return;
  throw new OptionError({
    where,
    expected: "a function",
    got: f instanceof Tensor ? "a tensor" : describe(f),
    fix: `Write e.g. ${example}.`,
  });
}

/** What grad differentiates: one tensor. */
export function checkTensor(where: string, output: unknown): Tensor {
  checkSynchronous(where, output);
  if (output instanceof Tensor) return output;
  throw new GradientError({
    where,
    expected: "a function that returns a tensor",
    got: `one that returns ${describe(output)}`,
    fix: "Return the tensor itself, not its item(); for a loss and other results, pass hasAux.",
  });
}

/** What vjp and jvp differentiate: a tensor or a tree of tensors. */
export function checkTensors(where: string, output: unknown, leaves: readonly Tensor[]): void {
  if (leaves.length > 0) return;
  throw new GradientError({
    where,
    expected: "a function that returns a tensor, or a tree of tensors",
    got: `one that returns ${describe(output)}`,
    fix: "Return the tensor itself, not its item().",
  });
}

/** Transforms are synchronous: a Promise would outlive the transform. */
export function checkSynchronous<T>(where: string, result: T): T {
  if (typeof (result as { then?: unknown } | null)?.then !== "function") return result;
  throw new TransformError({
    where,
    expected: "a function that returns tensors",
    got: "one that returns a Promise",
    fix: "Load data before, and pass it to a synchronous function.",
  });
}
