// Loops with each pass left out, with one alone, and with any number of threads.
import { afterAll, describe, expect, it } from "vitest";
import {
  add,
  checkpoint,
  crossEntropy,
  gather,
  Generator,
  grad,
  matmul,
  mul,
  normal,
  reshape,
  scan,
  sigmoid,
  sin,
  softmax,
  sum,
  tanh,
  tensor,
  uniform,
  zeros,
  type Tensor,
} from "@wengert/autograd";
import { Adam } from "@wengert/optim";
import { compile, ready, setThreads } from "../src/index.ts";
import { graphPasses, planPasses } from "../src/optimise/index.ts";
import { compileWithout } from "./support/record.ts";

/** A gated network over time with attention to an embedding, trained by Adam. */
function recurrent(units: number, batch: number, time: number) {
  const generator = new Generator(9);
  const parameters = [
    [6, units],
    [units, units],
    [6, units],
    [units, units],
    [units, 4],
    [5, 6],
  ].map((shape) => {
    const w = mul(0.5, normal(shape, { generator })) as Tensor;
    w.requiresGrad = true;
    return w;
  });
  const [wx, wh, gx, gh, out, table] = parameters;
  const optimizer = new Adam(parameters, { lr: 0.01 });
  const words = tensor(
    Array.from({ length: time * batch * 6 }, (_, i) => (7 * Math.floor(i / 6)) % 5),
    { shape: [time, batch, 6], dtype: "int32" },
  ) as Tensor;
  const labels = tensor(
    Array.from({ length: time * batch }, (_, i) => i % 4),
    { dtype: "int32" },
  ) as Tensor;
  const step = (xs: Tensor): Tensor => {
    optimizer.zeroGrad();
    const [, states] = scan(
      (h: Tensor, { x, word }: { x: Tensor; word: Tensor }) => {
        const input = add(x, gather(table, word, { axis: 0 })) as Tensor;
        const gate = sigmoid(add(matmul(input, gx), matmul(h, gh)));
        const fresh = checkpoint(
          (h: Tensor) => tanh(add(matmul(input, wx), matmul(h, wh))) as Tensor,
        )(h);
        const next = add(mul(gate, h), mul(add(1, mul(-1, gate)), fresh)) as Tensor;
        return [next, softmax(next)];
      },
      zeros([batch, units]) as Tensor,
      { x: xs, word: words },
    );
    const logits = matmul(reshape(states, [time * batch, units]), out) as Tensor;
    const loss = crossEntropy(logits, labels) as Tensor;
    loss.backward();
    optimizer.step();
    return loss.detach() as Tensor;
  };
  const xs = uniform([time, batch, 6], { generator }) as Tensor;
  return { step, xs, parameters };
}

const outcome = (make: ReturnType<typeof recurrent>, run: (xs: Tensor) => Tensor): number[] => {
  const losses = [1, 2].map(() => run(make.xs).item());
  return [...losses, ...make.parameters.flatMap(({ data }) => [...data])];
};

const names = [...graphPasses, ...planPasses].map(({ name }) => name);
const choices: readonly (readonly [string, ReadonlySet<string>])[] = [
  ["all", new Set<string>()],
  ["none", new Set(names)],
  ...names.map((name) => [`all but ${name}`, new Set([name])] as const),
  ...names.map((name) => [`${name} alone`, new Set(names.filter((it) => it !== name))] as const),
];

describe("passes over a recurrent network", () => {
  const eager = recurrent(5, 2, 4);
  const wanted = outcome(eager, eager.step);

  it.each(choices)("%s", (_, skip) => {
    const make = recurrent(5, 2, 4);
    outcome(make, compileWithout(skip)(make.step)).forEach((value, i) => {
      expect(Math.abs(value - wanted[i])).toBeLessThan(2e-5 * (1 + Math.abs(wanted[i])));
    });
  });
});

describe("threads", () => {
  afterAll(() => setThreads(1));

  it("give the same bits, be there one, two or three", async () => {
    const results: number[][] = [];
    for (const count of [1, 2, 3]) {
      setThreads(count);
      await ready();
      const make = recurrent(64, 48, 5);
      const compiled = compile(make.step);
      compiled(make.xs);
      await ready();
      results.push(outcome(make, compiled));
      const loops = compiled
        .explain({ warmUpMs: 0 })
        .kernels.filter(({ kind }) => kind === "turns");
      expect(loops).toHaveLength(2);
      expect(loops.some(({ isSerial }) => !isSerial)).toBe(true);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it("go round together many times", async () => {
    setThreads(2);
    await ready();
    const generator = new Generator(2);
    const [w, h] = [normal([64, 64], { std: 0.1, generator }), normal([64, 64], { generator })];
    const f = (w: Tensor, h: Tensor) =>
      sum(
        scan((h: Tensor) => [sin(matmul(h, w)) as Tensor, null], h, null, { length: 500 })[0],
      ) as Tensor;
    const [ours, expected] = [compile(grad(f)), grad(f)].map(
      (g) => g(w as Tensor, h as Tensor).data,
    );
    ours.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 3));
  });
});
