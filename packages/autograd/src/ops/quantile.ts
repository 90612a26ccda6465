// Quantiles and the median: between two elements that are chosen on the host.
import * as s from "../kernel/scalar.ts";
import type { HostArray, Spec } from "../kernel/kernel.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import { defineOp, type Apply, type OpOf } from "../op/define.ts";
import { foldAxes, NDArray } from "../op/ndarray.ts";
import type { OpRecord } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { batchUnary, checkFloat, shiftAxis, zerosLike } from "../op/rules.ts";
import { distinctReals, drawAxis, drawShape, type Draw } from "../op/samples.ts";
import type { QuantileFn, ReduceFn } from "../tensor/signatures.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { reduceShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { gather, scatterAdd, sliceAxis } from "./indexing.ts";
import { concat } from "./join.ts";
import { permute, reduceAttrs, reshape, type ReduceAttrs } from "./move.ts";
import { add, mul } from "./pointwise.ts";
import { eachRow } from "./order.ts";
import { emptyAxis } from "./reduce.ts";

type QuantileAttrs = { readonly axis: number; readonly q: number };

/** The places in the order that the quantile lies between, and how far from the first. */
function placesOf(size: number, q: number) {
  const place = q * (size - 1);
  const low = Math.floor(place);
  return { places: place > low ? [low, low + 1] : [low], weight: place - low };
}

const chosenSpec = ({ shape }: Spec, { axis, q }: QuantileAttrs): Spec => ({
  shape: shape.with(axis, placesOf(shape[axis], q).places.length),
  dtype: "int32",
});

/** The indices of the elements at these places; in a row with NaN that of the first NaN. */
function choose(x: HostArray, { axis, q }: QuantileAttrs, out: TypedArray): void {
  const { places } = placesOf(x.shape[axis], q);
  eachRow(x, axis, (row, keys) => {
    const nan = keys.findIndex(Number.isNaN);
    const order = nan < 0 ? row.order(keys, false, places.at(-1)! + 1) : null;
    places.forEach((place, i) => {
      out[row.place(i, places.length)] = order ? order[place] : nan;
    });
  });
}

/** One index of an axis as a view without that axis. */
function pick(k: KernelBuilder, x: Value, axis: number, at: number): Value {
  const axes = x.shape.map((_, d) => d).filter((d) => d !== axis);
  const shape = axes.map((d) => x.shape[d]);
  const starts = x.shape.map((_, d) => (d === axis ? at : 0));
  return k.view(x, { shape, axes, steps: axes.map(() => 1), starts });
}

/** a·(1 − w) + b·w, exact where both are equal, even if they are infinite. */
const between = (a: Value, b: Value, weight: number, k: KernelBuilder): Value =>
  k.map([a, b], (a, b) => s.select(s.eq(a, b), a, s.add(s.mul(1 - weight, a), s.mul(weight, b))));

