// Runs a program once more with time stamps around its kernels, and leaves everything as it was.
import type { TypedArray } from "@wengert/autograd";
import type { Storage } from "@wengert/autograd/compiler";
import { Status, type Emitter } from "../codegen/program.ts";
import { hostImports } from "../codegen/vector/index.ts";
import { CompiledProgramError } from "../errors.ts";
import { accesses } from "../plan/group.ts";
import { heap } from "../run/heap.ts";
import { now } from "../run/platform.ts";
import { threadPool, type LoadedProgram } from "../run/pool.ts";
import { Counters } from "./counters.ts";
import { Holdings } from "./holdings.ts";
import { begin } from "./lock.ts";
import type { CompiledProgram } from "./program.ts";

/** When a thread worked on a kernel: microseconds since the beginning of the run. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** How long it took in the middle, which need not be the time between the two. */
  readonly microseconds: number;
}

export interface Profile {
  /** How many threads took part. */
  readonly threads: number;
  readonly milliseconds: number;
  /** How often the threads wait for each other in one run; 0 where there is but one. */
  readonly barriers: number;
  /** For each group and each thread; null where the thread has no share in it. */
  readonly spans: readonly (readonly (Span | null)[])[];
}

interface Run {
  readonly threads: number;
  readonly duration: number;
  readonly barriers: number;
  /** Start and end of each group for each thread, in milliseconds; NaN where it has no share. */
  readonly stamps: Float64Array;
}

const fewestWarmRuns = 4;
const timedRuns = 20;
/** Long programs are run less often, once this time has passed. */
const mostMs = 3000;
const fewestTimedRuns = 6;
/** Cells go back to what they were after so many steps, lest training runs away. */
const runsPerReset = 20;
/** The workers take the new module in their own time. */
const patienceMs = 300;

/** Times the kernels of a program on the arguments of its latest call, by a second module that notes
 *  the time before and after each. `warmUpMs`: how long it runs before that. @throws CompiledProgramError */
export function profile(program: CompiledProgram, warmUpMs: number): Profile {
  const end = begin();
  try {
    return measured(program, warmUpMs);
  } finally {
    end();
  }
}

function measured(program: CompiledProgram, warmUpMs: number): Profile {
  const cells = new SavedCells(program);
  const stage = new Stage(program);
  try {
    return stage.measure(warmUpMs, () => cells.restore());
  } finally {
    cells.restore();
    stage.dispose();
  }
}

/** What the tensors of the surroundings hold that the program writes. */
class SavedCells {
  private readonly saved: readonly (readonly [storage: Storage, values: TypedArray])[];

  constructor({ plan, recording }: CompiledProgram) {
    const written = plan.groups.flatMap((group) => accesses(group).filter(({ writes }) => writes));
    const cells = [...new Set(written.map(({ buffer }) => buffer))].flatMap((buffer) => {
      const { role } = plan.buffers[buffer];
      return role.kind === "cell" ? [recording.cells[role.index]] : [];
    });
    this.saved = cells.map((storage) => [storage, storage.data.slice()]);
  }

  restore(): void {
    for (const [storage, values] of this.saved) storage.data.set(values);
  }
}

/** The module with time stamps, its memory, and what it does in a run. */
class Stage {
  private readonly program: CompiledProgram;
  private readonly threads: number;
  private readonly groups: number;
  private readonly loaded: LoadedProgram;
  private readonly holdings = new Holdings(this);
  private readonly counters: Counters;
  private readonly emitter: Emitter;
  private readonly times: { readonly address: number; readonly length: number };

  constructor(program: CompiledProgram) {
    const { plan, addresses: buffers } = program;
    this.program = program;
    this.threads = program.threads;
    this.groups = plan.groups.length;
    const maxThreads = Math.max(this.threads, threadPool().size);
    const emitter = program.newEmitter(maxThreads);
    this.emitter = emitter;
    const length = this.groups * 2 * maxThreads;
    const bytesOfTimes = emitter.scratchBytes + length * 8 + 8;
    const times = this.holdings.allocate(bytesOfTimes, "the times of a program").address;
    this.times = { address: times, length };
    const scratch = Math.ceil((times + length * 8) / 16) * 16;
    this.counters = new Counters(emitter, this.holdings);
    const { address: counters } = this.counters;
    const { slots: pointers } = program.pointers;
    const bytes = program.complete(
      emitter,
      { buffers, pointers, scratch, counters, times },
      this.holdings,
    );
    const host = (i: number): void => program.callHost(i);
    this.loaded = this.holdings.load(bytes, { ...hostImports, host });
  }

