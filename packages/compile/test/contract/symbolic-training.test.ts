// Training with batches of many sizes: one program, the same weights, moments and statistics as eager code.
// Takes long: starts among the first.
import { afterAll, describe, expect, it } from "vitest";
import {
  add,
  clone,
  Generator,
  mean,
  mul,
  normal,
  sqrt,
  square,
  sub,
  uniform,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { Dropout, Linear, relu } from "@wengert/nn";
import { Adam, AdamW, SGD } from "@wengert/optim";
import { compile, ready, setThreads } from "../../src/index.ts";
import {
  classify,
  convNet,
  linearLoss,
  mlp,
  sequential,
  training,
  Transformer,
  type FloatType,
} from "./models.ts";
import { expectClose, labels, seeded, type Batch, type Training } from "./support.ts";
import { expectedCompilations, manySizes } from "./symbolic.support.ts";

const flat =
  (dtype: FloatType) =>
  (n: number): Batch => ({
    x: seeded([n, 6], n, dtype),
    y: labels(n, 3),
  });
const images = (n: number): Batch => ({ x: seeded([n, 1, 9, 9], n), y: labels(n, 5) });
const tokens = (n: number): Batch => {
  const all = labels(n * 6, 7).reshape([n, 6]) as Tensor;
  return { x: all, y: all };
};
/** For models that use batches of one in another way. */
const sizes = manySizes.filter((size) => size <= 67);

/** Dropout draws its masks from a state; the inputs are normalised over the batch, whose means are
 *  remembered. */
function noisy(): Training {
  const options = { generator: new Generator(3), dtype: "float64" } as const;
  const model = sequential(
    new Linear(6, 20, options),
    relu,
    new Dropout(0.4, { generator: new Generator(8) }),
    new Linear(20, 3, options),
  );
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const inner = training(model, optimizer, classify);
  const running = zeros([6], { dtype: "float64" });
  const step = (x: Tensor, y: Tensor): Tensor => {
    const average = mean(x, { axis: 0 }) as Tensor;
    const centred = sub(x, average) as Tensor;
    running.copyFrom(add(mul(running, 0.87), mul(average, 0.13)));
    const variance = mean(square(centred), { axis: 0 }) as Tensor;
    return inner.step(centred.div(sqrt(add(variance, 1e-5))) as Tensor, y);
  };
  return { ...inner, step, state: [...inner.state, running] };
}

const models: readonly (readonly [string, () => Training, (n: number) => Batch, number])[] = [
  ["an MLP with SGD", () => trained(mlp(), SGD), flat("float64"), 1e-9],
  ["an MLP with Adam", () => trained(mlp(), Adam), flat("float64"), 1e-8],
  ["an MLP of singles", () => trained(mlp("float32"), SGD), flat("float32"), 1e-3],
  ["dropout and statistics of the batch", noisy, flat("float64"), 1e-8],
  ["a convolutional net", () => trained(convNet(), Adam), images, 1e-8],
  ["a transformer", () => trained(new Transformer(7, 6, 8), AdamW), tokens, 1e-7],
];

function trained(
  model: ReturnType<typeof mlp>,
  Optimizer: typeof SGD | typeof Adam | typeof AdamW,
) {
  const optimizer = new (Optimizer as typeof SGD)(model.parameters(), { lr: 0.01 });
  return training(model, optimizer, classify);
}

function train(make: () => Training, batch: (n: number) => Batch): Training {
  const twin = make();
  const compiled = compile(twin.step);
  for (const size of [16, 7, 12, 33, 5, 40]) {
    const { x, y } = batch(size);
    compiled(x, y);
  }
  return twin;
}

describe("training with many sizes of batches", () => {
  it.each(models)("%s", (_, make, batch, tolerance) => {
    const [eager, twin] = [make(), make()];
    const compiled = compile(twin.step);
    for (const size of sizes) {
      const { x, y } = batch(size);
      expectClose(compiled(x, y), eager.step(x, y), tolerance);
    }
    expectClose(twin.state, eager.state, tolerance);
    expect(compiled.compilations).toBe(expectedCompilations(sizes));
    // What has been compiled serves all of these sizes again.
    for (const size of sizes) {
      const { x, y } = batch(size);
      expectClose(compiled(x, y), eager.step(x, y), 10 * tolerance);
    }
    expect(compiled.compilations).toBe(expectedCompilations(sizes));
  });

  it("without labels, and with the size of a sequence", () => {
    const make = () => trainedOnSequences();
    const [eager, twin] = [make(), make()];
    const compiled = compile(twin.step, { symbolic: [1, 1] });
    for (const size of sizes) {
      const [x, y] = [seeded([2, size, 6], size), seeded([2, size, 3], size + 1)];
      expectClose(compiled(x, y), eager.step(x, y), 1e-8);
    }
    expectClose(twin.state, eager.state, 1e-8);
  });

  it.each([0, 1, 2])("the same random numbers, %i more than the size", (more) => {
    const make = () => {
      const generator = new Generator(5);
      return (x: Tensor): Tensor[] => {
        const [n] = x.shape as readonly number[];
        const options = { generator, dtype: "float32" } as const;
        return [uniform([3, n + more], options), normal([n + more, 5], options), add(x, 1)];
      };
    };
    const [eager, twin] = [make(), compile(make(), { symbolic: [0] })];
    for (const size of sizes) expectClose(twin(seeded([size], 1)), eager(seeded([size], 1)), 1e-5);
    expect(twin.explain({ warmUpMs: 0 }).symbolic).toHaveLength(1);
  });

  describe("the same bits for 1, 2 and 3 threads", () => {
    afterAll(() => setThreads(2));
    it.each(models)("%s", async (_, make, batch) => {
      const states: Tensor[][] = [];
      for (const threads of [1, 2, 3]) {
        setThreads(threads);
        await ready();
        states.push(train(make, batch).state.map((it) => clone(it)));
      }
      for (const other of states.slice(1)) expectClose(other, states[0], 0);
    });
  });
});

function trainedOnSequences(): Training {
  const model = mlp();
  const optimizer = new SGD(model.parameters(), { lr: 0.001 });
  return training(model, optimizer, linearLoss);
}
