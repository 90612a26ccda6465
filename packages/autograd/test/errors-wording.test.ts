// Errors that name what was called, quote what came, and advise what works.
import { describe, expect, it } from "vitest";
import * as w from "@wengert/autograd";
import { setExecutor } from "../src/op/bind.ts";
import { createFast } from "../src/kernel/fast/index.ts";
import { reference } from "../src/kernel/reference.ts";
import { int, loose, table, x23, type Case } from "./errors.support.ts";
import {
  arange,
  AxisError,
  defineOp,
  DTypeError,
  GradientError,
  IndexRangeError,
  notDifferentiable,
  OpDefinitionError,
  OptionError,
  ones,
  pointwise,
  ShapeError,
  square,
  sum,
  tensor,
  ValueError,
  type Tensor,
} from "@wengert/autograd";

describe("the name", () => {
  const executors = [createFast(() => true), createFast(() => false), reference];

  it.each(executors.map((executor, i) => [`${executor.name} ${i}`, executor] as const))(
    "of an index's op is that of the call, by the executor %s",
    (_, executor) => {
      const previous = setExecutor(executor);
      try {
        const calls: [() => unknown, string][] = [
          [
            () => loose.crossEntropy(x23, int([0, 3])),
            "crossEntropy: expected indices from 0 to 2",
          ],
          [
            () => loose.gather(x23, int([[3]]), { axis: 1 }),
            "gather: expected indices from 0 to 2",
          ],
          [
            () => loose.scatterAdd(x23, int([[3]]), ones([1, 1]), { axis: 1 }),
            "scatterAdd: expected indices from 0 to 2",
          ],
        ];
        for (const [call, message] of calls) {
          expect(call).toThrow(IndexRangeError);
          expect(call).toThrow(`${message}, got 3. Check the indices`);
        }
      } finally {
        setExecutor(previous);
      }
    },
  );

  it("of a tape that is gone is that of who looked", () => {
    const y = square(tensor(3, { requiresGrad: true }));
    y.backward();
    expect(() => w.tapeOf(y)).toThrow(GradientError);
    expect(() => w.tapeOf(y)).toThrow(
      "tapeOf: expected a tape that is still there, got one that an earlier backward has used up.",
    );
  });

  table([
    [
      "uniform's generator",
      () => loose.uniform([2], { generator: 3 }),
      OptionError,
      "uniform: expected generator: a Generator, got the number 3. Write { generator: new Generator(42) }.",
    ],
    [
      "normal's generator",
      () => loose.normal([2], { generator: null }),
      OptionError,
      "normal: expected generator: a Generator, got null.",
    ],
    [
      "permutation's generator",
      () => loose.permutation(2, { generator: {} }),
      OptionError,
      "permutation: expected generator: a Generator, got an object (Object).",
    ],
    ["copyFrom", () => x23.copyFrom(ones([2])), ShapeError, "copyFrom: expected a value of the"],
    [
      "copyFrom a number",
      () => x23.copyFrom(3 as never),
      ValueError,
      "copyFrom: expected tensors, got the number 3.",
    ],
    ["assign", () => w.assign(x23, ones([2])), ShapeError, "assign: expected a value of the"],
  ]);
});

describe("advice", () => {
  const whole = int([1, 2]);
  const generator = new w.Generator(1);
  table([
    [
      "for a vector in grad",
      () => w.grad((x: Tensor) => square(x))(ones([2])),
      GradientError,
      "grad: expected a function that returns a scalar, got one that returns shape [2]. Reduce it (sum, mean), or use vjp, whose pullback takes a cotangent.",
    ],
    [
      "for limits that are NaN",
      () => loose.clamp(x23, { min: NaN, max: 1 }),
      OptionError,
      "clamp: expected numbers min <= max, got min NaN, max 1. Pass numbers, or leave out",
    ],
    [
      "for limits that are no numbers",
      () => loose.clamp(x23, { max: "1" }),
      OptionError,
      'clamp: expected numbers min <= max, got min -Infinity, max the string "1". Pass numbers',
    ],
    [
      "for limits the wrong way round",
      () => loose.clamp(x23, { min: 1, max: 0 }),
      OptionError,
      "got min 1, max 0. Exchange them.",
    ],
    [
      "for quotients of integers",
      () => loose.div(whole, 2),
      DTypeError,
      'div: expected float32 or float64, got int32. Cast it first, e.g. cast(x, "float32"). For whole quotients use floorDivide.',
    ],
    [
      "for split",
      () => generator.split(-1),
      OptionError,
      "split: expected a number of generators: an integer >= 0, got -1. Write e.g. generator.split(2).",
    ],
    [
      "for permutation",
      () => loose.permutation(-1),
      OptionError,
      "permutation: expected a number of elements: an integer >= 0, got -1. Write e.g. permutation(10).",
    ],
  ]);
});

