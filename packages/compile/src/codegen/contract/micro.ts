// The inner loops of a matrix product: a tile of rows × vectors that stays in registers while k runs
// (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008). A row's element is
// spread over a vector and multiplied with the vectors of columns:
//   c[r, j] = Σ_k a[r, k] · b[k, j], one fused multiply-add for each k, in the order of k.
import type { CodegenContext } from "../context.ts";
import type { FunctionBuilder, FunctionRef, Local } from "../../wasm/function.ts";

export type FloatType = "float32" | "float64";

/** How the rows are read: `panel`: neighbouring rows are neighbours in memory; `rows`: neighbouring k
 *  are; `table`: anything, offsets of k from a table. */
export const rowModes = ["panel", "rows", "table"] as const;
export type RowMode = (typeof rowModes)[number];
/** How the columns are read, which are always neighbours in memory: `packed`: one panel after another
 *  without gaps; `panel`: one stride between neighbouring k; `table`: offsets of k from a table. */
export const columnModes = ["packed", "panel", "table"] as const;
export type ColumnMode = (typeof columnModes)[number];

export interface MicroForm {
  readonly dtype: FloatType;
  readonly rows: number;
  readonly vectors: number;
  readonly a: RowMode;
  readonly b: ColumnMode;
}

export const bytesOf = (dtype: FloatType): 4 | 8 => (dtype === "float32" ? 4 : 8);
export const lanesOf = (dtype: FloatType): 4 | 2 => (dtype === "float32" ? 4 : 2);

const unroll = 4;

/** What inner loops need of the module that they are part of. */
export type MicroContext = Pick<CodegenContext, "module" | "features" | "wide">;

export const formName = ({ dtype, rows, vectors, a, b }: MicroForm): string =>
  `micro:${dtype}:${rows}x${vectors}:${a}:${b}`;

export const microParams: readonly "i32"[] = new Array<"i32">(9).fill("i32");

/**
 * (a, rowStride, aStep, b, bStep, c, cRowStride, k, accumulate): the tile at c becomes the product, or
 * grows by it. A step is the stride of k (`panel`), the address of the table of offsets (`table`), or
 * nothing. All in bytes.
 */
export function microKernel(ctx: MicroContext, form: MicroForm): FunctionRef {
  const { module, wide } = ctx;
  const name = formName(form);
  return module.shared(name, () => {
    const place = wide?.get(name);
    if (place !== undefined) return module.tableFunction(place, microParams, []);
    return module.function(microParams, [], (f) => new Micro(ctx, f, form).emit());
  });
}

class Micro {
  private readonly ctx: MicroContext;
  private readonly f: FunctionBuilder;
  private readonly form: MicroForm;
  private readonly size: 4 | 8;
  private readonly acc: readonly Local[];
  private readonly rowPointers: Local[];
  private readonly bPointer: Local;
  private readonly aStep: Local;
  private readonly bStep: Local;

  constructor(ctx: MicroContext, f: FunctionBuilder, form: MicroForm) {
    this.ctx = ctx;
    this.f = f;
    this.form = form;
    this.size = bytesOf(form.dtype);
    this.acc = Array.from({ length: form.rows * form.vectors }, () => f.local("v128"));
    this.rowPointers = [f.params[0]];
    this.aStep = f.params[2];
    this.bPointer = f.params[3];
    this.bStep = f.params[4];
  }

  emit(): void {
    const { f, form } = this;
    const [, rowStride, , , , c, cRowStride, k, accumulate] = f.params;
    if (form.a !== "panel") {
      for (let r = 1; r < form.rows; r++) {
        this.rowPointers.push(
          f
            .get(this.rowPointers[r - 1])
            .get(rowStride)
            .op("i32.add")
            .keep("i32"),
        );
      }
    }
    f.get(accumulate).if(
      () => {
        const pointer = f.get(c).keep("i32");
        this.eachRow(pointer, cRowStride, (acc, offset) =>
          f.get(pointer).memory("v128.load", offset).set(acc),
        );
      },
      () => this.acc.forEach((acc) => f.v128(new Uint8Array(16)).set(acc)),
    );
    this.loopOver(k);
    this.eachRow(c, cRowStride, (acc, offset) => f.get(c).get(acc).memory("v128.store", offset));
  }

