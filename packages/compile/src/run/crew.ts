// The workers of a pool: started together, given jobs together, and ended together.
import { ModuleBuilder } from "../wasm/module.ts";
import { emitNext } from "./barrier.ts";
import { Abort, spinUntil } from "./control.ts";
import type { Block, GrowingHeap } from "./heap.ts";
import { compileModule } from "./instance.ts";
import { startWorker, type WasmModule, type WorkerHandle } from "./platform.ts";
import { lineLayout, lineLength, workerScript, type Answer, type Letter } from "./worker-script.ts";

type Word = keyof typeof lineLayout;

interface Mate {
  readonly handle: WorkerHandle;
  /** Index of its words among the cells. */
  readonly line: number;
  isGone: boolean;
}

/** Nobody stays longer in a program that was given up, but for kernels that take that long. */
const leaveMs = 1000;

export class Crew {
  readonly mates: Mate[] = [];
  /** Why a worker has ended, if one has: the crew is of no more use. */
  broken: string | null = null;
  /** Whether all workers were ready at one time. */
  wasUp = false;
  private readonly heap: GrowingHeap;
  private readonly lines: Block;
  private readonly cells: Int32Array;
  /** All have taken all letters: nothing needs to be asked before a job. */
  private isSettled = false;
  private holds = 0;
  private waiting: (() => void)[] = [];
  private report: ((status: number) => void) | null = null;

  /** A crew of nobody yet, with room for so many workers. */
  constructor(heap: GrowingHeap, room: number) {
    this.heap = heap;
    this.lines = heap.allocate(room * lineLength, "the words of workers");
    const { address, bytes } = this.lines;
    this.cells = new Int32Array(heap.memory.buffer, 0, (address + bytes) >> 2);
    this.cells.fill(0, address >> 2);
  }

  /** Starts workers until there are so many; the new ones load these programs, and before them what these
   *  import. Throws where workers are not to be had. */
  grow(count: number, load: Letter["load"], library: WasmModule | undefined): void {
    if (this.mates.length >= count) return;
    const { memory, control } = this.heap;
    const { abort, generation, text, idleSpins } = control;
    const runtime = runtimeModule(this.heap);
    while (this.mates.length < count) {
      const mate = this.recruit(this.mates.length);
      this.mates.push(mate);
      const setup = { memory, runtime, line: mate.line * 4, abort, generation, text, idleSpins };
      this.send(mate, { setup, library, load, unload: [] });
    }
  }

  /** Has all workers load and unload what it says. Not while they run. */
  post(letter: Letter): void {
    for (const mate of this.mates) this.send(mate, letter);
  }

  /** How many of the first `wanted` workers could begin a job now. */
  ready(wanted: number): number {
    if (this.isSettled) return Math.min(wanted, this.mates.length);
    let count = 0;
    while (count < this.mates.length && this.hasTakenAll(this.mates[count])) count++;
    if (count === this.mates.length) this.isSettled = this.wasUp = true;
    return Math.min(wanted, count);
  }

  /** Resolves when all workers could begin a job, or one has ended. */
  async settled(): Promise<void> {
    this.hold(true);
    while (this.broken === null && this.ready(this.mates.length) < this.mates.length) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.hold(false);
  }

  /** Lets the first `count` workers run shares of the program, from share `first` on. */
  start(count: number, program: number, first: number, threads: number, reports = 0): void {
    const { cells } = this;
    for (let i = 0; i < count; i++) {
      const { line } = this.mates[i];
      cells[line + word.program] = program;
      cells[line + word.share] = first + i;
      cells[line + word.threads] = threads;
      cells[line + word.reports] = i === 0 ? reports : 0;
      this.ring(line);
    }
  }

  /** Runs the whole program on the first `count` workers; resolves to the status of share 0. */
  async run(count: number, program: number): Promise<number> {
    this.hold(true);
    try {
      return await new Promise<number>((resolve) => {
        this.report = resolve;
        this.start(count, program, 0, count, 1);
      });
    } finally {
      this.report = null;
      this.hold(false);
    }
  }

  /** After a program was given up: whether the first `count` workers have all left it. */
  haveLeft(count: number): boolean {
    const { cells } = this;
    return spinUntil(
      () =>
        this.mates
          .slice(0, count)
          .every(
            ({ isGone, line }) => isGone || Atomics.load(cells, line + word.left) === cells[line],
          ),
      leaveMs,
    );
  }

  /** Resolves when no worker runs any more. */
  async terminate(): Promise<void> {
    this.fail("the workers were ended");
    const ends = this.mates.map((mate) => {
      this.send(mate, { load: [], unload: [], isLast: true });
      return mate.handle.terminate(() => this.hasTakenAll(mate));
    });
    await Promise.all(ends);
    this.heap.free(this.lines);
  }

  private recruit(index: number): Mate {
    const line = (this.lines.address + index * lineLength) >> 2;
    const handle = startWorker(workerScript(), {
      message: (answer) => this.hear(answer as Answer),
      exit: (reason) => this.lose(mate, `worker ${index + 1}: ${reason}`),
    });
    const mate: Mate = { handle, line, isGone: false };
    if (this.holds > 0) handle.hold(true);
    return mate;
  }

  /** Counted and rung before it is posted: a worker that has taken it has heard the ring, too. */
  private send({ handle, line }: Mate, letter: Letter): void {
    this.isSettled = false;
    Atomics.add(this.cells, line + word.posted, 1);
    this.ring(line);
    handle.post(letter);
  }

  private ring(line: number): void {
    const { cells } = this;
    Atomics.store(cells, line, (cells[line] + 1) | 0);
    if (Atomics.load(cells, line + word.asleep) !== 0) Atomics.notify(cells, line);
  }

  private hasTakenAll({ line }: Mate): boolean {
    return Atomics.load(this.cells, line + word.received) === this.cells[line + word.posted];
  }

  private hear(answer: Answer): void {
    if ("status" in answer) this.report?.(answer.status);
    else this.wake();
  }

  private lose(mate: Mate, reason: string): void {
    mate.isGone = true;
    this.fail(reason);
  }

  private fail(reason: string): void {
    this.broken ??= reason;
    if (this.report) {
      this.heap.words.abort(Abort.exit);
      this.report(1);
    }
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** While held, the workers keep the process alive. */
  private hold(isHeld: boolean): void {
    this.holds += isHeld ? 1 : -1;
    if (this.holds !== (isHeld ? 1 : 0)) return;
    for (const { handle } of this.mates) handle.hold(isHeld);
  }
}

const word = Object.fromEntries(
  Object.entries(lineLayout).map(([name, offset]) => [name, offset >> 2]),
) as Record<Word, number>;

function runtimeModule(heap: GrowingHeap): WasmModule {
  const module = new ModuleBuilder(heap.limits);
  module.export("next", emitNext(module));
  return compileModule(module.toBytes());
}
