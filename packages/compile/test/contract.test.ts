// Contractions by name: the forms that networks are made of, long sums, and epilogues in place.
import { describe, expect, it } from "vitest";
import { isSerial } from "../src/codegen/contract/index.ts";
import type { Contraction, ContractionAxis, Instr, LoopKernel } from "../src/plan/ir.ts";
import {
  hasRelaxedSimd,
  machineKinds,
  runContraction,
  runEpilogue,
  sumsOf,
  type Numbers,
  type Placed,
} from "./contract.support.ts";

const dtype = "float32";
const load = (operand: number): Instr => ({ kind: "load", dtype, operand });
const call = (fn: string, ...args: number[]): Instr => ({ kind: "call", dtype, fn, args });
const constant = (value: number): Instr => ({ kind: "const", dtype, value });

const rows = (size: number, a: number): ContractionAxis => ({ size, a, b: 0 });
const columns = (size: number, b: number): ContractionAxis => ({ size, a: 0, b });
const along = (size: number, a: number, b: number): ContractionAxis => ({ size, a, b });

function numbers(length: number, seed = 1): Placed {
  let state = seed;
  const data = Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
  return { data, origin: 0 };
}

const rowMajor = (dims: readonly number[]): number[] =>
  dims.map((_, d) => dims.slice(d + 1).reduce((x, y) => x * y, 1));

function storing(dims: readonly number[], strides = rowMajor(dims)): LoopKernel {
  const output = { dtype, strides } as const;
  return {
    dims,
    rowDims: 0,
    operands: [output, output],
    instrs: [load(0)],
    stores: [
      {
        operand: 1,
        value: 0,
      },
    ],
  };
}

const threadCounts = [1, 2, 3];

/** Runs on all machines and compares each operand with the plain loops: the sums' error is at most
 *  2 (k + 2) ε Σ |terms| with ε = 2⁻²⁴, and the epilogue multiplies it by `gain` at most. */
function check(c: Contraction, operands: readonly Placed[], gain = 1): void {
  const sums = sumsOf(c, operands[0], operands[1]);
  const expected = runEpilogue(
    c,
    sums.map(({ value }) => value),
    operands,
  );
  const terms = c.k.reduce((product, { size }) => product * size, 1);
  const most = Math.max(1, ...sums.map(({ magnitude }) => magnitude));
  for (const kind of machineKinds) {
    const all = threadCounts.map((threads) => runContraction(c, operands, { ...kind, threads }));
    for (const results of all) expect(bitsOf(results) === bitsOf(all[0])).toBe(true);
    const [results] = all;
    results.forEach((data, i) => {
      // NaN where a number should be is an error like any other.
      const errors = Array.from(data, (x, j) => Math.abs(x - expected[i][j]));
      const worst = errors.reduce((most, error) => Math.max(most, error), 0);
      expect(worst).toBeLessThanOrEqual(gain * 2 * (terms + 2) * 2 ** -24 * most);
    });
  }
}

const bitsOf = (arrays: readonly Numbers[]): string =>
  arrays.map(({ buffer }) => Buffer.from(buffer).toString("base64")).join();

const run = (c: Contraction, operands: readonly Placed[]): Numbers =>
  runContraction(c, operands, { threads: 2, relaxedSimd: hasRelaxedSimd })[2];

function matmul(m: number, n: number, k: number, form: "nn" | "nt" | "tn"): Contraction {
  const [am, ak] = form === "tn" ? [1, m] : [k, 1];
  const [bn, bk] = form === "nt" ? [k, 1] : [1, n];
  return {
    dtype,
    batch: [],
    m: [rows(m, am)],
    n: [columns(n, bn)],
    k: [along(k, ak, bk)],
    epilogue: storing([m, n]),
  };
}

