// What is done with a finished tile of sums: the straight-line program of the epilogue, vector by
// vector, line by line.
import type { FunctionBuilder, Local } from "../../wasm/function.ts";
import type { CodegenContext } from "../context.ts";
import type { Contraction, Instr } from "../../plan/ir.ts";
import {
  elementBytes,
  emitInstr,
  emitLoadStrided,
  emitStoreStrided,
  lanesFor,
  type Lanes,
} from "../vector/index.ts";
import { isHeavy } from "../loop/cost.ts";
import { emitOffset } from "./address.ts";

/** An operand, or the value of an index instruction, at the first element of the tile. */
export interface Stream {
  readonly at: Local | null;
  /** In elements. */
  readonly row: number;
  readonly column: number;
}

export interface Tile {
  readonly address: Local;
  /** Bytes from row to row. */
  readonly rowBytes: number;
  /** A constant where the vectors lie along the rows. */
  readonly rows: Local | number;
  /** Columns from `skip` to `valid` are wanted. */
  readonly skip: number;
  readonly valid: number;
  readonly isTransposed: boolean;
}

const supported: ReadonlySet<Instr["kind"]> = new Set(["load", "const", "call", "cast", "index"]);

/** Whether tiles can go through the epilogue one by one. */
export const isTileable = ({ epilogue: { instrs, stores } }: Contraction): boolean =>
  instrs.every(({ kind }) => supported.has(kind)) && !stores.some(({ accumulate }) => accumulate);

/** Whether the epilogue calls functions of which each is worth many instructions. */
export const isCostly = (c: Contraction): boolean =>
  neededBy(c).some((i) => {
    const instr = c.epilogue.instrs[i];
    return instr.kind === "call" && isHeavy(instr);
  });

/** How many vectors of a line are computed side by side. */
const sideBySide = 2;

/** A position in the line, and how many elements from there make a vector. */
interface Vector {
  readonly start: number;
  readonly count: number;
}

interface Moving {
  readonly line: boolean;
  readonly vector: boolean;
}

export class Epilogue {
  private readonly ctx: CodegenContext;
  private readonly f: FunctionBuilder;
  private readonly contraction: Contraction;
  private readonly lanes: Lanes;
  private readonly streams: readonly Stream[];
  private readonly tile: Tile;
  private readonly needed: readonly number[];
  private readonly moving: readonly Moving[];
  /** The streams and the tile in the line that is being done. */
  private at: (Local | null)[] = [];

  constructor(
    ctx: CodegenContext,
    f: FunctionBuilder,
    contraction: Contraction,
    streams: readonly Stream[],
    tile: Tile,
  ) {
    this.ctx = ctx;
    this.f = f;
    this.contraction = contraction;
    this.tile = tile;
    const { instrs } = contraction.epilogue;
    this.lanes = lanesFor([contraction.dtype, ...instrs.map(({ dtype }) => dtype)]);
    const size = elementBytes[contraction.dtype];
    this.streams = [
      { at: tile.address, row: tile.rowBytes / size, column: 1 },
      ...streams.slice(1),
    ];
    this.needed = neededBy(contraction);
    this.moving = movingOf(contraction.epilogue, (stream) => ({
      line: this.lineStride(stream) !== 0,
      vector: this.vectorStride(stream) !== 0,
    }));
  }

  emit(): void {
    const { f, tile } = this;
    f.scope(() => {
      this.at = this.streams.map((stream, i) => this.lineStart(stream, i));
      const vectors = this.vectors();
      const fixed = this.evaluate({ line: false, vector: false }, vectors[0], []);
      const alongLine = vectors.map((vector) =>
        this.evaluate({ line: false, vector: true }, vector, fixed),
      );
      const i = f.i32(tile.isTransposed ? tile.skip : 0).keep("i32");
      f.forLess(i, tile.isTransposed ? tile.valid : tile.rows, 1, () => {
        f.scope(() => {
          const inLine = this.evaluate({ line: true, vector: false }, vectors[0], fixed);
          const known = alongLine.map((values) => merge(values, inLine));
          for (let v = 0; v < vectors.length; v += sideBySide) {
            this.group(vectors.slice(v, v + sideBySide), known.slice(v, v + sideBySide));
          }
        });
        this.nextLine();
      });
    });
  }

  /** Vectors of a line side by side: one alone would wait for each of its results. */
  private group(
    group: readonly Vector[],
    known: readonly (readonly (Local | undefined)[])[],
  ): void {
    const { f } = this;
    const { instrs } = this.contraction.epilogue;
    f.scope(() => {
      const values = known.map((those) => [...those]);
      for (const i of this.needed) {
        const { line, vector: along } = this.moving[i];
        if (!line || !along) continue;
        const each = group.map((vector, v) => () => {
          values[v][i] = this.value(i, vector, values[v]);
        });
        if (instrs[i].kind === "call") f.interleave(each);
        else for (const emit of each) emit();
      }
      group.forEach((vector, v) => this.store(vector, values[v]));
    });
  }

  private store(vector: Vector, values: readonly (Local | undefined)[]): void {
    const { f, lanes, contraction } = this;
    const { stores, operands } = contraction.epilogue;
    for (const { operand, value } of stores) {
      const { dtype } = operands[operand];
      const stride = this.vectorStride(operand) * elementBytes[dtype];
      const offset = vector.start * stride;
      emitStoreStrided(
        f,
        lanes,
        dtype,
        this.at[operand]!,
        offset,
        stride,
        values[value]!,
        vector.count,
      );
    }
  }

