// Where a contraction keeps what it needs besides its operands.
import { isSymbolic, plus } from "../../size/scope.ts";
import { threadGap } from "../parts.ts";
import { sizeOf } from "./axes.ts";
import { bytesOf } from "./micro.ts";
import { strideOfK } from "./kblocks.ts";
import { mostChunks, type Plan } from "./plan.ts";

/** Byte offsets from the scratch address, and within a thread's own part. */
export interface Layout {
  /** Tiles of partial sums, one after another, for each chunk. */
  readonly partials: number;
  readonly tileBytes: number;
  readonly chunkBytes: number;
  /** Rows as panels: all of k for one tile after another. */
  readonly rowPanels: number;
  readonly rowPanelBytes: number;
  /** Panels of columns, all of k for one after another: from the scratch address, or in each thread's own part. */
  readonly columnPanels: number;
  readonly columnPanelBytes: number;
  readonly own: number;
  readonly ownBytes: number;
  readonly panel: number;
  readonly tile: number;
  /** Offsets of a and b for each k of a block. */
  readonly tableA: number | null;
  readonly tableB: number | null;
}

/** How many tiles go through the epilogue together: enough that what begins and ends with its loops does not
 *  count, few enough that their sums are still in the first-level cache. */
export const tilesInGroup = 16;

/** To whole cache lines, where the size is known. */
export const align = (bytes: number): number =>
  isSymbolic(bytes) ? bytes : Math.ceil(bytes / 64) * 64;

export function layoutOf(plan: Plan): Layout {
  const { k, tiles, vectors, dtype } = plan;
  const tileBytes = tiles.rows * vectors * 16;
  const rowUnits = rowUnitsOf(plan);
  const chunkBytes = panelsOf(plan) * rowUnits * tileBytes;
  const rowPanelBytes = tiles.rows * k.total * bytesOf(dtype);
  const chunks = isSymbolic(plan.chunks) ? mostChunks : plan.chunks;
  const rowPanels = plan.isStaged ? align(chunks * chunkBytes) : 0;
  const columnPanelBytes = vectors * 16 * k.total;
  const afterRows = align(
    plus(rowPanels, plan.packRows ? sizeOf(plan.groups.batch) * rowUnits * rowPanelBytes : 0),
  );
  const allColumns = panelsOf(plan) * columnPanelBytes;
  const own = align(plus(afterRows, plan.columnsFirst === "together" ? allColumns : 0));
  let ownBytes = 0;
  const take = (bytes: number): number => {
    const offset = ownBytes;
    ownBytes = plus(ownBytes, align(bytes));
    return offset;
  };
  const tile = take(tileBytes * (plan.isGrouped ? tilesInGroup : 1));
  const panel = take(plan.packColumns && !plan.columnsFirst ? vectors * 16 * k.length : 0);
  const columnPanels = plan.columnsFirst === "each" ? take(allColumns) : afterRows;
  // Rows that are neither a panel nor contiguous are walked by a table even where a stride would do.
  const isTabled = plan.packRows ? strideOfK(k, "a") === null : plan.rowMode === "table";
  const tableA = isTabled ? take(k.length * 4) : null;
  const tableB = strideOfK(k, "b") === null ? take(k.length * 4) : null;
  take(threadGap);
  return {
    partials: 0,
    tileBytes,
    chunkBytes,
    rowPanels,
    rowPanelBytes,
    columnPanels,
    columnPanelBytes,
    own,
    ownBytes,
    panel,
    tile,
    tableA,
    tableB,
  };
}

export const rowUnitsOf = (plan: Plan): number => sizeOf(plan.rowAxes) * plan.tiles.count;

export const panelsPerLine = (plan: Pick<Plan, "fullPanels" | "tail">): number =>
  plan.fullPanels + (plan.tail ? 1 : 0);

export const panelsOf = (plan: Plan): number => sizeOf(plan.panelAxes) * panelsPerLine(plan);
