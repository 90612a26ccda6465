// A place in the loops while code is written for it.
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { Plan } from "./plan.ts";

export interface Point {
  readonly ctx: CodegenContext;
  readonly f: FunctionBuilder;
  readonly plan: Plan;
  /** Where each stream is: an address, or a number. */
  readonly pointers: readonly Local[];
  /** The values known here: one vector, or one for each that is computed side by side. */
  readonly values: Map<number, readonly Local[]>;
  /** Vectors side by side, and the lanes that the last one has; null where no dim of the vectors is
   *  being gone through, and all lanes are the same. */
  readonly block: { readonly vectors: number; readonly last: number } | null;
  /** How many vectors lie side by side along the dim of squares (see tile.ts), instead of along that of the vectors;
   *  0: none. */
  readonly tile: number;
}

export const copiesAt = ({ block, tile }: Point): number => tile || (block?.vectors ?? 1);

/** The lanes in use of a vector. */
export function lanesAt({ block, plan, tile }: Point, copy: number): number {
  if (!block) return 1;
  if (tile > 0) return block.last;
  return copy === block.vectors - 1 ? block.last : plan.lanes;
}

/** Bytes from lane to lane of the vectors. */
export function laneStride({ plan, block }: Point, stream: number): number {
  if (!block) return 0;
  return plan.stride(plan.order.vector, stream) * plan.streams[stream].bytes;
}

/** Bytes from a stream's pointer to one of the vectors side by side. */
export function offsetOf(point: Point, stream: number, copy: number): number {
  const { plan, tile } = point;
  if (tile === 0) return copy * plan.lanes * laneStride(point, stream);
  return copy * plan.stride(plan.order.tile!, stream) * plan.streams[stream].bytes;
}

export function valueAt(point: Point, value: number, copy: number): Local {
  const locals = point.values.get(value);
  if (!locals) throw new Error(`value ${value} is used before it is computed`);
  return locals.length === 1 ? locals[0] : locals[copy];
}

/** Whether lanes, or vectors side by side, differ in a value: then there is one of it for each of these. */
export const isVector = ({ plan, block, tile }: Point, value: number): boolean =>
  block !== null &&
  (plan.values.varies(value, plan.order.vector) ||
    (tile > 0 && plan.values.varies(value, plan.order.tile!)));

/** The first `count` lanes as a mask. */
export function laneMask(bytes: 4 | 8, count: number): number[] {
  return Array.from({ length: 16 }, (_, i) => (i < bytes * count ? 255 : 0));
}
