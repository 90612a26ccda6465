import { describe, expect, it } from "vitest";
import { int, loose, table, x23 } from "./errors.support.ts";
import {
  AxisError,
  DTypeError,
  OptionError,
  ones,
  ShapeError,
  tensor,
  ValueError,
  zeros,
} from "@wengert/autograd";

describe("options of activations, reductions, scans and sorts", () => {
  const byOptions = [
    ["leakyRelu", "elu", "celu", "hardtanh", "glu", "softmin"],
    ["variance", "std", "center", "norm", "any", "all", "argmin", "median"],
    ["cummax", "cummin", "logcumsumexp", "sort", "argsort"],
  ].flat();
  const calls: Record<string, (options: unknown) => unknown> = {
    ...Object.fromEntries(byOptions.map((name) => [name, (o: unknown) => loose[name](x23, o)])),
    topk: (o) => loose.topk(x23, 1, o),
    quantile: (o) => loose.quantile(x23, 0.5, o),
    binaryCrossEntropyWithLogits: (o) => loose.binaryCrossEntropyWithLogits(x23, x23, o),
  };

  it.each(Object.entries(calls))("%s refuses unknown ones, and what is no object", (name, call) => {
    const unknown = new RegExp(
      `^${name}: expected the options? .*, got an unknown option "dim"\\.`,
    );
    expect(() => call({ dim: 0 })).toThrow(OptionError);
    expect(() => call({ dim: 0 })).toThrow(unknown);
    expect(() => call([0])).toThrow(OptionError);
    expect(() => call(null)).toThrow(OptionError);
  });

  it.each(["sort", "cummax", "glu", "softmin", "argmin", "norm", "median", "std", "center"])(
    "%s refuses what is no tensor, and an axis that is not there",
    (name) => {
      expect(() => loose[name]([1, 2], { axis: 0 })).toThrow(ValueError);
      expect(() => loose[name](x23, { axis: 2 })).toThrow(AxisError);
      expect(() => loose[name](tensor(1), { axis: 0 })).toThrow(
        `${name}: expected no axis for a 0-d tensor, got axis 0.`,
      );
    },
  );

  table([
    [
      "elu",
      () => loose.elu(x23, { alpha: "1" }),
      OptionError,
      'elu: expected alpha: a finite number, got the string "1". Write e.g. { alpha: 1 }.',
    ],
    [
      "celu",
      () => loose.celu(x23, { alpha: 0 }),
      OptionError,
      "celu: expected alpha > 0, got 0. It is where the function levels out: −alpha.",
    ],
    [
      "leakyRelu",
      () => loose.leakyRelu(x23, { negativeSlope: NaN }),
      OptionError,
      "leakyRelu: expected negativeSlope: a finite number, got NaN.",
    ],
    [
      "hardtanh",
      () => loose.hardtanh(x23, { min: 1 }),
      OptionError,
      "hardtanh: expected min < max, got min 1, max 1. Exchange them.",
    ],
    [
      "glu",
      () => loose.glu(x23),
      ShapeError,
      "glu: expected an axis of even size, half values and half gates, got size 3 on axis 1 of [2, 3].",
    ],
    [
      "prelu",
      () => loose.prelu(x23, ones([2])),
      ShapeError,
      "prelu: expected a weight of shape [], [1] or [3], got [2]. Channels are axis 1 of x;",
    ],
    [
      "prelu of a vector",
      () => loose.prelu(ones([3]), ones([3])),
      ShapeError,
      "prelu: expected a weight of one number, got [3].",
    ],
    [
      "prelu of a number",
      () => loose.prelu(x23, 0.5),
      ValueError,
      "prelu (weight): expected a tensor, got the number 0.5.",
    ],
    [
      "std",
      () => loose.std(x23, { correction: Infinity }),
      OptionError,
      "std: expected correction: a finite number, got Infinity.",
    ],
    [
      "norm",
      () => loose.norm(x23, { ord: "nuc" }),
      OptionError,
      'norm: expected ord: a number, Infinity or "fro", got the string "nuc".',
    ],
    [
      "norm of none",
      () => loose.norm(zeros([2, 0]), { ord: -1, axis: 1 }),
      ShapeError,
      "norm: expected at least one element for ord -1, got shape [2, 0].",
    ],
    [
      "variance of integers",
      () => loose.variance(int([1, 2])),
      DTypeError,
      "variance: expected float32 or float64, got int32.",
    ],
    [
      "median of none",
      () => loose.median(zeros([0])),
      ShapeError,
      "median: expected at least one element to choose from, got shape [0]. There is nothing",
    ],
    [
      "argmin of none",
      () => loose.argmin(zeros([2, 0]), { axis: 1 }),
      ShapeError,
      "argmin: expected at least one element to choose from, got shape [2, 0].",
    ],
    [
      "quantile",
      () => loose.quantile(x23, 1.5),
      OptionError,
      "quantile: expected q: a number from 0 to 1, or an array of them, got 1.5. Write e.g. 0.5",
    ],
    ["quantile of none", () => loose.quantile(x23, []), OptionError, "got []."],
    ["quantile of several", () => loose.quantile(x23, [0.1, 9]), OptionError, "got [0.1, 9]."],
    [
      "topk",
      () => loose.topk(x23, 4),
      OptionError,
      "topk: expected k: an integer from 0 to 3, the size of axis 1 of [2, 3], got 4. Ask for fewer",
    ],
    ["topk of a part", () => loose.topk(x23, 1.5), OptionError, "got 1.5."],
    ["topk without k", () => loose.topk(x23, { axis: 0 }), OptionError, "got an object (Object)."],
    [
      "sort",
      () => loose.sort(x23, { descending: 1 }),
      OptionError,
      "sort: expected descending: true or false, got the number 1.",
    ],
    [
      "binaryCrossEntropyWithLogits",
      () => loose.binaryCrossEntropyWithLogits(x23, ones([3])),
      ShapeError,
      "binaryCrossEntropyWithLogits: expected a target of the prediction's shape [2, 3], got [3].",
    ],
    [
      "posWeight",
      () => loose.binaryCrossEntropyWithLogits(x23, x23, { posWeight: -1 }),
      OptionError,
      "binaryCrossEntropyWithLogits: expected posWeight >= 0, got -1.",
    ],
  ]);
});
