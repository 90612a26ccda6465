// Adds up the partial sums of a tile.
import type { FunctionRef } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { FloatType } from "./micro.ts";

/** (partials, chunkBytes, chunks, tile, vectors): tile[v] = Σ_c partials[c][v], in the order of c. */
export function sumChunks(ctx: CodegenContext, dtype: FloatType): FunctionRef {
  return ctx.module.shared(`sum-chunks:${dtype}`, () =>
    ctx.module.function(new Array<"i32">(5).fill("i32"), [], (f) => {
      const [partials, chunkBytes, chunks, tile, vectors] = f.params;
      const v = f.i32(0).keep("i32");
      const sum = f.local("v128");
      const from = f.local("i32");
      f.forLess(v, vectors, 1, () => {
        f.get(partials).tee(from).memory("v128.load").set(sum);
        const c = f.i32(1).keep("i32");
        f.forLess(c, chunks, 1, () => {
          f.get(from).get(chunkBytes).op("i32.add").set(from);
          f.get(sum).get(from).memory("v128.load");
          f.op(dtype === "float32" ? "f32x4.add" : "f64x2.add").set(sum);
        });
        f.get(tile).get(sum).memory("v128.store");
        f.get(partials).i32(16).op("i32.add").set(partials);
        f.get(tile).i32(16).op("i32.add").set(tile);
      });
    }),
  );
}
