// Conversions between dtypes: to float32 rounded to nearest, to int32 towards zero (saturating, NaN as
// 0), to bool by x ≠ 0.
import type { DType } from "@wengert/autograd";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import { VectorCode } from "./code.ts";

export function emitCast(
  ctx: CodegenContext,
  f: FunctionBuilder,
  x: Local,
  from: DType,
  to: DType,
): Local {
  if (from === to) return x;
  const code = new VectorCode(ctx, f);
  switch (to) {
    case "float32":
      return toFloat32(code, x, from);
    case "float64":
      return toFloat64(code, x, from);
    case "int32":
      return toInt32(code, x, from);
    case "bool":
      return toMask(code, x, from);
  }
}

function toFloat32(code: VectorCode, x: Local, from: DType): Local {
  if (from === "float64") return code.op("f32x4.demote_f64x2_zero", x);
  if (from === "int32") return code.op("f32x4.convert_i32x4_s", x);
  return code.and(x, code.splat("f32x4", 1));
}

function toFloat64(code: VectorCode, x: Local, from: DType): Local {
  if (from === "float32") return code.op("f64x2.promote_low_f32x4", x);
  if (from === "int32") return code.op("f64x2.convert_low_i32x4_s", x);
  return code.and(widenMask(code, x), code.splat("f64x2", 1));
}

function toInt32(code: VectorCode, x: Local, from: DType): Local {
  if (from === "float32") return code.op("i32x4.trunc_sat_f32x4_s", x);
  if (from === "float64") return code.op("i32x4.trunc_sat_f64x2_s_zero", x);
  return code.and(x, code.i32(1));
}

/** Where x is not 0; NaN is not. */
export function toMask(code: VectorCode, x: Local, from: DType): Local {
  if (from === "bool") return x;
  if (from === "float64") {
    return narrowMask(code, code.op("f64x2.ne", x, code.splat("f64x2", 0)));
  }
  const name = from === "float32" ? "f32x4.ne" : "i32x4.ne";
  return code.op(name, x, code.i32(0));
}

/** Masks of 64 bits as masks of 32 in the low half. */
export const narrowMask = (code: VectorCode, mask: Local): Local =>
  code.words(mask, mask, 0, 2, 0, 2);

/** The low two masks of 32 bits as masks of 64. */
export const widenMask = (code: VectorCode, mask: Local): Local =>
  code.op("i64x2.extend_low_i32x4_s", mask);
