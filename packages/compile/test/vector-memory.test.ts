// Loads, stores and folds: what they read, what they leave alone, and in which order they fold.
import { describe, expect, test } from "vitest";
import type { DType } from "@wengert/autograd";
import {
  elementBytes,
  emitCombine,
  emitHorizontal,
  emitIdentity,
  emitLoad,
  emitLoadPartial,
  emitLoadSplat,
  emitLoadStrided,
  emitStore,
  emitStorePartial,
  emitStoreStrided,
  lanesFor,
  type FoldOp,
  type Lanes,
} from "../src/codegen/vector/index.ts";
import type { FunctionBuilder, Local } from "../src/wasm/function.ts";
import { arrayOf, build, elements, variants } from "./vector.support.ts";

const end = 65536;
const features = variants[0];

const cases: readonly (readonly [DType, Lanes])[] = [
  ["float32", 4],
  ["float32", 2],
  ["float64", 2],
  ["int32", 4],
  ["int32", 2],
  ["bool", 4],
  ["bool", 2],
];

const values: Record<DType, readonly number[]> = {
  float32: [1.5, -0, NaN, -(2 ** 100), 7, 8],
  float64: [1e300, -0, NaN, 4, 5, 6],
  int32: [-1, 0x7fffffff, -0x80000000, 5, 6, 7],
  bool: [1, 0, 0, 1, 0, 1],
};

test("lanes are two beside a float64", () => {
  expect(lanesFor(["float32", "int32", "bool"])).toBe(4);
  expect(lanesFor([])).toBe(4);
  expect(lanesFor(["bool", "float64"])).toBe(2);
});

