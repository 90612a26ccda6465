// What generated functions begin and end with: taking inputs apart, making the output.
import type { TypedArray } from "../../tensor/dtype.ts";
import type { Layout } from "../../tensor/layout.ts";
import { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { allocatorFor } from "./memory.ts";
import type { Source } from "./source.ts";
import type { Run, Task } from "./task.ts";

/** Reads the inputs into x0, p0, x1, p1, …: an array, and where the first element lies; `rebased`
 *  means that the arrays start there. The dtypes stand in a comment so that each function meets
 *  arrays of one kind, which the JIT needs. */
export function inputsText(source: Source, { ids, inputs }: Task, rebased = false): string {
  const parts = ids.map((id, i) => {
    const place = placeText(source, `t${i}`, `x${i}`, `p${i}`, rebased);
    return `const t${i} = values[${source.capture(id)}]; ${place} // ${inputs[i].dtype}`;
  });
  return parts.join("\n");
}

/** Names a tensor's array and where in it the tensor starts. */
export function placeText(
  source: Source,
  tensor: string,
  array: string,
  pointer: string,
  rebased: boolean,
): string {
  const [data, offset] = [`${tensor}.storage.data`, `${tensor}.offset`];
  return rebased
    ? `const ${array} = ${source.capture(startingAt)}(${data}, ${offset}); let ${pointer} = 0;`
    : `const ${array} = ${data}; let ${pointer} = ${offset} | 0;`;
}

const startingAt = (data: TypedArray, offset: number): TypedArray =>
  offset === 0 ? data : data.subarray(offset);

/** Makes the array of the output, `out`, and where to write, `o`. */
function allocationText(source: Source, { dtype, size }: Layout): string {
  const allocate = source.capture(allocatorFor(dtype, size));
  return `const out = ${allocate}(${source.capture(size)}); let o = 0; // ${dtype}`;
}

/** Returns the new tensor over `out`. */
function resultText(source: Source, output: Layout): string {
  const [tensor, storage] = [source.capture(Tensor), source.capture(Storage)];
  return `return new ${tensor}(${source.capture(output)}, new ${storage}(out), 0);`;
}

/** A function of the values that fills a new contiguous tensor. */
export function compileRun(source: Source, task: Task, body: string, rebased = false): Run {
  return source.compile(`(values) => {
    ${inputsText(source, task, rebased)}
    ${allocationText(source, task.output)}
    ${body}
    ${resultText(source, task.output)}
  }`);
}

/** A step whose output is contiguous and filled by plain TypeScript. */
export function filling(
  { output }: Task,
  fill: (out: TypedArray, values: readonly Tensor[]) => void,
): Run {
  const { dtype, size } = output;
  const allocate = allocatorFor(dtype, size);
  return (values) => {
    const out = allocate(size);
    fill(out, values);
    return new Tensor(output, new Storage(out), 0);
  };
}

/** A step whose output is the same for all inputs, like an empty tensor or an empty sum. */
export const constant = (task: Task, value = 0): Run =>
  filling(task, (out) => {
    if (value !== 0) out.fill(value);
  });
