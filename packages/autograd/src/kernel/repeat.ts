// Runs a repeat kernel for the executors: their own plan of the body, once for each turn.
import { allocate } from "../tensor/dtype.ts";
import { contiguousLayout, layoutOf, type Layout } from "../tensor/layout.ts";
import { sizeOf } from "../tensor/shape.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { copyElements } from "../tensor/values.ts";
import type { Plan } from "./executor.ts";
import type { Program, RepeatKernel, Spec } from "./kernel.ts";

export function prepareRepeat(
  kernel: RepeatKernel,
  inputs: readonly Layout[],
  prepare: (program: Program, layouts: readonly Layout[]) => Plan,
): (values: readonly Tensor[]) => Tensor[] {
  const { body, carries, xs, length, reverse, outputs } = kernel;
  const slices = inputs
    .slice(carries, carries + xs)
    .map(({ dtype, shape, strides }) => layoutOf(dtype, shape.slice(1), strides.slice(1)));
  const carried = outputs
    .slice(0, carries)
    .map(({ dtype, shape }) => contiguousLayout(dtype, shape));
  const constants = inputs.slice(carries + xs);
  const plan = length === 0 ? null : prepare(body, [...carried, ...slices, ...constants]);
  return (values) => {
    const ys = outputs.slice(carries).map(empty);
    const fixed = values.slice(carries + xs);
    let carry = values.slice(0, carries).map(contiguous);
    for (let turn = 0; turn < length; turn++) {
      const t = reverse ? length - 1 - turn : turn;
      const parts = slices.map((layout, i) => {
        const x = values[carries + i];
        return new Tensor(layout, x.storage, x.offset + t * x.layout.strides[0]);
      });
      const results = plan!([...carry, ...parts, ...fixed]);
      carry = results.slice(0, carries).map(contiguous);
      ys.forEach((y, i) => put(y, t, results[carries + i]));
    }
    // Results have memory of their own, also where the body hands on what it was given.
    const taken = new Set(values.map(({ storage }) => storage));
    const last = carry.map((x) => {
      const isTaken = taken.has(x.storage);
      taken.add(x.storage);
      return isTaken ? copy(x) : x;
    });
    return [...last, ...ys];
  };
}

const empty = ({ shape, dtype }: Spec): Tensor =>
  new Tensor(contiguousLayout(dtype, shape), new Storage(allocate(dtype, sizeOf(shape))), 0);

/** Row-major, so that the layouts are the same in each turn. */
function contiguous(x: Tensor): Tensor {
  const layout = contiguousLayout(x.layout.dtype, x.layout.shape);
  return x.layout.isContiguous ? new Tensor(layout, x.storage, x.offset) : copy(x);
}

const copy = ({ layout, storage, offset }: Tensor): Tensor =>
  new Tensor(
    contiguousLayout(layout.dtype, layout.shape),
    new Storage(copyElements(storage!.data, layout, offset)),
    0,
  );

/** Writes a slice into the stack of them. */
function put(stack: Tensor, at: number, { layout, storage, offset }: Tensor): void {
  const elements = layout.isContiguous
    ? storage!.data.subarray(offset, offset + layout.size)
    : copyElements(storage!.data, layout, offset);
  stack.storage!.data.set(elements, at * layout.size);
}

/** What a repeat made, by its first value. */
const made = new WeakMap<Tensor, readonly Tensor[]>();

export function withParts(outputs: readonly Tensor[]): Tensor {
  made.set(outputs[0], outputs);
  return outputs[0];
}

export const partOf = (first: Tensor, index: number): Tensor => made.get(first)![index];
