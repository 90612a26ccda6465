// Bad uses of the tape.
import { describe, expect, it } from "vitest";
import {
  add,
  backward,
  clone,
  DTypeError,
  exp,
  grad,
  GradientError,
  matmul,
  mul,
  MutationError,
  neg,
  noGrad,
  ones,
  reshape,
  scatterAdd,
  ShapeError,
  square,
  sub,
  sum,
  tensor,
  TransformError,
  ValueError,
  vjp,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";

const parameter = (values: number | number[] | number[][]): Tensor =>
  tensor(values, { requiresGrad: true });

describe("backward", () => {
  it("needs a cotangent for more than one element", () => {
    const y = mul(parameter([1, 2]), 2);
    expect(() => y.backward()).toThrow(GradientError);
    expect(() => y.backward()).toThrow(
      "backward: expected a scalar, or a cotangent to weight the elements with, got shape [2]. " +
        "Reduce it (sum, mean), or pass { cotangent } of its shape.",
    );
    y.backward({ cotangent: ones([2]) });
  });

  it("needs a cotangent of the output's shape and dtype", () => {
    const x = parameter([1, 2]);
    const y = mul(x, 2);
    const cases = [
      [ones([3]), ShapeError, "expected a cotangent of the output's shape [2], got [3]."],
      [ones([]), ShapeError, "expected a cotangent of the output's shape [2], got []."],
      [
        ones([2], { dtype: "float64" }),
        DTypeError,
        'got float64. Cast it: cast(cotangent, "float32").',
      ],
      [1 as never, ValueError, "backward: expected a tensor as cotangent, got the number 1."],
    ] as const;
    for (const [cotangent, error, message] of cases) {
      expect(() => y.backward({ cotangent })).toThrow(error);
      expect(() => y.backward({ cotangent })).toThrow(message);
    }
    expect(x.grad).toBeNull();
    y.backward({ cotangent: ones([2]) });
    expect(x.grad!.toArray()).toEqual([2, 2]);
  });

  it.each<[string, () => Tensor, string]>([
    ["a constant", () => sum(ones([2])), "one that is not on the tape"],
    ["a detached tensor", () => parameter(1).mul(2).detach(), "one that is not on the tape"],
    [
      "what noGrad computed",
      () => noGrad(() => parameter(1).mul(2)),
      "one that is not on the tape",
    ],
    ["integers", () => tensor(1, { dtype: "int32" }), "one of dtype int32"],
  ])("of %s is an error", (_, make, got) => {
    expect(() => make().backward()).toThrow(GradientError);
    expect(() => backward(make())).toThrow(
      `backward: expected a tensor that was computed from tensors with requiresGrad, got ${got}. Make`,
    );
  });

  it("runs once, unless the tape is kept", () => {
    const x = parameter(3);
    const y = square(x);
    y.backward({ retainGraph: true });
    y.backward();
    expect(() => y.backward()).toThrow(GradientError);
    expect(() => y.backward()).toThrow(
      "backward: expected a tape that is still there, got one that an earlier backward has used up. " +
        "Pass { retainGraph: true } to the earlier backward, or compute the loss again.",
    );
    expect(x.grad!.item()).toBe(12);
  });

  it("finds out that part of the tape has been used up, before it touches a gradient", () => {
    const [x, w] = [parameter(3), parameter(5)];
    const shared = square(x);
    neg(shared).backward();
    expect(() => mul(w, add(shared, w)).backward()).toThrow("used up");
    expect(w.grad).toBeNull();
    expect(x.grad!.item()).toBe(-6);
  });

  it("is not for the inside of a transform", () => {
    expect(() => grad((x: Tensor) => (square(x).backward(), x))(tensor(1))).toThrow(TransformError);
    expect(() => grad((x: Tensor) => (square(x).backward(), x))(tensor(1))).toThrow(
      "backward: expected a tensor outside of transforms, got one inside of grad. Inside of a",
    );
  });
});

describe("a tensor that was changed after it was saved", () => {
  const change = (x: Tensor): void => x.copyFrom(mul(x.detach(), 2));

  it.each<[string, (x: Tensor, c: Tensor) => Tensor, string]>([
    ["mul", (x, c) => mul(x, c), "backward of mul: expected input 1 (shape [2]) as it was in the"],
    ["square", (x, c) => mul(square(add(x, c)), c), "backward of mul: expected input 1"],
    ["matmul", (x, c) => matmul(x, c), "backward of matmul: expected input 1 (shape [2])"],
    [
      "through a view",
      (x, c) => mul(reshape(x, [2, 1]), reshape(c, [2, 1])),
      "backward of mul: expected input 1 (shape [2, 1])",
    ],
  ])("is refused by %s", (_, f, message) => {
    const [x, c] = [parameter([1, 2]), tensor([3, 4])];
    const loss = sum(f(x, c));
    change(c);
    expect(() => loss.backward()).toThrow(MutationError);
    const again = sum(f(x, c));
    change(c);
    expect(() => again.backward()).toThrow(message);
    expect(x.grad).toBeNull();
  });

  it("says what happened and what to do", () => {
    const x = parameter([1, 2]);
    const loss = sum(square(x));
    change(x);
    expect(() => loss.backward()).toThrow(
      "backward of square: expected input 0 (shape [2]) as it was in the forward pass, got one that has " +
        "been assigned since (copyFrom, or an optimizer's step). Call backward() before the assignment, " +
        "or compute with a copy: x.clone().",
    );
    expect(() => loss.backward()).toThrow(GradientError);
  });

  it("is refused when it was an output, changed through what shares its memory", () => {
    const x = parameter([1, 2]);
    const y = exp(x);
    const loss = sum(y);
    y.detach().copyFrom(zeros([2]));
    expect(() => loss.backward()).toThrow("backward of exp: expected output 0 (shape [2])");
  });

  it.each<[string, (x: Tensor, c: Tensor) => Tensor]>([
    ["add", (x, c) => add(x, c)],
    ["sub", (x, c) => sub(c, x)],
    ["sum", (x, c) => add(sum(x), sum(c))],
    ["clone", (x, c) => mul(clone(x), clone(c))],
    ["scatterAdd", (x, c) => scatterAdd(c, tensor([0, 0], { dtype: "int32" }), x, { axis: 0 })],
  ])("does not matter to %s, which needs no value", (_, f) => {
    const [x, c] = [parameter([1, 2]), tensor([3, 4])];
    const loss = sum(f(x, c));
    change(x);
    change(c);
    loss.backward();
    expect(x.grad!.shape).toEqual([2]);
  });

  it("is only refused where the gradient goes", () => {
    const [x, w] = [tensor([1, 2]), parameter([3, 4])];
    const loss = sum(mul(w, x));
    w.copyFrom(zeros([2]));
    loss.backward();
    expect(w.grad!.toArray()).toEqual([1, 2]);
  });

  it("is noticed by a pullback too", () => {
    const [c, x] = [tensor([3, 4]), tensor([1, 2])];
    const [, pull] = vjp((x: Tensor) => mul(x, c), x);
    expect(pull(ones([2]))[0].toArray()).toEqual([3, 4]);
    change(c);
    expect(() => pull(ones([2]))).toThrow(MutationError);
  });
});

describe("assignment", () => {
  it("is refused to what the tape made, and inside of transforms", () => {
    const y = square(parameter([1]));
    expect(() => y.copyFrom(zeros([1]))).toThrow(GradientError);
    expect(() => y.copyFrom(zeros([1]))).toThrow(
      "copyFrom: expected a target that was not computed on the tape, got the output of a recorded op.",
    );
    expect(y.toArray()).toEqual([1]);
    const inside = grad((x: Tensor) => (x.copyFrom(zeros([1])), sum(x)));
    expect(() => inside(ones([1]))).toThrow(TransformError);
    expect(() => inside(ones([1]))).toThrow(
      "copyFrom: expected a target that no transform has boxed",
    );
    const target = ones([]);
    expect(() => vmap((x: Tensor) => (target.copyFrom(x), x))(zeros([2]))).toThrow(
      "copyFrom: expected tensors outside of vmap: it writes into one of them, got a batch of them.",
    );
    expect(target.item()).toBe(1);
  });
});
