// Checks of derivatives of eigenvectors and singular vectors, which do not exist everywhere. Each hands its
// first input on.
import type { HostArray } from "../kernel/kernel.ts";
import { defineOp, type OpOf } from "../op/define.ts";
import type { NDArray } from "../op/ndarray.ts";
import { checkOperands } from "../op/operands.ts";
import { reals, type Draw, type SampleArray } from "../op/samples.ts";
import type { DType } from "../tensor/dtype.ts";
import { GradientError } from "../tensor/errors.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { epsilonOf, showPlace } from "./matrices.ts";
import { batchAll } from "./move.ts";
import { tieWidth } from "./spectrum.ts";

/** The largest absolute value of one of a batch of arrays of `size` elements. */
const sizeAt = ({ data }: HostArray, index: number, size: number): number => {
  let result = 0;
  for (let i = index * size; i < (index + 1) * size; i++) {
    result = Math.max(result, Math.abs(data[i]));
  }
  return result;
};

type Inspect = (inputs: readonly HostArray[], dtype: DType) => void;

type CheckFn<Args extends Tensor[]> = (...inputs: Args) => Tensor;

/** An op that hands its first input on; its derivative is the identity, and checks have none. */
const check = <Args extends Tensor[]>(
  name: string,
  arity: Args["length"],
  inspect: Inspect,
  samples: (draw: Draw) => SampleArray[],
): OpOf<CheckFn<Args>> =>
  defineOp<CheckFn<Args>>({
    name,
    arity,
    broadcasts: false,
    shape: (inputs) => {
      checkOperands(name, inputs, "float");
      return [inputs[0]];
    },
    body: (k, inputs) => [
      k.host(inputs, inputs[0], (arrays, out) => {
        inspect(arrays, inputs[0].dtype);
        out.set(arrays[0].data);
      }),
    ],
    vjp: (g, _, input) => (input === 0 ? g : null),
    jvp: ([t]) => [t],
    batch: batchAll((attrs) => attrs),
    samples: (draw) => ({ inputs: samples(draw), attrs: {} }),
    reference: ([x]: readonly NDArray[]) => x,
  });

/** Calls f for each pair of values [..., n] that count as equal: the matrix of the batch, the places and
 *  the values. */
function forEachTie(
  w: HostArray,
  dtype: DType,
  f: (b: number, i: number, j: number, show: string) => void,
): void {
  const n = w.shape.at(-1)!;
  const batch = w.shape.slice(0, -1);
  for (let b = 0; b < sizeOf(batch); b++) {
    const width = tieWidth(n, dtype) * sizeAt(w, b, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const [first, second] = [w.data[b * n + j], w.data[b * n + i]];
        if (!(Math.abs(first - second) <= width)) continue;
        f(b, i, j, `equal values ${first} and ${second}${showPlace(b, batch)}`);
      }
    }
  }
}

const drawPlane = (draw: Draw): SampleArray => reals(draw, [2, 2]);
const drawValues = (draw: Draw): SampleArray => ({
  shape: [2],
  data: [3, draw.real(1, 2)],
  dtype: "float",
});

/**
 * For reverse mode: X = VᵀV̄, [..., n, n], for the cotangent V̄ of vectors with values w, whose own cotangent
 * is ḡ. Vectors with equal values may be turned among each other at will; only functions that do not
 * see that have a derivative: those for which Xᵢⱼ = Xⱼᵢ at ties. And where ḡ differs at a tie, the
 * function may be one of the matrix V·h(w)·Vᵀ, whose derivative X and ḡ do not tell.
 * @throws GradientError where the derivative does not exist, or cannot be told.
 */
