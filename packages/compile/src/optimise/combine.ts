// Makes one loop of two, or leaves out what nobody uses.
import { argsOf, type Instr, type LoopKernel, type Store } from "../plan/ir.ts";
import { Body } from "../plan/body.ts";
import type { Binding } from "../plan/group.ts";
import type { Bound, Match } from "./match.ts";
import { overDims } from "../plan/reshape-loop.ts";

/** Collects operands, values and stores of loops over the same dims. */
class Merger {
  readonly body = new Body();
  readonly operands: LoopKernel["operands"][number][] = [];
  readonly bindings: Binding[] = [];
  readonly stores: Store[] = [];
  private readonly dims: readonly number[];

  constructor(dims: readonly number[]) {
    this.dims = dims;
  }

  operand({ kernel, bindings }: Bound, i: number): number {
    const { dtype, strides } = kernel.operands[i];
    const { buffer, offset } = bindings[i];
    const same = this.operands.findIndex(
      (it, j) =>
        this.bindings[j].buffer === buffer &&
        this.bindings[j].offset === offset &&
        it.strides.every((stride, d) => stride === strides[d] || this.dims[d] === 1),
    );
    if (same >= 0) return same;
    this.bindings.push({ buffer, offset });
    return this.operands.push({ dtype, strides }) - 1;
  }

  /** Adds a loop's values. A load for which `known` has a value is that value. */
  add(loop: Bound, known: (operand: number) => number | undefined): number[] {
    const values: number[] = [];
    for (const instr of loop.kernel.instrs) values.push(this.value(instr, loop, values, known));
    return values;
  }

  private value(
    instr: Instr,
    loop: Bound,
    values: readonly number[],
    known: (operand: number) => number | undefined,
  ): number {
    switch (instr.kind) {
      case "load": {
        const value = known(instr.operand);
        return value ?? this.body.add({ ...instr, operand: this.operand(loop, instr.operand) });
      }
      case "gather":
        return this.body.add({
          ...instr,
          operand: this.operand(loop, instr.operand),
          index: values[instr.index],
        });
      case "random":
        return this.body.add({ ...instr, operand: this.operand(loop, instr.operand) });
      case "call":
        return this.body.add({ ...instr, args: instr.args.map((arg) => values[arg]) });
      case "cast":
      case "reduce":
        return this.body.add({ ...instr, arg: values[instr.arg] });
      default:
        return this.body.add(instr);
    }
  }

  store(loop: Bound, store: Store, values: readonly number[]): void {
    const operand = this.operand(loop, store.operand);
    this.stores.push({ ...store, operand, value: values[store.value] });
  }

  finish(rowDims: number): Bound {
    const { dims, operands, bindings, stores, body } = this;
    return { kernel: { dims, rowDims, operands, instrs: body.instrs, stores }, bindings };
  }
}

/** One loop that does what the earlier and the later of two did; what the later one loads of the
 *  earlier one's stores it gets as a value. `isEarlier`: whether the host is the earlier one. */
export function combine(
  matched: Match,
  hostBindings: readonly Binding[],
  guestBindings: readonly Binding[],
  hostIsEarlier: boolean,
): Bound {
  const { host, guest, pairs } = matched;
  const hostLoop: Bound = { kernel: host, bindings: hostBindings };
  const moved = overDims(guest, host.dims, host.rowDims, pairs);
  const guestLoop: Bound = { kernel: moved, bindings: guestBindings };
  const merger = new Merger(host.dims);
  // An epilogue's operand 0 stays operand 0.
  if (hostBindings[0]?.buffer === -1) merger.operand(hostLoop, 0);
  const [earlier, later] = hostIsEarlier ? [hostLoop, guestLoop] : [guestLoop, hostLoop];
  const values = merger.add(earlier, () => undefined);
  const known = (operand: number): number | undefined => {
    const store = earlier.kernel.stores.find((it) =>
      isSamePlace(earlier, it.operand, later, operand),
    );
    return store && values[store.value];
  };
  const laterValues = merger.add(later, known);
  for (const store of earlier.kernel.stores) merger.store(earlier, store, values);
  for (const store of later.kernel.stores) merger.store(later, store, laterValues);
  return merger.finish(host.rowDims);
}

/** Whether two operands of loops over the same dims are one element at each index. */
function isSamePlace(a: Bound, i: number, b: Bound, j: number): boolean {
  const [x, y] = [a.bindings[i], b.bindings[j]];
  if (x.buffer !== y.buffer || x.offset !== y.offset || x.buffer < 0) return false;
  const [s, t] = [a.kernel.operands[i].strides, b.kernel.operands[j].strides];
  return s.every((stride, d) => stride === t[d] || a.kernel.dims[d] === 1);
}

/** The loop without the stores that `isNeeded` refuses and without what only they needed. */
export function prune(loop: Bound, isNeeded: (buffer: number) => boolean): Bound {
  const { kernel, bindings } = loop;
  const stores = kernel.stores.filter((store) => isNeeded(bindings[store.operand].buffer));
  const used = new Set<number>();
  const visit = (id: number): void => {
    if (used.has(id)) return;
    used.add(id);
    const instr = kernel.instrs[id];
    for (const arg of argsOf(instr)) visit(arg);
  };
  for (const store of stores) visit(store.value);
  if (stores.length === kernel.stores.length && used.size === kernel.instrs.length) return loop;
  const merger = new Merger(kernel.dims);
  if (bindings[0]?.buffer === -1) merger.operand(loop, 0);
  const numbers = [...kernel.instrs.keys()].filter((id) => used.has(id));
  const renumbered = new Map(numbers.map((id, i) => [id, i]));
  const kept = numbers.map((id) => renumber(kernel.instrs[id], renumbered));
  const slim: Bound = { kernel: { ...kernel, instrs: kept, stores: [] }, bindings };
  const values = merger.add(slim, () => undefined);
  for (const store of stores) {
    merger.store(loop, { ...store, value: renumbered.get(store.value)! }, values);
  }
  return merger.finish(kernel.rowDims);
}

function renumber(instr: Instr, numbers: ReadonlyMap<number, number>): Instr {
  const to = (id: number): number => numbers.get(id)!;
  switch (instr.kind) {
    case "call":
      return { ...instr, args: instr.args.map(to) };
    case "cast":
    case "reduce":
      return { ...instr, arg: to(instr.arg) };
    case "gather":
      return { ...instr, index: to(instr.index) };
    default:
      return instr;
  }
}
