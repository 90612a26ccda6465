// The summation index k of a product, cut into blocks whose panels stay in the caches. Inside of a
// block an operand is walked by a stride where one will do, else by a table of offsets.
import { linearStride, sizeOf, type Axis } from "./axes.ts";

/** Above this k is cut (a panel of 8 columns is then 48 KiB), into blocks of at most `blockLength`. */
const longestWhole = 1536;
const blockLength = 1024;

export interface KBlocks {
  readonly total: number;
  /** Outer loops over blocks; the last one goes through the pieces of a cut axis. */
  readonly outer: readonly Axis[];
  /** The axes of one block, for the longest. */
  readonly inner: readonly Axis[];
  /** Elements of a block; the last of `pieces` blocks may be shorter. */
  readonly length: number;
  readonly pieces: number;
  readonly lastLength: number;
  readonly count: number;
}

export function kBlocks(k: readonly Axis[]): KBlocks {
  const total = sizeOf(k);
  const whole = {
    total,
    outer: [],
    inner: k,
    length: total,
    pieces: 1,
    lastLength: total,
    count: 1,
  };
  if (total <= longestWhole) return whole;
  let first = k.length;
  let length = 1;
  while (length * k[first - 1].size <= blockLength) length *= k[--first].size;
  const cut = k[first - 1];
  const pieces = Math.ceil((cut.size * length) / blockLength);
  const part = Math.ceil(cut.size / pieces);
  const count = Math.ceil(cut.size / part);
  const piece: Axis = { ...cut, size: count, a: cut.a * part, b: cut.b * part };
  return {
    total,
    outer: [...k.slice(0, first - 1), piece],
    inner: [{ ...cut, size: part }, ...k.slice(first)],
    length: part * length,
    pieces: count,
    lastLength: (cut.size - part * (count - 1)) * length,
    count: sizeOf(k.slice(0, first - 1)) * count,
  };
}

/** An operand's stride from one k to the next within a block, or null: then it needs a table. */
export const strideOfK = (blocks: KBlocks, of: "a" | "b"): number | null =>
  linearStride(blocks.inner, of);
