// Addresses in generated code.
import type { FunctionBuilder, Local } from "../../wasm/function.ts";

/** The indices of the row-major number `flat` in an array of these extents. */
export function emitIndices(
  f: FunctionBuilder,
  flat: Local,
  extents: readonly number[],
): (Local | null)[] {
  const indices: (Local | null)[] = extents.map(() => null);
  const real = extents.flatMap((extent, d) => (extent > 1 ? [d] : []));
  let rest = flat;
  for (const d of real.toReversed()) {
    if (d === real[0]) {
      indices[d] = rest;
      break;
    }
    indices[d] = f.get(rest).i32(extents[d]).op("i32.rem_u").keep("i32");
    rest = f.get(rest).i32(extents[d]).op("i32.div_u").keep("i32");
  }
  return indices;
}

/** base + Σ index · stride; an index of null is 0. */
export function emitAddress(
  f: FunctionBuilder,
  base: Local,
  terms: readonly (readonly [index: Local | null, stride: number])[],
): Local {
  const moving = terms.filter(([index, stride]) => index !== null && stride !== 0);
  if (moving.length === 0) return base;
  f.get(base);
  for (const [index, stride] of moving) {
    f.get(index!);
    if (stride !== 1) f.i32(stride).op("i32.mul");
    f.op("i32.add");
  }
  return f.keep("i32");
}

/** base + bytes, a constant. */
export const emitOffset = (f: FunctionBuilder, base: Local, bytes: number): Local =>
  bytes === 0 ? base : f.get(base).i32(bytes).op("i32.add").keep("i32");
