import { describe, expect, it } from "vitest";
import {
  arange,
  cast,
  eq,
  expand,
  grad,
  permute,
  sum,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";

const lines = (...all: string[]): string => all.join("\n");

describe("numbers", () => {
  it.each<[unknown, string]>([
    [3, "tensor(3.)"],
    [3.25, "tensor(3.25)"],
    [-0, "tensor(-0.)"],
    [NaN, "tensor(nan)"],
    [[1, 2, 3], "tensor([1., 2., 3.])"],
    [[1, -20, 3], "tensor([  1., -20.,   3.])"],
    [[0.5, -1.25], "tensor([ 0.50, -1.25])"],
    [[NaN, Infinity, -Infinity, 1.5], "tensor([ nan,  inf, -inf,  1.5])"],
    [[NaN, 1], "tensor([nan,  1.])"],
    [[0, 1e-5], "tensor([0.e+00, 1.e-05])"],
    [[1e10, -2.5e-3], "tensor([ 1.0e+10, -2.5e-03])"],
    [[1e38, NaN], "tensor([1.e+38,    nan])"],
    [[1 / 3, 2 / 3], "tensor([0.3333, 0.6667])"],
    [[1.00001, 2], "tensor([1., 2.])"],
    [[], "tensor([], shape=[0])"],
  ])("%j", (values, text) => {
    expect(tensor(values as never).toString()).toBe(text);
  });

  it("aligns columns over all rows", () => {
    expect(
      tensor([
        [1, -10],
        [0.5, 100],
      ]).toString(),
    ).toBe(lines("tensor([[  1.0, -10.0],", "        [  0.5, 100.0]])"));
  });

  it("writes large and small magnitudes in powers of ten", () => {
    expect(tensor([1e8, 1]).toString()).toBe("tensor([1.e+08, 1.e+00])");
    expect(tensor([99999999, 1], { dtype: "float64" }).toString()).toBe(
      "tensor([99999999.,        1.], dtype=float64)",
    );
    expect(tensor(1e-100, { dtype: "float64" }).toString()).toBe("tensor(1.e-100, dtype=float64)");
    expect(tensor([1.5e100, 1], { dtype: "float64" }).toString()).toBe(
      "tensor([1.5e+100,  1.0e+00], dtype=float64)",
    );
  });
});

describe("other dtypes", () => {
  it("are named", () => {
    expect(tensor([1, -2], { dtype: "int32" }).toString()).toBe("tensor([ 1, -2], dtype=int32)");
    expect(tensor(7, { dtype: "int32" }).toString()).toBe("tensor(7, dtype=int32)");
    expect(tensor([true, false]).toString()).toBe("tensor([ true, false], dtype=bool)");
    expect(tensor(true).toString()).toBe("tensor(true, dtype=bool)");
    expect(zeros([0, 3], { dtype: "int32" }).toString()).toBe(
      "tensor([], shape=[0, 3], dtype=int32)",
    );
    expect(zeros([2, 0]).toString()).toBe("tensor([], shape=[2, 0])");
  });

  it("says that a gradient is wanted", () => {
    expect(tensor([1], { requiresGrad: true }).toString()).toBe("tensor([1.], requiresGrad=true)");
  });
});

describe("shapes", () => {
  it("has a blank line between matrices", () => {
    expect(arange(8).reshape([2, 2, 2]).toString()).toBe(
      lines(
        "tensor([[[0., 1.],",
        "         [2., 3.]],",
        "",
        "        [[4., 5.],",
        "         [6., 7.]]])",
      ),
    );
  });

  it("has two between stacks of matrices", () => {
    expect(arange(2, { dtype: "int32" }).reshape([2, 1, 1, 1]).toString()).toBe(
      lines("tensor([[[[0]]],", "", "", "        [[[1]]]], dtype=int32)"),
    );
  });

  it("wraps long rows", () => {
    expect(arange(22).toString()).toBe(
      lines(
        "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12.,",
        "        13., 14., 15., 16., 17., 18., 19., 20., 21.])",
      ),
    );
  });

  it("shows what a view shows", () => {
    const x = arange(6, { dtype: "int32" }).reshape([2, 3]);
    expect(x.transpose().toString()).toBe(
      lines("tensor([[0, 3],", "        [1, 4],", "        [2, 5]], dtype=int32)"),
    );
    expect(expand(tensor([1]), [2]).toString()).toBe("tensor([1., 1.])");
  });
});

describe("abbreviation", () => {
  it("begins above 1000 elements", () => {
    expect(zeros([1000]).toString()).not.toContain("...");
    expect(arange(1001, { dtype: "int32" }).toString()).toBe(
      "tensor([   0,    1,    2, ...,  998,  999, 1000], dtype=int32)",
    );
  });

  it("keeps three at both ends of each long axis", () => {
    expect(arange(10000).reshape([100, 100]).toString()).toBe(
      lines(
        "tensor([[   0.,    1.,    2., ...,   97.,   98.,   99.],",
        "        [ 100.,  101.,  102., ...,  197.,  198.,  199.],",
        "        [ 200.,  201.,  202., ...,  297.,  298.,  299.],",
        "        ...,",
        "        [9700., 9701., 9702., ..., 9797., 9798., 9799.],",
        "        [9800., 9801., 9802., ..., 9897., 9898., 9899.],",
        "        [9900., 9901., 9902., ..., 9997., 9998., 9999.]])",
      ),
    );
  });

  it("leaves short axes whole", () => {
    expect(arange(2002, { dtype: "int32" }).reshape([2, 1001]).toString()).toBe(
      lines(
        "tensor([[   0,    1,    2, ...,  998,  999, 1000],",
        "        [1001, 1002, 1003, ..., 1999, 2000, 2001]], dtype=int32)",
      ),
    );
  });

  it("formats by what it shows only", () => {
    const values = new Array<number>(2000).fill(1);
    values[1000] = 1e20;
    expect(tensor(values).toString()).toBe("tensor([1., 1., 1., ..., 1., 1., 1.])");
  });

  it("takes any number of axes", () => {
    const text = zeros([6, 6, 6, 6, 6, 6]).toString();
    expect(text.match(/0\./g)).toHaveLength(6 ** 6);
    expect(zeros([7, 7, 7, 7, 7, 7, 7]).toString().match(/0\./g)).toHaveLength(6 ** 7);
  });
});

describe("everywhere", () => {
  it("is what console.log shows", () => {
    const x = tensor([1]) as unknown as Record<symbol, () => string>;
    expect(x[Symbol.for("nodejs.util.inspect.custom")]()).toBe("tensor([1.])");
    expect(String(tensor(2))).toBe("tensor(2.)");
  });

  it("shows values inside of grad, and that there are none inside of vmap", () => {
    const seen: string[] = [];
    grad((x: Tensor) => {
      seen.push(String(x), String(sum(x)));
      return sum(x);
    })(tensor([1, 2]));
    vmap((x: Tensor) => {
      seen.push(String(x), String(eq(x, 0)));
      return x;
    })(zeros([3, 2]));
    expect(seen).toEqual([
      "tensor([1., 2.], requiresGrad=true)",
      "tensor(3., requiresGrad=true)",
      "tensor(inside vmap, shape=[2])",
      "tensor(inside vmap, shape=[2])",
    ]);
  });

  it("is independent of the memory layout", () => {
    const x = arange(24).reshape([2, 3, 4]);
    const moved = permute(x, [2, 0, 1]);
    expect(String(moved)).toBe(String(tensor(moved.toArray() as never)));
    expect(String(cast(moved, "int32"))).toBe(
      String(tensor(moved.toArray() as never, { dtype: "int32" })),
    );
  });
});
