// Loads and stores of the values of a loop.
import type { DType } from "@wengert/autograd";
import type { Local } from "../../wasm/function.ts";
import {
  emitCombine,
  emitLoad,
  emitLoadPartial,
  emitLoadSplat,
  emitLoadStrided,
  emitStore,
  emitStorePartial,
  emitStoreStrided,
} from "../vector/index.ts";
import type { NestStore } from "./nest.ts";
import { copiesAt, laneStride, lanesAt, offsetOf, valueAt, type Point } from "./point.ts";
import { isTurned, storeTurned } from "./turned.ts";

/** The elements that a stream points at, for one of the vectors side by side. */
export function loadAt(point: Point, stream: number, copy: number): Local {
  return loadFrom(point, stream, point.pointers[stream], copy);
}

/** The same with another address in the place of the stream's. */
export function loadFrom(point: Point, stream: number, address: Local, copy: number): Local {
  const { f, plan } = point;
  const { dtype, bytes } = plan.streams[stream];
  const { lanes } = plan;
  const stride = laneStride(point, stream);
  const offset = offsetOf(point, stream, copy);
  if (stride === 0) return emitLoadSplat(f, lanes, dtype, address, offset);
  const count = plan.isBuffer(stream) ? lanes : lanesAt(point, copy);
  if (stride === bytes) return emitLoadPartial(f, lanes, dtype, address, offset, count);
  if (stride === -bytes && count === lanes && bytes * lanes === 16) {
    const first = offset - (lanes - 1) * bytes;
    f.scope(() => {
      const loaded = emitLoad(f, lanes, dtype, address, first);
      const reversed = Array.from(
        { length: 16 },
        (_, i) => (lanes - 1 - Math.floor(i / bytes)) * bytes + (i % bytes),
      );
      f.get(loaded).get(loaded).shuffle(reversed);
    });
    return f.keep("v128");
  }
  return emitLoadStrided(f, lanes, dtype, address, offset, stride, count);
}

export function emitStores(point: Point, stores: readonly NestStore[]): void {
  for (const store of stores) {
    if (isTurned(point, store.stream)) {
      const all = Array.from({ length: point.tile }, (_, i) => valueAt(point, store.value, i));
      storeTurned(point, store.stream, all);
      continue;
    }
    for (let copy = 0; copy < copiesAt(point); copy++) {
      point.f.scope(() => storeAt(point, store, copy));
    }
  }
}

function storeAt(point: Point, { stream, value, accumulate }: NestStore, copy: number): void {
  const { ctx, f, plan } = point;
  const { dtype, bytes } = plan.streams[stream];
  const { lanes } = plan;
  const stride = laneStride(point, stream);
  const count = lanesAt(point, copy);
  const address = point.pointers[stream];
  const offset = offsetOf(point, stream, copy);
  const stored = valueAt(point, value, copy);
  if (accumulate && stride === 0) return accumulateLanes(point, dtype, address, stored, count);
  if (plan.isBuffer(stream)) return emitStore(f, lanes, dtype, address, offset, stored);
  const sum = accumulate
    ? emitCombine(ctx, f, lanes, "sum", dtype, loadAt(point, stream, copy), stored)
    : stored;
  if (stride === bytes) emitStorePartial(f, lanes, dtype, address, offset, sum, count);
  else emitStoreStrided(f, lanes, dtype, address, offset, stride, sum, count);
}

/** Adds lanes to one element, in their order. */
function accumulateLanes(
  point: Point,
  dtype: DType,
  address: Local,
  value: Local,
  count: number,
): void {
  const { ctx, f, plan } = point;
  const width = dtype === "float64" ? 8 : 4;
  let sum = emitLoadSplat(f, plan.lanes, dtype, address, 0);
  for (let lane = 0; lane < count; lane++) {
    f.get(value).get(value);
    f.shuffle(Array.from({ length: 16 }, (_, i) => lane * width + (i % width)));
    sum = emitCombine(ctx, f, plan.lanes, "sum", dtype, sum, f.keep("v128"));
  }
  emitStorePartial(f, plan.lanes, dtype, address, 0, sum, 1);
}
