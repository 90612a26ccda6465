// "A program is chosen by: tree, shapes, dtypes and aliasing of the arguments, number arguments, grad
// mode, the modules' training flags. A new key records anew, cached."
import { describe, expect, it } from "vitest";
import {
  add,
  dependsOn,
  mul,
  noGrad,
  ones,
  slice,
  square,
  sum,
  tensor,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { Dropout, Linear, Module, parameter } from "@wengert/nn";
import { SGD } from "@wengert/optim";
import { compile } from "../../src/index.ts";
import { classBatches, classify, forward, mlp, sequential, training } from "./models.ts";
import { expectClose, seeded, snapshot } from "./support.ts";

/** The same for any arguments: the sum of all that can be added, and what the others are. */
function describeAll(...args: unknown[]): unknown {
  const show = (x: unknown): unknown =>
    typeof x === "bigint" ? `${x}n` : typeof x === "symbol" ? x.description : x;
  return args.map((x) => (typeof x === "object" ? x : [show(x)]));
}

describe("A program is chosen by", () => {
  it("shapes and dtypes; a known kind is found again", () => {
    const compiled = compile((x: Tensor) => add(square(x), 1));
    const kinds = [[2], [3], [2, 1], [], [0]].flatMap((shape) =>
      (["float32", "float64", "int32"] as const).map((dtype) => zeros(shape, { dtype })),
    );
    for (let round = 0; round < 2; round++) {
      for (const x of kinds) {
        const y = compiled(x);
        expect([y.dtype, ...y.shape]).toEqual([x.dtype, ...x.shape]);
        expect([...y.data]).toEqual([...x.data].map(() => 1));
      }
      expect(compiled.compilations).toBe(kinds.length);
    }
  });

  it("aliasing: f(a, a), f(a, b)", () => {
    const f = (a: Tensor, b: Tensor) => (a === b ? square(a) : sum(add(a, b)));
    const compiled = compile(f);
    const [a, b] = [tensor([1, 2]), tensor([3, 5])];
    for (let i = 0; i < 2; i++) {
      expect(compiled(a, a).toArray()).toEqual([1, 4]);
      expect(compiled(a, b).toArray()).toBe(11);
      expect(compiled(b, b).toArray()).toEqual([9, 25]);
      expect(compiled(b, a).toArray()).toBe(11);
      expect(compiled(a, a.clone()).toArray()).toBe(6);
    }
    expect(compiled.compilations).toBe(2);
  });

  it("which of three are the same", () => {
    const f = (a: Tensor, b: Tensor, c: Tensor) =>
      add(mul(a, a === b ? 100 : 1), mul(b === c ? 10 : 1, add(b, a === c ? 1000 : c)));
    const compiled = compile(f);
    const [a, b, c] = [1, 2, 3].map((x) => tensor([x]));
    const calls = [
      [a, b, c],
      [a, a, b],
      [a, b, b],
      [a, b, a],
      [a, a, a],
    ] as const;
    for (const args of [...calls, ...calls]) expectClose(compiled(...args), f(...args), 0);
    expect(compiled.compilations).toBe(5);
  });

  it("views of one memory are tensors of their own", () => {
    const x = tensor([1, 2, 3, 4]);
    const compiled = compile((a: Tensor, b: Tensor) => mul(a, b));
    const call = (a: Tensor, b: Tensor) => compiled(a, b).toArray();
    expect(call(slice(x, [[0, 2]]), slice(x, [[1, 3]]))).toEqual([2, 6]);
    expect(call(slice(x, [[1, 3]]), slice(x, [[1, 3]]))).toEqual([4, 9]);
    expect(compiled.compilations).toBe(1);
  });

  it("numbers", () => {
    const compiled = compile((x: Tensor, k: number) => mul(x, k));
    const numbers = [2, 3, 2.5, -0, 0, NaN, Infinity, 1e300, 2];
    for (const k of numbers) {
      expect([...compiled(tensor([1, -1]), k).data]).toEqual([...mul(tensor([1, -1]), k).data]);
    }
    expect(compiled.compilations).toBe(8);
    expect(Object.is(compile((x: Tensor, k: number) => mul(x, k))(ones([]), -0).item(), -0)).toBe(
      true,
    );
  });

  it("strings and booleans, null and undefined, and their number", () => {
    const compiled = compile((...args: unknown[]) => describeAll(...args));
    const kinds: unknown[][] = [
      [],
      [undefined],
      [null],
      ["null"],
      ["a", "b"],
      ["a;b"],
      ['a";"b'],
      [true],
      ["true"],
      [1],
      ["1"],
      [1n],
      [[1, 2]],
      [[1], 2],
      [[[1, 2]]],
      [{ a: 1 }],
      [{ b: 1 }],
      [{ a: { b: 1 } }],
      [[]],
      [{}],
      [[], []],
    ];
    for (const args of [...kinds, ...kinds])
      expect(compiled(...args)).toEqual(describeAll(...args));
    expect(compiled.compilations).toBe(kinds.length);
  });

  it("symbols, functions and objects with a class by identity", () => {
    const [first, second] = [Symbol("s"), Symbol("s")];
    const choose = compile((x: Tensor, which: symbol) =>
      which === first ? square(x) : mul(x, -1),
    );
    expect(choose(tensor([3]), first).item()).toBe(9);
    expect(choose(tensor([3]), second).item()).toBe(-3);

    const apply = compile((x: Tensor, f: (x: Tensor) => Tensor) => f(x));
    expect(apply(tensor([3]), square).item()).toBe(9);
    expect(apply(tensor([3]), (x) => mul(x, -1)).item()).toBe(-3);

    const run = compile((x: Tensor, model: Linear) => model.forward(x as never) as Tensor);
    const x = ones([1, 2]);
    for (const model of [new Linear(2, 2), new Linear(2, 2)]) {
      expectClose(run(x, model as never), model.forward(x as never), 1e-6);
    }
    expect(run.compilations).toBe(2);
  });

  it("the tree", () => {
    type Tree = { a: Tensor; b?: Tensor } | Tensor[];
    const f = (tree: Tree) =>
      Array.isArray(tree) ? add(tree[0], tree.length) : mul(tree.a, tree.b ?? -1);
    const compiled = compile(f);
    const [a, b] = [tensor([2]), tensor([5])];
    const trees: Tree[] = [[a], [a, b], { a }, { a, b }, { a: b, b: a }];
    for (const tree of [...trees, ...trees]) expectClose(compiled(tree), f(tree), 0);
    // {a, b} and {a: b, b: a} are of one kind.
    expect(compiled.compilations).toBe(4);
  });

  it("grad mode", () => {
    const w = parameter(tensor([2, 3]));
    const f = (x: Tensor) => {
      const y = sum(mul(w, x));
      return y.requiresGrad ? mul(y, 10) : y;
    };
    const compiled = compile(f);
    for (let i = 0; i < 2; i++) {
      expect(compiled(ones([2])).item()).toBe(50);
      expect(noGrad(() => compiled(ones([2]))).item()).toBe(5);
    }
    expect(compiled.compilations).toBe(2);
  });

  it("requiresGrad of arguments", () => {
    const compiled = compile((x: Tensor) => (x.requiresGrad ? square(x) : mul(x, -1)));
    const x = tensor([3]);
    const leaf = tensor([3], { requiresGrad: true });
    for (let i = 0; i < 2; i++) {
      expect(compiled(x).item()).toBe(-3);
      expect(compiled(leaf).item()).toBe(9);
    }
    x.requiresGrad = true;
    expect(compiled(x).item()).toBe(9);
    expect(compiled.compilations).toBe(2);
  });

  it("requiresGrad of parameters: a layer that is frozen between calls, and thawed", () => {
    const make = () => {
      const model = mlp();
      return training(model, new SGD(model.parameters(), { lr: 0.1 }), classify);
    };
    const [eager, twin] = [make(), make()];
    const compiled = compile(twin.step);
    const batches = classBatches();
    for (let i = 0; i < 12; i++) {
      const isFree = i % 6 < 3;
      for (const { model } of [eager, twin]) {
        for (const p of model.parameters().slice(0, 2)) p.requiresGrad = isFree;
      }
      const { x, y } = batches[i % 3];
      expectClose(compiled(x, y), eager.step(x, y), 1e-11);
    }
    expectClose(twin.state, eager.state, 1e-11);
    expect(compiled.compilations).toBe(2);
  });

  it("but not requiresGrad that f itself switches off and on again", () => {
    const [w, v] = [parameter(tensor([2])), parameter(tensor([3]))];
    const optimizer = new SGD([w, v], { lr: 0.1 });
    const compiled = compile((x: Tensor) => {
      optimizer.zeroGrad();
      w.requiresGrad = false;
      sum(mul(mul(w, v), x)).backward();
      optimizer.step();
      w.requiresGrad = true;
    });
    for (let i = 0; i < 3; i++) compiled(ones([1]));
    expect(w.item()).toBe(2);
    expect(v.item()).toBeCloseTo(3 - 3 * 0.2, 5);
    expect(compiled.compilations).toBe(1);
  });

  it("the modules' training flags, of each module by itself", () => {
    const [first, second] = [new Dropout(1), new Dropout(1)];
    const model = sequential(first, second);
    const compiled = compile((x: Tensor) => forward(model, x));
    const run = () => compiled(ones([2])).toArray();
    for (let i = 0; i < 2; i++) {
      model.train();
      expect(run()).toEqual([0, 0]);
      model.eval();
      expect(run()).toEqual([1, 1]);
      second.train();
      expect(run()).toEqual([0, 0]);
    }
    expect(compiled.compilations).toBe(3);
  });

  it("a module's flag that f does not look at makes no new program", () => {
    const model = mlp();
    const compiled = compile((x: Tensor) => forward(model, x));
    const [{ x }] = classBatches();
    compiled(x);
    model.eval();
    compiled(x);
    expect(compiled.compilations).toBe(1);
  });

  it("what stands in the fields of modules: tensors, layers, numbers", () => {
    class Scaled extends Module {
      weight = parameter(tensor([2]));
      parts = { layers: [new Linear(1, 1, { bias: false })] };
      factor = 1;
      calls = 0;
      protected run(x: Tensor): Tensor {
        this.calls++;
        let y = mul(x, this.weight);
        for (const layer of this.parts.layers) y = layer.forward(y) as Tensor;
        return mul(y, this.factor);
      }
    }
    const model = new Scaled();
    const compiled = compile((x: Tensor) => model.forward(x));
    const agree = (compilations: number) => {
      const x = tensor([3]);
      expect(compiled(x).item()).toBe(model.forward(x).item());
      expect(compiled(x).item()).toBe(model.forward(x).item());
      expect(compiled.compilations).toBe(compilations);
    };
    agree(1);
    const before = model.weight;
    model.weight = parameter(tensor([-5]));
    agree(2);
    model.parts.layers[0] = new Linear(1, 1, { bias: false });
    agree(3);
    model.parts.layers.push(new Linear(1, 1, { bias: false }));
    agree(4);
    model.factor = 7;
    agree(5);
    model.weight = before;
    model.parts.layers.length = 0;
    agree(6);
    // Found again.
    model.weight = parameter(tensor([1]));
    agree(7);
    model.weight = before;
    agree(7);
  });

  it("the hooks of modules, which see tensors without values", () => {
    const model = new Linear(2, 2);
    const mean = tensor([0]);
    const compiled = compile((x: Tensor) => model.forward(x));
    const x = ones([3, 2]);
    compiled(x);
    const end = model.onForward((_, __, y) => mean.copyFrom(y.mean().reshape([1])));
    const y = compiled(x);
    expect(mean.item()).toBeCloseTo(y.mean().item(), 5);
    expect(compiled.compilations).toBe(2);
    const endOther = model.onForward((_, __, output) => void output.item());
    expect(() => compiled(x)).toThrow(/Return it from the compiled function/);
    endOther();
    end();
    compiled(x);
    expect(compiled.compilations).toBe(2);
  });

  it("which parameters an optimizer has", () => {
    const [w, v] = [parameter(tensor([1])), parameter(tensor([1]))];
    const params = [w];
    const optimizer = new SGD(params, { lr: 1 });
    const step = compile((x: Tensor) => {
      optimizer.zeroGrad();
      const loss = sum(mul(x, add(w, v)));
      loss.backward();
      optimizer.step();
      return loss;
    });
    step(tensor([1]));
    expect([w.item(), v.item()]).toEqual([0, 1]);
    (optimizer.groups[0].params as Tensor[])[0] = v;
    step(tensor([1]));
    expect([w.item(), v.item()]).toEqual([0, 0]);
  });

  it("what users say with dependsOn", () => {
    let mode = "double";
    const compiled = compile((x: Tensor) => {
      dependsOn(() => mode);
      return mul(x, mode === "double" ? 2 : -1);
    });
    const run = () => compiled(tensor([3])).item();
    const seen = ["double", "negate", "double", "negate"].map((next) => ((mode = next), run()));
    expect(seen).toEqual([6, -3, 6, -3]);
    expect(compiled.compilations).toBe(2);
  });
});

describe("A new key records anew, cached", () => {
  it("many kinds, more than are kept, stay right", () => {
    const w = seeded([3], 1);
    const compiled = compile((x: Tensor, k: number) => add(mul(w, x), k));
    for (const k of [...Array.from({ length: 150 }, (_, i) => i), 0, 1, 149, 148]) {
      const x = seeded([3], k);
      expectClose(compiled(x, k), add(mul(w, x), k), 1e-13);
    }
    expect(compiled.compilations).toBeGreaterThanOrEqual(150);
  });

  it("a call that cannot be recorded is no program, and the next one works", () => {
    const compiled = compile((a: Tensor, b: Tensor) => add(a, b));
    const args = [ones([2]), ones([3])] as const;
    const before = snapshot(args);
    expect(() => compiled(...args)).toThrow(/add/);
    expect(compiled.compilations).toBe(0);
    expect(compiled(ones([2]), ones([2])).toArray()).toEqual([2, 2]);
    expect(compiled.compilations).toBe(1);
    expect(snapshot(args)).toEqual(before);
  });

  it("keeps the function's name", () => {
    expect(
      compile(function step(x: Tensor) {
        return x;
      }).name,
    ).toBe("step");
  });
});