describe("matrix products", () => {
  const extents = [
    [1, 37, 70],
    [37, 1, 70],
    [1, 1, 70],
    [70, 1, 6],
    [1, 300, 19],
    [2, 50, 33],
    [3, 50, 33],
    [6, 8, 64],
    [7, 9, 31],
    [13, 10, 512],
    [64, 40, 256],
    [100, 30, 20],
  ] as const;
  for (const form of ["nn", "nt", "tn"] as const) {
    it.each(extents)(`%i × %i × %i ${form}`, (m, n, k) => {
      check(matmul(m, n, k, form), [numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3)]);
    });
  }

  it("leave alone what is not finite in other rows and columns", () => {
    const [m, n, k] = [7, 11, 9];
    const a = numbers(m * k, 1);
    const b = numbers(k * n, 2);
    a.data[3 * k + 2] = Infinity;
    a.data[4 * k + 1] = NaN;
    b.data[5 * n + 10] = -Infinity;
    const c = matmul(m, n, k, "nn");
    const result = run(c, [a, b, numbers(m * n)]);
    // No finite sum comes near 100, so that what is infinite is told from what is not.
    const kind = (x: number): number => (Math.abs(x) < 100 ? 0 : x);
    expect(Array.from(result, kind)).toEqual(sumsOf(c, a, b).map(({ value }) => kind(value)));
  });

  it("without terms are 0, and the epilogue is applied", () => {
    for (const k of [[along(0, 1, 1)], [along(3, 1, 1), along(0, 3, 3)]]) {
      const c: Contraction = {
        dtype,
        batch: [],
        m: [rows(3, 1)],
        n: [columns(5, 1)],
        k,
        epilogue: {
          ...storing([3, 5]),
          instrs: [load(0), constant(2.5), call("add", 0, 1)],
          stores: [
            {
              operand: 1,
              value: 2,
            },
          ],
        },
      };
      expect(Array.from(run(c, [numbers(9), numbers(9), numbers(15)]))).toEqual(
        new Array<number>(15).fill(2.5),
      );
    }
  });

  it("of nothing touch nothing", () => {
    const operands = [numbers(9), numbers(9), numbers(15)];
    const c: Contraction = {
      dtype,
      batch: [],
      m: [rows(0, 1)],
      n: [columns(5, 1)],
      k: [along(3, 1, 1)],
      epilogue: storing([0, 5]),
    };
    expect(run(c, operands)).toEqual(operands[2].data);
  });

  it("round but once for each product where the machine can: (1 + ε)(1 − ε) − 1 = −ε²", () => {
    if (!hasRelaxedSimd) return;
    const e = 2 ** -13;
    const a = { data: Float32Array.of(-1, 1 + e), origin: 0 };
    const b = { data: Float32Array.of(1, 1 - e), origin: 0 };
    const c = matmul(1, 1, 2, "nn");
    const [fused, plain] = [true, false].map(
      (relaxedSimd) => runContraction(c, [a, b, numbers(1)], { relaxedSimd, threads: 1 })[2][0],
    );
    expect(plain).toBe(0);
    // Relaxed: an engine may also round twice.
    expect([-(e ** 2), 0]).toContain(fused);
  });
});

describe("long sums", () => {
  it("are cut into blocks that add up in the output", () => {
    const [m, n, k] = [61, 72, 2500];
    check(matmul(m, n, k, "nt"), [numbers(m * k, 1), numbers(k * n, 2), numbers(m * n)]);
  });

  it("are cut into blocks before an epilogue", () => {
    const [m, n, k] = [61, 70, 1700];
    const c = matmul(m, n, k, "nn");
    const bias = { dtype, strides: [0, 1] } as const;
    const epilogue: LoopKernel = {
      ...c.epilogue,
      operands: [...c.epilogue.operands, bias],
      instrs: [load(0), load(2), call("add", 0, 1), constant(0), call("max", 2, 3)],
      stores: [{ operand: 1, value: 4 }],
    };
    const operands = [numbers(m * k, 1), numbers(k * n, 2), numbers(m * n), numbers(n, 4)];
    check({ ...c, epilogue }, operands);
  });

  it("of few results are shared out by parts", () => {
    const [m, n, k] = [5, 9, 9000];
    const sizes = [numbers(m * k, 1), numbers(k * n, 2), numbers(m * n)];
    check(matmul(m, n, k, "tn"), sizes);
    check(matmul(m, n, k, "nt"), sizes);
    check(matmul(m, 1, k, "nt"), [sizes[0], numbers(k), numbers(m)]);
  });
});

/** Images [batch, c, size, size] with filters [f, c, kernel, kernel]. */
function convolution(batch: number, c: number, f: number, size: number, kernel: number) {
  const out = size - kernel + 1;
  const [plane, outPlane, taps] = [size * size, out * out, c * kernel * kernel];
  const window = [
    along(c, kernel * kernel, plane),
    along(kernel, kernel, size),
    along(kernel, 1, 1),
  ];
  const forward: Contraction = {
    dtype,
    batch: [along(batch, 0, c * plane)],
    m: [rows(f, taps)],
    n: [columns(out, size), columns(out, 1)],
    k: window,
    epilogue: storing([batch, f, out, out]),
  };
  const weights: Contraction = {
    dtype,
    batch: [],
    m: [rows(f, outPlane)],
    n: window.map(({ size: s, b }) => columns(s, b)),
    k: [along(batch, f * outPlane, c * plane), along(out, out, size), along(out, 1, 1)],
    epilogue: storing([f, c, kernel, kernel]),
  };
  return {
    forward,
    weights,
    images: numbers(batch * c * plane, 5),
    filters: numbers(f * taps, 6),
    outputs: numbers(batch * f * outPlane, 7),
  };
}

describe("convolutions by windows", () => {
  it.each([
    [3, 1, 6, 28, 5],
    [2, 6, 16, 14, 5],
    [2, 3, 5, 7, 5],
    [4, 2, 3, 5, 3],
  ])("%i images of %i channels, %i filters, %i × %i windows", (...sizes) => {
    const { forward, weights, images, filters, outputs } = convolution(...sizes);
    check(forward, [filters, images, outputs]);
    check(weights, [outputs, images, filters]);
  });
});

