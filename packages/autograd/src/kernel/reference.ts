// The reference executor: one plain function per kernel, written to be read. It is the oracle that
// the faster executors are held against.
import { allocate, isFloat, type DType } from "../tensor/dtype.ts";
import { IndexRangeError } from "../tensor/errors.ts";
import { contiguousLayout } from "../tensor/layout.ts";
import { contiguousStrides, sizeOf, type Shape } from "../tensor/shape.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { forEachOffset } from "../tensor/values.ts";
import { interpret } from "./interpret.ts";
import type { Executor, Plan } from "./executor.ts";
import type { Kernel, Program, Spec } from "./kernel.ts";
import { partOf, prepareRepeat, withParts } from "./repeat.ts";
import { randomWords } from "./threefry.ts";
import { reshapeLayout, viewLayout } from "./views.ts";

type Index = readonly number[];

const prepare = (program: Program): Plan => {
  return (inputs) => {
    const values = [...inputs];
    for (const { kernel, inputs: ids, spec } of program.steps) {
      values.push(
        run(
          kernel,
          ids.map((id) => values[id]),
          spec,
        ),
      );
    }
    // Outputs are tensors of their own, even where the program returns an input.
    return program.outputs.map((id) => alias(values[id]));
  };
};

export const reference: Executor = { name: "reference", prepare };

const alias = ({ layout, storage, offset }: Tensor) => new Tensor(layout, storage, offset);

const read = (t: Tensor, index: Index): number =>
  t.storage!.data[index.reduce((at, i, axis) => at + i * t.layout.strides[axis], t.offset)];

/** A new tensor; each element is a function of its index. */
function build({ shape, dtype }: Spec, element: (index: Index) => number): Tensor {
  const data = allocate(dtype, sizeOf(shape));
  forEachIndex(shape, (index, i) => {
    data[i] = element(index);
  });
  return new Tensor(contiguousLayout(dtype, shape), new Storage(data), 0);
}

