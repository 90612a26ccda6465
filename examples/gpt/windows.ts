import { randomIntegers, tensor, type Generator, type Tensor } from "@wengert/autograd";

/** Pieces of a text, [batch, context], and the characters that follow each of theirs. */
export type Windows = [inputs: Tensor, targets: Tensor];

/** The windows that begin at `starts`. */
export function windowsAt(codes: Int32Array, starts: ArrayLike<number>, context: number): Windows {
  const shape = [starts.length, context];
  const shifted = (by: number): Tensor => {
    const values = new Int32Array(starts.length * context);
    for (let i = 0; i < starts.length; i++) {
      const from = starts[i] + by;
      values.set(codes.subarray(from, from + context), i * context);
    }
    return tensor(values, { shape, dtype: "int32" });
  };
  return [shifted(0), shifted(1)];
}

/** Windows from anywhere in the text. */
export function randomWindows(
  codes: Int32Array,
  batch: number,
  context: number,
  generator: Generator,
): Windows {
  const starts = randomIntegers([batch], { high: codes.length - context, generator });
  return windowsAt(codes, starts.data, context);
}
