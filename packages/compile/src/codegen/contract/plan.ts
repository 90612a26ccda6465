// Which axes become the rows and the columns of register tiles, and how the operands are read: the
// cheapest by an estimate in cycles.
import { atMost, ceilDiv, isMultiple, isSymbolic, lastPart, likely } from "../../size/scope.ts";
import type { Contraction, Store } from "../../plan/ir.ts";
import { isCostly } from "./epilogue.ts";
import { groupsOf, sizeOf, transposed, type Axis, type Groups } from "./axes.ts";
import { panelBand, type PanelBand } from "./band.ts";
import { kBlocks, strideOfK, type KBlocks } from "./kblocks.ts";
import { bytesOf, lanesOf, type ColumnMode, type FloatType, type RowMode } from "./micro.ts";
import type { PackMode } from "./pack.ts";
import { isWideTile, mostWideVectors } from "./wide.ts";

/** Tiles of `rows` rows, the first `large` of them, and of one less: as equal as can be, so that no
 *  thin tile remains. */
export interface RowTiles {
  readonly count: number;
  readonly rows: number;
  readonly large: number;
  /** What `rows` and `large` will be, where the number of rows is not known yet: `rows` is the most that
   *  there can be. */
  readonly open: { readonly rows: number; readonly large: number } | null;
}

/** The columns of a panel: `valid` of them from `start` on count, of which the first `skip` have been
 *  in the panel before. */
export interface PanelForm {
  readonly vectors: number;
  readonly start: number;
  readonly valid: number;
  readonly skip: number;
}

/** `count` blocks of `units` tiles; the last may have fewer. */
export interface RowBlock {
  readonly count: number;
  readonly units: number;
}

export interface Plan {
  readonly dtype: FloatType;
  /** a is the contraction's b. */
  readonly isSwapped: boolean;
  readonly groups: Groups;
  readonly row: Axis;
  readonly column: Axis;
  /** Loops around the panels of columns, and around the tiles of rows. */
  readonly panelAxes: readonly Axis[];
  readonly rowAxes: readonly Axis[];
  readonly tiles: RowTiles;
  /** Rows of a tile lie farther apart than what the other axes of rows go through, so that these are gone through
   *  first, for one tile after another: what it has read is then still in the first-level cache. */
  readonly areTilesOuter: boolean;
  readonly vectors: number;
  /** Tiles with an even number of vectors are done by wide instructions (wide.ts). */
  readonly isWide: boolean;
  readonly fullPanels: number;
  readonly tail: PanelForm | null;
  readonly k: KBlocks;
  /** Each panel needs but a part of the sum. */
  readonly band: PanelBand | null;
  readonly rowMode: RowMode;
  /** The rows are copied into panels first, by a phase of its own. */
  readonly packRows: PackMode | null;
  readonly columnMode: ColumnMode | "dot";
  readonly packColumns: PackMode | null;
  /** All panels of columns are packed before the product, not one when a thread comes to it: by all threads together, or
   *  by each for itself. What another thread has packed has to come from its cache, which takes longer than to pack
   *  what lies along k; but where neighbouring columns are neighbours, a panel takes half of each cache line. */
  readonly columnsFirst: "together" | "each" | null;
  /** Tiles of rows that are gone through panel by panel before the next ones. */
  readonly rowBlock: RowBlock;
  /** The epilogue's vectors lie along the rows of tiles. */
  readonly isEpilogueTransposed: boolean;
  /** Tiles go through the epilogue in groups: it has costly functions. A cheap one had better follow each
   *  product at once, whose arithmetic hides the time that its memory takes. */
  readonly isGrouped: boolean;
  /** Store of the sum itself, which tiles go to directly. */
  readonly direct: Store | null;
  /** Parts of k that are summed for themselves and added up by a later phase. */
  readonly chunks: number;
  /** Partial sums go to scratch memory, and a later phase runs the epilogue. */
  readonly isStaged: boolean;
  readonly cost: number;
}

/** Stands for rows or columns where there are none. */
const none: Axis = { size: 1, a: 0, b: 0, streams: [] };
const mostRows = 6;
/** A fixed number of chunks: a multiple of most numbers of threads. */
export const mostChunks = 24;

