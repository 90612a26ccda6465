// Contractions of all forms against plain loops over doubles.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Contraction, ContractionAxis, Instr } from "../src/plan/ir.ts";
import {
  arrayOf,
  machineKinds,
  runContraction,
  runEpilogue,
  sumsOf,
  type Machine,
  type Numbers,
  type Placed,
} from "./contract.support.ts";

type Float = "float32" | "float64";

interface Case {
  readonly contraction: Contraction;
  readonly operands: readonly Placed[];
}

const extent = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 3, arbitrary: fc.integer({ min: 10, max: 37 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 64, 100) },
);

interface AxisForm {
  readonly size: number;
  /** How it moves along an operand: how much memory lies between, or not at all. */
  readonly gap: number;
  readonly isFixed: boolean;
  readonly isReversed: boolean;
  readonly order: number;
}

const axisForm: fc.Arbitrary<AxisForm> = fc.record({
  size: extent,
  gap: fc.constantFrom(0, 0, 0, 1, 2),
  isFixed: fc.boolean(),
  isReversed: fc.constantFrom(false, false, false, false, true),
  order: fc.integer({ min: 0, max: 9 }),
});

interface Form {
  readonly dtype: Float | "int32";
  readonly batch: readonly AxisForm[];
  readonly m: readonly AxisForm[];
  readonly n: readonly AxisForm[];
  readonly k: readonly AxisForm[];
  readonly window: boolean;
  readonly epilogue: "store" | "bias" | "index" | "twoStores" | "mixed" | "byRow";
  readonly seed: number;
}

const form: fc.Arbitrary<Form> = fc.record({
  dtype: fc.constantFrom<Float | "int32">("float32", "float32", "float32", "float64", "int32"),
  batch: fc.array(axisForm, { maxLength: 2 }),
  m: fc.array(axisForm, { maxLength: 2 }),
  n: fc.array(axisForm, { maxLength: 2 }),
  k: fc.array(axisForm, { maxLength: 3 }),
  window: fc.boolean(),
  epilogue: fc.constantFrom("store", "store", "bias", "index", "twoStores", "mixed", "byRow"),
  seed: fc.integer(),
});

/** The number of products; what an empty axis leaves of the others has to be laid out all the same. */
const volume = (f: Form): number =>
  [...f.batch, ...f.m, ...f.n, ...f.k].reduce(
    (product, { size }) => product * Math.max(size, 1),
    1,
  );

interface Layout {
  readonly strides: readonly number[];
  /** The position of the element with all indices 0, and how much memory the array takes. */
  readonly origin: number;
  readonly length: number;
}

/** Strides that give each element of the axes a place of its own, in the order that the forms ask
 *  for; in a window, two axes move along the same memory. */
function layOut(axes: readonly AxisForm[], isPermuted: boolean, isWindow = false): Layout {
  const strides = axes.map(() => 0);
  const order = axes.map((_, i) => i);
  if (isPermuted) order.sort((x, y) => axes[x].order - axes[y].order || x - y);
  let step = 1;
  for (const d of order.toReversed()) {
    const { size, gap, isReversed } = axes[d];
    strides[d] = isReversed ? -step : step;
    step = step * Math.max(size, 1) + gap;
  }
  if (isWindow && axes.length >= 2) strides[0] = strides[axes.length - 1];
  const reach = (of: (stride: number) => number): number =>
    axes.reduce((sum, { size }, d) => sum + of(strides[d]) * Math.max(size - 1, 0), 0);
  return { strides, origin: reach((s) => Math.max(-s, 0)), length: reach(Math.abs) + 1 };
}

function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32 - 0.5;
  };
}

function caseOf(f: Form): Case {
  const next = random(f.seed);
  const fill = (dtype: "float32" | "float64" | "int32", length: number): Numbers =>
    arrayOf[dtype].from(
      Array.from({ length }, () => (dtype === "int32" ? Math.round(next() * 2 ** 20) : next() * 4)),
    );
  const batchOf = (which: number): AxisForm[] =>
    f.batch.filter(({ isFixed, order }) => !(isFixed && order % 2 === which));
  const [batchA, batchB] = [batchOf(0), batchOf(1)];
  const a = layOut([...batchA, ...f.m, ...f.k], true);
  const b = layOut([...batchB, ...f.n, ...f.k], true, f.window);
  const strideIn = (
    of: Layout,
    groups: readonly (readonly AxisForm[])[],
    axis: AxisForm,
  ): number => {
    const position = groups.flat().indexOf(axis);
    return position < 0 ? 0 : of.strides[position];
  };
  const axes = (group: readonly AxisForm[]): ContractionAxis[] =>
    group.map((axis) => ({
      size: axis.size,
      a: strideIn(a, [batchA, f.m, f.k], axis),
      b: strideIn(b, [batchB, f.n, f.k], axis),
    }));
  const outer = [...f.batch, ...f.m, ...f.n];
  const out = layOut(outer, f.epilogue === "byRow" || f.seed % 3 === 0);
  const placed = (
    dtype: "float32" | "float64" | "int32",
    length: number,
    origin: number,
  ): Placed => ({
    data: fill(dtype, length),
    origin,
  });
  const { epilogue, extra } = epilogueOf(f, outer, out);
  return {
    contraction: {
      dtype: f.dtype,
      batch: axes(f.batch),
      m: axes(f.m),
      n: axes(f.n),
      k: axes(f.k),
      epilogue,
    },
    operands: [
      placed(f.dtype, a.length, a.origin),
      placed(f.dtype, b.length, b.origin),
      placed(f.dtype, out.length, out.origin),
      ...extra.map(({ dtype, length, origin }) => placed(dtype, length, origin)),
    ],
  };
}

