// Squares of lanes.
import type { FunctionBuilder, Local } from "../../wasm/function.ts";

/** The square of the vectors' lanes, transposed. */
export function transpose(f: FunctionBuilder, rows: readonly Local[]): Local[] {
  const mix = (x: Local, y: Local, words: readonly number[]): Local =>
    f
      .get(x)
      .get(y)
      .shuffle(words.flatMap((word) => [0, 1, 2, 3].map((byte) => word * 4 + byte)))
      .keep("v128");
  const low = [0, 1, 4, 5];
  const high = [2, 3, 6, 7];
  if (rows.length === 2) return [mix(rows[0], rows[1], low), mix(rows[0], rows[1], high)];
  const [r0, r1, r2, r3] = rows;
  const [l01, l23] = [mix(r0, r1, [0, 4, 1, 5]), mix(r2, r3, [0, 4, 1, 5])];
  const [h01, h23] = [mix(r0, r1, [2, 6, 3, 7]), mix(r2, r3, [2, 6, 3, 7])];
  return [mix(l01, l23, low), mix(l01, l23, high), mix(h01, h23, low), mix(h01, h23, high)];
}
