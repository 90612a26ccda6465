// Threefry-2x32 with 20 rounds, four words at a time: J. K. Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011; word for word what @wengert/autograd draws.
import type { FunctionBuilder, FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
const parity = 0x1bd11bda;

/** (address of key0, key1, counter low, counter high; numbers of words) → the words. Word w is one of the
 *  two of block w >> 1, whose counter is the state's plus that. */
export function threefryFunction(ctx: CodegenContext): FunctionRef {
  const blocks = threefryBlocks(ctx);
  return ctx.module.shared("loop.threefry", () =>
    ctx.module.function(["i32", "v128"], ["v128"], (f) => {
      const [state, words] = f.params;
      const second = f.get(state).get(words).call(blocks).keep("v128");
      const first = f.keep("v128");
      f.get(second).get(first);
      f.get(words).i32(31).op("i32x4.shl").i32(31).op("i32x4.shr_s", "v128.bitselect");
    }),
  );
}

/** The same, but both words of each block: the even ones, the odd ones. */
export function threefryBlocks(ctx: CodegenContext): FunctionRef {
  return ctx.module.shared("loop.threefryBlocks", () =>
    ctx.module.function(["i32", "v128"], ["v128", "v128"], (f) => {
      const [state, words] = f.params;
      const splat = (offset: number) =>
        f.get(state).memory("v128.load32_splat", offset).keep("v128");
      const k0 = splat(0);
      const k1 = splat(4);
      const k2 = f.get(k0).get(k1).op("v128.xor").i32x4(parity).op("v128.xor").keep("v128");
      const low = splat(8);
      f.get(low).get(words).i32(1).op("i32x4.shr_u", "i32x4.add");
      const a = f.keep("v128");
      // A mask is −1: subtracting it carries.
      f.get(splat(12)).get(a).get(low).op("i32x4.lt_u", "i32x4.sub");
      const b = f.keep("v128");
      encrypt(f, a, b, [k0, k1, k2]);
      f.get(a).get(b);
    }),
  );
}

function encrypt(f: FunctionBuilder, a: Local, b: Local, keys: readonly Local[]): void {
  f.get(a).get(keys[0]).op("i32x4.add").set(a);
  f.get(b).get(keys[1]).op("i32x4.add").set(b);
  for (let group = 0; group < 5; group++) {
    for (let i = 0; i < 4; i++) {
      const r = rotations[(group & 1) * 4 + i];
      f.get(a).get(b).op("i32x4.add").set(a);
      f.get(b)
        .i32(r)
        .op("i32x4.shl")
        .get(b)
        .i32(32 - r)
        .op("i32x4.shr_u", "v128.or");
      f.get(a).op("v128.xor").set(b);
    }
    f.get(a)
      .get(keys[(group + 1) % 3])
      .op("i32x4.add")
      .set(a);
    f.get(b)
      .get(keys[(group + 2) % 3])
      .op("i32x4.add")
      .i32x4(group + 1)
      .op("i32x4.add")
      .set(b);
  }
}
