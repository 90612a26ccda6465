import { describe, expect, it } from "vitest";
import { gemm, type GemmArray } from "../src/kernel/gemm.ts";

/** An operand: element (i, j) is data[offset + i·row + j·col]. */
interface Operand {
  data: GemmArray;
  offset: number;
  row: number;
  col: number;
}

const dtypes = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
type Dtype = keyof typeof dtypes;
const floats = ["float32", "float64"] as const;
const epsilon = { float32: 2 ** -23, float64: 2 ** -52 };

/** mulberry32: the same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(1964);

function filled(dtype: Dtype, length: number): GemmArray {
  const data = new dtypes[dtype](length);
  const scale = dtype === "int32" ? 2 ** 32 : 2;
  return data.map(() => (random() - 0.5) * scale);
}

/** Every way an operand of rows × cols may lie in memory. */
const layouts: Record<string, (dtype: Dtype, rows: number, cols: number) => Operand> = {
  rowMajor: (dtype, rows, cols) => lay(dtype, rows, cols, cols, 1),
  transposed: (dtype, rows, cols) => lay(dtype, rows, cols, 1, rows),
  gaps: (dtype, rows, cols) => lay(dtype, rows, cols, 2 * cols + 3, 2),
  sameRows: (dtype, rows, cols) => lay(dtype, rows, cols, 0, 1),
  sameColumns: (dtype, rows, cols) => lay(dtype, rows, cols, 1, 0),
  scalar: (dtype, rows, cols) => lay(dtype, rows, cols, 0, 0),
  overlapping: (dtype, rows, cols) => lay(dtype, rows, cols, 1, 1),
  flippedRows: (dtype, rows, cols) => lay(dtype, rows, cols, -cols, 1),
  flippedBoth: (dtype, rows, cols) => lay(dtype, rows, cols, -1, -rows),
};

function lay(dtype: Dtype, rows: number, cols: number, row: number, col: number): Operand {
  const lastRow = Math.max(rows - 1, 0) * row;
  const lastCol = Math.max(cols - 1, 0) * col;
  const offset = 5 - Math.min(lastRow, 0) - Math.min(lastCol, 0);
  const length = offset + Math.max(lastRow, 0) + Math.max(lastCol, 0) + 1;
  return { data: filled(dtype, length), offset, row, col };
}

function at(x: Operand, i: number, j: number): number {
  return x.data[x.offset + i * x.row + j * x.col]!;
}

/** The sum and the sum of the magnitudes of its terms, in doubles. */
function naive(a: Operand, b: Operand, i: number, j: number, depth: number) {
  let sum = 0;
  let magnitude = 0;
  for (let k = 0; k < depth; k++) {
    const term = at(a, i, k) * at(b, k, j);
    sum += term;
    magnitude += Math.abs(term);
  }
  return { sum, magnitude };
}

function naiveInt32(a: Operand, b: Operand, i: number, j: number, depth: number): number {
  let sum = 0n;
  for (let k = 0; k < depth; k++) sum += BigInt(at(a, i, k)) * BigInt(at(b, k, j));
  return Number(BigInt.asIntN(32, sum));
}

const outOffset = 3;

function multiply(
  m: number,
  n: number,
  depth: number,
  a: Operand,
  b: Operand,
  out: GemmArray,
  outRow: number,
  accumulate?: boolean,
): void {
  gemm(
    m,
    n,
    depth,
    a.data,
    a.offset,
    a.row,
    a.col,
    b.data,
    b.offset,
    b.row,
    b.col,
    out,
    outOffset,
    outRow,
    accumulate,
  );
}

/** Runs one product and compares every element, and what lies between and around the rows. */
function check(
  dtype: Dtype,
  m: number,
  n: number,
  depth: number,
  layoutA: string,
  layoutB: string,
  accumulate = false,
): void {
  const a = layouts[layoutA]!(dtype, m, depth);
  const b = layouts[layoutB]!(dtype, depth, n);
  const outRow = n + 2;
  const out = filled(dtype, outOffset + m * outRow + 4);
  const before = out.slice();
  multiply(m, n, depth, a, b, out, outRow, accumulate);
  for (let p = 0; p < out.length; p++) {
    const i = Math.floor((p - outOffset) / outRow);
    const j = p - outOffset - i * outRow;
    const where = `${dtype} ${m}×${n}×${depth} ${layoutA}·${layoutB} out[${i}, ${j}]`;
    const start = before[p]!;
    if (i < 0 || i >= m || j >= n) {
      if (out[p] !== start) expect.fail(`${where}: written outside of the result`);
    } else if (dtype === "int32") {
      const expected = ((accumulate ? start : 0) + naiveInt32(a, b, i, j, depth)) | 0;
      if (out[p] !== expected) expect.fail(`${where}: ${out[p]} instead of ${expected}`);
    } else {
      const { sum, magnitude } = naive(a, b, i, j, depth);
      const expected = accumulate ? start + sum : sum;
      // The sum in doubles, then one rounding to the dtype.
      const bound = 2 * epsilon.float64 * depth * magnitude + epsilon[dtype] * Math.abs(expected);
      const error = Math.abs(out[p]! - expected);
      if (!(error <= bound)) expect.fail(`${where}: off by ${error}, allowed are ${bound}`);
    }
  }
}

