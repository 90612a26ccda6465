// Transposed convolutions, pools over one and three axes, other sizes, windows as columns: hard points,
// and what is refused.
import { describe, expect, it } from "vitest";
import * as w from "../src/index.ts";
import { gradcheck } from "../src/testing/index.ts";
import { int, loose, table } from "./errors.support.ts";

const { grad, ones, sum, tanh, tensor, zeros } = w;
type Tensor = w.Tensor;

const wave = (shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + 0.4));
  return tensor(data, { dtype: "float64", shape });
};

describe("convTranspose", () => {
  it("is the transpose of conv: ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩", () => {
    const options = { stride: 2, padding: 1, dilation: 2 } as const;
    const [x, weight] = [wave([2, 3, 7, 6]), wave([4, 3, 2, 3])];
    const y = wave(w.conv2d(x, weight, options).shape as number[]);
    const there = sum(w.mul(w.conv2d(x, weight, options), y)).item();
    const back = w.convTranspose2d(y, weight, { ...options, outputPadding: [0, 1] });
    expect(back.shape).toEqual(x.shape);
    expect(sum(w.mul(back, x)).item()).toBeCloseTo(there, 10);
  });

  it("has derivatives to the third order", () => {
    const f = (x: Tensor, v: Tensor): Tensor =>
      sum(tanh(w.convTranspose1d(x, v, { stride: 2, groups: 2, outputPadding: 1 })));
    gradcheck(f, [wave([1, 2, 2]), wave([2, 1, 2])], { order: 3 });
  });

  it("takes no images, and integers", () => {
    expect(w.convTranspose1d(zeros([0, 2, 3]), ones([2, 1, 2])).shape).toEqual([0, 1, 4]);
    const y = w.convTranspose1d(int([[[1, 2]]]), int([[[1, -1]]]));
    expect(y.toArray()).toEqual([[[1, 1, -2]]]);
  });
});

describe("pools", () => {
  it("share the gradient of ties evenly, over one axis and over three", () => {
    const line = grad((x: Tensor) => sum(w.maxPool1d(x, 3)));
    expect(line(tensor([[2, 2, 1]])).toArray()).toEqual([[0.5, 0.5, 0]]);
    const volume = grad((x: Tensor) => sum(w.maxPool3d(x, 2)));
    expect([...volume(ones([2, 2, 2])).data]).toEqual(Array(8).fill(1 / 8));
  });

  it("reach over the end where ceilMode says so, and share ties there, too", () => {
    const x = tensor([[1, 1, 1, 4, 4]]);
    const options = { ceilMode: true } as const;
    expect(w.maxPool1d(x, 3, options).toArray()).toEqual([[1, 4]]);
    const f = (x: Tensor): Tensor => sum(w.maxPool1d(x, 3, options));
    expect(grad(f)(tensor([[1, 0, 1, 4, 4]])).toArray()).toEqual([[0.5, 0, 0.5, 0.5, 0.5]]);
    expect(w.avgPool1d(x, 3, options).toArray()).toEqual([[1, 4]]);
    // What lies beyond the padding does not count, the padding does.
    const padded = w.avgPool1d(tensor([[2, 2, 2, 2]]), 3, { ...options, padding: 1, stride: 2 });
    expect(padded.toArray()).toEqual([[4 / 3, 2, 1].map(Math.fround)]);
    const own = { ...options, padding: 1, stride: 2, countIncludePad: false } as const;
    expect(w.avgPool1d(tensor([[2, 2, 2, 2]]), 3, own).toArray()).toEqual([[2, 2, 2]]);
    // No window begins in the padding, and none where there is no element.
    expect(w.maxPool1d(zeros([1, 6]), 4, { stride: 4, padding: 2, ceilMode: true }).shape).toEqual([
      1, 2,
    ]);
    expect(() => w.maxPool1d(zeros([1, 0]), 2, options)).toThrow(w.ShapeError);
  });

  it("take elements that lie apart", () => {
    const x = tensor([[5, 1, 2, 7, 3, 0]]);
    expect(w.maxPool1d(x, 2, { stride: 1, dilation: 3 }).toArray()).toEqual([[7, 3, 2]]);
  });

  it("hand NaN on, and pad with what is less than anything", () => {
    expect(w.maxPool1d(tensor([[1, NaN, 2, 3]]), 2).toArray()).toEqual([[NaN, 3]]);
    expect(w.maxPool1d(tensor([[-5, -7]]), 2, { padding: 1 }).toArray()).toEqual([[-5, -7]]);
  });
});

