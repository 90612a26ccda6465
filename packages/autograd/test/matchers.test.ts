// The matchers, and what a gradient check says about what it cannot judge.
import { describe, expect, it } from "vitest";
import {
  abs,
  cast,
  checkable,
  defineOp,
  grad,
  gt,
  mean,
  mul,
  pointwise,
  scalar,
  normal,
  NDArray,
  relu,
  sin,
  square,
  sum,
  tensor,
  where,
  Generator,
  OptionError,
  type OpRecord,
  type Tensor,
} from "../src/index.ts";
import "../src/testing/vitest.ts";
import {
  checkOp,
  checkResults,
  OpCheckError,
  gradcheck,
  GradcheckError,
  GradcheckInputError,
} from "../src/testing/index.ts";

const float64 = { dtype: "float64" } as const;
const x = tensor([0.3, -1.2, 2], float64);

describe("toPassGradcheck", () => {
  it("holds ops, checkable functions and functions with inputs to the checks", () => {
    expect(sin).toPassGradcheck({ runs: 5 });
    expect(checkable((a: Tensor) => sum(square(a)), [{ shape: [3] }])).toPassGradcheck();
    expect((a: Tensor) => sum(sin(a))).toPassGradcheck({ inputs: [x], order: 3 });
  });

  it("fails with the message of the check", () => {
    const wrong = (a: Tensor) => mul(sum(a), a.detach());
    expect(wrong).not.toPassGradcheck({ inputs: [x] });
    const message =
      /gradcheck \(reverse mode\): expected .* by finite differences for output \[0\]/;
    expect(() => expect(wrong).toPassGradcheck({ inputs: [x] })).toThrow(message);
    expect(() => expect(sin).not.toPassGradcheck({ runs: 2 })).toThrow("sin passes");
  });

  it("wants inputs for a plain function, and known options", () => {
    const f = (a: Tensor) => sum(a);
    expect(() => expect(f).toPassGradcheck()).toThrow(OptionError);
    expect(() => expect(f).not.toPassGradcheck()).toThrow(/Write expect\(f\).toPassGradcheck\(/);
    expect(() => expect(sin).toPassGradcheck({ rtol: 1 })).toThrow(/unknown option "rtol"/);
    expect(() => expect(3).toPassGradcheck({ inputs: [x] })).toThrow(/the number 3/);
  });
});

describe("a gradient check explains", () => {
  const kindOf = (f: (a: Tensor) => Tensor, at: Tensor): string => {
    try {
      gradcheck(f, [at]);
    } catch (error) {
      if (error instanceof GradcheckError) {
        expect(error.message).toContain(error.mismatch.diagnosis.advice);
        return error.mismatch.diagnosis.kind;
      }
      throw error;
    }
    return "none";
  };

  it.each([
    ["a kink at the point", (a: Tensor) => sum(relu(a)), [0, 1], "kink"],
    ["another one", (a: Tensor) => sum(abs(a)), [0], "none"],
    ["a jump", (a: Tensor) => where(gt(a, 2), a, square(a)), [2], "jump"],
    [
      "a detour through float32",
      (a: Tensor) => cast(sin(cast(a, "float32")), "float64"),
      [0.7],
      "float32",
    ],
    ["a wrong gradient", (a: Tensor) => mul(a, a.detach()), [3], "rule"],
  ])("%s", (_, f, at, kind) => {
    expect(kindOf(f, tensor(at, float64))).toBe(kind);
  });

  it("a kink by its two slopes", () => {
    const f = () => gradcheck((a) => sum(relu(a)), [tensor([0], float64)]);
    expect(f).toThrow(/its slope is 0\.000 from below and 1\.000 from above/);
  });

  it("does not mind a kink that its steps reach over", () => {
    const { worstError } = gradcheck((a) => sum(abs(a)), [tensor([2e-5], float64)]);
    expect(worstError).toBeLessThan(1e-7);
  });

  it("does not mind a function that is steep: no step size decides", () => {
    const f = (a: Tensor) => sum(sin(mul(a, 3e4)));
    expect(gradcheck(f, [tensor([0.1], float64)]).slope).toBeGreaterThan(1.9);
    expect(() => gradcheck(f, [tensor([0.1], float64)], { eps: 0.1 })).not.toThrow();
  });

  it.each([
    ["float32 inputs", (a: Tensor) => sum(a), tensor([1]), /cast\(x, "float64"\)/],
    ["integer inputs", (a: Tensor) => sum(a), tensor([1], { dtype: "int32" }), /close over them/],
    ["random draws", (a: Tensor) => mul(a, normal([3], float64)), x, /fixed seed inside/],
    ["a float32 result", (a: Tensor) => cast(a, "float32"), x, /Keep float64/],
    ["infinite values", (a: Tensor) => mul(a, Infinity), x, /finite at the inputs/],
  ])("%s", (_, f, at, message) => {
    const run = () => gradcheck(f, [at]);
    expect(run).toThrow(GradcheckInputError);
    expect(run).toThrow(message);
  });
});

describe("checkable functions", () => {
  const statuses = (f: Parameters<typeof checkResults>[0]) =>
    Object.fromEntries([...checkResults(f, { runs: 5 })].map((r) => [r.check, r.status]));

  it("take trees of arguments, and say what does not apply to them", () => {
    const loss = checkable(
      ({ w, b }: { w: Tensor; b: Tensor }, rows: Tensor, scale: number) =>
        mean(square(rows.matmul(w).add(b).mul(scale))),
      (draw) => [
        { w: { shape: [3, 2] }, b: { shape: [2] } },
        { shape: [draw.int(1, 3), 3] },
        draw.int(1, 2),
      ],
    );
    const result = statuses(loss);
    expect(result).toMatchObject({ value: "skipped", integers: "skipped", broadcast: "skipped" });
    const others = ["reverse", "third order", "Taylor", "vmap", "float32", "strides", "edges"];
    for (const name of others) expect([name, result[name]]).toEqual([name, "passed"]);
  });

  it("are functions as before", () => {
    const f = checkable((a: Tensor) => sum(square(a)), [x]);
    expect(grad(f)(x).toArray()).toEqual([0.6, -2.4, 4]);
  });

  it("are held to a reference", () => {
    const reference = (a: NDArray) => new NDArray([], [a.data.reduce((s, v) => s + v * v, 0)]);
    const f = (a: Tensor) => sum(square(a));
    checkOp(checkable(f, [{ shape: [3] }], { reference }));
    const wrong = checkable(f, [{ shape: [3] }], { reference: () => new NDArray([], [1]) });
    expect(() => checkOp(wrong)).toThrow(/fails the check "value"/);
  });

  it("that draw random numbers fail, with advice", () => {
    const generator = new Generator(1);
    const f = (a: Tensor) => mul(a, normal(a.shape, { dtype: a.dtype, generator }));
    expect(() => checkOp(checkable(f, [{ shape: [2] }]))).toThrow(/fixed seed/);
  });

  it("that look at their values are not batched", () => {
    const f = (a: Tensor) => (a.data[0] > 0 ? sum(square(a)) : sum(sin(a)));
    expect(statuses(checkable(f, [{ shape: [2], min: 0.5 }])).vmap).toBe("skipped");
  });

  it("are refused with wrong samples", () => {
    const f = (a: Tensor) => sum(a);
    expect(() => checkable(f, 3 as never)).toThrow(OptionError);
    expect(() => checkable(f, [{ shape: [3] }], { order: 4 as never })).toThrow(OptionError);
    expect(() => checkOp(checkable(f, [{ shape: 3 as never }]))).toThrow(/Write e\.g\. \{ shape/);
  });
});

describe("an op with a wrong record", () => {
  const record = pointwise({
    name: "cube",
    arity: 1,
    accepts: "float",
    expr: ([a]) => scalar.mul(a, scalar.mul(a, a)),
    partials: [({ x: a }) => mul(3, square(a))],
    reference: ([a]) => a ** 3,
  });
  const slope = (g: Tensor, a: Tensor): Tensor => mul(g, mul(3, square(a)));
  const wrong = (changes: Partial<OpRecord>) => () => checkOp(defineOp({ ...record, ...changes }));

  it.each<[string, Partial<OpRecord>, RegExp]>([
    [
      "a gradient of another shape",
      { broadcasts: false, vjp: [(g, { x: a }) => slope(g, a).reshape([...a.shape, 1])] },
      /backward of cube: expected a vjp rule for input 0 that returns float64 \[/,
    ],
    [
      "a gradient of another dtype",
      { vjp: [(g, { x: a }) => slope(g, a).cast("float64")] },
      /that returns float32 .*got float64/,
    ],
    ["a gradient that is none", { vjp: [() => [] as never] }, /backward of cube/],
    ["two tangents", { jvp: ([t]) => [t, t] }, /a tangent for the output, got 2 tangents/],
    ["a batch without its axis", { batch: ({ inputs: [a] }) => [sum(a)] }, /batch of cube/],
  ])("is told of %s", (_, changes, message) => {
    expect(wrong(changes)).toThrow(OpCheckError);
    expect(wrong(changes)).toThrow(message);
  });

  it("does not type-check where a field is missing, and is refused", () => {
    // That none is optional, the compiler says: a record without any one of them is no record.
    type Optional = {
      [K in keyof OpRecord]-?: Omit<OpRecord, K> extends OpRecord ? K : never;
    }[keyof OpRecord];
    const noneIsOptional: [Optional] extends [never] ? true : false = true;
    expect(noneIsOptional).toBe(true);
    const { batch: _, ...incomplete } = record;
    // @ts-expect-error: the batching rule is missing.
    expect(() => defineOp(incomplete)).toThrow(/expected a field batch/);
  });
});

describe("replaying", () => {
  it("draws the same sample from a path, whatever the seed", () => {
    const wrong = checkable(
      (a: Tensor) => mul(a, a.detach()),
      (draw) => [{ shape: [draw.int(1, 3)] }],
    );
    const failed = (options: object) =>
      [...checkResults(wrong, { only: ["reverse"], ...options })].map((r) => r.failure!)[0];
    const found = failed({ seed: 5 });
    expect(found.inputs).toEqual(["float [1]: [1]"]);
    expect(failed({ path: found.path }).inputs).toEqual(found.inputs);
    expect(() => failed({ path: "a.b" })).toThrow(OptionError);
  });
});
