// The summation index k of a product, cut into blocks whose panels stay in the caches. Inside of a
// block an operand is walked by a stride where one will do, else by a table of offsets.
import { ceilDiv, isSymbolic, lastPart, likely } from "../../size/scope.ts";
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
  /** Elements of all the pieces of the cut axis. */
  readonly perAxis: number;
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
    perAxis: total,
  };
  if (likely(total) <= longestWhole) return whole;
  let first = k.length;
  let length = 1;
  while (length * k[first - 1].size <= blockLength) length *= k[--first].size;
  const cut = k[first - 1];
  const part = partOf(cut.size, length);
  const count = ceilDiv(cut.size, part);
  const piece: Axis = { ...cut, size: count, a: cut.a * part, b: cut.b * part };
  return {
    total,
    outer: [...k.slice(0, first - 1), piece],
    inner: [{ ...cut, size: part }, ...k.slice(first)],
    length: part * length,
    pieces: count,
    lastLength: lastPart(cut.size, part) * length,
    count: sizeOf(k.slice(0, first - 1)) * count,
    perAxis: cut.size * length,
  };
}

/** How much of an axis of so many steps goes into a block: pieces as equal as can be. */
function partOf(size: number, length: number): number {
  const most = Math.max(1, Math.floor(blockLength / length));
  return isSymbolic(size) ? most : Math.ceil(size / Math.ceil(size / most));
}

/** An operand's stride from one k to the next within a block, or null: then it needs a table. */
export const strideOfK = (blocks: KBlocks, of: "a" | "b"): number | null =>
  linearStride(blocks.inner, of);