export const checkCotangents = check<[x: Tensor, w: Tensor, g: Tensor]>(
  "checkCotangents",
  3,
  ([x, w, g], dtype) => {
    const n = w.shape.at(-1)!;
    const limit = Math.sqrt(epsilonOf(dtype));
    forEachTie(w, dtype, (b, i, j, show) => {
      const scale = sizeAt(x, b, n * n);
      if (scale === 0) return;
      const skew = x.data[(b * n + i) * n + j] - x.data[(b * n + j) * n + i];
      if (Math.abs(skew) > limit * scale) {
        throw new GradientError({
          where: "derivative of eigenvectors or singular vectors",
          expected: "distinct values, or a function that does not depend on the choice of vectors",
          got: `${show}, and one that does`,
          fix: "Their vectors have no derivative. Use what they span, V·Vᵀ, or move the values apart.",
        });
      }
      const apart = Math.abs(g.data[b * n + i] - g.data[b * n + j]);
      const size = sizeAt(w, b, n);
      if (apart > limit * (sizeAt(g, b, n) + (size > 0 ? scale / size : 0))) {
        throw new GradientError({
          where: "derivative of eigenvalues and vectors together",
          expected: "distinct values, or a function that treats equal ones alike",
          got: `${show}, and unequal cotangents`,
          fix: "Compute functions of the matrix by products, cholesky, inverse or solve instead.",
        });
      }
    });
  },
  (draw) => [drawPlane(draw), drawValues(draw), reals(draw, [2])],
);

/**
 * For forward mode: P = VᵀȦV, [..., n, n], of vectors with values w. A direction that separates equal values
 * turns their vectors at once to where the values of P's part say: there is no derivative.
 * @throws GradientError for such a direction.
 */
export const checkDirection = check<[p: Tensor, w: Tensor]>(
  "checkDirection",
  2,
  ([p, w], dtype) => {
    const n = w.shape.at(-1)!;
    const limit = Math.sqrt(epsilonOf(dtype));
    forEachTie(w, dtype, (b, i, j, show) => {
      const at = (row: number, column: number): number => p.data[(b * n + row) * n + column];
      const slack = limit * sizeAt(p, b, n * n);
      const even = Math.abs(at(i, j) + at(j, i)) / 2;
      // Written so that NaN goes on.
      if (!(even > slack) && !(Math.abs(at(i, i) - at(j, j)) > slack)) return;
      throw new GradientError({
        where: "forward derivative of eigenvectors or singular vectors",
        expected: "distinct values, or a direction that keeps equal ones equal",
        got: `${show}, which the direction separates`,
        fix: "Use eigvalsh or svdvals where vectors are not needed, or reverse mode.",
      });
    });
  },
  (draw) => [drawPlane(draw), drawValues(draw)],
);

/**
 * N is what is left of the (co)tangent G of vectors, both [..., m, k], outside of what these span. A vector
 * whose value w is 0 may be turned out of that space at will.
 * @throws GradientError where such a vector has a share in N.
 */
export const checkNullVectors = check<[n: Tensor, g: Tensor, w: Tensor]>(
  "checkNullVectors",
  3,
  ([x, g, w], dtype) => {
    const [m, n] = x.shape.slice(-2);
    const batch = w.shape.slice(0, -1);
    for (let b = 0; b < sizeOf(batch); b++) {
      const width = tieWidth(n, dtype) * sizeAt(w, b, n);
      const limit = Math.sqrt(epsilonOf(dtype)) * sizeAt(g, b, m * n);
      for (let i = 0; i < m * n; i++) {
        if (!(w.data[b * n + (i % n)] <= width)) continue;
        if (!(Math.abs(x.data[b * m * n + i]) > limit)) continue;
        throw new GradientError({
          where: "derivative of svd",
          expected:
            "a matrix of full rank, or a function that ignores vectors of singular values of 0",
          got: `a singular value of 0${showPlace(b, batch)}, and a function of its vector`,
          fix: "Slice the vectors to the rank first, or use svdvals.",
        });
      }
    }
  },
  (draw) => [reals(draw, [3, 2]), reals(draw, [3, 2]), drawValues(draw)],
);
