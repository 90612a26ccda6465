import { describe, expect, it } from "vitest";
import {
  arange,
  DTypeError,
  eye,
  full,
  IndexRangeError,
  linspace,
  oneHot,
  ones,
  OptionError,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from "@wengert/autograd";

const int = (values: number[]) => tensor(values, { dtype: "int32" });

function expectTensor(x: Tensor, dtype: string, shape: readonly number[], values: unknown): void {
  expect(x.dtype).toBe(dtype);
  expect(x.shape).toEqual(shape);
  expect(x.toArray()).toEqual(values);
}

describe("tensor", () => {
  it("takes numbers, nested arrays and booleans", () => {
    expectTensor(tensor(3), "float32", [], 3);
    expectTensor(tensor([1, 2]), "float32", [2], [1, 2]);
    expectTensor(tensor([[1], [2]]), "float32", [2, 1], [[1], [2]]);
    expectTensor(tensor(true), "bool", [], true);
    expectTensor(tensor([[true, false]]), "bool", [1, 2], [[true, false]]);
    expectTensor(tensor([1, true]), "float32", [2], [1, 1]);
  });

  it("takes sizes of 0 at any depth", () => {
    expectTensor(tensor([]), "float32", [0], []);
    expectTensor(tensor([[], []]), "float32", [2, 0], [[], []]);
    expectTensor(tensor([[[]]], { dtype: "int32" }), "int32", [1, 1, 0], [[[]]]);
  });

  it("rounds to the dtype", () => {
    expect(tensor(0.1).item()).toBe(Math.fround(0.1));
    expect(tensor(0.1, { dtype: "float64" }).item()).toBe(0.1);
    expect(tensor(1e300).item()).toBe(Infinity);
    expect(tensor(1e-46).item()).toBe(0);
  });

  it("keeps NaN, infinities and -0 in floats", () => {
    const x = tensor([NaN, Infinity, -Infinity, -0]).toArray() as number[];
    expect(x.slice(0, 3)).toEqual([NaN, Infinity, -Infinity]);
    expect(Object.is(x[3], -0)).toBe(true);
  });

  it("holds what int32 and bool can hold", () => {
    expect(int([2147483647, -2147483648, -0]).toArray()).toEqual([2147483647, -2147483648, 0]);
    expect(tensor([0, 1, true], { dtype: "bool" }).toArray()).toEqual([false, true, true]);
  });

  it.each([NaN, Infinity, 0.5, 2147483648, -2147483649])("refuses %s as int32", (value) => {
    expect(() => int([0, value])).toThrow(ValueError);
    expect(() => int([0, value])).toThrow(
      `tensor[1]: expected integers between -2147483648 and 2147483647 for dtype int32, ` +
        `got ${value}. Round the value, or use { dtype: "float32" }.`,
    );
  });

  it("refuses other numbers than 0 and 1 as bool", () => {
    expect(() => tensor([2], { dtype: "bool" })).toThrow(
      "tensor[0]: expected true, false, 1 or 0 for dtype bool, got 2. Compare first, e.g. ne(x, 0).",
    );
  });

  it.each([
    [["1"], "tensor[0]", 'the string "1"'],
    [[[1], [null]], "tensor[1][0]", "null"],
    [[undefined], "tensor[0]", "undefined"],
    [undefined, "tensor", "undefined"],
    [[1n], "tensor[0]", "the bigint 1"],
    [[{ x: 1 }], "tensor[0]", "an object (Object)"],
    [[() => 1], "tensor[0]", "a function"],
    [[zeros([2])], "tensor[0]", "an object (Tensor)"],
    ["12", "tensor", 'the string "12"'],
  ])("refuses what is no number: %s", (values, where, got) => {
    const make = () => tensor(values as never);
    expect(make).toThrow(ValueError);
    expect(make).toThrow(`${where}: expected numbers or booleans, got ${got}. Convert`);
  });

  it.each([
    [[[1, 2], [3]], "tensor: at [1]: expected 2 entries, as its neighbours have, got 1 entry."],
    [[[1], [2, 3]], "tensor: at [1]: expected 1 entry, as its neighbours have, got 2 entries."],
    [[[1], 2], "tensor: at [1]: expected 1 entry, as its neighbours have, got 2."],
    [
      [1, [2]],
      "tensor: at [1]: expected a number, as its neighbours have, got an array of 1 entry.",
    ],
    [[[], [1]], "tensor: at [1]: expected 0 entries, as its neighbours have, got 1 entry."],
    [
      [
        [[1], [2]],
        [[3], []],
      ],
      "tensor: at [1][1]: expected 1 entry, as its neighbours have",
    ],
  ])("refuses ragged arrays: %j", (values, message) => {
    expect(() => tensor(values as never)).toThrow(ValueError);
    expect(() => tensor(values as never)).toThrow(message);
  });

  it("takes a shape for the values", () => {
    expectTensor(
      tensor([1, 2, 3, 4], { shape: [2, 2] }),
      "float32",
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    );
    expectTensor(tensor([5], { shape: [] }), "float32", [], 5);
  });

  it("refuses a shape of another size", () => {
    expect(() => tensor(new Float32Array(5), { shape: [2, 3] })).toThrow(ShapeError);
    expect(() => tensor(new Float32Array(5), { shape: [2, 3] })).toThrow(
      "tensor: expected 6 values for shape [2, 3], got 5. Pass the shape that the values fill.",
    );
    expect(() => tensor(new Float32Array(4), { shape: [-2, -2] })).toThrow(
      "tensor: expected a shape: an array of integers >= 0, got [-2, -2].",
    );
  });
});

describe("tensor of a typed array", () => {
  it("keeps the dtype that the array has", () => {
    expectTensor(tensor(Float32Array.of(1, 2)), "float32", [2], [1, 2]);
    expectTensor(tensor(Float64Array.of(0.1), { shape: [1, 1] }), "float64", [1, 1], [[0.1]]);
    expectTensor(tensor(Int32Array.of(-1)), "int32", [1], [-1]);
    expectTensor(tensor(Uint8Array.of(1, 255)), "float32", [2], [1, 255]);
  });

  it("converts to the dtype asked for, with its checks", () => {
    expectTensor(tensor(Float64Array.of(1, 2), { dtype: "int32" }), "int32", [2], [1, 2]);
    expectTensor(tensor(Int32Array.of(0, 1), { dtype: "bool" }), "bool", [2], [false, true]);
    expectTensor(
      tensor(Float64Array.of(0.1), { dtype: "float32" }),
      "float32",
      [1],
      [Math.fround(0.1)],
    );
    expect(() => tensor(Float64Array.of(0, NaN), { dtype: "int32" })).toThrow(
      "tensor[1]: expected integers",
    );
    expect(() => tensor(Uint8Array.of(7), { dtype: "bool" })).toThrow("tensor[0]: expected true");
  });

  it("copies", () => {
    const values = Float32Array.of(1, 2);
    const x = tensor(values);
    values[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
  });

  it("is a view of part of a buffer, or of no element", () => {
    expect(tensor(new Float32Array(new ArrayBuffer(16), 8)).shape).toEqual([2]);
    expectTensor(tensor(new Float32Array(0), { shape: [0, 3] }), "float32", [0, 3], []);
  });

  it.each([new BigInt64Array(1), new DataView(new ArrayBuffer(8))])("refuses %s", (values) => {
    expect(() => tensor(values as never)).toThrow(ValueError);
    expect(() => tensor(values as never)).toThrow(
      /tensor: expected a typed array of numbers, got a /,
    );
  });
});

describe("full, zeros and ones", () => {
  it("fill every dtype", () => {
    expectTensor(zeros([2, 1]), "float32", [2, 1], [[0], [0]]);
    expectTensor(ones([2], { dtype: "bool" }), "bool", [2], [true, true]);
    expectTensor(full([2], -3, { dtype: "int32" }), "int32", [2], [-3, -3]);
    expectTensor(full([], 0.5, { dtype: "float64" }), "float64", [], 0.5);
    expectTensor(full([0, 2], 7), "float32", [0, 2], []);
    expect(Object.is(full([1], -0).item(), -0)).toBe(true);
  });

  it("refuse values that the dtype cannot hold", () => {
    expect(() => full([1], NaN, { dtype: "int32" })).toThrow(/^full: expected integers .* got NaN/);
    expect(() => full([1], undefined as never)).toThrow("full: expected numbers or booleans");
  });

  it.each([[3], [[2.5]], [[-1]], [["2"]], [[NaN]], [undefined]])("refuse the shape %j", (shape) => {
    expect(() => zeros(shape as never)).toThrow(ShapeError);
    expect(() => zeros(shape as never)).toThrow(
      /^zeros: expected a shape: an array of integers >= 0, got .*\. Write e\.g\. \[2, 3\]/,
    );
  });

  it("do not keep the array that names the shape", () => {
    const shape: number[] = [2, 3];
    const x = zeros(shape);
    shape[0] = 5;
    expect(x.shape).toEqual([2, 3]);
    expect(() => ((x.shape as number[])[0] = 4)).toThrow(TypeError);
  });

  it("refuse gradients of integers", () => {
    for (const make of [
      () => zeros([1], { dtype: "int32", requiresGrad: true }),
      () => tensor([true], { requiresGrad: true }),
      () => arange(3, { dtype: "int32", requiresGrad: true }),
      () => eye(2, { dtype: "bool", requiresGrad: true }),
    ]) {
      expect(make).toThrow(DTypeError);
      expect(make).toThrow(
        /^requiresGrad: expected a floating-point tensor, got (int32|bool)\. Integers/,
      );
    }
    expect(zeros([1], { requiresGrad: true }).requiresGrad).toBe(true);
  });
});

describe("arange", () => {
  it("counts up to but without the end", () => {
    expectTensor(arange(3), "float32", [3], [0, 1, 2]);
    expectTensor(arange(1, 2, 0.25), "float32", [4], [1, 1.25, 1.5, 1.75]);
    expectTensor(arange(3, 0, -1, { dtype: "int32" }), "int32", [3], [3, 2, 1]);
    expectTensor(arange(2.5), "float32", [3], [0, 1, 2]);
    expectTensor(arange(2, 4, undefined, { dtype: "float64" }), "float64", [2], [2, 3]);
  });

  it("is empty where the step leads away", () => {
    expectTensor(arange(0), "float32", [0], []);
    expectTensor(arange(-3), "float32", [0], []);
    expectTensor(arange(0, 3, -1), "float32", [0], []);
  });

  it("does not accumulate the error of its step", () => {
    const x = arange(0, 1, 0.1, { dtype: "float64" });
    expect(x.shape).toEqual([10]);
    expect((x.toArray() as number[])[7]).toBe(7 * 0.1);
  });

  it("refuses steps of 0 and what is not finite", () => {
    for (const [start, stop, step] of [
      [0, 1, 0],
      [0, Infinity, 1],
      [NaN, 1, 1],
    ]) {
      expect(() => arange(start, stop, step)).toThrow(OptionError);
      expect(() => arange(start, stop, step)).toThrow(
        "arange: expected finite start, stop and step, and a step that is not 0, got start",
      );
    }
    expect(() => arange(0, 1, 0.5, { dtype: "int32" })).toThrow(ValueError);
  });
});

describe("linspace", () => {
  it("includes both ends exactly", () => {
    expectTensor(linspace(0, 1, 5), "float32", [5], [0, 0.25, 0.5, 0.75, 1]);
    const x = linspace(0.1, 0.7, 4, { dtype: "float64" }).toArray() as number[];
    expect([x[0], x[3]]).toEqual([0.1, 0.7]);
    expectTensor(linspace(2, -2, 3, { dtype: "int32" }), "int32", [3], [2, 0, -2]);
  });

  it("takes one number and none", () => {
    expectTensor(linspace(3, 9, 1), "float32", [1], [3]);
    expectTensor(linspace(3, 9, 0), "float32", [0], []);
  });

  it.each([
    [0, 1, -1],
    [0, 1, 2.5],
    [NaN, 1, 3],
    [0, Infinity, 3],
  ])("refuses %s, %s, %s", (start, stop, count) => {
    expect(() => linspace(start, stop, count)).toThrow(OptionError);
    expect(() => linspace(start, stop, count)).toThrow(
      "linspace: expected finite start and stop, and a count that is an integer >= 0, got start",
    );
  });
});

describe("eye", () => {
  it("has ones on the diagonal, whatever the sides", () => {
    expectTensor(
      eye(2),
      "float32",
      [2, 2],
      [
        [1, 0],
        [0, 1],
      ],
    );
    expectTensor(eye(1, 3, { dtype: "int32" }), "int32", [1, 3], [[1, 0, 0]]);
    expectTensor(eye(3, 1), "float32", [3, 1], [[1], [0], [0]]);
    expectTensor(
      eye(2, { dtype: "bool" }),
      "bool",
      [2, 2],
      [
        [true, false],
        [false, true],
      ],
    );
    expectTensor(eye(0), "float32", [0, 0], []);
  });

  it("refuses negative sides", () => {
    expect(() => eye(-1)).toThrow(
      "eye: expected a shape: an array of integers >= 0, got [-1, -1].",
    );
  });
});

describe("oneHot", () => {
  it("adds an axis of classes", () => {
    expectTensor(
      oneHot(int([0, 2]), 3),
      "float32",
      [2, 3],
      [
        [1, 0, 0],
        [0, 0, 1],
      ],
    );
    expectTensor(
      oneHot(tensor(1, { dtype: "int32" }), 2, { dtype: "bool" }),
      "bool",
      [2],
      [false, true],
    );
    expectTensor(oneHot(int([]), 2), "float32", [0, 2], []);
    expectTensor(oneHot(zeros([1, 2], { dtype: "int32" }), 1), "float32", [1, 2, 1], [[[1], [1]]]);
    expectTensor(oneHot(int([]), 0), "float32", [0, 0], []);
  });

  it("refuses other classes, dtypes and counts", () => {
    expect(() => oneHot(int([3]), 3)).toThrow(IndexRangeError);
    expect(() => oneHot(int([3]), 3)).toThrow("oneHot: expected indices from 0 to 2, got 3.");
    expect(() => oneHot(int([-1]), 3)).toThrow("got -1. Check the indices; negative ones are not");
    expect(() => oneHot(int([0]), 0)).toThrow(
      "expected no index at all (the axis has size 0), got 0",
    );
    expect(() => oneHot(tensor([0]), 3)).toThrow(DTypeError);
    expect(() => oneHot(tensor([0]), 3)).toThrow(
      "oneHot: expected indices of dtype int32, got float32",
    );
    expect(() => oneHot(int([0]), -1)).toThrow(OptionError);
    expect(() => oneHot(int([0]), 2.5)).toThrow(
      "oneHot: expected the number of classes: an integer",
    );
  });
});
