// Discrete Fourier transforms of complex and real numbers, as pairs of real tensors. They are linear;
// the adjoint of each is another one of them, without complex numbers in any rule.
import { transformOf } from "../fft/transform.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { NDArray } from "../op/ndarray.ts";
import type { JvpRule, VjpRule } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { shiftAxis, zerosLike } from "../op/rules.ts";
import { drawShape, reals, type Draw } from "../op/samples.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { HostArray, Spec } from "../kernel/kernel.ts";
import type { FftFn, IrfftFn, RfftFn } from "../tensor/signatures-linalg.ts";
import { tensor } from "../tensor/create.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { sameShape, showShape, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  callFft,
  callIrfft,
  callRfft,
  halfOf,
  norms,
  scaleOf,
  type FftOptions,
  type Norm,
} from "./fft-options.ts";
import { jointVjp } from "./matrices.ts";
import { batchAll } from "./move.ts";
import { mul } from "./pointwise.ts";

type FftAttrs = { readonly axis: number; readonly norm: Norm };
type IrfftAttrs = FftAttrs & {
  /** The length of the result. */
  readonly n: number;
};

/** The adjoint of a transform goes the other way, with the factor of this one. */
const swapped: Record<Norm, Norm> = { backward: "forward", forward: "backward", ortho: "ortho" };

/** Calls f for each line along an axis with the places of its first element and the distance from
 *  one element to the next, in arrays of these lengths along the axis. */
function forEachLine(
  shape: Shape,
  axis: number,
  lengths: readonly number[],
  f: (starts: readonly number[], stride: number) => void,
): void {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      f(
        lengths.map((length) => i * length * inner + j),
        inner,
      );
    }
  }
}

function readLine(
  { data }: HostArray,
  start: number,
  stride: number,
  line: Float64Array,
  count: number,
): void {
  for (let k = 0; k < count; k++) line[k] = data[start + k * stride];
}

const linesOf = (count: number, length: number): Float64Array[] =>
  Array.from({ length: count }, () => new Float64Array(length));

/** Real and imaginary parts that a host function has put one after the other. */
const parts = (k: KernelBuilder, packed: Value, shape: Shape): Value[] =>
  [0, 1].map((part) =>
    k.view(packed, {
      shape,
      axes: shape.map((_, d) => d + 1),
      steps: shape.map(() => 1),
      starts: [part, ...shape.map(() => 0)],
    }),
  );

/** A complex transform; `inverse` has exponents of sign +. */
const runComplex =
  (axis: number, inverse: boolean, scale: number) =>
  ([re, im]: readonly HostArray[], out: TypedArray): void => {
    const { shape } = re;
    const n = shape[axis];
    const transform = transformOf(n);
    const [a, b, c, d] = linesOf(4, n);
    const half = sizeOf(shape);
    forEachLine(shape, axis, [n], ([start], stride) => {
      readLine(re, start, stride, a, n);
      readLine(im, start, stride, b, n);
      if (inverse) transform(b, a, d, c);
      else transform(a, b, c, d);
      for (let k = 0; k < n; k++) {
        out[start + k * stride] = c[k] * scale;
        out[half + start + k * stride] = d[k] * scale;
      }
    });
  };

function checkPair(name: string, [re, im]: readonly Spec[]): Spec {
  const dtype = checkOperands(name, [re, im], "float");
  if (sameShape(re.shape, im.shape)) return { shape: re.shape, dtype };
  throw new ShapeError({
    where: name,
    expected: "real and imaginary parts of one shape",
    got: `${showShape(re.shape)} and ${showShape(im.shape)}`,
    fix: "Expand one of them.",
  });
}

/** The transform of the tangents: it is linear. */
const linear: JvpRule<FftAttrs> = (tangents, saved) =>
  bind(
    saved.op,
    tangents.map((t, i) => t ?? zerosLike(saved.spec(i))),
    saved.attrs,
  );