/** `hasWide`: the library of wide inner loops is there. */
export function planOf(c: Contraction, dtype: FloatType, hasWide: boolean): Plan {
  const upright = groupsOf(c);
  const plans = [false, true].flatMap((isSwapped) => {
    const groups = isSwapped ? transposed(upright) : upright;
    const rows = groups.rows.length > 0 ? groups.rows : [none];
    const known = groups.columns.filter(({ size }) => !isSymbolic(size));
    const columns = known.length > 0 ? known : [none];
    return rows.flatMap((row) =>
      columns.flatMap((column) =>
        widthsOf(dtype, row, column, hasWide).map((width) =>
          candidate(c, dtype, width, isSwapped, groups, row, column),
        ),
      ),
    );
  });
  return plans.reduce((best, plan) => (plan.cost < best.cost ? plan : best));
}

/** How many vectors a tile may have at most, and whether these are halves of wide ones. */
interface Width {
  readonly vectors: number;
  readonly isWide: boolean;
}

function widthsOf(dtype: FloatType, row: Axis, column: Axis, hasWide: boolean): Width[] {
  const { rows } = rowTiles(row.size);
  if (!hasWide || !isWideTile(dtype, rows, 2)) {
    return [{ vectors: mostVectors(rows), isWide: false }];
  }
  const vectors = mostWideVectors(rows);
  // Columns that do not fill a tile would have to be copied, and may be worth two narrower ones that overlap.
  const isPartial = column.size < vectors * lanesOf(dtype) && column.size > 2 * lanesOf(dtype);
  return (isPartial ? [vectors, 2] : [vectors]).map((most) => ({ vectors: most, isWide: true }));
}

function candidate(
  c: Contraction,
  dtype: FloatType,
  width: Width,
  isSwapped: boolean,
  groups: Groups,
  row: Axis,
  column: Axis,
): Plan {
  const lanes = lanesOf(dtype);
  const tiles = rowTiles(row.size);
  const { isWide } = width;
  const vectors = Math.min(width.vectors, evened(Math.ceil(column.size / lanes), isWide));
  const rowAxes = groups.rows.filter((axis) => axis !== row);
  const panelAxes = [...groups.batch, ...groups.columns.filter((axis) => axis !== column)];
  const wanted = panelBand(groups.k, panelAxes);
  const outermost = wanted ? [wanted.axis] : [];
  const k = kBlocks([...outermost, ...groups.k.filter((axis) => !outermost.includes(axis))]);
  const band = k.count === 1 ? wanted : null;
  const rowUnits = sizeOf(rowAxes) * tiles.count;
  const fullPanels = Math.floor(column.size / (vectors * lanes));
  const panelCount = sizeOf(panelAxes) * Math.ceil(column.size / (vectors * lanes));
  const isDot = column === none && strideOfK(k, "a") === 1 && strideOfK(k, "b") === 1;
  const { columns, rows } = isDot
    ? dotReading
    : {
        columns: columnReading(dtype, column, k, rowUnits, vectors, isWide),
        rows: rowReading(dtype, row, k, panelCount),
      };
  const isPadded = columns.pack !== null || isDot;
  const tail = tailOf(column.size, vectors, fullPanels, lanes, isPadded, isWide);
  const isSmall = panelCount * rowUnits < 2 * mostChunks;
  const chunks = k.count > 1 && isSmall ? atMost(k.count, mostChunks) : 1;
  const along = storeDirection(c, row, column);
  const plain = plainStore(c, column);
  // What is left of the columns overlaps others, or the panel is not full.
  const isRagged = tail !== null && (tail.skip > 0 || tail.valid < tail.vectors * lanes);
  const isStaged = k.count > 1 && (chunks > 1 || plain === null || isRagged);
  // Tiles of one dim of rows lie one below the other, if the epilogue goes through them line by line.
  const isLined = tiles.count > 1 && sizeOf(rowAxes) === 1 && along !== "rows";
  const rowBlock = rowBlocks(rowUnits, tiles.rows * k.length * bytesOf(dtype), panelCount);
  const plan = {
    rowBlock,
    columnsFirst:
      rowBlock.count === 1 || columns.pack === null
        ? null
        : whoPacks(columns.pack, sizeOf(panelAxes) * column.size * k.total * bytesOf(dtype)),
    dtype,
    isSwapped,
    groups,
    row,
    column,
    panelAxes,
    rowAxes,
    tiles,
    areTilesOuter: rowAxes.some(({ a }) => Math.abs(a) < Math.abs(row.a)),
    vectors,
    isWide,
    fullPanels,
    tail,
    k,
    band,
    chunks,
    isStaged,
    direct: isStaged ? null : plain,
    rowMode: rows.mode,
    packRows: rows.pack,
    columnMode: columns.mode,
    packColumns: columns.pack,
    isEpilogueTransposed: along === "rows",
    isGrouped: isLined && isCostly(c),
  };
  const usual = likely(sizeOf(rowAxes)) * likely(tiles.count);
  return { ...plan, cost: costOf(plan, usual, likely(panelCount), c.epilogue.instrs.length) };
}

