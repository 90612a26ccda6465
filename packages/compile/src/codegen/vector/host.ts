// The functions that the host lends to the generated code.
import { primitives } from "@wengert/autograd/compiler";
import type { FunctionBuilder, FunctionRef } from "../../wasm/function.ts";
import type { ModuleBuilder } from "../../wasm/module.ts";
import { byWords, highWord, highWordName, wordsPrefix } from "../../run/words.ts";
import type { CodegenContext } from "../context.ts";

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

/** Imports them all, in the form that takes words (run/words.ts); for CodegenContext.host. */
export function importHostFunctions(module: ModuleBuilder): Map<string, FunctionRef> {
  return new Map([
    [highWordName, module.import(highWordName, [], ["i32"])],
    ...hostFunctions.map((name): [string, FunctionRef] => {
      const params = new Array<"i32">(2 * arities[name]).fill("i32");
      return [name, module.import(wordsPrefix + name, params, ["i32"])];
    }),
  ]);
}

/** Calls one on the doubles on the stack. */
export function pushHostCall(ctx: CodegenContext, f: FunctionBuilder, fn: string): void {
  const target = ctx.host.get(fn);
  const high = ctx.host.get(highWordName);
  if (!target || !high) {
    throw new Error(
      `expected the host function "${fn}" in the module, but it has ` +
        `${[...ctx.host.keys()].join(", ") || "none"}; declare them with importHostFunctions`,
    );
  }
  const doubles = new Array<"f64">(target.params.length / 2).fill("f64");
  const ofDoubles = ctx.module.shared(`host ${fn}`, () =>
    ctx.module.function(doubles, ["f64"], (g) => {
      for (const x of g.params) {
        g.get(x).op("i64.reinterpret_f64", "i32.wrap_i64");
        g.get(x).op("i64.reinterpret_f64").i64(32).op("i64.shr_u", "i32.wrap_i64");
      }
      g.call(target).op("i64.extend_i32_u");
      g.call(high).op("i64.extend_i32_u").i64(32).op("i64.shl", "i64.or", "f64.reinterpret_i64");
    }),
  );
  f.call(ofDoubles);
}

/** What they are when the module is instantiated. */
export const hostImports: Readonly<Record<string, (...args: number[]) => number>> = {
  [highWordName]: highWord,
  ...Object.fromEntries(
    hostFunctions.map((name) => [wordsPrefix + name, byWords(primitives[name].float)]),
  ),
};
