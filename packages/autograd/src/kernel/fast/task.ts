// A step of a program, with all that is known of it before it runs.
import type { Layout } from "../../tensor/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Kernel, Spec } from "../kernel.ts";
import { reference } from "../reference.ts";

/** The layouts of all values are known when a program is prepared; only where the values lie
 *  (their storages and offsets) differs from call to call. */
export interface Task<K extends Kernel = Kernel> {
  readonly kernel: K;
  /** Which of the program's values it reads. */
  readonly ids: readonly number[];
  readonly inputs: readonly Layout[];
  readonly output: Layout;
  /** Whether code may be generated here; see source.ts. */
  readonly mayGenerate: boolean;
}

/** Computes a step's output from the values so far. The output is a new tensor object. */
export type Run = (values: readonly Tensor[]) => Tensor;

/** The slow way, for kernels whose loops are generated, where code must not be generated. */
export function runByReference({ kernel, ids, inputs, output }: Task): Run {
  const steps = [{ kernel, inputs: ids.map((_, i) => i), spec: output as Spec }];
  const plan = reference.prepare({ inputs, steps, outputs: [ids.length] }, inputs);
  return (values) => plan(ids.map((id) => values[id]))[0];
}
