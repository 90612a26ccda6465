import { describe } from "../tensor/dtype.ts";
import { OpDefinitionError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { counted } from "../tensor/words.ts";
import type { Attrs } from "./attrs.ts";
import { bind } from "./bind.ts";
import { notBatchable, notDifferentiable, type Op, type OpRecord } from "./op.ts";

/** Calls the op and returns its first output. */
export type Apply<A extends Attrs> = (inputs: readonly Tensor[], attrs: A) => Tensor;

/** A function that carries its op's record; suites find ops by it. */
export interface OpFunction<A extends Attrs = Attrs> {
  readonly op: Op<A>;
}

/** A function that is an op: its signature and its record. */
export type OpOf<F, A extends Attrs = Attrs> = F & OpFunction<A>;

type Callable = (...args: never[]) => unknown;

/**
 * Makes an op of a record: a function of tensors whose gradients work to any order, which the
 * suite of `@wengert/autograd/testing` can check.
 *
 * @param record Everything about the op; families such as `pointwise` fill most of it in.
 * @param call How the function's arguments become tensors and attributes. Default: all arguments
 *   are tensors and there are no attributes.
 * @throws OpDefinitionError when the record contradicts itself.
 * @example
 * const cube = defineOp(pointwise({
 *   name: "cube",
 *   arity: 1,
 *   accepts: "float",
 *   expr: ([x]) => scalar.mul(x, scalar.mul(x, x)),
 *   partials: [({ x }) => mul(3, square(x))],
 *   reference: ([x]) => x ** 3,
 * }));
 */
export function defineOp<F = (...inputs: Tensor[]) => Tensor, A extends Attrs = Attrs>(
  record: OpRecord<A>,
  call: (apply: Apply<A>) => Callable = (apply) =>
    ((...inputs: Tensor[]) => apply(inputs, {} as A)) as Callable,
): OpOf<F, A> {
  checkRecord(record);
  const op: Op<A> = { ...record, plans: { executor: null, plans: new Map() }, compute: null };
  const apply: Apply<A> = (inputs, attrs) => bind(op, inputs, attrs)[0];
  const f = call(apply);
  Object.defineProperty(f, "name", { value: record.name });
  return Object.assign(f, { op }) as unknown as F & OpFunction<A>;
}

/** What each field of a record must be. */
const fields: Record<keyof OpRecord, (value: unknown) => string | null> = {
  name: (value) =>
    typeof value === "string" && value !== "" ? null : "a string that is not empty",
  arity: (value) =>
    value === "variadic" || (Number.isInteger(value) && (value as number) >= 0)
      ? null
      : 'an integer >= 0, or "variadic"',
  broadcasts: (value) => (typeof value === "boolean" ? null : "true or false"),
  shape: needsFunction,
  body: needsFunction,
  vjp: (value) =>
    isRule(value, notDifferentiable) || (Array.isArray(value) && value.every(isRuleOrNull))
      ? null
      : "an array of rules (or null), one rule for all inputs, or notDifferentiable",
  jvp: (value) => (isRule(value, notDifferentiable) ? null : "a rule, or notDifferentiable"),
  batch: (value) => (isRule(value, notBatchable) ? null : "a rule, or notBatchable"),
  samples: needsFunction,
  reference: needsFunction,
};

function needsFunction(value: unknown): string | null {
  return typeof value === "function" ? null : "a function";
}

function isRule(value: unknown, none: string): boolean {
  return typeof value === "function" || value === none;
}

function isRuleOrNull(value: unknown): boolean {
  return typeof value === "function" || value === null;
}

function checkRecord(record: OpRecord): void {
  const { name, arity, vjp, jvp } = record ?? {};
  const complain = (expected: string, got: string) =>
    new OpDefinitionError({
      where: typeof name === "string" && name !== "" ? `defineOp(${name})` : "defineOp",
      expected,
      got,
      fix: "Mend the op's record.",
    });
  if (typeof record !== "object" || record === null) throw complain("a record", describe(record));
  for (const field of Object.keys(fields) as (keyof OpRecord)[]) {
    const wanted = fields[field](record[field]);
    const got = record[field] === undefined ? "none" : describe(record[field]);
    if (wanted !== null) throw complain(`a field ${field}: ${wanted}`, got);
  }
  if (Array.isArray(vjp) && vjp.length !== arity) {
    const inputs = arity === 1 ? "the input" : `each of ${arity} inputs`;
    throw complain(`a vjp rule (or null) for ${inputs}`, counted(vjp.length, "rule"));
  }
  if ((vjp === notDifferentiable) !== (jvp === notDifferentiable)) {
    throw complain("vjp and jvp both differentiable or both not", "one of each");
  }
}

/** Whether a value is an op: a function that carries a record. */
export function isOp(value: unknown): value is OpFunction & Callable {
  return typeof value === "function" && "op" in value;
}
