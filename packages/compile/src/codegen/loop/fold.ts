// Reductions: accumulators, one or several side by side, and how they become one value.
import type { Local } from "../../wasm/function.ts";
import {
  emitCombine,
  emitHorizontal,
  emitIdentity,
  emitInstr,
  type FoldOp,
} from "../vector/index.ts";
import { emitArgCombine, emitArgHorizontal, emitArgIdentity } from "./arg-fold.ts";
import { emitNumbers } from "./instructions.ts";
import type { NestInstr } from "./nest.ts";
import { laneMask, lanesAt, valueAt, type Point } from "./point.ts";

export type Reduce = NestInstr & { readonly kind: "reduce" };

/** A running value; and its position, for argmax and argmin. */
export interface Accumulator {
  readonly value: Local;
  readonly position?: Local;
}

export function reduceAt(point: Point, value: number): Reduce {
  const instr = point.plan.order.nest.instrs[value];
  if (instr.kind !== "reduce") throw new Error(`value ${value} is no reduction`);
  return instr;
}

const isArg = (op: Reduce["op"]): op is "argmax" | "argmin" => op === "argmax" || op === "argmin";

/** The dtype in which values are folded. */
export function foldType(point: Point, reduce: Reduce) {
  const from = point.plan.order.nest.instrs[reduce.arg].dtype;
  return isArg(reduce.op) ? from : reduce.dtype;
}

export function declare(point: Point, reduce: Reduce): Accumulator {
  const { f } = point;
  const value = f.local("v128");
  return isArg(reduce.op) ? { value, position: f.local("v128") } : { value };
}

/** Sets an accumulator to what changes nothing. */
export function clear(point: Point, reduce: Reduce, to: Accumulator): void {
  const { f, plan } = point;
  const { op } = reduce;
  if (isArg(op)) return emitArgIdentity(f, op, foldType(point, reduce), to);
  f.scope(() => {
    f.get(emitIdentity(f, plan.lanes, op, foldType(point, reduce))).set(to.value);
  });
}

/** Takes one vector of the argument into an accumulator. */
export function accumulate(point: Point, reduce: Reduce, copy: number, to: Accumulator): void {
  const { ctx, f, plan } = point;
  const dtype = foldType(point, reduce);
  const { op, arg, position } = reduce;
  f.scope(() => {
    let value = valueAt(point, arg, copy);
    const from = plan.order.nest.instrs[arg].dtype;
    if (from !== dtype)
      value = emitInstr(ctx, f, plan.lanes, { kind: "cast", arg, dtype }, [value], [from]);
    const count = plan.order.isAlong ? lanesAt(point, copy) : plan.lanes;
    const isPartial = plan.order.isAlong && count < plan.lanes;
    if (isArg(op)) {
      const other = { value, position: emitNumbers(point, position, copy) };
      emitArgCombine(point, op, dtype, to, other, isPartial ? count : plan.lanes);
      return;
    }
    if (isPartial) value = masked(point, op, dtype, value, count);
    f.get(emitCombine(ctx, f, plan.lanes, op, dtype, to.value, value)).set(to.value);
  });
}

/** The lanes that are not in use made what changes nothing. */
function masked(
  { f, plan }: Point,
  op: FoldOp,
  dtype: Reduce["dtype"],
  value: Local,
  count: number,
): Local {
  const identity = emitIdentity(f, plan.lanes, op, dtype);
  f.get(value)
    .get(identity)
    .v128(laneMask(dtype === "float64" ? 8 : 4, count));
  return f.op("v128.bitselect").keep("v128");
}

/** Adds what has been folded in `from` to `to`. */
export function join(point: Point, reduce: Reduce, to: Accumulator, from: Accumulator): void {
  const { ctx, f, plan } = point;
  const dtype = foldType(point, reduce);
  const { op } = reduce;
  f.scope(() => {
    if (isArg(op)) emitArgCombine(point, op, dtype, to, from, plan.lanes);
    else f.get(emitCombine(ctx, f, plan.lanes, op, dtype, to.value, from.value)).set(to.value);
  });
}

/** The reduction's value when the row has been gone through, lanes and neighbours folded where they lie
 *  along the row. */
export function finish(
  point: Point,
  reduce: Reduce,
  accumulators: readonly Accumulator[],
): readonly Local[] {
  const { ctx, f, plan } = point;
  const { op } = reduce;
  if (!plan.order.isAlong) {
    return accumulators.map(({ value, position }) => position ?? value);
  }
  // By halves: (0 + 2) + (1 + 3).
  for (let left = accumulators.length; left > 1; left = Math.ceil(left / 2)) {
    const half = Math.ceil(left / 2);
    for (let i = half; i < left; i++) join(point, reduce, accumulators[i - half], accumulators[i]);
  }
  const [whole] = accumulators;
  const dtype = foldType(point, reduce);
  if (isArg(op)) return [emitArgHorizontal(point, op, dtype, whole)];
  return [emitHorizontal(ctx, f, plan.lanes, op, dtype, whole.value)];
}

/** How many accumulators a reduction has side by side. */
export const accumulatorsOf = (point: Point, reduce: Reduce, copies: number): number =>
  point.plan.order.isAlong || differs(point, reduce) ? copies : 1;

/** Whether the lanes of a reduction across rows differ. */
export const differs = ({ plan }: Point, reduce: Reduce): boolean =>
  plan.values.varies(reduce.arg, plan.order.vector);
