// The module of a program: its kernels, and one function that calls them in order with barriers.
import { dtypeInfo } from "@wengert/autograd/compiler";
import { isSymbolic } from "../size/scope.ts";
import { accesses, canFail, type Binding, type Group, type Plan } from "../plan/group.ts";
import type { FunctionBuilder, FunctionRef } from "../wasm/function.ts";
import { ModuleBuilder, type MemoryLimits } from "../wasm/module.ts";
import type { Sites } from "../wasm/sites.ts";
import { emitBarrier } from "../run/barrier.ts";
import { counterStride, emitParts, wholeParts } from "./parts.ts";
import type { ControlLayout } from "../run/control.ts";
import type { Features } from "./context.ts";
import { wideKernels } from "./contract/wide.ts";
import { Hazards, type Range } from "./hazards.ts";
import { insideOf, topLevel, type Addresses, type Level } from "./level.ts";
import { KernelCache, type GroupKernel } from "./kernels.ts";
import { importHostFunctions } from "./vector/index.ts";

/** What a run of the program ends with. */
export const Status = { done: 0, aborted: 1, failed: 2 } as const;

/** Cycles of a part that make taking it not count: some microseconds. */
const partCycles = 10_000;
/** Parts for each thread: with more, the last ones are shorter. */
const partsPerThread = 32;

export interface Target {
  readonly limits: MemoryLimits;
  readonly control: ControlLayout;
  readonly features: Features;
  /** Whether the library of wide inner loops is there. */
  readonly isWide: boolean;
  readonly maxThreads: number;
}

/** What calls a program's module into being, and explains it. */
export interface Emitter {
  readonly scratchBytes: number;
  readonly kernelCount: number;
  /** Bytes for the counters of parts. */
  readonly counterBytes: number;
  readonly isParallel: boolean;
  /** Whether some product uses vectors of 256 bits. */
  readonly hasWideVectors: boolean;
  isSerial(group: number): boolean;
  /** The finished module: exports `run` (thread, threads) → status. */
  finish(addresses: Addresses): Uint8Array<ArrayBuffer>;
  /** What the table of the finished module holds for a size. */
  numbers(size: number): readonly number[];
}

/** A group with the code that was written for it. */
interface Emitted {
  readonly group: Group;
  /** Null for calls of the host, and for loops. */
  readonly kernel: GroupKernel | null;
  /** What a loop repeats. */
  readonly body: readonly Emitted[];
  /** Thread 0 does all of it. */
  readonly isSerial: boolean;
  readonly scratchBytes: number;
}

/** A program whose kernels are written, but not yet the function that calls them with addresses. */
export class ProgramEmitter implements Emitter {
  readonly module: ModuleBuilder;
  readonly kernelCount: number;
  private readonly barrier: FunctionRef;
  private readonly host: FunctionRef;
  private readonly now: FunctionRef;
  private emitted: readonly Emitted[];
  private readonly plan: Plan;
  private readonly target: Target;

  constructor(plan: Plan, target: Target, sites: Sites | null = null) {
    this.plan = plan;
    this.target = target;
    this.module = new ModuleBuilder(target.limits, sites);
    this.host = this.module.import("host", ["i32"], []);
    this.now = this.module.import("now", [], ["f64"]);
    const host = importHostFunctions(this.module);
    this.barrier = emitBarrier(this.module, target.control);
    const { features, maxThreads } = target;
    const failureAddress = target.control.failure;
    const cache = new KernelCache({
      module: this.module,
      features,
      wide: target.isWide ? wideKernels : null,
      host,
      failureAddress,
      maxThreads,
    });
    this.emitted = plan.groups.map((group) => emit(group, cache));
    this.kernelCount = cache.size;
  }

  get scratchBytes(): number {
    return Math.max(0, ...this.scratch);
  }

  /** Bytes of scratch memory of each group. */
  get scratch(): readonly number[] {
    return this.emitted.map(({ scratchBytes }) => scratchBytes);
  }

  set scratch(bytes: readonly number[]) {
    this.emitted = this.emitted.map((it, i) => ({ ...it, scratchBytes: bytes[i] }));
  }

  /** Whether there is anything for more than one thread to do. */
  get isParallel(): boolean {
    return this.emitted.some(({ isSerial }) => !isSerial);
  }

  get hasWideVectors(): boolean {
    return this.module.importsTable;
  }

  isSerial(group: number): boolean {
    return this.emitted[group].isSerial;
  }

