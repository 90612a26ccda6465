// Functions of doubles that are defined by others (kernel/defined.ts of autograd): their definitions.
import type { Expr } from "@wengert/autograd";
import { definedFunction } from "@wengert/autograd/compiler";
import type { Local } from "../../wasm/function.ts";
import type { FloatCode } from "./code.ts";
import type { Constants } from "./lanes.ts";
import { callShared } from "./shared.ts";

/** Writes a function of doubles. */
export type EmitDoubles = (
  code: FloatCode,
  fn: string,
  args: readonly Local[],
  constants: Constants,
) => Local;

/** More calls than this are written once in a module, as a function. Fewer stand where they are called: a
 *  function sets its constants anew for each vector, which made lgamma twice as slow. */
const maxInline = 200;

/** null: no function of this name is defined by others. */
export function emitDefined(
  code: FloatCode,
  fn: string,
  args: readonly Local[],
  emit: EmitDoubles,
): Local | null {
  const found = definedFunction(fn);
  if (!found) return null;
  const { definition, size } = found;
  const write = (own: FloatCode, inputs: readonly Local[]) =>
    emitExpr(own, definition, inputs, emit);
  return size > maxInline
    ? callShared(code, `f64x2.${fn}`, "f64x2", args, write)
    : write(code, args);
}

function emitExpr(code: FloatCode, expr: Expr, inputs: readonly Local[], emit: EmitDoubles): Local {
  const known = new Map<Expr, Local>();
  const uses = countUses(expr);

  const visit = (node: Expr): Local => {
    let local = known.get(node);
    if (!local) {
      local = write(node);
      known.set(node, local);
    }
    return local;
  };

  const write = (node: Expr): Local => {
    switch (node.kind) {
      case "input":
        return inputs[node.index];
      case "const":
        return code.const(node.value);
      case "cast":
        throw new Error("expected a definition in doubles, but there is a cast in it");
      case "call":
        return call(node);
    }
  };

  const call = ({ fn, args }: Call): Local => {
    const [first, second] = args;
    // A product that only this sum wants is rounded with it.
    if (fn.name === "add" && isCallOf("mul", first) && uses.get(first) === 1) {
      const [a, b] = first.args.map(visit);
      return code.madd(a, b, visit(second));
    }
    const locals = args.map(visit);
    return (
      emitConditional(code, fn.name, locals) ?? emit(code, fn.name, locals, args.map(constantOf))
    );
  };

  return visit(expr);
}

type Call = Extract<Expr, { kind: "call" }>;

const isCallOf = (fn: string, expr: Expr): expr is Call =>
  expr.kind === "call" && expr.fn.name === fn;

/** How many calls have each part of an expression as an argument. */
function countUses(expr: Expr): ReadonlyMap<Expr, number> {
  const uses = new Map<Expr, number>();
  const visit = (node: Expr): void => {
    if (node.kind !== "call") return;
    for (const arg of node.args) {
      const before = uses.get(arg) ?? 0;
      uses.set(arg, before + 1);
      if (before === 0) visit(arg);
    }
  };
  visit(expr);
  return uses;
}

const constantOf = (expr: Expr): number | undefined =>
  expr.kind === "const" ? expr.value : undefined;

const comparisons = ["eq", "ne", "lt", "le", "gt", "ge"] as const;

/** Conditions are masks of 64 bits here, which is what comparisons of doubles make. */
function emitConditional(code: FloatCode, fn: string, args: readonly Local[]): Local | null {
  const comparison = comparisons.find((name) => name === fn);
  if (comparison) return code.compare(comparison, args[0], args[1]);
  switch (fn) {
    case "select":
      return code.choose(args[0], args[1], args[2]);
    case "and":
      return code.and(args[0], args[1]);
    case "or":
      return code.or(args[0], args[1]);
    case "xor":
      return code.op("v128.xor", args[0], args[1]);
    case "not":
      return code.op("v128.not", args[0]);
    default:
      return null;
  }
}