describe("other sizes", () => {
  it("infinities and NaN stay in their own window", () => {
    const x = tensor([[1, Infinity, 3, 4, NaN]]);
    expect(w.adaptiveAvgPool1d(x, 3).toArray()).toEqual([[Infinity, Infinity, NaN]]);
    const last = tensor([[1, 2, 3, 4, Infinity]]);
    expect(w.adaptiveAvgPool1d(last, 3).toArray()).toEqual([[1.5, 3, Infinity]]);
    const aligned = w.interpolate(tensor([[[1, Infinity, 3]]]), {
      size: 5,
      mode: "linear",
      alignCorners: true,
    });
    expect(aligned.toArray()).toEqual([[[1, Infinity, Infinity, Infinity, 3]]]);
  });

  it("more places than elements repeat them", () => {
    expect(w.adaptiveAvgPool1d(tensor([[1, 3]]), 4).toArray()).toEqual([[1, 1, 3, 3]]);
  });

  it("whole numbers are met exactly", () => {
    // (i · n) / size, not i · (n / size): 1/49 · 49 is less than 1.
    const x = w.arange(49).reshape([1, 1, 49]);
    const y = w.interpolate(x, { size: 98 });
    expect(Array.from(y.data)).toEqual(Array.from({ length: 98 }, (_, i) => i >> 1));
    const down = w.interpolate(w.arange(98).reshape([1, 1, 98]), { size: 49 });
    expect(Array.from(down.data)).toEqual(Array.from({ length: 49 }, (_, i) => 2 * i));
  });

  it("an axis that keeps its size is not interpolated, as in PyTorch", () => {
    const x = wave([1, 1, 5, 4]);
    const wide = w.interpolate(x, { scaleFactor: [1.1, 2], mode: "bilinear" });
    const apart = w.interpolate(x, { size: [5, 8], mode: "bilinear" });
    expect(wide.toArray()).toEqual(apart.toArray());
    // The nearest ones are read where the factor says: 4 / 1.1 is less than 4.
    const picked = w.interpolate(w.arange(5).reshape([1, 1, 5]), { scaleFactor: 1.1 });
    expect(picked.toArray()).toEqual([[[0, 0, 1, 2, 3]]]);
  });

  it("keep integers where they pick", () => {
    const y = w.interpolate(int([[[1, 2]]]), { scaleFactor: 2 });
    expect([y.dtype, y.toArray()]).toEqual(["int32", [[[1, 1, 2, 2]]]]);
  });
});

it("fold of unfold counts how many windows hold an element", () => {
  const x = ones([1, 1, 4]);
  expect(w.fold(w.unfold(x, 2), [4], 2).toArray()).toEqual([[[1, 2, 2, 1]]]);
});

it("a convolution is a product with the columns", () => {
  const [x, weight] = [wave([2, 3, 5, 4]), wave([6, 3, 2, 3])];
  const columns = w.unfold(x, [2, 3], { padding: 1 });
  const product = w.matmul(weight.reshape([6, 18]), columns);
  const y = w.conv2d(x, weight, { padding: 1 });
  product.data.forEach((value: number, i: number) => expect(value).toBeCloseTo(y.data[i], 12));
});

