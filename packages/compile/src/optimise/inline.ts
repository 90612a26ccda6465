// Cheap elementwise loops are computed anew where their result is looked at through a view (broadcast,
// transposed, a slice), instead of being written and read.
import type { Instr, LoopKernel } from "../plan/ir.ts";
import { Body } from "../plan/body.ts";
import { isPositive } from "../size/scope.ts";
import { accesses, type Binding, type Group, type LoopGroup, type Plan } from "../plan/group.ts";
import { isHeavy, sizeOfDims, widensLanes } from "./limits.ts";
import type { Bound } from "./match.ts";
import { dropUnitDims, splitDim } from "../plan/reshape-loop.ts";

/** Replaces loads of what cheap loops make by the computation itself. */
export function inlineCheap(plan: Plan): Plan {
  /** As they have become; null where one is gone. */
  const groups: (Group | null)[] = [...plan.groups];
  const users = new Users(plan.groups);
  const isOutput = new Set(plan.outputs.map(({ buffer }) => buffer));
  for (let i = 0; i < groups.length; i++) {
    const producer = groups[i];
    if (producer?.kind !== "loop" || !isCheap(producer)) continue;
    const { buffer } = producer.bindings[producer.kernel.stores[0].operand];
    const { role, size } = plan.buffers[buffer];
    if (role.kind !== "temporary" || isOutput.has(buffer)) continue;
    // It must make all of the buffer by itself.
    if (sizeOfDims(producer.kernel.dims) !== size) continue;
    const readers = users.of(buffer).filter((group) => group !== producer);
    // Many readers had better share what is written once, unless it is next to nothing.
    if (readers.length === 0 || (readers.length > 1 && size > 64)) continue;
    if (isSpoilt(plan, groups, producer, readers)) continue;
    const replaced = readers.map((reader) => inlineInto(producer, reader, buffer));
    if (replaced.includes(null)) continue;
    readers.forEach((reader, r) => {
      groups[groups.indexOf(reader)] = replaced[r];
      users.replace(reader, replaced[r]!);
    });
    groups[i] = null;
    users.remove(producer);
  }
  return { ...plan, groups: groups.filter((group) => group !== null) };
}

/** Which groups touch a buffer. */
class Users {
  private readonly groups = new Map<number, Set<Group>>();

  constructor(groups: readonly Group[]) {
    for (const group of groups) this.add(group);
  }

  of(buffer: number): Group[] {
    return [...(this.groups.get(buffer) ?? [])];
  }

  replace(old: Group, next: Group): void {
    this.remove(old);
    this.add(next);
  }

  remove(group: Group): void {
    for (const { buffer } of accesses(group)) this.groups.get(buffer)?.delete(group);
  }

  private add(group: Group): void {
    for (const { buffer } of accesses(group)) {
      const known = this.groups.get(buffer);
      if (known) known.add(group);
      else this.groups.set(buffer, new Set([group]));
    }
  }
}

/** Whether a cell that the producer reads is written before the last of its readers would read it, or
 *  by that one: it might read what it has written at another index. */
function isSpoilt(
  { buffers }: Plan,
  groups: readonly (Group | null)[],
  producer: Group,
  readers: readonly Group[],
): boolean {
  const cells = accesses(producer)
    .filter((it) => !it.writes && buffers[it.buffer].role.kind === "cell")
    .map((it) => it.buffer);
  if (cells.length === 0) return false;
  const last = Math.max(...readers.map((reader) => groups.indexOf(reader)));
  return groups
    .slice(groups.indexOf(producer), last + 1)
    .some((group) => group && accesses(group).some((it) => it.writes && cells.includes(it.buffer)));
}

/** One store of few operations on few operands. */
function isCheap({ kernel }: LoopGroup): boolean {
  const { stores, rowDims, instrs, operands } = kernel;
  if (stores.length !== 1 || rowDims > 0 || stores[0].accumulate || operands.length > 3)
    return false;
  const isSimple = (instr: Instr): boolean =>
    instr.kind === "const" ||
    instr.kind === "load" ||
    instr.kind === "index" ||
    instr.kind === "cast" ||
    (instr.kind === "call" && !isHeavy(instr));
  return instrs.length <= 8 && instrs.every(isSimple);
}

