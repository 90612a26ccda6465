import { describe, expect, it } from "vitest";
import {
  arange,
  OptionError,
  ShapeError,
  slice,
  tensor,
  zeros,
  type Tensor,
} from "@wengert/autograd";

describe("reading", () => {
  it("item takes exactly one element", () => {
    expect(tensor([[5]]).item()).toBe(5);
    expect(tensor(true).item()).toBe(1);
    expect(slice(arange(6).reshape([2, 3]).transpose(), [2, 1]).item()).toBe(5);
    expect(() => zeros([2]).item()).toThrow(
      "item: expected a tensor of one element, got shape [2]. Reduce it first (sum, mean), or use",
    );
    expect(() => zeros([0]).item()).toThrow(ShapeError);
  });

  it("data is a copy in row-major order", () => {
    const x = arange(4).reshape([2, 2]);
    const { data } = x.transpose();
    expect(data).toEqual(Float32Array.of(0, 2, 1, 3));
    data[0] = 9;
    x.data[0] = 9;
    expect(x.toArray()).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("borrowData is the memory itself where it is contiguous", () => {
    const x = arange(4).reshape([2, 2]);
    const row = slice(x, [1]);
    expect(row.borrowData()).toEqual(Float32Array.of(2, 3));
    expect(row.borrowData().buffer).toBe(x.borrowData().buffer);
    expect(x.transpose().borrowData()).toEqual(Float32Array.of(0, 2, 1, 3));
  });

  it("expect narrows the type or throws", () => {
    const x: Tensor = zeros([2, 3]);
    const y: Tensor<[2, 3]> = x.expect([2, 3]);
    expect(y).toBe(x);
    for (const shape of [[3, 2], [2], [2, 3, 1]]) {
      expect(() => x.expect(shape)).toThrow(ShapeError);
      expect(() => x.expect(shape)).toThrow(/^expect: expected shape \[.*\], got \[2, 3\]\./);
    }
  });

  it("a tensor is no number", () => {
    const x = zeros([]) as unknown as number;
    for (const use of [() => x + 1, () => x * 2, () => +x, () => x < 1]) {
      expect(use).toThrow(OptionError);
      expect(use).toThrow("a JavaScript operator: expected numbers, got a tensor. Write add(a, b)");
    }
    expect(`${x}`).toBe("tensor(0.)");
  });

  it("a tensor is written as JSON like its nested arrays", () => {
    expect(JSON.stringify({ x: tensor([[1, 2]]) })).toBe('{"x":[[1,2]]}');
  });
});
