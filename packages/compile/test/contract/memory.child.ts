// A process of its own whose memory is watched. Prints one line of JSON.
import {
  add,
  cumsum,
  mul,
  normal,
  sum,
  tensor,
  zeros,
  type IdFn,
  type Tensor,
} from "@wengert/autograd";
import { Module, parameter } from "@wengert/nn";
import { Adam } from "@wengert/optim";
import { compile, ready, setThreads } from "../../src/index.ts";
import { heap } from "../../src/run/heap.ts";
import { classify, mlp, training } from "./models.ts";

interface Usage {
  readonly heapUsed: number;
  readonly external: number;
  readonly resident: number;
  readonly inUse: number;
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** After everything that can be collected has been, finalizers included. */
async function usage(): Promise<Usage> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc!();
    await turn();
  }
  const { heapUsed, arrayBuffers: external, rss: resident } = process.memoryUsage();
  return { heapUsed, external, resident, inUse: heap().bytesInUse };
}

/** What 10 000 steps add: the least of three stretches, since a leak is in all of them and what V8
 *  keeps for itself (feedback, optimised code) is not; and what remains after all of them. */
async function growth(step: (i: number) => unknown): Promise<Record<string, number>> {
  const steps = 10_000;
  const run = async (): Promise<Usage> => {
    for (let i = 0; i < steps; i++) step(i);
    return usage();
  };
  const usages = [await run(), await run(), await run(), await run()];
  const heap = usages.slice(1).map(({ heapUsed }, i) => heapUsed - usages[i].heapUsed);
  const [first, last] = [usages[0], usages[3]];
  return {
    heapPerStep: Math.min(...heap) / steps,
    external: last.external - first.external,
    resident: last.resident - first.resident,
    inUse: last.inUse - first.inUse,
  };
}

/** Training with batches that are new tensors at each step, rates that change, and two programs. */
async function steps() {
  const model = mlp("float32");
  const optimizer = new Adam(model.parameters());
  const step = compile(training(model, optimizer, classify).step);
  const labels = [9, 4].map((n) => tensor(Int32Array.from({ length: n }, (_, i) => i % 3)));
  return growth((i) => {
    optimizer.lr = 1e-3 / (1 + i);
    const k = i % 5 === 4 ? 1 : 0;
    const loss = step(zeros([[9, 4][k], 6]), labels[k]);
    if (!Number.isFinite(loss.item())) throw new Error("the loss is no number");
  });
}

/** Training with batches of many sizes, which one program serves. */
async function sizes() {
  const model = mlp("float32");
  const optimizer = new Adam(model.parameters());
  const step = compile(training(model, optimizer, classify).step, { symbolic: [0, 0] });
  const batches = [9, 4, 16, 7, 2, 5].map((n) => ({
    x: zeros([n, 6]),
    y: tensor(Int32Array.from({ length: n }, (_, i) => i % 3)),
  }));
  const grown = await growth((i) => {
    const { x, y } = batches[i % batches.length];
    const loss = step(x, y);
    if (!Number.isFinite(loss.item())) throw new Error("the loss is no number");
  });
  return { ...grown, compilations: step.compilations };
}

async function outputs() {
  const w = normal([1024]);
  const f = compile((x: Tensor) => [mul(w, x), { y: mul(x, 2) }]);
  const x = normal([1024]);
  return growth(() => f(x));
}

/** Functions made, used once and dropped, each with weights and an arena of its own. */
const functions = () =>
  dropped((k) => {
    const size = 2 ** 18;
    const w = zeros([size]);
    const f = compile((x: Tensor) => {
      w.copyFrom(mul(x, k));
      return w;
    });
    f(zeros([size]));
    return [f, w];
  });

/** The same with programs for many sizes. */
const symbolicFunctions = () =>
  dropped((k) => {
    const width = 2 ** 14;
    const w = zeros([width]);
    const f = compile((x: Tensor) => mul(cumsum(add(mul(x, k), w), { axis: 0 }), w));
    for (const rows of [4, 9, 5, 7, 17]) f(zeros([rows, width]));
    return [f, w];
  });

/** A model that keeps its compiled step in a field: the programs depend on what is in its fields. */
class Trained extends Module<IdFn> {
  readonly w = parameter(normal([2 ** 18]));
  readonly optimizer = new Adam([this.w]);
  readonly step = compile((x: Tensor) => {
    this.optimizer.zeroGrad();
    const loss = sum(this.forward(x));
    loss.backward();
    this.optimizer.step();
    return loss;
  });

  protected run(x: Tensor): Tensor {
    return mul(this.w, x);
  }
}

/** Such models, trained and dropped. */
const models = () =>
  dropped(() => {
    const model = new Trained();
    model.step(zeros([2 ** 18]));
    return [model];
  });

async function dropped(once: (k: number) => readonly unknown[]) {
  const start = heap().bytesInUse;
  const first = once(0);
  const single = heap().bytesInUse - start;
  let peak = 0;
  for (let i = 1; i <= 60; i++) {
    once(i);
    peak = Math.max(peak, heap().bytesInUse - start);
    if (i % 10 === 0) await usage();
  }
  const { inUse } = await usage();
  return { inUse: inUse - start, peak, single, first: first.length };
}

setThreads(Number(process.argv[3] ?? 2));
const scenarios: Record<string, () => Promise<object>> = {
  steps,
  sizes,
  outputs,
  functions,
  symbolicFunctions,
  models,
};
await ready();
console.log(JSON.stringify(await scenarios[process.argv[2]]()));
process.exit(0);
