// "Calls run one at a time; touching a cell while an async call runs is an error."
import { describe, expect, it } from "vitest";
import {
  add,
  cumsum,
  defineOp,
  embedding,
  mul,
  NDArray,
  notBatchable,
  notDifferentiable,
  ones,
  samples,
  square,
  sum,
  tensor,
  TransformError,
  type Tensor,
} from "@wengert/autograd";
import { Adam, SGD } from "@wengert/optim";
import { compile, CompiledProgramError } from "../../src/index.ts";
import { classBatches, classify, mlp, training } from "./models.ts";
import { caught, expectClose, seeded, snapshot } from "./support.ts";

const rejected = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error("expected an error, got none");
    },
    (error: unknown) => error as Error,
  );

describe("f.async", () => {
  it("equals the eager call, step after step, mixed with calls of f itself", async () => {
    const make = () => {
      const model = mlp();
      return training(model, new Adam(model.parameters(), { lr: 0.01 }), classify);
    };
    const [eager, twin] = [make(), make()];
    const compiled = compile(twin.step);
    const batches = classBatches();
    for (let i = 0; i < 24; i++) {
      const { x, y } = batches[i % 3];
      const expected = eager.step(x, y);
      expectClose(i % 3 === 1 ? compiled(x, y) : await compiled.async(x, y), expected, 1e-11);
    }
    expectClose(twin.state, eager.state, 1e-11);
    expect(compiled.compilations).toBe(1);
  });

  it("returns trees and gives gradients to their owners", async () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const compiled = compile(
      (x: Tensor) => {
        w.grad = null;
        sum(mul(w, x)).backward();
        return { x: [square(x)], n: 3 };
      },
      { keepGrads: true },
    );
    const { x, n } = await compiled.async(tensor([3, 4]));
    expect([x[0].toArray(), n, w.grad!.toArray()]).toEqual([[9, 16], 3, [3, 4]]);
  });

  it("a failed call leaves the cells unchanged; the next one works", async () => {
    const table = seeded([3, 2], 1);
    const compiled = compile((index: Tensor) => {
      const rows = embedding(index, table);
      table.copyFrom(mul(table, 2));
      return rows;
    });
    const index = (i: number) => tensor([i], { dtype: "int32" });
    await compiled.async(index(1));
    const before = snapshot([table]);
    const error = await rejected(compiled.async(index(3)));
    expect(error.message).toBe(caught(() => embedding(index(3), table)).message);
    expect(snapshot([table])).toEqual(before);
    await compiled.async(index(2));
    expect(snapshot([table])).not.toEqual(before);
  });
});

describe("Calls run one at a time", () => {
  it("a second call meanwhile, of any compiled function, is an error that disturbs nothing", async () => {
    const w = seeded([1000], 1);
    const f = (x: Tensor) => sum(mul(w, square(x)));
    const [compiled, other] = [compile(f), compile((x: Tensor) => add(x, 1))];
    const [x, junk] = [seeded([1000], 2), seeded([1000], 3)];
    const expected = f(x);
    compiled(x);
    other(x);
    const running = compiled.async(x);
    expect(caught(() => compiled(junk))).toBeInstanceOf(CompiledProgramError);
    expect(caught(() => other(junk))).toBeInstanceOf(CompiledProgramError);
    expect(await rejected(compiled.async(junk))).toBeInstanceOf(CompiledProgramError);
    expectClose(await running, expected, 1e-12);
    expectClose(compiled(junk), f(junk), 1e-12);
  });

  it("an index that is out of range is not forgotten by a refused call", async () => {
    const table = seeded([3, 2], 1);
    const compiled = compile((index: Tensor) => embedding(index, table));
    const other = compile((x: Tensor) => add(x, 1));
    compiled(tensor([1], { dtype: "int32" }));
    other(ones([2]));
    const running = compiled.async(tensor([9], { dtype: "int32" }));
    caught(() => other(ones([2])));
    expect((await rejected(running)).message).toContain("indices from 0 to 2");
  });

  it("a host op that calls a compiled function is refused, and works with the function itself", () => {
    const inner = compile((x: Tensor) => mul(x, 2));
    inner(ones([2]));
    const calling = (f: (x: Tensor) => Tensor) =>
      defineOp({
        name: "calling",
        arity: 1,
        broadcasts: false,
        shape: ([x]) => [x],
        body: (k, [x]) => [
          k.host([x], { shape: x.shape, dtype: x.dtype }, ([{ data }], out) => {
            out.set(f(tensor(Float32Array.from(data))).data);
          }),
        ],
        vjp: notDifferentiable,
        jvp: notDifferentiable,
        batch: notBatchable,
        samples: (draw) => ({ inputs: [samples.reals(draw, [2])], attrs: {} }),
        reference: ([x]) =>
          new NDArray(
            x.shape,
            x.data.map((v) => 2 * v),
          ),
      });
    const outer = compile((x: Tensor) => add(calling(inner)(x), x));
    expect(caught(() => outer(tensor([1, 2])))).toBeInstanceOf(CompiledProgramError);
    expect(
      compile((x: Tensor) => add(calling((x) => mul(x, 2))(x), x))(tensor([1, 2])).toArray(),
    ).toEqual([3, 6]);
    expect(inner(tensor([4])).toArray()).toEqual([8]);
  });
});

describe("Touching a cell while an async call runs is an error", () => {
  it.each<[string, (w: Tensor, optimizer: SGD) => unknown]>([
    ["to read it", (w) => w.toArray()],
    ["to compute with it", (w) => add(w, 1)],
    ["to write it", (w) => w.copyFrom(ones([3]))],
    ["to set the learning rate", (_, optimizer) => (optimizer.lr = 0.5)],
    ["an eager step", (w, optimizer) => ((w.grad = ones([3])), optimizer.step())],
  ])("%s", async (_, touch) => {
    const w = ones([3], { requiresGrad: true });
    const optimizer = new SGD([w], { lr: 0.25 });
    const compiled = compile((x: Tensor) => {
      optimizer.zeroGrad();
      const loss = sum(mul(w, x));
      loss.backward();
      optimizer.step();
      return loss;
    });
    const running = compiled.async(tensor([1, 2, 4]));
    expect(caught(() => touch(w, optimizer))).toBeInstanceOf(TransformError);
    expect((await running).item()).toBe(7);
    expect(w.toArray()).toEqual([0.75, 0.5, 0]);
    expect(optimizer.lr).toBe(0.25);
  });

  it("a large argument, used before: to change it is an error, or comes too late to matter", async () => {
    const x = seeded([300_000], 1);
    const before = x.clone();
    const compiled = compile((x: Tensor) => cumsum(mul(x, 10), { axis: 0 }));
    const expected = compiled(x);
    compiled(x);
    const running = compiled.async(x);
    let error: unknown = null;
    try {
      x.copyFrom(mul(before, -1));
    } catch (thrown) {
      error = thrown;
    }
    expectClose(await running, expected, 0);
    if (error !== null) {
      expect(error).toBeInstanceOf(TransformError);
      expectClose(x, before, 0);
    }
  });

  it("arguments may be changed: they have been copied in", async () => {
    const x = tensor([1, 2]);
    const running = compile((x: Tensor) => mul(x, 10)).async(x);
    x.copyFrom(tensor([7, 7]));
    expect((await running).toArray()).toEqual([10, 20]);
  });
});
