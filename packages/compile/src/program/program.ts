// A recorded function, compiled: memory, module, and what a call does.
import type { Tensor } from "@wengert/autograd";
import { checkIndex, dtypeInfo, type Storage } from "@wengert/autograd/compiler";
import { hostImports } from "../codegen/vector/index.ts";
import { ProgramEmitter, Status } from "../codegen/program.ts";
import type { HostGroup, Plan } from "../plan/group.ts";
import { assumption } from "../optimise/assume.ts";
import { bytesOf, planArena, type Arena } from "../plan/arena.ts";
import type { Recording } from "../record/recorder.ts";
import { features } from "../run/features.ts";
import { heap, type Block } from "../run/heap.ts";
import { maxThreads, threadPool, type LoadedProgram } from "../run/pool.ts";
import { residence } from "./cells.ts";
import { Counters } from "./counters.ts";
import { Inputs } from "./inputs.ts";
import { begin, lock } from "./lock.ts";
import { Outputs } from "./outputs.ts";
import { Pointers } from "./pointers.ts";

export class CompiledProgram {
  readonly plan: Plan;
  readonly arena: Arena;
  readonly emitter: ProgramEmitter;
  readonly moduleBytes: number;
  readonly addresses: readonly number[];
  readonly recording: Recording;
  private readonly loaded: LoadedProgram;
  private readonly blocks: Block[] = [];
  /** Where large inputs and outputs lie in this call. */
  readonly pointers: Pointers;
  readonly threads: number;
  private readonly counters: Counters;
  private readonly inputs: Inputs;
  private readonly outputs: Outputs;
  private readonly written: ReadonlySet<Storage>;
  /** The same as a list: to go through a set makes garbage at each call. */
  private readonly changing: readonly Storage[];
  private failure: unknown = null;
  private readonly makeCareful: () => Plan;
  /** What runs instead of this program since something that it assumes has turned out not to hold. */
  private careful: CompiledProgram | null = null;

  /** @param makeCareful a plan of the same recording that assumes nothing, for when `plan` has to be given up */
  constructor(recording: Recording, plan: Plan, makeCareful: () => Plan) {
    const memory = heap();
    this.makeCareful = makeCareful;
    this.recording = recording;
    this.plan = plan;
    this.arena = planArena(plan);
    const { limits, control } = memory;
    const target = { limits, control, features: features(), maxThreads: maxThreads() };
    this.emitter = new ProgramEmitter(plan, target);
    this.addresses = this.place();
    const scratch = this.block(this.emitter.scratchBytes, "scratch of a compiled function");
    const { addresses: buffers } = this;
    this.pointers = new Pointers(plan);
    this.counters = new Counters(this.emitter);
    const counters = this.counters.address;
    const places = { buffers, pointers: this.pointers.slots, scratch, counters, times: null };
    const bytes = this.emitter.finish(places);
    this.moduleBytes = bytes.length;
    this.loaded = threadPool().load(bytes, { ...hostImports, host: (i) => this.callHost(i) });
    this.threads = this.emitter.isParallel ? maxThreads() : 1;
    const stored = new Set(recording.graph.stores.map(({ cell }) => cell));
    this.written = new Set(recording.cells.filter((_, i) => stored.has(i)));
    this.changing = [...this.written];
    this.inputs = new Inputs(plan, buffers, this.pointers, this.written);
    this.outputs = new Outputs(plan, recording.graph, buffers, this.pointers);
  }

  /** Runs the program. @returns the tensors that it yields, in order. */
  run(args: readonly Tensor[]): Tensor[] {
    if (this.careful) return this.careful.run(args);
    const end = begin();
    try {
      this.prepare(args);
      const results = this.finish(threadPool().run(this.loaded, this.threads));
      if (results) return results;
    } catch (error) {
      this.outputs.discard();
      throw error;
    } finally {
      end();
    }
    return this.giveUp().run(args);
  }

  /** The same with this thread free meanwhile. The cells may not be touched until it is done. */
  async runAsync(args: readonly Tensor[]): Promise<Tensor[]> {
    if (this.careful) return this.careful.runAsync(args);
    const end = begin();
    try {
      this.prepare(args);
      const results = this.finish(await this.runLocked());
      if (results) return results;
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

  /** The results; null where something that the program assumes does not hold: nothing has changed. */
  private finish(status: number): Tensor[] | null {
    if (status === Status.failed) {
      const { words } = heap();
      const site = words.get(words.layout.failure + 4);
      if (site < 0 || this.plan.sites[site] !== assumption) throw this.whatFailed();
      this.outputs.discard();
      return null;
    }
    const { changing } = this;
    for (let i = 0; i < changing.length; i++) changing[i].version += 1;
    return this.outputs.take();
  }

  private giveUp(): CompiledProgram {
    const { recording, makeCareful } = this;
    this.release();
    return (this.careful = new CompiledProgram(recording, makeCareful(), makeCareful));
  }

  /** Gives back what belongs to the program alone. */
  dispose(): void {
    if (this.careful) this.careful.dispose();
    else this.release();
  }

  private release(): void {
    this.pointers.dispose();
    this.counters.dispose();
    threadPool().unload(this.loaded);
    for (const block of this.blocks.splice(0)) heap().free(block);
  }

  private block(bytes: number, what: string): number {
    const block = heap().allocate(bytes, what);
    this.blocks.push(block);
    return block.address;
  }

  /** Addresses of all buffers: temporaries in the arena, cells where they live, the rest in blocks. */
  private place(): number[] {
    const { plan, arena } = this;
    const start = this.block(arena.bytes, `the values of a compiled function`);
    return plan.buffers.map(({ role, dtype, size }, id) => {
      switch (role.kind) {
        case "temporary":
          return start + (arena.offsets.get(id) ?? 0);
        case "cell":
          return residence(this.recording.cells[role.index]);
        case "input":
          return this.block(bytesOf(plan, id), "arguments of a compiled function");
        case "constant": {
          const address = this.block(bytesOf(plan, id), "constants of a compiled function");
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
      this.runHost(this.emitter.hostGroups[i]);
    } catch (error) {
      this.failure = error;
      words.set(words.layout.failure, 1);
      words.set(words.layout.failure + 4, -1);
    } finally {
      words.set(words.layout.hosting, 0);
    }
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
