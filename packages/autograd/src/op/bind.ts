// The one place that every op call passes.
import { KernelBuilder } from "../kernel/builder.ts";
import type { Executor, Plan } from "../kernel/executor.ts";
import type { Spec } from "../kernel/kernel.ts";
import { describe } from "../tensor/dtype.ts";
import { OpDefinitionError, ValueError } from "../tensor/errors.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { Tensor, type Trace } from "../tensor/tensor.ts";
import type { Attrs, AttrValue } from "./attrs.ts";
import { checkClosure, closesOver, isRecording, record, withClosedBody } from "./entry.ts";
import { inspector } from "./inspector.ts";
import type { Op } from "./op.ts";

/** A transform that interprets the ops on its boxed tensors. */
export interface Interpreter extends Trace {
  process(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[];
}

/**
 * Calls an op: the innermost transform that an input belongs to interprets it; without one it is
 * evaluated, and recorded on the tape where a gradient needs it.
 */
export function bind(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
  let interpreter: Interpreter | null = null;
  let needsGrad = false;
  for (const input of inputs) {
    const box = input?.box;
    if (box === null) needsGrad ||= input.requiresGrad;
    else if (box === undefined) throw notATensor(op, input);
    else if (interpreter === null || box.trace.level > interpreter.level) {
      interpreter = box.trace as Interpreter;
    }
  }
  if (witness !== null && (interpreter === null || interpreter.level < witness.level)) {
    interpreter = witness;
  }
  if (interpreter !== null) return interpreter.process(op, inputs, attrs);
  const outputs =
    op.compute === null
      ? evaluate(op, inputs, attrs)
      : computeComposite(op.name, op.compute, inputs);
  if (!needsGrad) return outputs;
  if (isRecording(null)) record(op, attrs, inputs, inputs, outputs, outputs);
  else checkClosure(op, 0);
  return outputs;
}

/** A transform that is given all calls inside of it, those on tensors of the surroundings, too: it
 *  writes a program down. */
let witness: Interpreter | null = null;

/** Runs f with a transform as the witness of all calls; null for none. */
export function withWitness<R>(next: Interpreter | null, f: () => R): R {
  const before = witness;
  witness = next;
  try {
    return f();
  } finally {
    witness = before;
  }
}

export const currentWitness = (): Interpreter | null => witness;

/** The body of a composite op sees plain values. */
function computeComposite(
  name: string,
  compute: NonNullable<Op["compute"]>,
  inputs: readonly Tensor[],
): readonly Tensor[] {
  const plain = inputs.map((x) => (x.requiresGrad ? new Tensor(x.layout, x.storage, x.offset) : x));
  const outputs = withClosedBody(name, () => compute(plain));
  if (outputs.some((y) => y.box !== null)) throw closesOver(name);
  // Outputs are tensors of their own: one may be an input, or a parameter.
  return outputs.map(({ layout, storage, offset }) => new Tensor(layout, storage, offset));
}

const notATensor = (op: Op, input: unknown) =>
  new ValueError({
    where: op.name,
    expected: op.arity === 1 ? "a tensor" : "tensors",
    got: describe(input),
    fix: "Make a tensor of it first: tensor(value).",
  });

let executor: Executor;

/** Chooses who runs the kernels, and returns who did before. */
export function setExecutor(next: Executor): Executor {
  const previous = executor;
  executor = next;
  return previous;
}

/** Stands in for the executor while a function is recorded: it notes the call, and its tensors have
 *  shapes but no values. */
export type Evaluator = (op: Op, inputs: readonly Tensor[], attrs: Attrs) => Tensor[];

let evaluator: Evaluator | null = null;

/** Runs f with all ops evaluated by someone else; null for the executor. */
export function withEvaluator<R>(next: Evaluator | null, f: () => R): R {
  const before = evaluator;
  evaluator = next;
  try {
    return f();
  } finally {
    evaluator = before;
  }
}

/** Runs an op's program on concrete tensors. The outputs are new tensor objects. */
export function evaluate(op: Op, inputs: readonly Tensor[], attrs: Attrs): Tensor[] {
  return evaluator === null ? execute(op, inputs, attrs) : evaluator(op, inputs, attrs);
}

/** Of one op. */
const maxPlans = 512;

function execute(op: Op, inputs: readonly Tensor[], attrs: Attrs): Tensor[] {
  const cache = op.plans;
  if (cache.executor !== executor) {
    cache.executor = executor;
    cache.plans = new Map();
  }
  const key = keyOf(op, inputs, attrs);
  let plan = cache.plans.get(key);
  if (plan === undefined) {
    plan = prepare(op, inputs, attrs);
    // Ever new shapes or options must not grow the cache without end. The oldest goes.
    if (cache.plans.size >= maxPlans) cache.plans.delete(cache.plans.keys().next().value!);
    cache.plans.set(key, plan);
  }
  if (inspector?.computed === undefined) return plan(inputs);
  const outputs = plan(inputs);
  inspector.computed(op, inputs, outputs);
  return outputs;
}

const maxPairedId = 2 ** 26;

/** A key of layouts, dtypes and attributes: a number where it can be one. */
function keyOf(op: Op, inputs: readonly Tensor[], attrs: Attrs): number | string {
  const options = keyOfAttrs(op, attrs);
  if (options === "" && inputs.length <= 2 && inputs.length > 0) {
    const first = inputs[0].layout.id;
    if (inputs.length === 1) return first;
    const second = inputs[1].layout.id;
    if (first < maxPairedId && second < maxPairedId) return first * maxPairedId + second;
  }
  let key = options;
  for (const { layout } of inputs) key += `,${layout.id}`;
  return key;
}

/** A text that is the same for the same attributes alone. */
export function keyOfAttrs(op: Op, attrs: Attrs): string {
  let key = "";
  for (const name in attrs) key += `${name}=${keyOfAttr(op, attrs[name])};`;
  return key;
}

/** Distinct for distinct values: -0 and 0, 1 and [1], null and "null" are not the same. */
function keyOfAttr(op: Op, value: AttrValue): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean" || value === null) return `${value}`;
  if (Array.isArray(value) && value.every((entry) => typeof entry === "number")) {
    return value.includes(0)
      ? `[${value.map((x) => keyOfAttr(op, x)).join()}]`
      : `[${value.join()}]`;
  }
  throw new OpDefinitionError({
    where: op.name,
    expected: "attributes that are numbers, strings, booleans, null or arrays of numbers",
    got: describe(value),
    fix: "Pass what varies in structure as several attributes.",
  });
}