/** The cotangents of both outputs, if there are any. */
function bothOf(
  [re, im]: readonly (Tensor | null)[],
  f: (pair: readonly [Tensor, Tensor]) => readonly Tensor[],
): readonly Tensor[] {
  const layout = (re ?? im)?.layout;
  return layout ? f([re ?? zerosLike(layout), im ?? zerosLike(layout)]) : [];
}

/** A shape and one of its axes, whose length is at least 1. */
function drawLines(draw: Draw): { shape: number[]; axis: number } {
  const shape = drawShape(draw, { minRank: 1, maxRank: 2 });
  const axis = draw.int(0, shape.length - 1);
  shape[axis] = draw.pick([4, 3, 5, 1, 2, 6, 7]);
  return { shape, axis };
}

/** Σ over an axis of a complex weight times a complex element, with both parts of the result. */
function weighted(
  [re, im]: readonly (NDArray | null)[],
  axis: number,
  length: number,
  weight: (to: number, from: number) => readonly [number, number],
): NDArray[] {
  const { shape } = (re ?? im)!;
  const part = (which: 0 | 1): NDArray =>
    NDArray.build(shape.with(axis, length), (index) => {
      let sum = 0;
      for (let t = 0; t < shape[axis]; t++) {
        const at = index.with(axis, t);
        const [c, s] = weight(index[axis], t);
        const [a, b] = [re?.at(at) ?? 0, im?.at(at) ?? 0];
        sum += which === 0 ? a * c - b * s : a * s + b * c;
      }
      return sum;
    });
  return [part(0), part(1)];
}

function complexTransform(name: "fft" | "ifft", inverse: boolean, adjoint: () => OpOf<FftFn>) {
  const op: OpOf<FftFn<FftOptions>, FftAttrs> = defineOp<FftFn<FftOptions>, FftAttrs>(
    {
      name,
      arity: 2,
      broadcasts: false,
      shape: (inputs) => {
        const spec = checkPair(name, inputs);
        return [spec, spec];
      },
      body: (k, [re, im], { axis, norm }) => {
        const scale = scaleOf(norm, re.shape[axis], inverse);
        const spec = { shape: [2, ...re.shape], dtype: re.dtype };
        return parts(k, k.host([re, im], spec, runComplex(axis, inverse, scale)), re.shape);
      },
      // [re, im] ↦ [C·re ± S·im, C·im ∓ S·re], whose transpose has the other signs.
      vjp: jointVjp((all, { attrs: { axis, norm } }) =>
        bothOf(all, (pair) => bind(adjoint().op, pair, { axis, norm: swapped[norm] })),
      ),
      jvp: linear,
      batch: batchAll(shiftAxis),
      samples: (draw) => {
        const { shape, axis } = drawLines(draw);
        return {
          inputs: [reals(draw, shape), reals(draw, shape)],
          attrs: { axis, norm: draw.pick(norms) },
        };
      },
      reference: (inputs, { axis, norm }) => {
        const n = inputs[0].shape[axis];
        const scale = scaleOf(norm, n, inverse);
        return weighted(inputs, axis, n, (k, t) => {
          const angle = (2 * Math.PI * ((k * t) % n)) / n;
          return [scale * Math.cos(angle), (inverse ? scale : -scale) * Math.sin(angle)];
        });
      },
    },
    () => callFft(name, (pair, attrs) => bind(op.op, pair, attrs)),
  );
  return op;
}

/**
 * The discrete Fourier transform, X[k] = Σ x[t]·exp(−2πi·kt/n), along one axis or several. Complex
 * numbers are pairs `{ re, im }` of real tensors; a tensor alone is real. Any length takes
 * O(n log n). Works in double precision, whatever the dtype.
 * @throws ShapeError, AxisError or OptionError for what does not fit, and for an axis of size 0.
 * @example
 * const { re, im } = fft(signal, { axis: -1, norm: "ortho" });
 * const plane = fft(image, { axis: [-2, -1] }); // two-dimensional
 */
