// The functions that the host lends to the generated code.
import { primitives } from "@wengert/autograd/compiler";
import type { FunctionRef } from "../../wasm/function.ts";
import type { ModuleBuilder } from "../../wasm/module.ts";

const arities = {
  log1p: 1,
  expm1: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  tan: 1,
  pow: 2,
  floorDivide: 2,
  remainder: 2,
  fmod: 2,
  shiftRight: 2,
} as const satisfies Partial<Record<keyof typeof primitives, number>>;

export type HostFunction = keyof typeof arities;

/** Their names: those of the scalar algebra. */
export const hostFunctions = Object.keys(arities) as readonly HostFunction[];

/** Imports them all, from double to double, as "env" `name`; for CodegenContext.host. */
export function importHostFunctions(module: ModuleBuilder): Map<string, FunctionRef> {
  return new Map(
    hostFunctions.map((name) => {
      const params = new Array<"f64">(arities[name]).fill("f64");
      return [name, module.import(name, params, ["f64"])];
    }),
  );
}

/** What they are when the module is instantiated. */
export const hostImports: Record<HostFunction, (...args: number[]) => number> = Object.fromEntries(
  hostFunctions.map((name) => [name, primitives[name].float]),
) as Record<HostFunction, (...args: number[]) => number>;
