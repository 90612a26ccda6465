// The record of an op: all that anyone needs to know about it, in one place.
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Plan } from "../kernel/executor.ts";
import type { Spec } from "../kernel/kernel.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Attrs } from "./attrs.ts";
import type { NDArray } from "./ndarray.ts";
import type { Draw, Sample } from "./samples.ts";

/** Says in a record that there is nothing to differentiate: the result is piecewise constant, an
 *  index, or an effect. */
export const notDifferentiable = "not differentiable";
export type NotDifferentiable = typeof notDifferentiable;

/** A function that may be stored where one for less particular attributes is expected: an op is
 *  only ever called with attributes of its own. (TypeScript allows it for methods alone.) */
type Rule<Args extends unknown[], R> = { method(...args: Args): R }["method"];

/** What a derivative rule may see of a call: inputs, outputs, attributes. Reading a tensor checks
 *  that it has not been changed since the call; reading its shape does not. */
export interface Saved<A extends Attrs = Attrs> {
  readonly op: Op<A>;
  readonly attrs: A;
  /** The first input. */
  readonly x: Tensor;
  /** The first, second and third input of several. */
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  /** The first output. */
  readonly y: Tensor;
  input(i: number): Tensor;
  output(i: number): Tensor;
  /** Shape and dtype of an input. */
  spec(i: number): Spec;
  shape(i: number): Shape;
  /** How many inputs there were. */
  readonly count: number;
  readonly outputCount: number;
  /** Whether anyone wants the cotangent of an input: a rule that computes those of all inputs at once
   *  may leave out the others. */
  needs(i: number): boolean;
}

/**
 * The cotangent of one input, from the cotangent `g` of output 0 and what the op saved. It is made
 * of differentiable ops, so that derivatives of any order follow. `null` is a zero. Where the op
 * broadcasts, the engine sums the result over the broadcast axes. An op of several outputs finds
 * all of their cotangents (null: zero) in `all`.
 */
export type VjpRule<A extends Attrs> = Rule<
  [g: Tensor, saved: Saved<A>, input: number, all: readonly (Tensor | null)[]],
  Tensor | null
>;

/** The tangent of the output from those of the inputs (null: zero; at least one is none). */
export type JvpRule<A extends Attrs> = Rule<
  [tangents: readonly (Tensor | null)[], saved: Saved<A>],
  Tensor | readonly (Tensor | null)[]
>;

/** The op on inputs some of which have a batch in front (axis 0): all outputs have it there. */
export type BatchRule<A extends Attrs> = Rule<[call: BatchedCall<A>], readonly Tensor[]>;

export interface BatchedCall<A extends Attrs> {
  readonly op: Op<A>;
  readonly inputs: readonly Tensor[];
  /** Which of the inputs have the batch in front. */
  readonly batched: readonly boolean[];
  readonly size: number;
  readonly attrs: A;
}

/** Says in a record that an op cannot be batched, e.g. because it writes into a tensor. */
export const notBatchable = "not batchable";
export type NotBatchable = typeof notBatchable;

/** Everything about an op. No field is optional: what an op cannot do, it says. */
export interface OpRecord<A extends Attrs = Attrs> {
  readonly name: string;
  /** How many tensors it takes. */
  readonly arity: number | "variadic";
  /** Whether inputs broadcast against each other (then their gradients are summed back). */
  readonly broadcasts: boolean;
  /** Shapes and dtypes of the outputs; throws ShapeError, AxisError or DTypeError. */
  shape(inputs: readonly Spec[], attrs: A): readonly Spec[];
  /** What it computes, in kernels. */
  body(k: KernelBuilder, inputs: readonly Value[], attrs: A): readonly Value[];
  /** A rule for each input (null: no gradient, e.g. an index), or one rule for all of them. */
  readonly vjp: readonly (VjpRule<A> | null)[] | VjpRule<A> | NotDifferentiable;
  readonly jvp: JvpRule<A> | NotDifferentiable;
  readonly batch: BatchRule<A> | NotBatchable;
  /** Draws inputs inside of the domain, away from kinks. */
  samples(draw: Draw): Sample<A>;
  /** The values by an independent formula, for the tests. */
  reference(inputs: readonly NDArray[], attrs: A): NDArray | readonly NDArray[];
}

/** A defined op: its record and the plans made for it. */
export interface Op<A extends Attrs = Attrs> extends OpRecord<A> {
  readonly plans: PlanCache;
  /** What a composite op computes, in other ops; null for one whose body is kernels. */
  readonly compute: ((inputs: readonly Tensor[]) => readonly Tensor[]) | null;
}

export interface PlanCache {
  /** The executor that the plans were made by. */
  executor: object | null;
  plans: Map<number | string, Plan>;
}

export const isDifferentiable = (op: Op): boolean => op.vjp !== notDifferentiable;

/** The rule for one input, or null where it has no gradient. */
export function vjpRuleFor(op: Op, input: number): VjpRule<Attrs> | null {
  if (op.vjp === notDifferentiable) return null;
  return typeof op.vjp === "function" ? op.vjp : (op.vjp[input] ?? null);
}
