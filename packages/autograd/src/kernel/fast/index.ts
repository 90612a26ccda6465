// The fast eager executor. All that depends only on layouts happens when a program is prepared:
// views are computed, loops are planned and generated. A call then runs one function per kernel.
import { contiguousLayout, type Layout } from "../../tensor/layout.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Executor, Plan } from "../executor.ts";
import type { AssignKernel, Kernel, MapKernel, Program, Step } from "../kernel.ts";
import { partOf, prepareRepeat, withParts } from "../repeat.ts";
import { reshapeLayout, viewLayout } from "../views.ts";
import { findAssignedMaps, prepareAssignedMap } from "./assigned-map.ts";
import { prepareContract } from "./contract.ts";
import { prepareAssign, prepareConcat, preparePad, prepareReshapeCopy } from "./copy.ts";
import { prepareGather, prepareScatter } from "./indexing.ts";
import { prepareMap, prepareScan } from "./map.ts";
import { prepareOverlapAdd } from "./overlap-add.ts";
import { prepareArgReduce, prepareReduce } from "./reduce.ts";
import { prepareHost, prepareIota, prepareRandom, prepareView } from "./simple.ts";
import { canGenerate } from "./source.ts";
import type { Run, Task } from "./task.ts";

/** An executor that generates loops, or one that has the reference run what needs them. */
export const createFast = (mayGenerate: () => boolean): Executor => ({
  name: "fast",
  prepare: (program, layouts) => preparePlan(program, layouts, mayGenerate()),
});

let detected: boolean | null = null;

export const fast: Executor = createFast(() => (detected ??= canGenerate()));

function preparePlan(program: Program, layouts: readonly Layout[], mayGenerate: boolean): Plan {
  const inputCount = layouts.length;
  const assigned = mayGenerate ? findAssignedMaps(program) : new Map<number, number>();
  const skipped = new Set(assigned.values());
  /** By the program's numbers: layouts, and which of the plan's values it is. */
  const known = [...layouts];
  const places = layouts.map((_, id) => id);
  const tasks: Task[] = [];
  const runs: Run[] = [];
  program.steps.forEach((step, i) => {
    const id = inputCount + i;
    const task: Task = {
      kernel: step.kernel,
      ids: step.inputs.map((input) => places[input]),
      inputs: step.inputs.map((input) => known[input]),
      output: outputLayout(
        step,
        step.inputs.map((input) => known[input]),
      ),
      mayGenerate,
    };
    tasks.push(task);
    known.push(task.output);
    places.push(inputCount + runs.length);
    if (skipped.has(id)) return;
    const map = assigned.get(id);
    runs.push(
      map === undefined
        ? prepareStep(task)
        : prepareAssignedMap(
            task as Task<AssignKernel>,
            tasks[map - inputCount] as Task<MapKernel>,
          ),
    );
  });
  return planOf(
    runs,
    inputCount,
    program.outputs.map((id) => places[id]),
  );
}

function planOf(runs: readonly Run[], inputCount: number, outputs: readonly number[]): Plan {
  if (runs.length === 1 && outputs.length === 1 && outputs[0] === inputCount) {
    const [run] = runs;
    return (inputs) => [run(inputs)];
  }
  // Outputs are tensors of their own: not the inputs, and no two the same.
  const isAlias = outputs.map((id, i) => id < inputCount || outputs.indexOf(id) < i);
  return (inputs) => {
    const values = inputs.slice();
    for (let i = 0; i < runs.length; i++) values.push(runs[i](values));
    const results = new Array<Tensor>(outputs.length);
    for (let i = 0; i < outputs.length; i++) {
      const value = values[outputs[i]];
      results[i] = isAlias[i] ? new Tensor(value.layout, value.storage, value.offset) : value;
    }
    return results;
  };
}

/** Views lie as they must, what is assigned to stays as it is, all else is made contiguous. */
function outputLayout({ kernel, spec }: Step, inputs: readonly Layout[]): Layout {
  if (kernel.kind === "view") return viewLayout(inputs[0], kernel, spec.shape).layout;
  if (kernel.kind === "assign") return inputs[0];
  const asView = kernel.kind === "reshape" ? reshapeLayout(inputs[0], spec.shape) : null;
  return asView ?? contiguousLayout(spec.dtype, spec.shape);
}

function prepareStep(task: Task): Run {
  const { kernel, inputs, output } = task;
  if (kernel.kind === "view") {
    return prepareView(task, viewLayout(inputs[0], kernel, output.shape).offset);
  }
  if (kernel.kind === "reshape") {
    return reshapeLayout(inputs[0], output.shape) ? prepareView(task, 0) : prepareReshapeCopy(task);
  }
  if (kernel.kind === "repeat") {
    const { ids, mayGenerate } = task;
    const run = prepareRepeat(kernel, inputs, (program, layouts) =>
      preparePlan(program, layouts, mayGenerate),
    );
    return (values) => withParts(run(ids.map((id) => values[id])));
  }
  if (kernel.kind === "part") {
    const [id] = task.ids;
    return (values) => partOf(values[id], kernel.index);
  }
  return (preparers[kernel.kind] as (task: Task) => Run)(task);
}

type Computed = Exclude<Kernel["kind"], "view" | "reshape" | "repeat" | "part">;

const preparers: { [K in Computed]: (task: Task<Extract<Kernel, { kind: K }>>) => Run } = {
  map: prepareMap,
  reduce: prepareReduce,
  argReduce: prepareArgReduce,
  scan: prepareScan,
  pad: preparePad,
  concat: prepareConcat,
  contract: prepareContract,
  overlapAdd: prepareOverlapAdd,
  gather: prepareGather,
  scatterAdd: prepareScatter,
  scatter: prepareScatter,
  iota: prepareIota,
  random: prepareRandom,
  assign: prepareAssign,
  host: prepareHost,
};
