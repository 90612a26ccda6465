// Makes tensors of what a program has computed.
import { Tensor, type TypedArray } from "@wengert/autograd";
import {
  allocate,
  contiguousLayout,
  dtypeInfo,
  Storage,
  type Layout,
} from "@wengert/autograd/compiler";
import type { Graph } from "../graph/graph.ts";
import type { Plan } from "../plan/group.ts";
import { heap } from "../run/heap.ts";
import { lend, type Loan } from "./cells.ts";
import type { Pointers } from "./pointers.ts";

interface Output {
  readonly buffer: number;
  readonly layout: Layout;
  readonly address: number;
  readonly isLarge: boolean;
  /** The elements there, as of the last call. */
  view: TypedArray | null;
  /** Where results of one element go, and how many have gone there. */
  shelf: TypedArray | null;
  used: number;
}

/**
 * A typed array takes 224 bytes, its one element included. So results of one element lie side by side in
 * arrays of so many: a loss costs no more than its tensor and its storage. Who keeps one of them keeps the
 * array, which is little more than an array of its own.
 */
const shelfLength = 64;

export class Outputs {
  private outputs: readonly Output[] = [];
  private readonly addresses: readonly number[];
  private readonly pointers: Pointers;
  /** The memory that large outputs of the running call go to. */
  private loans: (Loan | null)[] = [];
  private hasLarge = false;

  constructor(
    plan: Plan,
    graph: Pick<Graph, "outputs">,
    addresses: readonly number[],
    pointers: Pointers,
  ) {
    this.pointers = pointers;
    this.addresses = addresses;
    this.resize(plan, graph);
  }

  /** Takes the shapes and places of the outputs from a plan and a graph for another size. */
  resize(plan: Plan, graph: Pick<Graph, "outputs">): void {
    const { addresses, pointers } = this;
    this.outputs = plan.outputs.map(({ buffer, offset }, i) => {
      const { dtype } = plan.buffers[buffer];
      return {
        buffer,
        layout: contiguousLayout(dtype, graph.outputs[i].shape),
        address: addresses[buffer] + offset * dtypeInfo(dtype).bytes,
        isLarge: pointers.has(buffer),
        view: null,
        shelf: null,
        used: 0,
      };
    });
    this.hasLarge = this.outputs.some(({ isLarge }) => isLarge);
    this.reset();
  }

  /** Finds memory for large outputs, if there is any to be had; else they are copied. */
  prepare(): void {
    if (!this.hasLarge) return;
    this.loans = [];
    for (const { buffer, layout, address, isLarge } of this.outputs) {
      const loan = isLarge ? lend(layout.dtype, layout.size) : null;
      this.loans.push(loan);
      if (isLarge) this.pointers.set(buffer, loan ? loan.address : address);
    }
  }

  /** The outputs as tensors of their own. */
  take(): Tensor[] {
    const { outputs } = this;
    const tensors = new Array<Tensor>(outputs.length);
    for (let i = 0; i < outputs.length; i++) tensors[i] = this.tensor(i);
    this.reset();
    return tensors;
  }

  /** The same of a program that has one. */
  takeOnly(): Tensor {
    const tensor = this.tensor(0);
    this.reset();
    return tensor;
  }

  private tensor(i: number): Tensor {
    const output = this.outputs[i];
    const loan = this.hasLarge ? this.loans[i] : null;
    return loan ? new Tensor(output.layout, loan.keep(), 0) : copied(output);
  }

  /** Gives back the memory of a call that has failed. */
  discard(): void {
    for (const loan of this.loans) loan?.giveBack();
    this.reset();
  }

  /** Without a call, the program has only its own memory to write to. */
  private reset(): void {
    if (!this.hasLarge) return;
    this.loans = [];
    for (const { buffer, address, isLarge } of this.outputs) {
      if (isLarge) this.pointers.set(buffer, address);
    }
  }
}

function copied(output: Output): Tensor {
  const { layout } = output;
  const { dtype, size } = layout;
  const { memory } = heap();
  // Growth gives the memory another buffer.
  if (output.view?.buffer !== memory.buffer) output.view = heap().view(dtype, output.address, size);
  if (size === 1) {
    if (output.shelf === null || output.used === shelfLength) {
      output.shelf = allocate(dtype, shelfLength);
      output.used = 0;
    }
    const place = output.used++;
    output.shelf[place] = output.view[0];
    return new Tensor(layout, new Storage(output.shelf), place);
  }
  const data = allocate(dtype, size);
  data.set(output.view);
  return new Tensor(layout, new Storage(data), 0);
}

/** What a call takes of the outputs: a list of all, or the only one without a list. */
export type Take<R> = (outputs: Outputs) => R;

export const all: Take<Tensor[]> = (outputs) => outputs.take();
export const only: Take<Tensor> = (outputs) => outputs.takeOnly();
