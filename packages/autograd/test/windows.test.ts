// Convolutions and pools: what their records' samples stay away from.
import { describe, expect, it } from "vitest";
import {
  avgPool2d,
  conv2d,
  DTypeError,
  grad,
  maxPool2d,
  ones,
  OptionError,
  ShapeError,
  sum,
  tanh,
  tapeOf,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from "../src/index.ts";
import { gradcheck } from "../src/testing/index.ts";

const float64 = { dtype: "float64" } as const;

const wave = (shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + 0.4));
  return tensor(data, { ...float64, shape });
};

describe("conv2d", () => {
  it("stands on the tape under its own name", () => {
    const weight = ones([1, 1, 2, 2]);
    weight.requiresGrad = true;
    const y = conv2d(ones([1, 1, 3, 3]), weight);
    expect(String(tapeOf(y))).toContain("conv2d");
  });

  it("has derivatives to the third order", () => {
    const options = { stride: [2, 1], padding: 1, groups: 2 } as const;
    const f = (x: Tensor, w: Tensor): Tensor => sum(tanh(conv2d(x, w, options)));
    gradcheck(f, [wave([1, 2, 3, 2]), wave([2, 1, 2, 2])], { order: 3 });
  });

  it("takes no images, and integers", () => {
    expect(conv2d(zeros([0, 1, 3, 3]), ones([4, 1, 2, 2])).shape).toEqual([0, 4, 2, 2]);
    const x = tensor([[[[1, 2, 3]]]], { dtype: "int32" });
    const weight = tensor([[[[1, -1]]]], { dtype: "int32" });
    expect(conv2d(x, weight).toArray()).toEqual([[[[-1, -1]]]]);
  });

  it("batches weights as groups", () => {
    const weights = wave([3, 2, 1, 2, 2]);
    const x = wave([1, 1, 3, 3]);
    const together = vmap((w: Tensor) => conv2d(x, w))(weights);
    expect(together.shape).toEqual([3, 1, 2, 2, 2]);
  });

  const loose = conv2d as (x: Tensor, weight: Tensor, options?: object) => Tensor;
  it.each([
    [[1, 2, 5, 5], [3, 1, 3, 3], {}, /a weight of 2 input channels, as x has/],
    [[1, 4, 5, 5], [3, 2, 3, 3], { groups: 2 }, /x of 4 channels and outputs divisible by 2/],
    [[2, 5, 5], [3, 2, 3, 3], {}, /x \[batch, channels, height, width\]/],
    [[1, 2, 5, 5], [3, 2, 6, 3], {}, /at least \[6, 3\] elements .* got \[5, 5\]/],
    [[1, 2, 5, 5], [3, 2, 3, 3], { dilation: 3 }, /at least \[7, 7\] elements/],
    [[1, 2, 5, 5], [3, 2, 0, 3], {}, /a kernel of at least one element/],
  ])("refuses shapes %j and %j with %j", (x, weight, options, message) => {
    expect(() => loose(zeros(x), zeros(weight), options)).toThrow(ShapeError);
    expect(() => loose(zeros(x), zeros(weight), options)).toThrow(message);
  });

  it.each([
    [{ stride: 0 }, /stride: an integer >= 1, or a pair of them, got 0/],
    [{ padding: [1, -1] }, /padding: an integer >= 0/],
    [{ dilation: [1, 2, 3] }, /dilation/],
    [{ groups: 0 }, /groups: an integer >= 1/],
    [{ strides: 2 }, /unknown option "strides"/],
  ])("refuses options %j", (options, message) => {
    expect(() => loose(zeros([1, 2, 5, 5]), zeros([3, 2, 3, 3]), options)).toThrow(OptionError);
    expect(() => loose(zeros([1, 2, 5, 5]), zeros([3, 2, 3, 3]), options)).toThrow(message);
  });

  it("refuses mixed dtypes", () => {
    expect(() => conv2d(zeros([1, 1, 3, 3]), zeros([1, 1, 2, 2], float64))).toThrow(DTypeError);
  });
});

describe("maxPool2d", () => {
  const slope = grad((x: Tensor) => sum(maxPool2d(x, 2) as Tensor));

  it("shares the gradient of ties evenly", () => {
    const x = tensor([
      [1, 3, 0, 0],
      [3, 2, 0, 0],
    ]);
    expect(slope(x).toArray()).toEqual([
      [0, 0.5, 0.25, 0.25],
      [0.5, 0, 0.25, 0.25],
    ]);
  });

  it("adds up where windows overlap", () => {
    const x = tensor([[1, 5, 2]]);
    const g = grad((t: Tensor) => sum(maxPool2d(t, [1, 2], { stride: 1 }) as Tensor))(x);
    expect(g.toArray()).toEqual([[0, 2, 0]]);
  });

  it("pads with what is less than anything", () => {
    const y = maxPool2d(tensor([[-5, -7]]), [1, 2], { padding: [0, 1] });
    expect(y.toArray()).toEqual([[-5, -7]]);
  });

  it("hands NaN on", () => {
    expect(maxPool2d(tensor([[1, NaN, 2, 3]]), [1, 2]).toArray()).toEqual([[NaN, 3]]);
  });

  it("refuses what holds nothing but padding", () => {
    expect(() => maxPool2d(zeros([4, 4]), 2, { padding: 2 })).toThrow(
      "maxPool2d: expected padding of at most half of the window [2, 2], got [2, 2].",
    );
    expect(() => maxPool2d(zeros([4]) as Tensor, 2)).toThrow(ShapeError);
    expect(() => maxPool2d(zeros([4, 4], { dtype: "int32" }), 2)).toThrow(DTypeError);
  });
});

describe("avgPool2d", () => {
  it("counts the padding, or not", () => {
    const x = tensor([[2, 4]]);
    const options = { padding: [0, 1], stride: 1 } as const;
    expect(avgPool2d(x, [1, 2], options).toArray()).toEqual([[1, 3, 2]]);
    const without = avgPool2d(x, [1, 2], { ...options, countIncludePad: false });
    expect(without.toArray()).toEqual([[2, 3, 4]]);
  });
});
