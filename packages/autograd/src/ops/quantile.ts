// Quantiles and the median: between two elements that are chosen on the host.
import * as s from "../kernel/scalar.ts";
import type { HostArray, Spec } from "../kernel/kernel.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type Apply, type OpOf } from "../op/define.ts";
import { foldAxes, NDArray } from "../op/ndarray.ts";
import type { OpRecord } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { checkFloat, shiftAxis, zerosLike } from "../op/rules.ts";
import { distinctReals, drawAxis, drawShape, type Draw } from "../op/samples.ts";
import type { QuantileFn, ReduceFn } from "../tensor/signatures.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { reduceShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { gather, scatterAdd, sliceAxis } from "./indexing.ts";
import { concat } from "./join.ts";
import { permute, reduceAttrs, reshape, type ReduceAttrs } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { eachRow } from "./order.ts";
import { emptyAxis } from "./reduce.ts";

type QuantileAttrs = { readonly axis: number; readonly q: readonly number[] };

/** One quantile: where its elements stand among the chosen ones, and how far it is from the first. */
interface Part {
  readonly first: number;
  /** 0 where it is the first one itself. */
  readonly weight: number;
}

/** The places in the order of `size` elements that the quantiles lie at, or between. */
function placesOf(size: number, { q }: QuantileAttrs) {
  const places: number[] = [];
  const parts = q.map((share): Part => {
    const place = share * (size - 1);
    const low = Math.floor(place);
    const first = places.push(low) - 1;
    if (place > low) places.push(low + 1);
    return { first, weight: place - low };
  });
  return { places, parts };
}

const chosenSpec = ({ shape }: Spec, attrs: QuantileAttrs): Spec => ({
  shape: shape.with(attrs.axis, placesOf(shape[attrs.axis], attrs).places.length),
  dtype: "int32",
});

/** All quantiles in front of what is left of the shape. */
const quantileShape = (shape: Shape, { axis, q }: QuantileAttrs): Shape => [
  q.length,
  ...reduceShape(shape, [axis], false),
];

/** The indices of the elements at the places; in a row with NaN that of the first NaN. */
function choose(x: HostArray, attrs: QuantileAttrs, out: TypedArray): void {
  const { places } = placesOf(x.shape[attrs.axis], attrs);
  eachRow(x, attrs.axis, false, (row) => {
    const nan = row.firstNaN;
    places.forEach((place, i) => {
      out[row.place(i, places.length)] = nan < 0 ? row.at(place) : nan;
    });
  });
}

/** One index of an axis as a view of the shape [1, ...the others]. */
function pick(k: KernelBuilder, x: Value, axis: number, at: number): Value {
  const axes = [-1, ...x.shape.map((_, d) => d).filter((d) => d !== axis)];
  const shape = axes.map((d) => (d < 0 ? 1 : x.shape[d]));
  const starts = x.shape.map((_, d) => (d === axis ? at : 0));
  return k.view(x, { shape, axes, steps: axes.map(() => 1), starts });
}

/** a·(1 − w) + b·w, exact where both are equal, even if they are infinite. */
const between = (k: KernelBuilder, a: Value, b: Value, weight: number): Value =>
  k.map([a, b], (a, b) => s.select(s.eq(a, b), a, s.add(s.mul(1 - weight, a), s.mul(weight, b))));