describe("padding by name", () => {
  const [x, weight] = [wave([1, 2, 7, 6]), wave([3, 2, 2, 3])];

  it("same keeps ⌈n / stride⌉ places, with one more zero at the end where the number is odd", () => {
    const same = w.conv2d(x, weight, { padding: "same" });
    const by = w.pad(x, [
      [0, 0],
      [0, 0],
      [0, 1],
      [1, 1],
    ]);
    expect(same.toArray()).toEqual(w.conv2d(by, weight).toArray());
    const strided = w.conv2d(x, weight, { padding: "same", stride: [2, 4], dilation: 2 });
    expect(strided.shape).toEqual([1, 3, 4, 2]);
    expect(w.conv2d(x, weight, { padding: "valid" }).toArray()).toEqual(
      w.conv2d(x, weight).toArray(),
    );
    // A stride that steps over more than the kernel needs no padding.
    expect(
      w.conv1d(ones([1, 1, 6]), ones([1, 1, 1]), { padding: "same", stride: 3 }).shape,
    ).toEqual([1, 1, 2]);
  });

  it("has derivatives of the second order", () => {
    const f = (x: Tensor, v: Tensor): Tensor => sum(tanh(w.conv2d(x, v, { padding: "same" })));
    gradcheck(f, [wave([1, 1, 2, 3]), wave([1, 1, 2, 2])], { order: 2 });
  });
});

