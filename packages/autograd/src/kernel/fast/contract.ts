// Contractions as matrix products: labels are grouped into batch × (M, K) · (K, N), each group
// walked with one stride. An operand (or output) that lies otherwise goes through a temporary.
import { allocate, type TypedArray } from "../../tensor/dtype.ts";
import type { Layout } from "../../tensor/layout.ts";
import { contiguousStrides, sizeOf } from "../../tensor/shape.ts";
import { gemm, type GemmArray } from "../gemm.ts";
import { contractionRoles, type ContractKernel } from "../kernel.ts";
import { copier, type Copy } from "./copy.ts";
import { constant, filling } from "./frame.ts";
import { coalesce, type Loop } from "./nest.ts";
import type { Run, Task } from "./task.ts";

type Labels = readonly number[];
type Strides = ReadonlyMap<number, number>;

/** An operand, or the output, by labels. A label that it lacks has stride 0 there. */
interface Side {
  readonly labels: Labels;
  readonly strides: Strides;
  /** Brings the operand into a temporary of this many elements, to which the strides belong. */
  readonly copy: Copy | null;
  readonly size: number;
}

export function prepareContract(task: Task<ContractKernel>): Run {
  const { kernel, ids, inputs, output, mayGenerate } = task;
  const [aLayout, bLayout] = inputs;
  const sizes = new Map<number, number>();
  kernel.a.forEach((label, d) => sizes.set(label, aLayout.shape[d]));
  kernel.b.forEach((label, d) => sizes.set(label, bLayout.shape[d]));
  if ([...sizes.values()].includes(0)) return constant(task);

  const roles = contractionRoles(kernel);
  // A label of `a` alone that the output lacks is summed as well.
  const summed = kernel.a.filter((label) => !kernel.out.includes(label));
  // gemm writes rows: the output's last axis must belong to the right operand.
  const last = kernel.out.findLast((label) => sizes.get(label) !== 1);
  const isSwapped = last !== undefined && roles.m.includes(last);
  const [m, n] = isSwapped ? [roles.n, roles.m] : [roles.m, roles.n];
  const sides: Side[] = [
    { labels: kernel.a, strides: strideMap(kernel.a, aLayout.strides), copy: null, size: 0 },
    { labels: kernel.b, strides: strideMap(kernel.b, bLayout.strides), copy: null, size: 0 },
  ];
  const layouts = [aLayout, bLayout];
  const operandIds = ids.slice(0, 2);
  for (const list of [sides, layouts, operandIds]) if (isSwapped) list.reverse();
  const group = new Grouping(sizes);

  // The output as it should lie; the temporary, if need be, is [batch…, m…, n…].
  const outStrides = strideMap(kernel.out, output.strides);
  const fits = group.isOneLoop(m, [outStrides]) && (group.strideOf(n, outStrides) ?? 0) === 1;
  const target = fits ? outStrides : group.packed([...roles.batch, ...m, ...n]);
  const release = fits
    ? null
    : copier({
        dtype: output.dtype,
        shape: output.shape,
        from: kernel.out.map((label) => target.get(label)!),
        to: output.strides,
        mayGenerate,
      });

  // The summed labels may run in any order; the best is the one that needs the fewest copies.
  const orders = sides.map(({ strides }) => group.byStride(summed, strides));
  const plans = orders.map((k) => {
    const rows = place(sides[0], layouts[0], m, k);
    const columns = place(sides[1], layouts[1], n, k);
    return { k, rows, columns, cost: rows.size + columns.size };
  });
  const { k, rows: a, columns: b } = plans[1].cost < plans[0].cost ? plans[1] : plans[0];

  /** The operand as it lies, or a row-major copy [batch…, its own…, k…]. */
  function place(side: Side, layout: Layout, own: Labels, k: Labels): Side {
    if (group.isOneLoop(own, [side.strides, target]) && group.isOneLoop(k, [side.strides])) {
      return side;
    }
    // What repeats along the batch is copied once.
    const batch = roles.batch.filter((label) => side.strides.get(label) !== 0);
    const strides = group.packed([...batch, ...own, ...k]);
    const to = side.labels.map((label) => strides.get(label) ?? 0);
    const shape = layout.shape.map((size, d) => (strides.has(side.labels[d]) ? size : 1));
    const copy = copier({ dtype: layout.dtype, shape, from: layout.strides, to, mayGenerate });
    return { labels: side.labels, strides, copy, size: sizeOf(shape) };
  }

  const rowCount = group.count(m);
  const columnCount = group.count(n);
  const depth = group.count(summed);
  const aRow = group.strideOf(m, a.strides)!;
  const aCol = group.strideOf(k, a.strides)!;
  const bRow = group.strideOf(k, b.strides)!;
  const bCol = group.strideOf(n, b.strides)!;
  const outRow = group.strideOf(m, target)!;
  const batch = group.loops(roles.batch, [a.strides, b.strides, target]);
  const [aId, bId] = operandIds;

  const multiply = (
    x: TypedArray,
    xAt: number,
    y: TypedArray,
    yAt: number,
    to: TypedArray,
    toAt: number,
    level = 0,
  ): void => {
    if (level === batch.length) {
      const [left, right, result] = [x, y, to] as GemmArray[];
      gemm(
        rowCount, columnCount, depth,
        left, xAt, aRow, aCol,
        right, yAt, bRow, bCol,
        result, toAt, outRow,
      ); // prettier-ignore
      return;
    }
    const { size, strides } = batch[level];
    for (let i = 0; i < size; i++) {
      const [xStep, yStep, toStep] = strides;
      multiply(x, xAt + i * xStep, y, yAt + i * yStep, to, toAt + i * toStep, level + 1);
    }
  };

  return filling(task, (out, values) => {
    const { storage: aStorage, offset: aOffset } = values[aId];
    const { storage: bStorage, offset: bOffset } = values[bId];
    const x = a.copy ? temporary(a, layouts[0], aStorage!.data, aOffset) : aStorage!.data;
    const y = b.copy ? temporary(b, layouts[1], bStorage!.data, bOffset) : bStorage!.data;
    const to = release ? allocate(output.dtype, output.size) : out;
    multiply(x, a.copy ? 0 : aOffset, y, b.copy ? 0 : bOffset, to, 0);
    release?.(to, 0, out, 0);
  });
}

