// Values and gradients of linear algebra and Fourier transforms, as PyTorch's
// (fixtures/torch_linalg.py).
import {
  add,
  cholesky,
  det,
  eigh,
  eigvalsh,
  fft,
  ifft,
  inverse,
  irfft,
  lstsq,
  matrixPower,
  mul,
  pinv,
  qr,
  rfft,
  slogdet,
  solve,
  sum,
  svd,
  svdvals,
  tensor,
  triangularSolve,
  vjp,
  type Tensor,
} from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import fixture from "./fixtures/torch_linalg.json" with { type: "json" };
import { distance } from "./linalg/support.ts";

interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Options = Record<string, never>;
type Call = (inputs: readonly Tensor[], options: Options) => readonly Tensor[];

const calls: Record<string, Call> = {
  det: ([a]) => [det(a)],
  slogdet: ([a]) => [slogdet(a).logabsdet],
  inverse: ([a]) => [inverse(a)],
  cholesky: ([a]) => [cholesky(a)],
  eigh: ([a]) => Object.values(eigh(a)),
  eigvalsh: ([a]) => [eigvalsh(a)],
  svdvals: ([a]) => [svdvals(a)],
  matrixPower: ([a], { exponent }) => [matrixPower(a, exponent)],
  solve: ([a, b]) => [solve(a, b)],
  triangularSolve: ([a, b], options) => [triangularSolve(a, b, options)],
  qr: ([a]) => Object.values(qr(a)),
  svd: ([a]) => Object.values(svd(a)),
  pinv: ([a]) => [pinv(a)],
  lstsq: ([a, b]) => [lstsq(a, b)],
  fft: ([re, im], options) => Object.values(fft({ re, im }, options)),
  ifft: ([re, im], options) => Object.values(ifft({ re, im }, options)),
  rfft: ([x], options) => Object.values(rfft(x, options)),
  irfft: ([re, im], options) => [irfft({ re, im }, options)],
};

const load = ({ shape, data }: Plain): Tensor => tensor(Float64Array.from(data), { shape });

function expectSame(got: Tensor, wanted: Plain): void {
  expect(got.shape).toEqual(wanted.shape);
  const size = Math.max(1, ...wanted.data.map(Math.abs));
  expect(distance(got.data, wanted.data)).toBeLessThan(1e-11 * size);
}

const cases = fixture.cases.map(
  (one, i) => [i, one.op, JSON.stringify(one.inputs.map((x) => x.shape)), one] as const,
);

describe("as PyTorch", () => {
  it.each(cases)(
    "%d: %s of %s",
    (_, op, __, { options, inputs, cotangents, outputs, gradients }) => {
      const call = calls[op];
      const tensors = inputs.map(load);
      call(tensors, options as Options).forEach((y, i) => expectSame(y, outputs[i]));
      const loss = (...xs: Tensor[]): Tensor =>
        call(xs, options as Options)
          .map((y, i) => sum(mul(y, load(cotangents[i]))))
          .reduce((a, b) => add(a, b));
      const [, pull] = vjp(loss, ...tensors);
      pull(tensor(1, { dtype: "float64" })).forEach((g, i) => expectSame(g, gradients[i]));
    },
  );
});
