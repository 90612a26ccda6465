// overlapAdd: the loops of a copy through a view, but adding.
import { isFloat } from "../../tensor/dtype.ts";
import type { OverlapAddKernel } from "../kernel.ts";
import { viewLayout } from "../views.ts";
import { compileRun, constant } from "./frame.ts";
import { advance, loopsOver, nest } from "./nest.ts";
import { Source } from "./source.ts";
import { runByReference, type Run, type Task } from "./task.ts";

/** Sums are kept in double precision and rounded once. */
export function prepareOverlapAdd(task: Task<OverlapAddKernel>): Run {
  const { kernel, inputs, output } = task;
  const [x] = inputs;
  if (x.size === 0) return constant(task);
  if (!task.mayGenerate) return runByReference(task);
  const { layout, offset } = viewLayout(output, kernel, x.shape);
  const source = new Source();
  const wrap = isFloat(x.dtype) ? "" : " | 0";
  const add = nest(source, loopsOver(x.shape, [layout.strides, x.strides]), {
    pointers: ["o", "p0"],
    body: ([o, p0]) => `const at = ${o}; sums[at] = sums[at] + x0[${p0}]${wrap};`,
  });
  const isRounded = x.dtype === "float32";
  const body = `
    const sums = ${isRounded ? "new Float64Array(out.length)" : "out"};
    ${advance(source, "o", offset)}
    ${add}
    ${isRounded ? "out.set(sums);" : ""}`;
  return compileRun(source, task, body);
}
