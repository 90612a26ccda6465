// Sorting: the order is found on the host, the elements are gathered by it. So gradients go to the
// elements that were chosen.
import type { Spec } from "../kernel/kernel.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import { notDifferentiable, type OpRecord } from "../op/op.ts";
import { checkOperands, requireTensor } from "../op/operands.ts";
import { batchUnary, shiftAxis, zerosLike } from "../op/rules.ts";
import { distinctReals, drawAxis, drawShape, integers, type Draw } from "../op/samples.ts";
import type { AlongAxisFn, TopkFn } from "../tensor/signatures.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkBoolean, checkOptions } from "../tensor/options.ts";
import { normalizeAxis, showShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { orderRows, type Ordering } from "./order.ts";

export interface SortOptions {
  /** Default: -1, the last one. */
  readonly axis?: number;
  /** Whether the largest comes first. Default: false. */
  readonly descending?: boolean;
}

const outputShape = (shape: Shape, { axis, count }: Ordering): Shape => shape.with(axis, count);

const indexSpec = ({ shape }: Spec, attrs: Ordering): Spec => ({
  shape: outputShape(shape, attrs),
  dtype: "int32",
});

/** The place of each element in the order: how many come before it. */
function ranksOf(line: readonly number[], descending: boolean): number[] {
  const isLess = (a: number, b: number) => a < b || (Number.isNaN(b) && !Number.isNaN(a));
  const comesFirst = (a: number, b: number) => (descending ? isLess(b, a) : isLess(a, b));
  return line.map(
    (value, i) =>
      line.filter((other, j) => comesFirst(other, value) || (j < i && !comesFirst(value, other)))
        .length,
  );
}

/** The indices by an independent way: counting. */
function referenceOrder(x: NDArray, attrs: Ordering): NDArray {
  const { axis, count, descending, sorted } = attrs;
  return NDArray.build(outputShape(x.shape, attrs), (index) => {
    const line = Array.from({ length: x.shape[axis] }, (_, i) => x.at(index.with(axis, i)));
    const ranks = ranksOf(line, descending);
    if (sorted) return ranks.indexOf(index[axis]);
    return [...ranks.keys()].filter((i) => ranks[i] < count)[index[axis]];
  });
}

const ordering = (
  name: string,
  draw: (draw: Draw, size: number) => Omit<Ordering, "axis">,
): OpRecord<Ordering> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    checkOperands(name, [x], "any");
    return [{ ...x, shape: outputShape(x.shape, attrs) }, indexSpec(x, attrs)];
  },
  body: (k, [x], attrs) => {
    const index = k.host([x], indexSpec(x, attrs), ([x], out) => orderRows(x, attrs, out));
    return [k.gather(x, index, attrs.axis), index];
  },
  vjp: [
    (g, saved) =>
      scatterAdd(zerosLike(saved.spec(0)), saved.output(1), g, { axis: saved.attrs.axis }),
  ],
  jvp: ([t], saved) => [gather(t!, saved.output(1), { axis: saved.attrs.axis }), null],
  batch: batchUnary(shiftAxis),
  samples: (d) => {
    const shape = drawShape(d, { minRank: 1 });
    const axis = drawAxis(d, shape.length);
    return { inputs: [distinctReals(d, shape)], attrs: { axis, ...draw(d, shape[axis]) } };
  },
  reference: ([x], attrs) => {
    const order = referenceOrder(x, attrs);
    const { axis } = attrs;
    return [NDArray.build(order.shape, (at) => x.at(at.with(axis, order.at(at)))), order];
  },
});

const sortAttrs = (where: string, x: Tensor, options: SortOptions = {}): Ordering => {
  requireTensor(where, x);
  checkOptions(where, options, ["axis", "descending"]);
  const axis = normalizeAxis(where, options.axis === undefined ? -1 : options.axis, x.rank);
  const descending = checkBoolean(where, "descending", options.descending ?? false);
  return { axis, count: x.shape[axis], descending, sorted: true };
};

