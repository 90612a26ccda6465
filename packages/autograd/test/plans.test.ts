// Plans are found by layouts and attributes: what differs must not share one.
import { describe, expect, it } from "vitest";
import {
  defineOp,
  NDArray,
  notBatchable,
  notDifferentiable,
  ones,
  OpDefinitionError,
  pad,
  scalar as s,
  square,
  sum,
  tensor,
  type Attrs,
  type Tensor,
} from "@wengert/autograd";

type Any = Attrs & { readonly value: Attrs[string] };

/** Yields a number that says which attribute its plan was made for. */
const probe = defineOp<(value: unknown) => number, Any>(
  {
    name: "probe",
    arity: 1,
    broadcasts: false,
    shape: ([x]) => [x],
    body: (k, [x], { value }) => [k.map([x], (x) => s.mul(x, numberOf(value)))],
    vjp: notDifferentiable,
    jvp: notDifferentiable,
    batch: notBatchable,
    samples: () => ({ inputs: [], attrs: { value: 0 } }),
    reference: () => new NDArray([], []),
  },
  (apply) => (value: unknown) => apply([tensor(1)], { value } as Any).item(),
);

const values: unknown[] = [1, [1], [1, 0], [1, -0], "1", null, "null", true, "true", [], ""];
const numberOf = (value: unknown): number =>
  values.findIndex(
    (known) => JSON.stringify(known) === JSON.stringify(value) && sameZero(known, value),
  );
const sameZero = (a: unknown, b: unknown): boolean =>
  !Array.isArray(a) || a.every((x, i) => Object.is(x, (b as unknown[])[i]));

describe("plans", () => {
  it("are not shared by attributes that differ", () => {
    expect(values.map(probe)).toEqual(values.map((_, i) => i));
    expect(values.map(probe)).toEqual(values.map((_, i) => i));
  });

  it("tell -0 from 0", () => {
    const signs = [0, -0].map((value) => pad(ones([1]), [[1, 0]], { value }).data[0]);
    expect(Object.is(signs[0], 0)).toBe(true);
    expect(Object.is(signs[1], -0)).toBe(true);
  });

  it("cannot be found for attributes that are no plain data", () => {
    expect(() => probe({ w: 2 })).toThrow(OpDefinitionError);
    expect(() => probe([[1]])).toThrow("probe: expected attributes that are numbers");
  });
});

describe("a kept gradient", () => {
  it("has memory of its own where a rule repeats one number", () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    sum(x).backward();
    x.grad!.copyFrom(tensor([1, 2, 3]));
    expect(x.grad!.toArray()).toEqual([1, 2, 3]);
  });

  it("is refused in another shape than its tensor's", () => {
    const x: Tensor = tensor([1, 2], { requiresGrad: true });
    x.grad = tensor([1]);
    expect(() => sum(square(x)).backward()).toThrow(
      "backward: expected a .grad of its tensor's dtype and shape, float32 [2], got float32 [1].",
    );
  });

  it("cannot be asked of integers, nor taken from what was computed", () => {
    const whole = tensor([1], { dtype: "int32" });
    expect(() => (whole.requiresGrad = true)).toThrow("requiresGrad: expected a floating-point");
    const y = square(tensor([1], { requiresGrad: true }));
    expect(() => (y.requiresGrad = false)).toThrow("Use x.detach()");
    expect(y.requiresGrad).toBe(true);
  });
});
