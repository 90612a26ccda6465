// Runs compiled programs: on the calling thread, and side by side with it on workers.
import { OptionError, WengertError } from "@wengert/autograd";
import { CompiledProgramError } from "../errors.ts";
import { Abort } from "./control.ts";
import { Crew } from "./crew.ts";
import { heap } from "./heap.ts";
import { compileModule, instantiate, type HostImports } from "./instance.ts";
import { library, setLibrary } from "./library.ts";
import { availableThreads, later, type WasmFunction, type WasmModule } from "./platform.ts";

/** A module that exports run(thread, threads) → 0 when done, 1 when given up, 2 when a check failed.
 *  The last thing that a thread does there is to pass a barrier: the run is over when thread 0
 *  returns. */
export interface LoadedProgram {
  readonly id: number;
}

export interface ThreadPool {
  /** Threads including the caller's; 1 where memory cannot be shared or workers cannot be had. */
  readonly size: number;
  /** Compiles on this thread now, and hands the module to the workers, which share its machine code.
   *  `imports` are functions of this thread's, "env" by name. @throws CompiledProgramError */
  load(bytes: Uint8Array, imports: HostImports): LoadedProgram;
  /** Runs a program on up to so many threads, as many as are ready, and returns its status.
   *  @throws CompiledProgramError when a thread trapped or a worker has ended: what the program was
   *  writing is then half written. Later calls work again. */
  run(program: LoadedProgram, threads: number): number;
  /** The same on workers alone, with this thread free meanwhile; where there are no workers, on this
   *  thread in a later turn of the event loop. */
  runAsync(program: LoadedProgram, threads: number): Promise<number>;
  unload(program: LoadedProgram): void;
  /** Ends the workers. They are started again when a run wants them. */
  terminate(): void;
}

/** The status of a program that was given up. */
const givenUp = 1;

class Program implements LoadedProgram {
  readonly id: number;
  readonly start: WasmFunction;

  constructor(id: number, start: WasmFunction) {
    this.id = id;
    this.start = start;
  }
}

export class WorkerPool implements ThreadPool {
  crew: Crew | null = null;
  private wanted = availableThreads();
  private isBusy = false;
  /** Until the workers of before have stopped, for these might still write; nobody takes their place
   *  meanwhile. */
  private ending: Promise<void> | null = null;
  /** Workers were not to be had. */
  private isAlone = false;
  private readonly modules = new Map<number, WasmModule>();
  private nextId = 0;
  /** What workers are to be told as soon as no program runs. */
  private loads: (readonly [id: number, module: WasmModule])[] = [];
  private unloads: number[] = [];
  private library: WasmModule | undefined;

  get size(): number {
    return this.isAlone || !heap().isShared ? 1 : this.wanted;
  }

  private fill(crew: Crew, workers: number): void {
    heap().words.setCrowded(this.wanted > availableThreads());
    crew.grow(workers, [...this.modules], library()?.module);
  }

  resize(count: number): void {
    if (count === this.wanted) return;
    this.expectIdle("setThreads");
    this.terminate();
    this.wanted = count;
    this.isAlone = false;
  }

  /** @throws CompiledProgramError while a program runs */
  expectIdle(where: string): void {
    if (this.isBusy) throw runsAlready(where);
  }

  /** Gives all threads functions that programs may call from now on. */
  share(module: WasmModule): void {
    setLibrary(module);
    this.library = module;
    this.deliver();
  }

  load(bytes: Uint8Array, imports: HostImports): LoadedProgram {
    const module = compileModule(bytes);
    const program = new Program(this.nextId++, instantiate(module, imports));
    this.modules.set(program.id, module);
    this.loads.push([program.id, module]);
    this.deliver();
    return program;
  }

  unload({ id }: LoadedProgram): void {
    if (!this.modules.delete(id)) return;
    this.unloads.push(id);
    this.deliver();
  }

  run(program: LoadedProgram, threads: number): number {
    const known = this.check("run", program);
    const helpers = threads > 1 ? this.available(Math.min(threads, this.size) - 1) : 0;
    this.isBusy = true;
    try {
      return this.runHere(known, helpers);
    } finally {
      this.isBusy = false;
      this.deliver();
    }
  }

  async runAsync(program: LoadedProgram, threads: number): Promise<number> {
    const known = this.check("runAsync", program);
    const { words, control } = heap();
    const ownerMayWait = words.get(control.ownerMayWait);
    this.isBusy = true;
    try {
      await this.ready(true);
      const count = this.available(Math.max(1, Math.min(threads, this.size)));
      if (!this.crew || count === 0) {
        await later(0);
        return this.runHere(known, 0);
      }
      words.set(control.ownerMayWait, 1); // thread 0 is a worker now
      const status = await this.crew.run(count, program.id);
      if (status === givenUp) throw this.recover("runAsync", count);
      return status;
    } finally {
      words.set(control.ownerMayWait, ownerMayWait);
      this.isBusy = false;
      this.deliver();
    }
  }

