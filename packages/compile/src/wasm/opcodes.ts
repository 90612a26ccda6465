// The instructions of WebAssembly that the code generator uses, under the names of the
// specification (WebAssembly core, chapters 5.4 and 7; relaxed SIMD and threads proposals).

/** Bytes of instructions without immediates. */
export const plain = {
  unreachable: [0x00],
  return: [0x0f],
  drop: [0x1a],
  select: [0x1b],
  "memory.size": [0x3f, 0x00],
  "memory.grow": [0x40, 0x00],
  "memory.copy": [0xfc, 0x0a, 0x00, 0x00],
  "memory.fill": [0xfc, 0x0b, 0x00],
  "atomic.fence": [0xfe, 0x03, 0x00],
  // prettier-ignore
  ...numbered(0x45, [
    "i32.eqz", "i32.eq", "i32.ne", "i32.lt_s", "i32.lt_u", "i32.gt_s", "i32.gt_u",
    "i32.le_s", "i32.le_u", "i32.ge_s", "i32.ge_u",
    "i64.eqz", "i64.eq", "i64.ne", "i64.lt_s", "i64.lt_u", "i64.gt_s", "i64.gt_u",
    "i64.le_s", "i64.le_u", "i64.ge_s", "i64.ge_u",
    "f32.eq", "f32.ne", "f32.lt", "f32.gt", "f32.le", "f32.ge",
    "f64.eq", "f64.ne", "f64.lt", "f64.gt", "f64.le", "f64.ge",
    "i32.clz", "i32.ctz", "i32.popcnt", "i32.add", "i32.sub", "i32.mul", "i32.div_s",
    "i32.div_u", "i32.rem_s", "i32.rem_u", "i32.and", "i32.or", "i32.xor", "i32.shl",
    "i32.shr_s", "i32.shr_u", "i32.rotl", "i32.rotr",
    "i64.clz", "i64.ctz", "i64.popcnt", "i64.add", "i64.sub", "i64.mul", "i64.div_s",
    "i64.div_u", "i64.rem_s", "i64.rem_u", "i64.and", "i64.or", "i64.xor", "i64.shl",
    "i64.shr_s", "i64.shr_u", "i64.rotl", "i64.rotr",
    "f32.abs", "f32.neg", "f32.ceil", "f32.floor", "f32.trunc", "f32.nearest", "f32.sqrt",
    "f32.add", "f32.sub", "f32.mul", "f32.div", "f32.min", "f32.max", "f32.copysign",
    "f64.abs", "f64.neg", "f64.ceil", "f64.floor", "f64.trunc", "f64.nearest", "f64.sqrt",
    "f64.add", "f64.sub", "f64.mul", "f64.div", "f64.min", "f64.max", "f64.copysign",
    "i32.wrap_i64", "i32.trunc_f32_s", "i32.trunc_f32_u", "i32.trunc_f64_s",
    "i32.trunc_f64_u", "i64.extend_i32_s", "i64.extend_i32_u", "i64.trunc_f32_s",
    "i64.trunc_f32_u", "i64.trunc_f64_s", "i64.trunc_f64_u", "f32.convert_i32_s",
    "f32.convert_i32_u", "f32.convert_i64_s", "f32.convert_i64_u", "f32.demote_f64",
    "f64.convert_i32_s", "f64.convert_i32_u", "f64.convert_i64_s", "f64.convert_i64_u",
    "f64.promote_f32", "i32.reinterpret_f32", "i64.reinterpret_f64",
    "f32.reinterpret_i32", "f64.reinterpret_i64",
  ] as const),
  ...prefixed(0xfc, {
    "i32.trunc_sat_f32_s": 0,
    "i32.trunc_sat_f32_u": 1,
    "i32.trunc_sat_f64_s": 2,
    "i32.trunc_sat_f64_u": 3,
  }),
  ...prefixed(0xfd, {
    "i8x16.swizzle": 14,
    "i8x16.splat": 15,
    "i16x8.splat": 16,
    "i32x4.splat": 17,
    "i64x2.splat": 18,
    "f32x4.splat": 19,
    "f64x2.splat": 20,
    "i8x16.eq": 35,
    "i8x16.ne": 36,
    "i32x4.eq": 55,
    "i32x4.ne": 56,
    "i32x4.lt_s": 57,
    "i32x4.lt_u": 58,
    "i32x4.gt_s": 59,
    "i32x4.gt_u": 60,
    "i32x4.le_s": 61,
    "i32x4.le_u": 62,
    "i32x4.ge_s": 63,
    "i32x4.ge_u": 64,
    "f32x4.eq": 65,
    "f32x4.ne": 66,
    "f32x4.lt": 67,
    "f32x4.gt": 68,
    "f32x4.le": 69,
    "f32x4.ge": 70,
    "f64x2.eq": 71,
    "f64x2.ne": 72,
    "f64x2.lt": 73,
    "f64x2.gt": 74,
    "f64x2.le": 75,
    "f64x2.ge": 76,
    "v128.not": 77,
    "v128.and": 78,
    "v128.andnot": 79,
    "v128.or": 80,
    "v128.xor": 81,
    "v128.bitselect": 82,
    "v128.any_true": 83,
    "f32x4.demote_f64x2_zero": 94,
    "f64x2.promote_low_f32x4": 95,
    "i8x16.abs": 96,
    "i8x16.neg": 97,
    "i8x16.all_true": 99,
    "i8x16.narrow_i16x8_s": 101,
    "i8x16.narrow_i16x8_u": 102,
    "f32x4.ceil": 103,
    "f32x4.floor": 104,
    "f32x4.trunc": 105,
    "f32x4.nearest": 106,
    "f64x2.ceil": 116,
    "f64x2.floor": 117,
    "f64x2.trunc": 122,
    "i16x8.narrow_i32x4_s": 133,
    "i16x8.narrow_i32x4_u": 134,
    "i16x8.extend_low_i8x16_s": 135,
    "i16x8.extend_high_i8x16_s": 136,
    "i16x8.extend_low_i8x16_u": 137,
    "i16x8.extend_high_i8x16_u": 138,
    "f64x2.nearest": 148,
    "i32x4.abs": 160,
    "i32x4.neg": 161,
    "i32x4.all_true": 163,
    "i32x4.bitmask": 164,
    "i32x4.extend_low_i16x8_s": 167,
    "i32x4.extend_high_i16x8_s": 168,
    "i32x4.extend_low_i16x8_u": 169,
    "i32x4.extend_high_i16x8_u": 170,
    "i32x4.shl": 171,
    "i32x4.shr_s": 172,
    "i32x4.shr_u": 173,
    "i32x4.add": 174,
    "i32x4.sub": 177,
    "i32x4.mul": 181,
    "i32x4.min_s": 182,
    "i32x4.min_u": 183,
    "i32x4.max_s": 184,
    "i32x4.max_u": 185,
    "i64x2.abs": 192,
    "i64x2.neg": 193,
    "i64x2.all_true": 195,
    "i64x2.bitmask": 196,
    "i64x2.extend_low_i32x4_s": 199,
    "i64x2.extend_high_i32x4_s": 200,
    "i64x2.extend_low_i32x4_u": 201,
    "i64x2.extend_high_i32x4_u": 202,
    "i64x2.shl": 203,
    "i64x2.shr_s": 204,
    "i64x2.shr_u": 205,
    "i64x2.add": 206,
    "i64x2.sub": 209,
    "i64x2.mul": 213,
    "i64x2.eq": 214,
    "i64x2.ne": 215,
    "i64x2.lt_s": 216,
    "i64x2.gt_s": 217,
    "i64x2.le_s": 218,
    "i64x2.ge_s": 219,
    "f32x4.abs": 224,
    "f32x4.neg": 225,
    "f32x4.sqrt": 227,
    "f32x4.add": 228,
    "f32x4.sub": 229,
    "f32x4.mul": 230,
    "f32x4.div": 231,
    "f32x4.min": 232,
    "f32x4.max": 233,
    "f32x4.pmin": 234,
    "f32x4.pmax": 235,
    "f64x2.abs": 236,
    "f64x2.neg": 237,
    "f64x2.sqrt": 239,
    "f64x2.add": 240,
    "f64x2.sub": 241,
    "f64x2.mul": 242,
    "f64x2.div": 243,
    "f64x2.min": 244,
    "f64x2.max": 245,
    "f64x2.pmin": 246,
    "f64x2.pmax": 247,
    "i32x4.trunc_sat_f32x4_s": 248,
    "i32x4.trunc_sat_f32x4_u": 249,
    "f32x4.convert_i32x4_s": 250,
    "f32x4.convert_i32x4_u": 251,
    "i32x4.trunc_sat_f64x2_s_zero": 252,
    "i32x4.trunc_sat_f64x2_u_zero": 253,
    "f64x2.convert_low_i32x4_s": 254,
    "f64x2.convert_low_i32x4_u": 255,
    "f32x4.relaxed_madd": 0x105,
    "f32x4.relaxed_nmadd": 0x106,
    "f64x2.relaxed_madd": 0x107,
    "f64x2.relaxed_nmadd": 0x108,
    "i32x4.relaxed_laneselect": 0x10b,
  }),
} as const satisfies Record<string, readonly number[]>;

