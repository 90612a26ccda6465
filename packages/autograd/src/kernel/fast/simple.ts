// The kernels that need no loop of their own, or a plain one.
import { Tensor } from "../../tensor/tensor.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { HostKernel, IotaKernel, RandomKernel } from "../kernel.ts";
import { randomWords } from "../threefry.ts";
import { filling } from "./frame.ts";
import type { Run, Task } from "./task.ts";

/** The same storage seen through the output's layout. */
export function prepareView({ ids, output }: Task, offset: number): Run {
  const [id] = ids;
  return (values) => {
    const x = values[id];
    return new Tensor(output, x.storage, x.offset + offset);
  };
}

export function prepareIota(task: Task<IotaKernel>): Run {
  const { shape, size } = task.output;
  const { axis } = task.kernel;
  const length = shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  return filling(task, (out) => {
    let at = 0;
    while (at < size) {
      for (let i = 0; i < length; i++) {
        for (let j = 0; j < inner; j++) out[at++] = i;
      }
    }
  });
}

export function prepareRandom(task: Task<RandomKernel>): Run {
  const [id] = task.ids;
  return filling(task, (out, values) => randomWords(values[id].borrowData(), out as Int32Array));
}

/** The function sees the inputs' own memory where it is row-major; it must not write there. */
export function prepareHost(task: Task<HostKernel>): Run {
  const { kernel, ids, inputs } = task;
  return filling(task, (out, values) => {
    const arrays = ids.map((id, i) => ({
      data: values[id].borrowData(),
      shape: inputs[i].shape,
    }));
    kernel.run(arrays, out);
  });
}
