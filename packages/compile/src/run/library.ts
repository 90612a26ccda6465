// Functions that programs import besides the host's: a module that all threads have, and its instance on this one.
import { heap } from "./heap.ts";
import { wasm, type WasmModule } from "./platform.ts";

export interface Library {
  readonly module: WasmModule;
  readonly exports: Readonly<Record<string, unknown>>;
}

let common: Library | undefined;

export const library = (): Library | undefined => common;

export const instanceOf = (module: WasmModule): Library => ({
  module,
  exports: new (wasm()!.Instance)(module, { env: { memory: heap().memory } }).exports,
});

/** From now on this is the library of new programs. */
export function setLibrary(module: WasmModule): void {
  common = instanceOf(module);
}
