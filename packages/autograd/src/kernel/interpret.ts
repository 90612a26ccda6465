import type { DType } from "../tensor/dtype.ts";
import { toInt } from "./primitives.ts";
import type { Expr } from "./expr.ts";
import { typeOfArgs } from "./scalar.ts";

export const casts: Record<DType, (x: number) => number> = {
  float32: Math.fround,
  float64: (x) => x,
  int32: toInt,
  bool: (x) => (x !== 0 ? 1 : 0),
};

/** One value of an expression from the inputs and the values before it. */
type Step = (inputs: readonly number[], values: readonly number[]) => number;

/** A scalar expression as a function of its inputs, in double precision (int32 wraps). A node that is used
 *  twice is computed once: expressions are graphs, and as trees some would be endless. */
export function interpret(
  expr: Expr,
  dtypes: readonly DType[],
): (args: readonly number[]) => number {
  const steps: Step[] = [];
  const places = new Map<Expr, number>();
  const placeOf = (node: Expr): number => {
    let place = places.get(node);
    if (place === undefined) {
      const args = node.kind === "call" || node.kind === "cast" ? node.args.map(placeOf) : [];
      place = steps.push(stepOf(node, args, dtypes)) - 1;
      places.set(node, place);
    }
    return place;
  };
  const last = placeOf(expr);
  return (inputs) => {
    const values: number[] = [];
    for (const step of steps) values.push(step(inputs, values));
    return values[last];
  };
}

function stepOf(node: Expr, args: readonly number[], dtypes: readonly DType[]): Step {
  switch (node.kind) {
    case "input":
      return (inputs) => inputs[node.index];
    case "const":
      return () => node.value;
    case "cast": {
      const convert = casts[node.dtype];
      return (_, values) => convert(values[args[0]]);
    }
    case "call": {
      const isInt = typeOfArgs(node, dtypes) === "int32";
      const f = (isInt && node.fn.int) || node.fn.float;
      const [a, b] = args;
      // Long expressions are called often in tests; most calls have one or two arguments.
      if (args.length === 1) return (_, values) => f(values[a]);
      if (args.length === 2) return (_, values) => f(values[a], values[b]);
      return (_, values) => f(...args.map((arg) => values[arg]));
    }
  }
}