/** Loads, stores and atomics: bytes, and the natural alignment as a power of two. */
export const memory = {
  "i32.load": [2, 0x28],
  "i64.load": [3, 0x29],
  "f32.load": [2, 0x2a],
  "f64.load": [3, 0x2b],
  "i32.load8_s": [0, 0x2c],
  "i32.load8_u": [0, 0x2d],
  "i32.load16_u": [1, 0x2f],
  "i32.store": [2, 0x36],
  "i64.store": [3, 0x37],
  "f32.store": [2, 0x38],
  "f64.store": [3, 0x39],
  "i32.store8": [0, 0x3a],
  "i32.store16": [1, 0x3b],
  "v128.load": [4, 0xfd, 0],
  "v128.load8x8_u": [3, 0xfd, 2],
  "v128.load16x4_u": [3, 0xfd, 4],
  "v128.load32x2_s": [3, 0xfd, 5],
  "v128.load8_splat": [0, 0xfd, 7],
  "v128.load32_splat": [2, 0xfd, 9],
  "v128.load64_splat": [3, 0xfd, 10],
  "v128.store": [4, 0xfd, 11],
  "v128.load32_zero": [2, 0xfd, 92],
  "v128.load64_zero": [3, 0xfd, 93],
  "memory.atomic.notify": [2, 0xfe, 0x00],
  "memory.atomic.wait32": [2, 0xfe, 0x01],
  "i32.atomic.load": [2, 0xfe, 0x10],
  "i32.atomic.store": [2, 0xfe, 0x17],
  "i32.atomic.rmw.add": [2, 0xfe, 0x1e],
  "i32.atomic.rmw.xchg": [2, 0xfe, 0x41],
  "i32.atomic.rmw.cmpxchg": [2, 0xfe, 0x48],
} as const satisfies Record<string, readonly [align: number, ...code: number[]]>;

