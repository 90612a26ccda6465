/**
 * Ops of one's own, and how to be sure of their derivatives.
 *
 * An op is one record: what it computes, its derivative, and samples of its inputs. Gradients of any
 * order, forward mode and vmap follow from the record, and the suite of the framework's own ops
 * checks this one too, against finite differences and an independent formula.
 *
 * First swish, a pointwise op. With the sigmoid σ,
 *
 *     f(x) = x·σ(x),   f'(x) = σ(x) + x·σ(x)·(1 − σ(x)) = f(x) + σ(x)·(1 − f(x))
 *
 * (P. Ramachandran, B. Zoph and Q. V. Le, Searching for activation functions, 2017).
 *
 * Then a moving average along the last axis, with zeros beyond the ends, from a record written out
 * in full. It is linear, so its forward derivative is the op itself; and since element i takes as
 * much from j as j does from i, its matrix is symmetric and its reverse derivative is the op, too.
 */
import { NDArray, OptionError, add, defineOp, mul, pointwise, rules } from "@wengert/autograd";
import { samples, scalar as s, sigmoid, sub, tensor } from "@wengert/autograd";
import type { Attrs, Dims, OpFunction, PointwiseSpec, Tensor, UnaryFn } from "@wengert/autograd";
import { GradcheckError, OpCheckError, checkOp, gradcheck } from "@wengert/autograd/testing";

const swishSpec: PointwiseSpec<Attrs> = {
  name: "swish",
  arity: 1,
  accepts: "float",
  expr: ([x]) => s.div(x, s.add(1, s.exp(s.neg(x)))),
  partials: [({ x, y }) => add(y, mul(sigmoid(x), sub(1, y)))],
  reference: ([x]) => x / (1 + Math.exp(-x)),
};

export const swish = defineOp<UnaryFn>(pointwise(swishSpec));

/** Swish again, but its derivative lacks a term, as if the product rule were unknown. */
export const wrongSwish = defineOp<UnaryFn>(
  pointwise({ ...swishSpec, name: "wrongSwish", partials: [({ x }) => sigmoid(x)] }),
);

type Average = <S extends Dims>(x: Tensor<S>, radius: number) => Tensor<S>;

/** The mean of each element and its `radius` neighbours on either side.
 *  @example movingAverage(tensor([0, 3, 0, 0]), 1); // [1, 1, 1, 0] */
export const movingAverage: Average & OpFunction = defineOp<Average, { readonly radius: number }>(
  {
    name: "movingAverage",
    arity: 1,
    broadcasts: false,
    shape: ([x]) => {
      rules.checkFloat("movingAverage", x);
      return [x];
    },
    // Pads with zeros, sees the windows as one more axis, without a copy, and sums over it.
    body: (k, [x], { radius }) => {
      const [last, width] = [x.shape.length - 1, 2 * radius + 1];
      const ends = x.shape.map((_, axis) => (axis === last ? radius : 0));
      const axes = [...x.shape.keys(), last];
      const windows = k.view(k.pad(x, ends, ends), {
        shape: [...x.shape, width],
        axes,
        steps: axes.map(() => 1),
        starts: x.shape.map(() => 0),
      });
      return [k.map([k.reduce("sum", windows, [last + 1])], (total) => s.div(total, width))];
    },
    vjp: [(g, { attrs }) => movingAverage(g, attrs.radius)],
    jvp: rules.linearJvp,
    // A batch in front leaves the last axis the last: the attributes stay as they are.
    batch: rules.batchUnary((attrs) => attrs),
    samples: (draw) => {
      const shape = samples.drawShape(draw, { minRank: 1 });
      return { inputs: [samples.reals(draw, shape)], attrs: { radius: draw.int(0, 3) } };
    },
    reference: ([x], { radius }) =>
      NDArray.build(x.shape, (index) => {
        const [i, size] = [index[index.length - 1], x.shape[x.shape.length - 1]];
        let total = 0;
        for (let j = Math.max(0, i - radius); j <= Math.min(size - 1, i + radius); j++) {
          total += x.at(index.with(-1, j));
        }
        return total / (2 * radius + 1);
      }),
  },
  (apply) => (x: Tensor, radius: number) => {
    if (x.rank > 0 && Number.isInteger(radius) && radius >= 0) return apply([x], { radius });
    throw new OptionError({
      where: "movingAverage",
      expected: "a tensor of at least one axis and an integer radius >= 0",
      got: `rank ${x.rank} and radius ${radius}`,
      fix: "Reshape the tensor, or round the radius.",
    });
  },
);

/** What the checks say: null if all is well, otherwise the report. */
export function reportOf(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof OpCheckError || error instanceof GradcheckError) return error.message;
    throw error;
  }
}

export const x = tensor([-2, -0.5, 0.5, 2], { dtype: "float64" });

if (import.meta.main) {
  const say = (report: string | null) => (report === null ? "passes" : `fails:\n${report}`);
  console.log("Ops of one's own\n");
  console.log("swish(x) =", swish(x).toString());
  console.log("movingAverage(x, 1) =", movingAverage(x, 1).toString());
  console.log("\nThe whole suite on samples drawn from the records:\n");
  for (const op of [swish, movingAverage, wrongSwish]) {
    console.log(`• ${op.name} ${say(reportOf(() => checkOp(op)))}\n`);
  }
  const { comparisons, worstError } = gradcheck(swish, [x], { order: 3 });
  console.log("Derivatives up to the third of one function at one place:\n");
  console.log(`• swish passes ${comparisons} comparisons, off by ${worstError.toExponential(0)}`);
  console.log(`• wrongSwish ${say(reportOf(() => gradcheck(wrongSwish, [x])))}`);
}