  /** Bytes for the counters of parts. */
  get counterBytes(): number {
    const shared = this.emitted.flatMap(({ kernel }) =>
      kernel && this.partsOf(kernel) > 0 ? kernel.phases : [],
    );
    return shared.length * this.countersOfPhase;
  }

  /** Bytes for the counters of a phase: each thread has one. */
  private get countersOfPhase(): number {
    return counterStride * this.target.maxThreads;
  }

  /**
   * Into how many parts a kernel is cut, which threads take one after another; 0: each has its share. Threads
   * are not equally fast when a machine has other work, too, and where each has its share all wait for the
   * slowest one.
   */
  private partsOf({ isSerial, cycles, pieces }: GroupKernel): number {
    const { maxThreads } = this.target;
    const most = Math.min(partsPerThread * maxThreads, Math.floor(cycles / partCycles));
    if (isSerial || maxThreads < 2 || most < 2 * maxThreads) return 0;
    const isFree = pieces === null || isSymbolic(pieces);
    const parts = isFree ? most - (most % maxThreads) : wholeParts(pieces, most, maxThreads);
    return parts < 2 * maxThreads ? 0 : parts;
  }

  finish(addresses: Addresses): Uint8Array<ArrayBuffer> {
    this.link(addresses);
    return this.module.toBytes();
  }

  /** All sizes are known when the module is written. */
  numbers(): readonly number[] {
    return [];
  }

  /** Writes the function that calls the kernels. */
  link(addresses: Addresses): void {
    const run = this.module.function(["i32", "i32"], ["i32"], (f) => this.emitRun(f, addresses));
    this.module.export("run", run);
  }

  private emitRun(f: FunctionBuilder, addresses: Addresses): void {
    const hazards = new Hazards();
    const { emitted } = this;
    const level = topLevel(this.plan, addresses);
    /** The last group that may fail: after it nobody writes the failure any more. */
    const lastFailing = emitted.findLastIndex(({ group }) => canFail(group));
    let isChecked = lastFailing < 0;
    let hasWritten = false;
    let hostCalls = 0;
    const code = new Interleaved(f, hazards, () => this.emitWait(f));
    const counters = { next: addresses.counters };
    emitted.forEach((it, g) => {
      const { group, kernel, isSerial } = it;
      const ranges = this.ranges(it, level, addresses);
      if (!isChecked && !hasWritten && this.writesCell(group)) {
        hasWritten = true;
        code.wait();
        this.emitCheck(f);
        // Who comes late must not take a later failure for one of before and leave alone.
        if (lastFailing > g) code.wait();
        isChecked = lastFailing < g;
      }
      if (hazards.conflicts(ranges, isSerial)) code.wait();
      hazards.note(ranges, isSerial);
      const stamp = (end: number) => this.emitStamp(f, addresses, 2 * g + end);
      const host = kernel === null && group.kind === "host" ? hostCalls++ : null;
      code.add(isSerial, () => {
        stamp(0);
        if (host !== null) f.i32(host).call(this.host);
        else this.emitGroup(f, it, level, addresses, code, counters);
        stamp(1);
      });
      if (!isSerial) hazards.note(ranges, false);
    });
    code.wait();
    if (!isChecked) this.emitCheck(f);
    f.i32(Status.done);
  }

  /** A group's phases, with barriers between them where all threads take part. In a loop each thread has
   *  its share of a kernel: counters of parts are 0 before each run, but not before each turn. */
  private emitGroup(
    f: FunctionBuilder,
    it: Emitted,
    level: Level,
    addresses: Addresses,
    code: Interleaved,
    counters: { next: number } | null = null,
  ): void {
    const { group, kernel, isSerial } = it;
    if (group.kind === "turns") {
      this.emitTurns(f, it, level, addresses, code);
      return;
    }
    kernel!.phases.forEach((phase, i) => {
      const isOwn = i === 0 && kernel!.startsAlone === true;
      if (i > 0 && !isSerial && !(i === 1 && kernel!.startsAlone)) code.wait();
      const call = () => this.emitPhase(f, group, phase, level, addresses.scratch);
      const parts = counters === null || isOwn ? 0 : this.partsOf(kernel!);
      if (parts > 0) {
        emitParts(f, this.module, { parts, counters: counters!.next }, call);
        counters!.next += this.countersOfPhase;
        return;
      }
      f.get(f.params[0]).get(f.params[1]);
      call();
    });
  }

