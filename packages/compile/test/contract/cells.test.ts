// "Inputs are copied in, never written. Cells are tensors that f reads but did not create, by identity,
// read afresh at each call … Everything else is a constant."
import { describe, expect, it } from "vitest";
import {
  add,
  concat,
  gt,
  Generator,
  mean,
  mul,
  ones,
  slice,
  square,
  sub,
  sum,
  tensor,
  TransformError,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { Linear, Module } from "@wengert/nn";
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

  it.each([3, 50_000])("a view of a cell that f writes, %i elements", (n) => {
    const [w, v] = [seeded([2, n], 1), seeded([2, n], 1)];
    const step = (w: Tensor) => (x: Tensor) => {
      w.copyFrom(add(mul(w, 0.5), slice(x, [[null, null, -1]])));
      return sub(x, slice(w, [0]));
    };
    const compiled = compile(step(w));
    for (const row of [0, 0, 1, 1, 0]) {
      expectClose(compiled(slice(w, [row])), step(v)(slice(v, [row]).clone()), 1e-13);
      expectClose(w, v, 1e-13);
    }
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
    expect(read()).toEqual([
      [1, 2, 3, 4],
      [20, 30],
    ]);
    w.copyFrom(tensor([5, 6, 7, 8]));
    expect(read()).toEqual([
      [5, 6, 7, 8],
      [60, 70],
    ]);
    row.copyFrom(tensor([0, -1]));
    expect(read()).toEqual([
      [5, 0, -1, 8],
      [0, -10],
    ]);
    expect(compiled.compilations).toBe(1);
  });

  it("what a compiled call assigns is seen by eager code, through views made before and after", () => {
    const w = tensor([
      [1, 2],
      [3, 4],
    ]);
    const column = slice(w, [null, 1]);
    compile(() => w.copyFrom(mul(w, 10)))();
    expect(w.toArray()).toEqual([
      [10, 20],
      [30, 40],
    ]);
    expect(column.toArray()).toEqual([20, 40]);
    expect(w.transpose().toArray()).toEqual([
      [10, 30],
      [20, 40],
    ]);
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
    expectClose(
      run(compile),
      run((f) => f),
      1e-12,
    );
  });

  it.each<[string, (w: Tensor) => Tensor]>([
    ["backwards", (w) => slice(w, [[null, null, -1]])],
    ["backwards, times 2", (w) => mul(slice(w, [[null, null, -1]]), 2)],
    ["turned", (w) => w.transpose().reshape([4, 3])],
    ["rolled", (w) => concat([slice(w, [[1, 4]]), slice(w, [[0, 1]])])],
    ["plus its first row", (w) => add(slice(w, [0]), w)],
    ["plus its last column", (w) => add(w, slice(w, [null, [2, 3]]))],
    ["minus its means", (w) => sub(w, mean(w, { axis: 0 }))],
  ])("a cell that is assigned what it holds %s", (_, change) => {
    const [w, v] = [seeded([4, 3], 1), seeded([4, 3], 1)];
    const compiled = compile(() => w.copyFrom(change(w)));
    for (let i = 0; i < 3; i++) {
      compiled();
      v.copyFrom(change(v));
      expectClose(w, v, 1e-12);
    }
  });

  it("a cell takes the old value of another, which takes a new one, in any order of first use", () => {
    const run = (isFirst: boolean, wrap: (f: (x: Tensor) => unknown) => (x: Tensor) => unknown) => {
      const [current, previous] = [seeded([5], 1), seeded([5], 2)];
      const f = wrap((x: Tensor) => {
        const distance = sum(square(isFirst ? sub(current, x) : sub(x, previous)));
        previous.copyFrom(current);
        current.copyFrom(x);
        return distance;
      });
      for (const seed of [3, 4, 5]) f(seeded([5], seed));
      return [current, previous];
    };
    for (const isFirst of [true, false]) {
      expectClose(
        run(isFirst, compile),
        run(isFirst, (f) => f),
        0,
      );
    }
  });

  it("cells of all dtypes, 0-d and empty ones, assigned values and constants", () => {
    const make = () => [
      tensor([true, false, true]),
      tensor([1, -2, 2 ** 31 - 1], { dtype: "int32" }),
      tensor([1.5, NaN, -0]),
      tensor([[0.1], [Infinity]], { dtype: "float64" }),
      tensor(5),
      zeros([0, 3]),
    ];
    const change = ([b, i, x, d, n, e]: Tensor[]) => {
      b.copyFrom(gt(i, 0));
      i.copyFrom(add(i, 1));
      slice(x, [[1, 2]]).copyFrom(tensor([7]));
      x.copyFrom(mul(x, -1));
      x.copyFrom(add(x, n));
      d.copyFrom(zeros([2, 1], { dtype: "float64" }));
      n.copyFrom(add(n, sum(x)));
      e.copyFrom(add(e, 1));
    };
    const [eager, twin] = [make(), make()];
    const compiled = compile(() => change(twin));
    for (let i = 0; i < 3; i++) {
      change(eager);
      compiled();
      twin.forEach((cell, k) => expect([...cell.data]).toEqual([...eager[k].data]));
    }
  });

  it("three cells that change places", () => {
    const [a, b, c] = [tensor([1]), tensor([2]), tensor([3])];
    const compiled = compile((x: Tensor) => {
      c.copyFrom(a);
      a.copyFrom(b);
      b.copyFrom(c);
      return x;
    });
    const seen = [0, 1].map(() => (compiled(ones([1])), [a.item(), b.item(), c.item()]));
    expect(seen).toEqual([
      [2, 1, 1],
      [1, 2, 2],
    ]);
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
      return {
        ...made,
        step: (x: Tensor, y: Tensor) => ((made.optimizer.lr = 0.03), made.step(x, y)),
      };
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
