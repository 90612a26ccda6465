import { describe, expect, it } from "vitest";
import * as w from "@wengert/autograd";
import { int, loose, table, x23 } from "./errors.support.ts";
import {
  arange,
  DTypeError,
  OptionError,
  ones,
  ShapeError,
  tensor,
  WengertError,
  type Tensor,
} from "@wengert/autograd";

describe("options", () => {
  const labels = int([0, 1]);
  const generator = new w.Generator(1);
  const calls: Record<string, (options: unknown) => unknown> = {
    tensor: (o) => loose.tensor(1, o),
    zeros: (o) => loose.zeros([1], o),
    ones: (o) => loose.ones([1], o),
    full: (o) => loose.full([1], 0, o),
    arange: (o) => loose.arange(0, 1, 1, o),
    linspace: (o) => loose.linspace(0, 1, 2, o),
    eye: (o) => loose.eye(1, 1, o),
    oneHot: (o) => loose.oneHot(labels, 2, o),
    ...Object.fromEntries(
      ["sum", "mean", "max", "min", "prod", "logsumexp", "argmax", "softmax", "logSoftmax"].map(
        (name) => [name, (o: unknown) => loose[name](x23, o)],
      ),
    ),
    cumsum: (o) => loose.cumsum(x23, o),
    cumprod: (o) => loose.cumprod(x23, o),
    squeeze: (o) => loose.squeeze(x23, o),
    clamp: (o) => loose.clamp(x23, o),
    pad: (o) =>
      loose.pad(
        x23,
        [
          [0, 0],
          [0, 0],
        ],
        o,
      ),
    concat: (o) => loose.concat([x23], o),
    stack: (o) => loose.stack([x23], o),
    gather: (o) => loose.gather(x23, int([[0]]), o),
    scatterAdd: (o) => loose.scatterAdd(x23, int([[0]]), ones([1, 1]), o),
    linearRecurrence: (o) => loose.linearRecurrence(x23, x23, o),
    contract: (o) => loose.contract(x23, x23, o),
    mse: (o) => loose.mse(x23, x23, o),
    crossEntropy: (o) => loose.crossEntropy(x23, labels, o),
    uniform: (o) => loose.uniform([1], o),
    normal: (o) => loose.normal([1], o),
    randomIntegers: (o) => loose.randomIntegers([1], o),
    permutation: (o) => loose.permutation(1, o),
    grad: (o) => loose.grad(() => x23, o),
    vmap: (o) => loose.vmap(() => x23, o),
    backward: (o) => loose.backward(tensor(1, { requiresGrad: true }), o),
  };

  it.each(Object.entries(calls))("%s refuses unknown ones, and what is no object", (name, call) => {
    expect(() => call({ axes: 0 })).toThrow(OptionError);
    expect(() => call({ axes: 0 })).toThrow(
      new RegExp(`^${name}: expected the options? .*, got an unknown option "axes"\\. Check its`),
    );
    expect(() => call([0])).toThrow(OptionError);
    expect(() => call([0])).toThrow(`got the array [0]. Write e.g. {`);
  });

  table([
    [
      "a number instead of options",
      () => loose.sum(x23, 0),
      OptionError,
      "sum: expected an object of options (axis, keepDims), got the number 0. Write e.g. { axis: … }.",
    ],
    [
      "null instead of options",
      () => loose.concat([x23], null),
      OptionError,
      "concat: expected an object of options (axis), got null",
    ],
    [
      "contract",
      () => loose.contract(x23, x23, { a: [0] }),
      OptionError,
      'contract: expected labels for the axes of a, b and out, got {"a":[0]}.',
    ],
    [
      "clamp",
      () => loose.clamp(x23, { min: 1, max: 0 }),
      OptionError,
      "clamp: expected numbers min <= max, got min 1, max 0.",
    ],
    [
      "mse",
      () => loose.mse(x23, x23, { reduction: "avg" }),
      OptionError,
      'mse: expected reduction "mean", "sum", "none", got "avg". Name one of these.',
    ],
    [
      "crossEntropy",
      () => loose.crossEntropy(x23, labels, { labelSmoothing: 2 }),
      OptionError,
      "crossEntropy: expected labelSmoothing from 0 to 1, got 2.",
    ],
    [
      "uniform",
      () => loose.uniform([1], { low: 2, high: 1 }),
      OptionError,
      "uniform: expected finite numbers low <= high, got low 2, high 1.",
    ],
    [
      "normal",
      () => loose.normal([1], { std: -1 }),
      OptionError,
      "normal: expected a finite mean and a finite std >= 0, got mean 0, std -1.",
    ],
    [
      "randomIntegers",
      () => loose.randomIntegers([1], { high: 0, generator }),
      OptionError,
      "randomIntegers: expected integers low < high from -2^31 to 2^31, got low 0, high 0.",
    ],
    [
      "randomIntegers beyond int32",
      () => loose.randomIntegers([1], { high: 2 ** 40 }),
      OptionError,
      "got low 0, high 1099511627776.",
    ],
    [
      "Generator",
      () => new w.Generator(-1),
      OptionError,
      "Generator: expected a seed: an integer from 0 to 2^53 - 1, got -1. Pass e.g. 42.",
    ],
    [
      "inAxes",
      () => w.vmap((x: Tensor) => x, { inAxes: [0, 0] })(x23),
      OptionError,
      "vmap: expected inAxes of 1 entry, one for each argument, got 2. Write null for arguments",
    ],
  ]);
});

describe("after a failure", () => {
  it("the target of an assignment is unchanged", () => {
    const x = arange(3) as Tensor;
    for (const bad of [ones([2]), ones([3], { dtype: "float64" }), 5, null]) {
      expect(() => x.copyFrom(bad as Tensor)).toThrow(WengertError);
    }
    expect(x.toArray()).toEqual([0, 1, 2]);
    expect(x.storage!.version).toBe(0);
    x.copyFrom(ones([3]));
    expect(x.toArray()).toEqual([1, 1, 1]);
  });

  it("a generator has not moved", () => {
    const generator = new w.Generator(3);
    const before = generator.state.toArray();
    expect(() => loose.uniform([-1], { generator })).toThrow(ShapeError);
    expect(() => loose.normal([1], { generator, dtype: "bool" })).toThrow(DTypeError);
    expect(() => loose.randomIntegers([2], { generator, high: 0 })).toThrow(OptionError);
    expect(generator.state.toArray()).toEqual(before);
  });

  it("an op that failed for one shape works for another, and fails again", () => {
    for (let i = 0; i < 3; i++) {
      expect(() => loose.add(x23, ones([2]))).toThrow(ShapeError);
      expect(loose.add(x23, ones([3])).shape).toEqual([2, 3]);
    }
  });

  it("a tensor is no object of options", () => {
    const y = ones([3]);
    expect(() => loose.concat(y, y)).toThrow(WengertError);
    expect(() => loose.sum(y, y)).toThrow(
      "sum: expected an object of options (axis, keepDims), got",
    );
  });
});