/** Loads and stores of one lane: natural alignment, then the code. */
export const laneMemory = {
  "v128.load8_lane": [0, 84],
  "v128.load32_lane": [2, 86],
  "v128.load64_lane": [3, 87],
  "v128.store8_lane": [0, 88],
  "v128.store32_lane": [2, 90],
  "v128.store64_lane": [3, 91],
} as const satisfies Record<string, readonly [align: number, code: number]>;

export const lanes = {
  "i8x16.extract_lane_u": 22,
  "i32x4.extract_lane": 27,
  "i32x4.replace_lane": 28,
  "i64x2.extract_lane": 29,
  "i64x2.replace_lane": 30,
  "f32x4.extract_lane": 31,
  "f32x4.replace_lane": 32,
  "f64x2.extract_lane": 33,
  "f64x2.replace_lane": 34,
} as const satisfies Record<string, number>;

export type PlainOp = keyof typeof plain;
export type MemoryOp = keyof typeof memory;
export type LaneMemoryOp = keyof typeof laneMemory;
export type LaneOp = keyof typeof lanes;

/** An unsigned number in LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  pushUnsigned(bytes, value);
  return bytes;
}

export function pushUnsigned(bytes: number[], value: number): void {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

/** A signed number (up to 64 bits) in LEB128. */
export function signed(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

/** The same for numbers of 32 bits. */
export function pushSigned(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 0x3f || rest < -0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
}

function numbered<const N extends readonly string[]>(first: number, names: N) {
  return Object.fromEntries(names.map((name, i) => [name, [first + i]])) as unknown as Record<
    N[number],
    readonly number[]
  >;
}

function prefixed<const T extends Record<string, number>>(prefix: number, codes: T) {
  return Object.fromEntries(
    Object.entries(codes).map(([name, code]) => [name, [prefix, ...unsigned(code)]]),
  ) as unknown as Record<keyof T, readonly number[]>;
}