export const fft: OpOf<FftFn<FftOptions>, FftAttrs> = complexTransform("fft", false, () => ifft);

/**
 * The inverse of `fft`: x[t] = 1/n·Σ X[k]·exp(2πi·kt/n), as `{ re, im }`.
 * @throws as `fft`.
 * @example ifft(fft(x)).re; // x
 */
export const ifft: OpOf<FftFn<FftOptions>, FftAttrs> = complexTransform("ifft", true, () => fft);

/** Whether a place of a half spectrum stands for itself alone: the mean, and for even n the highest
 *  frequency. All others stand for two, and their mirror images are conjugate. */
const isSingle = (k: number, n: number): boolean => k === 0 || 2 * k === n;

/** Numbers for the places of a half spectrum of n, in the shape [n/2 + 1, 1, …] that broadcasts. */
const spectrumWeights = (n: number, x: Tensor, axis: number, double: number): Tensor =>
  tensor(
    Float64Array.from({ length: halfOf(n) }, (_, k) => (isSingle(k, n) ? 1 : double)),
    { dtype: x.dtype, shape: [halfOf(n), ...x.shape.slice(axis + 1).map(() => 1)] },
  );

const runReal =
  (axis: number, scale: number) =>
  ([x]: readonly HostArray[], out: TypedArray): void => {
    const n = x.shape[axis];
    const transform = transformOf(n);
    const [a, zero, c, d] = linesOf(4, n);
    const half = (sizeOf(x.shape) / n) * halfOf(n);
    forEachLine(x.shape, axis, [n, halfOf(n)], ([from, to], stride) => {
      readLine(x, from, stride, a, n);
      transform(a, zero, c, d);
      for (let k = 0; k < halfOf(n); k++) {
        out[to + k * stride] = c[k] * scale;
        out[half + to + k * stride] = isSingle(k, n) ? 0 : d[k] * scale;
      }
    });
  };

/**
 * The first half of the spectrum of real numbers, [..., n/2 + 1, ...] as `{ re, im }`: the other half is
 * its mirror image, conjugated. Along several axes it is halved along the last of them.
 * @throws as `fft`.
 * @example rfft(tensor([1, 0, 0, 0])).re; // [1, 1, 1]
 */
export const rfft: OpOf<RfftFn<FftOptions>, FftAttrs> = defineOp<RfftFn<FftOptions>, FftAttrs>(
  {
    name: "rfft",
    arity: 1,
    broadcasts: false,
    shape: ([x], { axis }) => {
      const dtype = checkOperands("rfft", [x], "float");
      const spec = { shape: x.shape.with(axis, halfOf(x.shape[axis])), dtype };
      return [spec, spec];
    },
    body: (k, [x], { axis, norm }) => {
      const shape = x.shape.with(axis, halfOf(x.shape[axis]));
      const scale = scaleOf(norm, x.shape[axis], false);
      const spec = { shape: [2, ...shape], dtype: x.dtype };
      return parts(k, k.host([x], spec, runReal(axis, scale)), shape);
    },
    // irfft counts twice what stands for two; the transpose of rfft counts everything once.
    vjp: jointVjp((all, saved) =>
      bothOf(all, (pair) => {
        const { axis, norm } = saved.attrs;
        const n = saved.shape(0)[axis];
        const once = spectrumWeights(n, pair[0], axis, 0.5);
        return bind(
          irfft.op,
          pair.map((g) => mul(g, once)),
          { axis, norm: swapped[norm], n },
        );
      }),
    ) as VjpRule<FftAttrs>,
    jvp: linear,
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const { shape, axis } = drawLines(draw);
      return { inputs: [reals(draw, shape)], attrs: { axis, norm: draw.pick(norms) } };
    },
    reference: ([x], { axis, norm }) => {
      const n = x.shape[axis];
      const scale = scaleOf(norm, n, false);
      return weighted([x, null], axis, halfOf(n), (k, t) => {
        const angle = (2 * Math.PI * ((k * t) % n)) / n;
        return [scale * Math.cos(angle), isSingle(k, n) ? 0 : -scale * Math.sin(angle)];
      });
    },
  },
  () =>
    callRfft(
      (x, attrs) => bind(rfft.op, [x], attrs),
      (pair, attrs) => bind(fft.op, pair, attrs),
    ),
);