export function forEachIndex(shape: Shape, visit: (index: Index, i: number) => void): void {
  const size = sizeOf(shape);
  const index = shape.map(() => 0);
  for (let i = 0; i < size; i++) {
    visit(index, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

const replaced = (index: Index, axis: number, i: number): Index => index.with(axis, i);

function run(kernel: Kernel, inputs: readonly Tensor[], spec: Spec): Tensor {
  const [x, y] = inputs;
  switch (kernel.kind) {
    case "map": {
      const f = interpret(
        kernel.expr,
        inputs.map((t) => t.dtype),
      );
      const rank = spec.shape.length;
      return build(spec, (index) =>
        f(inputs.map((t) => read(t, broadcastIndex(index.slice(rank - t.rank), t.shape)))),
      );
    }
    case "reduce": {
      const fold = folds[kernel.op];
      const kept = x.shape
        .map((_: number, d: number) => d)
        .filter((d: number) => !kernel.axes.includes(d));
      const reducedShape = kernel.axes.map((axis) => x.shape[axis]);
      return build(spec, (index) => {
        const values: number[] = [];
        const at = new Array<number>(x.rank).fill(0);
        kept.forEach((axis: number, i: number) => (at[axis] = index[i]));
        forEachIndex(reducedShape, (inner) => {
          kernel.axes.forEach((axis, i) => (at[axis] = inner[i]));
          values.push(read(x, at));
        });
        return fold(values, spec.dtype);
      });
    }
    case "argReduce":
      return build(spec, (index) => {
        let best = 0;
        for (let i = 1; i < x.shape[kernel.axis]; i++) {
          const candidate = read(x, index.toSpliced(kernel.axis, 0, i));
          const champion = read(x, index.toSpliced(kernel.axis, 0, best));
          if (Number.isNaN(champion)) break;
          const wins = kernel.op === "max" ? candidate > champion : candidate < champion;
          if (wins || Number.isNaN(candidate)) best = i;
        }
        return best;
      });
    case "scan": {
      const f = interpret(kernel.expr, [spec.dtype, ...inputs.map((t) => t.dtype)]);
      const { axis, init, reverse } = kernel;
      const length = spec.shape[axis];
      const result = build(spec, () => 0);
      forEachIndex(spec.shape.with(axis, Math.min(1, length)), (start) => {
        let carry = init;
        for (let step = 0; step < length; step++) {
          const index = replaced(start, axis, reverse ? length - 1 - step : step);
          carry = f([carry, ...inputs.map((t) => read(t, index))]);
          write(result, index, carry);
        }
      });
      return result;
    }
    case "view": {
      const { layout, offset } = viewLayout(x.layout, kernel, spec.shape);
      return new Tensor(layout, x.storage, x.offset + offset);
    }
    case "reshape": {
      const layout = reshapeLayout(x.layout, spec.shape);
      if (layout) return new Tensor(layout, x.storage, x.offset);
      return new Tensor(contiguousLayout(x.dtype, spec.shape), new Storage(x.data), 0);
    }
    case "pad": {
      const { low, interior, value } = kernel;
      return build(spec, (index) => {
        const from = index.map((i, d) => (i - low[d]) / (interior[d] + 1));
        const inside = from.every((i, d) => Number.isInteger(i) && i >= 0 && i < x.shape[d]);
        return inside ? read(x, from) : value;
      });
    }
    case "concat":
      return build(spec, (index) => {
        let i = index[kernel.axis];
        let part = 0;
        while (i >= inputs[part].shape[kernel.axis]) i -= inputs[part++].shape[kernel.axis];
        return read(inputs[part], replaced(index, kernel.axis, i));
      });
    case "contract": {
      const summed = kernel.a.filter((label) => !kernel.out.includes(label));
      const sizes = summed.map((label) => x.shape[kernel.a.indexOf(label)]);
      const labels = [...kernel.out, ...summed];
      const place = (operand: readonly number[]) => operand.map((label) => labels.indexOf(label));
      const [aPlaces, bPlaces] = [place(kernel.a), place(kernel.b)];
      return build(spec, (index) => {
        let total = 0;
        forEachIndex(sizes, (inner) => {
          const all = [...index, ...inner];
          const product = [
            read(
              x,
              aPlaces.map((p) => all[p]),
            ),
            read(
              y,
              bPlaces.map((p) => all[p]),
            ),
          ];
          total = isFloat(spec.dtype)
            ? total + product[0] * product[1]
            : (total + Math.imul(product[0], product[1])) | 0;
        });
        return total;
      });
    }
    case "overlapAdd": {
      // Sums are kept in double precision and rounded once.
      const sums = new Float64Array(sizeOf(spec.shape));
      const strides = contiguousStrides(spec.shape);
      forEachIndex(x.shape, (index) => {
        const to = [...kernel.starts];
        kernel.axes.forEach((axis, d) => {
          if (axis >= 0) to[axis] += index[d] * kernel.steps[d];
        });
        sums[to.reduce((at, i, axis) => at + i * strides[axis], 0)] += read(x, index);
      });
      let next = 0;
      return build(spec, () => (isFloat(spec.dtype) ? sums[next++] : sums[next++] | 0));
    }
    case "gather":
      return build(spec, (index) => {
        const i = checkIndex(kernel.name, read(y, index), x.shape[kernel.axis]);
        return read(x, replaced(index, kernel.axis, i));
      });
    case "scatterAdd": {
      // Sums are kept in double precision and rounded once.
      const sums = Float64Array.from(x.data);
      const source = inputs[2];
      const strides = contiguousStrides(spec.shape);
      forEachIndex(source.shape, (index) => {
        const i = checkIndex(kernel.name, read(y, index), x.shape[kernel.axis]);
        const to = replaced(index, kernel.axis, i);
        sums[to.reduce((at, j, axis) => at + j * strides[axis], 0)] += read(source, index);
      });
      let next = 0;
      return build(spec, () => (isFloat(spec.dtype) ? sums[next++] : sums[next++] | 0));
    }
    case "scatter": {
      const values = x.data;
      const source = inputs[2];
      const strides = contiguousStrides(spec.shape);
      forEachIndex(source.shape, (index) => {
        const i = checkIndex(kernel.name, read(y, index), x.shape[kernel.axis]);
        const to = replaced(index, kernel.axis, i);
        values[to.reduce((at, j, axis) => at + j * strides[axis], 0)] = read(source, index);
      });
      let next = 0;
      return build(spec, () => values[next++]);
    }
    case "iota":
      return build(spec, (index) => index[kernel.axis]);
    case "random": {
      const data = new Int32Array(sizeOf(spec.shape));
      randomWords(x.data, data);
      return new Tensor(contiguousLayout("int32", spec.shape), new Storage(data), 0);
    }
    case "assign": {
      const value = y.data;
      forEachOffset(x.layout, x.offset, (at, i) => {
        x.storage!.data[at] = value[i];
      });
      x.storage!.version++;
      return x;
    }
    case "repeat": {
      const layouts = inputs.map((t) => t.layout);
      return withParts(prepareRepeat(kernel, layouts, prepare)(inputs));
    }
    case "part":
      return partOf(x, kernel.index);
    case "host": {
      const data = allocate(spec.dtype, sizeOf(spec.shape));
      kernel.run(
        inputs.map((t) => ({ data: t.data, shape: t.shape })),
        data,
      );
      return new Tensor(contiguousLayout(spec.dtype, spec.shape), new Storage(data), 0);
    }
  }
}

function write(t: Tensor, index: Index, value: number): void {
  t.storage!.data[index.reduce((at, i, axis) => at + i * t.layout.strides[axis], t.offset)] = value;
}

const broadcastIndex = (index: Index, shape: Shape): Index =>
  index.map((i, d) => (shape[d] === 1 ? 0 : i));

const folds: Record<string, (values: readonly number[], dtype: DType) => number> = {
  sum: (values, dtype) =>
    isFloat(dtype) ? pairwise(values, (a, b) => a + b, 0) : values.reduce((a, b) => (a + b) | 0, 0),
  prod: (values, dtype) =>
    isFloat(dtype) ? pairwise(values, (a, b) => a * b, 1) : values.reduce(Math.imul, 1),
  max: (values) => values.reduce((a, b) => Math.max(a, b), -Infinity),
  min: (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
};

/** Halves the list until it is short: the rounding error grows with log n instead of n. */
function pairwise(
  values: readonly number[],
  op: (a: number, b: number) => number,
  init: number,
): number {
  if (values.length <= 8) return values.reduce(op, init);
  const half = values.length >> 1;
  return op(pairwise(values.slice(0, half), op, init), pairwise(values.slice(half), op, init));
}

export function checkIndex(where: string, index: number, size: number): number {
  if (index >= 0 && index < size) return index;
  throw new IndexRangeError({
    where,
    expected:
      size === 0 ? "no index at all (the axis has size 0)" : `indices from 0 to ${size - 1}`,
    got: String(index),
    fix: "Check the indices; negative ones are not wrapped here.",
  });
}
