// gather, scatter and scatterAdd.
import { isFloat } from "../../tensor/dtype.ts";
import type { GatherKernel, ScatterAddKernel, ScatterKernel } from "../kernel.ts";
import { checkIndex } from "../reference.ts";
import { rowMajorCopier } from "./copy.ts";
import { compileRun, constant } from "./frame.ts";
import { loopsOver, nest, type Loop } from "./nest.ts";
import { Source } from "./source.ts";
import { runByReference, type Run, type Task } from "./task.ts";

export function prepareGather(task: Task<GatherKernel>): Run {
  const { kernel, inputs, output } = task;
  const [x, index] = inputs;
  if (output.size === 0) return constant(task);
  if (!task.mayGenerate) return runByReference(task);
  const { axis, name } = kernel;
  const along = x.strides.map((stride, d) => (d === axis ? 0 : stride));
  const loops = loopsOver(output.shape, [output.strides, along, index.strides]);
  const source = new Source();
  const place = placeText(source, name, x.shape[axis], x.strides[axis]);
  const isFixed = isFixedAt(loops, 2);
  const body = nest(source, loops, {
    pointers: ["o", "p0", "p1"],
    before: isFixed ? place("p1") : "",
    body: ([o, p0, p1]) => `${isFixed ? "" : place(p1)} out[${o}] = x0[${p0} + place];`,
  });
  return compileRun(source, task, body);
}

/** Where along the axis the index at a place of x1 points to. */
function placeText(source: Source, where: string, size: number, stride: number) {
  const n = source.capture(size);
  const step = source.capture(stride);
  const fail = source.capture((index: number) => checkIndex(where, index, size));
  return (at: string) => `const index = x1[${at}];
    if (!(index >= 0 && index < ${n})) ${fail}(index);
    const place = Math.imul(index, ${step});`;
}

/** An index that the innermost loop does not move is looked at once, as for rows of a table. */
const isFixedAt = (loops: readonly Loop[], operand: number): boolean =>
  loops.at(-1)?.strides[operand] === 0;

/** Sums are kept in double precision and rounded once. */
export function prepareScatter(task: Task<ScatterAddKernel | ScatterKernel>): Run {
  const { kernel, inputs, output } = task;
  const [x, index, values] = inputs;
  if (output.size === 0 && values.size === 0) return constant(task);
  if (!task.mayGenerate) return runByReference(task);
  const { axis, name } = kernel;
  const along = output.strides.map((stride, d) => (d === axis ? 0 : stride));
  const loops = loopsOver(values.shape, [along, index.strides, values.strides]);
  const source = new Source();
  const place = placeText(source, name, x.shape[axis], output.strides[axis]);
  const wrap = isFloat(x.dtype) ? "" : " | 0";
  const isFixed = isFixedAt(loops, 1);
  const adds = kernel.kind === "scatterAdd";
  const scatter = nest(source, loops, {
    pointers: ["o", "p1", "p2"],
    before: isFixed ? place("p1") : "",
    body: ([o, p1, p2]) => `${isFixed ? "" : place(p1)}
      const at = ${o} + place; ${adds ? `sums[at] = sums[at] + x2[${p2}]${wrap}` : `sums[at] = x2[${p2}]`};`,
  });
  const copy = source.capture(rowMajorCopier(x, true));
  const isRounded = adds && x.dtype === "float32";
  const body = `
    ${copy}(x0, p0, out, 0);
    const sums = ${isRounded ? "Float64Array.from(out)" : "out"};
    ${values.size === 0 ? "" : scatter}
    ${isRounded ? "out.set(sums);" : ""}`;
  return compileRun(source, task, body);
}
