// The phase that copies the rows into panels, one for each tile of rows.
import type { FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { Contraction } from "../../plan/ir.ts";
import { emitAddress, emitIndices } from "./address.ts";
import { sizeOf, type Axis } from "./axes.ts";
import { rowUnitsOf, type Layout } from "./layout.ts";
import { packPanel } from "./pack.ts";
import { Phase } from "./phase.ts";
import type { Plan } from "./plan.ts";

export function emitPackRows(
  ctx: CodegenContext,
  contraction: Contraction,
  plan: Plan,
  layout: Layout,
  isSerial: boolean,
  params: readonly "i32"[],
): FunctionRef {
  const { groups, rowAxes, row } = plan;
  return ctx.module.function(params, [], (f) => {
    const phase = new Phase(ctx, f, contraction, plan, layout);
    const { size } = phase;
    const units = sizeOf(groups.batch) * rowUnitsOf(plan);
    if (isSerial) phase.leaveToFirst();
    const bound = (next: 0 | 1): Local => {
      if (isSerial) f.i32(next * units);
      else phase.pushShare(units, next);
      return f.keep("i32");
    };
    const unit = bound(0);
    const end = bound(1);
    phase.fillTables(["a"]);
    const axes = [...groups.batch, ...rowAxes];
    f.forLess(unit, end, 1, () => {
      f.scope(() => {
        const { indices, tile } = rowUnit(phase, unit, groups.batch);
        const start = rowStart(phase, tile);
        const source = emitAddress(f, phase.a, [
          ...axes.map((axis, i) => [indices[i], axis.a * size] as const),
          [start, row.a * size],
        ]);
        const target = emitAddress(f, phase.at(phase.scratch, layout.rowPanels), [
          [unit, layout.rowPanelBytes],
        ]);
        phase.eachBlock(null, null, source, source, (block) => {
          withTileRows(phase, tile, (lines) => {
            f.get(block.a).i32(row.a * size);
            phase.pushStep("a");
            f.get(target);
            if (block.number) pushK(phase, block.number, lines * size).op("i32.add");
            f.get(block.length).call(
              packPanel(ctx, {
                dtype: plan.dtype,
                mode: plan.packRows!,
                lines,
                width: lines,
                table: layout.tableA !== null,
              }),
            );
          });
        });
      });
    });
  });
}

/** Pushes where block `number` of k begins, in units of so many bytes. */
export function pushK(phase: Phase, number: Local, bytes: number): Phase["f"] {
  const { f, plan } = phase;
  const { pieces, length, perAxis } = plan.k;
  f.get(number)
    .i32(pieces)
    .op("i32.div_u")
    .i32(perAxis * bytes)
    .op("i32.mul");
  f.get(number)
    .i32(pieces)
    .op("i32.rem_u")
    .i32(length * bytes)
    .op("i32.mul");
  return f.op("i32.add");
}

/** The indices of a tile of rows along the axes of the batch and of rows, and which tile of `row` it is. */
export function rowUnit(
  { f, plan }: Phase,
  unit: Local,
  batch: readonly Axis[] = [],
): { readonly indices: readonly (Local | null)[]; readonly tile: Local | null } {
  const extents = [...batch, ...plan.rowAxes].map(({ size }) => size);
  const place = plan.areTilesOuter ? batch.length : extents.length;
  const indices = emitIndices(f, unit, extents.toSpliced(place, 0, plan.tiles.count));
  const [tile] = indices.splice(place, 1);
  return { indices, tile };
}

/** The first row of a tile: tile · (rows − 1) + min(tile, large). */
export function rowStart({ f, plan }: Phase, tile: Local | null): Local | null {
  const { rows, large, count } = { ...plan.tiles, ...plan.tiles.open };
  if (tile === null) return null;
  if (large === count) return f.get(tile).i32(rows).op("i32.mul").keep("i32");
  f.get(tile)
    .i32(rows - 1)
    .op("i32.mul");
  f.get(tile).i32(large).get(tile).i32(large).op("i32.lt_u", "select");
  return f.op("i32.add").keep("i32");
}

/** `body` for the number of rows that the tile has. */
export function withTileRows(
  { f, plan }: Phase,
  tile: Local | null,
  body: (rows: number) => void,
): void {
  const { rows, large, count, open } = plan.tiles;
  if (open !== null && tile !== null) {
    f.i32(open.rows).get(tile).i32(open.large).op("i32.ge_u", "i32.sub");
    const own = f.keep("i32");
    const choose = (r: number): void => {
      if (r === 1) return body(1);
      f.get(own)
        .i32(r)
        .op("i32.eq")
        .if(
          () => body(r),
          () => choose(r - 1),
        );
    };
    choose(rows);
  } else if (tile === null || large === count) body(rows);
  else {
    f.get(tile).i32(large).op("i32.lt_u");
    f.if(
      () => body(rows),
      () => body(rows - 1),
    );
  }
}
