// How the main phase of a contraction comes by its operands: in place or from panels.
import type { FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import { emitAddress } from "./address.ts";
import type { Axis } from "./axes.ts";
import type { Part } from "./band.ts";
import { dotKernel } from "./dot.ts";
import { panelsOf, rowUnitsOf } from "./layout.ts";
import { lanesOf, microKernel } from "./micro.ts";
import { packPanel } from "./pack.ts";
import { pushK } from "./pack-rows.ts";
import type { Phase } from "./phase.ts";
import type { PanelForm, Plan } from "./plan.ts";

/** Where panels stand: addresses at their first column, and the number of the first tile. */
export interface Panel {
  readonly form: PanelForm;
  readonly a: Local;
  readonly b: Local;
  readonly streams: ReadonlyMap<number, Local>;
  /** Among the panels of all columns, and which chunk of k. */
  readonly inAll: Local;
  readonly chunk: Local | null;
  /** Tiles from `low` to `high`. */
  readonly low: Local;
  readonly high: Local;
  /** Which part of the sum is needed; null: all of it. */
  readonly part: Part | null;
}

/** A block of k. */
export interface Block {
  readonly a: Local;
  readonly b: Local;
  readonly length: Local;
  readonly number: Local | null;
  /** Not the first block of the sum. */
  readonly isLater: Local;
}

/** The one block of a sum of which a part is needed. */
export function blockOfPart({ f }: Phase, { a, b }: Panel, { length }: Part): Block {
  return { a, b, length, number: null, isLater: f.i32(0).keep("i32") };
}

/** A tile within a panel. */
export interface At {
  readonly unit: Local;
  readonly tile: Local | null;
  readonly streams: ReadonlyMap<number, Local>;
  readonly partial: Local | null;
  readonly walk: (base: Local, stride: (axis: Axis) => number) => Local;
}

/** Where the packed rows of a panel's batch begin. */
export function packedRows(phase: Phase, indices: readonly (Local | null)[]): Local {
  const { f, plan, layout, scratch } = phase;
  const base = phase.at(scratch, layout.rowPanels);
  let stride = rowUnitsOf(plan) * layout.rowPanelBytes;
  const terms: [Local | null, number][] = [];
  // The batch axes come first among the axes of panels.
  for (let i = plan.groups.batch.length - 1; i >= 0; i--) {
    terms.push([indices[i], stride]);
    stride *= plan.groups.batch[i].size;
  }
  return emitAddress(f, base, terms);
}

/** Where the panels of columns begin that are packed before the product. */
export const columnPanels = (phase: Phase): Local =>
  phase.at(
    phase.plan.columnsFirst === "each" ? phase.own : phase.scratch,
    phase.layout.columnPanels,
  );

/** The columns of a block, copied if they are to be. */
export function packedColumns(phase: Phase, panel: Panel, block: Omit<Block, "isLater">): Local {
  const { f, plan, layout, ctx } = phase;
  const { form } = panel;
  if (!plan.packColumns) return block.b;
  if (plan.columnsFirst) {
    f.get(panel.inAll).i32(layout.columnPanelBytes).op("i32.mul");
    f.get(columnPanels(phase)).op("i32.add");
    if (block.number) pushK(phase, block.number, form.vectors * 16).op("i32.add");
    skipPart(phase, panel, form.vectors * 16);
    return f.keep("i32");
  }
  const target = phase.at(phase.own, layout.panel);
  f.get(block.b).i32(plan.column.b * phase.size);
  phase.pushStep("b");
  f.get(target)
    .get(block.length)
    .call(
      packPanel(ctx, {
        dtype: plan.dtype,
        mode: plan.packColumns,
        lines: form.valid,
        width: form.vectors * lanesOf(plan.dtype),
        table: layout.tableB !== null,
      }),
    );
  return target;
}

/** Pushes the address of packed rows and, for the form's sake, a stride of 0. */
export function pushPackedRows(
  phase: Phase,
  panel: Panel,
  block: Block,
  unit: Local,
  rows: number,
): void {
  const { f, layout, size } = phase;
  f.get(panel.a).get(unit).i32(layout.rowPanelBytes).op("i32.mul", "i32.add");
  if (block.number) pushK(phase, block.number, rows * size).op("i32.add");
  skipPart(phase, panel, rows * size);
  f.i32(0);
}

/** Adds to an address in a panel of all terms, which take so many bytes, what lies before the needed ones. */
function skipPart({ f, plan }: Phase, { part }: Panel, bytes: number): void {
  if (!part) return;
  f.get(part.skip)
    .i32(plan.band!.inner * bytes)
    .op("i32.mul", "i32.add");
}

/** The inner loop for tiles of so many rows. */
export const kernelOf = (
  ctx: CodegenContext,
  plan: Plan,
  rows: number,
  vectors: number,
): FunctionRef =>
  plan.columnMode === "dot"
    ? dotKernel(ctx, plan.dtype, rows)
    : microKernel(ctx, { dtype: plan.dtype, rows, vectors, a: plan.rowMode, b: plan.columnMode });

/** The number of a panel's first tile among all, chunk by chunk. */
export function firstTile({ f, plan }: Phase, { inAll, chunk }: Panel): Local {
  f.get(inAll);
  if (chunk) f.get(chunk).i32(panelsOf(plan)).op("i32.mul", "i32.add");
  return f.i32(rowUnitsOf(plan)).op("i32.mul").keep("i32");
}

/** The address of a tile of partial sums, whose number is that of its panel's first tile and `unit` more. */
export function partialTile({ f, layout, scratch }: Phase, unit: Local, first: Local): Local {
  f.get(unit).get(first).op("i32.add").i32(layout.tileBytes).op("i32.mul");
  return f.get(scratch).op("i32.add").keep("i32");
}
