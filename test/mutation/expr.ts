// Scalar expressions made wrong at one place.
import { scalar } from "@wengert/autograd";
import { primitives, type Primitive } from "@wengert/autograd/compiler";
import type { Expr } from "@wengert/autograd";

/** A wrong expression, and what is wrong with it. */
export interface WrongExpr {
  readonly what: string;
  readonly expr: Expr;
}

type Call = Extract<Expr, { kind: "call" }>;

const p = primitives;

/** What stands in for what: each other's opposite. */
const opposites = new Map<Primitive, Primitive>([
  [p.add, p.sub],
  [p.sub, p.add],
  [p.mul, p.div],
  [p.div, p.mul],
  [p.min, p.max],
  [p.max, p.min],
  [p.lt, p.ge],
  [p.ge, p.lt],
  [p.le, p.gt],
  [p.gt, p.le],
  [p.eq, p.ne],
  [p.ne, p.eq],
  [p.and, p.or],
  [p.or, p.and],
  [p.sin, p.cos],
  [p.cos, p.sin],
]);

const isCommutative = new Set<Primitive>([
  p.add,
  p.mul,
  p.mulZero,
  p.min,
  p.max,
  p.eq,
  p.ne,
  p.and,
  p.or,
  p.xor,
]);

/** All expressions that differ from this one at one place. */
export function wrongExprs(expr: Expr): WrongExpr[] {
  const own = wrongAt(expr);
  if (expr.kind === "input" || expr.kind === "const") return own;
  const inner = expr.args.flatMap((arg, i) =>
    wrongExprs(arg).map(({ what, expr: wrong }) => ({
      what,
      expr: { ...expr, args: expr.args.with(i, wrong) } as Expr,
    })),
  );
  return [...own, ...inner];
}

function wrongAt(expr: Expr): WrongExpr[] {
  switch (expr.kind) {
    case "input":
    case "cast":
      return [];
    case "const": {
      const { value } = expr;
      const other = Number.isFinite(value) ? (value === 0 ? 1 : value * 1.5) : 1;
      return [{ what: `${value} as ${other}`, expr: { kind: "const", value: other } }];
    }
    case "call":
      return wrongCalls(expr);
  }
}

function wrongCalls(call: Call): WrongExpr[] {
  const { fn, args } = call;
  const wrong: WrongExpr[] = [];
  const opposite = opposites.get(fn);
  if (opposite)
    wrong.push({ what: `${fn.name} as ${opposite.name}`, expr: { ...call, fn: opposite } });
  if (fn === p.select) {
    const [condition, a, b] = args;
    wrong.push({ what: "select's branches exchanged", expr: { ...call, args: [condition, b, a] } });
    wrong.push({ what: "select without its condition", expr: a });
  } else if (args.length === 2) {
    if (!isCommutative.has(fn)) {
      wrong.push({
        what: `${fn.name}'s operands exchanged`,
        expr: { ...call, args: args.toReversed() },
      });
    }
    if (!fn.yieldsBool) {
      args.forEach((arg, i) => {
        if (arg.kind !== "const")
          wrong.push({ what: `${fn.name} without operand ${1 - i}`, expr: arg });
      });
    }
  } else if (!fn.yieldsBool && args[0].kind !== "const") {
    wrong.push({ what: `${fn.name} left out`, expr: args[0] });
  }
  if (!fn.yieldsBool) wrong.push({ what: `${fn.name} negated`, expr: scalar.neg(call) });
  return wrong;
}
