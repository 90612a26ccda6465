// The main phase of a contraction: panel by panel of columns, and in each tile by tile of rows.
import type { FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { Contraction } from "../../plan/ir.ts";
import { emitAddress, emitIndices, emitOffset } from "./address.ts";
import type { Axis } from "./axes.ts";
import { emitPart } from "./band.ts";
import { Epilogue, streamsUsed } from "./epilogue.ts";
import { panelsOf, panelsPerLine, rowUnitsOf, tilesInGroup, type Layout } from "./layout.ts";
import { lanesOf } from "./micro.ts";
import { rowStart, rowUnit, withTileRows } from "./pack-rows.ts";
import {
  blockOfPart,
  firstTile,
  kernelOf,
  packedColumns,
  packedRows,
  partialTile,
  pushPackedRows,
  type At,
  type Block,
  type Panel,
} from "./panels.ts";
import { Phase } from "./phase.ts";
import type { Plan } from "./plan.ts";
import { shareOfTiles } from "./share.ts";
import { sumChunks } from "./sum-chunks.ts";

export interface ProductOptions {
  readonly contraction: Contraction;
  readonly plan: Plan;
  readonly layout: Layout;
  /** `product`: everything; `partials`: sums into scratch memory; `finish`: from there on. */
  readonly part: "product" | "partials" | "finish";
  readonly isSerial: boolean;
}

export function emitProduct(
  ctx: CodegenContext,
  options: ProductOptions,
  params: readonly "i32"[],
): FunctionRef {
  const { contraction, plan, layout } = options;
  return ctx.module.function(params, [], (f) => {
    new Product(new Phase(ctx, f, contraction, plan, layout), options).emit();
  });
}

class Product {
  private readonly phase: Phase;
  private readonly options: ProductOptions;
  private readonly chunks: number;
  /** Tiles in a block of rows. */
  private readonly rowUnits: number;
  /** The block of k that all panels are at. */
  private outerBlock: Block | null = null;

  constructor(phase: Phase, options: ProductOptions) {
    this.phase = phase;
    this.options = options;
    this.chunks = options.part === "finish" ? 1 : options.plan.chunks;
    this.rowUnits = options.plan.rowBlock.units;
  }

  emit(): void {
    const { phase, options, rowUnits } = this;
    const { f, plan } = phase;
    let begin: Local;
    let end: Local;
    if (options.isSerial) {
      phase.leaveToFirst();
      begin = f.i32(0).keep("i32");
      end = f.i32(this.chunks * plan.rowBlock.count * panelsOf(plan) * rowUnits).keep("i32");
    } else {
      begin = shareOfTiles(phase, this.chunks, 0);
      end = shareOfTiles(phase, this.chunks, 1);
      f.get(begin)
        .get(end)
        .op("i32.ge_u")
        .if(() => f.op("return"));
    }
    if (options.part !== "finish") {
      phase.fillTables(plan.packRows ? ["b"] : ["a", "b"]);
    }
    if (options.part === "finish" || this.chunks > 1 || plan.k.count === 1) {
      this.sweep(begin, end);
      return;
    }
    // All panels are gone through for one block of k after another, so that its rows stay in the cache.
    phase.eachBlock(null, null, phase.a, phase.b, (block) => {
      const isLater = f.get(block.number!).i32(0).op("i32.ne").keep("i32");
      this.outerBlock = { ...block, isLater };
      this.sweep(begin, end);
    });
  }

  /** The panels from tile `begin` to `end`. */
  private sweep(begin: Local, end: Local): void {
    const { phase, rowUnits } = this;
    const { f } = phase;
    const number = f.get(begin).i32(rowUnits).op("i32.div_u").keep("i32");
    const first = f.get(number).i32(rowUnits).op("i32.mul").keep("i32");
    f.loop((again) => {
      f.scope(() => this.panels(number, first, begin, end));
      f.get(number).i32(1).op("i32.add").set(number);
      f.get(first).i32(rowUnits).op("i32.add").tee(first).get(end).op("i32.lt_u").brIf(again);
    });
  }

  /** One panel, of one form or the other. */
  private panels(number: Local, first: Local, begin: Local, end: Local): void {
    const { phase, rowUnits } = this;
    const { f, plan, size } = phase;
    const { panelAxes, vectors, column, dtype } = plan;
    const zero = f.i32(0).keep("i32");
    f.get(begin).get(first).op("i32.sub");
    f.get(zero).get(begin).get(first).op("i32.gt_s", "select");
    const low = f.keep("i32");
    f.i32(rowUnits).get(end).get(first).op("i32.sub");
    f.get(end).get(first).op("i32.sub").i32(rowUnits).op("i32.gt_s", "select");
    const high = f.keep("i32");

    const { count } = plan.rowBlock;
    const extents = [
      this.chunks,
      count,
      ...panelAxes.map((axis) => axis.size),
      panelsPerLine(plan),
    ];
    const [chunk, rowBlock, ...indices] = emitIndices(f, number, extents);
    if (rowBlock) this.shiftToBlock(rowBlock, low, high);
    const inLine = indices.pop() ?? null;
    const inAll = f.get(number).i32(panelsOf(plan)).op("i32.rem_u").keep("i32");
    const width = vectors * lanesOf(dtype);
    const walk = (base: Local, stride: (axis: Axis) => number, last: number): Local =>
      emitAddress(f, base, [
        ...panelAxes.map((axis, i) => [indices[i], stride(axis)] as const),
        [inLine, last],
      ]);
    const from = (isTail: boolean): void => {
      const form = isTail ? plan.tail! : { vectors, start: 0, valid: width, skip: 0 };
      // A tail's first column is a constant, the others' depends on the number of the panel.
      const perPanel = isTail ? 0 : width;
      const column0 = (base: Local, stride: number): Local =>
        emitOffset(f, base, form.start * stride);
      const { band } = plan;
      const part = band && emitPart(f, band, indices[band.panelAxis]);
      const skip = (base: Local, of: "a" | "b"): Local =>
        part ? emitAddress(f, base, [[part.skip, band.axis[of] * size]]) : base;
      const a = plan.packRows
        ? packedRows(phase, indices)
        : skip(
            walk(this.outerBlock?.a ?? phase.a, (axis) => axis.a * size, 0),
            "a",
          );
      const all = walk(
        column0(this.outerBlock?.b ?? phase.b, column.b * size),
        (axis) => axis.b * size,
        perPanel * column.b * size,
      );
      const b = skip(all, "b");
      const streams = new Map(
        this.streams().map((stream) => {
          const unit = phase.streamUnit(stream);
          const base = column0(phase.streamBase(stream), column.streams[stream] * unit);
          const last = perPanel * column.streams[stream] * unit;
          return [stream, walk(base, (axis) => axis.streams[stream] * unit, last)];
        }),
      );
      this.panel({ form, a, b, part, streams, inAll, chunk, low, high });
    };
    if (!plan.tail || plan.fullPanels === 0) {
      from(plan.fullPanels === 0);
      return;
    }
    f.get(inLine!).i32(plan.fullPanels).op("i32.lt_u");
    f.if(
      () => f.scope(() => from(false)),
      () => f.scope(() => from(true)),
    );
  }

  /** From tiles of the block of rows to tiles of all rows; the last block may be shorter. */
  private shiftToBlock(rowBlock: Local, low: Local, high: Local): void {
    const { f, plan } = this.phase;
    const all = rowUnitsOf(plan);
    const first = f.get(rowBlock).i32(this.rowUnits).op("i32.mul").keep("i32");
    f.get(low).get(first).op("i32.add").set(low);
    f.get(high).get(first).op("i32.add").tee(high).i32(all);
    f.get(high).i32(all).op("i32.lt_s", "select").set(high);
  }

  private panel(panel: Panel): void {
    const { phase, options } = this;
    const { f, plan } = phase;
    if (options.part === "finish") {
      this.rows(panel, null);
      return;
    }
    if (this.outerBlock) {
      const here = { ...this.outerBlock, a: panel.a, b: panel.b };
      this.rows(panel, { ...here, b: packedColumns(phase, panel, here) });
      return;
    }
    if (panel.part) {
      const block = blockOfPart(phase, panel, panel.part);
      this.rows(panel, { ...block, b: packedColumns(phase, panel, block) });
      return;
    }
    const bounds = [0, 1].map((next) => {
      if (panel.chunk === null) return null;
      f.get(panel.chunk).i32(next).op("i32.add").i32(plan.k.count).op("i32.mul");
      return f.i32(plan.chunks).op("i32.div_u").keep("i32");
    });
    phase.eachBlock(bounds[0], bounds[1], panel.a, panel.b, (block) => {
      const isLater = block.number
        ? f
            .get(block.number)
            .get(bounds[0] ?? this.zero())
            .op("i32.ne")
            .keep("i32")
        : this.zero();
      this.rows(panel, { ...block, b: packedColumns(phase, panel, block), isLater });
    });
  }

  private zero(): Local {
    return this.phase.f.i32(0).keep("i32");
  }

  private rows(panel: Panel, block: Block | null): void {
    const { phase } = this;
    const { f, plan } = phase;
    const { rowAxes, row } = plan;
    if (this.isGrouped(panel)) {
      this.groups(panel, block);
      return;
    }
    const unit = f.get(panel.low).keep("i32");
    const tileNumber = firstTile(phase, panel);
    f.forLess(unit, panel.high, 1, () => {
      f.scope(() => {
        const { indices, tile } = rowUnit(phase, unit);
        const start = rowStart(phase, tile);
        const walk = (base: Local, stride: (axis: Axis) => number): Local =>
          emitAddress(f, base, [
            ...rowAxes.map((axis, i) => [indices[i], stride(axis)] as const),
            [start, stride(row)],
          ]);
        const streams = new Map(
          [...panel.streams].map(([stream, at]) => {
            const unitBytes = phase.streamUnit(stream);
            return [stream, walk(at, (axis) => axis.streams[stream] * unitBytes)];
          }),
        );
        const partial =
          this.options.part === "product" ? null : partialTile(phase, unit, tileNumber);
        this.tile(panel, block, { unit, tile, streams, partial, walk });
      });
    });
  }

  /** Whether tiles, one below the other, wait for each other before they go through the epilogue. */
  private isGrouped({ form }: Panel): boolean {
    const { plan } = this.phase;
    return this.options.part !== "partials" && plan.isGrouped && !this.isDirect(form);
  }

  private isDirect({ valid, vectors }: Panel["form"]): boolean {
    const { plan } = this.phase;
    const isWhole = valid === vectors * lanesOf(plan.dtype);
    return isWhole && this.options.part === "product" && plan.direct !== null;
  }

  /** The tiles of a panel, group by group: all sums of a group, then the epilogue of all its rows. */
  private groups(panel: Panel, block: Block | null): void {
    const { phase } = this;
    const { f, plan } = phase;
    const { row } = plan;
    const rowBytes = panel.form.vectors * 16;
    const own = phase.at(phase.own, phase.layout.tile);
    const tileNumber = firstTile(phase, panel);
    const first = f.get(panel.low).keep("i32");
    f.forLess(first, panel.high, tilesInGroup, () => {
      f.scope(() => {
        const end = f.get(first).i32(tilesInGroup).op("i32.add").keep("i32");
        f.get(end).get(panel.high).get(end).get(panel.high).op("i32.lt_s", "select").set(end);
        const start = rowStart(phase, first)!;
        const unit = f.get(first).keep("i32");
        f.forLess(unit, end, 1, () => {
          f.scope(() => {
            const here = rowStart(phase, unit)!;
            const walk = (base: Local, stride: (axis: Axis) => number): Local =>
              emitAddress(f, base, [[here, stride(row)]]);
            const streams = new Map<number, Local>();
            const partial =
              this.options.part === "product" ? null : partialTile(phase, unit, tileNumber);
            f.get(here).get(start).op("i32.sub").i32(rowBytes).op("i32.mul").get(own).op("i32.add");
            const target = f.keep("i32");
            withTileRows(phase, unit, (rows) => {
              const at = { unit, tile: unit, streams, partial, walk };
              this.sums(panel, block, at, rows, () => f.get(target));
            });
          });
        });
        const streams = new Map(
          [...panel.streams].map(([stream, at]) => {
            const bytes = row.streams[stream] * phase.streamUnit(stream);
            return [stream, emitAddress(f, at, [[start, bytes]])];
          }),
        );
        f.get(rowStart(phase, end)!).get(start).op("i32.sub");
        this.epilogue(panel, streams, own, f.keep("i32"));
      });
    });
  }

  private tile(panel: Panel, block: Block | null, at: At): void {
    const { phase, options } = this;
    const { f, plan, layout } = phase;
    const direct = this.isDirect(panel.form) ? plan.direct : null;
    const own = phase.at(phase.own, layout.tile);
    const rowsOfTile = f.local("i32");
    const finish = (rows: number | Local): void => {
      if (options.part !== "partials" && !direct) this.epilogue(panel, at.streams, own, rows);
    };
    withTileRows(phase, at.tile, (rows) => {
      this.sums(panel, block, at, rows, () => {
        if (direct) f.get(at.streams.get(direct.operand)!);
        else f.get((block && at.partial) ?? own);
      });
      if (plan.isEpilogueTransposed) finish(rows);
      else f.i32(rows).set(rowsOfTile);
    });
    if (!plan.isEpilogueTransposed) finish(rowsOfTile);
  }

  /** The sums of a tile of so many rows, at the address that is pushed. */
  private sums(
    panel: Panel,
    block: Block | null,
    at: At,
    rows: number,
    pushTarget: () => void,
  ): void {
    const { phase } = this;
    const { f, plan, layout, ctx } = phase;
    const { form } = panel;
    const { vectors } = form;
    if (!block) {
      f.get(at.partial!).i32(layout.chunkBytes).i32(plan.chunks);
      pushTarget();
      f.i32(rows * vectors).call(sumChunks(ctx, plan.dtype));
      return;
    }
    if (plan.packRows) {
      pushPackedRows(phase, panel, block, at.unit, rows);
      f.i32(rows * phase.size);
    } else {
      f.get(at.walk(block.a, (axis) => axis.a * phase.size)).i32(plan.row.a * phase.size);
      phase.pushStep("a");
    }
    f.get(block.b);
    if (plan.packColumns) f.i32(0);
    else phase.pushStep("b");
    pushTarget();
    f.i32(this.isDirect(form) ? plan.row.streams[plan.direct!.operand] * phase.size : vectors * 16);
    f.get(block.length).get(block.isLater);
    f.call(kernelOf(ctx, plan, rows, vectors));
  }

  private epilogue(
    panel: Panel,
    streams: ReadonlyMap<number, Local>,
    tile: Local,
    rows: number | Local,
  ): void {
    const { phase } = this;
    const { plan, contraction } = phase;
    const { form } = panel;
    const count = contraction.epilogue.operands.length + contraction.epilogue.instrs.length;
    const all = Array.from({ length: count }, (_, stream) => ({
      at: streams.get(stream) ?? null,
      row: plan.row.streams[stream] ?? 0,
      column: plan.column.streams[stream] ?? 0,
    }));
    new Epilogue(phase.ctx, phase.f, contraction, all, {
      address: tile,
      rowBytes: form.vectors * 16,
      rows,
      skip: form.skip,
      valid: form.valid,
      isTransposed: plan.isEpilogueTransposed,
    }).emit();
  }

  private streams(): number[] {
    return this.options.part === "partials" ? [] : streamsUsed(this.phase.contraction);
  }
}