const sizes: [m: number, n: number, depth: number][] = [
  ...[0, 1, 2, 3, 5].flatMap((m) =>
    [0, 1, 2, 3, 4].flatMap((n) =>
      [0, 1, 2, 7, 40].map((depth): [number, number, number] => [m, n, depth]),
    ),
  ),
  [4, 8, 2],
  [7, 7, 7],
  [17, 19, 23],
  [64, 10, 256],
  [10, 256, 64],
  [127, 254, 5],
  [128, 255, 9],
  [129, 256, 10],
  [257, 511, 3],
  [300, 40, 1],
  [3, 4, 1024],
  [3, 4, 1025],
  [2, 300, 1030],
  [131, 7, 2049],
];

describe("gemm agrees with the textbook loop", () => {
  for (const dtype of ["float32", "float64", "int32"] as const) {
    it.each(sizes)(`${dtype} %i×%i×%i`, (m, n, depth) => {
      check(dtype, m, n, depth, "rowMajor", "rowMajor");
      check(dtype, m, n, depth, "transposed", "transposed", true);
    });
  }

  for (const layoutA of Object.keys(layouts)) {
    it.each(Object.keys(layouts))(`${layoutA} · %s`, (layoutB) => {
      for (const dtype of ["float32", "float64", "int32"] as const) {
        // Tiny, blocked, matrix·vector, vector·matrix, outer product.
        for (const [m, n, depth] of [
          [3, 4, 5],
          [11, 13, 17],
          [30, 1, 35],
          [1, 30, 35],
          [19, 18, 1],
        ] as const) {
          check(dtype, m, n, depth, layoutA, layoutB);
          check(dtype, m, n, depth, layoutA, layoutB, true);
        }
      }
    });
  }

  it.each([
    [1, 700, 1100],
    [700, 1, 1101],
    [1, 1, 5000],
    [300, 1, 2],
    [1, 300, 2],
  ])("vectors %i×%i×%i longer than a block", (m, n, depth) => {
    for (const dtype of floats) {
      for (const layout of ["rowMajor", "transposed"]) check(dtype, m, n, depth, layout, layout);
    }
  });
});

const paths: [m: number, n: number, depth: number][] = [
  [3, 4, 5],
  [13, 14, 15],
  [130, 258, 1027],
  [40, 1, 41],
  [1, 40, 41],
  [40, 41, 1],
];

describe("gemm keeps its promises", () => {
  it.each(paths)("sums in the order of k, to the bit: %i×%i×%i", (m, n, depth) => {
    for (const dtype of floats) {
      const a = layouts.transposed!(dtype, m, depth);
      const b = layouts.rowMajor!(dtype, depth, n);
      const out = new dtypes[dtype](outOffset + m * n);
      const expected = new dtypes[dtype](outOffset + m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) expected[outOffset + i * n + j] = naive(a, b, i, j, depth).sum;
      }
      multiply(m, n, depth, a, b, out, n);
      expect(out).toEqual(expected);
    }
  });

  it.each(paths)("0 · NaN and 0 · Infinity are NaN: %i×%i×%i", (m, n, depth) => {
    for (const special of [NaN, Infinity]) {
      const a = layouts.rowMajor!("float32", m, depth);
      const b = layouts.rowMajor!("float32", depth, n);
      b.data.fill(0);
      a.data[a.offset + (m - 1) * a.row + (depth - 1) * a.col] = special;
      const out = new Float32Array(outOffset + m * n).fill(7);
      multiply(m, n, depth, a, b, out, n);
      const last = outOffset + (m - 1) * n;
      expect(out.subarray(outOffset, last).every((x) => Object.is(x, 0))).toBe(true);
      expect(out.subarray(last).every(Number.isNaN)).toBe(true);
      // What the packing buffers still hold does not leak into the next product.
      check("float32", m, n, depth, "rowMajor", "rowMajor");
      check("float32", 15, 13, 14, "rowMajor", "rowMajor");
    }
  });

  it("an infinite sum is infinite, and overflow to float32 happens on the store only", () => {
    const a = layouts.rowMajor!("float32", 9, 30);
    const b = layouts.rowMajor!("float32", 30, 9);
    a.data.fill(2 ** 100);
    b.data.fill(2 ** 100);
    const out = new Float32Array(outOffset + 81);
    multiply(9, 9, 30, a, b, out, 9);
    expect(out.subarray(outOffset).every((x) => x === Infinity)).toBe(true);
    for (let k = 15; k < 30; k++) b.data.fill(-(2 ** 100), b.offset + 9 * k, b.offset + 9 * k + 9);
    multiply(9, 9, 30, a, b, out, 9);
    expect(out.subarray(outOffset).every((x) => x === 0)).toBe(true);
  });

  it("nothing to add up gives zeros, or leaves what is accumulated", () => {
    const a = layouts.rowMajor!("float32", 30, 0);
    const b = layouts.rowMajor!("float32", 0, 30);
    const out = new Float32Array(outOffset + 900).fill(7);
    multiply(30, 30, 0, a, b, out, 30, true);
    expect(out.every((x) => x === 7)).toBe(true);
    multiply(30, 30, 0, a, b, out, 30);
    expect(out.subarray(outOffset).every((x) => x === 0)).toBe(true);
  });
});
