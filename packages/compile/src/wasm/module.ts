// Puts functions together to a WebAssembly module (core specification, chapter 5.5).
import { FunctionBuilder, typeCodes, type FunctionRef, type ValueType } from "./function.ts";
import { unsigned } from "./opcodes.ts";
import type { Sites } from "./sites.ts";

export interface MemoryLimits {
  /** In pages of 64 KiB. */
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

interface Import {
  readonly module: string;
  readonly name: string;
  readonly type: number;
}

/** Functions that are imported must be declared before the first one that is defined. */
export class ModuleBuilder {
  private readonly types = new Map<string, number>();
  private readonly imports: Import[] = [];
  private readonly functions: { readonly type: number; bytes: number[] }[] = [];
  /** What is written when all sites are known. */
  private readonly bodies: FunctionBuilder[] = [];
  private readonly exports: { readonly name: string; readonly index: number }[] = [];
  private readonly limits: MemoryLimits;
  private readonly named = new Map<string, FunctionRef>();
  private readonly sites: Sites | null;
  /** How many functions the imported table must have; 0: there is none. */
  private tableSize = 0;

  /** The memory is imported as "env" "memory". With `sites`, integers are noted there, and `toBytes` is
   *  told what stands for them. */
  constructor(limits: MemoryLimits, sites: Sites | null = null) {
    this.limits = limits;
    this.sites = sites;
  }

  /** A function of the host's, "env" `name`. */
  import(name: string, params: readonly ValueType[], results: readonly ValueType[]): FunctionRef {
    if (this.functions.length > 0) throw new Error("imports come before functions");
    this.imports.push({ module: "env", name, type: this.typeOf(params, results) });
    return { index: this.imports.length - 1, params, results };
  }

  /** Function `index` of the table that is imported as "env" "functions". May be declared at any time. */
  tableFunction(
    index: number,
    params: readonly ValueType[],
    results: readonly ValueType[],
  ): FunctionRef {
    this.tableSize = Math.max(this.tableSize, index + 1);
    return { index, tableType: this.typeOf(params, results), params, results };
  }

  /** Whether it calls functions of a table. */
  get importsTable(): boolean {
    return this.tableSize > 0;
  }

  /** A function; `body` writes it. */
  function(
    params: readonly ValueType[],
    results: readonly ValueType[],
    body: (f: FunctionBuilder) => void,
  ): FunctionRef {
    const index = this.imports.length + this.functions.length;
    const slot = { type: this.typeOf(params, results), bytes: [] as number[] };
    this.functions.push(slot);
    const f = new FunctionBuilder(params, this.sites);
    if (this.sites) this.bodies[this.functions.length - 1] = f;
    body(f);
    if (!this.sites) slot.bytes = f.toBytes();
    return { index, params, results };
  }

  /** The function of this key, made when it is first asked for. */
  shared(key: string, make: () => FunctionRef): FunctionRef {
    let ref = this.named.get(key);
    if (!ref) this.named.set(key, (ref = make()));
    return ref;
  }

  export(name: string, ref: FunctionRef): void {
    this.exports.push({ name, index: ref.index });
  }

  /** Whether another module differs from this one by numbers at sites alone. */
  hasFormOf(other: ModuleBuilder): boolean {
    const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
      a.length === b.length && a.every((x, i) => x === b[i]);
    return (
      this.bodies.length === other.bodies.length &&
      this.functions.every(({ type }, i) => type === other.functions[i].type) &&
      this.bodies.every((body, i) =>
        body.form.every((part, k) => isSame(part, other.bodies[i].form[k])),
      )
    );
  }

  /** `expand` writes what stands at a site. */
  toBytes(expand: (site: number) => readonly number[] = () => []): Uint8Array<ArrayBuffer> {
    this.bodies.forEach((body, i) => (this.functions[i].bytes = body.toBytes(expand)));
    // Names are ASCII.
    const name = (value: string) => vector(Array.from(value, (c) => c.charCodeAt(0)));
    const { initial, maximum, shared } = this.limits;
    const limits = [shared ? 3 : 1, ...unsigned(initial), ...unsigned(maximum)];
    const table = [...name("env"), ...name("functions"), 1, 0x70, 0, ...unsigned(this.tableSize)];
    const sections = [
      section(1, list([...this.types.keys()].map((key) => key.split(",").map(Number)))),
      section(
        2,
        list([
          [...name("env"), ...name("memory"), 2, ...limits],
          ...(this.importsTable ? [table] : []),
          ...this.imports.map((it) => [
            ...name(it.module),
            ...name(it.name),
            0,
            ...unsigned(it.type),
          ]),
        ]),
      ),
      section(3, list(this.functions.map(({ type }) => unsigned(type)))),
      section(7, list(this.exports.map((it) => [...name(it.name), 0, ...unsigned(it.index)]))),
      ...this.code(),
    ];
    const parts = [[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...sections];
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const part of parts) {
      bytes.set(part, end);
      end += part.length;
    }
    return bytes;
  }

  /** The section of the functions' bodies, in parts: it is most of the module. */
  private code(): number[][] {
    const { functions } = this;
    const bodies = functions.flatMap(({ bytes }) => [unsigned(bytes.length), bytes]);
    const count = unsigned(functions.length);
    const length = bodies.reduce((sum, part) => sum + part.length, count.length);
    return [[10, ...unsigned(length), ...count], ...bodies];
  }

  private typeOf(params: readonly ValueType[], results: readonly ValueType[]): number {
    const codes = (types: readonly ValueType[]) => types.map((type) => typeCodes[type]);
    const key = [0x60, ...vector(codes(params)), ...vector(codes(results))].join();
    const known = this.types.get(key);
    if (known !== undefined) return known;
    this.types.set(key, this.types.size);
    return this.types.size - 1;
  }
}

const vector = (bytes: readonly number[]): number[] => unsigned(bytes.length).concat(bytes);

const list = (items: readonly (readonly number[])[]): number[] =>
  unsigned(items.length).concat(...items);

const section = (id: number, content: number[]): number[] => [id].concat(vector(content));
