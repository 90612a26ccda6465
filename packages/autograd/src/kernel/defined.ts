// Functions of the scalar algebra that are made of others: an executor that has no better way computes the
// definition. All of it is in double precision, whatever the dtype of the arguments, and rounded once.
import { interpret } from "./interpret.ts";
import type { Primitive } from "./primitives.ts";
import type { Expr, ExprLike } from "./expr.ts";
import { input, lift } from "./scalar.ts";

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
  const float = (x: number): number => fn.value([x]);
  const fn: Defined = new Defined(name, () => define(input(0)), native ?? { float });
  known.set(name, fn);
  return (x) => ({ kind: "call", fn, args: [lift(x)] });
}

export function defineBinary(
  name: string,
  define: (a: Expr, b: Expr) => Expr,
  native?: Native,
): (a: ExprLike, b: ExprLike) => Expr {
  const float = (a: number, b: number): number => fn.value([a, b]);
  const fn: Defined = new Defined(name, () => define(input(0), input(1)), native ?? { float });
  known.set(name, fn);
  return (a, b) => ({ kind: "call", fn, args: [lift(a), lift(b)] });
}

/** Definitions are made when somebody wants them: they are long, and most programs use few. */
class Defined implements DefinedFunction {
  readonly name: string;
  readonly float: Primitive["float"];
  readonly floatCode: string | undefined;
  readonly yieldsBool = false;
  private readonly define: () => Expr;
  private made: Expr | null = null;
  private calls: number | null = null;
  private interpreted: ((args: readonly number[]) => number) | null = null;

  constructor(name: string, define: () => Expr, { float, floatCode }: Native) {
    this.name = name;
    this.define = define;
    this.float = float;
    this.floatCode = floatCode;
  }

  get definition(): Expr {
    return (this.made ??= this.define());
  }

  get size(): number {
    return (this.calls ??= callsOf(this.definition));
  }

  /** Of the definition. */
  value(args: readonly number[]): number {
    this.interpreted ??= interpret(this.definition, ["float64", "float64"]);
    return this.interpreted(args);
  }
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
