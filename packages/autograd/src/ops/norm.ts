// The length of a vector, in several ways of measuring.
import type { Expr } from "../kernel/expr.ts";
import * as s from "../kernel/scalar.ts";
import type { KernelBuilder, Value } from "../kernel/builder.ts";
import type { Spec } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import { foldAxes } from "../op/ndarray.ts";
import type { Saved } from "../op/op.ts";
import { batchUnary, checkFloat, shiftAxes, zerosLike } from "../op/rules.ts";
import { distinctReals, drawShape } from "../op/samples.ts";
import type { ReduceFn } from "../tensor/signatures.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { showShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { brief } from "../tensor/words.ts";
import { abs, div, sign } from "./arith.ts";
import { cast } from "./cast.ts";
import { eq, where } from "./compare.ts";
import { pow } from "./exp-log.ts";
import {
  drawReduceAttrs,
  expandReduced,
  keepReduced,
  reduceAttrs,
  reducedSpec,
  sum,
  type ReduceAttrs,
} from "./move.ts";
import { mulZero } from "./pointwise.ts";
import { reducedSize } from "./reduce.ts";

export interface NormOptions {
  /** 2 (the default, also "fro"): the root of the sum of squares; 1: the sum of sizes; another number
   *  p: (Σ |x|^p)^(1/p); Infinity and -Infinity: the largest and the smallest size; 0: how many are not 0. */
  readonly ord?: number | "fro";
}

type NormAttrs = ReduceAttrs & { readonly ord: number };

/** Σ |x|^p from what is at most 1 in size, as terms. */
const powerOf = (ord: number, size: Expr): Expr =>
  ord === 2 ? s.mul(size, size) : ord === 1 ? size : s.pow(size, ord);

const rootOf = (ord: number, total: Expr): Expr =>
  ord === 2 ? s.sqrt(total) : ord === 1 ? total : s.pow(total, 1 / ord);

/**
 * (Σ |x|^p)^(1/p), with the reduced axes as axes of size 1. Elements are divided by the largest one
 * first (by the smallest for p < 0), so that no power overflows or vanishes. That one is the result
 * where it is 0 or infinite.
 */
export function scaledNorm(k: KernelBuilder, x: Value, axes: readonly number[], ord = 2): Value {
  const sizes = k.map([x], s.abs);
  const extreme = k.reduce(ord > 0 ? "max" : "min", sizes, axes, true);
  // Over nothing the largest is −inf, and the norm is 0.
  const bound = k.map([extreme], (m) => s.select(s.lt(m, 0), 0, m));
  const isProper = (m: Expr): Expr => s.and(s.gt(m, 0), s.lt(m, Infinity));
  const terms = k.map([sizes, bound], (size, m) =>
    powerOf(ord, s.div(size, s.select(isProper(m), m, 1))),
  );
  const total = k.reduce("sum", terms, axes, true);
  return k.map([total, bound], (t, m) => s.select(isProper(m), s.mul(m, rootOf(ord, t)), m));
}

function normOf(k: KernelBuilder, x: Value, { axes, ord }: NormAttrs): Value {
  const extremes = { [Infinity]: "max", [-Infinity]: "min" } as const;
  if (ord === Infinity || ord === -Infinity) {
    const extreme = k.reduce(extremes[ord], k.map([x], s.abs), axes, true);
    return k.map([extreme], (m) => s.select(s.lt(m, 0), 0, m));
  }
  if (ord === 1) return k.reduce("sum", k.map([x], s.abs), axes, true);
  if (ord !== 0) return scaledNorm(k, x, axes, ord);
  const counted = k.map([x], (x) => s.cast(s.ne(x, 0), "int32"));
  return k.cast(k.reduce("sum", counted, axes, true), x.dtype);
}

/**
 * ∂norm/∂x: sign(x)·(|x|/norm)^(p−1), which is x/norm for p = 2; the share of the extremum for ±inf.
 * Where the norm is 0 so is the derivative, the subgradient of least norm.
 */
