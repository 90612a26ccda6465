// What kernels over strided arrays share: their dims in normal form, and the share of a thread.
import type { FunctionBuilder, Local } from "../wasm/function.ts";

/** A dim of a loop: its extent, and how far each array moves along it, in elements. */
export interface Axis {
  readonly size: number;
  readonly strides: readonly number[];
}

/** The dims without those of extent 1, and with neighbours joined that all arrays walk as one. The
 *  order of the elements stays what it is. */
export function normalAxes(
  dims: readonly number[],
  arrays: readonly (readonly number[])[],
): Axis[] {
  const axes: Axis[] = [];
  dims.forEach((size, d) => {
    if (size === 1) return;
    const strides = arrays.map((of) => of[d]);
    const last = axes.at(-1);
    if (last?.strides.every((stride, i) => stride === strides[i] * size)) {
      axes[axes.length - 1] = { size: last.size * size, strides };
    } else axes.push({ size, strides });
  });
  return axes;
}

/** Emits the part [begin, end) of `units` that falls to a thread; parts differ by at most one. Where
 *  `isSerial`, thread 0 gets everything. */
export function emitShare(
  f: FunctionBuilder,
  units: number,
  isSerial: boolean,
): { begin: Local; end: Local } {
  const [thread, threads] = f.params;
  if (isSerial) {
    const begin = f.i32(0).keep("i32");
    const end = f.i32(0).i32(units).get(thread).op("select").keep("i32");
    return { begin, end };
  }
  // A share of q = ⌊units / threads⌋ and, for the first units mod threads of them, one more.
  const start = (which: () => void): Local => {
    which();
    const t = f.keep("i32");
    f.get(t).i32(units).get(threads).op("i32.div_u", "i32.mul");
    f.get(t).i32(units).get(threads).op("i32.rem_u");
    f.get(t).i32(units).get(threads).op("i32.rem_u", "i32.lt_u");
    return f.op("select", "i32.add").keep("i32");
  };
  const begin = start(() => f.get(thread));
  const end = start(() => f.get(thread).i32(1).op("i32.add"));
  return { begin, end };
}

/** Emits base + Σ index_d · stride_d for each array, where the indices are those of the row-major
 *  number `position`. `bytes` are the sizes of the elements. */
export function emitAddresses(
  f: FunctionBuilder,
  axes: readonly Axis[],
  position: Local,
  bases: readonly Local[],
  bytes: readonly number[],
): Local[] {
  const addresses = bases.map((base) => f.get(base).keep("i32"));
  const rest = f.get(position).keep("i32");
  const index = f.local("i32");
  for (let d = axes.length - 1; d >= 0; d--) {
    const { size, strides } = axes[d];
    f.get(rest);
    if (d > 0) f.i32(size).op("i32.rem_u");
    f.set(index);
    if (d > 0) f.get(rest).i32(size).op("i32.div_u").set(rest);
    addresses.forEach((address, i) => {
      if (strides[i] !== 0) emitAdvance(f, address, index, strides[i] * bytes[i]);
    });
  }
  return addresses;
}

/** Emits address += count · step. */
export function emitAdvance(
  f: FunctionBuilder,
  address: Local,
  count: Local | number,
  step: number,
): void {
  f.get(address);
  if (typeof count === "number") f.i32(count * step);
  else f.get(count).i32(step).op("i32.mul");
  f.op("i32.add").set(address);
}

/** Kernels of fewer element operations are not worth a second thread. */
export const serialLimit = 2048;