  private vectors(): Vector[] {
    const { lanes, tile } = this;
    const [first, end] = tile.isTransposed ? [0, tile.rows as number] : [tile.skip, tile.valid];
    const vectors: Vector[] = [];
    for (let start = first; start < end; start += lanes) {
      vectors.push({ start, count: Math.min(lanes, end - start) });
    }
    return vectors;
  }

  /** The values that move exactly so, besides those that are known. */
  private evaluate(
    which: Moving,
    vector: Vector,
    known: readonly (Local | undefined)[],
  ): (Local | undefined)[] {
    const values = [...known];
    for (const i of this.needed) {
      const { line, vector: along } = this.moving[i];
      if (line === which.line && along === which.vector) values[i] = this.value(i, vector, values);
    }
    return values;
  }

  private value(i: number, vector: Vector, values: readonly (Local | undefined)[]): Local {
    const { f, lanes, ctx } = this;
    const { instrs, operands } = this.contraction.epilogue;
    const instr = instrs[i];
    if (instr.kind === "load") {
      const { dtype } = operands[instr.operand];
      const stride = this.vectorStride(instr.operand) * elementBytes[dtype];
      const offset = vector.start * stride;
      return emitLoadStrided(
        f,
        lanes,
        dtype,
        this.at[instr.operand]!,
        offset,
        stride,
        vector.count,
      );
    }
    if (instr.kind === "index") return this.index(operands.length + i, vector);
    const args = instr.kind === "call" ? instr.args : instr.kind === "cast" ? [instr.arg] : [];
    const constants = args.map((arg) => {
      const of = instrs[arg];
      return of.kind === "const" ? of.value : undefined;
    });
    const types = args.map((arg) => instrs[arg].dtype);
    return emitInstr(
      ctx,
      f,
      lanes,
      instr,
      args.map((arg) => values[arg]!),
      types,
      constants,
    );
  }

  private index(stream: number, vector: Vector): Local {
    const { f } = this;
    const stride = this.vectorStride(stream);
    f.get(this.at[stream]!).op("i32x4.splat");
    if (stride !== 0) {
      const [s, d] = [vector.start * stride, stride];
      f.i32x4(s, s + d, s + 2 * d, s + 3 * d).op("i32x4.add");
    }
    return f.keep("v128");
  }

  private lineStride(stream: number): number {
    const { row, column } = this.streams[stream];
    return this.tile.isTransposed ? column : row;
  }

  private vectorStride(stream: number): number {
    const { row, column } = this.streams[stream];
    return this.tile.isTransposed ? row : column;
  }

  /** A pointer that may move from line to line. */
  private lineStart({ at, column }: Stream, stream: number): Local | null {
    const { f, tile } = this;
    if (!at) return null;
    const start = tile.isTransposed
      ? emitOffset(f, at, tile.skip * column * this.unit(stream))
      : at;
    return this.lineStride(stream) === 0 || start !== at ? start : f.get(start).keep("i32");
  }

  private nextLine(): void {
    const { f } = this;
    this.at.forEach((pointer, stream) => {
      const bytes = this.lineStride(stream) * this.unit(stream);
      if (pointer && bytes !== 0) f.get(pointer).i32(bytes).op("i32.add").set(pointer);
    });
  }

  /** Bytes of an element; an index counts by itself. */
  private unit(stream: number): number {
    const { operands } = this.contraction.epilogue;
    return stream < operands.length ? elementBytes[operands[stream].dtype] : 1;
  }
}

/** The streams (see axes.ts) that the epilogue reads or writes, but for the sum. */
export function streamsUsed(c: Contraction): number[] {
  const { operands, instrs, stores } = c.epilogue;
  const used = new Set(stores.map(({ operand }) => operand));
  for (const i of neededBy(c)) {
    const instr = instrs[i];
    if (instr.kind === "load") used.add(instr.operand);
    if (instr.kind === "index") used.add(operands.length + i);
  }
  used.delete(0);
  return [...used];
}

/** The values that stores depend on, in order. */
function neededBy({ epilogue: { instrs, stores } }: Contraction): number[] {
  const needed = new Set(stores.map(({ value }) => value));
  for (let i = instrs.length - 1; i >= 0; i--) {
    if (!needed.has(i)) continue;
    for (const arg of argsOf(instrs[i])) needed.add(arg);
  }
  return [...needed].sort((x, y) => x - y);
}

function argsOf(instr: Instr): readonly number[] {
  if (instr.kind === "call") return instr.args;
  return instr.kind === "cast" ? [instr.arg] : [];
}

/** What a value depends on, from what the streams do. */
function movingOf(
  { instrs, operands }: Contraction["epilogue"],
  ofStream: (stream: number) => Moving,
): Moving[] {
  const moving: Moving[] = [];
  instrs.forEach((instr, i) => {
    if (instr.kind === "load") moving.push(ofStream(instr.operand));
    else if (instr.kind === "index") moving.push(ofStream(operands.length + i));
    else {
      const args = argsOf(instr).map((arg) => moving[arg]);
      moving.push({
        line: args.some(({ line }) => line),
        vector: args.some(({ vector }) => vector),
      });
    }
  });
  return moving;
}

const merge = (
  x: readonly (Local | undefined)[],
  y: readonly (Local | undefined)[],
): (Local | undefined)[] =>
  Array.from({ length: Math.max(x.length, y.length) }, (_, i) => x[i] ?? y[i]);