  /** `body` for each accumulator, while the pointer goes from row to row. */
  private eachRow(pointer: Local, stride: Local, body: (acc: Local, offset: number) => void): void {
    const { rows, vectors } = this.form;
    for (let r = 0; r < rows; r++) {
      if (r > 0) this.f.get(pointer).get(stride).op("i32.add").set(pointer);
      for (let v = 0; v < vectors; v++) body(this.acc[r * vectors + v], v * 16);
    }
  }

  private loopOver(k: Local): void {
    const { f } = this;
    const whole = f.get(k).i32(-unroll).op("i32.and").keep("i32");
    const i = f.i32(0).keep("i32");
    f.forLess(i, whole, unroll, () => this.steps(unroll));
    f.forLess(i, k, 1, () => this.steps(1));
  }

  private steps(count: number): void {
    const { f, form, size, rowPointers, aStep, bStep, bPointer } = this;
    const move = (pointer: Local, by: Local | number) =>
      (typeof by === "number" ? f.get(pointer).i32(by) : f.get(pointer).get(by))
        .op("i32.add")
        .set(pointer);
    for (let step = 0; step < count; step++) {
      f.scope(() => this.step(step));
      if (form.a === "panel") move(rowPointers[0], aStep);
      if (form.b === "panel") move(bPointer, bStep);
    }
    if (form.a === "rows") rowPointers.forEach((pointer) => move(pointer, count * size));
    if (form.a === "table") move(aStep, count * 4);
    if (form.b === "table") move(bStep, count * 4);
    if (form.b === "packed") move(bPointer, count * form.vectors * 16);
  }

  private step(step: number): void {
    const { f, form } = this;
    const { rows, vectors } = form;
    const aOffset =
      form.a === "table"
        ? f
            .get(this.aStep)
            .memory("i32.load", step * 4)
            .keep("i32")
        : null;
    let b = this.bPointer;
    if (form.b === "table") {
      b = f
        .get(b)
        .get(this.bStep)
        .memory("i32.load", step * 4)
        .op("i32.add")
        .keep("i32");
    }
    const bOffset = form.b === "packed" ? step * vectors * 16 : 0;
    // Whichever is less stays in registers: the vectors of b, or the spread elements of a.
    if (vectors <= rows) {
      const columns = this.list(vectors, (v) => f.get(b).memory("v128.load", bOffset + v * 16));
      for (let r = 0; r < rows; r++) {
        f.scope(() => {
          this.spread(r, step, aOffset);
          const x = f.keep("v128");
          for (let v = 0; v < vectors; v++) this.multiplyAdd(x, columns[v], r * vectors + v);
        });
      }
      return;
    }
    const spreads = this.list(rows, (r) => this.spread(r, step, aOffset));
    for (let v = 0; v < vectors; v++) {
      f.scope(() => {
        const column = f
          .get(b)
          .memory("v128.load", bOffset + v * 16)
          .keep("v128");
        for (let r = 0; r < rows; r++) this.multiplyAdd(spreads[r], column, r * vectors + v);
      });
    }
  }

  private list(count: number, push: (i: number) => void): Local[] {
    return Array.from({ length: count }, (_, i) => {
      push(i);
      return this.f.keep("v128");
    });
  }

  private spread(row: number, step: number, aOffset: Local | null): void {
    const { f, form, size } = this;
    f.get(form.a === "panel" ? this.rowPointers[0] : this.rowPointers[row]);
    if (aOffset) f.get(aOffset).op("i32.add");
    const offset = form.a === "panel" ? row * size : form.a === "rows" ? step * size : 0;
    f.memory(size === 4 ? "v128.load32_splat" : "v128.load64_splat", offset);
  }

  private multiplyAdd(x: Local, y: Local, accumulator: number): void {
    emitMultiplyAdd(this.ctx, this.f, this.form.dtype, x, y, this.acc[accumulator]);
  }
}

/** acc += x · y; in one rounding where the machine can. */
export function emitMultiplyAdd(
  ctx: Pick<CodegenContext, "features">,
  f: FunctionBuilder,
  dtype: FloatType,
  x: Local,
  y: Local,
  acc: Local,
): void {
  const shape = dtype === "float32" ? "f32x4" : "f64x2";
  if (ctx.features.relaxedSimd) f.get(x).get(y).get(acc).op(`${shape}.relaxed_madd`).set(acc);
  else f.get(acc).get(x).get(y).op(`${shape}.mul`, `${shape}.add`).set(acc);
}
