import type { DType } from "../tensor/dtype.ts";
import { toInt } from "./primitives.ts";
import { typeOfArgs, type Expr } from "./scalar.ts";

export const casts: Record<DType, (x: number) => number> = {
  float32: Math.fround,
  float64: (x) => x,
  int32: toInt,
  bool: (x) => (x !== 0 ? 1 : 0),
};

/** A scalar expression as a function of its inputs, in double precision (int32 wraps). */
export function interpret(
  expr: Expr,
  dtypes: readonly DType[],
): (args: readonly number[]) => number {
  switch (expr.kind) {
    case "input":
      return (args) => args[expr.index];
    case "const":
      return () => expr.value;
    case "cast": {
      const x = interpret(expr.args[0], dtypes);
      const convert = casts[expr.dtype];
      return (args) => convert(x(args));
    }
    case "call": {
      const parts = expr.args.map((arg) => interpret(arg, dtypes));
      const isInt = typeOfArgs(expr, dtypes) === "int32";
      const f = (isInt && expr.fn.int) || expr.fn.float;
      return (args) => f(...parts.map((part) => part(args)));
    }
  }
}
