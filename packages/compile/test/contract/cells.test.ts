// "Inputs are copied in, never written. Cells are tensors that f reads but did not create, by identity,
// read afresh at each call … Everything else is a constant."
import { describe, expect, it } from "vitest";
import {
  add,
  Generator,
  manualSeed,
  mean,
  mul,
  normal,
  ones,
  slice,
  square,
  sub,
  sum,
  tensor,
  TransformError,
  uniform,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { Dropout, Linear, Module, tanh } from "@wengert/nn";
import { Adam, SGD } from "@wengert/optim";
import { compile } from "../../src/index.ts";
import { classBatches, classify, forward, mlp, sequential, training } from "./models.ts";
import { caught, distance, expectClose, seeded, snapshot, trainTwins } from "./support.ts";

describe("Inputs are copied in, never written", () => {
  it("arguments keep their elements and versions", () => {
    const w = seeded([3], 1);
    const compiled = compile((x: Tensor, y: Tensor) => {
      w.copyFrom(add(x, y));
      return mul(x, y);
    });
    const args = [seeded([3], 2), seeded([3], 3)] as const;
    const before = snapshot(args);
    for (let i = 0; i < 3; i++) compiled(...args);
    expect(snapshot(args)).toEqual(before);
  });

  it("to assign to one, or to a view of one, is an error", () => {
    for (const target of [(x: Tensor) => x, (x: Tensor) => slice(x, [[0, 2]])]) {
      const error = caught(() => compile((x: Tensor) => target(x).copyFrom(ones([2])))(ones([2])));
      expect(error).toBeInstanceOf(TransformError);
      expect((error as TransformError).where).toBe("copyFrom");
      expect(error.message).toContain("an argument");
    }
  });

  it("an argument that f also knows from its surroundings is as it was when the call began", () => {
    const w = tensor([1, 2]);
    const compiled = compile((x: Tensor) => {
      w.copyFrom(mul(w, 10));
      return [x, w];
    });
    const [x, after] = compiled(w);
    expect([x.toArray(), after.toArray(), w.toArray()]).toEqual([
      [1, 2],
      [10, 20],
      [10, 20],
    ]);
  });

  it("other elements in the same tensor are seen", () => {
    const x = tensor([1, 2, 3]);
    const compiled = compile((x: Tensor) => mul(x, 2));
    compiled(x);
    x.copyFrom(tensor([4, 5, 6]));
    expect(compiled(x).toArray()).toEqual([8, 10, 12]);
  });
});

describe("Cells are read afresh at each call", () => {
  it("copyFrom on a weight, on a view of one, and by eager code with views of it", () => {
    const w = tensor([1, 2, 3, 4]);
    const row = slice(w, [[1, 3]]);
    const compiled = compile((x: Tensor) => [mul(w, x), mul(row, 10)]);
    const read = () => compiled(ones([4])).map((y) => y.toArray());
    expect(read()).toEqual([[1, 2, 3, 4], [20, 30]]);
    w.copyFrom(tensor([5, 6, 7, 8]));
    expect(read()).toEqual([[5, 6, 7, 8], [60, 70]]);
    row.copyFrom(tensor([0, -1]));
    expect(read()).toEqual([[5, 0, -1, 8], [0, -10]]);
    expect(compiled.compilations).toBe(1);
  });

  it("what a compiled call assigns is seen by eager code, through views made before and after", () => {
    const w = tensor([[1, 2], [3, 4]]);
    const column = slice(w, [null, 1]);
    compile(() => w.copyFrom(mul(w, 10)))();
    expect(w.toArray()).toEqual([[10, 20], [30, 40]]);
    expect(column.toArray()).toEqual([20, 40]);
    expect(w.transpose().toArray()).toEqual([[10, 30], [20, 40]]);
    expect([...w.borrowData()]).toEqual([10, 20, 30, 40]);
  });

  it("assignments inside take effect in order; parts of a cell, swaps, and one through another", () => {
    const run = (wrap: <F extends (...args: Tensor[]) => unknown>(f: F) => F) => {
      const [a, b] = [seeded([4, 3], 1), seeded([4, 3], 2)];
      const f = wrap((x: Tensor) => {
        const first = add(a, x);
        slice(a, [[1, 3]]).copyFrom(slice(b, [[0, 2]]));
        const second = sum(mul(a, x));
        const old = a.clone();
        a.copyFrom(b);
        b.copyFrom(old);
        slice(b, [[null, null, -1], 1] as never).copyFrom(slice(x, [null, 0]));
        a.transpose().copyFrom(mul(a.transpose(), 2));
        slice(a, [0]).copyFrom(slice(x, [2]));
        return [first, second, a.clone(), b.clone()];
      });
      const results = [1, 2, 3].map((i) => f(seeded([4, 3], i + 10)));
      return [results, a, b];
    };
    expectClose(run(compile), run((f) => f), 1e-12);
  });

  it("an eager training step between compiled calls", () => {
    const make = () => {
      const model = mlp();
      return training(model, new Adam(model.parameters(), { lr: 0.01 }), classify);
    };
    const [eager, mixed] = [make(), make()];
    const compiled = compile(mixed.step);
    const batches = classBatches();
    for (let i = 0; i < 30; i++) {
      const { x, y } = batches[i % 3];
      const run = i % 4 === 2 ? mixed.step : compiled;
      expect(distance(run(x, y), eager.step(x, y))).toBeLessThan(1e-12);
    }
    expectClose(mixed.state, eager.state, 1e-11);
  });

  it("loadStateDict of the model and of the optimizer takes training back", () => {
    const model = mlp();
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const { step } = training(model, optimizer, classify);
    const compiled = compile(step);
    const [{ x, y }] = classBatches();
    compiled(x, y);
    const [weights, state] = [model.stateDict(), optimizer.stateDict()];
    const run = () => [0, 1, 2].map(() => compiled(x, y).item());
    const first = run();
    model.loadStateDict(weights);
    optimizer.loadStateDict(state);
    expect(run()).toEqual(first);
    expect(compiled.compilations).toBe(1);
  });

  it("optimizer.lr between calls: a schedule", () => {
    const make = () => {
      const model = mlp();
      return training(model, new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }), classify);
    };
    const { compiled } = trainTwins(make, classBatches(), {
      steps: 60,
      tolerance: 1e-10,
      before: ({ optimizer }, i) => (optimizer.lr = 0.05 * (1 + Math.cos((Math.PI * i) / 60))),
    });
    expect(compiled.compilations).toBe(1);
  });

  it("a rate of 0 leaves the weights alone", () => {
    const model = mlp();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const compiled = compile(training(model, optimizer, classify).step);
    const [{ x, y }] = classBatches();
    compiled(x, y);
    optimizer.lr = 0;
    const before = model.parameters().map(({ data }) => data);
    compiled(x, y);
    expect(model.parameters().map(({ data }) => data)).toEqual(before);
  });

  it("optimizer.lr set inside, to the same number each time", () => {
    const make = () => {
      const model = mlp();
      const made = training(model, new SGD(model.parameters(), { lr: 0.1 }), classify);
      return { ...made, step: (x: Tensor, y: Tensor) => ((made.optimizer.lr = 0.03), made.step(x, y)) };
    };
    trainTwins(make, classBatches(), { steps: 10, tolerance: 1e-12 });
  });

  it("a rate computed from a 0-d step count inside", () => {
    const make = () => {
      const model = mlp();
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const made = training(model, optimizer, classify);
      const count = zeros([], { dtype: "float64" });
      const step = (x: Tensor, y: Tensor) => {
        count.copyFrom(add(count, 1));
        optimizer.groups[0].learningRate.copyFrom(mul(count.pow(-0.5), 0.1));
        return made.step(x, y);
      };
      return { ...made, state: [...made.state, count], step };
    };
    trainTwins(make, classBatches(), { steps: 30, tolerance: 1e-11 });
  });
});

