// The phase that copies all columns into panels, by all threads together or by each for itself.
import type { FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { Contraction } from "../../plan/ir.ts";
import { emitAddress, emitIndices, emitOffset } from "./address.ts";
import { panelsOf, panelsPerLine, type Layout } from "./layout.ts";
import { lanesOf } from "./micro.ts";
import { packPanel } from "./pack.ts";
import { pushK } from "./pack-rows.ts";
import { columnPanels } from "./panels.ts";
import { Phase } from "./phase.ts";
import type { Plan } from "./plan.ts";

export function emitPackColumns(
  ctx: CodegenContext,
  contraction: Contraction,
  plan: Plan,
  layout: Layout,
  params: readonly "i32"[],
): FunctionRef {
  const { panelAxes, column, vectors, dtype, fullPanels, tail } = plan;
  return ctx.module.function(params, [], (f) => {
    const phase = new Phase(ctx, f, contraction, plan, layout);
    const { size } = phase;
    const bound = (next: 0 | 1): Local => {
      if (plan.columnsFirst === "each") f.i32(next * panelsOf(plan));
      else phase.pushShare(panelsOf(plan), next);
      return f.keep("i32");
    };
    const number = bound(0);
    const end = bound(1);
    phase.fillTables(["b"]);
    const width = vectors * lanesOf(dtype);
    f.forLess(number, end, 1, () => {
      f.scope(() => {
        const extents = [...panelAxes.map((axis) => axis.size), panelsPerLine(plan)];
        const indices = emitIndices(f, number, extents);
        const inLine = indices.at(-1) ?? null;
        const line = emitAddress(
          f,
          phase.b,
          panelAxes.map((axis, i) => [indices[i], axis.b * size]),
        );
        const target = emitAddress(f, columnPanels(phase), [[number, layout.columnPanelBytes]]);
        const pack = (source: Local, lines: number, panelVectors: number): void =>
          phase.eachBlock(null, null, source, source, (block) => {
            f.get(block.b).i32(column.b * size);
            phase.pushStep("b");
            f.get(target);
            if (block.number) pushK(phase, block.number, panelVectors * 16).op("i32.add");
            f.get(block.length).call(
              packPanel(ctx, {
                dtype,
                mode: plan.packColumns!,
                lines,
                width: panelVectors * lanesOf(dtype),
                table: layout.tableB !== null,
              }),
            );
          });
        const full = (): void =>
          pack(emitAddress(f, line, [[inLine, width * column.b * size]]), width, vectors);
        const last = (): void =>
          pack(emitOffset(f, line, tail!.start * column.b * size), tail!.valid, tail!.vectors);
        if (!tail) full();
        else if (fullPanels === 0) last();
        else f.get(inLine!).i32(fullPanels).op("i32.lt_u").if(full, last);
      });
    });
  });
}
