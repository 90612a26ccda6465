// Normalisation over the last axes.
import * as s from "../kernel/scalar.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { indices, NDArray } from "../op/ndarray.ts";
import type { Saved } from "../op/op.ts";
import { requireTensor } from "../op/operands.ts";
import { batchUnary, checkFloat } from "../op/rules.ts";
import { drawShape, reals } from "../op/samples.ts";
import type { LayerNormFn } from "../tensor/signatures.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import {
  checkShape,
  reduceShape,
  sameShape,
  showShape,
  sizeOf,
  type Shape,
} from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { div, square, sub } from "./arith.ts";
import { add, mul, neg } from "./pointwise.ts";
import { mean } from "./reduce.ts";

export interface LayerNormOptions {
  /** Multiplies the result; of the normalised shape. */
  readonly weight?: Tensor;
  /** Is added to the result; of the normalised shape. */
  readonly bias?: Tensor;
  /** Is added to the variance, >= 0. Default: 1e-5. */
  readonly eps?: number;
}

/** How many of the last axes are normalised. */
type LayerNormAttrs = { readonly count: number; readonly eps: number };

const lastAxes = (rank: number, { count }: LayerNormAttrs): number[] =>
  Array.from({ length: count }, (_, i) => rank - count + i);

/** The mean over the normalised axes, which stay as axes of size 1. */
const average = (x: Tensor, attrs: LayerNormAttrs): Tensor =>
  mean(x, { axis: lastAxes(x.rank, attrs), keepDims: true });

/**
 * The derivative is symmetric: with r = 1/√(variance + eps), of which y = (x − mean)·r, it is
 * g ↦ r·(g − mean(g) − y·mean(g·y)).
 */
function normDerivative(g: Tensor, saved: Saved<LayerNormAttrs>): Tensor {
  const { y, attrs } = saved;
  const along = mul(y, average(mul(g, y), attrs));
  return mul(saved.output(1), sub(sub(g, average(g, attrs)), along));
}

/** Multiplies with ∂r/∂x = −r²·y/n. */
function timesScaleSlope(t: Tensor, saved: Saved<LayerNormAttrs>): Tensor {
  return neg(mul(mul(t, saved.y), square(saved.output(1))));
}

const countOf = (shape: Shape, { count }: LayerNormAttrs): number =>
  sizeOf(shape.slice(shape.length - count));

/**
 * (x − mean) / √(variance + eps) over the last axes, times a weight, plus a bias: J. L. Ba,
 * J. R. Kiros and G. E. Hinton, "Layer normalization", 2016. The variance is the biased one, divided
 * by the number of elements. Where it is 0, so is the
 * normalised x, and its gradient is finite, even with eps = 0.
 *
 * @param normalizedShape The sizes of the axes that are normalised together, the last of x; a number
 *   for the last one alone.
 * @throws ShapeError when x does not end in this shape, or weight or bias do not have it.
 * @example layerNorm(x, 512, { weight, bias })
 */
export const layerNorm: OpOf<LayerNormFn<LayerNormOptions>, LayerNormAttrs> = defineOp<
  LayerNormFn<LayerNormOptions>,
  LayerNormAttrs
>(
  {
    name: "layerNorm",
    arity: 1,
    broadcasts: false,
    shape: ([x], attrs) => {
      checkFloat("layerNorm", x);
      const scales = reduceShape(x.shape, lastAxes(x.shape.length, attrs), true);
      return [x, { shape: scales, dtype: x.dtype }];
    },
    // The second output is r, which the derivative needs.
    body: (k, [x], attrs) => {
      const axes = lastAxes(x.shape.length, attrs);
      const n = countOf(x.shape, attrs);
      const center = k.map([k.reduce("sum", x, axes, true)], (total) => s.div(total, n));
      const centered = k.map([x, center], s.sub);
      const squares = k.reduce(
        "sum",
        k.map([centered], (e) => s.mul(e, e)),
        axes,
        true,
      );
      const r = k.map([squares], (total) => {
        const variance = s.add(s.div(total, n), attrs.eps);
        return s.select(s.eq(variance, 0), 0, s.div(1, s.sqrt(variance)));
      });
      return [k.map([centered, r], s.mul), r];
    },
    vjp: [
      (g, saved, _, [gy, gr]) => {
        const byScale = gr && div(timesScaleSlope(gr, saved), countOf(saved.shape(0), saved.attrs));
        const byValue = gy && normDerivative(g, saved);
        return byScale && byValue ? add(byScale, byValue) : (byScale ?? byValue);
      },
    ],
    jvp: ([t], saved) => [
      normDerivative(t!, saved),
      average(timesScaleSlope(t!, saved), saved.attrs),
    ],
    batch: batchUnary((attrs) => attrs),
    samples: (draw) => {
      const tail = drawShape(draw, { minRank: 1, maxRank: 2, minDim: 1 });
      const shape = [...drawShape(draw, { maxRank: 1 }), ...tail];
      // A small eps would make small differences count more than float32 can tell.
      return {
        inputs: [reals(draw, shape)],
        attrs: { count: tail.length, eps: draw.pick([0.1, 1]) },
      };
    },
    reference: ([x], attrs) => {
      const { count, eps } = attrs;
      const tail = x.shape.slice(-count);
      const lead = x.shape.slice(0, -count);
      const group = (index: readonly number[]) => {
        const at = index.slice(0, lead.length);
        const values = indices(tail).map((inner) => x.at([...at, ...inner]));
        const center = values.reduce((total, v) => total + v / values.length, 0);
        const variance = values.reduce((total, v) => total + (v - center) ** 2 / values.length, 0);
        return { center, r: (variance + eps) ** -0.5 };
      };
      return [
        NDArray.build(x.shape, (index) => {
          const { center, r } = group(index);
          return (x.at(index) - center) * r;
        }),
        NDArray.build([...lead, ...tail.map(() => 1)], (index) => group(index).r),
      ];
    },
  },
  (apply) =>
    (x: Tensor, normalizedShape: number | Shape, options: LayerNormOptions = {}) => {
      requireTensor("layerNorm", x);
      checkOptions("layerNorm", options, ["weight", "bias", "eps"]);
      const { weight, bias, eps = 1e-5 } = options;
      const tail = checkShape(
        "layerNorm",
        typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape,
      );
      checkNormalized(x.shape, tail, { weight, bias });
      if (typeof eps !== "number" || !(eps >= 0)) {
        throw new OptionError({
          where: "layerNorm",
          expected: "eps: a number >= 0",
          got: brief(eps),
          fix: "Leave it out for 1e-5.",
        });
      }
      let y = apply([x], { count: tail.length, eps });
      if (weight) y = mul(y, weight);
      return bias ? add(y, bias) : y;
    },
);

function checkNormalized(
  shape: Shape,
  tail: Shape,
  parameters: Record<string, Tensor | undefined>,
): void {
  const complain = (what: string, got: Shape, fix: string) =>
    new ShapeError({
      where: "layerNorm",
      expected: `${what} ${showShape(tail)}`,
      got: showShape(got),
      fix,
    });
  const isValid = tail.length > 0 && sizeOf(tail) > 0;
  if (!isValid || !sameShape(shape.slice(-tail.length), tail)) {
    throw complain("x whose last axes are", shape, "Name the sizes of the axes to normalise.");
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    if (parameter === undefined) continue;
    requireTensor(`layerNorm (${name})`, parameter);
    if (!sameShape(parameter.shape, tail)) {
      throw complain(`a ${name} of shape`, parameter.shape, "It has one number for each element.");
    }
  }
}
