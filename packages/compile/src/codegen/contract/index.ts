// Contractions as WebAssembly functions.
import { likely, plus } from "../../size/scope.ts";
import type { CodegenContext, EmittedKernel } from "../context.ts";
import type { Contraction, ContractionAxis } from "../../plan/ir.ts";
import { emitLoop, isSerial as isSerialLoop } from "../loop/index.ts";
import { emitInTwo, loopOf } from "./as-loop.ts";
import { sizeOf } from "./axes.ts";
import { isTileable } from "./epilogue.ts";
import { layoutOf, panelsPerLine } from "./layout.ts";
import type { FloatType } from "./micro.ts";
import { emitPackColumns } from "./pack-columns.ts";
import { emitPackRows } from "./pack-rows.ts";
import { planOf, type Plan } from "./plan.ts";
import { emitProduct, type ProductOptions } from "./product.ts";

/** The functions that compute a contraction and its epilogue. */
export function emitContraction(ctx: CodegenContext, c: Contraction): EmittedKernel {
  const dtype = floatType(c);
  if (outputs(c) === 0) return { phases: [], scratchBytes: 0, cycles: 0, pieces: null };
  if (!dtype || isLoop(c)) return emitLoop(ctx, loopOf(c));
  if (!isTileable(c)) return emitInTwo(ctx, c, (sums) => emitContraction(ctx, sums));
  return emitTiles(ctx, c, dtype);
}

/** Whether only thread 0 has something to do. */
export function isSerialContraction(c: Contraction): boolean {
  if (outputs(c) === 0) return true;
  if (!floatType(c) || isLoop(c)) return isSerialLoop(loopOf(c));
  return isTileable(c) && isSmall(c);
}

export { isSerialContraction as isSerial };

function emitTiles(ctx: CodegenContext, c: Contraction, dtype: FloatType): EmittedKernel {
  const plan = planOf(c, dtype, ctx.wide !== null);
  const layout = layoutOf(plan);
  const params = new Array<"i32">(5 + c.epilogue.operands.length).fill("i32");
  const product = (part: ProductOptions["part"]) =>
    emitProduct(ctx, { contraction: c, plan, layout, part, isSerial: isSmall(c) }, params);
  // Columns first: what each thread packs for itself has to come before what all pack together.
  const packing = [
    ...(plan.columnsFirst ? [emitPackColumns(ctx, c, plan, layout, params)] : []),
    ...(plan.packRows ? [emitPackRows(ctx, c, plan, layout, isSmall(c), params)] : []),
  ];
  return {
    phases: [
      ...packing,
      ...(plan.isStaged ? [product("partials"), product("finish")] : [product("product")]),
    ],
    startsAlone: plan.columnsFirst === "each",
    scratchBytes: plus(layout.own, layout.ownBytes * ctx.maxThreads),
    cycles: plan.cost,
    pieces: piecesOf(plan),
  };
}

/** Whoever comes to a panel of columns packs it, unless a phase has done that for all. */
function piecesOf({ packColumns, columnsFirst, chunks, rowBlock, ...plan }: Plan): number | null {
  if (packColumns === null || columnsFirst) return null;
  return chunks * rowBlock.count * sizeOf(plan.panelAxes) * panelsPerLine(plan);
}

const floatType = ({ dtype }: Contraction): FloatType | null =>
  dtype === "float32" || dtype === "float64" ? dtype : null;

const extent = (axes: readonly ContractionAxis[]): number =>
  axes.reduce((product, { size }) => product * size, 1);

const outputs = (c: Contraction): number => extent(c.batch) * extent(c.m) * extent(c.n);

/** There is nothing to sum. */
const isLoop = (c: Contraction): boolean => extent(c.k) <= 1;

/** Less than what a barrier between threads costs, at 20 000 products in a microsecond. */
const isSmall = (c: Contraction): boolean =>
  likely(outputs(c)) * (likely(extent(c.k)) + 8) < 1 << 13;
