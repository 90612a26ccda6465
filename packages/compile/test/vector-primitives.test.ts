// Every function of the scalar algebra on every dtype against the algebra's own functions, which the
// reference interprets: exact, but for the functions that are approximated.
import { describe, expect, test } from "vitest";
import type { DType } from "@wengert/autograd";
import { primitives } from "@wengert/autograd/compiler";
import type { Instr } from "../src/plan/ir.ts";
import { hostFunctions, hostImports } from "../src/codegen/vector/index.ts";
import { highWordName, wordsPrefix } from "../src/run/words.ts";
import { apply, arrayOf, generator, ulps32, variants, type Elements } from "./vector.support.ts";

type Fn = keyof typeof primitives;
const names = Object.keys(primitives) as Fn[];
const dtypes = ["float32", "float64", "int32", "bool"] as const;

const approximated: readonly Fn[] = [
  ...(["exp", "log", "log1p", "expm1", "tanh", "sigmoid", "sin", "cos"] as const),
  ...(["erf", "erfc", "ndtr", "gauss", "pow"] as const),
  ...(["tan", "exp2", "log2", "log10", "cbrt"] as const),
];
const arity = (fn: Fn): number => primitives[fn].float.length;

const specialFloats = [0, -0, 1, -1, 0.5, -2.5, 3, Infinity, -Infinity, NaN, 1e30, -1e-30, 1e9];
const specialInts = [0, 1, -1, 2, -3, 7, 31, 32, 33, -0x80000000, 0x7fffffff, 65536, -65537];

/** All pairs of special values, then random ones. */
function samples(dtype: DType, seed: number): [Elements, Elements] {
  const special = dtype === "bool" ? [0, 1] : dtype === "int32" ? specialInts : specialFloats;
  const random = generator(seed);
  const draw = (): number => {
    const u = 2 * random() - 1;
    if (dtype === "bool") return u > 0 ? 1 : 0;
    // Large and small ones.
    if (dtype === "int32") return u * 2 ** (31 * random());
    return u * 2 ** (40 * random() - 20);
  };
  const drawn = Array.from({ length: 501 }, () => [draw(), draw()]);
  const pairs = [...special.flatMap((a) => special.map((b) => [a, b])), ...drawn];
  return [0, 1].map((i) =>
    arrayOf(
      dtype,
      pairs.map((pair) => pair[i]),
    ),
  ) as [Elements, Elements];
}

/** What the function gives, as an element of the dtype: typed arrays round and wrap. */
function expected(fn: Fn, dtype: DType, args: readonly number[]): number {
  const { float, int, yieldsBool } = primitives[fn];
  const value = ((dtype === "int32" && int) || float)(...args);
  if (yieldsBool || dtype === "bool") return value !== 0 ? 1 : 0;
  return arrayOf(dtype, [value])[0];
}

function check(fn: Fn, dtype: DType, y: number, args: readonly number[]): void {
  const want = expected(fn, dtype, args);
  if (Object.is(y, want)) return;
  const label = `${fn}(${args.join(", ")}) of ${dtype} is ${y}, not ${want}`;
  if (!approximated.includes(fn) || dtype === "bool") expect.fail(label);
  const exact = primitives[fn].float(...args);
  if (dtype === "float32")
    expect(ulps32(y, exact), label).toBeLessThanOrEqual(fn === "ndtr" ? 5 : 2);
  else if (dtype === "float64") expect(Math.abs(y / want - 1), label).toBeLessThanOrEqual(1e-15);
  // Of a double above 2⁵³ the last bits are lost, and they are what remains of it modulo 2³².
  else expect(Math.abs(exact), label).toBeGreaterThan(2 ** 50);
}

describe.each(dtypes)("on %s", (dtype) => {
  test.each(names)("%s", (fn) => {
    const [a, b] = samples(dtype, 11);
    const conditions = arrayOf(
      "bool",
      Array.from(a, (_, i) => (i % 3) & 1),
    );
    const inputs = fn === "select" ? [conditions, a, b] : [a, b].slice(0, arity(fn));
    const argTypes: DType[] = inputs.map((input) => (input === conditions ? "bool" : dtype));
    const instr: Instr = {
      kind: "call",
      dtype: primitives[fn].yieldsBool ? "bool" : dtype,
      fn,
      args: inputs.map((_, i) => i),
    };
    const features = variants.at(-1)!;
    const results = [apply({ instr, inputs, argTypes, features })];
    if (dtype !== "float64") results.push(apply({ instr, inputs, argTypes, features, lanes: 2 }));
    for (const ys of results) {
      expect(ys).toHaveLength(a.length);
      ys.forEach((y, i) =>
        check(
          fn,
          dtype,
          y,
          inputs.map((input) => input[i]),
        ),
      );
    }
  });
});

