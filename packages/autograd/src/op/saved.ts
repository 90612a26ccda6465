import type { Spec } from "../kernel/kernel.ts";
import { MutationError } from "../tensor/errors.ts";
import { showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Attrs } from "./attrs.ts";
import type { Op, Saved } from "./op.ts";

/** A call as its derivative rules see it. */
export class SavedCall<A extends Attrs = Attrs> implements Saved<A> {
  readonly op: Op<A>;
  readonly attrs: A;
  /** Inputs and outputs at the level that the rule runs on; emptied when the tape is released. */
  protected values: readonly Tensor[];
  protected results: readonly Tensor[];
  private readonly versions: readonly number[] | null;

  constructor(
    op: Op<A>,
    attrs: A,
    values: readonly Tensor[],
    results: readonly Tensor[],
    checked: boolean,
  ) {
    this.op = op;
    this.attrs = attrs;
    this.values = values;
    this.results = results;
    this.versions = checked ? versionsOf(values, results) : null;
  }

  get x(): Tensor {
    return this.input(0);
  }

  get a(): Tensor {
    return this.input(0);
  }

  get b(): Tensor {
    return this.input(1);
  }

  get c(): Tensor {
    return this.input(2);
  }

  get y(): Tensor {
    return this.output(0);
  }

  get count(): number {
    return this.values.length;
  }

  get outputCount(): number {
    return this.results.length;
  }

  input(i: number): Tensor {
    return this.check(this.values[i], i, `input ${i}`);
  }

  output(i: number): Tensor {
    return this.check(this.results[i], this.values.length + i, `output ${i}`);
  }

  needs(_input: number): boolean {
    return true;
  }

  spec(i: number): Spec {
    return this.values[i].layout;
  }

  get outputSpecs(): readonly Spec[] {
    return this.results.map((y) => y.layout);
  }

  shape(i: number): Shape {
    return this.values[i].layout.shape;
  }

  private check(tensor: Tensor, slot: number, what: string): Tensor {
    if (this.versions === null || versionOf(tensor) === this.versions[slot]) return tensor;
    throw new MutationError({
      where: `backward of ${this.op.name}`,
      expected: `${what} (shape ${showShape(tensor.layout.shape)}) as it was in the forward pass`,
      got: "one that has been assigned since (copyFrom, or an optimizer's step)",
      fix: "Call backward() before the assignment, or compute with a copy: x.clone().",
    });
  }
}

function versionsOf(values: readonly Tensor[], results: readonly Tensor[]): number[] {
  const versions: number[] = [];
  for (const tensor of values) versions.push(versionOf(tensor));
  for (const tensor of results) versions.push(versionOf(tensor));
  return versions;
}

function versionOf(tensor: Tensor): number {
  let value = tensor;
  while (value.box !== null) value = value.box.value;
  return value.storage!.version;
}