describe("what came", () => {
  table([
    [
      "an axis as a string",
      () => loose.sum(x23, { axis: "0" }),
      AxisError,
      'sum: expected an axis from -2 to 1, got the string "0".',
    ],
    [
      "a dtype for the options",
      () => loose.zeros([1], "int32"),
      OptionError,
      'zeros: expected an object of options (dtype, requiresGrad), got the string "int32".',
    ],
    [
      "a size as a string",
      () => loose.zeros(["2", 3]),
      ShapeError,
      'zeros: expected a shape: an array of integers >= 0, got [the string "2", 3].',
    ],
    [
      "a seed as a string",
      () => new w.Generator("42" as never),
      OptionError,
      'got the string "42". Pass e.g. 42.',
    ],
    [
      "one entry",
      () => loose.tensor([[1, 2], [3]]),
      ValueError,
      "tensor: at [1]: expected 2 entries, as its neighbours have, got 1 entry.",
    ],
    [
      "one element",
      () => loose.reshape(ones([1]), [2]),
      ShapeError,
      "reshape: expected a shape of 1 element, as [1] has, got [2]. It has 2 elements;",
    ],
    [
      "one value",
      () => loose.tensor([1, 2], { shape: [1] }),
      ShapeError,
      "tensor: expected 1 value for shape [1], got 2.",
    ],
  ]);
});

describe("options out of their range", () => {
  const loss = () => sum(tensor([1], { requiresGrad: true }));
  table([
    ...["sum", "mean", "max", "logsumexp", "prod", "argmax"].map((name): Case => [
      `${name}'s keepDims`,
      () => loose[name](x23, { axis: 0, keepDims: "yes" }),
      OptionError,
      `${name}: expected keepDims: true or false, got the string "yes". Write e.g. { keepDims: true }.`,
    ]),
    [
      "reverse",
      () => loose.linearRecurrence(x23, x23, { axis: 0, reverse: 1 }),
      OptionError,
      "linearRecurrence: expected reverse: true or false, got the number 1.",
    ],
    [
      "retainGraph",
      () => loose.backward(loss(), { retainGraph: "no" }),
      OptionError,
      'backward: expected retainGraph: true or false, got the string "no".',
    ],
    [
      "an infinite end",
      () => loose.uniform([1], { high: Infinity }),
      OptionError,
      "uniform: expected finite numbers low <= high, got low 0, high Infinity.",
    ],
    [
      "an end that is no number",
      () => loose.uniform([1], { low: "0" }),
      OptionError,
      'uniform: expected finite numbers low <= high, got low the string "0", high 1.',
    ],
    [
      "an infinite deviation",
      () => loose.normal([1], { std: Infinity }),
      OptionError,
      "normal: expected a finite mean and a finite std >= 0, got mean 0, std Infinity.",
    ],
    [
      "no upper end",
      () => loose.randomIntegers([1], {}),
      OptionError,
      "randomIntegers: expected integers low < high from -2^31 to 2^31, got low 0, high left out.",
    ],
  ]);
});

describe("what is allowed", () => {
  it("options follow any number of arange", () => {
    const options = { dtype: "int32" } as const;
    const ranges = [arange(3, options), arange(1, 3, options), arange(1, 5, 2, options)];
    expect(ranges.map((x) => [x.dtype, x.toArray()])).toEqual([
      ["int32", [0, 1, 2]],
      ["int32", [1, 2]],
      ["int32", [1, 3]],
    ]);
    expect(() => loose.arange(1, 3, { dtyp: 1 })).toThrow("arange: expected the options dtype");
  });

  it("booleans alone are masks", () => {
    const mask = tensor([true, false]);
    expect(loose.where(mask, true, false).toArray()).toEqual([true, false]);
    expect(loose.where(mask, false, tensor([1, 2])).dtype).toBe("float32");
    expect(loose.where(mask, true, 2).dtype).toBe("float32");
    expect(loose.logicalAnd(true, false).toArray()).toBe(false);
  });
});

describe("an op's record", () => {
  const record = square.op;
  const scalarRecord = {
    name: "same",
    arity: 1,
    accepts: "float",
    expr: ([x]: unknown[]) => x,
    partials: notDifferentiable,
    reference: ([x]: number[]) => x,
  };
  const without = (object: object, field: string) => ({ ...object, [field]: undefined }) as never;

  table([
    ...["arity", "broadcasts", "shape", "body", "vjp", "jvp", "batch", "samples", "reference"].map(
      (field): Case => [
        `without ${field}`,
        () => defineOp(without(record, field)),
        OpDefinitionError,
        `defineOp(square): expected a field ${field}: `,
      ],
    ),
    [
      "without a name",
      () => defineOp(without(record, "name")),
      OpDefinitionError,
      "defineOp: expected a field name: a string that is not empty, got none. Mend the op's record.",
    ],
    [
      "with a rule that is none",
      () => defineOp({ ...record, vjp: [3 as never] }),
      OpDefinitionError,
      "defineOp(square): expected a field vjp: an array of rules (or null), one rule for all inputs, or notDifferentiable, got an array.",
    ],
    [
      "that is none",
      () => defineOp(null as never),
      OpDefinitionError,
      "expected a record, got null",
    ],
    ...["expr", "partials", "accepts", "reference"].map((field): Case => [
      `of a scalar formula without ${field}`,
      () => pointwise(without(scalarRecord, field)),
      OpDefinitionError,
      `pointwise(same): expected a field ${field}: `,
    ]),
  ]);
});
