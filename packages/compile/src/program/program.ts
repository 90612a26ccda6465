// A recorded function, compiled: memory, module, and what a call does.
import { Tensor, type TypedArray } from "@wengert/autograd";
import {
  allocate,
  checkIndex,
  contiguousLayout,
  copyElements,
  dtypeInfo,
  Storage,
  type Layout,
} from "@wengert/autograd/compiler";
import { hostImports } from "../codegen/vector/index.ts";
import { ProgramEmitter, Status } from "../codegen/program.ts";
import type { HostGroup, Plan } from "../plan/group.ts";
import { bytesOf, planArena, type Arena } from "../plan/arena.ts";
import type { Recording } from "../record/recorder.ts";
import { features } from "../run/features.ts";
import { heap, type Block } from "../run/heap.ts";
import { maxThreads, threadPool, type LoadedProgram } from "../run/pool.ts";
import { residence } from "./cells.ts";
import { begin, lock } from "./lock.ts";

/** An output: where it lies, and what the tensor made of it looks like. */
interface Output {
  readonly layout: Layout;
  readonly address: number;
}

export class CompiledProgram {
  readonly plan: Plan;
  readonly arena: Arena;
  readonly emitter: ProgramEmitter;
  readonly moduleBytes: number;
  readonly addresses: readonly number[];
  readonly recording: Recording;
  private readonly loaded: LoadedProgram;
  private readonly blocks: Block[] = [];
  private readonly outputs: readonly Output[];
  private inputs: readonly (TypedArray | null)[];
  private readonly stopWatching: () => void;
  private readonly written: readonly Storage[];
  private readonly threads: number;
  private failure: unknown = null;

  constructor(recording: Recording, plan: Plan) {
    const memory = heap();
    this.recording = recording;
    this.plan = plan;
    this.arena = planArena(plan);
    const { limits, control } = memory;
    const target = { limits, control, features: features(), maxThreads: maxThreads() };
    this.emitter = new ProgramEmitter(plan, target);
    this.addresses = this.place();
    const scratch = this.block(this.emitter.scratchBytes, "scratch of a compiled function");
    const bytes = this.emitter.finish({ buffers: this.addresses, scratch, times: null });
    this.moduleBytes = bytes.length;
    this.loaded = threadPool().load(bytes, { ...hostImports, host: (i) => this.callHost(i) });
    this.threads = this.emitter.isParallel ? maxThreads() : 1;
    this.outputs = plan.outputs.map(({ buffer, offset }, i) => {
      const { dtype } = plan.buffers[buffer];
      const layout = contiguousLayout(dtype, recording.graph.outputs[i].shape);
      return { layout, address: this.addresses[buffer] + offset * dtypeInfo(dtype).bytes };
    });
    this.inputs = this.inputViews();
    // Growth detaches views of a memory that is not shared.
    this.stopWatching = memory.isShared
      ? () => {}
      : memory.onGrow(() => void (this.inputs = this.inputViews()));
    const stored = new Set(recording.graph.stores.map(({ cell }) => cell));
    this.written = recording.cells.filter((_, i) => stored.has(i));
  }

  /** Runs the program. @returns the tensors that it yields, in order. */
  run(args: readonly Tensor[]): Tensor[] {
    const end = begin();
    try {
      this.prepare(args);
      return this.finish(threadPool().run(this.loaded, this.threads));
    } finally {
      end();
    }
  }

  /** The same with this thread free meanwhile. The cells may not be touched until it is done. */
  async runAsync(args: readonly Tensor[]): Promise<Tensor[]> {
    const end = begin();
    try {
      this.prepare(args);
      return this.finish(await this.runLocked());
    } finally {
      end();
    }
  }

  private async runLocked(): Promise<number> {
    const unlock = lock(this.recording.cells);
    try {
      return await threadPool().runAsync(this.loaded, this.threads);
    } finally {
      unlock();
    }
  }

  private prepare(args: readonly Tensor[]): void {
    this.copyIn(args);
    const { words } = heap();
    words.set(words.layout.failure, 0);
  }

  private finish(status: number): Tensor[] {
    if (status === Status.failed) throw this.whatFailed();
    for (const storage of this.written) storage.version += 1;
    return this.outputs.map((output) => this.copyOut(output));
  }

  /** Gives back what belongs to the program alone. */
  dispose(): void {
    this.stopWatching();
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

  private inputViews(): (TypedArray | null)[] {
    const views: (TypedArray | null)[] = [];
    this.plan.buffers.forEach(({ role, dtype, size }, id) => {
      if (role.kind === "input") views[role.index] = heap().view(dtype, this.addresses[id], size);
    });
    return views;
  }

  private copyIn(args: readonly Tensor[]): void {
    const { inputs } = this;
    for (let i = 0; i < inputs.length; i++) {
      const view = inputs[i];
      if (!view) continue;
      const { layout, storage, offset } =
        i < args.length ? args[i] : this.captured(i - args.length);
      const { data } = storage!;
      if (layout.size === 1) view[0] = data[offset];
      else if (!layout.isContiguous) view.set(copyElements(data, layout, offset));
      else if (offset === 0 && data.length === view.length) view.set(data);
      else view.set(data.subarray(offset, offset + view.length));
    }
  }

  private captured(i: number): Tensor {
    return this.recording.captured[i]();
  }

  private copyOut({ layout, address }: Output): Tensor {
    const data = allocate(layout.dtype, layout.size);
    data.set(heap().view(layout.dtype, address, layout.size));
    return new Tensor(layout, new Storage(data), 0);
  }

  /** Called from inside of the program. An exception must not leave the other threads waiting: it is
   *  kept, and the program fails. */
  private callHost(i: number): void {
    const { words } = heap();
    // The first failure speaks, and what follows it is not for users' code to see.
    if (words.get(words.layout.failure) !== 0) return;
    try {
      this.runHost(this.emitter.hostGroups[i]);
    } catch (error) {
      this.failure = error;
      words.set(words.layout.failure, 1);
      words.set(words.layout.failure + 4, -1);
    }
  }

  private runHost({ kernel, shapes, bindings }: HostGroup): void {
    const arrays = bindings.map(({ buffer, offset }, i) => {
      const { dtype } = this.plan.buffers[buffer];
      const address = this.addresses[buffer] + offset * dtypeInfo(dtype).bytes;
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
