// Discrete Fourier transforms of real numbers, whose spectrum is half as long.
import { transformOf } from "../fft/transform.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { JvpRule } from "../op/op.ts";
import { checkOperands } from "../op/operands.ts";
import { shiftAxis } from "../op/rules.ts";
import { reals } from "../op/samples.ts";
import type { HostArray } from "../kernel/kernel.ts";
import type { IrfftFn, RfftFn } from "../tensor/signatures-linalg.ts";
import { tensor } from "../tensor/create.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  bothOf,
  checkPair,
  drawLines,
  forEachLine,
  linear,
  linesOf,
  parts,
  readLine,
  swapped,
  weighted,
  type FftAttrs,
} from "./fft-lines.ts";
import { callIrfft, callRfft, halfOf, norms, scaleOf, type FftOptions } from "./fft-options.ts";
import { fft, ifft } from "./fft.ts";
import { jointVjp } from "./matrices.ts";
import { batchAll } from "./move.ts";
import { mul } from "./pointwise.ts";

type IrfftAttrs = FftAttrs & {
  /** The length of the result. */
  readonly n: number;
};

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
    ),
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
