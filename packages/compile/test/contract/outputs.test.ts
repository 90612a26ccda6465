// "Outputs are new tensors at each call, detached, never overwritten later."
import { expect, it } from "vitest";
import { add, mul, ones, slice, square, sum, tensor, type Tensor } from "@wengert/autograd";
import { parameter } from "@wengert/nn";
import { SGD } from "@wengert/optim";
import { compile } from "../../src/index.ts";
import { classBatches, classify, mlp, training } from "./models.ts";
import { expectClose, seeded, snapshot } from "./support.ts";

it("Outputs are new tensors at each call", () => {
  const w = tensor([1, 2]);
  const compiled = compile((x: Tensor) => [x, w, square(x), x.reshape([2, 1]), ones([2])]);
  const x = tensor([3, 4]);
  const [first, second] = [compiled(x), compiled(x)];
  const all = [...first, ...second];
  expect(new Set(all).size).toBe(10);
  expect(new Set(all.map(({ storage }) => storage)).size).toBe(10);
  for (const y of all) expect([x, w]).not.toContain(y);
  for (const y of all) expect([x.storage, w.storage]).not.toContain(y.storage);
});

it("Outputs are detached", () => {
  const w = parameter(tensor([1, 2]));
  const x = tensor([1, 2], { requiresGrad: true });
  for (const y of compile((x: Tensor) => [x, w, mul(w, x), sum(square(w))])(x)) {
    expect(y.requiresGrad).toBe(false);
    expect(y.producer).toBeNull();
    expect(y.grad).toBeNull();
    expect(() => y.backward()).toThrow(/backward/);
  }
});

it("Outputs are never overwritten later: by calls, by other programs, by eager code, by training", () => {
  const model = mlp();
  const { step } = training(model, new SGD(model.parameters(), { lr: 0.1 }), classify);
  const compiled = compile((x: Tensor, y: Tensor) => [step(x, y), x, ...model.parameters()]);
  const batches = [...classBatches(), ...classBatches("float64", 4)];
  const kept: [Tensor[], ReturnType<typeof snapshot>][] = [];
  for (let i = 0; i < 12; i++) {
    const { x, y } = batches[i % batches.length];
    const outputs = compiled(x, y) as Tensor[];
    kept.push([outputs, snapshot(outputs)]);
    if (i % 3 === 0) step(x, y);
    const other = compile((x: Tensor) => mul(x, i));
    kept.push([[other(x)], snapshot([other(x)])]);
  }
  for (const [outputs, before] of kept) expect(snapshot(outputs)).toEqual(before);
});

it("Large outputs, too: kept, written to, passed on as they are and as views", () => {
  const n = 50_000;
  const w = seeded([n], 1);
  const compiled = compile((x: Tensor) => {
    w.copyFrom(add(w, 1));
    return [mul(x, 2), w, add(slice(x, [[null, null, -1]]), w)];
  });
  const twin = w.clone();
  const eager = (x: Tensor) => {
    twin.copyFrom(add(twin, 1));
    return [mul(x, 2), twin.clone(), add(slice(x, [[null, null, -1]]), twin)];
  };
  let [x, y] = [seeded([n], 2), seeded([n], 2)];
  const kept: [Tensor[], Tensor[]][] = [];
  for (let i = 0; i < 8; i++) {
    const [outputs, expected] = [compiled(x), eager(y)];
    kept.push([outputs, expected]);
    if (i === 3) for (const t of [outputs[1], expected[1]]) t.copyFrom(mul(t, 0));
    const next = (of: Tensor[]): Tensor =>
      i % 3 === 0 ? of[i % 2] : i % 3 === 1 ? slice(of[0], [[null, null, -1]]) : mul(of[2], 0.5);
    [x, y] = [next(outputs), next(expected)];
  }
  for (const [outputs, expected] of kept) expectClose(outputs, expected, 1e-13);
  expectClose(w, twin, 0);
});

it("Outputs may be written to, and no one else sees it", () => {
  const w = tensor([1, 2]);
  const compiled = compile((x: Tensor) => [x, w, add(x, w), tensor([8, 9])]);
  const x = tensor([3, 4]);
  for (const y of compiled(x)) y.copyFrom(tensor([-1, -1]));
  expect(compiled(x).map((y) => y.toArray())).toEqual([
    [3, 4],
    [1, 2],
    [4, 6],
    [8, 9],
  ]);
});

it("Outputs may be arguments of the next call", () => {
  const compiled = compile((x: Tensor) => add(mul(x, 0.5), 1));
  let [x, expected] = [seeded([5], 1), seeded([5], 1)];
  for (let i = 0; i < 20; i++) {
    x = compiled(x);
    expected = add(mul(expected, 0.5), 1);
  }
  expect(x.data).toEqual(expected.data);
  expect(compiled.compilations).toBe(1);
});

it("An object among the results that is no tensor stays what it is; trees are made anew", () => {
  const shared = new Map([["a", 1]]);
  const compiled = compile((x: Tensor) => ({ x, shared, list: [1, 2] }));
  const [first, second] = [compiled(ones([1])), compiled(ones([1]))];
  expect(first.shared).toBe(shared);
  first.list.push(3);
  expect(second.list).toEqual([1, 2]);
  expect(compiled(ones([1])).list).toEqual([1, 2]);
});