/**
 * The elements in order along an axis (the last by default). The sort is stable. NaN is greater than
 * every number: it comes last, or first if descending, as in PyTorch. The gradient of each element goes
 * to where it came from. `argsort` has the indices; `topk` with the size of the axis has both.
 * @example sort(tensor([3, 1, 2]), { descending: true }).toArray(); // [3, 2, 1]
 */
export const sort: OpOf<AlongAxisFn<"sort", SortOptions>, Ordering> = defineOp<
  AlongAxisFn<"sort", SortOptions>,
  Ordering
>(
  ordering("sort", (draw, size) => ({
    count: size,
    descending: draw.pick([false, true]),
    sorted: true,
  })),
  (apply) => (x: Tensor, options?: SortOptions) => apply([x], sortAttrs("sort", x, options)),
);

/**
 * The indices (int32) that sort the elements along an axis (the last by default); see `sort`.
 * @example gather(x, argsort(x, { axis: 0 }), { axis: 0 }) // sort(x, { axis: 0 })
 */
export const argsort: OpOf<AlongAxisFn<"argsort", SortOptions>, Ordering> = defineOp<
  AlongAxisFn<"argsort", SortOptions>,
  Ordering
>(
  {
    ...sort.op,
    name: "argsort",
    shape: ([x], attrs) => {
      checkOperands("argsort", [x], "any");
      return [indexSpec(x, attrs)];
    },
    body: (k, [x], attrs) => [
      k.host([x], indexSpec(x, attrs), ([x], out) => orderRows(x, attrs, out)),
    ],
    vjp: notDifferentiable,
    jvp: notDifferentiable,
    samples: (draw) => {
      const { inputs, attrs } = sort.op.samples(draw);
      const { shape } = inputs[0];
      return { inputs: [draw.pick([inputs[0], integers(draw, shape, -1, 1)])], attrs };
    },
    reference: ([x], attrs) => referenceOrder(x, attrs),
  },
  (apply) => (x: Tensor, options?: SortOptions) => apply([x], sortAttrs("argsort", x, options)),
);

export interface TopkOptions {
  /** Default: -1, the last one. */
  readonly axis?: number;
  /** Whether the largest elements are wanted, or the smallest. Default: true. */
  readonly largest?: boolean;
  /** Whether they come in order, best first, or as they lie in x. Default: true. */
  readonly sorted?: boolean;
}

/**
 * The k largest elements along an axis (the last by default), or the smallest, and their indices
 * (int32). Of equal elements the first come first; NaN counts as the largest. Gradients go to the
 * chosen elements.
 *
 * @throws OptionError unless k is an integer from 0 to the size of the axis.
 * @example const { values, indices } = topk(logits, 5, { axis: -1 });
 */
export const topk: OpOf<TopkFn<TopkOptions>, Ordering> = defineOp<TopkFn<TopkOptions>, Ordering>(
  ordering("topk", (draw, size) => ({
    count: draw.int(0, size),
    descending: draw.pick([true, false]),
    sorted: draw.pick([true, false]),
  })),
  () =>
    (x: Tensor, k: number, options: TopkOptions = {}) => {
      requireTensor("topk", x);
      checkOptions("topk", options, ["axis", "largest", "sorted"]);
      const axis = normalizeAxis("topk", options.axis === undefined ? -1 : options.axis, x.rank);
      const size = x.shape[axis];
      if (!Number.isInteger(k) || k < 0 || k > size) {
        throw new OptionError({
          where: "topk",
          expected: `k: an integer from 0 to ${size}, the size of axis ${axis} of ${showShape(x.shape)}`,
          got: brief(k),
          fix: "Ask for fewer, e.g. Math.min(k, x.shape[axis]).",
        });
      }
      const descending = checkBoolean("topk", "largest", options.largest ?? true);
      const sorted = checkBoolean("topk", "sorted", options.sorted ?? true);
      const attrs: Ordering = { axis, count: k, descending, sorted };
      const [values, indices] = bind(topk.op, [x], attrs);
      return { values, indices };
    },
);
