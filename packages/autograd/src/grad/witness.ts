// Writing a function down as a program of op calls, while it runs or without values.
import type { Attrs } from "../op/attrs.ts";
import { bind, currentWitness, programOf, withWitness } from "../op/bind.ts";
import { callerLine } from "../op/caller.ts";
import { closesOver, isRecording, pauseTapes, withTrace } from "../op/entry.ts";
import { notBatchable, notDifferentiable, type Op } from "../op/op.ts";
import type { Spec } from "../kernel/kernel.ts";
import { clone } from "../ops/cast.ts";
import { TransformError } from "../tensor/errors.ts";
import { contiguousLayout } from "../tensor/layout.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { prune, outputSpecs, type OpCall, type OpProgram } from "./program.ts";
import { BaseTrace } from "./trace.ts";

/** A function, written down. */
export interface Written {
  /** Its inputs are the arguments, then the captured tensors. */
  readonly program: OpProgram;
  /** Tensors of the surroundings that the function used. */
  readonly captured: readonly Tensor[];
}

/** Sees all calls that a function makes; what comes from outside, it counts as a further input. */
abstract class Witness extends BaseTrace {
  /** Arguments from 0, outputs of calls after them, captured tensors from −1 downwards. */
  private readonly numbers = new WeakMap<Tensor, number>();
  private readonly specs: Spec[] = [];
  private readonly calls: (OpCall & { readonly first: number })[] = [];
  private readonly captures: Tensor[] = [];
  private captureOf = new Map<Tensor, number>();
  /** Who saw all calls before. */
  protected readonly outer = currentWitness();
  private next = 0;
  /** Is told of the value of each number, in order. */
  watch: ((value: Tensor) => void) | null = null;

  argument(value: Tensor): Tensor {
    this.specs.push(value.layout);
    return this.made(value);
  }

  protected made(value: Tensor): Tensor {
    const tensor = this.box(value);
    this.numbers.set(tensor, this.next++);
    this.watch?.(value);
    return tensor;
  }

  protected numberOf(tensor: Tensor): number {
    const own = this.numbers.get(tensor);
    if (own !== undefined) return own;
    let known = this.captureOf.get(tensor);
    if (known === undefined) this.captureOf.set(tensor, (known = -this.captures.push(tensor)));
    return known;
  }

  protected write(
    op: Op,
    inputs: readonly number[],
    attrs: Attrs,
    values: readonly Tensor[],
    inline: OpCall["inline"] = null,
  ): Tensor[] {
    const outputs = values.map(({ layout }) => layout);
    const isPaused = !isRecording(this);
    this.calls.push({ op, attrs, inputs, outputs, isPaused, inline, first: this.next });
    return values.map((value) => this.made(value));
  }

  /** Somebody writes to a storage: what was captured of it before stays what it was. */
  protected keepCaptured(storage: Storage | null): void {
    this.captures.forEach((tensor, i) => {
      if (tensor.storage !== storage) return;
      if (this.captureOf.get(tensor) === -1 - i) this.captureOf.delete(tensor);
      this.captures[i] = withWitness(this.outer, () => pauseTapes(() => clone(tensor)));
    });
  }

  /** What depends on the arguments; `valueOf` knows what all else came to. */
  dependent(outputs: readonly Tensor[], valueOf: (id: number) => Tensor): Written {
    const count = this.specs.length;
    const numbers = new Map(Array.from({ length: count }, (_, i) => [i, i] as const));
    const constants: Tensor[] = [];
    const calls: typeof this.calls = [];
    const depends = new Set(numbers.keys());
    for (const call of this.calls) {
      if (!call.inputs.some((id) => depends.has(id))) continue;
      calls.push(call);
      call.outputs.forEach((_, i) => depends.add(call.first + i));
    }
    const results = outputs.map((tensor) => this.numberOf(tensor));
    for (const id of [...calls.flatMap(({ inputs }) => inputs), ...results]) {
      if (depends.has(id) || numbers.has(id)) continue;
      numbers.set(id, count + constants.push(id < 0 ? this.captures[-1 - id] : valueOf(id)) - 1);
    }
    let next = count + constants.length;
    for (const { first, outputs: made } of calls) {
      made.forEach((_, i) => numbers.set(first + i, next++));
    }
    const renumber = (ids: readonly number[]) => ids.map((id) => numbers.get(id)!);
    return {
      captured: constants,
      program: prune({
        inputs: [...this.specs, ...constants.map(({ layout }) => layout)],
        calls: calls.map((call) => ({ ...call, inputs: renumber(call.inputs) })),
        outputs: renumber(results),
      }),
    };
  }