describe("batches", () => {
  it("of heads between others (attention)", () => {
    const [b, h, t, d] = [2, 3, 17, 8];
    const batch = [along(b, t * h * d, t * h * d), along(h, d, d)];
    const scores: Contraction = {
      dtype,
      batch,
      m: [rows(t, h * d)],
      n: [columns(t, h * d)],
      k: [along(d, 1, 1)],
      epilogue: storing([b, h, t, t]),
    };
    const size = b * t * h * d;
    check(scores, [numbers(size, 1), numbers(size, 2), numbers(b * h * t * t)]);
    const mixed: Contraction = {
      dtype,
      batch: [along(b, h * t * t, t * h * d), along(h, t * t, d)],
      m: [rows(t, t)],
      n: [columns(d, 1)],
      k: [along(t, 1, h * d)],
      epilogue: storing([b, h, t, d], [t * h * d, d, h * d, 1]),
    };
    check(mixed, [numbers(b * h * t * t, 3), numbers(size, 2), numbers(size)]);
  });
});

describe("epilogues", () => {
  const [m, n, k] = [19, 23, 40];
  const both = [numbers(m * k, 1), numbers(k * n, 2)];
  const with_ = (
    c: Contraction,
    extra: LoopKernel["operands"],
    instrs: Instr[],
    stores: LoopKernel["stores"],
  ) => ({
    ...c,
    epilogue: { ...c.epilogue, operands: [...c.epilogue.operands, ...extra], instrs, stores },
  });
  const scalar = { dtype, strides: [0, 0] } as const;

  it.each(["nn", "tn"] as const)("update a parameter in place (SGD, %s)", (form) => {
    const c = with_(
      matmul(m, n, k, form),
      [scalar],
      [load(1), load(2), load(0), call("mul", 1, 2), call("sub", 0, 3)],
      [{ operand: 1, value: 4 }],
    );
    check(c, [...both, numbers(m * n, 3), { data: Float32Array.of(0.5), origin: 0 }]);
  });

  it("update a parameter and its moments in place (Adam), also where the output is transposed", () => {
    for (const strides of [
      [n, 1],
      [1, m],
    ]) {
      const output = { dtype, strides } as const;
      const c = with_(
        { ...matmul(m, n, k, "tn"), epilogue: storing([m, n], strides) },
        [output, output, scalar],
        [
          ...[0, 1, 2, 3, 4].map(load),
          constant(0.25),
          call("sub", 0, 2),
          call("mul", 6, 5),
          call("add", 2, 7),
          call("mul", 0, 0),
          call("sub", 9, 3),
          call("mul", 10, 5),
          call("add", 3, 11),
          constant(1),
          call("max", 12, 13),
          call("sqrt", 14),
          call("div", 8, 15),
          call("mul", 16, 4),
          call("sub", 1, 17),
        ],
        [
          { operand: 1, value: 18 },
          { operand: 2, value: 8 },
          { operand: 3, value: 12 },
        ],
      );
      const state = [3, 4, 5].map((seed) => numbers(m * n, seed));
      // The second moment is the square of sums up to 10: their error counts twenty times.
      check(c, [...both, ...state, { data: Float32Array.of(0.1), origin: 0 }], 20);
    }
  });

  it("that gather or accumulate run over the sums in memory", () => {
    const index: Instr = { kind: "load", dtype: "int32", operand: 2 };
    const c = with_(
      matmul(m, n, k, "nn"),
      [
        { dtype: "int32", strides: [1, 0] },
        { dtype, strides: [0, 1] },
      ],
      [
        load(0),
        index,
        { kind: "gather", dtype, operand: 3, index: 1, stride: n, size: 4, site: 0 },
        call("add", 0, 2),
      ],
      [{ operand: 1, value: 3 }],
    );
    const table = numbers(4 * n, 8);
    const picks = Int32Array.from({ length: m }, (_, i) => (i * 7) % 4);
    const operands = [...both, numbers(m * n), { data: picks, origin: 0 }, table];
    const sums = sumsOf(c, both[0], both[1]);
    const result = run(c, operands);
    sums.forEach(({ value, magnitude }, i) => {
      const wanted = value + table.data[picks[Math.floor(i / n)] * n + (i % n)];
      expect(Math.abs(result[i] - wanted)).toBeLessThanOrEqual(
        2 * (k + 3) * 2 ** -24 * (magnitude + 1),
      );
    });
  });
});

it("small contractions are one thread's", () => {
  expect(isSerial(matmul(4, 8, 2, "nt"))).toBe(true);
  expect(isSerial(matmul(64, 256, 784, "nt"))).toBe(false);
  const c = matmul(4, 8, 5, "nt");
  const operands = [numbers(20, 1), numbers(40, 2), numbers(32)];
  const [one, three] = [1, 3].map((threads) =>
    runContraction(c, operands, { threads, relaxedSimd: false }),
  );
  expect(three).toEqual(one);
});
