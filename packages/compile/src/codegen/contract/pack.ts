// Copies lines of an operand into a panel, in which the elements of one k lie side by side:
// panel[k · width + line] = operand[line, k].
import type { FunctionBuilder, FunctionRef, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import { transpose } from "../vector/index.ts";
import { bytesOf, lanesOf, type FloatType } from "./micro.ts";

/** `contiguous`: neighbouring lines are neighbours in memory; `transposed`: neighbouring k are;
 *  `gather`: neither. */
export type PackMode = "contiguous" | "transposed" | "gather";

export interface PackForm {
  readonly dtype: FloatType;
  readonly mode: PackMode;
  /** How many lines there are, and how many a panel has; the last line stands in for missing ones. */
  readonly lines: number;
  readonly width: number;
  /** The step is the address of a table of offsets instead of a stride. */
  readonly table: boolean;
}

/** (source, lineStride, step, panel, k), in bytes. */
export function packPanel(ctx: CodegenContext, form: PackForm): FunctionRef {
  const { dtype, mode, lines, width, table } = form;
  const key = `pack:${dtype}:${mode}:${lines}:${width}:${table ? "table" : "stride"}`;
  return ctx.module.shared(key, () =>
    ctx.module.function(new Array<"i32">(5).fill("i32"), [], (f) => new Pack(f, form).emit()),
  );
}

class Pack {
  private readonly f: FunctionBuilder;
  private readonly form: PackForm;
  private readonly size: 4 | 8;
  private readonly lanes: 4 | 2;
  /** One for each line; `contiguous` needs but the first. */
  private readonly pointers: Local[];

  constructor(f: FunctionBuilder, form: PackForm) {
    this.f = f;
    this.form = form;
    this.size = bytesOf(form.dtype);
    this.lanes = lanesOf(form.dtype);
    this.pointers = [f.params[0]];
  }

  emit(): void {
    const { f, form, pointers } = this;
    const [, lineStride, , , k] = f.params;
    if (form.mode !== "contiguous") {
      for (let line = 1; line < form.lines; line++) {
        pointers.push(
          f
            .get(pointers[line - 1])
            .get(lineStride)
            .op("i32.add")
            .keep("i32"),
        );
      }
    }
    const i = f.i32(0).keep("i32");
    if (form.mode === "transposed") {
      const whole = f.get(k).i32(-this.lanes).op("i32.and").keep("i32");
      f.forLess(i, whole, this.lanes, () => this.block());
    }
    f.forLess(i, k, 1, () => this.single());
  }

  /** The elements of one k. */
  private single(): void {
    const { f, form, size } = this;
    const { mode, lines, width, table } = form;
    const [, , step, panel] = f.params;
    const isContiguous = mode === "contiguous";
    f.scope(() => {
      const offset = table ? f.get(step).memory("i32.load").keep("i32") : null;
      const from = (line: number): { address: Local; offset: number } => {
        const pointer = this.pointers[isContiguous ? 0 : line];
        const extra = isContiguous ? line * size : 0;
        if (!offset) return { address: pointer, offset: extra };
        return { address: f.get(pointer).get(offset).op("i32.add").keep("i32"), offset: extra };
      };
      let line = 0;
      if (isContiguous) {
        for (; line + this.lanes <= lines; line += this.lanes) {
          const source = from(line);
          f.get(panel).get(source.address).memory("v128.load", source.offset);
          f.memory("v128.store", line * size);
        }
      }
      for (; line < width; line++) this.copyElement(from(Math.min(line, lines - 1)), line * size);
    });
    if (table) this.move(step, 4);
    else for (const pointer of this.pointers) this.moveBy(pointer, step);
    this.move(panel, width * size);
  }

  private copyElement(source: { address: Local; offset: number }, to: number): void {
    const { f, form } = this;
    const load = form.dtype === "float32" ? "i32.load" : "i64.load";
    const store = form.dtype === "float32" ? "i32.store" : "i64.store";
    f.get(f.params[3]).get(source.address).memory(load, source.offset).memory(store, to);
  }

  /** As many k as a vector has lanes: square blocks are transposed in registers. */
  private block(): void {
    const { f, form, lanes, size, pointers } = this;
    const { lines, width } = form;
    const panel = f.params[3];
    let line = 0;
    for (; line + lanes <= lines; line += lanes) {
      f.scope(() => {
        const loaded = pointers
          .slice(line, line + lanes)
          .map((pointer) => f.get(pointer).memory("v128.load").keep("v128"));
        transpose(f, loaded).forEach((vector, k) =>
          f
            .get(panel)
            .get(vector)
            .memory("v128.store", (k * width + line) * size),
        );
      });
    }
    for (; line < width; line++) {
      const address = pointers[Math.min(line, lines - 1)];
      for (let k = 0; k < lanes; k++) {
        this.copyElement({ address, offset: k * size }, (k * width + line) * size);
      }
    }
    for (const pointer of pointers) this.move(pointer, 16);
    this.move(panel, lanes * width * size);
  }

  private move(pointer: Local, bytes: number): void {
    this.f.get(pointer).i32(bytes).op("i32.add").set(pointer);
  }

  private moveBy(pointer: Local, bytes: Local): void {
    this.f.get(pointer).get(bytes).op("i32.add").set(pointer);
  }
}