function epilogueOf(f: Form, outer: readonly AxisForm[], out: Layout) {
  const dims = outer.map(({ size }) => size);
  const output = { dtype: f.dtype, strides: out.strides };
  const acc: Instr = { kind: "load", dtype: f.dtype, operand: 0 };
  const plain = layOut(outer, false);
  const other = (
    dtype: Float | "int32",
    strides: readonly number[],
    layout: { origin: number; length: number },
  ) => ({
    operand: { dtype, strides },
    space: { dtype, length: layout.length, origin: layout.origin },
  });
  const make = (
    others: readonly ReturnType<typeof other>[],
    instrs: readonly Instr[],
    stores: readonly { operand: number; value: number }[],
  ) => ({
    epilogue: {
      dims,
      rowDims: 0,
      operands: [output, output, ...others.map((it) => it.operand)],
      instrs,
      stores,
    },
    extra: others.map((it) => it.space),
  });
  const call = (fn: string, ...args: number[]): Instr => ({
    kind: "call",
    dtype: f.dtype,
    fn,
    args,
  });
  switch (f.dtype === "int32" && f.epilogue === "mixed" ? "bias" : f.epilogue) {
    case "bias": {
      // max(acc + bias[n], 0) · scale
      const bias = layOut(f.n, false);
      const strides = [...f.batch, ...f.m].map(() => 0).concat(bias.strides);
      return make(
        [
          other(f.dtype, strides, bias),
          other(
            f.dtype,
            dims.map(() => 0),
            { origin: 0, length: 1 },
          ),
        ],
        [
          acc,
          {
            kind: "load",
            dtype: f.dtype,
            operand: 2,
          } as const,
          call("add", 0, 1),
          {
            kind: "const",
            dtype: f.dtype,
            value: 0,
          } as const,
          call("max", 2, 3),
          {
            kind: "load",
            dtype: f.dtype,
            operand: 3,
          } as const,
          call("mul", 4, 5),
        ],
        [{ operand: 1, value: 6 }],
      );
    }
    case "index": {
      const index: Instr = {
        kind: "index",
        dtype: "int32",
        strides: dims.map((_, d) => 3 * d - 1),
        offset: 7,
      };
      const cast: Instr = { kind: "cast", dtype: f.dtype, arg: 1 };
      return make([], [acc, index, cast, call("add", 0, 2)], [{ operand: 1, value: 3 }]);
    }
    case "twoStores":
      // A residual that is added, and its negative, elsewhere; one of them in place.
      return make(
        [other(f.dtype, plain.strides, plain)],
        [acc, { kind: "load", dtype: f.dtype, operand: 2 }, call("add", 0, 1), call("neg", 2)],
        [
          { operand: 1, value: 3 },
          { operand: 2, value: 2 },
        ],
      );
    case "mixed": {
      const wide = f.dtype === "float32" ? "float64" : "float32";
      return make(
        [other(wide, plain.strides, plain)],
        [
          acc,
          { kind: "cast", dtype: wide, arg: 0 },
          { kind: "load", dtype: wide, operand: 2 },
          { kind: "call", dtype: wide, fn: "add", args: [1, 2] },
        ],
        [
          { operand: 1, value: 0 },
          { operand: 2, value: 3 },
        ],
      );
    }
    default:
      return make([], [acc], [{ operand: 1, value: 0 }]);
  }
}

const machines: readonly Machine[] = [1, 2, 3].flatMap((threads) =>
  machineKinds.map((kind) => ({ ...kind, threads })),
);

/** A rounding at each product and sum: |error| ≤ 2 (k + 4) ε Σ |terms| with ε half a unit in the last
 *  place, times a scale of at most 2, and the epilogue's own roundings. */
function check({ contraction, operands }: Case): void {
  const sums = sumsOf(contraction, operands[0], operands[1]);
  const expected = runEpilogue(
    contraction,
    sums.map(({ value }) => value),
    operands,
  );
  const size = contraction.k.reduce((product, axis) => product * axis.size, 1);
  const largest = sums.reduce((most, { magnitude }) => Math.max(most, magnitude), 1);
  const results = machines.map((machine) => runContraction(contraction, operands, machine));
  const kinds = machineKinds.length;
  results.forEach((result, i) => expect(bitsOf(result)).toEqual(bitsOf(results[i % kinds])));
  for (const result of results.slice(0, kinds)) {
    result.forEach((data, i) => {
      const epsilon = data instanceof Int32Array ? 0 : dtypeEpsilon(contraction, data);
      const scale = expected[i].reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const tolerance = epsilon * (4 * (size + 4) * largest + 4 * scale);
      const errors = Array.from(data, (x, j) => Math.abs(x - wrap(data, expected[i][j])));
      const worst = errors.reduce((most, error) => Math.max(most, error), 0);
      expect(worst).toBeLessThanOrEqual(tolerance);
    });
  }
}

const wrap = (data: Numbers, x: number): number =>
  data instanceof Int32Array ? Number(BigInt.asIntN(32, BigInt(x))) : x;

const dtypeEpsilon = (c: Contraction, data: Numbers): number =>
  c.dtype === "float32" || data instanceof Float32Array ? 2 ** -24 : 2 ** -53;

const bitsOf = (arrays: readonly Numbers[]): string =>
  arrays.map(({ buffer }) => Buffer.from(buffer).toString("base64")).join();

describe("random contractions", () => {
  it("equal plain loops, with the same bits for any number of threads", () => {
    fc.assert(
      fc.property(
        form.filter((f) => volume(f) < 60_000),
        (f) => check(caseOf(f)),
      ),
      { numRuns: 150, seed: 20 },
    );
  });
});