const quantileRecord = (
  name: string,
  drawQ: (draw: Draw) => readonly number[],
): OpRecord<QuantileAttrs> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    checkFloat(name, x);
    if (x.shape[attrs.axis] === 0) throw emptyAxis(name, x);
    return [{ ...x, shape: quantileShape(x.shape, attrs) }, chosenSpec(x, attrs)];
  },
  // The second output says which elements were chosen.
  body: (k, [x], attrs) => {
    const { axis } = attrs;
    const chosen = k.host([x], chosenSpec(x, attrs), ([x], out) => choose(x, attrs, out));
    const elements = k.gather(x, chosen, axis);
    const values = placesOf(x.shape[axis], attrs).parts.map(({ first, weight }) => {
      const a = pick(k, elements, axis, first);
      return weight === 0 ? a : between(k, a, pick(k, elements, axis, first + 1), weight);
    });
    return [values.length === 1 ? values[0] : k.concat(values, 0), chosen];
  },
  vjp: [
    (g, saved) => {
      const { axis } = saved.attrs;
      const shape = saved.shape(0);
      const shares = placesOf(shape[axis], saved.attrs).parts.flatMap(({ weight }, i) => {
        const own = reshape(sliceAxis(g, 0, i, i + 1), shape.with(axis, 1));
        return weight === 0 ? [own] : [mul(own, 1 - weight), mul(own, weight)];
      });
      return scatterAdd(zerosLike(saved.spec(0)), saved.output(1), concat(shares, { axis }), {
        axis,
      });
    },
  ],
  jvp: ([t], saved) => {
    const { axis } = saved.attrs;
    const shape = saved.shape(0);
    const chosen = gather(t!, saved.output(1), { axis });
    const own = [1, ...reduceShape(shape, [axis], false)];
    const at = (i: number) => reshape(sliceAxis(chosen, axis, i, i + 1), own);
    const values = placesOf(shape[axis], saved.attrs).parts.map(({ first, weight }) =>
      weight === 0 ? at(first) : add(mul(at(first), 1 - weight), mul(at(first + 1), weight)),
    );
    return [concat(values, { axis: 0 }), null];
  },
  // The batch comes before the quantiles.
  batch: ({ op, inputs, attrs }) => {
    const [y, chosen] = bind(op, inputs, shiftAxis(attrs));
    const rest = y.shape.map((_: number, d: number) => d).slice(2);
    return [permute(y, [1, 0, ...rest]), chosen];
  },
  samples: (draw) => {
    const shape = drawShape(draw, { minRank: 1 });
    const axis = drawAxis(draw, shape.length);
    const sizes = shape.with(axis, Math.max(1, shape[axis]));
    return { inputs: [distinctReals(draw, sizes)], attrs: { axis, q: drawQ(draw) } };
  },
  reference: ([x], attrs) => {
    const { axis, q } = attrs;
    const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
    const values = q.map((share) =>
      foldAxes(x, [axis], false, (line) => {
        const place = share * (line.length - 1);
        const [low, high] = [Math.floor(place), Math.ceil(place)].map((i) => sorted(line)[i]);
        return low + (high - low) * (place % 1);
      }),
    );
    const { places } = placesOf(x.shape[axis], attrs);
    const chosen = NDArray.build(x.shape.with(axis, places.length), (index) => {
      const line = Array.from({ length: x.shape[axis] }, (_, i) => x.at(index.with(axis, i)));
      return line.indexOf(sorted(line)[places[index[axis]]]);
    });
    const all = new NDArray(
      quantileShape(x.shape, attrs),
      values.flatMap(({ data }) => data),
    );
    return [all, chosen];
  },
});

/** The axes that are reduced as one last axis. */
function asRow(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_: number, d: number) => d).filter((d: number) => !axes.includes(d));
  const row = sizeOf(axes.map((axis) => x.shape[axis]));
  return reshape(permute(x, [...kept, ...axes]), [...kept.map((d: number) => x.shape[d]), row]);
}

/** The quantiles [q, ...] over axes; without the first axis for one of them. */
function overAxes(
  apply: Apply<QuantileAttrs>,
  x: Tensor,
  { axes, keepDims }: ReduceAttrs,
  q: number | readonly number[],
): Tensor {
  const row = axes.length === 1 ? x : asRow(x, axes);
  const axis = axes.length === 1 ? axes[0] : row.rank - 1;
  const isOne = typeof q === "number";
  const y = apply([row], { axis, q: isOne ? [q] : q });
  const rest = reduceShape(x.shape, axes, keepDims);
  return reshape(y, isOne ? rest : [q.length, ...rest]);
}

const isShare = (q: unknown): q is number => typeof q === "number" && q >= 0 && q <= 1;

/**
 * The quantile over axes (all by default): the element at place q·(n − 1) in the order of n elements, or
 * the linear interpolation between the two beside it, as NumPy and PyTorch do by default. The gradient
 * goes to these elements. Where one is NaN, so is the result.
 *
 * @param q From 0 to 1. For several the results stand in front: [q, ...].
 * @throws OptionError unless 0 <= q <= 1; ShapeError over an axis of size 0.
 * @example quantile(latencies, [0.5, 0.99], { axis: 0 })
 */
export const quantile: OpOf<QuantileFn, QuantileAttrs> = defineOp<QuantileFn, QuantileAttrs>(
  quantileRecord("quantile", (draw) => draw.pick([[0.3], [0.5], [0], [1, 0.75], [0.2, 0.9, 0.2]])),
  (apply) => (x: Tensor, q: number | readonly number[], options?: object) => {
    requireTensor("quantile", x);
    const isList = Array.isArray(q) && q.length > 0 && q.every(isShare);
    if (isList || isShare(q)) return overAxes(apply, x, reduceAttrs("quantile", x, options), q);
    throw new OptionError({
      where: "quantile",
      expected: "q: a number from 0 to 1, or an array of them",
      got: brief(q),
      fix: "Write e.g. 0.5, or [0.25, 0.5, 0.75].",
    });
  },
);

/**
 * The median over axes (all by default): the element in the middle of the order, or the mean of the two
 * in the middle, as NumPy's (PyTorch takes the lower one). The gradient goes to the one element, or to
 * each of the two by half. Where one is NaN, so is the result.
 * @throws ShapeError over an axis of size 0. @example median(x, { axis: 0 })
 */
export const median: OpOf<ReduceFn<"median">, QuantileAttrs> = defineOp<
  ReduceFn<"median">,
  QuantileAttrs
>(
  quantileRecord("median", () => [0.5]),
  (apply) => (x: Tensor, options?: object) =>
    overAxes(apply, x, reduceAttrs("median", x, options), 0.5),
);
