// Who looks on while ops are computed and derivative rules run: what debugging is made of.
import type { Tensor } from "../tensor/tensor.ts";
import type { Op } from "./op.ts";
import type { SavedCall } from "./saved.ts";

export interface Inspector {
  /** An op was computed. */
  computed?(op: Op, inputs: readonly Tensor[], outputs: readonly Tensor[]): void;
  /** A call was put on a tape. */
  recorded?(call: SavedCall): void;
  /** A derivative rule is to run; returns what it returns. `input` is that of a vjp rule. */
  rule?<R>(call: SavedCall, input: number | null, run: () => R): R;
  /** The cotangents of a call's outputs are complete. */
  pulled?(call: SavedCall, cotangents: readonly (Tensor | null)[]): void;
}

/** A binding that others read: op calls are too many for a function call each. */
export let inspector: Inspector | null = null;

export function withInspector<R>(next: Inspector, f: () => R): R {
  const before = inspector;
  inspector = next;
  try {
    return f();
  } finally {
    inspector = before;
  }
}