describe("Generators are cells: the same stream as eager code, call after call", () => {
  it("uniform and normal, in both float types, eager draws between", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const [g, h] = [new Generator(3), new Generator(3)];
      const f = (generator: Generator) => () => [
        uniform([5], { generator, dtype }),
        normal([2, 3], { generator, dtype, mean: 1, std: 2 }),
        uniform([], { generator, dtype, low: -1, high: 3 }),
      ];
      const [eager, compiled] = [f(g), compile(f(h))];
      for (let i = 0; i < 4; i++) {
        const [us, ns, vs] = compiled();
        const [u, n, v] = eager();
        expect(us.data).toEqual(u.data);
        expectClose([ns, vs], [n, v], dtype === "float32" ? 1e-6 : 1e-13);
        expect(h.state.data).toEqual(g.state.data);
        expect(uniform([3], { generator: h }).data).toEqual(uniform([3], { generator: g }).data);
      }
    }
  });

  it("the shared generator, as it is when the function is recorded", () => {
    manualSeed(11);
    const expected = [0, 1, 2].map(() => uniform([4]).data);
    manualSeed(11);
    const compiled = compile(() => uniform([4]));
    expect([0, 1, 2].map(() => compiled().data)).toEqual(expected);
  });

  it("manualSeed between calls restarts the stream", () => {
    const compiled = compile(() => uniform([4]));
    manualSeed(11);
    const first = compiled().data;
    compiled();
    manualSeed(11);
    expect(compiled().data).toEqual(first);
  });

  it("a saved state restores the stream", () => {
    const generator = new Generator(2);
    const compiled = compile(() => normal([3], { generator }));
    const saved = generator.state.clone();
    const first = compiled().data;
    generator.state.copyFrom(saved);
    expect(compiled().data).toEqual(first);
  });

  const dropoutNet = () => {
    const options = { generator: new Generator(3), dtype: "float64" } as const;
    const model = sequential(
      new Linear(6, 12, options),
      tanh,
      new Dropout(0.4, { generator: new Generator(9) }),
      new Linear(12, 3, options),
    );
    return training(model, new SGD(model.parameters(), { lr: 0.05 }), classify);
  };

  it("masks of Dropout over 100 steps", () => {
    const { compiled } = trainTwins(dropoutNet, classBatches(), { steps: 100, tolerance: 1e-10 });
    expect(compiled.compilations).toBe(1);
  });

  it("model.train() and model.eval() between calls", () => {
    const { compiled } = trainTwins(dropoutNet, classBatches(), {
      steps: 40,
      tolerance: 1e-10,
      before: ({ model }, i) => model.train(i % 5 < 3),
    });
    expect(compiled.compilations).toBe(2);
  });
});