describe("what is refused", () => {
  const [images, line] = [ones([1, 2, 4, 4]), ones([1, 2, 4])];
  table([
    [
      "conv1d, channels",
      () => loose.conv1d(line, ones([3, 1, 2])),
      w.ShapeError,
      "conv1d: expected a weight of 2 input channels, as x has, got x [1, 2, 4] and weight [3, 1, 2]. A weight is [out, channels / groups, length].",
    ],
    [
      "conv1d, ranks",
      () => loose.conv1d(images, ones([3, 2, 2])),
      w.ShapeError,
      "conv1d: expected x [batch, channels, length] and weight [out, channels / groups, length]",
    ],
    [
      "conv2d, a padding",
      () => loose.conv2d(images, ones([3, 2, 2, 2]), { padding: "full" }),
      w.OptionError,
      'conv2d: expected padding: "same", "valid", an integer >= 0, or one for each spatial axis, got "full".',
    ],
    [
      "maxPool1d, a dilation",
      () => loose.maxPool1d(line, 2, { dilation: 0 }),
      w.OptionError,
      "maxPool1d: expected dilation: an integer >= 1, or an array of one, got 0.",
    ],
    [
      "avgPool1d, a dilation",
      () => loose.avgPool1d(line, 2, { dilation: 2 }),
      w.OptionError,
      'avgPool1d: expected the options stride, padding, ceilMode, countIncludePad, got an unknown option "dilation".',
    ],
    [
      "maxPool2d, ceilMode",
      () => loose.maxPool2d(images, 2, { ceilMode: 1 }),
      w.OptionError,
      "maxPool2d: expected ceilMode: true or false, got the number 1.",
    ],
    [
      "conv3d, a stride",
      () => loose.conv3d(ones([1, 1, 2, 2, 2]), ones([1, 1, 1, 1, 1]), { stride: [1, 1] }),
      w.OptionError,
      "conv3d: expected stride: an integer >= 1, or 3 of them, got [1, 1].",
    ],
    [
      "convTranspose2d, channels",
      () => loose.convTranspose2d(images, ones([3, 2, 2, 2])),
      w.ShapeError,
      "convTranspose2d: expected a weight of 2 input channels, as x has, got x [1, 2, 4, 4] and weight [3, 2, 2, 2]. A weight is [channels, out / groups, height, width], input channels first.",
    ],
    [
      "convTranspose1d, groups",
      () => loose.convTranspose1d(line, ones([2, 1, 2]), { groups: 3 }),
      w.ShapeError,
      "convTranspose1d: expected a weight of 2 input channels, as x has, divisible by 3, for 3 groups",
    ],
    [
      "convTranspose1d, nothing left",
      () => loose.convTranspose1d(ones([1, 2, 1]), ones([2, 1, 2]), { padding: 1 }),
      w.ShapeError,
      "The output would be [0]: pad less.",
    ],
    [
      "convTranspose1d, outputPadding",
      () => loose.convTranspose1d(line, ones([2, 1, 2]), { outputPadding: 1 }),
      w.OptionError,
      "convTranspose1d: expected outputPadding less than the stride or the dilation, got [1].",
    ],
    [
      "maxPool1d, a size",
      () => loose.maxPool1d(line, [2, 2]),
      w.OptionError,
      "maxPool1d: expected kernelSize: an integer >= 1, or an array of one, got [2, 2].",
    ],
    [
      "avgPool3d, ranks",
      () => loose.avgPool3d(ones([4, 4]), 2),
      w.ShapeError,
      "avgPool3d: expected a tensor [..., depth, height, width], got [4, 4]. Windows slide over the last three axes; reshape it.",
    ],
    [
      "adaptiveAvgPool2d",
      () => loose.adaptiveAvgPool2d(images, [2, 0]),
      w.OptionError,
      "adaptiveAvgPool2d: expected outputSize: an integer >= 1, or a pair of them, got [2, 0].",
    ],
    [
      "adaptiveAvgPool1d of nothing",
      () => loose.adaptiveAvgPool1d(zeros([2, 0]), 1),
      w.ShapeError,
      "adaptiveAvgPool1d: expected a tensor [..., length] with at least one element along each of them, got [2, 0].",
    ],
    [
      "adaptiveAvgPool1d of integers",
      () => loose.adaptiveAvgPool1d(int([[1, 2]]), 1),
      w.DTypeError,
      "adaptiveAvgPool1d: expected float32 or float64, got int32.",
    ],
    [
      "unfold, the window",
      () => loose.unfold(images, 5),
      w.ShapeError,
      "unfold: expected at least [5, 5] elements along the axes of the window, got [4, 4].",
    ],
    [
      "unfold, ranks",
      () => loose.unfold(ones([4, 4]), 2),
      w.ShapeError,
      "unfold: expected a tensor [batch, channels, ...spatial axes], got [4, 4].",
    ],
    [
      "unfold, options",
      () => loose.unfold(images, 2, { strides: 1 }),
      w.OptionError,
      "unfold: expected the options stride, padding, dilation",
    ],
    [
      "fold",
      () => loose.fold(ones([1, 8, 8]), [4, 4], 2),
      w.ShapeError,
      "fold: expected columns [batch, channels · 4, 9], got [1, 8, 8].",
    ],
    [
      "interpolate, neither",
      () => loose.interpolate(images, {}),
      w.OptionError,
      "interpolate: expected one of the options size and scaleFactor, got none.",
    ],
    [
      "interpolate, both",
      () => loose.interpolate(images, { size: 2, scaleFactor: 2 }),
      w.OptionError,
      "got both.",
    ],
    [
      "interpolate, a mode",
      () => loose.interpolate(images, { size: 2, mode: "linear" }),
      w.OptionError,
      'interpolate: expected mode "nearest" or the linear one for 2 spatial axes, got "linear", which is for 1.',
    ],
    [
      "interpolate, no mode",
      () => loose.interpolate(images, { size: 2, mode: "cubic" }),
      w.OptionError,
      'interpolate: expected mode: "nearest", "linear", "bilinear", "trilinear", got "cubic".',
    ],
    [
      "interpolate, corners",
      () => loose.interpolate(images, { size: 2, alignCorners: true }),
      w.OptionError,
      "interpolate: expected alignCorners with a linear mode",
    ],
    [
      "interpolate, a factor",
      () => loose.interpolate(images, { scaleFactor: [2, 0] }),
      w.OptionError,
      "interpolate: expected scaleFactor: a number > 0, or one for each of 2 spatial axes, got [2, 0].",
    ],
    [
      "interpolate to nothing",
      () => loose.interpolate(images, { scaleFactor: 0.1 }),
      w.ShapeError,
      "got [4, 4] to become [0, 0].",
    ],
    [
      "interpolate integers",
      () => loose.interpolate(int([[[1, 2]]]), { size: 3, mode: "linear" }),
      w.DTypeError,
      "interpolate: expected float32 or float64, got int32.",
    ],
  ]);
});
