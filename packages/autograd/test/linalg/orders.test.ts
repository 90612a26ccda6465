// Derivatives of third order, both modes, of everything that has them; and what the records' samples
// do not draw: vectors on the right, options, functions made of several ops.
import {
  cholesky,
  cofactor,
  det,
  eigh,
  eigvalsh,
  fft,
  grad,
  ifft,
  inverse,
  irfft,
  jvp,
  lstsq,
  matmul,
  matrixPower,
  mul,
  pinv,
  qr,
  rfft,
  sin,
  slogdet,
  solve,
  square,
  sum,
  svd,
  svdvals,
  transpose,
  triangularSolve,
  vmap,
  type Tensor,
} from "@wengert/autograd";
import { checkOp, gradcheck } from "@wengert/autograd/testing";
import { describe, expect, it } from "vitest";
import { luFactor } from "../../src/ops/solve.ts";
import {
  checkCotangents,
  checkDirection,
  checkNullVectors,
} from "../../src/ops/spectrum-checks.ts";
import { f64 } from "../doubles.support.ts";
import { distance, randomTensor } from "./support.ts";

type Fn = (...inputs: Tensor[]) => Tensor;

const square3 = f64([
  [2.1, 0.3, -0.4],
  [0.5, -1.7, 0.2],
  [0.1, 0.6, 1.4],
]);
const square2 = f64([
  [0.7, 2.2],
  [-1.5, 0.4],
]);
const tall = f64([
  [1.2, 0.3],
  [-0.5, 1.4],
  [0.8, 0.9],
]);
const wide = f64([
  [1.2, 0.4, -0.7],
  [-0.3, 1.5, 0.6],
]);
const spd = f64([
  [2.5, 0.4],
  [0.4, 1.3],
]);
const symmetric = f64([
  [1.5, 0.4, -0.2],
  [0.4, -0.8, 0.6],
  [-0.2, 0.6, 0.3],
]);
const vector = f64([0.4, -1.1]);
const vector3 = f64([0.4, -1.1, 0.7]);

const cases: [string, Fn, Tensor[]][] = [
  ["det", (a) => det(a), [square3]],
  [
    "det of a singular matrix",
    (a) => det(a),
    [
      f64([
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ]),
    ],
  ],
  [
    "det of the zero matrix",
    (a) => det(a),
    [
      f64([
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]),
    ],
  ],
  ["cofactor", (a) => cofactor(a), [square3]],
  ["slogdet", (a) => slogdet(a).logabsdet, [square3]],
  ["inverse", (a) => inverse(a), [square2]],
  ["solve", (a, b) => solve(a, b), [square2, vector]],
  ["solve, many columns", (a, b) => solve(a, b), [square2, randomTensor([2, 3, 2, 1], 1)]],
  ["cholesky", (a) => cholesky(a), [spd]],
  ["cholesky, upper", (a) => cholesky(a, { upper: true }), [spd]],
  [
    "triangularSolve",
    (a, b) => triangularSolve(a, b, { transpose: true }),
    [square2.add(1), vector],
  ],
  ["qr, q", (a) => qr(a).q, [tall]],
  ["qr, r", (a) => qr(a).r, [tall]],
  ["qr of a wide matrix, q", (a) => qr(a).q, [wide]],
  ["qr of a wide matrix, r", (a) => qr(a, { mode: "complete" }).r, [wide]],
  ["eigenvalues", (a) => eigh(a).eigenvalues, [symmetric]],
  ["eigenvectors", (a) => eigh(a).eigenvectors, [symmetric]],
  ["eigvalsh", (a) => eigvalsh(a), [symmetric]],
  ["svdvals", (a) => svdvals(a), [wide]],
  ["svd, s", (a) => svd(a).s, [tall]],
  ["svd, u", (a) => svd(a).u, [tall]],
  ["svd, vh", (a) => svd(a).vh, [wide]],
  ["pinv", (a) => pinv(a), [tall]],
  ["lstsq", (a, b) => lstsq(a, b), [tall, vector3]],
  ["lstsq, underdetermined", (a, b) => lstsq(a, b), [wide, vector]],
  ["matrixPower", (a) => matrixPower(a, 3), [square2]],
  ["matrixPower, negative", (a) => matrixPower(a, -2), [square2]],
  ["fft", (a) => sin(fft(a).im), [vector3]],
  ["ifft", (a, b) => sin(ifft({ re: a, im: b }, { norm: "ortho" }).re), [vector3, vector3]],
  ["rfft", (a) => square(rfft(a).re), [tall]],
  ["irfft", (a, b) => sin(irfft({ re: a, im: b }, { n: 5 })), [vector3, vector3.add(1)]],
];

