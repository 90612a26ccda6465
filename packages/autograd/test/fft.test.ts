// Fourier transforms as users call them: pairs, options, several axes, identities.
import {
  add,
  AxisError,
  DTypeError,
  fft,
  grad,
  ifft,
  irfft,
  mul,
  OptionError,
  rfft,
  ShapeError,
  square,
  sub,
  sum,
  tensor,
  ValueError,
  vmap,
  zeros,
  type ComplexPair,
  type FftOptions,
  type Norm,
  type Tensor,
} from "@wengert/autograd";
import { gradcheck } from "@wengert/autograd/testing";
import { describe, expect, it } from "vitest";
import { table, loose } from "./errors.support.ts";
import { f64 } from "./doubles.support.ts";
import { distance, randomTensor } from "./linalg/support.ts";

const x = randomTensor([3, 5, 4], 1);
const y = randomTensor([3, 5, 4], 2);

const expectSame = (a: ComplexPair, b: ComplexPair, tolerance = 1e-13): void => {
  expect([a.re.shape, a.im.shape]).toEqual([b.re.shape, b.im.shape]);
  expect(distance(a.re.data, b.re.data)).toBeLessThan(tolerance);
  expect(distance(a.im.data, b.im.data)).toBeLessThan(tolerance);
};

describe("fft and ifft", () => {
  it("undo each other, for every norm", () => {
    for (const norm of ["backward", "ortho", "forward"] as Norm[]) {
      for (const axis of [0, 1, -1, [0, 2], [-1, 0, 1]]) {
        const options = { axis, norm } as FftOptions;
        expectSame(ifft(fft({ re: x, im: y }, options), options), { re: x, im: y });
      }
    }
  });

  it("have the factors that norm says", () => {
    const ones = f64([1, 1, 1, 1]);
    const first = (pair: ComplexPair): number => pair.re.data[0];
    expect(first(fft(ones))).toBe(4);
    expect(first(fft(ones, { norm: "ortho" }))).toBe(2);
    expect(first(fft(ones, { norm: "forward" }))).toBe(1);
    expect(first(ifft(ones))).toBe(1);
    expect(first(ifft(ones, { norm: "ortho" }))).toBe(2);
    expect(first(ifft(ones, { norm: "forward" }))).toBe(4);
  });

  it("pad and crop to n", () => {
    const short = f64([1, 2, 3]);
    const padded = f64([1, 2, 3, 0, 0]);
    expectSame(fft(short, { n: 5 }), fft(padded));
    expectSame(fft(padded, { n: 3 }), fft(short));
    expectSame(
      fft(x, { axis: [0, 1], n: [2, 8] }),
      fft(fft(x, { axis: 0, n: 2 }), { axis: 1, n: 8 }),
    );
    expect(grad((a: Tensor) => sum(fft(a, { n: 2 }).re))(short).toArray()).toEqual([2, 0, 0]);
  });

  it("take real tensors, and several axes one after another", () => {
    const none = zeros([3, 5, 4], { dtype: "float64" });
    expectSame(fft(x), fft({ re: x, im: none }));
    expectSame(fft(x, { axis: [1, 2] }), fft(fft(x, { axis: 2 }), { axis: 1 }));
  });

  it("turn products of spectra into circular convolutions", () => {
    const [a, b] = [randomTensor([7], 3), randomTensor([7], 4)];
    const [p, q] = [fft(a), fft(b)];
    const product = {
      re: sub(mul(p.re, q.re), mul(p.im, q.im)),
      im: add(mul(p.re, q.im), mul(p.im, q.re)),
    };
    const [left, right] = [a, b].map((t) => Array.from(t.data as ArrayLike<number>));
    const direct = left.map((_, k) =>
      left.reduce((total, value, i) => total + value * right[(k - i + 7) % 7], 0),
    );
    expect(distance(ifft(product).re.data, direct)).toBeLessThan(1e-14);
  });

  it("keep the energy (Parseval), and so have gradients of the energy", () => {
    const energy = (a: Tensor): Tensor => {
      const { re, im } = fft(a, { norm: "ortho" });
      return sum(add(square(re), square(im)));
    };
    expect(energy(x).item()).toBeCloseTo(sum(square(x)).item(), 12);
    expect(distance(grad(energy)(x).data, x.mul(2).data)).toBeLessThan(1e-14 * 4);
  });

  it("are mapped by vmap", () => {
    const each = vmap((a: Tensor) => fft(a, { axis: 0 }))(x);
    expectSame(each as ComplexPair, fft(x, { axis: 1 }));
  });

  it("are accurate in float32, and keep it", () => {
    const { re } = fft(x.cast("float32"));
    expect(re.dtype).toBe("float32");
    expect(distance(re.data, fft(x.cast("float32").cast("float64")).re.data)).toBeLessThan(1e-6);
  });
});

