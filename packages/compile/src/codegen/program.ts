// The module of a program: its kernels, and one function that calls them in order with barriers.
import { dtypeInfo } from "@wengert/autograd/compiler";
import {
  accesses,
  canFail,
  type Binding,
  type Group,
  type HostGroup,
  type Plan,
} from "../plan/group.ts";
import type { FunctionBuilder, FunctionRef } from "../wasm/function.ts";
import { ModuleBuilder, type MemoryLimits } from "../wasm/module.ts";
import { emitBarrier } from "../run/barrier.ts";
import type { ControlLayout } from "../run/control.ts";
import type { Features } from "./context.ts";
import { Hazards, type Range } from "./hazards.ts";
import { KernelCache, type GroupKernel } from "./kernels.ts";
import { importHostFunctions } from "./vector/index.ts";

/** What a run of the program ends with. */
export const Status = { done: 0, aborted: 1, failed: 2 } as const;

/** A cache line. */
const counterStride = 64;
/** Cycles of a part that make taking it not count: some microseconds. */
const partCycles = 20_000;
/** Parts for each thread: with more, the last ones are shorter. */
const partsPerThread = 8;

export interface Target {
  readonly limits: MemoryLimits;
  readonly control: ControlLayout;
  readonly features: Features;
  readonly maxThreads: number;
}

/** Where things lie, in bytes from the start of the memory. */
export interface Addresses {
  readonly buffers: readonly number[];
  /** Where the program finds the addresses of those buffers that lie elsewhere at each call. */
  readonly pointers: ReadonlyMap<number, number>;
  readonly scratch: number;
  /** Words at which threads find the next part to do, `counterStride` bytes apart: 0 before each run. */
  readonly counters: number;
  /** Where start and end of each group are noted for each thread (float64 milliseconds), or null. */
  readonly times: number | null;
}

/** A program whose kernels are written, but not yet the function that calls them with addresses. */
export class ProgramEmitter {
  readonly scratchBytes: number;
  readonly kernelCount: number;
  /** What host calls are for, by the number that "host" is called with. */
  readonly hostGroups: readonly HostGroup[];
  private readonly module: ModuleBuilder;
  private readonly barrier: FunctionRef;
  private readonly host: FunctionRef;
  private readonly now: FunctionRef;
  private readonly kernels: readonly (GroupKernel | null)[];
  private readonly plan: Plan;
  private readonly target: Target;

  constructor(plan: Plan, target: Target) {
    this.plan = plan;
    this.target = target;
    this.module = new ModuleBuilder(target.limits);
    this.host = this.module.import("host", ["i32"], []);
    this.now = this.module.import("now", [], ["f64"]);
    const host = importHostFunctions(this.module);
    this.barrier = emitBarrier(this.module, target.control);
    const { features, maxThreads } = target;
    const failureAddress = target.control.failure;
    const cache = new KernelCache({
      module: this.module,
      features,
      host,
      failureAddress,
      maxThreads,
    });
    this.kernels = plan.groups.map((group) => (group.kind === "host" ? null : cache.kernel(group)));
    this.kernelCount = cache.size;
    this.hostGroups = plan.groups.filter((group) => group.kind === "host");
    this.scratchBytes = Math.max(0, ...this.kernels.map((kernel) => kernel?.scratchBytes ?? 0));
  }

  /** Whether there is anything for more than one thread to do. */
  get isParallel(): boolean {
    return this.kernels.some((kernel) => kernel !== null && !kernel.isSerial);
  }

  isSerial(group: number): boolean {
    return this.kernels[group]?.isSerial ?? true;
  }

  /** Bytes for the counters of parts. */
  get counterBytes(): number {
    const shared = this.kernels.flatMap((kernel) =>
      kernel && this.partsOf(kernel) > 0 ? kernel.phases : [],
    );
    return shared.length * counterStride;
  }

  /**
   * Into how many parts a kernel is cut, which threads take one after another; 0: each has its share. Threads
   * are not equally fast when a machine has other work, too, and where each has its share all wait for the
   * slowest one.
   */
  private partsOf({ isSerial, cycles }: GroupKernel): number {
    const { maxThreads } = this.target;
    const parts = Math.min(partsPerThread * maxThreads, Math.floor(cycles / partCycles));
    return isSerial || maxThreads < 2 || parts < 2 * maxThreads ? 0 : parts;
  }

  /** The finished module: exports `run` (thread, threads) → status. */
  finish(addresses: Addresses): Uint8Array<ArrayBuffer> {
    const run = this.module.function(["i32", "i32"], ["i32"], (f) => this.emitRun(f, addresses));
    this.module.export("run", run);
    return this.module.toBytes();
  }