/** Normalises by running statistics, which training moves: batch normalisation. */
class Running extends Module {
  readonly average = zeros([6], { dtype: "float64" });
  readonly spread = ones([6], { dtype: "float64" });

  protected run(x: Tensor): Tensor {
    if (!this.training) return sub(x, this.average).div(add(this.spread, 1e-5).sqrt());
    const average = mean(x, { axis: 0 });
    const spread = mean(square(sub(x, average)), { axis: 0 });
    this.average.copyFrom(add(mul(this.average, 0.9), mul(average.detach(), 0.1)));
    this.spread.copyFrom(add(mul(this.spread, 0.9), mul(spread.detach(), 0.1)));
    return sub(x, average).div(add(spread, 1e-5).sqrt());
  }
}

describe("State of users' modules", () => {
  it("running statistics that a module writes with copyFrom, in training and evaluation", () => {
    const make = () => {
      const options = { generator: new Generator(3), dtype: "float64" } as const;
      const model = sequential(new Running(), new Linear(6, 3, options));
      return training(model, new SGD(model.parameters(), { lr: 0.05 }), classify);
    };
    trainTwins(make, classBatches(), {
      steps: 60,
      tolerance: 1e-10,
      before: ({ model }, i) => model.train(i % 7 !== 6),
    });
  });

  it("evaluation by a program of its own sees what training has written", () => {
    const model = sequential(new Running());
    const [{ x }] = classBatches();
    const run = compile((x: Tensor) => forward(model, x));
    for (let i = 0; i < 5; i++) run(x);
    model.eval();
    const expected = forward(model, x);
    expectClose(run(x), expected, 1e-13);
    expect(run.compilations).toBe(2);
  });
});

describe("Everything else is a constant", () => {
  it("tensors made inside, also where they are assigned to", () => {
    const compiled = compile((x: Tensor) => {
      const sums = zeros([3]);
      sums.copyFrom(add(sums, x));
      slice(sums, [0]).copyFrom(tensor(7));
      return [sums, mul(x, tensor([1, 2, 3]))];
    });
    for (const x of [tensor([1, 1, 1]), tensor([2, 3, 4])]) {
      const [sums, product] = compiled(x);
      expect(sums.toArray()).toEqual([7, ...x.data.slice(1)]);
      expect([...product.data]).toEqual([...x.data].map((v, i) => v * (i + 1)));
    }
  });
});
