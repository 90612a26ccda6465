// Writes the body of one WebAssembly function, instruction by instruction, as its text form reads.
import {
  laneMemory,
  lanes,
  memory,
  plain,
  pushSigned,
  pushUnsigned,
  signed,
  type LaneMemoryOp,
  type LaneOp,
  type MemoryOp,
  type PlainOp,
} from "./opcodes.ts";
import { isSymbolic } from "../size/scope.ts";
import { firstSite, type Sites } from "./sites.ts";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export const typeCodes: Record<ValueType, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** A function of the module, or of the table that it imports, to be called. */
export interface FunctionRef {
  readonly index: number;
  /** Of a function of the table: the number of its type. */
  readonly tableType?: number;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A place to branch to: the depth of its block. */
export interface Label {
  readonly depth: number;
}

export class FunctionBuilder {
  readonly params: readonly Local[];
  private code: number[] = [];
  private readonly locals: ValueType[] = [];
  private free: Partial<Record<ValueType, Local[]>> = {};
  /** Vector constants by their bytes, and the code at the head of the function that sets them. */
  private readonly constants = new Map<string, Local>();
  private readonly head: number[] = [];
  private scopes: Local[][] = [];
  private depth = 0;
  /** Where `interleave` may cut the part that is being written. */
  private cuts: { readonly depth: number; readonly at: number[] } | null = null;
  /** Where numbers are noted that may depend on a size that is not known yet. */
  private readonly sites: Sites | null;

  constructor(params: readonly ValueType[], sites: Sites | null = null) {
    this.params = params.map((type, index) => ({ index, type }));
    this.sites = sites;
  }

  /** A new local variable, of undetermined content; inside of `scope` it ends with the scope. */
  local(type: ValueType): Local {
    let local = this.free[type]?.pop();
    if (!local) {
      local = { index: this.params.length + this.locals.length, type };
      this.locals.push(type);
    }
    this.scopes.at(-1)?.push(local);
    return local;
  }

  /** Locals made in f are used again after it. */
  scope<R>(f: () => R): R {
    this.scopes.push([]);
    const result = f();
    for (const local of this.scopes.pop()!) (this.free[local.type] ??= []).push(local);
    return result;
  }

  /**
   * Writes independent parts such that their pieces, which end at `cut`, take turns. A processor that looks
   * a few hundred instructions ahead waits for the results of one long chain, but has work with several.
   */
  interleave(parts: readonly (() => void)[]): this {
    if (parts.length < 2 || this.cuts) {
      for (const part of parts) part();
      return this;
    }
    const { code, free } = this;
    // What one part is done with, another may not use: its pieces come in between.
    const pools = [free];
    const pieces = parts.map((part) => {
      const cuts = { depth: this.depth, at: [0] };
      [this.code, this.free, this.cuts] = [[], {}, cuts];
      part();
      pools.push(this.free);
      return cuts.at.map((start, i) => this.code.slice(start, cuts.at[i + 1]));
    });
    [this.code, this.free, this.cuts] = [code, {}, null];
    for (const pool of pools) {
      for (const local of Object.values(pool).flat()) (this.free[local.type] ??= []).push(local);
    }
    const longest = Math.max(...pieces.map((own) => own.length));
    for (let i = 0; i < longest; i++) {
      for (const own of pieces) if (i < own.length) this.push(own[i]);
    }
    return this;
  }

  /** A place where nothing of this part is on the stack. */
  cut(): void {
    if (this.cuts?.depth === this.depth) this.cuts.at.push(this.code.length);
  }

  /** Instructions without immediates, one after another. */
  op(...names: PlainOp[]): this {
    for (let i = 0; i < names.length; i++) this.push(plain[names[i]]);
    return this;
  }

  get(local: Local): this {
    return this.immediate(0x20, local.index);
  }

  set(local: Local): this {
    return this.immediate(0x21, local.index);
  }

  tee(local: Local): this {
    return this.immediate(0x22, local.index);
  }

  /** Makes a local of the value on the stack. */
  keep(type: ValueType): Local {
    const local = this.local(type);
    this.set(local);
    return local;
  }

  i32(value: number): this {
    const { code, sites } = this;
    if (sites) code.push(firstSite + sites.note(value));
    else {
      code.push(0x41);
      pushSigned(code, value | 0);
    }
    return this;
  }

  i64(value: number | bigint): this {
    if (typeof value === "number" && isSymbolic(value))
      return this.i32(value).op("i64.extend_i32_u");
    return this.push([0x42]).push(signed(value));
  }

  f32(value: number): this {
    words.f32[0] = value;
    return this.push([0x43]).push(words.bytes, 4);
  }

  f64(value: number): this {
    words.f64[0] = value;
    return this.push([0x44]).push(words.bytes, 8);
  }

  /** A vector of 16 bytes: a local that is set once, at the head of the function. V8 builds a vector
   *  constant where it stands, from two immediates, also in a loop: with them in locals a loop over
   *  exp took a third of the time. */
  v128(bytes: ArrayLike<number>): this {
    for (let i = 0; i < 16; i++) words.bytes[i] = bytes[i];
    return this.constant();
  }

  f32x4(...values: [number] | [number, number, number, number]): this {
    spread(values, words.f32);
    return this.constant();
  }

  f64x2(...values: [number] | [number, number]): this {
    spread(values, words.f64);
    return this.constant();
  }

  i32x4(...values: [number] | [number, number, number, number]): this {
    if (this.sites && values.some(isSymbolic)) {
      this.i32(values[0]).op("i32x4.splat");
      values.forEach((value, lane) => {
        if (value !== values[0]) this.i32(value).lane("i32x4.replace_lane", lane);
      });
      return this;
    }
    spread(values, words.i32);
    return this.constant();
  }

