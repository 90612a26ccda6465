// Functions that programs import besides the host's: a module that all threads have, and on each thread its instance
// and a table of what it exports. A program imports the table, if it calls any of them.
import { heap } from "./heap.ts";
import { wasm, type WasmModule } from "./platform.ts";

export interface Library {
  readonly module: WasmModule;
  readonly exports: Readonly<Record<string, unknown>>;
}

interface Common extends Library {
  /** The exports, in their order. */
  readonly table: unknown;
}

let common: Common | undefined;

export const library = (): Common | undefined => common;

export const instanceOf = (module: WasmModule): Library => ({
  module,
  exports: new (wasm()!.Instance)(module, { env: { memory: heap().memory } }).exports,
});

/** From now on this is the library of new programs. */
export function setLibrary(module: WasmModule): void {
  const instance = instanceOf(module);
  const functions = Object.values(instance.exports);
  const table = new (wasm()!.Table)({ element: "anyfunc", initial: functions.length });
  functions.forEach((f, i) => table.set(i, f));
  common = { ...instance, table };
}