function rowTiles(size: number): RowTiles {
  const count = ceilDiv(size, mostRows);
  if (isSymbolic(size)) {
    const open = { rows: ceilDiv(size, count), large: lastPart(size, count) };
    return { count, rows: mostRows, large: 0, open };
  }
  const rows = Math.ceil(size / count);
  return { count, rows, large: size - count * (rows - 1), open: null };
}

/** What rows may take of the second-level cache while panels pass by: with them go the lines of what the
 *  epilogue reads and writes, of which a panel touches but a part. */
const rowBlockBytes = 192 << 10;

/** Rows that stay in the cache while the panels of columns pass by: as few blocks as do, or some more
 *  if these come out equal. */
function rowBlocks(rowUnits: number, unitBytes: number, panelCount: number): RowBlock {
  const least = Math.ceil((rowUnits * unitBytes) / rowBlockBytes);
  if (isSymbolic(rowUnits) || isSymbolic(unitBytes) || least <= 1 || panelCount <= 2)
    return { count: 1, units: rowUnits };
  let best = { count: 1, units: rowUnits };
  let leastWaste = Infinity;
  for (let wanted = least; wanted <= Math.min(2 * least, rowUnits); wanted++) {
    const units = Math.ceil(rowUnits / wanted);
    const count = Math.ceil(rowUnits / units);
    const waste = count * units - rowUnits;
    if (waste < leastWaste) [best, leastWaste] = [{ count, units }, waste];
  }
  return best;
}

/** What each thread may pack for itself: it has to stay in its second-level cache. */
const mostForEach = 1 << 20;

function whoPacks(mode: PackMode, bytes: number): "together" | "each" {
  const isSmall = !isSymbolic(bytes) && bytes <= mostForEach;
  return mode === "transposed" && isSmall ? "each" : "together";
}

/** At most 12 accumulators: of 15 registers some hold what is multiplied. Fewer than 8 would wait for
 *  each other. */
function mostVectors(rows: number): number {
  if (rows === 1) return 8;
  if (rows === 2) return 4;
  return rows === 3 ? 3 : 2;
}

/** As many vectors, or one more: wide instructions do two at once. */
const evened = (vectors: number, isWide: boolean): number =>
  isWide && vectors > 1 ? 2 * Math.ceil(vectors / 2) : vectors;

/** The panel of the columns that are left. Unless there is room for more, it begins earlier instead of ending later
 *  than the columns do, if there are that many. */
function tailOf(
  size: number,
  vectors: number,
  fullPanels: number,
  lanes: number,
  isPadded: boolean,
  isWide: boolean,
): PanelForm | null {
  const start = fullPanels * vectors * lanes;
  const left = size - start;
  if (left === 0) return null;
  const needed = evened(Math.ceil(left / lanes), isWide);
  const skip = isPadded ? 0 : needed * lanes - left;
  return { vectors: needed, start: start - skip, valid: left + skip, skip };
}

/** Bytes between neighbours that the first-level cache maps to few of its lines. */
const collides = (stride: number, size: number): boolean => isMultiple(stride * size, 1024);

/** Both operands lie contiguously along k, and there is one column. */
const dotReading = {
  columns: { mode: "dot", pack: null },
  rows: { mode: "rows", pack: null },
} as const;

function rowReading(
  dtype: FloatType,
  row: Axis,
  k: KBlocks,
  uses: number,
): { mode: RowMode; pack: PackMode | null } {
  const size = bytesOf(dtype);
  const stride = strideOfK(k, "a");
  const isPanel = (row.a === 1 || row.size === 1) && stride !== null;
  const mode = isPanel ? "panel" : stride === 1 || k.length === 1 ? "rows" : "table";
  // Contiguous rows may lie as they like: a tile's few need but a few of the ways of each line.
  const isBad = mode === "panel" && k.length >= 64 && collides(stride ?? 0, size);
  const pays = uses >= (isBad ? 4 : mode === "table" ? 16 : Infinity);
  if (!pays || k.total < 16) return { mode, pack: null };
  return { mode: "panel", pack: packMode(row.a, stride) };
}

