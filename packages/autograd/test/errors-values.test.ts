import { describe, expect, it } from "vitest";
import { int, loose, table, x23 } from "./errors.support.ts";
import {
  add,
  AllocationError,
  DTypeError,
  expand,
  ones,
  tensor,
  ValueError,
  zeros,
} from "@wengert/autograd";

describe("dtypes and values", () => {
  const double = ones([2, 3], { dtype: "float64" });
  const whole = ones([2, 3], { dtype: "int32" });
  const mask = ones([2, 3], { dtype: "bool" });
  table([
    [
      "add",
      () => loose.add(x23, double),
      DTypeError,
      'add: expected operands of one dtype, got float32 and float64. Cast one of them, e.g. cast(x, "float32").',
    ],
    [
      "add with integers",
      () => loose.add(whole, x23),
      DTypeError,
      'Cast one of them, e.g. cast(x, "float32").',
    ],
    [
      "matmul",
      () => loose.matmul(x23, whole.transpose()),
      DTypeError,
      "matmul: expected operands of one dtype",
    ],
    [
      "concat",
      () => loose.concat([x23, double]),
      DTypeError,
      "concat: expected operands of one dtype",
    ],
    [
      "where",
      () => loose.where(mask, x23, double),
      DTypeError,
      "where: expected operands of one dtype",
    ],
    [
      "where by floats",
      () => loose.where(x23, x23, x23),
      DTypeError,
      "where (condition): expected bool, got float32. Compare first, e.g. ne(x, 0).",
    ],
    ["mse", () => loose.mse(x23, double), DTypeError, "mse: expected operands of one dtype"],
    [
      "scatterAdd",
      () => loose.scatterAdd(x23, int([[0]]), ones([1, 1], { dtype: "float64" }), { axis: 0 }),
      DTypeError,
      "scatterAdd: expected operands of one dtype",
    ],
    [
      "copyFrom",
      () => x23.copyFrom(double),
      DTypeError,
      "copyFrom: expected operands of one dtype",
    ],
    [
      "add of masks",
      () => loose.add(mask, mask),
      DTypeError,
      'add: expected float32, float64 or int32, got bool. Cast it first, e.g. cast(x, "float32").',
    ],
    [
      "div of integers",
      () => loose.div(whole, whole),
      DTypeError,
      "div: expected float32 or float64, got int32.",
    ],
    ["exp", () => loose.exp(whole), DTypeError, "exp: expected float32 or float64, got int32."],
    [
      "logicalNot",
      () => loose.logicalNot(x23),
      DTypeError,
      "logicalNot: expected bool, got float32. Compare first",
    ],
    [
      "mean",
      () => loose.mean(whole),
      DTypeError,
      "mean: expected float32 or float64, got int32. Cast it first",
    ],
    [
      "prod",
      () => loose.prod(mask),
      DTypeError,
      "prod: expected float32, float64 or int32, got bool.",
    ],
    [
      "softmax",
      () => loose.softmax(whole),
      DTypeError,
      "softmax: expected float32 or float64, got int32.",
    ],
    [
      "gather by floats",
      () => loose.gather(x23, x23, { axis: 0 }),
      DTypeError,
      'gather: expected an index of dtype int32, got float32. Make it with { dtype: "int32" }',
    ],
    [
      "crossEntropy by a mask",
      () => loose.crossEntropy(x23, tensor([true, false])),
      DTypeError,
      "crossEntropy (targets): expected int32, got bool.",
    ],
    [
      "cast",
      () => loose.cast(x23, "float16"),
      DTypeError,
      "cast: expected a dtype (float32, float64, int32, bool), got float16. Name one of these",
    ],
    ["zeros", () => loose.zeros([1], { dtype: "int64" }), DTypeError, "zeros: expected a dtype"],
    [
      "normal",
      () => loose.normal([1], { dtype: "int32" }),
      DTypeError,
      "normal: expected float32 or float64, got int32. For integers use randomIntegers.",
    ],
    [
      "a fraction beside integers",
      () => loose.add(whole, 0.5),
      ValueError,
      "add: expected integers between -2147483648 and 2147483647 for dtype int32, got 0.5.",
    ],
    [
      "an array as operand",
      () => loose.add(x23, [1, 2, 3]),
      ValueError,
      "add: expected a tensor or a number, got an array. Make a tensor of it first: tensor(value).",
    ],
    [
      "a string as operand",
      () => loose.mul(x23, "2"),
      ValueError,
      'mul: expected a tensor or a number, got the string "2".',
    ],
    [
      "a number for a tensor",
      () => loose.relu(3),
      ValueError,
      "relu: expected a tensor, got the number 3. Make a tensor of it first",
    ],
    [
      "an array for a tensor",
      () => loose.exp([1]),
      ValueError,
      "exp: expected a tensor, got an array.",
    ],
    [
      "copyFrom a number",
      () => x23.copyFrom(0 as never),
      ValueError,
      "copyFrom: expected tensors, got the number 0.",
    ],
    [
      "pad",
      () =>
        loose.pad(
          whole,
          [
            [0, 1],
            [0, 0],
          ],
          { value: 0.5 },
        ),
      ValueError,
      "pad: expected integers",
    ],
  ]);

  it("names a missing tensor", () => {
    expect(() => loose.tanh(undefined)).toThrow(ValueError);
    expect(() => loose.tanh(undefined)).toThrow("tanh: expected a tensor, got undefined.");
    expect(() => loose.tanh()).toThrow("tanh: expected 1 tensor, got 0. Pass as many tensors as");
  });
});

describe("memory", () => {
  const size = 2 ** 50;

  it("names what was needed, in creation and in ops", () => {
    expect(() => zeros([size])).toThrow(AllocationError);
    expect(() => zeros([size])).toThrow(`${size} elements of float32`);
    expect(() => add(expand(ones([1]), [size]), 1)).toThrow(AllocationError);
  });
});
