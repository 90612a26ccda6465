// Functions of vectors that are written once in a module, and functions of doubles that the host lends.
import type { Local } from "../../wasm/function.ts";
import { FloatCode, type FloatShape } from "./code.ts";
import { pushHostCall } from "./host.ts";

/** Calls the function of this key, which `body` writes when it is first asked for. */
export function callShared(
  code: FloatCode,
  key: string,
  shape: FloatShape,
  args: readonly Local[],
  body: (code: FloatCode, args: readonly Local[]) => Local,
): Local {
  const { ctx, f } = code;
  const vectors = args.map(() => "v128" as const);
  const target = ctx.module.shared(`vector ${key}`, () =>
    ctx.module.function(vectors, ["v128"], (g) => {
      g.get(body(new FloatCode(ctx, g, shape), g.params));
    }),
  );
  for (const arg of args) f.get(arg);
  return f.call(target).keep("v128");
}

/** A function of the host's on both lanes of doubles. */
export const hostDoubles = (code: FloatCode, fn: string, args: readonly Local[]): Local =>
  callShared(code, `f64x2.${fn}`, "f64x2", args, (inner, inputs) =>
    inner.lanewise("f64x2.replace_lane", 2, (lane) => {
      for (const x of inputs) inner.f.get(x).lane("f64x2.extract_lane", lane);
      pushHostCall(inner.ctx, inner.f, fn);
    }),
  );
