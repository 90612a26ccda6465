// The checks are checked: a wrong factor in any one derivative rule of any exported op must be
// found. The faults are injected here, one rule at a time.
import * as autograd from "@wengert/autograd";
import { checkOp, OpCheckError, opsOf } from "@wengert/autograd/testing";
import { describe, expect, it } from "vitest";

const { isOp, mul, notDifferentiable, ones } = autograd;
type Op = autograd.Op;
type Tensor = autograd.Tensor;
type Rule = Exclude<Op["vjp"], string | readonly unknown[]>;

/** Off by one per cent; a rule that says zero says one instead. */
const wrong =
  (rule: Rule): Rule =>
  (g, saved, input, all) => {
    const right = rule(g, saved, input, all);
    if (right) return mul(right, 1.01);
    return ones(saved.shape(input), { dtype: saved.spec(input).dtype });
  };

type Fault = [name: string, place: string, change: Partial<Op>];

/** An op with other rules; its plans are its own. */
const variant = (op: Op, change: Partial<Op>) => {
  const record: Op = { ...op, ...change, plans: { executor: null, plans: new Map() } };
  return Object.assign(() => {}, { op: record });
};

const ops = opsOf(autograd).filter((f) => f.op.vjp !== notDifferentiable);

describe("a wrong factor in a vjp rule", () => {
  const faults = ops.flatMap(({ op }): Fault[] => {
    const { vjp } = op;
    if (vjp === notDifferentiable) return [];
    if (typeof vjp === "function") return [[op.name, "all inputs", { vjp: wrong(vjp) }]];
    return vjp.flatMap((rule, i): Fault[] =>
      rule ? [[op.name, `input ${i}`, { vjp: vjp.with(i, wrong(rule)) }]] : [],
    );
  });
  it("can be injected into every differentiable op", () => {
    expect(new Set(faults.map(([name]) => name)).size).toBe(ops.length);
    expect(ops.length).toBeGreaterThan(40);
  });
  it.each(faults)("is found in %s, %s", (name, _, change) => {
    const { op } = ops.find((f) => f.op.name === name)!;
    expect(() => checkOp(variant(op, change))).toThrow(OpCheckError);
  });
});

describe("a wrong factor in a jvp rule", () => {
  it.each(ops.map((f) => [f.op.name, f.op] as const))("is found in %s", (_, op) => {
    const { jvp } = op;
    if (jvp === notDifferentiable) throw new Error("a differentiable op without a jvp");
    const off: Exclude<Op["jvp"], string> = (tangents, saved) => {
      const result = jvp(tangents, saved);
      const list = Array.isArray(result) ? (result as (Tensor | null)[]) : [result as Tensor];
      return list.map((t) => (t ? mul(t, 1.01) : ones(saved.y.shape, { dtype: saved.y.dtype })));
    };
    expect(() => checkOp(variant(op, { jvp: off }))).toThrow(OpCheckError);
  });
});

it("an op is found by being exported", () => {
  const found = new Set(opsOf(autograd).map((f) => f.op.name));
  const withRecords = Object.entries(autograd).filter(([, value]) => isOp(value as unknown));
  for (const [name] of withRecords) expect(found).toContain(name);
});