const runIrfft =
  (axis: number, n: number, scale: number) =>
  ([re, im]: readonly HostArray[], out: TypedArray): void => {
    const m = re.shape[axis];
    const transform = transformOf(n);
    const [a, b, c, d] = linesOf(4, n);
    forEachLine(re.shape, axis, [m, n], ([from, to], stride) => {
      readLine(re, from, stride, a, m);
      readLine(im, from, stride, b, m);
      for (let k = 0; k < m; k++) {
        if (isSingle(k, n)) {
          b[k] = 0;
        } else {
          a[n - k] = a[k];
          b[n - k] = -b[k];
        }
      }
      transform(b, a, d, c);
      for (let t = 0; t < n; t++) out[to + t * stride] = c[t] * scale;
    });
  };

/**
 * The inverse of `rfft`: n real numbers, whose spectrum's first half is given; n is even, 2·(m − 1),
 * unless the option says otherwise. The imaginary parts of the mean and, for even n, of the highest
 * frequency have no effect.
 * @throws as `fft`.
 * @example irfft(rfft(x), { n: x.size }); // x
 */
export const irfft: OpOf<IrfftFn<FftOptions>, IrfftAttrs> = defineOp<
  IrfftFn<FftOptions>,
  IrfftAttrs
>(
  {
    name: "irfft",
    arity: 2,
    broadcasts: false,
    shape: (inputs, { axis, n }) => {
      const { shape, dtype } = checkPair("irfft", inputs);
      if (shape[axis] === halfOf(n)) return [{ shape: shape.with(axis, n), dtype }];
      throw new ShapeError({
        where: "irfft",
        expected: `half a spectrum of ${n}, ${halfOf(n)} elements along axis ${axis}`,
        got: showShape(shape),
        fix: "Pad or crop it.",
      });
    },
    body: (k, [re, im], { axis, n, norm }) => {
      const spec = { shape: re.shape.with(axis, n), dtype: re.dtype };
      return [k.host([re, im], spec, runIrfft(axis, n, scaleOf(norm, n, true)))];
    },
    vjp: jointVjp(([g], { attrs: { axis, norm, n } }) => {
      if (!g) return [];
      const pair = bind(rfft.op, [g], { axis, norm: swapped[norm] });
      const twice = spectrumWeights(n, pair[0], axis, 2);
      return pair.map((part) => mul(part, twice));
    }),
    jvp: linear as JvpRule<IrfftAttrs>,
    batch: batchAll(shiftAxis),
    samples: (draw) => {
      const { shape, axis } = drawLines(draw);
      const n = shape[axis];
      const half = shape.with(axis, halfOf(n));
      return {
        inputs: [reals(draw, half), reals(draw, half)],
        attrs: { axis, n, norm: draw.pick(norms) },
      };
    },
    reference: (inputs, { axis, n, norm }) => {
      const scale = scaleOf(norm, n, true);
      return weighted(inputs, axis, n, (t, k) => {
        const angle = (2 * Math.PI * ((k * t) % n)) / n;
        const count = isSingle(k, n) ? scale : 2 * scale;
        return [count * Math.cos(angle), isSingle(k, n) ? 0 : count * Math.sin(angle)];
      })[0];
    },
  },
  () =>
    callIrfft(
      (pair, attrs) => bind(irfft.op, pair, attrs)[0],
      (pair, attrs) => bind(ifft.op, pair, attrs),
    ),
);
