import type { DType } from "@wengert/autograd";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";

/** A constant of a dtype in all lanes, converted as a cast would: integers saturate, NaN is 0. */
export function emitConst(f: FunctionBuilder, dtype: DType, value: number): Local {
  switch (dtype) {
    case "float32":
      return f.f32x4(value).keep("v128");
    case "float64":
      return f.f64x2(value).keep("v128");
    case "int32":
      return f.i32x4(Math.max(-0x80000000, Math.min(0x7fffffff, value))).keep("v128");
    case "bool":
      return f.i32x4(value !== 0 ? -1 : 0).keep("v128");
  }
}
