// How values lie in vector registers. float32: f32x4; float64: f64x2; int32: i32x4; bool: masks of
// 32 bits, all ones or zeros. With two lanes, 32-bit values are in the low half, and what is in the
// high half is nobody's.
import type { DType } from "@wengert/autograd";

/** Lanes of a kernel: 2 if there is some float64 in it, else 4. */
export type Lanes = 4 | 2;

export function lanesFor(dtypes: Iterable<DType>): Lanes {
  for (const dtype of dtypes) if (dtype === "float64") return 2;
  return 4;
}

/** Bytes of an element in memory. */
export const elementBytes: Record<DType, number> = { float32: 4, float64: 8, int32: 4, bool: 1 };

/** What stands beside the arguments of a call: their values where these are known. */
export type Constants = readonly (number | undefined)[];
