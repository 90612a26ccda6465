// A recorded function, compiled: memory, module, and what a call does.
import type { Tensor } from "@wengert/autograd";
import { checkIndex, dtypeInfo, type Storage } from "@wengert/autograd/compiler";
import { hostImports } from "../codegen/vector/index.ts";
import { ProgramEmitter, Status, type Emitter, type Target } from "../codegen/program.ts";
import type { Addresses } from "../codegen/level.ts";
import type { HostGroup, Plan } from "../plan/group.ts";
import { assumption } from "../optimise/assume.ts";
import { bytesOf, planArena, type Arena } from "../plan/arena.ts";
import type { Recording } from "../record/recorder.ts";
import { features } from "../run/features.ts";
import { heap, type Block } from "../run/heap.ts";
import { maxThreads, threadPool, type LoadedProgram } from "../run/pool.ts";
import { residence } from "./cells.ts";
import { Counters } from "./counters.ts";
import { Holdings } from "./holdings.ts";
import { Inputs } from "./inputs.ts";
import { begin, lock } from "./lock.ts";
import { all, Outputs, type Take } from "./outputs.ts";
import { Pointers } from "./pointers.ts";
import { hasWideVectors } from "./wide.ts";

export class CompiledProgram {
  readonly plan: Plan;
  readonly arena: Arena;
  readonly emitter: Emitter;
  readonly moduleBytes: number;
  readonly addresses: readonly number[];
  readonly recording: Recording;
  private readonly loaded: LoadedProgram;
  private readonly holdings = new Holdings(this);
  /** Where large inputs and outputs lie in this call. */
  readonly pointers: Pointers;
  readonly threads: number;
  private readonly counters: Counters;
  protected readonly outputs: Outputs;
  /** Of a program for many sizes, the one of the present call. */
  protected size: number | null = null;
  private readonly tables = new Map<Emitter, Block>();
  private readonly inputs: Inputs;
  private readonly written: ReadonlySet<Storage>;
  /** The same as a list: to go through a set makes garbage at each call. */
  private readonly changing: readonly Storage[];
  private readonly makeEmitter: (target: Target) => Emitter;
  private failure: unknown = null;
  /** Whether products may use vectors of 256 bits: as was set when it was compiled. */
  protected readonly isWide: boolean;
  private readonly makeCareful: () => Plan;
  /** What runs instead of this program since something that it assumes has turned out not to hold. */
  private careful: CompiledProgram | null = null;

  /** @param makeCareful a plan of the same recording that assumes nothing, for when `plan` has to be given up */
  constructor(
    recording: Recording,
    plan: Plan,
    makeCareful: () => Plan,
    makeEmitter: (target: Target) => Emitter = (target) => new ProgramEmitter(plan, target),
    isWide = hasWideVectors(),
  ) {
    this.isWide = isWide;
    this.makeCareful = makeCareful;
    this.makeEmitter = makeEmitter;
    this.recording = recording;
    this.plan = plan;
    this.arena = planArena(plan);
    this.emitter = this.newEmitter(maxThreads());
    this.addresses = this.holdings.orNothing(() => this.place());
    const scratch = this.holdings.allocate(
      this.emitter.scratchBytes,
      "scratch of a compiled function",
    ).address;
    const { addresses: buffers } = this;
    this.pointers = new Pointers(plan, this.holdings);
    this.counters = new Counters(this.emitter, this.holdings);
    const counters = this.counters.address;
    const places = { buffers, pointers: this.pointers.slots, scratch, counters, times: null };
    const bytes = this.complete(this.emitter, places, this.holdings);
    this.moduleBytes = bytes.length;
    this.loaded = this.holdings.load(bytes, { ...hostImports, host: (i) => this.callHost(i) });
    this.threads = this.emitter.isParallel ? maxThreads() : 1;
    const stored = new Set(recording.graph.stores.map(({ cell }) => cell));
    this.written = new Set(recording.cells.filter((_, i) => stored.has(i)));
    this.changing = [...this.written];
    this.inputs = new Inputs(plan, buffers, this.pointers, this.written);
    this.outputs = new Outputs(plan, recording.graph, buffers, this.pointers);
  }

  /** Writes the kernels anew. */
  newEmitter(threads: number): Emitter {
    const { limits, control } = heap();
    const { isWide } = this;
    return this.makeEmitter({ limits, control, features: features(), isWide, maxThreads: threads });
  }

  /** The module of an emitter of this program, whose memory belongs to the holdings. */
  complete(emitter: Emitter, addresses: Addresses, holdings: Holdings): Uint8Array<ArrayBuffer> {
    const table = (count: number): number => {
      const block = holdings.allocate(4 * count, "sizes of a compiled function");
      this.tables.set(emitter, block);
      return block.address;
    };
    const bytes = holdings.orNothing(() => emitter.finish({ ...addresses, table }));
    this.fillTables();
    return bytes;
  }

  /** After `complete`, when the module is no longer needed. */
  forget(emitter: Emitter): void {
    this.tables.delete(emitter);
  }

  /** Sets the numbers in the module that depend on a size. */
  protected fillTables(): void {
    if (this.size === null) return;
    for (const [emitter, block] of this.tables) {
      const numbers = emitter.numbers(this.size);
      heap().view("int32", block, numbers.length).set(numbers);
    }
  }

  /** Runs the program. @returns the tensors that it yields, in order. */
  run(args: readonly Tensor[]): Tensor[] {
    return this.compute(args, all);
  }