const quantileRecord = (name: string, drawQ: (draw: Draw) => number): OpRecord<QuantileAttrs> => ({
  name,
  arity: 1,
  broadcasts: false,
  shape: ([x], attrs) => {
    checkFloat(name, x);
    if (x.shape[attrs.axis] === 0) throw emptyAxis(name, x);
    return [{ ...x, shape: reduceShape(x.shape, [attrs.axis], false) }, chosenSpec(x, attrs)];
  },
  // The second output says which elements were chosen.
  body: (k, [x], attrs) => {
    const { axis, q } = attrs;
    const chosen = k.host([x], chosenSpec(x, attrs), ([x], out) => choose(x, attrs, out));
    const elements = k.gather(x, chosen, axis);
    const first = pick(k, elements, axis, 0);
    const { places, weight } = placesOf(x.shape[axis], q);
    if (places.length === 1) return [first, chosen];
    return [between(first, pick(k, elements, axis, 1), weight, k), chosen];
  },
  vjp: [
    (g, saved) => {
      const { axis, q } = saved.attrs;
      const { places, weight } = placesOf(saved.shape(0)[axis], q);
      const kept = g.unsqueeze(axis);
      const shares =
        places.length === 1 ? kept : concat([mul(kept, 1 - weight), mul(kept, weight)], { axis });
      return scatterAdd(zerosLike(saved.spec(0)), saved.output(1), shares, { axis });
    },
  ],
  jvp: ([t], saved) => {
    const { axis, q } = saved.attrs;
    const { places, weight } = placesOf(saved.shape(0)[axis], q);
    const chosen = gather(t!, saved.output(1), { axis });
    const at = (i: number) => sliceAxis(chosen, axis, i, i + 1).squeeze({ axis });
    return [places.length === 1 ? at(0) : add(mul(at(0), 1 - weight), mul(at(1), weight)), null];
  },
  batch: batchUnary(shiftAxis),
  samples: (draw) => {
    const shape = drawShape(draw, { minRank: 1 });
    const axis = drawAxis(draw, shape.length);
    const sizes = shape.with(axis, Math.max(1, shape[axis]));
    return { inputs: [distinctReals(draw, sizes)], attrs: { axis, q: drawQ(draw) } };
  },
  reference: ([x], { axis, q }) => {
    const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
    const value = foldAxes(x, [axis], false, (values) => {
      const place = q * (values.length - 1);
      const [low, high] = [Math.floor(place), Math.ceil(place)].map((i) => sorted(values)[i]);
      return low + (high - low) * (place % 1);
    });
    const places = placesOf(x.shape[axis], q).places;
    const chosen = NDArray.build(x.shape.with(axis, places.length), (index) => {
      const line = Array.from({ length: x.shape[axis] }, (_, i) => x.at(index.with(axis, i)));
      return line.indexOf(sorted(line)[places[index[axis]]]);
    });
    return [value, chosen];
  },
});

/** The axes that are reduced as one last axis. */
function asRow(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_: number, d: number) => d).filter((d: number) => !axes.includes(d));
  const row = sizeOf(axes.map((axis) => x.shape[axis]));
  return reshape(permute(x, [...kept, ...axes]), [...kept.map((d: number) => x.shape[d]), row]);
}

function overAxes(
  apply: Apply<QuantileAttrs>,
  x: Tensor,
  { axes, keepDims }: ReduceAttrs,
  q: number,
): Tensor {
  const isOne = axes.length === 1;
  const row = isOne ? x : asRow(x, axes);
  const y = apply([row], { axis: isOne ? axes[0] : row.rank - 1, q });
  return keepDims ? reshape(y, reduceShape(x.shape, axes, true)) : y;
}

/**
 * The quantile over axes (all by default): the element at place q·(n − 1) in the order of n elements, or
 * the linear interpolation between the two beside it, as NumPy and PyTorch do by default. The gradient
 * goes to these elements. Where one is NaN, so is the result.
 *
 * @throws OptionError unless 0 <= q <= 1; ShapeError over an axis of size 0.
 * @example quantile(latencies, 0.99, { axis: 0 })
 */
export const quantile: OpOf<QuantileFn, QuantileAttrs> = defineOp<QuantileFn, QuantileAttrs>(
  quantileRecord("quantile", (draw) => draw.pick([0.3, 0.5, 0, 1, 0.75])),
  (apply) => (x: Tensor, q: number, options?: object) => {
    requireTensor("quantile", x);
    if (!(typeof q === "number" && q >= 0 && q <= 1)) {
      throw new OptionError({
        where: "quantile",
        expected: "q: a number from 0 to 1",
        got: brief(q),
        fix: "For several quantiles call it for each, and stack the results.",
      });
    }
    return overAxes(apply, x, reduceAttrs("quantile", x, options), q);
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
  quantileRecord("median", () => 0.5),
  (apply) => (x: Tensor, options?: object) =>
    overAxes(apply, x, reduceAttrs("median", x, options), 0.5),
);
