// Bad uses of transforms, and ops of users with wrong records.
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  defineOp,
  DTypeError,
  grad,
  GradientError,
  jvp,
  mul,
  noGrad,
  ones,
  OpDefinitionError,
  OptionError,
  relu,
  reshape,
  rules,
  scalar,
  square,
  sum,
  tensor,
  TransformError,
  vjp,
  vmap,
  pointwise,
  type OpRecord,
  type Tensor,
} from "@wengert/autograd";

const parameter = (values: number | number[] | number[][]): Tensor =>
  tensor(values, { requiresGrad: true });

describe("arguments of transforms", () => {
  const x = tensor([1, 2]);
  const int = arange(2, { dtype: "int32" });

  it("are floating-point tensors", () => {
    const f = (a: unknown) => sum(a as Tensor) as Tensor;
    const cases: [() => unknown, typeof DTypeError | typeof GradientError, string][] = [
      [
        () => grad(f)(int),
        DTypeError,
        "grad: expected floating-point tensors in argument 0, got int32. Integers have no gradients: cast it, or choose other arguments with argnums.",
      ],
      [() => grad(f)({ a: [x, int] }), DTypeError, "got int32 at a[1]."],
      [
        () => grad(f)(3),
        GradientError,
        "grad: expected a tensor, or a tree of tensors, as argument 0, got the number 3.",
      ],
      [() => grad(f)([]), GradientError, "grad: expected a tensor, or a tree of tensors"],
      [
        () => vjp(f, int),
        DTypeError,
        "vjp: expected floating-point tensors in argument 0, got int32. Integers have no gradients: cast it, or close over it.",
      ],
      [
        () => jvp(f, [int], [int]),
        DTypeError,
        "jvp: expected a floating-point tensor as argument 0, got int32.",
      ],
    ];
    for (const [call, error, message] of cases) {
      expect(call).toThrow(error);
      expect(call).toThrow(message);
    }
  });

  it("are chosen by argnums that exist", () => {
    for (const argnums of [1, -1, 0.5, [0, 2]]) {
      const call = () => grad((a: Tensor) => sum(a) as Tensor, { argnums: argnums as 0 })(x);
      expect(call).toThrow(OptionError);
      expect(call).toThrow(
        /^grad: expected (a call with an argument \d, as argnums says, got 1 argument\.|argnums: an)/,
      );
    }
  });

  it("have tangents that fit", () => {
    const f = (a: Tensor) => sum(a) as Tensor;
    expect(() => jvp(f, [x], [] as never)).toThrow(
      "jvp: expected 1 tangent, one for each argument, got 0.",
    );
    expect(() => jvp(f, [x], [ones([3])])).toThrow(
      "jvp: expected a tangent of the argument's shape [2], got [3].",
    );
    expect(() => jvp(f, [x], [int])).toThrow(DTypeError);
    expect(() => jvp(f, [x], [1 as never])).toThrow(
      "jvp: expected a tensor as tangent, got the number 1.",
    );
    expect(() => vjp(f, x)[1](ones([2]))).toThrow(
      "vjp: expected a cotangent of the output's shape [], got [2].",
    );
  });
});