/** The reader with the producer's computation in place of its loads; null where that cannot be. */
function inlineInto(producer: LoopGroup, group: Group, buffer: number): Group | null {
  if (group.kind !== "loop" && group.kind !== "contract") return null;
  if (accesses(group).some((it) => it.writes && it.buffer === buffer)) return null;
  if (group.kind === "contract" && [group.a, group.b].some((it) => it.buffer === buffer))
    return null;
  let loop: Bound = {
    kernel: group.kind === "loop" ? group.kernel : group.kernel.epilogue,
    bindings: group.bindings,
  };
  if (widensLanes(producer.kernel, loop.kernel)) return null;
  // Identical access is for fusion, which shares the loop; a contraction's dims cannot be split here.
  for (let guard = 0; guard < 8; guard++) {
    const operand = loop.bindings.findIndex((binding) => binding.buffer === buffer);
    if (operand < 0) break;
    const before = loop.kernel.dims.length;
    const next = substitute(producer, loop, operand);
    if (!next || (group.kind === "contract" && next.kernel.dims.length !== before)) return null;
    loop = next;
  }
  if (loop.kernel.instrs.length > 160) return null;
  const origins = [...new Set([...producer.origins, ...group.origins])];
  if (group.kind === "loop") return { ...group, ...loop, origins };
  return {
    ...group,
    kernel: { ...group.kernel, epilogue: loop.kernel },
    bindings: loop.bindings,
    origins,
  };
}

/** For each dim of the reader, which dim of the producer it moves along, and how fast. */
interface Course {
  readonly kernel: LoopKernel;
  readonly along: readonly { readonly dim: number; readonly step: number }[];
  readonly start: readonly number[];
}

function substitute(producer: LoopGroup, reader: Bound, operand: number): Bound | null {
  const made = dropUnitDims(producer.kernel);
  const store = made.stores[0];
  const { kernel: isUsedOtherwise } = reader;
  const loadsOnly = isUsedOtherwise.instrs.every(
    (it) => (it.kind !== "gather" && it.kind !== "random") || it.operand !== operand,
  );
  if (!loadsOnly || reader.kernel.stores.some((it) => it.operand === operand)) return null;
  const course = follow(
    made,
    store.operand,
    reader.kernel,
    operand,
    reader.bindings[operand].offset,
  );
  if (!course) return null;
  // Repeating the work along a broadcast pays only for what is next to nothing.
  const { kernel, along, start } = course;
  if (sizeOfDims(kernel.dims) > sizeOfDims(made.dims) && made.instrs.length > 6) return null;
  const body = new Body();
  const operands = [...kernel.operands];
  const bindings: Binding[] = [...reader.bindings];
  const moved = (strides: readonly number[]): number[] =>
    along.map(({ dim, step }) => (dim < 0 ? 0 : step * strides[dim]));
  const shift = (strides: readonly number[]): number =>
    strides.reduce((sum, stride, d) => sum + stride * start[d], 0);
  const place = (i: number): number => {
    const { dtype, strides } = made.operands[i];
    const { buffer, offset } = producer.bindings[i];
    bindings.push({ buffer, offset: offset + shift(strides) });
    return operands.push({ dtype, strides: moved(strides) }) - 1;
  };
  const inlined: number[] = [];
  const compute = (): number => {
    for (const instr of made.instrs) {
      if (instr.kind === "load")
        inlined.push(body.add({ ...instr, operand: place(instr.operand) }));
      else if (instr.kind === "index") {
        const strides = moved(instr.strides);
        inlined.push(body.add({ ...instr, strides, offset: instr.offset + shift(instr.strides) }));
      } else if (instr.kind === "call") {
        inlined.push(body.add({ ...instr, args: instr.args.map((arg) => inlined[arg]) }));
      } else if (instr.kind === "cast")
        inlined.push(body.add({ ...instr, arg: inlined[instr.arg] }));
      else inlined.push(body.add(instr));
    }
    return inlined[store.value];
  };
  const values: number[] = [];
  for (const instr of kernel.instrs) {
    if (instr.kind === "load" && instr.operand === operand) values.push(compute());
    else values.push(body.add(withArgs(instr, values)));
  }
  const stores = kernel.stores.map((it) => ({ ...it, value: values[it.value] }));
  const whole: LoopKernel = { ...kernel, operands, instrs: body.instrs, stores };
  return dropOperand({ kernel: whole, bindings }, operand);
}