test("arguments that are known change no result", () => {
  const bounds = [0, -0, 1, -1, 3, 0.5, -0.5, 2, Infinity, -Infinity, NaN, 35, 1e-60];
  for (const dtype of ["float32", "float64", "int32"] as const) {
    const [a] = samples(dtype, 5);
    const fns = dtype === "int32" ? ["shiftRight", "max", "pow"] : ["min", "max", "pow", "sub"];
    for (const fn of fns as Fn[]) {
      for (const constant of bounds) {
        const b = arrayOf(
          dtype,
          Array.from(a, () => constant),
        );
        const [bound] = b;
        const instr: Instr = { kind: "call", dtype, fn, args: [0, 1] };
        const argTypes = [dtype, dtype];
        const second = apply({ instr, inputs: [a, b], argTypes, constants: [undefined, constant] });
        second.forEach((y, i) => checkPower(fn, dtype, y, [a[i], bound]));
        if (fn === "pow" || fn === "shiftRight") continue;
        const first = apply({ instr, inputs: [b, a], argTypes, constants: [constant, undefined] });
        first.forEach((y, i) => check(fn, dtype, y, [bound, a[i]]));
      }
    }
  }
});

/** A cube by two products may be 2 ulp off. */
function checkPower(fn: Fn, dtype: DType, y: number, args: readonly [number, number]): void {
  if (fn !== "pow" || args[1] !== 3 || dtype === "int32") return check(fn, dtype, y, args);
  const exact = args[0] ** 3;
  if (dtype === "float32") expect(ulps32(y, exact), `${args[0]}³`).toBeLessThanOrEqual(2);
  else if (!Object.is(y, exact)) expect(Math.abs(y / exact - 1)).toBeLessThanOrEqual(4e-16);
}

describe("casts", () => {
  const values = [
    ...specialFloats,
    2147483647.5,
    -2147483649,
    2.9,
    -2.9,
    16777217,
    1e-46,
    3e38,
    1e39,
  ];
  const pairs = dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const));
  test.each(pairs)("%s to %s", (from, to) => {
    const x =
      from === "int32"
        ? arrayOf(from, [...specialInts, 16777217])
        : from === "bool"
          ? arrayOf(from, [1, 0, 0, 1, 1])
          : arrayOf(from, values);
    const instr: Instr = { kind: "cast", dtype: to, arg: 0 };
    const convert = {
      float32: Math.fround,
      float64: (v: number) => v,
      int32: (v: number) => (v >= 2 ** 31 - 1 ? 2 ** 31 - 1 : v <= -(2 ** 31) ? -(2 ** 31) : v | 0),
      bool: (v: number) => (v !== 0 ? 1 : 0),
    };
    expect([...apply({ instr, inputs: [x], argTypes: [from] })]).toEqual([...x].map(convert[to]));
  });
});

test("constants are rounded as casts do", () => {
  const one = arrayOf("float32", [1]);
  const value = (dtype: DType, value: number) =>
    apply({ instr: { kind: "const", dtype, value }, inputs: [one], argTypes: ["float32"] })[0];
  expect(value("float32", 0.1)).toBe(Math.fround(0.1));
  expect(value("float64", 0.1)).toBe(0.1);
  expect([2.7, -2.7, 1e10, -1e10, NaN].map((v) => value("int32", v))).toEqual([
    2, -2, 2147483647, -2147483648, 0,
  ]);
  expect([0, -0, 0.5, NaN].map((v) => value("bool", v))).toEqual([0, 0, 1, 1]);
});

test("the host lends the algebra's own functions", () => {
  const names = [highWordName, ...hostFunctions.map((fn) => wordsPrefix + fn)];
  expect(Object.keys(hostImports).sort()).toEqual(names.sort());
  const bits = new DataView(new ArrayBuffer(8));
  const wordsOf = (x: number): number[] => {
    bits.setFloat64(0, x, true);
    return [bits.getInt32(0, true), bits.getInt32(4, true)];
  };
  for (const fn of hostFunctions) {
    const { float } = primitives[fn];
    for (const x of [0.3, -2.5, 1e300, -0, NaN, -Infinity]) {
      for (const y of float.length === 1 ? [0] : [3.7, -0.1, 0, Infinity]) {
        const args = float.length === 1 ? [x] : [x, y];
        bits.setInt32(0, hostImports[wordsPrefix + fn](...args.flatMap(wordsOf)), true);
        bits.setInt32(4, hostImports[highWordName](), true);
        expect(bits.getFloat64(0, true)).toBe(float(...args));
      }
    }
  }
});

test("an instruction with memory is refused", () => {
  const instr: Instr = { kind: "load", dtype: "float32", operand: 0 };
  const run = () => apply({ instr, inputs: [arrayOf("float32", [1])], argTypes: ["float32"] });
  expect(run).toThrow(/const, call or cast.*"load"/);
});
