// argmax and argmin by lanes: the best value so far and where it was. The first of equal ones wins, and
// the first NaN wins against everything, whatever the order in which candidates come.
import type { DType } from "@wengert/autograd";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { PlainOp } from "../../wasm/opcodes.ts";
import { laneMask, type Point } from "./point.ts";

export type ArgOp = "argmax" | "argmin";

interface Candidate {
  readonly value: Local;
  readonly position?: Local;
}

const shapeOf = (dtype: DType) =>
  dtype === "float32" ? "f32x4" : dtype === "float64" ? "f64x2" : "i32x4";

/** Worse than any value; what is as bad wins by its position. */
export function emitArgIdentity(f: FunctionBuilder, op: ArgOp, dtype: DType, to: Candidate): void {
  const isMax = op === "argmax";
  if (dtype === "float32") f.f32x4(isMax ? -Infinity : Infinity);
  else if (dtype === "float64") f.f64x2(isMax ? -Infinity : Infinity);
  else f.i32x4(isMax ? -0x80000000 : 0x7fffffff);
  f.set(to.value).i32x4(0x7fffffff).set(to.position!);
}

/** Leaves the better of two candidates in the first; only `count` lanes take part. A bool that comes from
 *  outside is a mask; `isFolded` ones are numbers already. */
export function emitArgCombine(
  { f, plan }: Point,
  op: ArgOp,
  dtype: DType,
  best: Candidate,
  other: Candidate,
  count: number = plan.lanes,
): void {
  let { value } = other;
  if (dtype === "bool") {
    // The masks 0 and −1 as 0 and 1; a number stays what it is.
    value = f.get(value).op("i32x4.abs").keep("v128");
  }
  const shape = shapeOf(dtype);
  const better: PlainOp =
    shape === "i32x4"
      ? `i32x4.${op === "argmax" ? "gt_s" : "lt_s"}`
      : `${shape}.${op === "argmax" ? "gt" : "lt"}`;
  const isEarlier = () => {
    f.get(other.position!).get(best.position!).op("i32x4.lt_s");
    if (dtype === "float64") f.op("i64x2.extend_low_i32x4_s");
  };
  // other > best, or as good and earlier
  f.get(value).get(best.value).op(better);
  f.get(value).get(best.value).op(`${shape}.eq`);
  isEarlier();
  f.op("v128.and", "v128.or");
  if (shape !== "i32x4") {
    // or NaN, where the best is none or a later one
    f.get(best.value).get(best.value).op(`${shape}.eq`);
    isEarlier();
    f.op("v128.or").get(value).get(value).op(`${shape}.ne`, "v128.and", "v128.or");
  }
  if (count < plan.lanes) f.v128(laneMask(dtype === "float64" ? 8 : 4, count)).op("v128.and");
  const wins = f.keep("v128");
  f.get(value).get(best.value).get(wins).op("v128.bitselect").set(best.value);
  f.get(other.position!).get(best.position!).get(wins);
  // Masks of 64 bits for the two values are masks of 32 bits for the two positions.
  if (dtype === "float64")
    f.get(wins).shuffle([0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
  f.op("v128.bitselect").set(best.position!);
}

const swapHalves = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const swapWords = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

/** The position of the best of all lanes, in all lanes. */
export function emitArgHorizontal(point: Point, op: ArgOp, dtype: DType, best: Candidate): Local {
  const { f, plan } = point;
  const position = best.position!;
  const fold = (values: readonly number[], positions: readonly number[]) => {
    f.get(best.value).get(best.value).shuffle(values);
    const value = f.keep("v128");
    f.get(position).get(position).shuffle(positions);
    emitArgCombine(point, op, dtype, best, { value, position: f.keep("v128") });
  };
  if (dtype === "float64") fold(swapHalves, swapWords);
  else {
    if (plan.lanes === 4) fold(swapHalves, swapHalves);
    fold(swapWords, swapWords);
  }
  f.get(position).get(position).shuffle([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  return f.keep("v128");
}
