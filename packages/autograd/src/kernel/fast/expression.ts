// Scalar expressions as JavaScript text.
import type { DType } from "../../tensor/dtype.ts";
import { isInlined } from "../defined.ts";
import { toInt } from "../primitives.ts";
import type { Expr } from "../expr.ts";
import { typeOfArgs } from "../scalar.ts";
import { literal, type Source } from "./source.ts";

export interface ExpressionText {
  /** Declarations of intermediate results. */
  readonly statements: string;
  /** The name of the value. */
  readonly result: string;
}

/** The text of an expression whose inputs have these names. A node that is used twice is computed
 *  once: expressions are graphs, as text they would be trees. */
export function expressionText(
  source: Source,
  expr: Expr,
  names: readonly string[],
  dtypes: readonly DType[],
): ExpressionText {
  const statements: string[] = [];
  // Equal expressions with other constants share their text.
  const constant = (value: number): string => source.capture(value);
  const result = write(source, expr, { names, dtypes, statements, constant });
  return { statements: statements.join(" "), result };
}

interface Place {
  readonly names: readonly string[];
  readonly dtypes: readonly DType[];
  readonly statements: string[];
  readonly constant: (value: number) => string;
}

/** Writes the statements of an expression; the name of its value. */
function write(source: Source, expr: Expr, place: Place): string {
  const { names, dtypes, statements, constant } = place;
  const known = new Map<Expr, string>();

  const nameOf = (node: Expr): string => {
    let name = known.get(node);
    if (name === undefined) {
      name = define(node);
      known.set(node, name);
    }
    return name;
  };

  const define = (node: Expr): string => {
    if (node.kind === "input") return names[node.index];
    if (node.kind === "const") return constant(node.value);
    const args = node.args.map(nameOf);
    if (node.kind === "call" && isInlined(node.fn)) {
      const doubles = args.map(() => "float64" as const);
      const inner = { names: args, dtypes: doubles, statements, constant: bracketed };
      return write(source, node.fn.definition, inner);
    }
    const template =
      node.kind === "cast" ? castCode(source, node.dtype) : callCode(source, node, dtypes);
    const code = template.replace(/\$(\d)/g, (_, i) => args[Number(i)]);
    const name = `e${statements.length}`;
    statements.push(`const ${name} = ${code};`);
    return name;
  };

  return nameOf(expr);
}

/** What a definition has of constants is always the same. */
const bracketed = (value: number): string => `(${literal(value)})`;

function castCode(source: Source, dtype: DType): string {
  switch (dtype) {
    case "float32":
      return "Math.fround($0)";
    case "float64":
      return "$0";
    case "int32":
      return `${source.capture(toInt)}($0)`;
    case "bool":
      return "$0 !== 0 ? 1 : 0";
  }
}

function callCode(
  source: Source,
  call: Extract<Expr, { kind: "call" }>,
  dtypes: readonly DType[],
): string {
  const { fn } = call;
  const isInt = fn.int !== undefined && typeOfArgs(call, dtypes) === "int32";
  const code = isInt ? fn.intCode : fn.floatCode;
  if (code !== undefined) return code;
  const places = call.args.map((_, i) => `$${i}`).join(", ");
  return `${source.capture(isInt ? fn.int : fn.float)}(${places})`;
}
