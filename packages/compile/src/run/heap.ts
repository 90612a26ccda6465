// The memory that all compiled programs share: tensors that they read and write, scratch, and the
// control words of the threads.
import { AllocationError, type DType, type TypedArray } from "@wengert/autograd";
import type { MemoryLimits } from "../wasm/module.ts";
import { Control, controlBytes, type ControlLayout } from "./control.ts";
import { FreeList, lineBytes, type Span } from "./free-list.ts";
import { canShareMemory, mayWait, wasm, type WasmMemory } from "./platform.ts";
import { CompiledProgramError } from "../errors.ts";
import { features } from "./features.ts";

/** Bytes of the memory: a whole number of cache lines, at least those asked for. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

export interface Heap {
  /** Shared with workers where the engine allows it. */
  readonly memory: WasmMemory;
  /** What a module says of the memory that it imports. */
  readonly limits: MemoryLimits;
  readonly isShared: boolean;
  readonly control: ControlLayout;
  /** Bytes of undetermined content, at a multiple of 64. @throws AllocationError */
  allocate(bytes: number, what: string): Block;
  free(block: Block): void;
  /** The elements there. Where memory is not shared, growth detaches all views: see `onGrow`. */
  view(dtype: DType, block: Block | number, length: number): TypedArray;
  readonly bytesInUse: number;
  readonly bytesReserved: number;
  /** Calls the listener after each growth, until the function that it returns is called. */
  onGrow(listener: () => void): () => void;
}

const pageBytes = 65_536;
const initialPages = 16;
/** Engines reserve addresses for the maximum; phones refuse large ones. */
const maxima = [65_536, 32_768, 16_384, 8_192, 4_096];
/** An end of 2³² would be 0 in 32 bits, and less than any address before it. */
const maxEnd = 2 ** 32 - lineBytes;

export class GrowingHeap implements Heap {
  readonly memory: WasmMemory;
  readonly limits: MemoryLimits;
  /** The words at the start of the memory. */
  readonly words: Control;
  private readonly list = new FreeList(controlBytes);
  private readonly listeners = new Set<() => void>();

  constructor(memory: WasmMemory, limits: MemoryLimits) {
    this.memory = memory;
    this.limits = limits;
    const first = new Int32Array(memory.buffer, 0, 1);
    this.words = new Control(memory, limits.shared, limits.shared && mayWait(first));
    this.list.extend(this.bytesReserved);
  }

  get isShared(): boolean {
    return this.limits.shared;
  }

  get control(): ControlLayout {
    return this.words.layout;
  }

  get bytesInUse(): number {
    return this.list.taken;
  }

  get bytesReserved(): number {
    return this.memory.buffer.byteLength;
  }

  allocate(bytes: number, what: string): Block {
    if (!(bytes >= 0 && bytes <= maxEnd)) throw this.exhausted(bytes, what);
    const rounded = Math.max(1, Math.ceil(bytes / lineBytes)) * lineBytes;
    const span = this.list.take(rounded);
    if (span) return span;
    this.grow(rounded, what);
    const grown = this.list.take(rounded);
    if (!grown) throw this.exhausted(bytes, what);
    return grown;
  }

  free(block: Block): void {
    const span = block as Span;
    if (span.state !== "taken") {
      throw new Error(`the block at ${block.address} is not allocated: it was freed before`);
    }
    this.list.free(span);
  }

  view(dtype: DType, block: Block | number, length: number): TypedArray {
    const address = typeof block === "number" ? block : block.address;
    const { buffer } = this.memory;
    switch (dtype) {
      case "float32":
        return new Float32Array(buffer, address, length);
      case "float64":
        return new Float64Array(buffer, address, length);
      case "int32":
        return new Int32Array(buffer, address, length);
      case "bool":
        return new Uint8Array(buffer, address, length);
    }
  }

  onGrow(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** By a quarter at least, so that growing to n bytes step by step costs a number of growths that is
   *  logarithmic in n; by just enough where that is too much. */
  private grow(bytes: number, what: string): void {
    const present = this.bytesReserved / pageBytes;
    const needed = Math.ceil((bytes - this.list.tail) / pageBytes);
    const wanted = Math.min(
      Math.max(needed, Math.ceil(present / 4)),
      this.limits.maximum - present,
    );
    if (needed > this.limits.maximum - present) throw this.exhausted(bytes, what);
    if (!this.tryGrow(wanted) && !this.tryGrow(needed)) throw this.exhausted(bytes, what);
    this.list.extend(Math.min(this.bytesReserved, maxEnd));
    this.words.renew();
    for (const listener of this.listeners) listener();
  }

  private tryGrow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  private exhausted(bytes: number, what: string): AllocationError {
    const most = this.limits.maximum * pageBytes;
    return new AllocationError({
      where: "compile",
      expected: `${mebibytes(bytes)} of memory for ${what}`,
      got:
        `a memory of ${mebibytes(this.bytesReserved)} (at most ${mebibytes(most)}), of which ` +
        `${mebibytes(this.bytesInUse)} are in use, that cannot grow so far`,
      fix:
        "Use smaller batches or models, or let go of tensors and compiled functions that are still " +
        "referred to. What was let go returns when the event loop has a turn: a loop that makes many " +
        "should await something.",
    });
  }
}

const mebibytes = (bytes: number): string => `${Math.ceil((bytes / 2 ** 20) * 10) / 10} MiB`;

/** A memory of its own, for tests of the allocator; programs use `heap()`. */
export function makeHeap(shared: boolean, maximum?: number): GrowingHeap {
  const engine = wasm();
  if (!engine) throw withoutWasm();
  let cause: unknown;
  for (const pages of maximum === undefined ? maxima : [maximum]) {
    const limits = { initial: Math.min(initialPages, pages), maximum: pages, shared };
    try {
      return new GrowingHeap(new engine.Memory(limits), limits);
    } catch (error) {
      cause = error;
    }
  }
  throw new AllocationError(
    {
      where: "compile",
      expected: "a WebAssembly memory",
      got: String(cause),
      fix: "Free memory of the process; eager calls need none of it.",
    },
    { cause },
  );
}

const withoutWasm = () =>
  new CompiledProgramError({
    where: "compile",
    expected: "an engine with WebAssembly",
    got: "one without",
    fix: "Call the function without compile: eager calls work everywhere.",
  });

let common: GrowingHeap | undefined;

/** The memory of this process (of this thread's modules, to be exact), made at its first use. */
export function heap(): GrowingHeap {
  return (common ??= makeHeap(canShareMemory() && features().threads));
}
