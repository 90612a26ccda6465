// What reductions are made of: where they start, how two values become one, and the fold over the
// lanes of a vector.
import type { DType } from "@wengert/autograd";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { ReduceOp } from "../../plan/ir.ts";
import { VectorCode } from "./code.ts";
import type { Lanes } from "./lanes.ts";

export type FoldOp = Exclude<ReduceOp, "argmax" | "argmin">;

const shapes = { float32: "f32x4", float64: "f64x2", int32: "i32x4" } as const;

const identities = {
  float32: { sum: 0, prod: 1, max: -Infinity, min: Infinity },
  float64: { sum: 0, prod: 1, max: -Infinity, min: Infinity },
  int32: { sum: 0, prod: 1, max: -0x80000000, min: 0x7fffffff },
  // As masks: a sum or maximum is "or", a product or minimum "and".
  bool: { sum: 0, prod: -1, max: 0, min: -1 },
} as const satisfies Record<DType, Record<FoldOp, number>>;

/** The value that changes no other, in all lanes. */
export function emitIdentity(f: FunctionBuilder, _lanes: Lanes, op: FoldOp, dtype: DType): Local {
  const value = identities[dtype][op];
  if (dtype === "float32") return f.f32x4(value).keep("v128");
  if (dtype === "float64") return f.f64x2(value).keep("v128");
  return f.i32x4(value).keep("v128");
}

/** Lane for lane. Extrema keep NaN, and −0 is less than 0. */
export function emitCombine(
  ctx: CodegenContext,
  f: FunctionBuilder,
  _lanes: Lanes,
  op: FoldOp,
  dtype: DType,
  a: Local,
  b: Local,
): Local {
  const code = new VectorCode(ctx, f);
  if (dtype === "bool") return op === "sum" || op === "max" ? code.or(a, b) : code.and(a, b);
  const shape = shapes[dtype];
  if (op === "sum") return code.op(`${shape}.add`, a, b);
  if (op === "prod") return code.op(`${shape}.mul`, a, b);
  if (shape === "i32x4") return code.op(`${shape}.${op}_s`, a, b);
  return code.op(`${shape}.${op}`, a, b);
}

/** The fold of all lanes, in all lanes: (0, 2) with (1, 3) of four, 0 with 1 of two. */
export function emitHorizontal(
  ctx: CodegenContext,
  f: FunctionBuilder,
  lanes: Lanes,
  op: FoldOp,
  dtype: DType,
  value: Local,
): Local {
  const result = f.local("v128");
  f.scope(() => {
    const code = new VectorCode(ctx, f);
    const fold = (x: Local, ...swapped: readonly number[]) =>
      emitCombine(ctx, f, lanes, op, dtype, x, code.words(x, x, ...swapped));
    let folded = value;
    if (lanes === 4 || dtype === "float64") folded = fold(folded, 2, 3, 0, 1);
    if (dtype !== "float64") folded = fold(folded, 1, 0, 3, 2);
    f.get(folded).set(result);
  });
  return result;
}
