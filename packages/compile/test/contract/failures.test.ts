// "Checks (shapes, index ranges, what can fail) precede the first assignment: a failed call leaves the
// cells unchanged. A cell's version rises with its assignment."
import { describe, expect, it } from "vitest";
import {
  add,
  crossEntropy,
  defineOp,
  embedding,
  gather,
  IndexRangeError,
  MutationError,
  mul,
  NDArray,
  notBatchable,
  notDifferentiable,
  oneHot,
  ones,
  samples,
  ShapeError,
  square,
  sum,
  tensor,
  uniform,
  vmap,
  Generator,
  type Tensor,
} from "@wengert/autograd";
import { parameter } from "@wengert/nn";
import { Adam, SGD } from "@wengert/optim";
import { compile, ready, setThreads } from "../../src/index.ts";
import { heap } from "../../src/run/heap.ts";
import { classBatches, classify, mlp, training } from "./models.ts";
import { caught, seeded, snapshot } from "./support.ts";

/** Throws for negative elements; else the same elements. */
class Refusal extends Error {}
const checked = defineOp({
  name: "checked",
  arity: 1,
  broadcasts: false,
  shape: ([x]) => [x],
  body: (k, [x]) => [
    k.host([x], { shape: x.shape, dtype: x.dtype }, ([{ data }], out) => {
      for (const value of data) if (value < 0) throw new Refusal(`${value} is negative`);
      out.set(data);
    }),
  ],
  vjp: notDifferentiable,
  jvp: notDifferentiable,
  batch: notBatchable,
  samples: (draw) => ({ inputs: [samples.reals(draw, [2], { min: 0, max: 1 })], attrs: {} }),
  reference: ([x]) => new NDArray(x.shape, x.data),
});

const int = (values: number[]) => tensor(values, { dtype: "int32" });

/** Eager and compiled twins fail alike and leave alone what the call would have written. */
function expectSameFailure(
  make: () => { f: (x: Tensor) => unknown; cells: readonly Tensor[] },
  good: Tensor,
  bad: Tensor,
): void {
  const [eager, twin] = [make(), make()];
  const compiled = compile(twin.f);
  const expected = caught(() => eager.f(bad));
  for (let round = 0; round < 2; round++) {
    compiled(good);
    const before = snapshot(twin.cells);
    const actual = caught(() => compiled(bad));
    expect(actual).toBeInstanceOf(expected.constructor);
    expect(actual.message).toBe(expected.message);
    expect(snapshot(twin.cells)).toEqual(before);
  }
  expect(compiled.compilations).toBe(1);
}

describe("A failed call leaves the cells unchanged and throws what the eager call throws", () => {
  it.each([
    ["too large", [0, 3]],
    ["negative", [-1, 0]],
    ["far out", [2 ** 31 - 1, 0]],
    ["the least integer", [0, -(2 ** 31)]],
  ])("embedding with an index that is %s", (_, bad) => {
    const make = () => {
      const table = parameter(seeded([3, 4], 1));
      const optimizer = new SGD([table], { lr: 0.1 });
      const f = (index: Tensor) => {
        optimizer.zeroGrad();
        const loss = sum(square(embedding(index, table)));
        loss.backward();
        optimizer.step();
        return loss;
      };
      return { f, cells: [table] };
    };
    expectSameFailure(make, int([0, 2]), int(bad));
  });

  it("crossEntropy with a class that does not exist, in a whole step with Adam", () => {
    const [{ x, y }] = classBatches();
    const make = () => {
      const model = mlp();
      const { step, state } = training(model, new Adam(model.parameters()), classify);
      return { f: (y: Tensor) => step(x, y), cells: state };
    };
    const bad = y.clone();
    bad.copyFrom(int([...y.data].map((label, i) => (i === 5 ? 3 : label))));
    expectSameFailure(make, y, bad);
  });

  it("gather; the cells were to be written before it, or do not depend on it", () => {
    const make = () => {
      const [w, v] = [seeded([3], 1), seeded([3], 2)];
      const generator = new Generator(3);
      const f = (index: Tensor) => {
        w.copyFrom(add(w, 1));
        const noise = uniform([3], { generator, dtype: "float64" });
        const y = gather(w, index, { axis: 0 });
        v.copyFrom(add(v, noise));
        return y;
      };
      return { f, cells: [w, v, generator.state] };
    };
    expectSameFailure(make, int([0, 2]), int([0, 7]));
  });

  it.each([
    ["too large", [0, 4]],
    ["negative", [-1, 0]],
  ])("oneHot with a class that is %s", (_, bad) => {
    const make = () => {
      const w = seeded([4], 1);
      const f = (labels: Tensor) => {
        w.copyFrom(add(w, 1));
        return mul(oneHot(labels, 4, { dtype: "float64" }), w);
      };
      return { f, cells: [w] };
    };
    expectSameFailure(make, int([0, 3]), int(bad));
    const each = vmap((label: Tensor) => oneHot(label, 4));
    expect(() => each(int(bad))).toThrow(IndexRangeError);
    expect(() => compile(each)(int(bad))).toThrow(IndexRangeError);
  });

  it("the first of two checks is the one that speaks", () => {
    const make = () => {
      const [w, v] = [seeded([3], 1), seeded([5], 2)];
      const f = (index: Tensor) => [
        gather(w, index, { axis: 0 }),
        gather(v, mul(index, 2), { axis: 0 }),
      ];
      return { f, cells: [w, v] };
    };
    expectSameFailure(make, int([0, 2]), int([0, 3]));
    const second = (index: Tensor) => [gather(seeded([4], 1), index, { axis: 0 })];
    expect(caught(() => compile(second)(int([4])))).toBeInstanceOf(IndexRangeError);
  });

  it("a check whose result nobody uses still fails", () => {
    const make = () => {
      const w = seeded([3], 1);
      const f = (index: Tensor) => {
        gather(w, index, { axis: 0 });
        w.copyFrom(add(w, 1));
      };
      return { f, cells: [w] };
    };
    expectSameFailure(make, int([0]), int([3]));
  });

  it("crossEntropy in a step that returns nothing", () => {
    const [{ x, y }] = classBatches();
    const make = () => {
      const model = mlp();
      const { step, state } = training(model, new SGD(model.parameters()), classify);
      return { f: (y: Tensor) => void step(x, y), cells: state };
    };
    expectSameFailure(make, y, int([...y.data].map((label, i) => (i === 5 ? 3 : label))));
  });

  it("the first of two host ops that throw is the one that speaks", () => {
    const f = (x: Tensor) => [checked(x), checked(mul(x, 2))];
    expectSameFailure(() => ({ f, cells: [] }), tensor([1, 2]), tensor([1, -1]));
  });

  it("a host op that throws", () => {
    const make = () => {
      const w = seeded([2], 1);
      const f = (x: Tensor) => {
        w.copyFrom(add(w, x));
        return checked(x);
      };
      return { f, cells: [w] };
    };
    expectSameFailure(make, seeded([2], 3).abs(), tensor([1, -1], { dtype: "float64" }));
  });

  it("shapes: an error of the op, while recording, as in eager code", () => {
    const w = parameter(ones([3]));
    const f = (x: Tensor) => {
      w.copyFrom(add(w, 1));
      return add(w, x);
    };
    const compiled = compile(f);
    compiled(ones([3]));
    const before = snapshot([w]);
    const actual = caught(() => compiled(ones([2])));
    expect(snapshot([w])).toEqual(before);
    expect(actual).toBeInstanceOf(ShapeError);
    expect(actual.message).toBe(caught(() => f(ones([2]))).message);
  });

  it("gradients, too, are as they were", () => {
    const w = parameter(seeded([3], 1));
    const compiled = compile(
      (index: Tensor) => {
        w.grad = null;
        sum(gather(w, index, { axis: 0 })).backward();
      },
      { keepGrads: true },
    );
    compiled(int([0, 0]));
    const { grad } = w;
    expect(grad!.toArray()).toEqual([2, 0, 0]);
    caught(() => compiled(int([9, 0])));
    expect(w.grad).toBe(grad);
  });

  it("classes that are ignored are no failure", () => {
    const f = (logits: Tensor, y: Tensor): Tensor => crossEntropy(logits, y, { ignoreIndex: -100 });
    const [logits, y] = [seeded([3, 4], 1), int([1, -100, 3])];
    expect(compile(f)(logits, y).item()).toBeCloseTo(f(logits, y).item(), 12);
  });
});

