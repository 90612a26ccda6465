// There is nothing to free: the tape lives as long as something needs it.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  add,
  matmul,
  mse,
  mul,
  noGrad,
  ones,
  relu,
  square,
  sum,
  tanh,
  tensor,
  uniform,
  vjp,
  type Tensor,
} from "@wengert/autograd";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use after a collection. Finalised array buffers are given back a turn later. */
async function bytesInUse(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const parameter = (shape: readonly number[]): Tensor =>
  uniform(shape, { requiresGrad: true }) as Tensor;

describe("forward passes without backward", () => {
  const [w, b] = [parameter([16, 16]), parameter([16])];
  const x = ones([8, 16]) as Tensor;
  const target = ones([8, 16]) as Tensor;
  const forward = () => mse(relu(add(matmul(x, w), b)), target);

  it("keep memory flat", async () => {
    let last = forward();
    const run = (passes: number): void => {
      for (let i = 0; i < passes; i++) last = forward();
    };
    run(20_000);
    const early = await bytesInUse();
    run(80_000);
    const late = await bytesInUse();
    // A pass makes more than 1.5 kB of values: 80 000 kept tapes would be more than 120 MB.
    expect(late - early).toBeLessThan(2_000_000);
    expect(last.requiresGrad).toBe(true);
  });

  it("and so do steps with backward", async () => {
    const run = (steps: number): void => {
      for (let i = 0; i < steps; i++) {
        w.grad = b.grad = null;
        forward().backward();
        noGrad(() => w.copyFrom(add(w, mul(w.grad!, -0.01))));
      }
    };
    run(2_000);
    const early = await bytesInUse();
    run(10_000);
    expect((await bytesInUse()) - early).toBeLessThan(2_000_000);
  });
});

describe("what a loss keeps", () => {
  /** The intermediate value of a loss, weakly, and the loss. */
  function lossOf(x: Tensor): [WeakRef<object>, Tensor] {
    const hidden = tanh(x);
    return [new WeakRef(hidden.storage!.data), sum(square(hidden)) as Tensor];
  }

  it("lives while the loss does, and goes with it", async () => {
    const x = parameter([1000]);
    const [hidden, loss] = lossOf(x);
    await bytesInUse();
    expect(hidden.deref()).toBeDefined();
    loss.backward();
    const dropped = (() => lossOf(x)[0])();
    await bytesInUse();
    expect(dropped.deref()).toBeUndefined();
    expect(loss.item()).toBeGreaterThan(0);
  });

  it("is let go of by backward, though the loss is kept", async () => {
    const x = parameter([1000]);
    const [hidden, loss] = lossOf(x);
    loss.backward();
    await bytesInUse();
    expect(hidden.deref()).toBeUndefined();
    expect(loss.item()).toBeGreaterThan(0);
  });

  it("stays with retainGraph", async () => {
    const x = parameter([1000]);
    const [hidden, loss] = lossOf(x);
    loss.backward({ retainGraph: true });
    await bytesInUse();
    expect(hidden.deref()).toBeDefined();
    loss.backward();
  });

  it("is nothing for noGrad and constants", async () => {
    const x = parameter([1000]);
    const [first, loss] = noGrad(() => lossOf(x));
    const [second, other] = lossOf(tensor(new Float32Array(1000)));
    await bytesInUse();
    expect(first.deref()).toBeUndefined();
    expect(second.deref()).toBeUndefined();
    expect([loss, other].every((t) => t.producer === null)).toBe(true);
  });

  it("is collected with a dropped pullback", async () => {
    const collected: string[] = [];
    const registry = new FinalizationRegistry<string>((name) => collected.push(name));
    const watch = (name: string) => {
      const [y, pull] = vjp((x: Tensor) => tanh(x), ones([1000]) as Tensor);
      registry.register(pull, name);
      return [y, pull] as const;
    };
    const kept = watch("kept");
    watch("dropped");
    await bytesInUse();
    expect(collected).toEqual(["dropped"]);
    expect(kept[1](ones([1000]) as Tensor)[0].shape).toEqual([1000]);
  });
});
