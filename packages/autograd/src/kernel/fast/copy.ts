// Copies between strided places, and the kernels that are made of them.
import { allocate, type DType, type TypedArray } from "../../tensor/dtype.ts";
import type { Layout } from "../../tensor/layout.ts";
import { contiguousStrides, sizeOf, type Shape } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { forEachOffset } from "../../tensor/values.ts";
import type { AssignKernel, ConcatKernel, PadKernel } from "../kernel.ts";
import { filling } from "./frame.ts";
import { loopsOver, nest, type Loop } from "./nest.ts";
import { Source } from "./source.ts";
import type { Run, Task } from "./task.ts";

/** Copies elements from an offset of one array to an offset of another (or to an apart place of
 *  the same one). */
export type Copy = (from: TypedArray, fromAt: number, to: TypedArray, toAt: number) => void;

export interface CopyPlan {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly mayGenerate: boolean;
}

/** From this many elements on, one call of `set` beats a loop. */
const BLOCK = 64;

export function copier({ dtype, shape, from, to, mayGenerate }: CopyPlan): Copy {
  const size = sizeOf(shape);
  if (size === 0) return () => {};
  const loops = longestInside(loopsOver(shape, [from, to]));
  if (size >= BLOCK && loops.length === 1 && loops[0].strides.every((stride) => stride === 1)) {
    return (x, p, out, o) => {
      out.set(p === 0 && x.length === size ? x : x.subarray(p, p + size), o);
    };
  }
  if (!mayGenerate) return plainCopier(dtype, shape, from, to);
  const code = new Source();
  const loop = nest(code, loops, {
    pointers: ["p", "o"],
    body: ([source, target]) => `out[${target}] = x[${source}];`,
  });
  return code.compile(`(x, p, out, o) => { // ${dtype}
    ${loop}
  }`);
}

/** Innermost loops that turn less often cost more than they do. */
const LONG = 8;

/** The innermost loop is one that turns often, with small steps; the others go from large steps of
 *  the target to small ones. For windows of 5×5 this is several times as fast as row by row. */
function longestInside(loops: readonly Loop[]): readonly Loop[] {
  if (loops.length < 2) return loops;
  const [turns, reach] = [
    ({ size }: Loop) => Math.min(size, LONG),
    ({ strides: [from, to] }: Loop) => Math.abs(from) + Math.abs(to),
  ];
  const [innermost] = loops
    .toReversed()
    .toSorted((a, b) => turns(b) - turns(a) || reach(a) - reach(b));
  const others = loops.filter((loop) => loop !== innermost);
  const byTarget = others.toSorted((a, b) => Math.abs(b.strides[1]) - Math.abs(a.strides[1]));
  return [...byTarget, innermost];
}

function plainCopier(
  dtype: DType,
  shape: Shape,
  from: readonly number[],
  to: readonly number[],
): Copy {
  const size = sizeOf(shape);
  return (x, p, out, o) => {
    const elements = allocate(dtype, size);
    forEachOffset({ shape, strides: from, size }, p, (at, i) => (elements[i] = x[at]));
    forEachOffset({ shape, strides: to, size }, o, (at, i) => (out[at] = elements[i]));
  };
}

/** Copies a tensor of this layout into row-major order. */
export const rowMajorCopier = ({ dtype, shape, strides }: Layout, mayGenerate: boolean): Copy =>
  copier({ dtype, shape, from: strides, to: contiguousStrides(shape), mayGenerate });

/** A reshape that no strides can express. */
export function prepareReshapeCopy(task: Task): Run {
  const [id] = task.ids;
  const copy = rowMajorCopier(task.inputs[0], task.mayGenerate);
  return filling(task, (out, values) => {
    const x = values[id];
    copy(x.storage!.data, x.offset, out, 0);
  });
}

export function prepareConcat(task: Task<ConcatKernel>): Run {
  const { kernel, ids, inputs, output, mayGenerate } = task;
  let at = 0;
  const parts = inputs.map(({ dtype, shape, strides }, i) => {
    const copy = copier({ dtype, shape, from: strides, to: output.strides, mayGenerate });
    const part = { id: ids[i], copy, start: at * output.strides[kernel.axis] };
    at += shape[kernel.axis];
    return part;
  });
  return filling(task, (out, values) => {
    for (const { id, copy, start } of parts) {
      const x = values[id];
      copy(x.storage!.data, x.offset, out, start);
    }
  });
}

/** Negative edges crop. Along each axis, entry j lands on low + j·(interior + 1). */
export function preparePad(task: Task<PadKernel>): Run {
  const { kernel, ids, inputs, output, mayGenerate } = task;
  const [{ dtype, shape, strides }] = inputs;
  const step = kernel.interior.map((interior) => interior + 1);
  const first = kernel.low.map((low, d) => Math.max(0, Math.ceil(-low / step[d])));
  const box = shape.map((size, d) => {
    const last = Math.floor((output.shape[d] - 1 - kernel.low[d]) / step[d]);
    return Math.max(0, Math.min(size - 1, last) - first[d] + 1);
  });
  const to = output.strides.map((stride, d) => stride * step[d]);
  const copy = copier({ dtype, shape: box, from: strides, to, mayGenerate });
  const fromAt = dot(first, strides);
  const toAt = dot(first, to) + dot(kernel.low, output.strides);
  const isCovered = sizeOf(box) === output.size;
  const [id] = ids;
  return filling(task, (out, values) => {
    if (!Object.is(kernel.value, 0) && !isCovered) out.fill(kernel.value);
    const x = values[id];
    copy(x.storage!.data, x.offset + fromAt, out, toAt);
  });
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);

/** Writes a value into the target's storage, which the value may share. */
export function prepareAssign(task: Task<AssignKernel>): Run {
  const { ids, inputs, output, mayGenerate } = task;
  const [targetLayout, valueLayout] = inputs;
  const { dtype, shape, strides, size } = targetLayout;
  const contiguous = contiguousStrides(shape);
  const plan = { dtype, shape, mayGenerate };
  const direct = copier({ ...plan, from: valueLayout.strides, to: strides });
  // The detour through an array of its own is rare, so it is prepared when it is needed.
  let gather: Copy | null = null;
  let scatter: Copy | null = null;
  const [targetId, valueId] = ids;
  return (values) => {
    const target = values[targetId];
    const value = values[valueId];
    const storage = target.storage!;
    if (value.storage !== storage) {
      direct(value.storage!.data, value.offset, storage.data, target.offset);
    } else {
      gather ??= copier({ ...plan, from: valueLayout.strides, to: contiguous });
      scatter ??= copier({ ...plan, from: contiguous, to: strides });
      const elements = allocate(dtype, size);
      gather(storage.data, value.offset, elements, 0);
      scatter(elements, 0, storage.data, target.offset);
    }
    storage.version++;
    return new Tensor(output, storage, target.offset);
  };
}