describe("results of transforms", () => {
  const x = tensor([1, 2]);
  type Loose = (a: Tensor) => Tensor;

  it("are one tensor, and one element for grad", () => {
    for (const [where, trees, call] of [
      ["grad", "", (f: Loose) => grad(f)(x)],
      ["vjp", ", or a tree of tensors", (f: Loose) => vjp(f, x)],
      ["jvp", ", or a tree of tensors", (f: Loose) => jvp(f, [x], [x])],
    ] as const) {
      for (const [result, got] of [
        [3, "the number 3"],
        [undefined, "undefined"],
        [trees ? [] : [x], trees ? "an empty array" : "an array"],
      ]) {
        const run = () => call(() => result as never);
        expect(run).toThrow(GradientError);
        expect(run).toThrow(
          `${where}: expected a function that returns a tensor${trees}, got one that returns ${String(got)}.`,
        );
      }
    }
    expect(() => grad((a: Tensor) => a)(x)).toThrow(
      "grad: expected a function that returns a scalar, got one that returns shape [2]. Reduce it",
    );
    expect(() => grad((a: Tensor) => sum(a).cast("int32"))(x)).toThrow(DTypeError);
  });

  it("are no Promises", () => {
    const later = (async (a: Tensor) => sum(a)) as never as Loose;
    for (const [where, call] of [
      ["grad", () => grad(later)(x)],
      ["vjp", () => vjp(later, x)],
      ["jvp", () => jvp(later, [x], [x])],
      ["vmap", () => vmap(later)(x)],
      ["noGrad", () => noGrad(() => later(x))],
    ] as const) {
      expect(call).toThrow(TransformError);
      expect(call).toThrow(
        `${where}: expected a function that returns tensors, got one that returns a Promise. Load data`,
      );
    }
  });
});

