// "Cells … generators": random streams of compiled functions are those of eager code.
import { describe, expect, it } from "vitest";
import { Generator, manualSeed, normal, uniform } from "@wengert/autograd";
import { Dropout, Linear, tanh } from "@wengert/nn";
import { SGD } from "@wengert/optim";
import { compile } from "../../src/index.ts";
import { classBatches, classify, sequential, training } from "./models.ts";
import { expectClose, trainTwins } from "./support.ts";

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