  finish(outputs: readonly Tensor[]): Written {
    const ids = outputs.map((tensor) => this.numberOf(tensor));
    const { length } = this.specs;
    // Captured tensors come between the arguments and what the calls made.
    const renumber = (id: number) =>
      id < 0 ? length - 1 - id : id < length ? id : id + this.captures.length;
    const program = prune({
      inputs: [...this.specs, ...this.captures.map(({ layout }) => layout)],
      calls: this.calls.map((call) => ({
        ...call,
        inputs: call.inputs.map(renumber),
        inline: call.inline && { ...call.inline, inputs: call.inline.inputs.map(renumber) },
      })),
      outputs: ids.map(renumber),
    });
    return withoutUnused({ program, captured: this.captures });
  }
}

/** Captured tensors that no call uses any more are no inputs. */
function withoutUnused({ program, captured }: Written): Written {
  const first = program.inputs.length - captured.length;
  const used = new Set([
    ...program.outputs,
    ...program.calls.flatMap(({ inputs, inline }) => [...inputs, ...(inline?.inputs ?? [])]),
  ]);
  const kept = captured.map((_, i) => i).filter((i) => used.has(first + i));
  if (kept.length === captured.length) return { program, captured };
  const dropped = captured.length - kept.length;
  const renumber = (id: number) =>
    id < first ? id : id < program.inputs.length ? first + kept.indexOf(id - first) : id - dropped;
  return {
    captured: kept.map((i) => captured[i]),
    program: {
      inputs: program.inputs.filter((_, i) => i < first || kept.includes(i - first)),
      calls: program.calls.map((call) => ({
        ...call,
        inputs: call.inputs.map(renumber),
        inline: call.inline && { ...call.inline, inputs: call.inline.inputs.map(renumber) },
      })),
      outputs: program.outputs.map(renumber),
    },
  };
}

/** Writes down what a function does while it does it. */
class RunningWitness extends Witness {
  readonly name: string;
  override readonly isReadable = true;
  private readonly isRecorded: boolean;

  /** `isRecorded`: whether the tapes around it record what it does. */
  constructor(name: string, level: number, isRecorded: boolean) {
    super(level);
    this.name = name;
    this.isRecorded = isRecorded;
  }

  protected interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    const values = inputs.map((tensor) => this.unbox(tensor));
    const targets = targetsOf(op, values, attrs);
    for (const i of targets) this.keepCaptured(values[i].storage);
    // A draw moves its generator on. To repeat it, one starts from a copy of the state of before; the
    // copy is a call of its own, so that each repetition has its own.
    const ids = inputs.map((tensor, i) =>
      targets.includes(i) ? this.copied(values[i]) : this.numberOf(tensor),
    );
    const results = this.outside(() => bind(op, values, attrs));
    const isAssignment = targets.length > 0 && results.length === 1;
    return isAssignment ? results : this.write(op, ids, attrs, results);
  }

  private copied(target: Tensor): number {
    const before = this.outside(() => clone(target));
    const again = this.outside(() => clone(before));
    const [copy] = this.write(clone.op as Op, [this.numberOf(before)], {}, [again]);
    return this.numberOf(copy);
  }

  private outside<R>(f: () => R): R {
    return withWitness(this.outer, () => (this.isRecorded ? f() : pauseTapes(f)));
  }
}

/** Which inputs an op writes to. */
function targetsOf(op: Op, inputs: readonly Tensor[], attrs: Attrs): number[] {
  if (op.compute !== null || op.batch !== notBatchable || op.vjp !== notDifferentiable) return [];
  const { steps } = programOf(
    op,
    inputs.map(({ layout }) => layout),
    attrs,
  );
  const root = (id: number): number => {
    const step = steps[id - inputs.length];
    return id < inputs.length || !step ? id : root(step.inputs[0]);
  };
  return steps.flatMap((step) => (step.kernel.kind === "assign" ? [root(step.inputs[0])] : []));
}

