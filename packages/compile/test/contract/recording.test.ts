// "Recording runs f on abstract tensors … Recording twice finds what differs between runs … Recording
// leaves parameters, state and generators as they were."
import { describe, expect, it } from "vitest";
import {
  add,
  arange,
  Generator,
  grad,
  mul,
  normal,
  ones,
  permutation,
  randomIntegers,
  square,
  sum,
  tensor,
  TransformError,
  uniform,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { Adam } from "@wengert/optim";
import { compile } from "../../src/index.ts";
import { classBatches, classify, mlp, training } from "./models.ts";
import { caught, seeded, snapshot } from "./support.ts";

/** The line after the one that calls this, as errors write it. */
function nextLine(): string {
  const frame = new Error().stack!.split("\n")[2];
  const [, file, line] = /([^/\\]+\.ts):(\d+):\d+/.exec(frame)!;
  return `${file}:${Number(line) + 1}`;
}

describe("Reading a value inside is an error that says what to do", () => {
  const w = tensor([1, 2], { requiresGrad: true });
  const generator = new Generator(1);
  const optimizer = new Adam([w]);
  const reads: [string, string, (x: Tensor) => unknown][] = [
    ["item", "item", (x) => sum(x).item()],
    ["data", "data", (x) => x.data],
    ["borrowData", "borrowData", (x) => mul(x, 2).borrowData()],
    ["toArray", "toArray", (x) => x.toArray()],
    ["toString", "toString", (x) => x.toString()],
    ["a template", "toString", (x) => `${x as unknown as string}`],
    ["JSON", "toArray", (x) => JSON.stringify(x)],
    ["the data of a parameter", "data", () => w.data],
    ["the item of a parameter's sum", "item", () => sum(w).item()],
    ["optimizer.lr", "item", () => optimizer.lr],
    ["random integers", "data", () => randomIntegers([2], { high: 5, generator })],
    ["a permutation", "data", () => permutation(4, { generator })],
    ["splitting a generator", "data", () => generator.split(2)],
    ["a value inside of grad inside", "item", (x) => grad((v: Tensor) => mul(v, v.item()))(sum(x))],
    ["a gradient", "data", (x) => (sum(mul(w, x)).backward(), w.grad!.data)],
  ];

  it.each(reads)("%s", (_, where, read) => {
    const before = snapshot([w, generator.state]);
    const error = caught(() => compile(read)(ones([2])));
    expect(error).toBeInstanceOf(TransformError);
    expect((error as TransformError).where).toBe(where);
    expect((error as TransformError).fix).toMatch(/outside/);
    expect(snapshot([w, generator.state])).toEqual(before);
    expect(w.grad).toBeNull();
  });

  it("what the function has made itself, of numbers, may be read", () => {
    const f = (x: Tensor) => {
      const table = arange(4).toArray() as number[];
      const scale = tensor([3, 4]).data[1];
      return mul(x, table[3] * scale);
    };
    expect(compile(f)(tensor([1, 2])).toArray()).toEqual([12, 24]);
  });

  it("but not after a value was assigned to it", () => {
    const f = (x: Tensor) => {
      const own = zeros([2]);
      own.copyFrom(x);
      return mul(x, own.data[0]);
    };
    expect(caught(() => compile(f)(ones([2])))).toBeInstanceOf(TransformError);
  });

  it("shapes and dtypes may be read", () => {
    const f = (x: Tensor) =>
      mul(x, x.shape[0] + x.rank * 10 + x.size * 100 + (x.dtype === "float32" ? 1000 : 0));
    expect(compile(f)(ones([2, 3])).toArray()).toEqual(f(ones([2, 3])).toArray());
  });

  it("a Promise", () => {
    const f = compile(async (x: Tensor) => await Promise.resolve(square(x)));
    const error = caught(() => void f(ones([2])));
    expect(error).toBeInstanceOf(TransformError);
    expect(error.message).toContain("one that returns a Promise");
  });

  it("a Promise in a tree of results", () => {
    const f = compile((x: Tensor) => [square(x), Promise.resolve(1)]);
    expect(caught(() => void f(ones([2]))).message).toContain("Promise");
  });
});

class Holder {
  readonly value: Tensor;
  constructor(value: Tensor) {
    this.value = value;
  }
}

describe("Recording twice finds what differs between runs: an error that names the op and its line", () => {
  it("a JavaScript number that changes", () => {
    let count = 0;
    let line = "";
    const f = (x: Tensor) => {
      const y = square(x);
      count++;
      line = nextLine();
      const z = mul(y, count);
      return add(z, 1);
    };
    const error = caught(() => compile(f)(ones([2])));
    expect(error).toBeInstanceOf(TransformError);
    expect(error.message).toContain("mul");
    expect(error.message).toContain(line);
    expect(error.message).toContain("the constant 1");
    expect(error.message).toContain("the constant 2");
    expect((error as TransformError).fix).toContain("0-d tensor");
  });

  it("an option of an op that changes", () => {
    let axis = 0;
    let line = "";
    const f = (x: Tensor) => {
      axis = 1 - axis;
      line = nextLine();
      return sum(x, { axis });
    };
    const error = caught(() => compile(f)(ones([2, 2])));
    expect(error.message).toContain("sum");
    expect(error.message).toContain(line);
  });

  it("random numbers of JavaScript", () => {
    let line = "";
    const f = (x: Tensor) => {
      line = nextLine();
      return add(x, Math.random());
    };
    expect(caught(() => compile(f)(ones([2]))).message).toContain(line);
  });

  it("data that change, made into a tensor inside", () => {
    const xs = [1, 2, 3];
    let line = "";
    const f = (x: Tensor) => {
      xs[1]++;
      const values = tensor(xs);
      line = nextLine();
      return add(x, values);
    };
    const error = caught(() => compile(f)(ones([3])));
    expect(error.message).toContain("add");
    expect(error.message).toContain(line);
  });

  it.each<[string, (like: Tensor) => Tensor]>([
    ["made", () => zeros([2])],
    ["computed", (like) => mul(like, 0)],
  ])("a state made on first use: %s", (_, make) => {
    const state: { velocity?: Tensor } = {};
    let line = "";
    const f = (x: Tensor) => {
      state.velocity ??= make(x);
      line = nextLine();
      const next = add(mul(state.velocity, 0.9), x);
      state.velocity.copyFrom(next);
      return next;
    };
    const error = caught(() => compile(f)(ones([2])));
    expect(error).toBeInstanceOf(TransformError);
    expect(error.message).toContain("mul");
    expect(error.message).toContain(line);
    expect(error.message).toMatch(/before compiling|outside of the function/);
  });

  it("fewer ops the second time, more ops, or another result", () => {
    for (const [first, second] of [
      [3, 1],
      [1, 3],
    ]) {
      let times = 0;
      const f = (x: Tensor) => {
        let y = x;
        const count = times++ % 2 === 0 ? first : second;
        for (let i = 0; i < count; i++) y = square(y);
        return y;
      };
      expect(caught(() => compile(f)(ones([2])))).toBeInstanceOf(TransformError);
    }
    let isSecond = true;
    const other = (x: Tensor) => {
      const [a, b] = [square(x), add(x, 1)];
      isSecond = !isSecond;
      return isSecond ? a : b;
    };
    expect(caught(() => compile(other)(ones([2])))).toBeInstanceOf(TransformError);
  });

  it("a number among the results, or a tree of another form", () => {
    let count = 0;
    const counted = caught(() => compile((x: Tensor) => [x, count++])(ones([2])));
    expect(counted).toBeInstanceOf(TransformError);
    expect(counted.message).toContain("the number 0 among the results the first time");
    expect(counted.message).toContain("the number 1 the second time");
    let isList = false;
    const f = (x: Tensor) => {
      isList = !isList;
      return isList ? [x] : { x };
    };
    const formed = caught(() => compile(f)(ones([2])));
    expect(formed).toBeInstanceOf(TransformError);
    expect(formed.message).toMatch(/an array of 1 among .* an object of 1 the second time/);
  });

  it.each([
    ["Map", (x: Tensor) => new Map([["y", square(x)]])],
    ["Set", (x: Tensor) => [x, { seen: new Set([square(x)]) }]],
    ["Holder", (x: Tensor) => new Holder(square(x))],
  ])("a %s that is made anew, which would keep tensors without values", (name, f) => {
    const { message } = caught(() => compile(f as (x: Tensor) => unknown)(ones([2])));
    expect(message).toContain(`an object (${name}) among them that is made anew at each call`);
    expect(message).toContain("Return a tree");
    expect(message).not.toContain("0-d tensor");
  });
});

describe("Recording leaves parameters, state and generators as they were", () => {
  /** A step on everything that can be changed, that throws at the end of its n-th run. */
  function setup() {
    const model = mlp();
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const generator = new Generator(5);
    const statistic = seeded([6], 8);
    const { step, state } = training(model, optimizer, classify);
    const grads = model.parameters().map((p, i) => seeded(p.shape, i));
    model.parameters().forEach((p, i) => (p.grad = grads[i]));
    const all = [...state, statistic, generator.state, ...grads];
    let runs = 0;
    const f = (failAt: number) => (x: Tensor, y: Tensor) => {
      const noise = uniform(x.shape, { generator, dtype: "float64" });
      const loss = step(add(x, noise), y);
      statistic.copyFrom(mul(statistic, 0.9));
      optimizer.lr = 0.5;
      if (++runs === failAt) throw new RangeError("stop");
      return failAt === 0 ? mul(loss, runs) : loss;
    };
    return { f, all, grads, parameters: model.parameters() };
  }

  it.each([
    ["f throws in its first run", 1],
    ["f throws in its second run", 2],
    ["its runs differ", 0],
  ])("when %s", (_, failAt) => {
    const { f, all, grads, parameters } = setup();
    const before = snapshot(all);
    const [{ x, y }] = classBatches();
    const error = caught(() => compile(f(failAt))(x, y));
    expect(error).toBeInstanceOf(failAt === 0 ? TransformError : RangeError);
    expect(snapshot(all)).toEqual(before);
    parameters.forEach((p, i) => expect(p.grad).toBe(grads[i]));
    // Eager ops work again, with values.
    expect(square(tensor([3])).item()).toBe(9);
  });

  it("a random stream goes on where it was", () => {
    const generator = new Generator(7);
    const f = () => normal([3], { generator });
    const failing = () => {
      f();
      throw new RangeError("stop");
    };
    const state = [...generator.state.data];
    caught(() => compile(failing)());
    expect([...generator.state.data]).toEqual(state);
  });

  it("f runs a fixed number of times for a program, and never afterwards", () => {
    let runs = 0;
    const compiled = compile((x: Tensor) => {
      runs++;
      return square(x);
    });
    compiled(ones([2]));
    const first = runs;
    for (let i = 0; i < 5; i++) compiled(ones([2]));
    expect(runs).toBe(first);
    expect(compiled.compilations).toBe(1);
  });
});
