// The reference executor: one plain function per kernel, written to be read. It is the oracle that
// the faster executors are held against.
import { allocate, isFloat, type DType, type TypedArray } from "../tensor/dtype.ts";
import { IndexRangeError } from "../tensor/errors.ts";
import { contiguousLayout } from "../tensor/layout.ts";
import { contiguousStrides, sameShape, sizeOf, type Shape } from "../tensor/shape.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { forEachOffset } from "../tensor/values.ts";
import { interpret } from "./interpret.ts";
import type { Executor, Plan } from "./executor.ts";
import type { Kernel, Program, ScatterAddKernel, ScatterKernel, Spec } from "./kernel.ts";
import { partOf, prepareRepeat, withParts } from "./repeat.ts";
import { randomWords } from "./threefry.ts";
import { reshapeLayout, viewLayout } from "./views.ts";

type Index = readonly number[];

const prepare = (program: Program): Plan => {
  return (inputs) => {
    const values = [...inputs];
    for (const { kernel, inputs: ids, spec } of program.steps) {
      const run = runs[kernel.kind] as Run<Kernel>;
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

function placeOf(index: Index, strides: readonly number[], offset = 0): number {
  let at = offset;
  for (let axis = 0; axis < index.length; axis++) at += index[axis] * strides[axis];
  return at;
}

const read = ({ storage, layout, offset }: Tensor, index: Index): number =>
  storage!.data[placeOf(index, layout.strides, offset)];

/** A new tensor of these elements. */
const made = ({ shape, dtype }: Spec, data: TypedArray): Tensor =>
  new Tensor(contiguousLayout(dtype, shape), new Storage(data), 0);

/** A new tensor; each element is a function of its index. */
function build(spec: Spec, element: (index: Index) => number): Tensor {
  const data = allocate(spec.dtype, sizeOf(spec.shape));
  forEachIndex(spec.shape, (index, i) => {
    data[i] = element(index);
  });
  return made(spec, data);
}

/** A new tensor of sums that were kept in double precision, and are rounded once. */
function rounded(spec: Spec, sums: Float64Array): Tensor {
  const data = allocate(spec.dtype, sums.length);
  sums.forEach((sum, i) => {
    data[i] = isFloat(spec.dtype) ? sum : sum | 0;
  });
  return made(spec, data);
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

/** The places in a target that the elements of a source go to, by the index beside them. */
function forEachTarget(
  { name, axis }: ScatterKernel | ScatterAddKernel,
  [x, index, source]: readonly Tensor[],
  visit: (at: number, value: number) => void,
): void {
  const strides = contiguousStrides(x.shape);
  forEachIndex(source.shape, (from) => {
    const i = checkIndex(name, read(index, from), x.shape[axis]);
    visit(placeOf(from.with(axis, i), strides), read(source, from));
  });
}

type Run<K extends Kernel> = (kernel: K, inputs: readonly Tensor[], spec: Spec) => Tensor;

const runs: { readonly [Kind in Kernel["kind"]]: Run<Extract<Kernel, { kind: Kind }>> } = {
  map: ({ expr }, inputs, spec) => {
    const f = interpret(
      expr,
      inputs.map((t) => t.dtype),
    );
    const rank = spec.shape.length;
    const isWhole = inputs.map((t) => sameShape(t.shape, spec.shape));
    return build(spec, (index) =>
      f(
        inputs.map((t, i) =>
          read(t, isWhole[i] ? index : broadcastIndex(index.slice(rank - t.rank), t.shape)),
        ),
      ),
    );
  },

  reduce: ({ op, axes }, [x], spec) => {
    const fold = folds[op];
    const kept = [...x.shape.keys()].filter((d) => !axes.includes(d));
    const reducedShape = axes.map((axis) => x.shape[axis]);
    return build(spec, (index) => {
      const values: number[] = [];
      const at = new Array<number>(x.rank).fill(0);
      kept.forEach((axis, i) => (at[axis] = index[i]));
      forEachIndex(reducedShape, (inner) => {
        axes.forEach((axis, i) => (at[axis] = inner[i]));
        values.push(read(x, at));
      });
      return fold(values, spec.dtype);
    });
  },

  argReduce: ({ op, axis }, [x], spec) =>
    build(spec, (index) => {
      let best = 0;
      for (let i = 1; i < x.shape[axis]; i++) {
        const candidate = read(x, index.toSpliced(axis, 0, i));
        const champion = read(x, index.toSpliced(axis, 0, best));
        if (Number.isNaN(champion)) break;
        const wins = op === "max" ? candidate > champion : candidate < champion;
        if (wins || Number.isNaN(candidate)) best = i;
      }
      return best;
    }),

  scan: ({ expr, axis, init, reverse }, inputs, spec) => {
    const f = interpret(expr, [spec.dtype, ...inputs.map((t) => t.dtype)]);
    const length = spec.shape[axis];
    const data = allocate(spec.dtype, sizeOf(spec.shape));
    const strides = contiguousStrides(spec.shape);
    forEachIndex(spec.shape.with(axis, Math.min(1, length)), (start) => {
      let carry = init;
      for (let step = 0; step < length; step++) {
        const index = start.with(axis, reverse ? length - 1 - step : step);
        carry = f([carry, ...inputs.map((t) => read(t, index))]);
        data[placeOf(index, strides)] = carry;
      }
    });
    return made(spec, data);
  },

  view: (kernel, [x], spec) => {
    const { layout, offset } = viewLayout(x.layout, kernel, spec.shape);
    return new Tensor(layout, x.storage, x.offset + offset);
  },

  reshape: (_, [x], spec) => {
    const layout = reshapeLayout(x.layout, spec.shape);
    return layout ? new Tensor(layout, x.storage, x.offset) : made(spec, x.data);
  },

  pad: ({ low, interior, value }, [x], spec) =>
    build(spec, (index) => {
      const from = index.map((i, d) => (i - low[d]) / (interior[d] + 1));
      const inside = from.every((i, d) => Number.isInteger(i) && i >= 0 && i < x.shape[d]);
      return inside ? read(x, from) : value;
    }),

  concat: ({ axis }, inputs, spec) =>
    build(spec, (index) => {
      let i = index[axis];
      let part = 0;
      while (i >= inputs[part].shape[axis]) i -= inputs[part++].shape[axis];
      return read(inputs[part], index.with(axis, i));
    }),

  contract: ({ a, b, out }, [x, y], spec) => {
    const summed = a.filter((label) => !out.includes(label));
    const sizes = summed.map((label) => x.shape[a.indexOf(label)]);
    const labels = [...out, ...summed];
    const place = (operand: readonly number[]) => operand.map((label) => labels.indexOf(label));
    const [aPlaces, bPlaces] = [place(a), place(b)];
    return build(spec, (index) => {
      let total = 0;
      forEachIndex(sizes, (inner) => {
        const all = [...index, ...inner];
        const [left, right] = [
          read(
            x,
            aPlaces.map((p) => all[p]),
          ),
          read(
            y,
            bPlaces.map((p) => all[p]),
          ),
        ];
        total = isFloat(spec.dtype) ? total + left * right : (total + Math.imul(left, right)) | 0;
      });
      return total;
    });
  },

  overlapAdd: ({ starts, axes, steps }, [x], spec) => {
    const sums = new Float64Array(sizeOf(spec.shape));
    const strides = contiguousStrides(spec.shape);
    forEachIndex(x.shape, (index) => {
      const to = [...starts];
      axes.forEach((axis, d) => {
        if (axis >= 0) to[axis] += index[d] * steps[d];
      });
      sums[placeOf(to, strides)] += read(x, index);
    });
    return rounded(spec, sums);
  },

  gather: ({ name, axis }, [x, y], spec) =>
    build(spec, (index) => {
      const i = checkIndex(name, read(y, index), x.shape[axis]);
      return read(x, index.with(axis, i));
    }),

  scatterAdd: (kernel, inputs, spec) => {
    const sums = Float64Array.from(inputs[0].data);
    forEachTarget(kernel, inputs, (at, value) => {
      sums[at] += value;
    });
    return rounded(spec, sums);
  },

  scatter: (kernel, inputs, spec) => {
    const { data } = inputs[0];
    forEachTarget(kernel, inputs, (at, value) => {
      data[at] = value;
    });
    return made(spec, data);
  },

  iota: ({ axis }, _, spec) => build(spec, (index) => index[axis]),

  random: (_, [state], spec) => {
    const data = new Int32Array(sizeOf(spec.shape));
    randomWords(state.data, data);
    return made(spec, data);
  },

  assign: (_, [x, y]) => {
    const value = y.data;
    forEachOffset(x.layout, x.offset, (at, i) => {
      x.storage!.data[at] = value[i];
    });
    x.storage!.version++;
    return x;
  },

  repeat: (kernel, inputs) => {
    const layouts = inputs.map((t) => t.layout);
    return withParts(prepareRepeat(kernel, layouts, prepare)(inputs));
  },

  part: ({ index }, [x]) => partOf(x, index),

  host: (kernel, inputs, spec) => {
    const data = allocate(spec.dtype, sizeOf(spec.shape));
    kernel.run(
      inputs.map((t) => ({ data: t.data, shape: t.shape })),
      data,
    );
    return made(spec, data);
  },
};

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