  /** A loop around the groups of its body. All threads go round together, unless one does it all. */
  private emitTurns(
    f: FunctionBuilder,
    { group, body, isSerial }: Emitted,
    outer: Level,
    addresses: Addresses,
    code: Interleaved,
  ): void {
    if (group.kind !== "turns") return;
    const { length, reverse } = group;
    if (!isSerial) code.wait();
    f.scope(() => {
      const turn = f.local("i32");
      const level = insideOf(outer, group, turn);
      f.i32(reverse ? length - 1 : 0).set(turn);
      f.loop((again) => {
        if (isSerial) for (const it of body) this.emitGroup(f, it, level, addresses, code);
        else this.emitTurn(f, body, level, addresses);
        f.get(turn)
          .i32(reverse ? -1 : 1)
          .op("i32.add")
          .tee(turn);
        f.i32(reverse ? 0 : length).op(reverse ? "i32.ge_s" : "i32.lt_s");
        f.brIf(again);
      });
    });
  }

  /** One turn for all threads, which wait for each other at its end. */
  private emitTurn(
    f: FunctionBuilder,
    body: readonly Emitted[],
    level: Level,
    addresses: Addresses,
  ): void {
    const hazards = new Hazards();
    const code = new Interleaved(f, hazards, () => this.emitWait(f));
    for (const it of body) {
      const ranges = this.ranges(it, level, addresses);
      if (hazards.conflicts(ranges, it.isSerial)) code.wait();
      hazards.note(ranges, it.isSerial);
      code.add(it.isSerial, () => this.emitGroup(f, it, level, addresses, code));
      if (!it.isSerial) hazards.note(ranges, false);
    }
    code.wait();
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

  /** Calls a phase; which part of how many is on the stack. */
  private emitPhase(
    f: FunctionBuilder,
    group: Group,
    phase: FunctionRef,
    level: Level,
    scratch: number,
  ): void {
    for (const { buffer, offset } of bases(group)) {
      level.push(f, buffer, offset * dtypeInfo(level.plan.buffers[buffer].dtype).bytes);
    }
    f.i32(scratch).get(f.params[0]).call(phase);
  }

  private writesCell(group: Group): boolean {
    return accesses(group).some(
      (it) => it.writes && this.plan.buffers[it.buffer].role.kind === "cell",
    );
  }

  private ranges({ group, scratchBytes }: Emitted, level: Level, { scratch }: Addresses): Range[] {
    const list: Range[] = accesses(group).map(({ buffer, writes }) => {
      return { ...level.span(buffer), writes };
    });
    if (scratchBytes > 0) list.push({ start: scratch, end: scratch + scratchBytes, writes: true });
    return list;
  }
}

/** What thread 0 does alone is collected until all threads have something to do, or must wait. */
class Interleaved {
  private serial: (() => void)[] = [];
  private readonly f: FunctionBuilder;
  private readonly hazards: Hazards;
  private readonly emitWait: () => void;

  constructor(f: FunctionBuilder, hazards: Hazards, emitWait: () => void) {
    this.f = f;
    this.hazards = hazards;
    this.emitWait = emitWait;
  }

  add(isSerial: boolean, write: () => void): void {
    if (isSerial) {
      this.serial.push(write);
      return;
    }
    this.flush();
    write();
  }

  wait(): void {
    this.flush();
    this.emitWait();
    this.hazards.clear();
  }

  private flush(): void {
    const { f, serial } = this;
    this.serial = [];
    if (serial.length === 0) return;
    f.get(f.params[0])
      .op("i32.eqz")
      .if(() => serial.forEach((write) => write()));
  }
}

function emit(group: Group, cache: KernelCache): Emitted {
  if (group.kind === "host")
    return { group, kernel: null, body: [], isSerial: true, scratchBytes: 0 };
  if (group.kind !== "turns") {
    const kernel = cache.kernel(group);
    const { isSerial, scratchBytes } = kernel;
    return { group, kernel, body: [], isSerial, scratchBytes };
  }
  const body = group.body.groups.map((inner) => emit(inner, cache));
  return {
    group,
    kernel: null,
    body,
    isSerial: body.every(({ isSerial }) => isSerial),
    scratchBytes: Math.max(0, ...body.map(({ scratchBytes }) => scratchBytes)),
  };
}

/** The base addresses that a group's kernel is called with, in order. */
function bases(group: Group): Binding[] {
  switch (group.kind) {
    case "contract":
      return [group.a, group.b, ...group.bindings.slice(1)];
    case "scan":
      return group.bindings.slice(1);
    case "turns":
      return [];
    default:
      return [...group.bindings];
  }
}