function temporary(side: Side, { dtype }: Layout, data: TypedArray, offset: number): TypedArray {
  const result = allocate(dtype, side.size);
  side.copy!(data, offset, result, 0);
  return result;
}

const strideMap = (labels: Labels, strides: readonly number[]): Strides =>
  new Map(labels.map((label, d) => [label, strides[d]]));

/** What can be said of labels once their sizes are known. */
class Grouping {
  private readonly sizes: ReadonlyMap<number, number>;

  constructor(sizes: ReadonlyMap<number, number>) {
    this.sizes = sizes;
  }

  count(labels: Labels): number {
    return labels.reduce((product, label) => product * this.sizes.get(label)!, 1);
  }

  loops(labels: Labels, sides: readonly Strides[]): Loop[] {
    return coalesce(
      labels.map((label) => ({
        size: this.sizes.get(label)!,
        strides: sides.map((strides) => strides.get(label) ?? 0),
      })),
    );
  }

  isOneLoop(labels: Labels, sides: readonly Strides[]): boolean {
    return this.loops(labels, sides).length <= 1;
  }

  /** The stride that walks through all the labels, or null where there is none. */
  strideOf(labels: Labels, strides: Strides): number | null {
    const loops = this.loops(labels, [strides]);
    if (loops.length > 1) return null;
    // Where nothing is walked any stride will do, and 1 asks for no temporary.
    return loops.length === 0 ? 1 : loops[0].strides[0];
  }

  /** Row-major strides for the labels in this order. */
  packed(labels: Labels): Strides {
    return strideMap(labels, contiguousStrides(labels.map((label) => this.sizes.get(label)!)));
  }

  byStride(labels: Labels, strides: Strides): Labels {
    const step = (label: number) => Math.abs(strides.get(label) ?? 0);
    return labels.toSorted((p, q) => step(q) - step(p));
  }
}
