import {
  DTypeError,
  GradientError,
  grad,
  mul,
  mse,
  OptionError,
  ShapeError,
  square,
  sum,
  tanh,
  tensor,
  TransformError,
  vmap,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import {
  Adam,
  AdamW,
  Optimizer,
  OptimizerStateError,
  SGD,
  sgdUpdate,
  type CommonOptions,
  type OptimizerRule,
  type OptimizerState,
} from "../src/index.ts";

const leaf = (values: number[], dtype: "float32" | "float64" = "float32") =>
  tensor(values, { dtype, requiresGrad: true });

/** Every optimizer in every form that its options give it. */
const kinds: [string, (params: Iterable<Tensor>) => Optimizer][] = [
  ["SGD", (p) => new SGD(p, { lr: 0.1 })],
  ["SGD with momentum", (p) => new SGD(p, { lr: 0.1, momentum: 0.9 })],
  ["SGD with nesterov", (p) => new SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true })],
  ["Adam", (p) => new Adam(p, { lr: 0.1 })],
  ["AdamW", (p) => new AdamW(p, { lr: 0.1 })],
] as [string, (params: Iterable<Tensor>) => Optimizer][];

describe.each(kinds)("%s", (_, make) => {
  const problem = (dtype: "float32" | "float64") => {
    const w = leaf([0.3, -0.2, 0.9, 0.4], dtype);
    const b = leaf([0.1], dtype);
    const x = tensor([1, -2, 0.5, 3], { dtype });
    const loss = () => mse(tanh(w.mul(x).add(b)), tensor([0.5, 0.1, -0.3, 0.2], { dtype }));
    return { params: [w, b], loss };
  };

  const train = (optimizer: Optimizer, loss: () => Tensor, steps: number): number => {
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      loss().backward();
      optimizer.step();
    }
    return loss().item();
  };

  it.each(["float32", "float64"] as const)("lowers a loss in %s", (dtype) => {
    const { params, loss } = problem(dtype);
    const before = loss().item();
    expect(train(make(params), loss, 50)).toBeLessThan(before / 2);
    expect(params.map((p) => p.dtype)).toEqual([dtype, dtype]);
  });

  it("goes on with the same bits from a saved state", () => {
    const { params, loss } = problem("float32");
    const optimizer = make(params);
    train(optimizer, loss, 5);
    optimizer.lr = 0.07;
    const saved = optimizer.stateDict();
    const before = JSON.stringify(toPlain(saved));
    const values = params.map((p) => p.detach().clone());
    train(optimizer, loss, 5);
    const expected = params.map((p) => p.data);

    const again = problem("float32");
    const restored = make(again.params);
    again.params.forEach((p, i) => p.copyFrom(values[i]));
    restored.loadStateDict(saved);
    expect(restored.lr).toBe(0.07);
    train(restored, again.loss, 5);
    expect(again.params.map((p) => p.data)).toEqual(expected);
    // The saved state is a copy: training has not changed it.
    expect(JSON.stringify(toPlain(saved))).toBe(before);
  });

  const toPlain = ({ state, groups }: OptimizerState) => {
    const arrays = Object.values(state).map((own) =>
      Object.entries(own).map(([name, x]) => [name, x.toArray()]),
    );
    return { arrays, groups };
  };

  it("leaves parameters without a gradient alone, and their state", () => {
    const [a, b] = [leaf([1, 2]), leaf([3])];
    const optimizer = make([a, b]);
    sum(square(a)).backward();
    optimizer.step();
    expect(a.data).not.toEqual(Float32Array.of(1, 2));
    expect(b.data).toEqual(Float32Array.of(3));
    for (const x of Object.values(optimizer.stateDict().state[1])) expect(sum(x).item()).toBe(0);
  });

  it("makes its state at once, and keeps its tensors", () => {
    const w = leaf([1, 2]);
    const optimizer = make([w]);
    const cells = optimizer.groups[0].states.map((state) => Object.values(state));
    sum(square(w)).backward();
    optimizer.step();
    expect(optimizer.groups[0].states.map((state) => Object.values(state))).toEqual(cells);
    optimizer.loadStateDict(make([leaf([1, 2])]).stateDict());
    const after = optimizer.groups[0].states.map((state) => Object.values(state));
    after[0].forEach((cell, i) => expect(cell).toBe(cells[0][i]));
  });

  it("records nothing", () => {
    const w = leaf([1, 2]);
    const optimizer = make([w]);
    sum(square(w)).backward({ createGraph: true });
    optimizer.step();
    expect(w.producer).toBe(null);
    expect(w.requiresGrad).toBe(true);
  });

  it("makes an older tape refuse to run", () => {
    const w = leaf([1, 2]);
    const optimizer = make([w]);
    const loss = sum(square(w));
    loss.backward({ retainGraph: true });
    optimizer.step();
    expect(() => loss.backward()).toThrow(/has been assigned since/);
  });

  it("updates scalars, empty tensors and views", () => {
    const scalar = tensor(2, { requiresGrad: true });
    const empty = zeros([0, 3], { requiresGrad: true });
    const whole = tensor([
      [1, 2],
      [3, 4],
    ]);
    const column = whole.transpose().detach();
    column.requiresGrad = true;
    const optimizer = make([scalar, empty, column]);
    sum(square(scalar))
      .add(sum(empty))
      .add(sum(mul(column, tensor([[0], [1]]))))
      .backward();
    optimizer.step();
    expect(scalar.item()).toBeLessThan(2);
    const [[a, b], [c, d]] = whole.toArray() as number[][];
    expect(b).toBeLessThan(2);
    expect(d).toBeLessThan(4);
    // Without a gradient of their own these move by weight decay at most.
    expect(Math.abs(a - 1) + Math.abs(c - 3)).toBeLessThan(0.01);
  });

  it.each([-1, Number.NaN, Infinity])("refuses a learning rate of %s", (rate) => {
    const optimizer = make([leaf([1])]);
    expect(() => (optimizer.lr = rate)).toThrow(OptionError);
    expect(optimizer.lr).toBe(0.1);
  });
});