describe("the inside of a transform", () => {
  it("may not leak: a tensor of a finished one is refused by ops", () => {
    let leaked: Tensor | undefined;
    grad((a: Tensor) => sum((leaked = square(a))) as Tensor)(ones([2]));
    for (const use of [
      () => relu(leaked!),
      () => grad((a: Tensor) => sum(mul(a, leaked!)) as Tensor)(ones([2])),
      () => vmap((a: Tensor) => add(a, leaked!))(ones([2])),
    ]) {
      expect(use).toThrow(TransformError);
      expect(use).toThrow(
        /^(relu|mul|add): expected tensors of transforms that are still running, got one that was kept from inside of a finished grad\. Return it from/,
      );
    }
    expect(grad((a: Tensor) => sum(square(a)) as Tensor)(ones([2])).toArray()).toEqual([2, 2]);
  });

  it.each<[string, (x: Tensor) => unknown]>([
    ["item", (x) => x.item()],
    ["data", (x) => x.data],
    ["borrowData", (x) => x.borrowData()],
    ["toArray", (x) => x.toArray()],
  ])("vmap hides the values: %s", (name, read) => {
    const outside = (x: Tensor) => (read(x), x);
    const inGrad = (x: Tensor) => grad((a: Tensor) => (read(a), a))(x);
    for (const f of [outside, inGrad]) {
      expect(() => vmap(f)(ones([2]))).toThrow(TransformError);
      expect(() => vmap(f)(ones([2]))).toThrow(
        `${name}: expected a tensor whose values can be read, got one inside of vmap, which stands for many`,
      );
    }
  });

  it("is left behind when it throws", () => {
    expect(() =>
      grad((_: Tensor) =>
        vmap((_: Tensor) => {
          throw new Error("mine");
        })(ones([1])),
      )(ones([1])),
    ).toThrow("mine");
    expect(grad((a: Tensor) => square(a))(tensor(3)).item()).toBe(6);
    const x = parameter(2);
    expect(() =>
      noGrad(() => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    square(x).backward();
    expect(x.grad!.item()).toBe(4);
  });
});

describe("an op of a user", () => {
  const cube = pointwise({
    name: "cube",
    arity: 1,
    accepts: "float",
    expr: ([x]) => scalar.mul(x, scalar.mul(x, x)),
    partials: [({ x }) => mul(3, square(x))],
    reference: ([x]) => x ** 3,
  });
  const make = (changes: Partial<OpRecord>) => defineOp({ ...cube, ...changes });
  const x = tensor([2]);
  const gradOf = (changes: Partial<OpRecord>) => () =>
    grad((a: Tensor) => sum(make(changes)(a)) as Tensor)(x);

  it("works with a right record", () => {
    expect(gradOf({})().toArray()).toEqual([12]);
  });

  it.each<[string, () => unknown, string]>([
    [
      "no name",
      () => make({ name: "" }),
      'defineOp: expected a field name: a string that is not empty, got the string "". Mend the op\'s record.',
    ],
    [
      "too many rules",
      () => make({ vjp: [(g) => g, (g) => g] }),
      "defineOp(cube): expected a vjp rule (or null) for the input, got 2 rules.",
    ],
    [
      "vjp without jvp",
      () => make({ jvp: "not differentiable" }),
      "defineOp(cube): expected vjp and jvp both differentiable or both not, got one of each.",
    ],
    [
      "a body of another shape",
      () => make({ body: (k, [a]) => [k.reduce("sum", a, [0])] })(x),
      "cube: expected a body that yields float32 [1], as its shape rule says, got float32 []. Make the op's shape rule and body agree.",
    ],
    [
      "a body of another dtype",
      () => make({ body: (k, [a]) => [k.cast(a, "int32")] })(x),
      "got int32 [1].",
    ],
    [
      "a body of more outputs",
      () => make({ body: (_, [a]) => [a, a] })(x),
      "got float32 [1] and float32 [1].",
    ],
    ["too few arguments", () => make({})(x, x), "cube: expected 1 tensor, got 2."],
    [
      "a vjp of another shape",
      gradOf({ broadcasts: false, vjp: [(g) => reshape(g, [1, 1])] }),
      "backward of cube: expected a vjp rule for input 0 that returns float32 [1], got float32 [1, 1]. Mend the op's vjp",
    ],
    ["a vjp of another dtype", gradOf({ vjp: [(g) => g.cast("float64")] }), "got float64 [1]."],
    ["a vjp that returns a number", gradOf({ vjp: [() => 1 as never] }), "got 1."],
    ["a vjp that returns nothing", gradOf({ vjp: [() => undefined as never] }), "got undefined."],
    [
      "a jvp of another shape",
      () => jvp(make({ broadcasts: false, jvp: ([t]) => [reshape(t!, [1, 1])] }), [x], [x]),
      "jvp of cube: expected a tangent of the output's shape and dtype, float32 [1], got float32 [1, 1]. Mend the op's jvp.",
    ],
    [
      "a jvp of another dtype",
      () => jvp(make({ jvp: ([t]) => t!.cast("float64") }), [x], [x]),
      "got float64 [1].",
    ],
    [
      "a jvp that returns a number",
      () => jvp(make({ jvp: () => 1 as never }), [x], [x]),
      "got the number 1.",
    ],
    [
      "a jvp that returns nothing",
      () => jvp(make({ jvp: () => undefined as never }), [x], [x]),
      "got undefined.",
    ],
    [
      "a jvp of more outputs",
      () => jvp(make({ jvp: ([t]) => [t, t] }), [x], [x]),
      "jvp of cube: expected a tangent for the output, got 2 tangents. Mend the op's jvp.",
    ],
    [
      "a batch of another shape",
      () => vmap(make({ batch: ({ inputs: [a] }) => [sum(a)] }))(tensor([[1], [2]])),
      "batch of cube: expected a rule that returns float32 [2, 1], got float32 []. Mend the op's batch",
    ],
    [
      "a batch of another dtype",
      () => vmap(make({ batch: ({ inputs: [a] }) => [a.cast("int32")] }))(tensor([[1], [2]])),
      "got int32 [2, 1].",
    ],
    [
      "a batch without outputs",
      () => vmap(make({ batch: () => [] }))(tensor([[1], [2]])),
      "got nothing.",
    ],
  ])("is told of %s", (_, run, message) => {
    expect(run).toThrow(OpDefinitionError);
    expect(run).toThrow(message);
  });

  it("leaves no gradient behind when its rule is wrong", () => {
    const w = parameter([2]);
    const loss = sum(mul(w, make({ vjp: [() => 1 as never] })(w)));
    expect(() => loss.backward()).toThrow(OpDefinitionError);
    expect(w.grad).toBeNull();
    expect(rules.zerosLike(w).toArray()).toEqual([0]);
  });
});