/** Removes an operand that nobody uses. */
function dropOperand({ kernel, bindings }: Bound, operand: number): Bound {
  const to = (i: number): number => (i > operand ? i - 1 : i);
  return {
    kernel: {
      ...kernel,
      operands: kernel.operands.toSpliced(operand, 1),
      instrs: kernel.instrs.map((it) =>
        "operand" in it ? { ...it, operand: to(it.operand) } : it,
      ),
      stores: kernel.stores.map((it) => ({ ...it, operand: to(it.operand) })),
    },
    bindings: bindings.toSpliced(operand, 1),
  };
}

function withArgs(instr: Instr, values: readonly number[]): Instr {
  switch (instr.kind) {
    case "call":
      return { ...instr, args: instr.args.map((arg) => values[arg]) };
    case "cast":
    case "reduce":
      return { ...instr, arg: values[instr.arg] };
    case "gather":
      return { ...instr, index: values[instr.index] };
    default:
      return instr;
  }
}

/**
 * Reads the reader's strides as steps along the producer's dims: a place in a contiguous array is a
 * number in mixed radix, whose digits are the indices, as long as none overflows. Where one would, the
 * reader's dim spans several of the producer's and is split.
 */
function follow(
  made: LoopKernel,
  store: number,
  reader: LoopKernel,
  operand: number,
  offset: number,
): Course | null {
  const weights = made.operands[store].strides;
  const order = [...made.dims.keys()].sort((x, y) => weights[y] - weights[x]);
  if (order.some((d) => weights[d] <= 0)) return null;
  const start = made.dims.map(() => 0);
  let rest = offset;
  for (const d of order) {
    start[d] = Math.floor(rest / weights[d]);
    rest -= start[d] * weights[d];
  }
  if (rest !== 0 || start.some((s, d) => s < 0 || !isPositive(made.dims[d] - s))) return null;
  let kernel = reader;
  for (let round = 0; round < 8; round++) {
    const { strides } = kernel.operands[operand];
    const along = strides.map((stride, d) => {
      if (stride === 0 || kernel.dims[d] === 1) return { dim: -1, step: 0 };
      const dim = order.find((e) => weights[e] <= Math.abs(stride) && stride % weights[e] === 0);
      return dim === undefined ? null : { dim, step: stride / weights[dim] };
    });
    if (along.some((it) => it === null)) return null;
    const course: Course = { kernel, along: along as Course["along"], start };
    const overflowing = overflow(course, made.dims);
    if (overflowing === null) return course;
    const { dim, step } = along[overflowing]!;
    const inner = made.dims[dim];
    const canSplit =
      step === 1 &&
      start[dim] === 0 &&
      kernel.dims[overflowing] % inner === 0 &&
      kernel.dims[overflowing] > inner;
    if (!canSplit) return null;
    kernel = splitDim(kernel, overflowing, inner);
  }
  return null;
}

/** A dim of the reader along which an index of the producer leaves its range; null if none does. */
function overflow({ kernel, along, start }: Course, dims: readonly number[]): number | null {
  for (let e = 0; e < dims.length; e++) {
    let [low, high] = [start[e], start[e]];
    let widest = -1;
    along.forEach(({ dim, step }, d) => {
      if (dim !== e) return;
      const reach = step * (kernel.dims[d] - 1);
      if (reach < 0) low += reach;
      else high += reach;
      if (widest < 0 || kernel.dims[d] > kernel.dims[widest]) widest = d;
    });
    if (!isPositive(low + 1) || !isPositive(dims[e] - high)) return widest;
  }
  return null;
}
