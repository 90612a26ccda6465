// A function of tensors as data: the op calls that it makes, in order. It can be run again on other
// inputs, inside of other transforms, too.
import type { Attrs } from "../op/attrs.ts";
import { bind } from "../op/bind.ts";
import { pauseTapes } from "../op/entry.ts";
import type { Op } from "../op/op.ts";
import type { Spec } from "../kernel/kernel.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** One call. Values are numbered: the program's inputs first, then the outputs of each call. */
export interface OpCall {
  readonly op: Op;
  readonly attrs: Attrs;
  readonly inputs: readonly number[];
  readonly outputs: readonly Spec[];
  /** It was made inside of noGrad. */
  readonly isPaused: boolean;
  /** What a composite op came to where the program was written: its calls, on inputs by number. */
  readonly inline: { readonly program: OpProgram; readonly inputs: readonly number[] } | null;
}

export interface OpProgram {
  readonly inputs: readonly Spec[];
  readonly calls: readonly OpCall[];
  readonly outputs: readonly number[];
}

/** Makes the calls of a program on these inputs. */
export function runProgram(program: OpProgram, inputs: readonly Tensor[]): Tensor[] {
  const values = [...inputs];
  for (const { op, attrs, inputs: ids, isPaused } of program.calls) {
    const call = () =>
      bind(
        op,
        ids.map((id) => values[id]),
        attrs,
      );
    values.push(...(isPaused ? pauseTapes(call) : call()));
  }
  return program.outputs.map((id) => values[id]);
}

/** The specs of a program's outputs. */
export function outputSpecs({ inputs, calls, outputs }: OpProgram): Spec[] {
  const specs = [...inputs, ...calls.flatMap((call) => call.outputs)];
  return outputs.map((id) => specs[id]);
}

/** The program without calls whose outputs nobody uses. Its inputs stay. */
export function prune(program: OpProgram): OpProgram {
  const { inputs, calls } = program;
  const firsts: number[] = [];
  let next = inputs.length;
  for (const call of calls) {
    firsts.push(next);
    next += call.outputs.length;
  }
  const isUsed = new Uint8Array(next);
  for (const id of program.outputs) isUsed[id] = 1;
  const kept: number[] = [];
  for (let i = calls.length - 1; i >= 0; i--) {
    if (!calls[i].outputs.some((_, j) => isUsed[firsts[i] + j])) continue;
    kept.unshift(i);
    for (const id of usedBy(calls[i])) isUsed[id] = 1;
  }
  const renamed = new Int32Array(next);
  for (let i = 0; i < inputs.length; i++) renamed[i] = i;
  let free = inputs.length;
  for (const i of kept)
    for (let j = 0; j < calls[i].outputs.length; j++) renamed[firsts[i] + j] = free++;
  const rename = (ids: readonly number[]) => ids.map((id) => renamed[id]);
  return {
    inputs,
    calls: kept.map((i) => {
      const { inline } = calls[i];
      return {
        ...calls[i],
        inputs: rename(calls[i].inputs),
        inline: inline && { ...inline, inputs: rename(inline.inputs) },
      };
    }),
    outputs: rename(program.outputs),
  };
}

const usedBy = ({ inputs, inline }: OpCall): readonly number[] =>
  inline ? [...inputs, ...inline.inputs] : inputs;
