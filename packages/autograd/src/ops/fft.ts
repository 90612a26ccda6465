// Discrete Fourier transforms of complex numbers, as pairs of real tensors. They are real linear maps of
// pairs; the adjoint of each is the other one, without complex numbers in any rule.
import { transformOf } from "../fft/transform.ts";
import { bind } from "../op/bind.ts";
import { defineOp, type OpFunction, type OpOf } from "../op/define.ts";
import { shiftAxis } from "../op/rules.ts";
import { reals } from "../op/samples.ts";
import type { HostArray } from "../kernel/kernel.ts";
import type { FftFn } from "../tensor/signatures-linalg.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
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
import { callFft, norms, scaleOf, type FftOptions } from "./fft-options.ts";
import { jointVjp } from "./matrices.ts";
import { batchAll } from "./move.ts";

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

function complexTransform<Name extends "fft" | "ifft">(
  name: Name,
  inverse: boolean,
  adjoint: () => OpFunction<FftAttrs>,
) {
  type Fn = FftFn<Name, FftOptions>;
  const op: OpOf<Fn, FftAttrs> = defineOp<Fn, FftAttrs>(
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
export const fft: OpOf<FftFn<"fft", FftOptions>, FftAttrs> = complexTransform(
  "fft",
  false,
  () => ifft,
);

/**
 * The inverse of `fft`: x[t] = 1/n·Σ X[k]·exp(2πi·kt/n), as `{ re, im }`.
 * @throws as `fft`.
 * @example ifft(fft(x)).re; // x
 */
export const ifft: OpOf<FftFn<"ifft", FftOptions>, FftAttrs> = complexTransform(
  "ifft",
  true,
  () => fft,
);