describe.each(cases)("%s in %i lanes", (dtype, lanes) => {
  const size = elementBytes[dtype];
  const whole = values[dtype].slice(0, lanes);

  /** Runs `load` with an address 100 bytes after the first of the elements in memory, which end where
   *  the memory ends if they are `count`; what it loads is stored as a whole, and returned. */
  function load(
    data: readonly number[],
    at: number,
    emit: (f: FunctionBuilder, address: Local, offset: number) => Local,
  ): number[] {
    const { run, buffer } = build(1, [], features, (_, f) => {
      const value = emit(f, f.i32(at + 100).keep("i32"), -100);
      emitStore(f, lanes, dtype, f.i32(0).keep("i32"), 64, value);
    });
    elements(dtype, buffer, at, data.length).set(data);
    run();
    return [...elements(dtype, buffer, 64, lanes)];
  }

  test("a load is the elements, from any address and to the last byte of the memory", () => {
    const at = end - lanes * size;
    expect(load(whole, at, (f, a, offset) => emitLoad(f, lanes, dtype, a, offset))).toEqual(whole);
  });

  test("a load of some reads no others; the rest are 1", () => {
    for (let count = 1; count <= lanes; count++) {
      const data = whole.slice(0, count);
      const got = load(data, end - count * size, (f, a, offset) =>
        emitLoadPartial(f, lanes, dtype, a, offset, count),
      );
      expect(got).toEqual([...data, ...new Array<number>(lanes - count).fill(1)]);
    }
  });

  test("a splat reads one", () => {
    const got = load([whole[0]], end - size, (f, a, offset) =>
      emitLoadSplat(f, lanes, dtype, a, offset),
    );
    expect(got).toEqual(new Array<number>(lanes).fill(whole[0]));
  });

  test("a strided load reads every other element, none, or backwards", () => {
    const data = Array.from({ length: 2 * lanes - 1 }, (_, i) => values[dtype][i % 6]);
    const every = data.filter((_, i) => i % 2 === 0);
    const at = end - data.length * size;
    const strided = (byteStride: number, count: number, skip = 0) =>
      load(data, at, (f, a, offset) =>
        emitLoadStrided(f, lanes, dtype, a, offset + skip, byteStride, count),
      );
    expect(strided(2 * size, lanes)).toEqual(every);
    expect(strided(2 * size, 1)).toEqual([every[0], ...every.slice(1).fill(1)]);
    expect(strided(size, lanes)).toEqual(data.slice(0, lanes));
    expect(strided(0, lanes)).toEqual(every.map(() => data[0]));
    const last = (data.length - 1) * size;
    expect(strided(-2 * size, lanes, last)).toEqual([...every].reverse());
  });

  /** Stores `lanes` elements somewhere in memory full of 0xaa; the bytes that were written there. */
  function store(
    emit: (f: FunctionBuilder, address: Local, value: Local) => void,
  ): Map<number, number> {
    const { run, buffer } = build(1, [], features, (_, f) => {
      const value = emitLoad(f, lanes, dtype, f.i32(0).keep("i32"), 0);
      emit(f, f.i32(at + 40).keep("i32"), value);
    });
    const bytes = new Uint8Array(buffer);
    bytes.fill(0xaa);
    elements(dtype, buffer, 0, lanes).set(whole);
    run();
    const written = new Map<number, number>();
    for (let i = 64; i < end; i++) if (bytes[i] !== 0xaa) written.set(i, bytes[i]);
    return written;
  }

  const at = 1000;

  /** The bytes of elements at these addresses. */
  function bytesAt(addresses: readonly number[]): Map<number, number> {
    const bytes = new Map<number, number>();
    addresses.forEach((address, i) => {
      new Uint8Array(arrayOf(dtype, [whole[i]]).buffer).forEach((b, k) =>
        bytes.set(address + k, b),
      );
    });
    return bytes;
  }

  test("stores write their elements and nothing else", () => {
    const indices = whole.map((_, i) => i);
    expect(store((f, a, v) => emitStore(f, lanes, dtype, a, -40, v))).toEqual(
      bytesAt(indices.map((i) => at + i * size)),
    );
    for (let count = 1; count <= lanes; count++) {
      const some = indices.slice(0, count);
      expect(store((f, a, v) => emitStorePartial(f, lanes, dtype, a, -40, v, count))).toEqual(
        bytesAt(some.map((i) => at + i * size)),
      );
      for (const byteStride of [size, 3 * size, -2 * size]) {
        const got = store((f, a, v) =>
          emitStoreStrided(f, lanes, dtype, a, -40, byteStride, v, count),
        );
        expect(got).toEqual(bytesAt(some.map((i) => at + i * byteStride)));
      }
    }
  });

  const ops: readonly FoldOp[] = ["sum", "prod", "max", "min"];
  const step = (op: FoldOp, a: number, b: number): number => {
    if (dtype === "bool") return op === "sum" || op === "max" ? a | b : a & b;
    const value = { sum: a + b, prod: a * b, max: Math.max(a, b), min: Math.min(a, b) }[op];
    if (dtype === "int32") return op === "prod" ? Math.imul(a, b) : value | 0;
    return arrayOf(dtype, [value])[0];
  };

  test.each(ops)("%s: identity, pairs, and the fold of all lanes in all lanes", (op) => {
    const rows = [
      whole,
      [...whole].reverse(),
      [0.1, 0.2, 0.3, 1e8],
      [1e8, 1, -1e8, 1],
      [0, -0, 0, -0],
    ];
    const data = rows.map((row) => [...arrayOf(dtype, row.slice(0, lanes))]);
    for (const [r, row] of data.entries()) {
      const other = data[(r + 1) % data.length];
      const { run, buffer } = build(1, [], features, (ctx, f) => {
        const base = f.i32(0).keep("i32");
        const a = emitLoad(f, lanes, dtype, base, 0);
        const b = emitLoad(f, lanes, dtype, base, 64);
        const start = emitIdentity(f, lanes, op, dtype);
        const results = [
          emitCombine(ctx, f, lanes, op, dtype, a, b),
          emitCombine(ctx, f, lanes, op, dtype, start, a),
          emitHorizontal(ctx, f, lanes, op, dtype, a),
        ];
        results.forEach((result, i) => emitStore(f, lanes, dtype, base, 128 + 64 * i, result));
      });
      elements(dtype, buffer, 0, lanes).set(row);
      elements(dtype, buffer, 64, lanes).set(other);
      run();
      const result = (i: number) => [...elements(dtype, buffer, 128 + 64 * i, lanes)];
      expect(result(0)).toEqual(row.map((x, i) => step(op, x, other[i])));
      // 0 + −0 is 0.
      expect(result(1)).toEqual(row.map((x) => (op === "sum" && x === 0 ? 0 : x)));
      const [x0, x1, x2, x3] = row;
      const total = lanes === 2 ? step(op, x0, x1) : step(op, step(op, x0, x2), step(op, x1, x3));
      expect(result(2)).toEqual(row.map(() => total));
    }
  });
});