/** Runs f and writes down what it does. No tape records it. The results are values of the level that
 *  this is called on. */
export function witness(
  where: string,
  inputs: readonly Tensor[],
  f: (inputs: Tensor[]) => readonly Tensor[],
): Written & { readonly results: readonly Tensor[] } {
  return withTrace(
    (level) => new RunningWitness(where, level, false),
    (trace) => {
      const outputs = withWitness(trace, () => f(inputs.map((x) => trace.argument(x))));
      const results = outputs.map((y) => trace.unbox(y));
      return { ...trace.finish(outputs), results };
    },
  );
}

/** Runs f on `inputs`, which its results are linear in; writes down how those depend on them, and keeps
 *  what all else came to. The results count as computed on the tapes around it. */
export function witnessLinear(
  where: string,
  inputs: readonly Tensor[],
  f: (inputs: Tensor[]) => readonly [values: readonly Tensor[], linear: readonly Tensor[]],
): Written & { readonly values: readonly Tensor[] } {
  return withTrace(
    (level) => new RunningWitness(where, level, true),
    (trace) => {
      const kept: Tensor[] = [];
      trace.watch = (value) => kept.push(value);
      const [values, linear] = withWitness(trace, () => f(inputs.map((x) => trace.argument(x))));
      const written = trace.dependent(linear, (id) => kept[id]);
      return { ...written, values: values.map((y) => trace.unbox(y)) };
    },
  );
}

/** Writes down what a function would do to tensors of which only shapes and dtypes are known. */
class AbstractWitness extends Witness {
  readonly name: string;
  override readonly isReadable = false;

  constructor(name: string, level: number) {
    super(level);
    this.name = name;
  }

  protected interpret(op: Op, inputs: readonly Tensor[], attrs: Attrs): readonly Tensor[] {
    const ids = inputs.map((tensor) => this.numberOf(tensor));
    if (op.compute !== null) return this.composite(op, op.compute, inputs, ids, attrs);
    const specs = op.shape(
      inputs.map((tensor) => tensor.layout),
      attrs,
    );
    if (targetsOf(op, inputs, attrs).length > 0) throw hasEffect(this.name, op.name);
    return this.write(op, ids, attrs, specs.map(placeholder));
  }

  /** The call is written down with its rules, and beside it what it comes to. */
  private composite(
    op: Op,
    compute: NonNullable<Op["compute"]>,
    inputs: readonly Tensor[],
    ids: readonly number[],
    attrs: Attrs,
  ): readonly Tensor[] {
    const specs = inputs.map((tensor) => tensor.layout);
    const { program, captured } = abstractly(op.name, specs, compute);
    if (captured.some((tensor) => tensor.requiresGrad || tensor.box !== null)) {
      throw closesOver(op.name);
    }
    const inline = { program, inputs: [...ids, ...captured.map((x) => this.numberOf(x))] };
    return this.write(op, ids, attrs, outputSpecs(program).map(placeholder), inline);
  }
}

const hasEffect = (where: string, op: string) =>
  new TransformError({
    where,
    expected: "a function without effects: it is written down once, and repeated",
    got: `one that calls ${op}${callerLine()}, which writes into a tensor`,
    fix: "Draw random numbers before, and pass them in (to scan: as a part of xs); return new values.",
  });

/** Writes down what f would do, without values. */
export function abstractly(
  where: string,
  inputs: readonly Spec[],
  f: (inputs: Tensor[]) => readonly Tensor[],
): Written {
  return withTrace(
    (level) => new AbstractWitness(where, level),
    (trace) => {
      const stands = inputs.map((spec) => trace.argument(placeholder(spec)));
      return trace.finish(withWitness(trace, () => f(stands)));
    },
  );
}

/** A tensor without elements. */
const placeholder = ({ shape, dtype }: Spec): Tensor =>
  new Tensor(contiguousLayout(dtype, shape), new Storage(new Uint8Array(0)), 0);
