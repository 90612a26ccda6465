// What the engine's WebAssembly can do, found out by asking it whether a tiny module is valid.
import type { FunctionBuilder } from "../wasm/function.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import { wasm } from "./platform.ts";

export interface EngineFeatures {
  readonly simd: boolean;
  /** Fused multiply-add, where the hardware has it, and a choice of lanes in one instruction. */
  readonly relaxedSimd: boolean;
  /** Shared memory and atomics. That memory may be handed to workers, too, is another question. */
  readonly threads: boolean;
}

let known: EngineFeatures | undefined;

export function features(): EngineFeatures {
  return (known ??= {
    simd: isValid(false, (f) => f.f32x4(0).op("f32x4.sqrt", "drop")),
    relaxedSimd: isValid(false, (f) =>
      f
        .f32x4(0)
        .f32x4(0)
        .f32x4(0)
        .op("f32x4.relaxed_madd")
        .f32x4(0)
        .f32x4(0)
        .op("i32x4.relaxed_laneselect", "drop"),
    ),
    threads: isValid(true, (f) => f.i32(0).memory("i32.atomic.load").op("drop")),
  });
}

function isValid(shared: boolean, body: (f: FunctionBuilder) => void): boolean {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared });
  module.function([], [], body);
  return wasm()?.validate(module.toBytes()) ?? false;
}