const packMode = (lineStride: number, kStride: number | null): PackMode =>
  lineStride === 1 ? "contiguous" : kStride === 1 ? "transposed" : "gather";

function columnReading(
  dtype: FloatType,
  column: Axis,
  k: KBlocks,
  uses: number,
  vectors: number,
  isWide: boolean,
): { mode: ColumnMode; pack: PackMode | null } {
  const stride = strideOfK(k, "b");
  const left = column.size % (vectors * lanesOf(dtype));
  const tail = evened(Math.ceil(left / lanesOf(dtype)), isWide);
  const fits = column.size >= Math.max(tail, 1) * lanesOf(dtype);
  const isCompact = stride !== null && Math.abs(stride) * bytesOf(dtype) <= 64;
  if (column.b === 1 && fits && (uses <= 3 || isCompact)) {
    return { mode: stride === null ? "table" : "panel", pack: null };
  }
  return { mode: "packed", pack: packMode(column.b, stride) };
}

/** Along which axis most of the epilogue's arrays are walked by unit strides. */
function storeDirection(c: Contraction, row: Axis, column: Axis): "rows" | "columns" {
  const store = c.epilogue.stores[0]?.operand ?? 0;
  const isUnit = (axis: Axis): boolean => axis.size === 1 || axis.streams[store] === 1;
  return !isUnit(column) && isUnit(row) && row.size > 1 ? "rows" : "columns";
}

/** The store, if all that the epilogue does is to store the sum in vectors. */
function plainStore(c: Contraction, column: Axis): Store | null {
  const { instrs, stores, operands } = c.epilogue;
  if (stores.length !== 1 || stores[0].accumulate) return null;
  const { operand, value } = stores[0];
  const instr = instrs[value];
  if (instr.kind !== "load" || instr.operand !== 0 || operands[operand].dtype !== c.dtype)
    return null;
  return column.size === 1 || column.streams[operand] === 1 ? stores[0] : null;
}

/** How many registers so many vectors are in. */
export const registersOf = ({ isWide }: Pick<Plan, "isWide">, vectors: number): number =>
  isWide && vectors % 2 === 0 ? vectors / 2 : vectors;

/** Cycles, about: two multiply-adds and two loads in each, six operations of any kind. */
function costOf(
  plan: Omit<Plan, "cost">,
  rowUnits: number,
  panelCount: number,
  instrs: number,
): number {
  const { tiles, vectors, k, rowMode, columnMode, dtype } = plan;
  const rows = tiles.open === null ? plan.row.size / tiles.count : tiles.rows;
  const panels = likely(sizeOf(plan.panelAxes));
  const length = likely(k.total) * (plan.band?.share ?? 1);
  const tailVectors = plan.tail?.vectors ?? 0;
  const perTile = (v: number): number => {
    const others = rowMode === "table" ? rows + 2 : 2 + (columnMode === "table" ? 2 : 0);
    if (columnMode === "dot") return 30 + (length * Math.max(4, rows + 1)) / lanesOf(dtype);
    const w = registersOf(plan, v);
    const step = Math.max((rows * w) / 2, (rows + w) / 2, 4, (rows * w + rows + w + others) / 6);
    const isTiled = plan.direct === null || v * lanesOf(dtype) > plan.column.size;
    const epilogue = isTiled ? rows * v * (1 + instrs + (plan.isEpilogueTransposed ? 2 : 0)) : 0;
    return 30 + length * step + rows * v + epilogue;
  };
  const packing = { contiguous: 1.2, transposed: 2.2, gather: 5 };
  const columnPacking = plan.packColumns ? packing[plan.packColumns] * length : 0;
  const perPanel = (v: number): number => rowUnits * perTile(v) + columnPacking * v;
  const rowPacking = plan.packRows
    ? packing[plan.packRows] * length * 2 * rowUnits * likely(sizeOf(plan.groups.batch))
    : 0;
  return (
    panels * (plan.fullPanels * perPanel(vectors) + (plan.tail ? perPanel(tailVectors) : 0)) +
    rowPacking +
    panelCount * 20
  );
}
