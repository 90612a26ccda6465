// Squares of elements: where an array is contiguous along one dim and another array along another one, no choice of the
// vectors' dim suits both. Then vectors are taken side by side along the other dim, too, and a square of them is turned
// in registers, instead of being put together lane by lane.
import { isSymbolic } from "../../size/scope.ts";
import type { Lanes } from "../vector/index.ts";
import { costOfElement } from "./cost.ts";
import type { Dim, Nest, Stream } from "./nest.ts";

/** Vectors side by side. More would be more lines of memory than the first-level cache has room for where they lie
 *  a power of two apart. */
export const tileWidth = 8;

/** So many vectors side by side leave registers for short bodies alone; of long ones a copy is a small part. */
const mostCost = 24;

/** The dim that makes a square with that of the vectors, if there are arrays that are contiguous along it alone. */
export function tileOf(nest: Nest, vector: Dim, lanes: Lanes): Dim | null {
  const { outer, row, instrs, streams, stores } = nest;
  const isPlain = instrs.every(({ kind }) => plain.has(kind));
  if (row.length > 0 || !isPlain || stores.some(({ accumulate }) => accumulate)) return null;
  if (costOfElement(nest) > mostCost) return null;
  const used = [
    ...instrs.flatMap((instr) => (instr.kind === "load" ? [instr.operand] : [])),
    ...stores.map(({ stream }) => stream),
  ];
  const turned = used.filter((s) => canTurn(streams[s], vector.strides[s], lanes));
  if (turned.length === 0) return null;
  const fits = (dim: Dim): boolean =>
    dim !== vector &&
    !dim.limit &&
    !isSymbolic(dim.size) &&
    dim.size >= tileWidth &&
    turned.every((s) => dim.strides[s] === 1);
  return outer.find(fits) ?? null;
}

const plain: ReadonlySet<string> = new Set(["load", "const", "call", "cast"]);
/** Along which vectors are loaded and stored as they are. */
const straight: ReadonlySet<number> = new Set([-1, 0, 1]);
const vectorBytes = 16;

/** Whether the lanes of a vector are apart in a stream of this stride, and fill a vector along another dim. */
export const canTurn = ({ bytes }: Stream, stride: number, lanes: Lanes): boolean =>
  bytes * lanes === vectorBytes && !straight.has(stride);