  /** Resolves when all workers that are wanted are up, or cannot be had; with `offThread` one more
   *  than beside the calling thread. */
  async ready(offThread = false): Promise<void> {
    while (this.size > 1) {
      await this.ending;
      const crew = this.enlist();
      if (!crew) continue;
      if (offThread) this.fill(crew, this.wanted);
      await crew.settled();
      if (crew.broken === null) return;
    }
  }

  terminate(): void {
    const { crew } = this;
    if (!crew) return;
    this.crew = null;
    this.ending = crew.terminate().then(() => {
      heap().words.reset();
      this.ending = null;
    });
  }

  private runHere({ id, start }: Program, helpers: number): number {
    let status;
    try {
      if (helpers > 0) this.crew?.start(helpers, id, 1, helpers + 1);
      status = start(0, helpers + 1);
    } catch (error) {
      heap().words.abort(Abort.owner);
      const recovered = this.recover("run", helpers, error);
      // A function of the host's may throw what it likes, and knows best how to say it.
      throw error instanceof WengertError ? error : recovered;
    }
    if (status === givenUp) throw this.recover("run", helpers);
    return status;
  }

  /** How many workers, of so many wanted, could begin now; starts them where there are none. */
  private available(wanted: number): number {
    return wanted > 0 ? (this.enlist()?.ready(wanted) ?? 0) : 0;
  }

  private enlist(): Crew | null {
    if (this.crew && this.crew.broken === null) return this.crew;
    if (this.crew) {
      this.isAlone ||= !this.crew.wasUp;
      this.terminate();
    }
    if (this.ending || this.size === 1) return null;
    try {
      const crew = new Crew(heap(), this.wanted);
      this.fill(crew, this.wanted - 1);
      this.forgetNews();
      return (this.crew = crew);
    } catch {
      this.isAlone = true;
      return null;
    }
  }

  private deliver(): void {
    const { library, loads, unloads } = this;
    if (this.isBusy || (!library && loads.length + unloads.length === 0)) return;
    if (this.crew?.broken === null) this.crew.post({ library, load: loads, unload: unloads });
    this.forgetNews();
  }

  private forgetNews(): void {
    this.library = undefined;
    this.loads = [];
    this.unloads = [];
  }

  private check(where: string, program: LoadedProgram): Program {
    this.expectIdle(where);
    if (program instanceof Program && this.modules.has(program.id)) return program;
    throw new CompiledProgramError({
      where,
      expected: "a program that is loaded",
      got: "one that was unloaded",
      fix: "Load it again.",
    });
  }

  /** After a program was given up: waits for its threads, replaces the workers where one does not
   *  leave, and says what happened. */
  private recover(where: string, workers: number, cause?: unknown): CompiledProgramError {
    const { words, control } = heap();
    const { crew } = this;
    // Only then the words are complete: a worker gives up first, and says why afterwards.
    const haveLeft = workers === 0 || !crew || crew.haveLeft(workers);
    const reason = words.get(control.abort);
    const text = words.text();
    const got = describeAbort(reason, reason === Abort.owner ? String(cause) : text, crew?.broken);
    if (haveLeft && (crew?.broken ?? null) === null) words.reset();
    else this.terminate();
    return new CompiledProgramError(
      {
        where,
        expected: "a compiled program to run to its end",
        got,
        fix:
          "What it was writing may be half written: load the last checkpoint. Later calls work, on " +
          "one thread until new workers are up. setThreads(1) does without workers.",
      },
      { cause },
    );
  }
}

function describeAbort(reason: number, text: string, broken: string | null | undefined): string {
  if (reason === Abort.owner) return `a trap on the owning thread (${text})`;
  if (reason === Abort.trap) return `a trap on a worker (${text})`;
  if (reason === Abort.exit) return `the end of a worker (${broken})`;
  return "a thread that did not come to a barrier in time: its worker was ended, or it hangs";
}

const runsAlready = (where: string) =>
  new CompiledProgramError({
    where,
    expected: "one compiled program to run at a time",
    got: "a call while another runs",
    fix: "Await the call before.",
  });

let pool: WorkerPool | undefined;

/** The threads of this process, made at first use; workers start when a run first wants them. */
export const threadPool = (): WorkerPool => (pool ??= new WorkerPool());

const mostThreads = 256;

/** How many threads compiled programs may use, the calling one included. The default is as many as there are
 *  processors; with more, threads sleep early instead of looking out for each other, and a step gets slower.
 *  @throws OptionError for what is no whole number from 1 to 256 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > mostThreads) {
    throw new OptionError({
      where: "setThreads",
      expected: `a whole number of threads from 1 to ${mostThreads}`,
      got: String(count),
      fix: "Leave it at its default, the number of processors, or pass 1 for no workers.",
    });
  }
  threadPool().resize(count);
}

/** How many threads compiled programs may use: as many as the machine runs at once, if nothing else
 *  was set; 1 where there can be no workers. */
export const maxThreads = (): number => threadPool().size;

/** Resolves when all workers are up: until then programs run on fewer threads. */
export const ready = (): Promise<void> => threadPool().ready();
