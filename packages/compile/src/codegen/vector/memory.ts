// Elements between memory and vector registers. Nothing outside of the named elements is written, and nothing before the
// first or behind the last of them is read.
import { isSymbolic } from "../../size/scope.ts";
import type { DType } from "@wengert/autograd";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import { elementBytes, type Lanes } from "./lanes.ts";

/** `lanes` consecutive elements from the address plus a constant number of bytes. */
export function emitLoad(
  f: FunctionBuilder,
  lanes: Lanes,
  dtype: DType,
  address: Local,
  offset: number,
): Local {
  const rest = pushAddress(f, address, offset);
  if (dtype === "bool") {
    if (lanes === 4) f.memory("v128.load32_zero", rest);
    else f.memory("i32.load16_u", rest).op("i32x4.splat");
    return bytesToMask(f);
  }
  const isWhole = elementBytes[dtype] * lanes === 16;
  return f.memory(isWhole ? "v128.load" : "v128.load64_zero", rest).keep("v128");
}

/** The first `count` of them; the other lanes are 1. */
export function emitLoadPartial(
  f: FunctionBuilder,
  lanes: Lanes,
  dtype: DType,
  address: Local,
  offset: number,
  count: number,
): Local {
  if (count === lanes) return emitLoad(f, lanes, dtype, address, offset);
  return gatherLanes(f, dtype, address, offset, elementBytes[dtype], count);
}

/** One element in all lanes. */
export function emitLoadSplat(
  f: FunctionBuilder,
  _lanes: Lanes,
  dtype: DType,
  address: Local,
  offset: number,
): Local {
  const rest = pushAddress(f, address, offset);
  if (dtype === "bool") {
    f.memory("v128.load8_splat", rest);
    return bytesToMask(f);
  }
  const load = dtype === "float64" ? "v128.load64_splat" : "v128.load32_splat";
  return f.memory(load, rest).keep("v128");
}

/** The first `count` (default: all) of the elements that are `byteStride` apart; other lanes are 1. */
export function emitLoadStrided(
  f: FunctionBuilder,
  lanes: Lanes,
  dtype: DType,
  address: Local,
  offset: number,
  byteStride: number,
  count: number = lanes,
): Local {
  if (byteStride === 0) return emitLoadSplat(f, lanes, dtype, address, offset);
  if (byteStride === elementBytes[dtype]) {
    return emitLoadPartial(f, lanes, dtype, address, offset, count);
  }
  const isEverySecond = byteStride === 8 && elementBytes[dtype] === 4 && count === 4;
  if (isEverySecond) return loadEverySecond(f, address, offset);
  return gatherLanes(f, dtype, address, offset, byteStride, count);
}

/** Elements 0, 2, 4 and 6: of two vectors, of which the second begins with element 3, so that nothing behind the last
 *  element is read. */
function loadEverySecond(f: FunctionBuilder, address: Local, offset: number): Local {
  f.memory("v128.load", pushAddress(f, address, offset));
  f.memory("v128.load", pushAddress(f, address, offset + 12));
  return f
    .shuffle([0, 2, 5, 7].flatMap((element) => [0, 1, 2, 3].map((byte) => 4 * element + byte)))
    .keep("v128");
}

/** All lanes to consecutive elements. */
export function emitStore(
  f: FunctionBuilder,
  lanes: Lanes,
  dtype: DType,
  address: Local,
  offset: number,
  value: Local,
): void {
  const rest = pushAddress(f, address, offset);
  if (dtype === "bool") {
    maskToBytes(f, value);
    if (lanes === 4) f.laneMemory("v128.store32_lane", 0, rest);
    else f.lane("i32x4.extract_lane", 0).memory("i32.store16", rest);
  } else if (elementBytes[dtype] * lanes === 16) f.get(value).memory("v128.store", rest);
  else f.get(value).laneMemory("v128.store64_lane", 0, rest);
}

/** The first `count` lanes. */
export function emitStorePartial(
  f: FunctionBuilder,
  lanes: Lanes,
  dtype: DType,
  address: Local,
  offset: number,
  value: Local,
  count: number,
): void {
  if (count === lanes) emitStore(f, lanes, dtype, address, offset, value);
  else scatterLanes(f, dtype, address, offset, elementBytes[dtype], value, count);
}

/** The first `count` (default: all) lanes to elements that are `byteStride` apart. */
export function emitStoreStrided(
  f: FunctionBuilder,
  lanes: Lanes,
  dtype: DType,
  address: Local,
  offset: number,
  byteStride: number,
  value: Local,
  count: number = lanes,
): void {
  if (byteStride === elementBytes[dtype]) {
    emitStorePartial(f, lanes, dtype, address, offset, value, count);
  } else scatterLanes(f, dtype, address, offset, byteStride, value, count);
}

/** Pushes an address; what remains is the instruction's own offset, which cannot be negative. */
function pushAddress(f: FunctionBuilder, address: Local, offset: number): number {
  f.get(address);
  if (offset >= 0 && !isSymbolic(offset)) return offset;
  f.i32(offset).op("i32.add");
  return 0;
}

const loadLane = { 1: "v128.load8_lane", 4: "v128.load32_lane", 8: "v128.load64_lane" } as const;
const storeLane = {
  1: "v128.store8_lane",
  4: "v128.store32_lane",
  8: "v128.store64_lane",
} as const;

function gatherLanes(
  f: FunctionBuilder,
  dtype: DType,
  address: Local,
  offset: number,
  byteStride: number,
  count: number,
): Local {
  const result = f.local("v128");
  ones(f, dtype);
  f.set(result);
  const load = loadLane[elementBytes[dtype] as 1 | 4 | 8];
  for (let lane = 0; lane < count; lane++) {
    const rest = pushAddress(f, address, offset + lane * byteStride);
    f.get(result).laneMemory(load, lane, rest).set(result);
  }
  if (dtype !== "bool") return result;
  f.get(result);
  return bytesToMask(f);
}

function scatterLanes(
  f: FunctionBuilder,
  dtype: DType,
  address: Local,
  offset: number,
  byteStride: number,
  value: Local,
  count: number,
): void {
  f.scope(() => {
    let lanes = value;
    if (dtype === "bool") {
      maskToBytes(f, value);
      lanes = f.keep("v128");
    }
    const store = storeLane[elementBytes[dtype] as 1 | 4 | 8];
    for (let lane = 0; lane < count; lane++) {
      const rest = pushAddress(f, address, offset + lane * byteStride);
      f.get(lanes).laneMemory(store, lane, rest);
    }
  });
}

/** Pushes 1 in all lanes; for bool, in all bytes. */
function ones(f: FunctionBuilder, dtype: DType): void {
  if (dtype === "float32") f.f32x4(1);
  else if (dtype === "float64") f.f64x2(1);
  else if (dtype === "int32") f.i32x4(1);
  else f.v128(new Array<number>(16).fill(1));
}

/** The four low bytes on the stack as masks of 32 bits. */
function bytesToMask(f: FunctionBuilder): Local {
  f.i32x4(0).op("i8x16.ne", "i16x8.extend_low_i8x16_s", "i32x4.extend_low_i16x8_s");
  return f.keep("v128");
}

/** Pushes masks of 32 bits as bytes of 0 and 1. */
function maskToBytes(f: FunctionBuilder, mask: Local): void {
  f.get(mask).get(mask).op("i16x8.narrow_i32x4_s");
  f.i32x4(0).op("i8x16.narrow_i16x8_s", "i8x16.neg");
}
