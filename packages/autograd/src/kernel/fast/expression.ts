// Scalar expressions as JavaScript text.
import type { DType } from "../../tensor/dtype.ts";
import { toInt } from "../primitives.ts";
import { typeOfArgs, type Expr } from "../scalar.ts";
import type { Source } from "./source.ts";

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
    // Equal expressions with other constants share their text.
    if (node.kind === "const") return source.capture(node.value);
    const args = node.args.map(nameOf);
    const template =
      node.kind === "cast" ? castCode(source, node.dtype) : callCode(source, node, dtypes);
    const code = template.replace(/\$(\d)/g, (_, i) => args[Number(i)]);
    const name = `e${statements.length}`;
    statements.push(`const ${name} = ${code};`);
    return name;
  };

  const result = nameOf(expr);
  return { statements: statements.join(" "), result };
}

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