describe("rfft and irfft", () => {
  it("have half of the spectrum, and undo each other", () => {
    for (const n of [1, 2, 3, 4, 5, 8, 11, 12]) {
      const a = randomTensor([2, n], n);
      const half = rfft(a);
      expect(half.re.shape).toEqual([2, Math.floor(n / 2) + 1]);
      const whole = fft(a);
      for (let i = 0; i < 2; i++) {
        for (let k = 0; k <= n / 2; k++) {
          const m = Math.floor(n / 2) + 1;
          expect(half.re.data[i * m + k]).toBeCloseTo(whole.re.data[i * n + k], 13);
          expect(half.im.data[i * m + k]).toBeCloseTo(whole.im.data[i * n + k], 13);
        }
      }
      expect(distance(irfft(half, { n }).data, a.data)).toBeLessThan(1e-14);
    }
  });

  it("halve the last of several axes", () => {
    const half = rfft(x, { axis: [0, 2], norm: "ortho" });
    expect(half.re.shape).toEqual([3, 5, 3]);
    expectSame(half, fft(rfft(x, { axis: 2, norm: "ortho" }), { axis: 0, norm: "ortho" }));
    const back = irfft(half, { axis: [0, 2], norm: "ortho" });
    expect(distance(back.data, x.data)).toBeLessThan(1e-14);
  });

  it("ignore what a real spectrum cannot have", () => {
    const re = f64([1, 2, 3]);
    const [zero, some] = [f64([0, 1, 0]), f64([5, 1, 7])];
    expect(irfft({ re, im: some }).toArray()).toEqual(irfft({ re, im: zero }).toArray());
    const g = grad((im: Tensor) => sum(square(irfft({ re, im }))))(some).toArray() as number[];
    expect([g[0], g[2]]).toEqual([0, 0]);
    // For an odd length the last place stands for two, and its imaginary part counts.
    const odd = grad((im: Tensor) => sum(square(irfft({ re, im }, { n: 5 }))))(some).toArray();
    expect((odd as number[])[0]).toBe(0);
    expect((odd as number[])[2]).not.toBe(0);
  });

  it("have the mean for n = 1, and pad or crop the spectrum", () => {
    expect(irfft(f64([3]), { n: 1 }).toArray()).toEqual([3]);
    expect(irfft(f64([4, 0, 0, 0]), { n: 4 }).toArray()).toEqual([1, 1, 1, 1]);
    expect(irfft(f64([4]), { n: 4 }).toArray()).toEqual([1, 1, 1, 1]);
    expect(rfft(f64([1, 2]), { n: 4 }).re.toArray()).toEqual([3, 1, -1]);
  });

  it("have second derivatives through padding and several axes", () => {
    const plane = randomTensor([3, 4], 6);
    gradcheck((a) => square(rfft(a, { axis: [0, 1], n: [4, 3] }).im), [plane], { order: 2 });
    gradcheck(
      (re, im) => square(irfft({ re, im }, { axis: [1, 0], n: [2, 5] })),
      [plane, plane.add(1)],
      { order: 2 },
    );
  });
});

const line = tensor([1, 2, 3, 4]);

describe("errors", () => {
  table([
    [
      "fft of integers",
      () => loose.fft(tensor([1, 2], { dtype: "int32" })),
      DTypeError,
      "fft: expected float32 or float64, got int32",
    ],
    [
      "fft of a number",
      () => loose.fft(3),
      OptionError,
      "fft: expected a real tensor, or a complex one as { re, im }, got",
    ],
    [
      "fft of half a pair",
      () => loose.fft({ re: line, im: 0 }),
      ValueError,
      "fft: expected a tensor, got",
    ],
    [
      "fft of a scalar",
      () => loose.fft(tensor(1)),
      AxisError,
      "fft: expected no axis for a 0-d tensor, got axis -1",
    ],
    [
      "parts of two shapes",
      () => loose.ifft({ re: line, im: tensor([1]) }),
      ShapeError,
      "ifft: expected real and imaginary parts of one shape, got [4] and [1]",
    ],
    [
      "an axis twice",
      () => loose.fft(line, { axis: [0, -1] }),
      OptionError,
      "fft: expected distinct axes, at least one, got [0, -1]",
    ],
    [
      "no axis",
      () => loose.fft(line, { axis: [] }),
      OptionError,
      "distinct axes, at least one, got []",
    ],
    [
      "another norm",
      () => loose.rfft(line, { norm: "unit" }),
      OptionError,
      'rfft: expected norm "backward", "ortho" or "forward", got the string "unit"',
    ],
    [
      "n of 0",
      () => loose.fft(line, { n: 0 }),
      OptionError,
      "fft: expected n: an integer >= 1 for each axis, got 0",
    ],
    [
      "too many n",
      () => loose.fft(line, { n: [2, 3] }),
      OptionError,
      "fft: expected n of 1 entry, one for each axis, got [2, 3]",
    ],
    [
      "an empty axis",
      () => loose.rfft(zeros([2, 0])),
      ShapeError,
      "rfft: expected at least one element along each transformed axis, got axis 1 of [2, 0]",
    ],
    [
      "irfft of one element",
      () => loose.irfft(tensor([1])),
      OptionError,
      "irfft: expected n for half a spectrum of one element, got none",
    ],
    [
      "a misspelt option",
      () => loose.fft(line, { dim: 0 }),
      OptionError,
      'fft: expected the options axis, n, norm, got an unknown option "dim"',
    ],
  ]);
});
