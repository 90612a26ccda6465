// What is said of the values of straight-line programs, against the values.
import { primitives } from "@wengert/autograd/compiler";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Instr } from "../src/plan/ir.ts";
import { Body } from "../src/plan/body.ts";
import { rangeOf, type Range } from "../src/plan/range.ts";

const unary = ["neg", "abs", "sign", "floor", "sqrt", "exp", "log", "tanh", "erf", "sin", "cos"];
const binary = ["add", "sub", "mul", "mulZero", "div", "min", "max", "pow"];
const float = { dtype: "float32" } as const;
const value = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, 2, 1e30, -1e30, 1e-40, Infinity, -Infinity, NaN),
  fc.float(),
);

type Fn = keyof typeof primitives;
interface Step {
  readonly fn: string;
  readonly args: readonly number[];
  readonly value: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  fn: fc.constantFrom(...unary, ...binary, "const", "select", "lt"),
  args: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
  value,
});

/** Two loads, and then what the steps say, of floats before them. */
function programOf(steps: readonly Step[]): Instr[] {
  const instrs: Instr[] = [0, 1].map((operand) => ({ kind: "load", operand, ...float }));
  const floats = [0, 1];
  const conditions: number[] = [];
  for (const { fn, args, value: constant } of steps) {
    const pick = (i: number) => floats[args[i] % floats.length];
    if (fn === "lt") {
      conditions.push(
        instrs.push({ kind: "call", fn, args: [pick(0), pick(1)], dtype: "bool" }) - 1,
      );
      continue;
    }
    if (fn === "const") floats.push(instrs.push({ kind: "const", value: constant, ...float }) - 1);
    else if (fn === "select") {
      if (conditions.length === 0) continue;
      const condition = conditions[args[2] % conditions.length];
      const all = [condition, pick(0), pick(1)];
      floats.push(instrs.push({ kind: "call", fn, args: all, ...float }) - 1);
    } else {
      const own = unary.includes(fn) ? [pick(0)] : [pick(0), pick(1)];
      floats.push(instrs.push({ kind: "call", fn, args: own, ...float }) - 1);
    }
  }
  return instrs;
}

function valuesOf(instrs: readonly Instr[], loads: readonly number[]): number[] {
  const values: number[] = [];
  for (const instr of instrs) {
    if (instr.kind === "load") values.push(Math.fround(loads[instr.operand]));
    else if (instr.kind === "const") values.push(Math.fround(instr.value));
    else if (instr.kind === "call") {
      const args = instr.args.map((arg) => values[arg]);
      values.push(Math.fround(primitives[instr.fn as Fn].float(...args)));
    }
  }
  return values;
}

/** Whether the values are as a range says. */
function holds(range: Range, id: number, values: readonly number[]): boolean {
  const is = values[id];
  const hasNan = (set: ReadonlySet<number>) => [...set].some((i) => Number.isNaN(values[i]));
  if (Number.isNaN(is)) return !range.nanOnlyBy || hasNan(range.nanOnlyBy);
  return is >= range.low && is <= range.high && !hasNan(range.nanIfAny);
}

describe("ranges", () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 12 });

  test("hold for whatever is loaded", () => {
    fc.assert(
      fc.property(steps, fc.array(fc.tuple(value, value), { minLength: 8 }), (given, loads) => {
        const instrs = programOf(given);
        const ranges: Range[] = [];
        instrs.forEach((instr, id) => ranges.push(rangeOf(instr, id, (i) => ranges[i])));
        for (const pair of loads) {
          const values = valuesOf(instrs, pair);
          expect(ranges.filter((range, id) => !holds(range, id, values))).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("mulZero becomes mul only where both give the same", () => {
    let replaced = 0;
    fc.assert(
      fc.property(steps, fc.tuple(value, value), (all, pair) => {
        // Others might carry the sign of a zero on.
        const given = all.filter(({ fn }) => fn !== "mulZero");
        const instrs = programOf([...given, { fn: "mulZero", args: [1e6, 1e6 + 1, 0], value: 0 }]);
        const body = new Body();
        const ids: number[] = [];
        for (const instr of instrs) {
          const args = instr.kind === "call" ? { args: instr.args.map((arg) => ids[arg]) } : {};
          ids.push(body.add({ ...instr, ...args } as Instr));
        }
        const was = valuesOf(instrs, pair);
        const is = valuesOf(body.instrs, pair);
        const last = instrs.at(-1)!;
        const now = body.instrs[ids.at(-1)!];
        if (last.kind === "call" && now.kind === "call" && now.fn === "mul") replaced++;
        // −0 is 0 here: mulZero gives 0.
        expect(ids.map((id) => is[id] + 0)).toEqual(was.map((value) => value + 0));
      }),
      { numRuns: 3000 },
    );
    expect(replaced).toBeGreaterThan(20);
  });

  test("what a sigmoid's gradient is made of needs no look at zeros", () => {
    const body = new Body();
    const call = (fn: string, ...args: number[]) => body.add({ kind: "call", fn, args, ...float });
    const x = body.add({ kind: "load", operand: 0, ...float });
    const e = call("exp", call("neg", call("abs", x)));
    const one = body.constant(1, "float32");
    const isUp = body.add({
      kind: "call",
      fn: "ge",
      args: [x, body.constant(0, "float32")],
      dtype: "bool",
    });
    const y = call("div", call("select", isUp, one, e), call("add", one, e));
    const z = call("tanh", x);
    const fnOf = (id: number) => (body.instrs[id] as { fn?: string }).fn;
    expect(fnOf(call("mulZero", z, call("mul", y, call("sub", one, y))))).toBe("mul");
    const other = body.add({ kind: "load", operand: 1, ...float });
    expect(fnOf(call("mulZero", z, other))).toBe("mulZero");
    expect(fnOf(call("mulZero", z, x))).toBe("mulZero");
  });
});
