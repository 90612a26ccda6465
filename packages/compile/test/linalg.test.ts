// Linear algebra and Fourier transforms inside of programs, which call out to them.
import {
  add,
  cholesky,
  cumsum,
  eigh,
  fft,
  Generator,
  grad,
  matmul,
  normal,
  NotPositiveDefiniteError,
  SingularMatrixError,
  slogdet,
  solve,
  square,
  sum,
  tensor,
  transpose,
  triangularSolve,
  type Tensor,
} from "@wengert/autograd";
import { SGD } from "@wengert/optim";
import { describe, expect, it } from "vitest";
import { compile } from "../src/index.ts";

const generator = new Generator(4);
const random = (shape: number[]): Tensor =>
  normal(shape, { generator, dtype: "float64" }) as Tensor;

/** Fits a mean and a covariance factor of Gaussian data by descent on the negative log-likelihood. */
function fitting() {
  const mean = tensor([0.5, -0.5, 0], { dtype: "float64", requiresGrad: true });
  const factor = tensor([2, 0.1, 0, 0.1, 1.5, 0.2, 0, 0.2, 1], {
    dtype: "float64",
    requiresGrad: true,
  })
    .reshape([3, 3])
    .detach();
  factor.requiresGrad = true;
  const optimizer = new SGD([mean, factor], { lr: 0.01 });
  const step = (x: Tensor): Tensor => {
    optimizer.zeroGrad();
    const l = cholesky(factor);
    const z = triangularSolve(l, transpose(x.sub(mean)));
    const loss = add(sum(square(z)).div(2 * x.shape[0]), slogdet(factor).logabsdet.mul(0.5));
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  return { step, state: [mean, factor] };
}

describe("a compiled step with host ops", () => {
  it("trains as the eager one", () => {
    const x = random([20, 3]);
    const [eager, other] = [fitting(), fitting()];
    const compiled = compile(other.step);
    for (let i = 0; i < 5; i++) {
      expect(compiled(x).item()).toBeCloseTo(eager.step(x).item(), 12);
    }
    eager.state.forEach((t, i) => {
      t.data.forEach((value: number, k: number) => {
        expect(other.state[i].data[k]).toBeCloseTo(value, 12);
      });
    });
    expect(compiled.explain({ warmUpMs: 0 }).hostOps).toEqual(
      expect.arrayContaining(["cholesky", "triangularSolve", "slogdet"]),
    );
  });

  it("leaves everything as it was where a matrix is not positive definite", () => {
    const x = random([20, 3]);
    const { step, state } = fitting();
    const compiled = compile(step);
    compiled(x);
    state[1].copyFrom(tensor([1, 0, 0, 0, -1, 0, 0, 0, 1], { dtype: "float64" }).reshape([3, 3]));
    const before = state.map((t) => [...t.data]);
    const message =
      "cholesky: expected a positive definite matrix, got one whose leading minor of order 2";
    expect(() => compiled(x)).toThrow(NotPositiveDefiniteError);
    expect(() => compiled(x)).toThrow(message);
    expect(() => step(x)).toThrow(message);
    expect(state.map((t) => [...t.data])).toEqual(before);
  });

  it("names a singular matrix", () => {
    const compiled = compile((a: Tensor, b: Tensor) => solve(a, b));
    const b = tensor([1, 2]);
    expect(
      compiled(
        tensor([
          [2, 0],
          [0, 4],
        ]),
        b,
      ).toArray(),
    ).toEqual([0.5, 0.5]);
    expect(() =>
      compiled(
        tensor([
          [1, 2],
          [2, 4],
        ]),
        b,
      ),
    ).toThrow(SingularMatrixError);
    expect(
      compiled(
        tensor([
          [1, 0],
          [0, 1],
        ]),
        b,
      ).toArray(),
    ).toEqual([1, 2]);
  });

  it("has second derivatives of spectra and eigenvalues", () => {
    const f = (a: Tensor): Tensor => {
      const { re, im } = fft(a);
      const energy = sum(square(add(square(re), square(im))));
      return add(energy, sum(square(cumsum(eigh(matmul(a, transpose(a))).eigenvectors))));
    };
    const second = (a: Tensor): Tensor => grad((x: Tensor) => sum(square(grad(f)(x))))(a);
    const a = random([3, 3]);
    const [eager, compiled] = [second(a).data, compile(second)(a).data];
    const size = Math.max(...eager.map(Math.abs));
    eager.forEach((value: number, i: number) => {
      expect(Math.abs(compiled[i] - value)).toBeLessThan(1e-10 * size);
    });
  });
});
