// Vectors of 256 bits. Where the engine has none of them, all must be as ever.
import { afterAll, describe, expect, it } from "vitest";
import {
  add,
  gelu,
  grad,
  matmul,
  relu,
  sum,
  transpose,
  type DType,
  type Tensor,
} from "@wengert/autograd";
import { compile, lendKernels, ready, setThreads, setWideVectors } from "../../src/index.ts";
import { hasWideVectors } from "../../src/program/wide.ts";
import { expectClose, seeded, snapshot } from "./support.ts";

// The judge must not use what it judges.
lendKernels(false);
const isThere = setWideVectors(true);
afterAll(() => {
  setWideVectors(false);
  setThreads(1);
});

describe(`wide vectors, which this engine ${isThere ? "has" : "has not"}`, () => {
  it("are on where they are to be had, and off when they are not wanted", () => {
    expect(hasWideVectors()).toBe(isThere);
    expect(setWideVectors(false)).toBe(false);
    expect(hasWideVectors()).toBe(false);
    expect(setWideVectors(true)).toBe(isThere);
    if ("document" in globalThis) expect(isThere).toBe(false);
  });

  it("are reported of programs that use them", () => {
    const bits = (dtype: DType, rows: number): number => {
      const x = seeded([rows, 30], 1, dtype);
      const f = compile((a: Tensor) => matmul(a, transpose(a)));
      f(x);
      const report = f.explain({ warmUpMs: 0 });
      expect(report.toString().includes("256 bits")).toBe(report.vectorBits === 256);
      return report.vectorBits;
    };
    expect(bits("float32", 20)).toBe(isThere ? 256 : 128);
    expect(bits("float32", 2)).toBe(128);
    expect(bits("float64", 20)).toBe(128);
  });

  it.each([
    [1, 300, 40],
    [2, 64, 64],
    [3, 50, 23],
    [4, 17, 8],
    [5, 3, 12],
    [6, 5, 16],
    [7, 129, 17],
    [20, 40, 10],
    [64, 200, 28],
    [33, 70, 65],
    [130, 1100, 300],
  ])("[%i, %i] × [.., %i], its transposes and an epilogue", (m, k, n) => {
    const [x, w] = [seeded([m, k], 1, "float32"), seeded([k, n], 2, "float32")];
    const all = (a: Tensor, b: Tensor): Tensor[] => {
      const y = matmul(a, b) as Tensor;
      return [
        y,
        gelu(add(y, seeded([n], 3, "float32"))) as Tensor,
        matmul(transpose(y), a),
        matmul(y, transpose(b)),
      ];
    };
    const [eager, compiled] = [all(x, w), compile(all)(x, w)];
    // The operands have deviation 1. A sum of k products is then some √k, each rounding of it ε√k, and there are k. What
    // is multiplied once more and summed over p has √p times that error, and p roundings of sums of size √(kp).
    const once = k ** 1.5;
    const twice = (p: number): number => once * Math.sqrt(p) + p * Math.sqrt(k * p);
    const errors = [once, once, twice(m), twice(n)];
    eager.forEach((tensor, i) => expectClose(compiled[i], tensor, 2 ** -24 * errors[i]));
  });

  it("of any number of rows, and of sums in many blocks that end anywhere", () => {
    const w = seeded([300, 70], 3, "float32");
    const f = (x: Tensor): Tensor[] => {
      const y = relu(matmul(x, w)) as Tensor;
      return [sum(y, { axis: 0 }), matmul(transpose(y), x)];
    };
    const compiled = compile(f, { symbolic: [0] });
    for (const rows of [144, 18, 279, 1053, 5]) {
      const x = seeded([rows, 300], rows, "float32");
      expectClose(compiled(x), f(x), 2e-3);
    }
  });

  it("give the same bits on any number of threads", async () => {
    const [x, w] = [seeded([200, 130], 5, "float32"), seeded([130, 77], 6, "float32")];
    const f = (a: Tensor, b: Tensor): Tensor =>
      grad((v: Tensor) => sum(gelu(matmul(a, v))) as Tensor)(b) as Tensor;
    const results = [];
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      await ready();
      results.push(snapshot([compile(f)(x, w)])[0].data);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expectClose(compile(f)(x, w), f(x, w), 1e-3);
  });
});