describe("A cell's version rises with its assignment", () => {
  it("backward through a tensor that was saved before a compiled update is a MutationError", () => {
    const w = parameter(seeded([3], 1));
    const optimizer = new SGD([w], { lr: 0.1 });
    const compiled = compile((x: Tensor) => {
      optimizer.zeroGrad();
      sum(mul(w, x)).backward();
      optimizer.step();
    });
    for (let i = 0; i < 2; i++) {
      const loss = sum(square(w));
      compiled(ones([3], { dtype: "float64" }));
      expect(caught(() => loss.backward())).toBeInstanceOf(MutationError);
      sum(square(w)).backward();
    }
  });

  it("rises at each call for cells that are written, and for no others", () => {
    const [read, written] = [tensor([1, 2]), tensor([3, 4])];
    const compiled = compile(() => written.copyFrom(add(written, read)));
    for (let i = 0; i < 4; i++) {
      const { version } = written.storage!;
      compiled();
      expect(written.storage!.version).toBeGreaterThan(version);
      expect(read.storage!.version).toBe(0);
    }
    expect(written.toArray()).toEqual([7, 12]);
  });

  it("a tensor that was saved and only read by a compiled call may be differentiated", () => {
    const w = parameter(tensor([3]));
    const loss = sum(square(w));
    expect(compile((x: Tensor) => mul(w, x))(tensor([2])).item()).toBe(6);
    loss.backward();
    expect(w.grad!.item()).toBe(6);
  });

  it("inside, backward through what was assigned since is a MutationError, as in eager code", () => {
    const w = parameter(tensor([3]));
    const f = () => {
      const loss = sum(square(w));
      w.copyFrom(tensor([1]));
      loss.backward();
    };
    const version = w.storage!.version;
    expect(caught(() => compile(f)())).toBeInstanceOf(MutationError);
    expect([w.item(), w.storage!.version]).toEqual([3, version]);
  });
});

describe("host ops", () => {
  it("may take longer than threads wait for one that was lost", async () => {
    let isSlow = true;
    const slow = defineOp({
      ...checked.op,
      name: "slow",
      body: (k, [x]) => [
        k.host([x], { shape: x.shape, dtype: x.dtype }, ([{ data }], out) => {
          const end = performance.now() + 900;
          while (isSlow && performance.now() < end);
          out.set(data);
        }),
      ],
    });
    const x = seeded([200, 300], 1);
    setThreads(2);
    const step = compile((x: Tensor) => sum(mul(slow(mul(x, 2)), x), { axis: 1 }));
    const wanted = sum(mul(mul(x, 2), x), { axis: 1 });
    try {
      await ready();
      heap().words.setPatience(300);
      const got = step(x);
      isSlow = false; // explain runs the program many times
      expect(step.explain({ warmUpMs: 0 }).threads).toBe(2);
      got.data.forEach((value: number, i: number) => expect(value).toBeCloseTo(wanted.data[i], 9));
    } finally {
      heap().words.setPatience(20_000);
      setThreads(1);
    }
  });
});
