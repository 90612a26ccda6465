// Makes modules run on the owning thread.
import { CompiledProgramError } from "../errors.ts";
import { heap } from "./heap.ts";
import { hostFunction } from "./host-functions.ts";
import { library } from "./library.ts";
import { wasm, type WasmFunction, type WasmModule } from "./platform.ts";

/**
 * Functions that a module imports from "env", by name. Workers have none of them and stop the program
 * when it calls one there: it may only do so on thread 0. But for `now` and the functions of the
 * scalar algebra (`host-functions.ts`): all threads have them, and none has to be given.
 */
export type HostImports = Record<string, (...args: number[]) => number | void>;

/** @throws CompiledProgramError */
export function compileModule(bytes: Uint8Array): WasmModule {
  const engine = wasm();
  try {
    if (!engine) throw new Error("there is no WebAssembly");
    return new engine.Module(bytes);
  } catch (error) {
    throw refusal(error, engine?.validate(bytes) ?? true);
  }
}

function refusal(error: unknown, isValid: boolean): CompiledProgramError {
  const complaint = isValid
    ? {
        expected: "an engine that may compile WebAssembly",
        got: `a refusal (${String(error)})`,
        fix:
          "Add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy, or call the " +
          "function without compile: eager still works.",
      }
    : {
        expected: "a valid WebAssembly module",
        got: String(error),
        fix: "This is a mistake of the code generator: please report it; eager still works.",
      };
  return new CompiledProgramError({ where: "compile", ...complaint }, { cause: error });
}

/** The function `run` of a module. @throws CompiledProgramError */
export function instantiate(module: WasmModule, imports: HostImports): WasmFunction {
  const engine = wasm()!;
  const env: Record<string, unknown> = { memory: heap().memory };
  for (const { kind, name } of engine.Module.imports(module)) {
    if (kind === "function") env[name] = imports[name] ?? hostFunction(name);
    if (kind === "table") env[name] = library()?.table;
  }
  try {
    return new engine.Instance(module, { env }).exports.run as WasmFunction;
  } catch (error) {
    throw new CompiledProgramError(
      {
        where: "compile",
        expected: "all functions that the program imports, and memory for it",
        got: String(error),
        fix: "This is a mistake of the compiler: please report it; eager still works.",
      },
      { cause: error },
    );
  }
}
