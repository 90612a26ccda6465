// Calls of the scalar algebra's functions, by the dtype of their arguments.
import type { DType } from "@wengert/autograd";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import { emitCast, narrowMask, toMask, widenMask } from "./cast.ts";
import { FloatCode, VectorCode } from "./code.ts";
import { emitFloat32 } from "./float32.ts";
import { emitFloat64 } from "./float64.ts";
import { emitInt32 } from "./int32.ts";
import type { Constants, Lanes } from "./lanes.ts";

export function emitCall(
  ctx: CodegenContext,
  f: FunctionBuilder,
  lanes: Lanes,
  fn: string,
  args: readonly Local[],
  argTypes: readonly DType[],
  constants: Constants,
): Local {
  const code = new VectorCode(ctx, f);
  if (fn === "select") return emitSelect(code, args, argTypes);
  const dtype = argTypes[0];
  if (isLogic(fn)) return emitLogic(code, fn, args, dtype);
  if (isComparison(fn)) return emitComparison(code, fn, args, dtype);
  switch (dtype) {
    case "float32":
      return emitFloat32(new FloatCode(ctx, f, "f32x4"), lanes, fn, args, constants);
    case "float64":
      return emitFloat64(new FloatCode(ctx, f, "f64x2"), fn, args, constants);
    case "int32":
      return emitInt32(code, lanes, fn, args, constants);
    case "bool":
      return emitBool(code, lanes, fn, args);
  }
}

function emitSelect(code: VectorCode, args: readonly Local[], argTypes: readonly DType[]): Local {
  const [condition, a, b] = args;
  const mask = toMask(code, condition, argTypes[0]);
  return code.choose(argTypes[1] === "float64" ? widenMask(code, mask) : mask, a, b);
}

const logic = { not: "v128.not", and: "v128.and", or: "v128.or", xor: "v128.xor" } as const;
const isLogic = (fn: string): fn is keyof typeof logic => Object.hasOwn(logic, fn);

function emitLogic(
  code: VectorCode,
  fn: keyof typeof logic,
  args: readonly Local[],
  dtype: DType,
): Local {
  return code.op(logic[fn], ...args.map((x) => toMask(code, x, dtype)));
}

const comparisons = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
type Comparison = (typeof comparisons)[number];
const isComparison = (fn: string): fn is Comparison =>
  (comparisons as readonly string[]).includes(fn);

function emitComparison(
  code: VectorCode,
  fn: Comparison,
  [a, b]: readonly Local[],
  dtype: DType,
): Local {
  switch (dtype) {
    case "float32":
      return code.op(`f32x4.${fn}`, a, b);
    case "float64":
      return narrowMask(code, code.op(`f64x2.${fn}`, a, b));
    case "int32":
      return code.op(signed(fn), a, b);
    case "bool":
      // As an integer a mask that is true is −1, less than one that is false.
      return code.op(signed(fn), b, a);
  }
}

const signed = (fn: Comparison) =>
  fn === "eq" || fn === "ne" ? (`i32x4.${fn}` as const) : (`i32x4.${fn}_s` as const);

/** On 0 and 1; a result other than 0 is true. */
function emitBool(code: VectorCode, lanes: Lanes, fn: string, args: readonly Local[]): Local {
  if (fn === "min" || fn === "mul" || fn === "mulZero") return code.and(args[0], args[1]);
  if (fn === "max" || fn === "add") return code.or(args[0], args[1]);
  const { ctx, f } = code;
  const floats = args.map((x) => emitCast(ctx, f, x, "bool", "float32"));
  const y = emitFloat32(new FloatCode(ctx, f, "f32x4"), lanes, fn, floats, []);
  return toMask(code, y, "float32");
}
