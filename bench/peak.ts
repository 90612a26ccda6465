// The 128-bit multiply-add peak of one thread: a loop that touches registers only. It is what a
// WebAssembly program's products can reach at most, and what their speed is given as a share of.

import { performance } from "node:perf_hooks";

// Node has it, but neither its types nor ES2023's speak of it.
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: Record<string, (turns: number) => number> };
};

/** Independent sums: enough to hide the latency, with both factors within V8's 15 registers. */
const SUMS = 12;
const UNROLL = 4;
const LANES = 4;
const FLOPS_PER_TURN = SUMS * UNROLL * LANES * 2;

const F32 = 0x7d;
const I32 = 0x7f;
const V128 = 0x7b;
const localGet = (local: number) => [0x20, local];
const localSet = (local: number) => [0x21, local];
const f32Const = (value: number) => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
const SPLAT = [0xfd, 0x13];
const FIRST_LANE = [0xfd, 0x1f, 0];
const ADD = [0xfd, 0xe4, 0x01];
const MUL = [0xfd, 0xe6, 0x01];
const RELAXED_MADD = [0xfd, 0x85, 0x02];

const vector = (bytes: readonly number[]) => [...leb(bytes.length), ...bytes];
const section = (id: number, bytes: readonly number[]) => [id, ...vector(bytes)];

/** Unsigned LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** (turns: i32) → f32, which repeats sum ← a·b + sum for every sum. */
function moduleBytes(fused: boolean): Uint8Array {
  const [turns, a, b, firstSum] = [0, 1, 2, 3];
  const factors = [...localGet(a), ...localGet(b)];
  const step = (sum: number) =>
    fused
      ? [...factors, ...localGet(sum), ...RELAXED_MADD, ...localSet(sum)]
      : [...factors, ...MUL, ...localGet(sum), ...ADD, ...localSet(sum)];
  const sums = Array.from({ length: SUMS }, (_, i) => firstSum + i);
  const total = sums.slice(1).flatMap((sum) => [...localGet(sum), ...ADD]);
  const prologue = [
    [1, ...leb(SUMS + 2), V128], // locals
    [...f32Const(0.999), ...SPLAT, ...localSet(a)],
    [...f32Const(1e-6), ...SPLAT, ...localSet(b)],
  ];
  const loop = [
    [0x03, 0x40],
    ...Array.from({ length: UNROLL }, () => sums.flatMap(step)),
    [...localGet(turns), 0x41, 1, 0x6b, 0x22, turns, 0x0d, 0, 0x0b], // while (--turns)
  ];
  const result = [...localGet(firstSum), ...total, ...FIRST_LANE, 0x0b];
  const code = [...prologue, ...loop, result].flat();
  const sections = [
    section(1, [1, 0x60, 1, I32, 1, F32]),
    section(3, [1, 0]),
    section(7, [1, 1, 0x66, 0, 0]), // exports "f"
    section(10, [1, ...vector(code)]),
  ];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].concat(...sections));
}

export interface Peak {
  /** The best of many short runs: what disturbs a run can only make it slower. */
  readonly gflops: number;
  /** False where relaxed SIMD is missing and a product and a sum stand in for a multiply-add. */
  readonly fused: boolean;
}

export function measurePeak(forMs = 500): Peak {
  const fused = WebAssembly.validate(moduleBytes(true));
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(fused))).exports;
  const turns = 100_000;
  let best = 0;
  for (const begin = performance.now(); performance.now() - begin < forMs;) {
    const start = performance.now();
    f!(turns);
    best = Math.max(best, (turns * FLOPS_PER_TURN) / (performance.now() - start) / 1e6);
  }
  return { gflops: best, fused };
}
