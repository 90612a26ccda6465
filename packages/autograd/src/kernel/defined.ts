// Functions of the scalar algebra that are made of others: an executor that has no better way computes the
// definition. All of it is in double precision, whatever the dtype of the arguments, and rounded once.
import { interpret } from "./interpret.ts";
import type { Primitive } from "./primitives.ts";
import { input, lift, type Expr, type ExprLike } from "./scalar.ts";

export interface DefinedFunction extends Primitive {
  /** The value in terms of the arguments, which are its inputs. Conditions stand in selections and in
   *  logic alone: they are no numbers. */
  readonly definition: Expr;
  /** How many calls it is made of. */
  readonly size: number;
}

/** What JavaScript has of its own, as a function and as text (see Primitive). */
type Native = Pick<Primitive, "float" | "floatCode">;

const known = new Map<string, DefinedFunction>();

/** The function of this name, if it is one that is defined by others and that something uses. */
export const definedFunction = (name: string): DefinedFunction | undefined => known.get(name);

/** All of them, by name. */
export const definedFunctions = (): readonly DefinedFunction[] => [...known.values()];

export function defineUnary(
  name: string,
  define: (x: Expr) => Expr,
  native?: Native,
): (x: ExprLike) => Expr {
  const definition = define(input(0));
  const value = interpret(definition, ["float64"]);
  const fn = register(name, definition, native ?? { float: (x) => value([x]) });
  return (x) => ({ kind: "call", fn, args: [lift(x)] });
}

export function defineBinary(
  name: string,
  define: (a: Expr, b: Expr) => Expr,
  native?: Native,
): (a: ExprLike, b: ExprLike) => Expr {
  const definition = define(input(0), input(1));
  const value = interpret(definition, ["float64", "float64"]);
  const fn = register(name, definition, native ?? { float: (a, b) => value([a, b]) });
  return (a, b) => ({ kind: "call", fn, args: [lift(a), lift(b)] });
}

function register(name: string, definition: Expr, native: Native): DefinedFunction {
  const fn = { name, yieldsBool: false, ...native, definition, size: callsOf(definition) };
  known.set(name, fn);
  return fn;
}

function callsOf(expr: Expr): number {
  const seen = new Set<Expr>();
  const visit = (node: Expr): void => {
    if (node.kind !== "call" || seen.has(node)) return;
    seen.add(node);
    node.args.forEach(visit);
  };
  visit(expr);
  return seen.size;
}

/** Whether it has a definition that stands for it: it is defined, and JavaScript has no better one. */
export const isInlined = (fn: Primitive): fn is DefinedFunction =>
  "definition" in fn && fn.floatCode === undefined;