function slope(saved: Saved<NormAttrs>): Tensor {
  const { x, attrs } = saved;
  const { ord, axes } = attrs;
  if (ord === 1) return sign(x);
  const y = keepReduced(saved.y, x.shape, attrs);
  if (ord === 2) return where(eq(y, 0), 0, div(x, y));
  if (ord === Infinity || ord === -Infinity) {
    const attains = cast(eq(abs(x), y), x.dtype);
    return mulZero(sign(x), div(attains, sum(attains, { axis: axes, keepDims: true })));
  }
  const factor = where(eq(y, 0), 0, pow(div(abs(x), y), ord - 1));
  return mulZero(sign(x), factor);
}

/**
 * The norm of the elements over axes (all by default), as of one vector; for a matrix the default is the
 * Frobenius norm. No power overflows on the way. Over none it is 0. The gradient at 0 is 0; for
 * ord ±Infinity ties share evenly; for ord 0 it is 0 everywhere.
 *
 * @throws OptionError for an ord that is neither a number nor "fro"; ShapeError for a negative ord over
 *   an axis of size 0.
 * @example norm(gradient); norm(rows, { axis: -1, ord: 1 })
 */
export const norm: OpOf<ReduceFn<"norm", NormOptions>, NormAttrs> = defineOp<
  ReduceFn<"norm", NormOptions>,
  NormAttrs
>(
  {
    name: "norm",
    arity: 1,
    broadcasts: false,
    shape: ([x], attrs) => {
      checkFloat("norm", x);
      if (attrs.ord < 0 && sizeOf(x.shape) === 0 && reducedSize(x, attrs) === 0) {
        throw overNothing(x, attrs.ord);
      }
      return [reducedSpec(x, attrs)];
    },
    body: (k, [x], attrs) => [k.reshape(normOf(k, x, attrs), reducedSpec(x, attrs).shape)],
    vjp: [
      (g, saved) =>
        saved.attrs.ord === 0
          ? null
          : mulZero(expandReduced(g, saved.shape(0), saved.attrs), slope(saved)),
    ],
    jvp: ([t], saved) => {
      const { axes, keepDims, ord } = saved.attrs;
      if (ord === 0) return [zerosLike(saved.y)];
      return [sum(mulZero(t!, slope(saved)), { axis: axes, keepDims })];
    },
    batch: batchUnary(shiftAxes),
    samples: (draw) => {
      const shape = drawShape(draw, { minDim: 1 });
      const x = distinctReals(draw, shape);
      // Sizes differ, too, and none is near 0, where there are kinks.
      const data = x.data.map((value) => value + (value < 0 ? -0.1 : 0.175));
      const ord = draw.pick([2, 1, Infinity, -Infinity, 3, 1.5, 0, -1]);
      const attrs = { ...drawReduceAttrs(draw, shape.length), ord };
      return { inputs: [{ ...x, data }], attrs };
    },
    reference: ([x], { axes, keepDims, ord }) =>
      foldAxes(x, axes, keepDims, (values) => {
        const sizes = values.map((v) => Math.abs(v));
        if (ord === 0) return sizes.filter((v) => v !== 0).length;
        if (ord === Infinity) return Math.max(...sizes);
        if (ord === -Infinity) return Math.min(...sizes);
        return sizes.reduce((total, v) => total + v ** ord, 0) ** (1 / ord);
      }),
  },
  (apply) =>
    (x: Tensor, options: NormOptions = {}) => {
      const attrs = reduceAttrs("norm", x, options, ["ord"]);
      return apply([x], { ...attrs, ord: checkOrd(options.ord ?? 2) });
    },
);

function checkOrd(ord: unknown): number {
  if (ord === "fro") return 2;
  if (typeof ord === "number" && !Number.isNaN(ord)) return ord;
  throw new OptionError({
    where: "norm",
    expected: 'ord: a number, Infinity or "fro"',
    got: brief(ord),
    fix: "Leave it out for the root of the sum of squares.",
  });
}

const overNothing = ({ shape }: Spec, ord: number) =>
  new ShapeError({
    where: "norm",
    expected: `at least one element for ord ${ord}`,
    got: `shape ${showShape(shape)}`,
    fix: "Use an ord >= 0, or check the shape first.",
  });
