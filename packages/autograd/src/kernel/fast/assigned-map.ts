// A map whose only use is to be assigned, as in an optimizer's update, needs no tensor of its own:
// its loop writes into the target.
import type { Layout } from "../../tensor/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { AssignKernel, MapKernel, Program } from "../kernel.ts";
import { prepareAssign } from "./copy.ts";
import { prepareMap, prepareMapInto } from "./map.ts";
import type { Run, Task } from "./task.ts";

/** The assigned values that are such maps, by the values of the assignments. The map then runs at
 *  the assignment: no other one may come between, as it could write what the map reads. */
export function findAssignedMaps({ inputs, steps, outputs }: Program): Map<number, number> {
  const uses = new Map<number, number>();
  for (const id of [...outputs, ...steps.flatMap((step) => step.inputs)]) {
    uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  const found = new Map<number, number>();
  let lastAssignment = -1;
  steps.forEach(({ kernel, inputs: ids }, i) => {
    if (kernel.kind !== "assign") return;
    const value = ids[1] - inputs.length;
    const isMap = steps[value]?.kernel.kind === "map" && uses.get(ids[1]) === 1;
    if (isMap && lastAssignment < value) found.set(inputs.length + i, ids[1]);
    lastAssignment = i;
  });
  return found;
}

/** Writing in place is right where every input either is the target, element for element, or
 *  does not share its memory; only the call shows which. Else the map gets a temporary. */
export function prepareAssignedMap(task: Task<AssignKernel>, map: Task<MapKernel>): Run {
  const [targetLayout] = task.inputs;
  const [targetId] = task.ids;
  const readsInPlace = map.inputs.map((layout) => layout === targetLayout);
  const inPlace = prepareMapInto(map, targetId, targetLayout);
  const overlaps = (values: readonly Tensor[], target: Tensor): boolean => {
    for (let i = 0; i < map.ids.length; i++) {
      const value = values[map.ids[i]];
      if (value.storage !== target.storage) continue;
      if (!readsInPlace[i] || value.offset !== target.offset) return true;
    }
    return false;
  };
  let throughTemporary: Run | null = null;
  if (!visitsOnce(targetLayout)) return prepareThroughTemporary(task, map);
  return (values) => {
    if (!overlaps(values, values[targetId])) return inPlace(values);
    throughTemporary ??= prepareThroughTemporary(task, map);
    return throughTemporary(values);
  };
}

function prepareThroughTemporary(task: Task<AssignKernel>, map: Task<MapKernel>): Run {
  const compute = prepareMap(map);
  // The assignment sees two values: the target and the map's.
  const inputs = [task.inputs[0], map.output];
  const assign = prepareAssign({ ...task, ids: [0, 1], inputs });
  const [targetId] = task.ids;
  return (values) => assign([values[targetId], compute(values)]);
}

/** Whether surely no two indices fall on one element: each stride steps over all smaller ones. */
function visitsOnce({ shape, strides, size }: Layout): boolean {
  const axes = shape.map((_, d) => d).filter((d) => shape[d] > 1);
  axes.sort((p, q) => Math.abs(strides[p]) - Math.abs(strides[q]));
  let reach = 0;
  for (const axis of axes) {
    const stride = Math.abs(strides[axis]);
    if (stride <= reach) return false;
    reach += (shape[axis] - 1) * stride;
  }
  return size > 0;
}
