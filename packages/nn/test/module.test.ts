import {
  DTypeError,
  Generator,
  GradientError,
  mul,
  ones,
  OptionError,
  sum,
  tensor,
  zeros,
  type DynFn,
  type IdFn,
  type Tensor,
} from "@wengert/autograd";
import { describe, expect, it } from "vitest";
import {
  Dropout,
  Linear,
  Module,
  parameter,
  relu,
  Sequential,
  StateDictError,
  type ForwardHook,
} from "../src/index.ts";

/** Fields of every kind that a module may have. */
class Zoo extends Module<DynFn> {
  readonly head = new Linear(2, 3);
  readonly scale = parameter(ones([2]));
  readonly plain = tensor([1, 2], { requiresGrad: true });
  readonly counts = zeros([2], { dtype: "int32" });
  readonly blocks = [new Linear(2, 2, { bias: false }), new Sequential(new Linear(2, 2), relu)];
  readonly byName = { left: new Linear(2, 1), extra: { bias: parameter(zeros([1])) } };
  readonly generator = new Generator(1);
  readonly sizes = [1, 2, 3];
  readonly computed = this.plain.mul(2);
  readonly #secret = tensor([7], { requiresGrad: true });
  protected run(x: Tensor): Tensor {
    return x.add(this.#secret);
  }
}

const zooNames = [
  "scale",
  "plain",
  "byName.extra.bias",
  "head.weight",
  "head.bias",
  "blocks.0.weight",
  "blocks.1.0.weight",
  "blocks.1.0.bias",
  "byName.left.weight",
  "byName.left.bias",
];

class Tied extends Module<DynFn> {
  readonly encoder = new Linear(3, 3);
  readonly decoder = new Linear(3, 3);
  readonly again = this.encoder;
  readonly shared = this.decoder.weight;
  readonly owner: { model: Module } = { model: this };
  protected run(x: Tensor): Tensor {
    return this.again.forward(this.encoder.forward(x));
  }
}

describe("names", () => {
  it("are found in fields, arrays and plain objects: own tensors first", () => {
    expect(new Zoo().namedParameters().map(([name]) => name)).toEqual(zooNames);
    expect(new Zoo().namedBuffers().map(([name]) => name)).toEqual(["counts"]);
  });

  it("of Sequential are positions", () => {
    const model = new Sequential(new Linear(2, 8), relu, new Sequential(new Linear(8, 1)));
    const names = ["0.weight", "0.bias", "2.0.weight", "2.0.bias"];
    expect(model.namedParameters().map(([name]) => name)).toEqual(names);
    expect(model.namedModules().map(([name]) => name)).toEqual(["", "0", "2", "2.0"]);
    expect(model.parameters()).toEqual(model.namedParameters().map(([, p]) => p));
  });

  it("of shared things are given once, but a state dict has all of them", () => {
    const model = new Tied();
    expect(model.namedParameters().map(([name]) => name)).toEqual([
      "shared",
      "encoder.weight",
      "encoder.bias",
      "decoder.bias",
    ]);
    expect(model.children()).toEqual([model.encoder, model.decoder, model]);
    expect(model.modules()).toEqual([model, model.encoder, model.decoder]);
    expect(Object.keys(model.stateDict())).toEqual([
      "shared",
      "encoder.weight",
      "encoder.bias",
      "decoder.weight",
      "decoder.bias",
      "again.weight",
      "again.bias",
    ]);
  });
});

describe("parameters", () => {
  it("stay parameters when they are frozen, if parameter() made them", () => {
    const model = new Zoo();
    for (const p of model.parameters()) p.requiresGrad = false;
    const names = model.namedParameters().map(([name]) => name);
    expect(names).toEqual(zooNames.filter((name) => name !== "plain"));
    expect(model.namedBuffers().map(([name]) => name)).toEqual(["plain", "counts"]);
    expect(Object.keys(model.stateDict()).sort()).toEqual([...zooNames, "counts"].sort());
  });

  it("are leaves of a floating-point dtype", () => {
    const w = tensor([1], { requiresGrad: true });
    expect(() => parameter(w.mul(2))).toThrow(GradientError);
    expect(() => parameter(zeros([1], { dtype: "int32" }))).toThrow(DTypeError);
    expect(parameter(w)).toBe(w);
  });

  it("lose their gradients by zeroGrad", () => {
    const model = new Linear(2, 1);
    sum(model.forward(ones([3, 2]))).backward();
    expect(model.weight.grad?.toArray()).toEqual([[3, 3]]);
    model.zeroGrad();
    expect(model.parameters().map((p) => p.grad)).toEqual([null, null]);
  });
});

describe("training", () => {
  it("is set for all modules within", () => {
    const model = new Sequential(new Linear(1, 1), new Sequential(new Dropout(0.5)));
    expect(model.modules().every((module) => module.training)).toBe(true);
    expect(model.eval()).toBe(model);
    expect(model.modules().some((module) => module.training)).toBe(false);
    expect(
      model
        .train()
        .modules()
        .every((module) => module.training),
    ).toBe(true);
    expect(
      model
        .train(false)
        .modules()
        .some((module) => module.training),
    ).toBe(false);
  });
});

describe("state dict", () => {
  const make = (seed: number) => {
    const generator = new Generator(seed);
    return new Sequential(new Linear(3, 2, { generator }), relu, new Linear(2, 1, { generator }));
  };

  it("travels to another model", () => {
    const [a, b] = [make(1), make(2)];
    const cells = b.parameters();
    expect(b.loadStateDict(a.stateDict())).toEqual({ missing: [], unexpected: [] });
    const x = tensor([[1, -2, 3]]);
    expect(b.forward(x).data).toEqual(a.forward(x).data);
    expect(b.parameters().every((p, i) => p === cells[i] && p.requiresGrad)).toBe(true);
  });

  it("is a copy, off the tape", () => {
    const model = make(1);
    const state = model.stateDict();
    const before = state["0.weight"].data;
    model.at(0).weight.copyFrom(zeros([2, 3]));
    expect(state["0.weight"].data).toEqual(before);
    expect(Object.values(state).some((x) => x.requiresGrad)).toBe(false);
  });

  it("has buffers, too", () => {
    const [a, b] = [new Zoo(), new Zoo()];
    a.counts.copyFrom(tensor([3, 4], { dtype: "int32" }));
    b.loadStateDict(a.stateDict());
    expect(b.counts.toArray()).toEqual([3, 4]);
  });

  it("that does not fit is refused whole", () => {
    const model = make(1);
    const before = Object.values(model.stateDict()).map((x) => x.data);
    const state = make(2).stateDict();
    delete state["0.bias"];
    state["2.weight"] = zeros([1, 3]);
    state["2.bias"] = zeros([1], { dtype: "float64" });
    state.more = zeros([1]);
    const load = () => model.loadStateDict(state);
    expect(load).toThrow(StateDictError);
    expect(load).toThrow(
      "Sequential.loadStateDict: expected a state dict that fits the model, got missing: 0.bias; " +
        "unexpected: more; mismatched: 2.weight (float32 [1, 2], got float32 [1, 3]), " +
        "2.bias (float32 [1], got float64 [1]).",
    );
    try {
      load();
    } catch (error) {
      expect(error).toMatchObject({ missing: ["0.bias"], unexpected: ["more"] });
    }
    expect(() => model.loadStateDict(state, { strict: false })).toThrow(/mismatched: 2.weight/);
    expect(() => model.loadStateDict({ "0.bias": 3 } as never)).toThrow(/got the number 3/);
    expect(() => model.loadStateDict({}, { strickt: false } as never)).toThrow(OptionError);
    expect(Object.values(model.stateDict()).map((x) => x.data)).toEqual(before);
  });

  it("that fits in part is loaded in part when strict is false", () => {
    const model = make(1);
    const other = make(2);
    const { "0.weight": weight } = other.stateDict();
    const report = model.loadStateDict({ "0.weight": weight, more: weight }, { strict: false });
    expect(report.missing).toEqual(["0.bias", "2.weight", "2.bias"]);
    expect(report.unexpected).toEqual(["more"]);
    expect(model.at(0).weight.data).toEqual(other.at(0).weight.data);
  });
});

describe("forward", () => {
  it("tells hooks until they are ended", () => {
    const layer = new Linear(2, 1);
    const calls: Parameters<ForwardHook>[] = [];
    const end = layer.onForward((...call) => calls.push(call));
    const x = ones([3, 2]);
    const y = layer.forward(x);
    expect(calls).toEqual([[layer, x, y]]);
    end();
    layer.forward(x);
    expect(calls).toHaveLength(1);
  });

  it("of a model of one's own is what run returns", () => {
    class Residual extends Module<IdFn> {
      readonly inner = new Linear(2, 2);
      protected run(x: Tensor): Tensor {
        return x.add(mul(this.inner.forward(x), 0));
      }
    }
    expect(new Residual().forward(ones([2])).toArray()).toEqual([1, 1]);
  });
});

describe("printing", () => {
  it("shows the tree", () => {
    const model = new Sequential(
      new Linear(2, 8),
      relu,
      new Sequential(new Dropout(0.1), new Linear(8, 1, { bias: false })),
      (x: Tensor) => x,
    );
    expect(String(model)).toBe(`Sequential(
  (0): Linear(2, 8)
  (1): relu
  (2): Sequential(
    (0): Dropout(0.1)
    (1): Linear(8, 1, bias: false)
  )
  (3): function
)`);
    expect(String(new Zoo())).toContain("\n  (blocks.1): Sequential(\n    (0): Linear(2, 2)");
  });
});
