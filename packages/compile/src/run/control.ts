// The first bytes of the memory: what the threads of a program tell each other. All numbers are
// int32. Words that different threads write at different times lie 128 bytes apart: a cache line is
// 64, and processors fetch lines in pairs.
import { now, type WasmMemory } from "./platform.ts";

/** Byte addresses. */
export interface ControlLayout {
  /** Without shared memory there is one thread, and a barrier does nothing. */
  readonly isShared: boolean;
  /** How many threads have come to the barrier. */
  readonly arrived: number;
  /** Rises when all have come. */
  readonly generation: number;
  /** Not 0: the program is given up; see `Abort`. On the line of `generation`, where waiters look. */
  readonly abort: number;
  /** How many threads sleep at the barrier and want to be woken. */
  readonly sleepers: number;
  /** How often a thread looks at the barrier before it sleeps. */
  readonly barrierSpins: number;
  /** How often a worker looks for the next job before it sleeps. */
  readonly idleSpins: number;
  /** How many times 100 ms a thread sleeps at a barrier before it gives the program up. */
  readonly patience: number;
  /** The same for a thread that may not sleep, in rounds of `roundLooks`. */
  readonly spinPatience: number;
  /** 1 if thread 0 may sleep: in a page's main thread it may not. */
  readonly ownerMayWait: number;
  /** 1 while thread 0 is in a function of the host's, which may take as long as it likes. */
  readonly hosting: number;
  /** Where a kernel records a failed check: four words. */
  readonly failure: number;
  /** What a worker says about the trap that stopped it: a length, then UTF-16. */
  readonly text: number;
}

/** Bytes at the start of the memory that are not the allocator's. */
export const controlBytes = 4096;

/** Why a program was given up. */
export const Abort = { none: 0, timeout: 1, trap: 2, exit: 3, owner: 4 } as const;

export const controlLayout = (isShared: boolean): ControlLayout => ({
  isShared,
  arrived: 128,
  generation: 256,
  abort: 260,
  sleepers: 384,
  barrierSpins: 512,
  idleSpins: 516,
  patience: 520,
  spinPatience: 524,
  ownerMayWait: 528,
  hosting: 532,
  failure: 640,
  text: 768,
});

/** In UTF-16 units. */
export const maxTextLength = 1024;

/** A look took 0.34 ns at 2.6 GHz, one cycle: so these are about 40 and 70 µs. A thread that sleeps
 *  is awake again some 30 µs after it was called. */
const barrierSpins = 120_000;
const idleSpins = 200_000;
/** With more threads than processors, who looks keeps somebody else from the processor that all wait for. A step of
 *  an MLP (784-256-10, batch 64) on four threads of two processors: 2.5 ms with the numbers above, 1.0 ms with this. */
const crowdedSpins = 3000;
export const roundLooks = 16_384;
const lookNs = 0.34;
const sliceMs = 100;
const defaultPatienceMs = 20_000;

/** The control words as the owning thread uses them. */
export class Control {
  readonly layout: ControlLayout;
  /** Over the control words alone. */
  cells: Int32Array;
  private readonly memory: WasmMemory;

  constructor(memory: WasmMemory, isShared: boolean, ownerMayWait: boolean) {
    this.layout = controlLayout(isShared);
    this.memory = memory;
    this.cells = new Int32Array(memory.buffer, 0, controlBytes / 4);
    this.setCrowded(false);
    this.set(this.layout.ownerMayWait, ownerMayWait ? 1 : 0);
    this.setPatience(defaultPatienceMs);
  }

  /** After growth: the views of memory that is not shared are gone. */
  renew(): void {
    if (!this.layout.isShared) this.cells = new Int32Array(this.memory.buffer, 0, controlBytes / 4);
  }

  get(address: number): number {
    return Atomics.load(this.cells, address >> 2);
  }

  set(address: number, value: number): void {
    Atomics.store(this.cells, address >> 2, value);
  }

  /** How long threads look before they sleep, with more threads than processors or not. */
  setCrowded(isCrowded: boolean): void {
    this.set(this.layout.barrierSpins, isCrowded ? crowdedSpins : barrierSpins);
    this.set(this.layout.idleSpins, isCrowded ? crowdedSpins : idleSpins);
  }

  setPatience(ms: number): void {
    const rounds = (ms * 1e6) / (roundLooks * lookNs);
    this.set(this.layout.patience, Math.max(1, Math.ceil(ms / sliceMs)));
    this.set(this.layout.spinPatience, Math.min(2 ** 31 - 1, Math.ceil(rounds)));
  }

  /** Gives the running program up: whoever is at a barrier, or comes to one, leaves it. */
  abort(reason: number): void {
    const { abort, generation } = this.layout;
    Atomics.compareExchange(this.cells, abort >> 2, Abort.none, reason);
    Atomics.add(this.cells, generation >> 2, 1);
    Atomics.notify(this.cells, generation >> 2);
  }

  /** Makes the barrier as new. No thread may be in a program. */
  reset(): void {
    const { arrived, sleepers, abort, text } = this.layout;
    for (const address of [arrived, sleepers, abort, text]) this.set(address, 0);
  }

  /** What a worker wrote about its trap. */
  text(): string {
    const { text } = this.layout;
    const length = Math.min(this.get(text), maxTextLength);
    return String.fromCharCode(...new Uint16Array(this.memory.buffer, text + 4, length));
  }
}

/** Waits until `isDone`, but not longer than this; returns whether it is. Spins: what it waits for is
 *  either close or will not come. */
export function spinUntil(isDone: () => boolean, ms: number): boolean {
  const end = now() + ms;
  while (!isDone()) if (now() > end) return false;
  return true;
}