function prepare(op: Op, inputs: readonly Tensor[], attrs: Attrs): Plan {
  const layouts = inputs.map((tensor) => tensor.layout);
  return executor.prepare(programOf(op, layouts, attrs), layouts);
}

/** The op's kernels for inputs of these shapes and dtypes, checked against its shape rule. */
export function programOf(op: Op, inputs: readonly Spec[], attrs: Attrs) {
  checkArity(op, inputs.length);
  const promised = op.shape(inputs, attrs);
  const builder = new KernelBuilder(op.name, inputs);
  const outputs = op.body(builder, builder.inputs, attrs);
  const agree =
    outputs.length === promised.length &&
    outputs.every((o, i) => o.dtype === promised[i].dtype && sameShape(o.shape, promised[i].shape));
  if (agree) return builder.finish(outputs);
  const show = (specs: readonly Spec[]) =>
    specs.map((spec) => `${spec.dtype} ${showShape(spec.shape)}`).join(" and ");
  throw new OpDefinitionError({
    where: op.name,
    expected: `a body that yields ${show(promised)}, as its shape rule says`,
    got: show(outputs),
    fix: "Make the op's shape rule and body agree.",
  });
}

function checkArity(op: Op, count: number): void {
  if (op.arity === "variadic" ? count > 0 : count === op.arity) return;
  throw new OpDefinitionError({
    where: op.name,
    expected:
      op.arity === "variadic"
        ? "at least one tensor"
        : op.arity === 1
          ? "1 tensor"
          : `${op.arity} tensors`,
    got: String(count),
    fix: "Pass as many tensors as the op takes.",
  });
}