  private emitRun(f: FunctionBuilder, addresses: Addresses): void {
    const hazards = new Hazards();
    const { groups } = this.plan;
    /** The last group that may fail: after it nobody writes the failure any more. */
    const lastFailing = groups.findLastIndex(canFail);
    let isChecked = lastFailing < 0;
    let hasWritten = false;
    let hostCalls = 0;
    let { counters } = addresses;
    let serial: (() => void)[] = [];
    const flush = (): void => {
      const calls = serial;
      serial = [];
      if (calls.length === 0) return;
      f.get(f.params[0])
        .op("i32.eqz")
        .if(() => calls.forEach((call) => call()));
    };
    const wait = (): void => {
      flush();
      this.emitWait(f);
      hazards.clear();
    };
    groups.forEach((group, g) => {
      const kernel = this.kernels[g];
      const isSerial = kernel === null || kernel.isSerial;
      const ranges = this.ranges(group, kernel, addresses);
      if (!isChecked && !hasWritten && this.writesCell(group)) {
        hasWritten = true;
        wait();
        this.emitCheck(f);
        // Who comes late must not take a later failure for one of before and leave alone.
        if (lastFailing > g) wait();
        isChecked = lastFailing < g;
      }
      if (hazards.conflicts(ranges, isSerial)) wait();
      hazards.note(ranges, isSerial);
      const stamp = (end: number) => this.emitStamp(f, addresses, 2 * g + end);
      if (kernel === null) {
        const call = hostCalls++;
        serial.push(() => {
          stamp(0);
          f.i32(call).call(this.host);
          stamp(1);
        });
        return;
      }
      if (isSerial) {
        serial.push(() => {
          stamp(0);
          for (const phase of kernel.phases) {
            f.get(f.params[0]).get(f.params[1]);
            this.emitPhase(f, group, phase, addresses);
          }
          stamp(1);
        });
        return;
      }
      flush();
      stamp(0);
      kernel.phases.forEach((phase, i) => {
        if (i > 0) wait();
        const parts = this.partsOf(kernel);
        if (parts > 0) {
          this.emitParts(f, parts, counters, () => this.emitPhase(f, group, phase, addresses));
          counters += counterStride;
          return;
        }
        f.get(f.params[0]).get(f.params[1]);
        this.emitPhase(f, group, phase, addresses);
      });
      hazards.note(ranges, false);
      stamp(1);
    });
    wait();
    if (!isChecked) this.emitCheck(f);
    f.i32(Status.done);
  }

  private emitWait(f: FunctionBuilder): void {
    f.get(f.params[0]).get(f.params[1]).call(this.barrier);
    f.if(() => f.i32(Status.aborted).op("return"));
  }

  /** Leaves the program if a check has failed. */
  private emitCheck(f: FunctionBuilder): void {
    f.i32(this.target.control.failure).memory("i32.load");
    f.if(() => f.i32(Status.failed).op("return"));
  }

  private emitStamp(f: FunctionBuilder, { times }: Addresses, slot: number): void {
    if (times === null) return;
    const stride = this.plan.groups.length * 16;
    f.get(f.params[0])
      .i32(stride)
      .op("i32.mul")
      .i32(times + slot * 8)
      .op("i32.add");
    f.call(this.now).memory("f64.store");
  }

  /** Takes parts until none is left. One thread alone takes the whole. */
  private emitParts(f: FunctionBuilder, parts: number, counter: number, call: () => void): void {
    f.scope(() => {
      const [, threads] = f.params;
      f.i32(1).i32(parts).get(threads).i32(2).op("i32.lt_s", "select");
      const all = f.keep("i32");
      const part = f.local("i32");
      f.loop((again) => {
        f.i32(0).i32(1).memory("i32.atomic.rmw.add", counter).tee(part).get(all).op("i32.lt_s");
        f.if(() => {
          f.get(part).get(all);
          call();
          f.br(again);
        });
      });
    });
  }

  /** Calls a phase; which part of how many is on the stack. */
  private emitPhase(
    f: FunctionBuilder,
    group: Group,
    phase: FunctionRef,
    { buffers, pointers, scratch }: Addresses,
  ): void {
    for (const { buffer, offset } of bases(group)) {
      const from = offset * dtypeInfo(this.plan.buffers[buffer].dtype).bytes;
      const pointer = pointers.get(buffer);
      if (pointer === undefined) f.i32(buffers[buffer] + from);
      else f.i32(pointer).memory("i32.load").i32(from).op("i32.add");
    }
    f.i32(scratch).get(f.params[0]).call(phase);
  }

  private writesCell(group: Group): boolean {
    return accesses(group).some(
      (it) => it.writes && this.plan.buffers[it.buffer].role.kind === "cell",
    );
  }

  private ranges(group: Group, kernel: GroupKernel | null, addresses: Addresses): Range[] {
    const list: Range[] = accesses(group).map(({ buffer, writes }) => {
      const { dtype, size } = this.plan.buffers[buffer];
      const start = addresses.buffers[buffer];
      return { start, end: start + size * dtypeInfo(dtype).bytes, writes };
    });
    if (kernel && kernel.scratchBytes > 0) {
      const { scratch } = addresses;
      list.push({ start: scratch, end: scratch + kernel.scratchBytes, writes: true });
    }
    return list;
  }
}

/** The base addresses that a group's kernel is called with, in order. */
function bases(group: Group): Binding[] {
  switch (group.kind) {
    case "contract":
      return [group.a, group.b, ...group.bindings.slice(1)];
    case "scan":
      return group.bindings.slice(1);
    default:
      return [...group.bindings];
  }
}
