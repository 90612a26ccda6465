// Ops whose body is other ops instead of kernels: functions with derivative rules of their own,
// checkpoints. To the transforms they are ops like others.
import type { Tensor } from "../tensor/tensor.ts";
import { noAttrs } from "./attrs.ts";
import { bind } from "./bind.ts";
import type { BatchRule, Op, Saved } from "./op.ts";

/** For each input or output: its cotangent or tangent, or null for a zero. */
export type Derivatives = readonly (Tensor | null)[];

/** What a composite op does. Rules are written in ops that can be differentiated, like those of
 *  records. */
export interface Composite {
  readonly name: string;
  /** The outputs of plain inputs; it may close over no tensor that needs a gradient. */
  compute(inputs: readonly Tensor[]): readonly Tensor[];
  /** Cotangents of the inputs from those of the outputs. `needs` says whose are wanted. */
  vjp(cotangents: Derivatives, call: CompositeCall): Derivatives;
  /** Tangents of the outputs from those of the inputs. */
  jvp(tangents: Derivatives, call: CompositeCall): Derivatives;
  /** The op on batches. */
  readonly batch: BatchRule<typeof noAttrs>;
}

export interface CompositeCall {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly needs: (input: number) => boolean;
}

/** Calls a composite op. */
export function bindComposite(composite: Composite, inputs: readonly Tensor[]): readonly Tensor[] {
  return bind(opOf(composite), inputs, noAttrs);
}

function opOf(composite: Composite): Op {
  const { name, batch } = composite;
  /** The engine asks for each input in turn, with the same list of cotangents. */
  const answers = new WeakMap<object, Derivatives>();
  return {
    name,
    arity: "variadic",
    broadcasts: false,
    compute: (inputs) => composite.compute(inputs),
    vjp: (_, saved, input, all) => {
      let answer = answers.get(all);
      if (!answer) {
        // All outputs have a place in the list, also those behind the last that has a cotangent.
        const cotangents = Array.from({ length: saved.outputCount }, (_, i) => all[i] ?? null);
        answers.set(all, (answer = composite.vjp(cotangents, callOf(saved))));
      }
      return answer[input] ?? null;
    },
    jvp: (tangents, saved) => composite.jvp(tangents, callOf(saved)),
    batch,
    shape: notAsked,
    body: notAsked,
    samples: notAsked,
    reference: notAsked,
    plans: { executor: null, plans: new Map() },
  };
}

/** Looking at a tensor checks that it has not been assigned since, so it is done when it is needed. */
const callOf = (saved: Saved): CompositeCall => ({
  get inputs() {
    return Array.from({ length: saved.count }, (_, i) => saved.input(i));
  },
  get outputs() {
    return Array.from({ length: saved.outputCount }, (_, i) => saved.output(i));
  },
  needs: (i) => saved.needs(i),
});

/** Who meets a composite op computes it; nobody asks for kernels, shapes or samples. */
function notAsked(): never {
  throw new Error("a composite op has no kernels of its own");
}