  /** Runs the program. @returns what `take` takes of its outputs. */
  compute<R>(args: readonly Tensor[], take: Take<R>): R {
    if (this.careful) return this.careful.compute(args, take);
    const end = begin();
    try {
      this.prepare(args);
      if (this.finish(threadPool().run(this.loaded, this.threads))) return take(this.outputs);
    } catch (error) {
      this.outputs.discard();
      throw error;
    } finally {
      end();
    }
    return this.giveUp().compute(args, take);
  }

  /** The same with this thread free meanwhile. The cells may not be touched until it is done. */
  async runAsync(args: readonly Tensor[]): Promise<Tensor[]> {
    if (this.careful) return this.careful.runAsync(args);
    const end = begin();
    try {
      this.prepare(args);
      if (this.finish(await this.runLocked())) return this.outputs.take();
    } catch (error) {
      this.outputs.discard();
      throw error;
    } finally {
      end();
    }
    return this.giveUp().runAsync(args);
  }

  /** The program that a call runs: this one, or what runs instead of it. */
  get current(): CompiledProgram {
    return this.careful ?? this;
  }

  private async runLocked(): Promise<number> {
    const unlock = lock([...this.recording.cells, ...this.inputs.borrowed]);
    try {
      return await threadPool().runAsync(this.loaded, this.threads);
    } finally {
      unlock();
    }
  }

  private prepare(args: readonly Tensor[]): void {
    const { inputs } = this;
    const { captured } = this.recording;
    for (let i = 0; i < inputs.count; i++) {
      inputs.bring(i, i < args.length ? args[i] : captured[i - args.length]());
    }
    this.outputs.prepare();
    const { words } = heap();
    words.set(words.layout.failure, 0);
    this.counters.reset();
  }

  /** Whether there are results; if not, something that the program assumes does not hold, and nothing has
   *  changed. */
  private finish(status: number): boolean {
    if (status === Status.failed) {
      const { words } = heap();
      const site = words.get(words.layout.failure + 4);
      if (site < 0 || this.plan.sites[site] !== assumption) throw this.whatFailed();
      this.outputs.discard();
      return false;
    }
    const { changing } = this;
    for (let i = 0; i < changing.length; i++) changing[i].version += 1;
    return true;
  }

  /** The plan for the sizes of the latest call. */
  get presentPlan(): Plan {
    return this.plan;
  }

  private giveUp(): CompiledProgram {
    this.holdings.dispose();
    return (this.careful = this.carefully());
  }

  /** A program that does the same and assumes nothing. */
  protected carefully(): CompiledProgram {
    const { recording, makeCareful, isWide } = this;
    return new CompiledProgram(recording, makeCareful(), makeCareful, undefined, isWide);
  }

  /** Gives back what belongs to the program alone, which else happens when it is collected. */
  dispose(): void {
    (this.careful?.holdings ?? this.holdings).dispose();
  }

  /** Addresses of all buffers: temporaries in the arena, cells where they live, the rest in blocks. */
  private place(): number[] {
    const { plan, arena, holdings } = this;
    const own = (bytes: number, what: string): number =>
      holdings.allocate(bytes, `${what} of a compiled function`).address;
    const start = own(arena.bytes, "the values");
    return plan.buffers.map(({ role, dtype, size }, id) => {
      switch (role.kind) {
        case "temporary":
          return start + (arena.offsets.get(id) ?? 0);
        case "cell":
          return residence(this.recording.cells[role.index]);
        case "input":
          return own(bytesOf(plan, id), "arguments");
        case "constant": {
          const address = own(bytesOf(plan, id), "constants");
          heap().view(dtype, address, size).set(role.data);
          return address;
        }
      }
    });
  }

  /** Called from inside of the program. An exception must not leave the other threads waiting: it is
   *  kept, and the program fails. */
  callHost(i: number): void {
    const { words } = heap();
    // The first failure speaks, and what follows it is not for users' code to see.
    if (words.get(words.layout.failure) !== 0) return;
    words.set(words.layout.hosting, 1);
    try {
      this.runHost(this.hostGroup(i));
    } catch (error) {
      this.failure = error;
      words.set(words.layout.failure, 1);
      words.set(words.layout.failure + 4, -1);
    } finally {
      words.set(words.layout.hosting, 0);
    }
  }

  /** What a call of the host is for, by its number. */
  protected hostGroup(i: number): HostGroup {
    return this.plan.groups.filter((group) => group.kind === "host")[i];
  }

  private runHost({ kernel, shapes, bindings }: HostGroup): void {
    const arrays = bindings.map(({ buffer, offset }, i) => {
      const { dtype } = this.plan.buffers[buffer];
      const { addresses, pointers } = this;
      const base = pointers.has(buffer) ? pointers.get(buffer) : addresses[buffer];
      const address = base + offset * dtypeInfo(dtype).bytes;
      return heap().view(
        dtype,
        address,
        shapes[i].reduce((n, d) => n * d, 1),
      );
    });
    const out = arrays.pop()!;
    out.fill(0);
    kernel.run(
      arrays.map((data, i) => ({ data, shape: shapes[i] })),
      out,
    );
  }

  private whatFailed(): unknown {
    const { words } = heap();
    const [, site, index, size] = [0, 4, 8, 12].map((at) => words.get(words.layout.failure + at));
    if (site < 0) return this.failure;
    try {
      checkIndex(this.plan.sites[site], index, size);
    } catch (error) {
      return error;
    }
    return new Error(`a check failed at site ${site}`);
  }
}