  dispose(): void {
    this.holdings.dispose();
    this.program.forget(this.emitter);
  }

  measure(warmUpMs: number, reset: () => void): Profile {
    let runs: Run[] = [];
    const started = now();
    const repeat = (isDone: () => boolean): void => {
      runs = [];
      while (!isDone()) {
        if (runs.length % runsPerReset === 0) reset();
        runs.push(this.run());
      }
    };
    const isComplete = (): boolean =>
      runs.some((it) => it.threads === this.threads) || now() - started > patienceMs;
    repeat(isComplete);
    repeat(() => runs.length >= fewestWarmRuns && now() - started > warmUpMs);
    const isLong = (): boolean => now() - started > mostMs;
    repeat(() => runs.length >= (isLong() ? fewestTimedRuns : timedRuns));
    const threads = Math.max(...runs.map((it) => it.threads));
    return this.summary(quicker(runs.filter((it) => it.threads === threads)));
  }

  private run(): Run {
    const { words, control } = heap();
    const times = heap().view("float64", this.times.address, this.times.length) as Float64Array;
    times.fill(0);
    words.set(control.failure, 0);
    this.counters.reset();
    const barriers = words.get(control.generation);
    const start = now();
    const status = threadPool().run(this.loaded, this.threads);
    const duration = now() - start;
    if (status !== Status.done) throw failed();
    return {
      threads: this.count(times),
      duration,
      barriers: words.get(control.generation) - barriers,
      stamps: times.map((time) => (time === 0 ? NaN : time - start)),
    };
  }

  /** How many threads have left a stamp. */
  private count(times: Float64Array): number {
    const stride = 2 * this.groups;
    for (let thread = times.length / stride - 1; thread > 0; thread--) {
      if (times.subarray(thread * stride, (thread + 1) * stride).some(Boolean)) return thread + 1;
    }
    return 1;
  }

  private summary(runs: readonly Run[]): Profile {
    const [{ threads }] = runs;
    const over = (f: (run: Run) => number): number => middle(runs.map(f));
    return {
      threads,
      milliseconds: over((run) => run.duration),
      barriers: Math.round(over((run) => run.barriers)),
      spans: Array.from({ length: this.groups }, (_, group) =>
        Array.from({ length: threads }, (_, thread): Span | null => {
          const at = 2 * (thread * this.groups + group);
          if (Number.isNaN(runs[0].stamps[at])) return null;
          return {
            start: 1e3 * over(({ stamps }) => stamps[at]),
            end: 1e3 * over(({ stamps }) => stamps[at + 1]),
            microseconds: 1e3 * over(({ stamps }) => stamps[at + 1] - stamps[at]),
          };
        }),
      ),
    };
  }
}

/** The quicker half of the runs: something else of the machine came between in more of the others. */
const quicker = (runs: readonly Run[]): Run[] =>
  runs.toSorted((a, b) => a.duration - b.duration).slice(0, Math.ceil(runs.length / 2));

/**
 * The mean of the middle half: as deaf as the median to the runs that something came between, and finer
 * than the clock, whose steps are a quarter of a microsecond and may be more. Like the median it keeps
 * order: what is later in every run is not earlier in the middle.
 */
function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  const half = sorted.slice(cut, sorted.length - cut);
  return half.reduce((sum, x) => sum + x, 0) / half.length;
}

const failed = (): CompiledProgramError =>
  new CompiledProgramError({
    where: "explain",
    expected: "a program that runs to its end on the arguments of the latest call",
    got: "a check that failed",
    fix: "Call the compiled function with arguments that it takes, and explain it after that.",
  });
