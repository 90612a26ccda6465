// One instruction of the straight-line program as vector code.
import type { DType } from "@wengert/autograd";
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { Instr } from "../../plan/ir.ts";
import { emitCall } from "./call.ts";
import { emitCast } from "./cast.ts";
import { emitConst } from "./const.ts";
import type { Constants, Lanes } from "./lanes.ts";

/**
 * The value of a const, call or cast, in a new local.
 * @param args locals of the arguments, whose dtypes are `argTypes`.
 * @param constants the arguments' values where they are known: some functions are simpler then.
 */
export function emitInstr(
  ctx: CodegenContext,
  f: FunctionBuilder,
  lanes: Lanes,
  instr: Instr,
  args: readonly Local[],
  argTypes: readonly DType[],
  constants: Constants = [],
): Local {
  const result = f.local("v128");
  f.scope(() => {
    f.get(valueOf()).set(result);
  });
  return result;

  function valueOf(): Local {
    switch (instr.kind) {
      case "const":
        return emitConst(f, instr.dtype, instr.value);
      case "cast":
        return emitCast(ctx, f, args[0], argTypes[0], instr.dtype);
      case "call":
        return emitCall(ctx, f, lanes, instr.fn, args, argTypes, constants);
      case "load":
      case "gather":
      case "index":
      case "random":
      case "reduce":
        throw new Error(
          `expected an instruction without memory (const, call or cast), but this one is ` +
            `"${instr.kind}"; the loop around it has to emit it`,
        );
    }
  }
}
