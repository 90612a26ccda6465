// Activations at large arguments and at their kinks, by exact expected values.
import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  celu,
  elu,
  gelu,
  glu,
  grad,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  selu,
  silu,
  softmin,
  softsign,
  sum,
  tensor,
  type Tensor,
} from "@wengert/autograd";
import { type F, f64 } from "./doubles.support.ts";
import { curvature, hessian, slope } from "./hard-spots.support.ts";

const inf = Infinity;

describe("large arguments", () => {
  const extremes = [-inf, -3e38, -1e4, 1e4, 3e38, inf];
  const scale = Math.fround(1.0507009873554805);
  const low = Math.fround(-1.0507009873554805 * 1.6732632423543772);
  // Values, slopes.
  const ramp = [
    [0, 0, 0, 1e4, 3e38, inf],
    [0, 0, 0, 1, 1, 1],
  ];

  it.each<[string, F, number[][]]>([
    ["elu", elu, [[-1, -1, -1, 1e4, 3e38, inf], ramp[1]]],
    ["celu", (x) => celu(x, { alpha: 0.5 }), [[-0.5, -0.5, -0.5, 1e4, 3e38, inf], ramp[1]]],
    [
      "selu",
      selu,
      [
        [low, low, low, Math.fround(1e4 * scale), Math.fround(3e38 * scale), inf],
        [0, 0, 0, scale, scale, scale],
      ],
    ],
    ["silu", silu, ramp],
    ["mish", mish, ramp],
    ["gelu", gelu, ramp],
    ["gelu by tanh", (x) => gelu(x, { approximate: "tanh" }), ramp],
    ["hardswish", hardswish, ramp],
    ["softsign", softsign, [[-1, -1, Math.fround(-1e4 / 10001), Math.fround(1e4 / 10001), 1, 1]]],
    [
      "logSigmoid",
      logSigmoid,
      [
        [-inf, -3e38, -1e4, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
      ],
    ],
    [
      "hardsigmoid",
      hardsigmoid,
      [
        [0, 0, 0, 1, 1, 1],
        [0, 0, 0, 0, 0, 0],
      ],
    ],
    [
      "hardtanh",
      hardtanh,
      [
        [-1, -1, -1, 1, 1, 1],
        [0, 0, 0, 0, 0, 0],
      ],
    ],
    ["leakyRelu of slope 0", (x) => leakyRelu(x, { negativeSlope: 0 }), ramp],
    ["prelu", (x) => prelu(x, tensor([0.5])), [[-inf, -1.5e38, -5e3, 1e4, 3e38, inf]]],
  ])("%s in float32", (_, f, [values, slopes]) => {
    expect([...f(tensor(extremes)).add(0).data]).toEqual(values.map(Math.fround));
    if (slopes) expect(slope(f, tensor(extremes))).toEqual(slopes.map(Math.fround));
  });

  it("no second derivative overflows", () => {
    for (const f of [elu, celu, selu, silu, mish, gelu, logSigmoid, hardswish] as F[]) {
      const second = curvature(f, [-inf, -1e300, -800, 800, 1e300, inf]) as number[];
      for (const value of second) expect(Math.abs(value)).toBe(0);
    }
  });

  it("small results keep their precision", () => {
    expect(logSigmoid(f64(40)).item()).toBeCloseTo(-4.248354255291589e-18, 30);
    expect(elu(f64(-1e-12)).item()).toBeCloseTo(-1e-12 + 5e-25, 34);
    expect(mish(f64(-40)).item()).toBeCloseTo(-40 * 4.248354255291589e-18, 29);
    expect(silu(f64(-40)).item()).toBeCloseTo(-40 * 4.248354255291589e-18, 29);
  });

  it("softmin is shifted, and 0 where all is infinite", () => {
    expect(softmin(f64([-1e4, 0, 1e4])).toArray()).toEqual([1, 0, 0]);
    expect(softmin(f64([inf, inf])).toArray()).toEqual([0, 0]);
    expect(slope((x) => softmin(x).mul(f64([1, 2])), [inf, inf])).toEqual([0, 0]);
  });

  it("NaN stays NaN", () => {
    for (const f of [elu, celu, selu, silu, mish, softsign, logSigmoid, hardtanh, hardsigmoid]) {
      expect(f(tensor([NaN])).item()).toBeNaN();
    }
    for (const f of [hardswish, leakyRelu] as F[]) expect(f(tensor([NaN])).item()).toBeNaN();
    expect(prelu(tensor([NaN]), tensor(2)).item()).toBeNaN();
    expect(glu(tensor([1, NaN])).item()).toBeNaN();
  });
});

describe("kinks: the slope of least size between both sides", () => {
  const leaky =
    (negativeSlope: number): F =>
    (x) =>
      leakyRelu(x, { negativeSlope });
  const eluOf =
    (alpha: number): F =>
    (x) =>
      elu(x, { alpha });

  it.each<[string, F, number[], number[]]>([
    ["leakyRelu, 0.25", leaky(0.25), [-1, -0, 0, 1], [0.25, 0.25, 0.25, 1]],
    ["leakyRelu, -0.5", leaky(-0.5), [-1, 0, 1], [-0.5, 0, 1]],
    ["leakyRelu, 2", leaky(2), [-1, 0, 1], [2, 1, 1]],
    ["prelu, 0.25", (x) => prelu(x, f64(0.25)), [-1, 0, 1], [0.25, 0.25, 1]],
    ["prelu, -0.5", (x) => prelu(x, f64(-0.5)), [-1, 0, 1], [-0.5, 0, 1]],
    ["prelu, 2", (x) => prelu(x, f64(2)), [-1, 0, 1], [2, 1, 1]],
    ["elu", eluOf(1), [0, 1], [1, 1]],
    ["elu, 0.5", eluOf(0.5), [0, 1], [0.5, 1]],
    ["elu, 3", eluOf(3), [0, 1], [1, 1]],
    ["elu, -1", eluOf(-1), [0, 1], [0, 1]],
    ["celu", (x) => celu(x, { alpha: 3 }), [0, 1], [1, 1]],
    ["selu", selu, [0], [1.0507009873554805]],
    ["hardtanh", hardtanh, [-2, -1, 0, 1, 2], [0, 0, 1, 0, 0]],
    ["hardsigmoid", hardsigmoid, [-4, -3, 0, 3, 4], [0, 0, 1 / 6, 0, 0]],
    ["hardswish", hardswish, [-4, -3, 0, 3, 4], [0, 0, 0.5, 1, 1]],
    ["softsign", softsign, [-1, 0, 1], [0.25, 1, 0.25]],
  ])("%s", (_, f, at, expected) => {
    expect(slope(f, at)).toEqual(expected);
  });

  it("of second order", () => {
    expect(curvature(softsign, [-1, 0, 1])).toEqual([0.25, 0, -0.25]);
    expect(curvature(hardswish, [-4, 0, 4])).toEqual([0, 1 / 3, 0]);
    expect(curvature(leaky(0.25), [-1, 0, 1])).toEqual([0, 0, 0]);
  });

  it("prelu's slopes: min(x, 0), summed over what they were used for", () => {
    const x = f64([
      [-1, 2, 0],
      [-3, -4, 5],
    ]);
    expect(slope((w) => prelu(x, w), [0.25])).toEqual([-8]);
    expect(slope((w) => prelu(x, w), 0.25)).toBe(-8);
    expect(slope((w) => prelu(x, w), [0.25, 0.5, 2])).toEqual([-4, -4, 0]);
    const images = x.reshape([1, 2, 3]);
    expect(slope((w) => prelu(images, w), [0.25, 0.5])).toEqual([-1, -7]);
    const mixed = grad((x: Tensor) =>
      sum(grad((w: Tensor) => sum(prelu(x, w)) as Tensor)(f64([0.5]))),
    )(x);
    expect(mixed.toArray()).toEqual([
      [1, 0, 0],
      [1, 1, 0],
    ]);
  });
});

describe("binary cross-entropy", () => {
  const loss = (targets: number[], options = {}) => {
    const t = f64(targets);
    return (z: Tensor) =>
      binaryCrossEntropyWithLogits(z, t, { reduction: "none", ...options }) as Tensor;
  };

  it("is exact at large and infinite logits", () => {
    const z = f64([inf, -inf, 1e4, -1e4, 1e4]);
    expect(loss([1, 0, 0, 1, 0.5])(z).toArray()).toEqual([0, 0, 1e4, 1e4, 5e3]);
    expect(slope(loss([1, 0, 0, 1, 0.5]), z)).toEqual([0, 0, 1, -1, 0.5]);
    expect(loss([1])(f64([40])).item()).toBeCloseTo(4.248354255291589e-18, 30);
    expect(loss([1], { posWeight: 3 })(f64([-1e4])).item()).toBe(3e4);
    expect(loss([0, 1])(f64([inf, -inf])).toArray()).toEqual([inf, inf]);
  });

  it("has the right second derivatives", () => {
    const p = 1 / (1 + Math.exp(-0.7));
    const f = (x: Tensor) => sum(loss([0.25], { posWeight: 3 })(x)) as Tensor;
    // (1 − t + 3t)·σ·(1 − σ)
    expect((hessian(f, [0.7]) as number[][])[0][0]).toBeCloseTo(1.5 * p * (1 - p), 14);
    expect(hessian(f, [1e4])).toEqual([[0]]);
    const mixed = grad((t: Tensor) =>
      sum(
        grad((z: Tensor) => binaryCrossEntropyWithLogits(z, t, { reduction: "sum" }))(f64([0.7])),
      ),
    )(f64([0.25]));
    expect(mixed.item()).toBeCloseTo(-1, 14);
  });
});