describe("options", () => {
  const w = leaf([1]);
  const bad = (options: unknown) => options as never;

  it.each([
    [
      "an unknown one",
      () => new SGD([w], bad({ learningRate: 1 })),
      /unknown option "learningRate"/,
    ],
    ["a negative lr", () => new SGD([w], { lr: -1 }), /SGD: expected lr >= 0 and finite, got -1/],
    ["lr as a string", () => new Adam([w], bad({ lr: "0.1" })), /lr >= 0/],
    ["negative momentum", () => new SGD([w], { momentum: -0.1 }), /momentum >= 0/],
    [
      "nesterov alone",
      () => new SGD([w], { nesterov: true }),
      /nesterov true \(with momentum > 0\)/,
    ],
    ["a negative decay", () => new AdamW([w], { weightDecay: -1 }), /AdamW: expected weightDecay/],
    ["beta 1", () => new Adam([w], { betas: [0.9, 1] }), /betas in \[0, 1\), got 1/],
    ["one beta", () => new Adam([w], bad({ betas: 0.9 })), /two numbers/],
    ["a negative eps", () => new Adam([w], { eps: -1 }), /eps >= 0/],
    ["one in a group", () => new Adam([{ params: [w], eps: -1 }]), /eps >= 0/],
    ["an unknown one in a group", () => new SGD([bad({ params: [w], rate: 1 })]), /"rate"/],
    ["no parameters", () => new SGD([]), /got an empty list|groups/],
    ["an empty group", () => new SGD([{ params: [] }]), /an empty list/],
    ["a parameter twice", () => new SGD([w, w]), /each parameter once/],
    ["in two groups", () => new SGD([{ params: [w] }, { params: [w] }]), /each parameter once/],
    ["tensors beside groups", () => new SGD([w, bad({ params: [leaf([2])] })]), /or groups/],
    ["no tensors", () => new SGD([bad(1)]), /or groups/],
    ["numbers in a group", () => new SGD([{ params: [bad(1)] }]), /tensors as parameters/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  it("may be left out or undefined", () => {
    expect(new SGD([w]).lr).toBe(1e-3);
    expect(new Adam([w], { lr: undefined }).lr).toBe(1e-3);
    expect(new AdamW([w]).groups[0].options.weightDecay).toBe(0.01);
  });

  it("parameters must be leaves of a floating-point dtype", () => {
    expect(() => new SGD([w.mul(2)])).toThrow(GradientError);
    expect(() => new SGD([tensor([1], { dtype: "int32" })])).toThrow(DTypeError);
    expect(() => grad((x: Tensor) => (new SGD([x]), sum(x)))(w)).toThrow(TransformError);
  });

  it("a generator of parameters will do", () => {
    function* params() {
      yield leaf([1]);
      yield leaf([2]);
    }
    expect(new Adam(params()).groups[0].params).toHaveLength(2);
  });
});

describe("groups", () => {
  it("have learning rates of their own, which can be set", () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const optimizer = new SGD(
      [
        { params: [a], lr: 0.5 },
        { params: [b], weightDecay: 1 },
      ],
      { lr: 0.1 },
    );
    expect(optimizer.groups.map((group) => group.lr)).toEqual([0.5, 0.1]);
    expect(optimizer.groups.map((group) => group.options.weightDecay)).toEqual([0, 1]);
    optimizer.groups[1].lr = 0.25;
    sum(a).add(sum(b)).backward();
    optimizer.step();
    expect(a.item()).toBe(0.5);
    expect(b.item()).toBe(0.5);
    optimizer.lr = 0.125;
    expect(optimizer.groups.map((group) => group.lr)).toEqual([0.125, 0.125]);
  });

  it("keep the learning rate in a tensor", () => {
    const optimizer = new Adam([leaf([1])], { lr: 0.1 });
    const cell = optimizer.groups[0].learningRate;
    optimizer.lr = 0.3;
    expect(optimizer.groups[0].learningRate).toBe(cell);
    expect(cell.item()).toBe(0.3);
  });
});

describe("loading a state", () => {
  const make = (options = {}) => new Adam([leaf([1, 2]), leaf([3])], options);
  const trained = () => {
    const optimizer = make();
    for (const p of optimizer.groups[0].params) p.grad = p.detach().clone();
    optimizer.step();
    return optimizer;
  };

  it.each([
    ["of other shapes", () => new Adam([leaf([1]), leaf([3])]).stateDict(), /expAvg float32 \[2\]/],
    ["of more parameters", () => new Adam([leaf([1, 2])]).stateDict(), /parameters 0,1/],
    ["of another optimizer", () => new SGD([leaf([1, 2]), leaf([3])]).stateDict(), /betas/],
    ["with other options", () => make({ betas: [0.5, 0.999] }).stateDict(), /betas 0.9,0.999/],
    [
      "of other groups",
      () => new Adam([{ params: [leaf([1, 2])] }, { params: [leaf([3])] }]).stateDict(),
      /expected 1 parameter group, got 2/,
    ],
    [
      "of another dtype",
      () => new Adam([leaf([1, 2], "float64"), leaf([3])]).stateDict(),
      /float64 \[2\]/,
    ],
    ["that is none", () => ({}) as never, /what stateDict\(\) returned/],
    ["that is undefined", () => undefined as never, /what stateDict\(\) returned/],
    [
      "whose last entry is missing",
      () => {
        const { state, groups } = make().stateDict();
        return { state: { 0: state[0] }, groups };
      },
      /for parameter 1/,
    ],
  ])("%s changes nothing", (_, saved, message) => {
    const optimizer = trained();
    const before = optimizer.stateDict();
    expect(() => optimizer.loadStateDict(saved())).toThrow(OptimizerStateError);
    expect(() => optimizer.loadStateDict(saved())).toThrow(message);
    const after = optimizer.stateDict();
    expect(Object.values(after.state).map((s) => s.expAvg.data)).toEqual(
      Object.values(before.state).map((s) => s.expAvg.data),
    );
    expect(after.groups).toEqual(before.groups);
  });
});

describe("the update ops", () => {
  const attrs = { weightDecay: 0 };
  const lr = tensor(0.1);

  it("name themselves in errors", () => {
    const p = leaf([1, 2]);
    expect(() => sgdUpdate(p, tensor([1]), lr, attrs)).toThrow(ShapeError);
    expect(() => sgdUpdate(p, tensor([1, 2], { dtype: "float64" }), lr, attrs)).toThrow(DTypeError);
    expect(() => sgdUpdate(p, p, tensor([0.1]), attrs)).toThrow(/0-d tensor as learning rate/);
    expect(() => sgdUpdate(p.mul(2), p, lr, attrs)).toThrow(GradientError);
    expect(p.data).toEqual(Float32Array.of(1, 2));
  });

  it("are refused inside of vmap", () => {
    const p = leaf([1, 2]);
    const step = (g: Tensor) => (sgdUpdate(p, g, lr, attrs), g);
    expect(() => vmap(step)(zeros([3, 2]))).toThrow(TransformError);
    expect(() => vmap((x: Tensor) => (sgdUpdate(x, x, lr, attrs), x))(zeros([3, 2]))).toThrow(
      TransformError,
    );
  });
});

it("an optimizer of one's own is a rule", () => {
  const rule: OptimizerRule<CommonOptions> = {
    name: "Minus",
    defaults: { lr: 1 },
    check: () => {},
    state: () => ({}),
    update: () => (param, gradient, lr) => sgdUpdate(param, gradient.neg(), lr, { weightDecay: 0 }),
  };
  class Minus extends Optimizer {
    constructor(params: Iterable<Tensor>, options: Partial<CommonOptions> = {}) {
      super(rule, params, options);
    }
  }
  const w = leaf([1]);
  sum(w).backward();
  new Minus([w]).step();
  expect(w.item()).toBe(2);
  expect(() => new Minus([w], { lr: -1 })).toThrow(/Minus: expected lr/);
});
