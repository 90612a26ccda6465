// Straight-line programs under construction: equal values are one, and what is trivial is left out.
import type { DType, Expr } from "@wengert/autograd";
import { typeOf, typeOfArgs } from "@wengert/autograd/compiler";
import type { Instr } from "./ir.ts";
import { rangeOf, zeroWins, type Range } from "./range.ts";

export class Body {
  readonly instrs: Instr[] = [];
  /** Of those values of which somebody has asked. */
  private readonly ranges: Range[] = [];
  private readonly known = new Map<string, number>();

  /** The number of a value, new or known. */
  add(instr: Instr): number {
    if (instr.kind === "call" && instr.fn === "ndtr" && instr.dtype === "float32") {
      // Its exponential is what its derivative is made of, too.
      const gauss = this.add({ ...instr, fn: "gauss" });
      return this.add({ ...instr, fn: "ndtrOfGauss", args: [...instr.args, gauss] });
    }
    const simple = simplify(instr, this.instrs, (value) => this.range(value));
    if (typeof simple === "number") return simple;
    const key = keyOf(simple);
    let id = this.known.get(key);
    if (id === undefined) {
      id = this.instrs.push(simple) - 1;
      this.known.set(key, id);
    }
    return id;
  }

  private range(id: number): Range {
    return (this.ranges[id] ??= rangeOf(this.instrs[id], id, (value) => this.range(value)));
  }

  constant(value: number, dtype: DType): number {
    return this.add({ kind: "const", value, dtype });
  }

  cast(arg: number, dtype: DType): number {
    return this.add({ kind: "cast", arg, dtype });
  }

  /** A scalar expression over values. `wanted` is the dtype of a bare constant. */
  expression(expr: Expr, inputs: readonly number[], wanted: DType): number {
    const dtypes = inputs.map((id) => this.instrs[id].dtype);
    const memo = new Map<Expr, number>();
    const visit = (e: Expr, like: DType): number => {
      const done = memo.get(e);
      if (done !== undefined && e.kind !== "const") return done;
      const id = this.build(e, like, inputs, dtypes, visit);
      memo.set(e, id);
      return id;
    };
    return visit(expr, typeOf(expr, dtypes) ?? wanted);
  }

  private build(
    e: Expr,
    like: DType,
    inputs: readonly number[],
    dtypes: readonly DType[],
    visit: (e: Expr, like: DType) => number,
  ): number {
    switch (e.kind) {
      case "input":
        return inputs[e.index];
      case "const":
        return this.constant(e.value, like);
      case "cast": {
        const from = typeOf(e.args[0], dtypes) ?? e.dtype;
        return this.cast(visit(e.args[0], from), e.dtype);
      }
      case "call": {
        const shared = typeOfArgs(e, dtypes) ?? like;
        const args = e.args.map((arg, i) => {
          const isCondition = e.fn.name === "select" && i === 0;
          const type = isCondition ? "bool" : shared;
          const own = typeOf(arg, dtypes) ?? type;
          const id = visit(arg, own);
          return own === type ? id : this.cast(id, type);
        });
        const dtype = e.fn.yieldsBool ? "bool" : shared;
        return this.add({ kind: "call", fn: e.fn.name, args, dtype });
      }
    }
  }
}

/** Distinct for distinct instructions. */
function keyOf(instr: Instr): string {
  const { kind, dtype } = instr;
  switch (instr.kind) {
    case "load":
      return `${kind} ${instr.operand}`;
    case "gather":
      return `${kind} ${instr.operand} ${instr.index} ${instr.stride} ${instr.size} ${instr.site}`;
    case "const":
      return `${dtype} ${Object.is(instr.value, -0) ? "-0" : instr.value}`;
    case "index":
      return `${kind} ${instr.strides.join()}+${instr.offset}`;
    case "random":
      return `${kind} ${instr.operand} ${instr.strides.join()}+${instr.offset}`;
    case "call":
      return `${instr.fn} ${instr.args.join()} ${dtype}`;
    case "cast":
      return `${kind} ${instr.arg} ${dtype}`;
    case "reduce":
      return `${kind} ${instr.op} ${instr.arg}`;
  }
}

/** The same value by less: another instruction, or an earlier value. */
function simplify(
  instr: Instr,
  known: readonly Instr[],
  range: (id: number) => Range,
): Instr | number {
  if (instr.kind === "cast") {
    const from = known[instr.arg];
    if (from.dtype === instr.dtype) return instr.arg;
    if (from.kind === "const")
      return { kind: "const", value: castConstant(from.value, instr.dtype), dtype: instr.dtype };
    return instr;
  }
  if (instr.kind === "const") {
    return instr.dtype === "float32" ? { ...instr, value: Math.fround(instr.value) } : instr;
  }
  if (instr.kind !== "call" || instr.args.length !== 2) return instr;
  const [a, b] = instr.args;
  const [x, y] = [known[a], known[b]];
  const isFloat = instr.dtype === "float32" || instr.dtype === "float64";
  const factor = x.kind === "const" ? x.value : y.kind === "const" ? y.value : null;
  const other = x.kind === "const" ? b : a;
  switch (instr.fn) {
    case "mul":
      return factor === 1 ? other : instr;
    case "mulZero":
      if (factor === 1) return other;
      return zeroWins(range(a), range(b)) ? { ...instr, fn: "mul" } : instr;
    case "sub":
      return y.kind === "const" && Object.is(y.value, 0) ? a : instr;
    case "div":
      return y.kind === "const" && isFloat && y.value === 1 ? a : instr;
    default:
      return instr;
  }
}

function castConstant(value: number, dtype: DType): number {
  if (dtype === "bool") return value !== 0 ? 1 : 0;
  if (dtype === "float32") return Math.fround(value);
  if (dtype !== "int32") return value;
  if (value >= 2147483647) return 2147483647;
  return value <= -2147483648 ? -2147483648 : value | 0;
}
