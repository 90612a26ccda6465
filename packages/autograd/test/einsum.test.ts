// einsum and other sums of products: the order of contractions, and what is refused.
import { describe, expect, it } from "vitest";
import * as w from "../src/index.ts";
import { contractionOrder } from "../src/ops/einsum-order.ts";
import { int, loose, table, x23 } from "./errors.support.ts";

const { einsum, ones, tapeOf, tensor } = w;
type Tensor = w.Tensor;

describe("the order of contractions", () => {
  const sizes = new Map(Object.entries({ a: 10, b: 100, c: 5, d: 50, e: 2, f: 7, g: 3 }));
  const order = (terms: string, out: string) =>
    contractionOrder(
      terms.split(",").map((term) => term.split("")),
      out.split(""),
      sizes,
    );

  it("is the textbook's for a chain of matrices", () => {
    // (10 × 100)(100 × 5) first: 5000 + 2500 multiplications, not 25 000 + 50 000.
    expect(order("ab,bc,cd", "ad")).toEqual([
      [0, 1],
      [0, 1],
    ]);
    // From the right where the last one is thin: 500 + 1000 + …
    expect(order("ab,bc,cd,de", "ae")[0]).toEqual([2, 3]);
  });

  it("uses each of many operands once", () => {
    const terms = "ab,bc,cd,de,ef,fg,ga";
    const pairs = order(terms, "");
    expect(pairs).toHaveLength(6);
    pairs.forEach(([i, j], n) => {
      expect(i).toBeLessThan(j);
      expect(j).toBeLessThan(7 - n);
    });
  });

  it("makes no difference to the value", () => {
    const operands = Array.from({ length: 7 }).map((_, i) =>
      tensor([1, i, -1, 0.5], { shape: [2, 2], dtype: "float64" }),
    );
    const chain = loose.einsum("ab,bc,cd,de,ef,fg,gh->ah", ...operands);
    const product = operands.reduce((p: Tensor, x: Tensor) => w.matmul(p, x));
    expect(chain.toArray()).toEqual(product.toArray());
  });
});

it("of two operands is one contraction", () => {
  const a = ones([2, 3]) as Tensor;
  a.requiresGrad = true;
  const text = String(tapeOf(einsum("ij,jk->ki", a, ones([3, 4]))));
  expect(text).toContain("contract");
  expect(text).not.toContain("permute");
});

it("keeps integers, and takes scalars", () => {
  const y = einsum("i,i->", int([1, 2, 3]), int([4, 5, 6]));
  expect([y.dtype, y.item()]).toEqual(["int32", 32]);
  expect(einsum(",i->i", tensor(2), tensor([1, 2])).toArray()).toEqual([2, 4]);
  expect(einsum("->", tensor(3)).item()).toBe(3);
});

it("sums over nothing to 0, and keeps what is not a number", () => {
  expect(einsum("ij,jk->ik", ones([1, 0]), ones([0, 2])).toArray()).toEqual([[0, 0]]);
  expect(einsum("i->", tensor([1, NaN])).item()).toBeNaN();
});

describe("what is refused", () => {
  table([
    [
      "no equation",
      () => loose.einsum(x23),
      w.OptionError,
      "einsum: expected an equation, got an object (Tensor).",
    ],
    [
      "no operands",
      () => loose.einsum("i"),
      w.OptionError,
      "einsum: expected an equation and tensors, got",
    ],
    [
      "too few terms",
      () => loose.einsum("ij", x23, x23),
      w.OptionError,
      'einsum: expected a term for each of 2 operands, got "ij of 1 term".',
    ],
    [
      "two arrows",
      () => loose.einsum("ij->j->i", x23),
      w.OptionError,
      'einsum: expected "->" once, got "ij->j->i".',
    ],
    [
      "digits",
      () => loose.einsum("i1->i", x23),
      w.OptionError,
      'einsum: expected letters, and "..." at most once in a term, got "i1->i".',
    ],
    ["two dots", () => loose.einsum("i..->i", x23), w.OptionError, 'got "i..->i".'],
    [
      "too many letters",
      () => loose.einsum("ijk->i", x23),
      w.ShapeError,
      "einsum: expected 3 axes of operand 0, as its term says, got [2, 3].",
    ],
    [
      "too few letters",
      () => loose.einsum("...ijk->i", x23),
      w.ShapeError,
      "einsum: expected at least 3 axes of operand 0, as its term says, got [2, 3].",
    ],
    [
      "another letter in the output",
      () => loose.einsum("ij->ik", x23),
      w.OptionError,
      'einsum: expected an output of letters that stand in an operand, each once, got "k in ik".',
    ],
    [
      "a letter twice in the output",
      () => loose.einsum("ij->ii", x23),
      w.OptionError,
      'got "i in ii". What is repeated in the output would be a diagonal; make it with diag.',
    ],
    [
      "sizes",
      () => loose.einsum("ij,jk->ik", x23, x23),
      w.ShapeError,
      'einsum: expected one size for j in "ij,jk->ik", got 3 and 2 in [2, 3], [2, 3].',
    ],
    [
      "sizes of a diagonal",
      () => loose.einsum("ii", ones([1, 3])),
      w.ShapeError,
      'einsum: expected one size for i in "ii", got 1 and 3 in [1, 3].',
    ],
    [
      "sizes under dots",
      () => loose.einsum("...i,...i", x23, ones([3, 3])),
      w.ShapeError,
      'einsum: expected one size for "..." in "...i,...i", got 2 and 3 in [2, 3], [3, 3].',
    ],
    [
      "booleans",
      () => loose.einsum("i", tensor([true])),
      w.DTypeError,
      "einsum: expected float32, float64 or int32, got bool.",
    ],
    [
      "mixed dtypes",
      () => loose.einsum("i,i", ones([1]), int([1])),
      w.DTypeError,
      "einsum: expected operands of one dtype, got float32 and int32.",
    ],
    [
      "no tensor",
      () => loose.einsum("i", [1, 2]),
      w.ValueError,
      "einsum: expected a tensor, got an array",
    ],
    [
      "outer",
      () => loose.outer(x23, ones([2])),
      w.ShapeError,
      "outer: expected two vectors, got [2, 3] and [2].",
    ],
    [
      "inner",
      () => loose.inner(x23, ones([2])),
      w.ShapeError,
      "inner: expected last axes of one size, got [2, 3] and [2].",
    ],
    ["inner, a scalar", () => loose.inner(x23, ones([])), w.ShapeError, "got [2, 3] and []."],
    [
      "tensordot",
      () => loose.tensordot(x23, x23, { axes: 1 }),
      w.ShapeError,
      "tensordot: expected axes of the same sizes, got axes [1] of [2, 3] and [0] of [2, 3].",
    ],
    [
      "tensordot, too many",
      () => loose.tensordot(x23, ones([3]), { axes: 2 }),
      w.OptionError,
      "tensordot: expected axes: a number of axes that both have, or two lists of as many distinct axes, got 2 for [2, 3] and [3].",
    ],
    [
      "tensordot, lists",
      () => loose.tensordot(x23, x23, { axes: [[0, 1], [0]] }),
      w.OptionError,
      "got [[0, 1], [0]] for [2, 3] and [2, 3].",
    ],
    [
      "tensordot, an axis",
      () => loose.tensordot(x23, x23, { axes: [2, 0] }),
      w.AxisError,
      "tensordot: expected an axis from -2 to 1, got axis 2.",
    ],
  ]);
});
