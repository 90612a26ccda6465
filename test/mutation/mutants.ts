// All the ways in which one op is made wrong, from its record alone.
import { isOp, notBatchable, notDifferentiable, type Op, type OpFunction } from "@wengert/autograd";
import { programOf } from "@wengert/autograd/compiler";
import { sampleOf } from "@wengert/autograd/testing";
import { resultsOf } from "./results.ts";
import { eachWrong, type WrongKernel } from "./kernels.ts";
import {
  callChanges,
  CallChanger,
  changedBatch,
  changedJvp,
  changedVjp,
  changes,
  type CallChange,
  type VjpRule,
} from "./rules.ts";

export type Part = "vjp" | "jvp" | "batch" | "a term in vjp" | "a term in jvp" | "kernel";

export interface Mutant {
  readonly op: string;
  readonly part: Part;
  /** Where and what, in words. */
  readonly what: string;
  readonly make: () => OpFunction;
}

/** Samples that an op's kernels and rules are looked at by. */
const looks = 40;

/** Terms of a rule beyond these are left alone: they are the ops of another rule's inside. */
export const mostTerms = 12;

/** An op with other rules; its plans are its own. */
export const variant = (op: Op, change: Partial<Op>): OpFunction =>
  Object.assign(() => {}, {
    op: { ...op, ...change, plans: { executor: null, plans: new Map() } } as Op,
  });

export function mutantsOf(f: OpFunction): Mutant[] {
  if (!isOp(f)) return [];
  const { op } = f;
  const named = (part: Part, what: string, make: () => OpFunction): Mutant => ({
    op: op.name,
    part,
    what,
    make,
  });
  return [
    ...rulesOf(op).flatMap(({ place, with: change, rule }) => [
      ...changes.map((it) =>
        named("vjp", `${place} ${it.what}`, () => variant(op, change(changedVjp(rule, it)))),
      ),
      ...termsOf((changer) => variant(op, change(changer.wrap(rule) as VjpRule)), op).map(
        ([what, make]) => named("a term in vjp", `${place}: ${what}`, make),
      ),
    ]),
    ...(op.jvp === notDifferentiable
      ? []
      : [
          ...changes
            .slice(0, -1)
            .map((it) =>
              named("jvp", it.what, () => variant(op, { jvp: changedJvp(op.jvp as never, it) })),
            ),
          ...termsOf((changer) => variant(op, { jvp: changer.wrap(op.jvp as never) }), op).map(
            ([what, make]) => named("a term in jvp", what, make),
          ),
        ]),
    ...(op.batch === notBatchable
      ? []
      : [changes[0], changes[3]].map((it) =>
          named("batch", it.what, () =>
            variant(op, { batch: changedBatch(op.batch as never, it) }),
          ),
        )),
    ...kernelsOf(op).map(({ place, what }) =>
      named("kernel", `${place}: ${what}`, () => wrongKernelAt(op, place, what)),
    ),
  ];
}

interface RulePlace {
  readonly place: string;
  readonly rule: VjpRule;
  readonly with: (rule: VjpRule) => Partial<Op>;
}

function rulesOf({ vjp }: Op): RulePlace[] {
  if (vjp === notDifferentiable) return [];
  if (typeof vjp === "function") {
    return [{ place: "all inputs", rule: vjp, with: (rule) => ({ vjp: rule }) }];
  }
  return vjp.flatMap((rule, i) =>
    rule ? [{ place: `input ${i}`, rule, with: (other) => ({ vjp: vjp.with(i, other) }) }] : [],
  );
}

type Made = readonly [what: string, make: () => OpFunction];

/** A mutant for each float-valued op call inside of a rule and each change of it. */
function termsOf(make: (changer: CallChanger) => OpFunction, op: Op): Made[] {
  const counter = new CallChanger(-1, "sign flipped");
  const counted = make(counter);
  for (let i = 0; i < 8; i++) resultsOf(counted.op, sampleOf(op, i));
  const places = Array.from({ length: Math.min(counter.most, mostTerms) }, (_, i) => i);
  return places.flatMap((place) =>
    callChanges.map((change: CallChange): Made => [
      `call ${place} ${change}`,
      () => make(new CallChanger(place, change)),
    ]),
  );
}

interface Place {
  readonly place: string;
  readonly what: string;
}

/** What can be wrong with the kernels, over many samples. */
function kernelsOf(op: Op): Place[] {
  const found = new Map<string, Place>();
  for (let i = 0; i < looks; i++) {
    const sample = sampleOf(op, i);
    const inputs = sample.inputs.map(({ shape, dtype }) => ({
      shape,
      dtype: dtype === "float" ? ("float64" as const) : dtype,
    }));
    eachWrong(programOf(op, inputs, sample.attrs), (place, { what }) => {
      found.set(`${place}: ${what}`, { place, what });
    });
  }
  return [...found.values()];
}

function wrongKernelAt(op: Op, place: string, what: string): OpFunction {
  return variant(op, {
    body: (k, inputs, attrs) => {
      const outputs = op.body(k, inputs, attrs);
      let change: readonly [step: number, wrong: WrongKernel] | null = null;
      eachWrong(k.finish(outputs), (at, wrong, step) => {
        if (at === place && wrong.what === what) change = [step, wrong];
      });
      if (change === null) return outputs;
      const [index, { kernel, reverses }] = change as readonly [number, WrongKernel];
      k.rewrite((step, i) => {
        if (i !== index) return step;
        return { ...step, kernel, inputs: reverses ? step.inputs.toReversed() : step.inputs };
      });
      return outputs;
    },
  });
}
