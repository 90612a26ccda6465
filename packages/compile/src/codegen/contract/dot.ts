// Products with a single column: dot products of some rows with one vector, both of which lie
// contiguously, so that the lanes of a vector are neighbouring k.
import type { FunctionBuilder, FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import { bytesOf, emitMultiplyAdd, lanesOf, type FloatType } from "./micro.ts";

/** Has the parameters of a microKernel. The sums go to the first lanes of the rows of the tile. */
export function dotKernel(ctx: CodegenContext, dtype: FloatType, rows: number): FunctionRef {
  return ctx.module.shared(`dot:${dtype}:${rows}`, () =>
    ctx.module.function(new Array<"i32">(9).fill("i32"), [], (f) => emitDot(ctx, f, dtype, rows)),
  );
}

function emitDot(ctx: CodegenContext, f: FunctionBuilder, dtype: FloatType, rows: number): void {
  const [a, rowStride, , b, , c, cRowStride, k, accumulate] = f.params;
  const lanes = lanesOf(dtype);
  const pointers = [a];
  for (let r = 1; r < rows; r++) {
    pointers.push(
      f
        .get(pointers[r - 1])
        .get(rowStride)
        .op("i32.add")
        .keep("i32"),
    );
  }
  const sums = pointers.map(() => f.v128(new Uint8Array(16)).keep("v128"));
  const step = (isWhole: boolean): void => {
    const single = dtype === "float32" ? "v128.load32_zero" : "v128.load64_zero";
    const load = (pointer: Local): Local =>
      f
        .get(pointer)
        .memory(isWhole ? "v128.load" : single)
        .keep("v128");
    f.scope(() => {
      const y = load(b);
      pointers.forEach((pointer, r) =>
        f.scope(() => emitMultiplyAdd(ctx, f, dtype, load(pointer), y, sums[r])),
      );
    });
    for (const pointer of [...pointers, b]) {
      f.get(pointer)
        .i32(isWhole ? 16 : bytesOf(dtype))
        .op("i32.add")
        .set(pointer);
    }
  };
  const i = f.i32(0).keep("i32");
  const whole = f.get(k).i32(-lanes).op("i32.and").keep("i32");
  f.forLess(i, whole, lanes, () => step(true));
  f.forLess(i, k, 1, () => step(false));
  sums.forEach((sum, r) => {
    if (r > 0) f.get(c).get(cRowStride).op("i32.add").set(c);
    const total = emitLaneSum(f, dtype, sum);
    const add = dtype === "float32" ? "f32x4.add" : "f64x2.add";
    f.get(accumulate).if(() => f.get(total).get(c).memory("v128.load").op(add).set(total));
    f.get(c).get(total).memory("v128.store");
  });
}

/** Halves are added until one lane is left; the other lanes hold the like. */
function emitLaneSum(f: FunctionBuilder, dtype: FloatType, sum: Local): Local {
  const add = dtype === "float32" ? "f32x4.add" : "f64x2.add";
  const turned = (words: readonly number[]): void => {
    f.get(sum)
      .get(sum)
      .shuffle(words.flatMap((word) => [0, 1, 2, 3].map((byte) => word * 4 + byte)));
    f.get(sum).op(add).set(sum);
  };
  turned([2, 3, 0, 1]);
  if (dtype === "float32") turned([1, 0, 3, 2]);
  return sum;
}