describe("third order", () => {
  it.each(cases)("%s", (_, f, inputs) => {
    // Differences of third derivatives lose digits: their tolerance is absolute, too.
    const options = { order: 3, atol: 1e-6 };
    expect(gradcheck(f, inputs, options).comparisons).toBeGreaterThan(0);
  });
});

describe("ops behind the scenes", () => {
  it.each(
    [luFactor, checkCotangents, checkDirection, checkNullVectors].map(
      (op) => [op.op.name, op] as const,
    ),
  )("%s keeps to its record", (_, op) => checkOp(op));
});

describe("functions of several of them", () => {
  it("the logarithm of a Gaussian density, by cholesky", () => {
    const density = (a: Tensor, x: Tensor): Tensor => {
      const l = cholesky(a);
      const z = triangularSolve(l, x);
      return sum(square(z)).add(slogdet(a).logabsdet);
    };
    gradcheck(density, [spd, vector], { order: 2 });
    const straight = (a: Tensor, x: Tensor): Tensor =>
      sum(mul(x, solve(a, x))).add(slogdet(a).logabsdet);
    expect(distance(density(spd, vector).data, straight(spd, vector).data)).toBeLessThan(1e-14);
    const [a, b] = [density, straight].map((f) => grad(f)(spd, vector).data);
    expect(a[0]).toBeCloseTo(b[0], 12);
    // cholesky is a function of the symmetric part, solve is not: their sums over both triangles agree.
    expect(a[1] + a[2]).toBeCloseTo(b[1] + b[2], 12);
  });

  it("a matrix function by eigh, against products", () => {
    const f = (a: Tensor): Tensor => {
      const { eigenvalues: w, eigenvectors: v } = eigh(a);
      return matmul(matmul(v, mul(square(w).unsqueeze(-1), transpose(v))), v.mul(0).add(1));
    };
    const g = (a: Tensor): Tensor => matmul(matmul(a, a), a.mul(0).add(1));
    const t = f64([
      [1, 2, 3],
      [2, -1, 0.5],
      [3, 0.5, 2],
    ]);
    const [y, dy] = jvp(f, [symmetric], [t]);
    const [z, dz] = jvp(g, [symmetric], [t]);
    expect(distance(y.data, z.data)).toBeLessThan(1e-14);
    expect(distance(dy.data, dz.data)).toBeLessThan(1e-13);
  });

  it("the polar factor by svd, of any order", () => {
    gradcheck(
      (a) => {
        const { u, vh } = svd(a);
        return matmul(u, vh);
      },
      [square2],
      { order: 2 },
    );
  });
});

describe("batches", () => {
  it("broadcast as in NumPy", () => {
    const a = randomTensor([4, 1, 3, 3], 2).add(square3);
    const b = randomTensor([5, 3, 2], 3);
    const x = solve(a, b);
    expect(x.shape).toEqual([4, 5, 3, 2]);
    const residual = matmul(a, x).sub(b);
    expect(
      distance(
        residual.data,
        residual.data.map(() => 0),
      ),
    ).toBeLessThan(1e-13);
    gradcheck((p, q) => solve(p, q), [a, b]);
    gradcheck(
      (p, q) => lstsq(p, q),
      [randomTensor([2, 1, 3, 2], 4).add(tall), randomTensor([2, 3, 1], 5)],
    );
  });

  it("of vectors are mapped by vmap", () => {
    const a = randomTensor([4, 3, 3], 6).add(square3);
    const b = randomTensor([4, 3], 7);
    const together = vmap((p: Tensor, q: Tensor) => solve(p, q))(a, b);
    const single = vmap((q: Tensor) => solve(square3, q))(b);
    for (let i = 0; i < 4; i++) {
      const q = f64(b.toArray()[i as never]);
      const p = f64(a.toArray()[i as never]);
      expect(distance(together.data.slice(3 * i, 3 * i + 3), solve(p, q).data)).toBeLessThan(1e-14);
      expect(distance(single.data.slice(3 * i, 3 * i + 3), solve(square3, q).data)).toBeLessThan(
        1e-14,
      );
    }
  });

  it("of gradients are per-sample gradients", () => {
    const a = randomTensor([3, 3, 3], 8).add(square3);
    const each = vmap(grad((x: Tensor) => slogdet(x).logabsdet))(a);
    expect(distance(each.data, transpose(inverse(a)).data)).toBeLessThan(1e-12);
    const values = vmap((x: Tensor) => eigh(x).eigenvalues)(a.add(transpose(a)));
    expect(values.shape).toEqual([3, 3]);
  });
});
