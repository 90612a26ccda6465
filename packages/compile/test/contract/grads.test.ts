// "`.grad` that f clears and fills is transient: it is readable after a call only with `keepGrads`."
import { describe, expect, it } from "vitest";
import { add, mul, ones, square, sum, tensor, type Tensor } from "@wengert/autograd";
import { parameter } from "@wengert/nn";
import { SGD } from "@wengert/optim";
import { compile } from "../../src/index.ts";
import { classBatches, classify, forward, mlp, training } from "./models.ts";
import { expectClose } from "./support.ts";

const setup = () => {
  const model = mlp();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  return { ...training(model, optimizer, classify), parameters: model.parameters() };
};

const gradsOf = (parameters: readonly Tensor[]): Tensor[] => parameters.map(({ grad }) => grad!);

describe(".grad that f clears and fills", () => {
  it("is null after a call, also where there was one before", () => {
    const { step, parameters } = setup();
    const compiled = compile(step);
    const [{ x, y }] = classBatches();
    step(x, y);
    for (let i = 0; i < 3; i++) {
      compiled(x, y);
      expect(parameters.every(({ grad }) => grad === null)).toBe(true);
    }
    expect(compiled.compilations).toBe(1);
  });

  it("is readable with keepGrads, and equals that of the eager call", () => {
    const [eager, twin] = [setup(), setup()];
    const compiled = compile(twin.step, { keepGrads: true });
    const kept: [Tensor[], number[][]][] = [];
    for (const { x, y } of [...classBatches(), ...classBatches()]) {
      compiled(x, y);
      eager.step(x, y);
      const grads = gradsOf(twin.parameters);
      expectClose(grads, gradsOf(eager.parameters), 1e-12);
      kept.push([grads, grads.map(({ data }) => [...data])]);
    }
    // Those of earlier calls are tensors of their own.
    for (const [grads, before] of kept) expect(grads.map(({ data }) => [...data])).toEqual(before);
    expect(compiled.compilations).toBe(1);
  });

  it("cleared and not filled is null", () => {
    const w = parameter(tensor([1, 2]));
    w.grad = ones([2]);
    compile(() => void (w.grad = null))();
    expect(w.grad).toBeNull();
  });

  it("cleared at the end is null, whatever was accumulated before", () => {
    const w = parameter(tensor([3]));
    const compiled = compile((x: Tensor) => {
      sum(mul(w, x)).backward();
      w.copyFrom(add(w, w.grad!));
      w.grad = null;
    });
    for (let i = 0; i < 3; i++) compiled(tensor([2]));
    expect(w.grad).toBeNull();
    expect(w.item()).toBe(9);
    w.grad = tensor([100]);
    compiled(tensor([2]));
    expect(w.item()).toBe(111);
    expect(w.grad).toBeNull();
  });

  it("of a tensor that f leaves alone stays as it is", () => {
    const [w, v] = [parameter(tensor([1])), parameter(tensor([1]))];
    const grad = tensor([5]);
    v.grad = grad;
    compile(() => {
      w.grad = null;
      sum(mul(w, v.detach())).backward();
    })();
    expect(v.grad).toBe(grad);
  });

  it("that f only reads stays as it is", () => {
    const w = parameter(tensor([1]));
    const grad = tensor([5]);
    w.grad = grad;
    const compiled = compile(() => mul(w.grad!, 2));
    expect(compiled().item()).toBe(10);
    expect(w.grad).toBe(grad);
    w.grad = tensor([6]);
    expect(compiled().item()).toBe(12);
    expect(compiled.compilations).toBe(1);
  });

  it("that f sets to a value of its own is that value", () => {
    const w = parameter(tensor([1]));
    const compiled = compile(
      (x: Tensor) => {
        w.grad = square(x);
      },
      { keepGrads: true },
    );
    compiled(tensor([3]));
    expect(w.grad!.item()).toBe(9);
    compiled(tensor([4]));
    expect(w.grad!.item()).toBe(16);
  });
});

describe("gradient accumulation", () => {
  it("without zeroGrad over several calls equals eager, then one update", () => {
    const make = () => {
      const { model, optimizer, parameters } = setup();
      return {
        optimizer,
        parameters,
        accumulate: (x: Tensor, y: Tensor) => {
          const loss = mul(classify(forward(model, x), y), 0.25);
          loss.backward();
          return loss;
        },
        update: () => {
          optimizer.step();
          optimizer.zeroGrad();
        },
      };
    };
    const [eager, twin] = [make(), make()];
    const [accumulate, update] = [compile(twin.accumulate), compile(twin.update)];
    for (let round = 0; round < 4; round++) {
      for (const { x, y } of classBatches()) {
        expectClose(accumulate(x, y), eager.accumulate(x, y), 1e-12);
        expectClose(gradsOf(twin.parameters), gradsOf(eager.parameters), 1e-12);
      }
      update();
      eager.update();
      expect(twin.parameters.every(({ grad }) => grad === null)).toBe(true);
      expectClose(twin.parameters, eager.parameters, 1e-12);
    }
    // Without and with a gradient before.
    expect(accumulate.compilations).toBe(2);
    expect(update.compilations).toBe(1);
  });

  it("eager and compiled calls add to the same gradients", () => {
    const w = parameter(tensor([1, 1]));
    const f = (x: Tensor) => sum(mul(w, x)).backward();
    const compiled = compile(f);
    compiled(tensor([1, 2]));
    f(tensor([10, 20]));
    compiled(tensor([100, 200]));
    compiled(tensor([1000, 2000]));
    expect(w.grad!.toArray()).toEqual([1111, 2222]);
  });

  it("of an argument that requires a gradient: as in the eager call, or an error", () => {
    const f = (x: Tensor) => sum(square(x)).backward();
    const x = tensor([1, 2], { requiresGrad: true });
    let error: unknown = null;
    try {
      compile(f)(x);
    } catch (thrown) {
      error = thrown;
    }
    if (error === null) expect(x.grad?.toArray()).toEqual([2, 4]);
    else expect((error as Error).message).toMatch(/argument/);
  });
});