  i64x2(value: bigint): this {
    words.i64.fill(BigInt.asIntN(64, value));
    return this.constant();
  }

  /** The vector in `words`. */
  private constant(): this {
    const { code, head } = this;
    const { bytes, i32 } = words;
    const key = i32.join();
    // All zeros are one cheap instruction anywhere.
    if (key === "0,0,0,0") {
      code.push(0xfd, 12);
      return this.push(bytes);
    }
    let local = this.constants.get(key);
    if (!local) {
      local = { index: this.params.length + this.locals.length, type: "v128" };
      this.locals.push("v128");
      this.constants.set(key, local);
      head.push(0xfd, 12, ...bytes, 0x21);
      pushUnsigned(head, local.index);
    }
    return this.get(local);
  }

  /** Chooses 16 bytes of two vectors by number. */
  shuffle(bytes: readonly number[]): this {
    return this.push([0xfd, 13, ...bytes]);
  }

  /** A load, store or atomic at the address on the stack plus a constant. Unaligned access is
   *  allowed for all but atomics, whose alignment is natural. */
  memory(name: MemoryOp, offset = 0): this {
    const { code } = this;
    const op = memory[name];
    const [align, first] = op;
    code.push(first);
    if (op.length === 3) pushUnsigned(code, op[2]);
    code.push(first === 0xfe ? align : 0);
    pushUnsigned(code, offset);
    return this;
  }

  /** A load or store of one lane. */
  laneMemory(name: LaneMemoryOp, lane: number, offset = 0): this {
    const { code } = this;
    code.push(0xfd);
    pushUnsigned(code, laneMemory[name][1]);
    code.push(0);
    pushUnsigned(code, offset);
    code.push(lane);
    return this;
  }

  lane(name: LaneOp, lane: number): this {
    return this.push([0xfd, lanes[name], lane]);
  }

  call({ index, tableType }: FunctionRef): this {
    if (tableType === undefined) return this.immediate(0x10, index);
    // From the only table.
    return this.i32(index).immediate(0x11, tableType).push([0]);
  }

  /** A block: a branch to its label leaves it. */
  block(body: (label: Label) => void): this {
    return this.nested(0x02, body);
  }

  /** A loop: a branch to its label begins it again; without one it ends. */
  loop(body: (label: Label) => void): this {
    return this.nested(0x03, body);
  }

  /** Takes the condition from the stack. */
  if(then: () => void, otherwise?: () => void): this {
    this.push([0x04, 0x40]);
    this.depth++;
    then();
    if (otherwise) {
      this.push([0x05]);
      otherwise();
    }
    this.depth--;
    return this.push([0x0b]);
  }

  br(label: Label): this {
    return this.immediate(0x0c, this.depth - label.depth);
  }

  /** Branches if the i32 on the stack is not 0. */
  brIf(label: Label): this {
    return this.immediate(0x0d, this.depth - label.depth);
  }

  /** for (i = i; i < end; i += step): `i` keeps its value; a loop that has nothing to do is not
   *  entered. `end` is a local or a constant. */
  forLess(i: Local, end: Local | number, step: number, body: () => void): this {
    const pushEnd = () => (typeof end === "number" ? this.i32(end) : this.get(end));
    return this.block((exit) => {
      this.get(i);
      pushEnd();
      this.op("i32.ge_s").brIf(exit);
      this.loop((again) => {
        body();
        this.get(i).i32(step).op("i32.add").tee(i);
        pushEnd();
        this.op("i32.lt_s").brIf(again);
      });
    });
  }

  /** All that distinguishes the function from one of the same parameters and other numbers at sites. */
  get form(): readonly (readonly unknown[])[] {
    return [this.code, this.head, this.locals];
  }

  /** The finished body without its length: declarations of locals, code, end. `expand` writes what stands at
   *  a site. */
  toBytes(expand: (site: number) => readonly number[] = () => []): number[] {
    const { locals, sites } = this;
    const declarations: number[] = [];
    let groups = 0;
    for (let i = 0; i < locals.length; groups++) {
      const first = i;
      while (locals[i] === locals[first]) i++;
      pushUnsigned(declarations, i - first);
      declarations.push(typeCodes[locals[first]]);
    }
    const head: number[] = [];
    pushUnsigned(head, groups);
    const code = sites
      ? this.code.flatMap((it) => (it < firstSite ? it : expand(it - firstSite)))
      : this.code;
    return head.concat(declarations, this.head, code, 0x0b);
  }

  private nested(code: number, body: (label: Label) => void): this {
    this.push([code, 0x40]);
    this.depth++;
    body({ depth: this.depth });
    this.depth--;
    return this.push([0x0b]);
  }

  private immediate(code: number, value: number): this {
    this.code.push(code);
    pushUnsigned(this.code, value);
    return this;
  }

  private push(bytes: ArrayLike<number>, length = bytes.length): this {
    const { code } = this;
    for (let i = 0; i < length; i++) code.push(bytes[i]);
    return this;
  }
}

/** The bytes of numbers that are being written. */
const words = (() => {
  const bytes = new Uint8Array(16);
  const { buffer } = bytes;
  return {
    bytes,
    i32: new Int32Array(buffer),
    i64: new BigInt64Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
})();

/** One value for all lanes, or one for each. */
function spread(
  values: readonly number[],
  lanesOf: Float32Array | Float64Array | Int32Array,
): void {
  for (let i = 0; i < lanesOf.length; i++) lanesOf[i] = values[values.length === 1 ? 0 : i];
}
