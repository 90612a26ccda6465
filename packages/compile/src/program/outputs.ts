// Makes tensors of what a program has computed.
import { Tensor } from "@wengert/autograd";
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
}

export class Outputs {
  private readonly outputs: readonly Output[];
  private readonly pointers: Pointers;
  /** The memory that large outputs of the running call go to. */
  private loans: (Loan | null)[] = [];

  constructor(plan: Plan, graph: Graph, addresses: readonly number[], pointers: Pointers) {
    this.pointers = pointers;
    this.outputs = plan.outputs.map(({ buffer, offset }, i) => {
      const { dtype } = plan.buffers[buffer];
      return {
        buffer,
        layout: contiguousLayout(dtype, graph.outputs[i].shape),
        address: addresses[buffer] + offset * dtypeInfo(dtype).bytes,
        isLarge: pointers.has(buffer),
      };
    });
    this.reset();
  }

  /** Finds memory for large outputs, if there is any to be had; else they are copied. */
  prepare(): void {
    this.loans = [];
    for (const { buffer, layout, address, isLarge } of this.outputs) {
      const loan = isLarge ? lend(layout.dtype, layout.size) : null;
      this.loans.push(loan);
      if (isLarge) this.pointers.set(buffer, loan ? loan.address : address);
    }
  }

  /** The outputs as tensors of their own. */
  take(): Tensor[] {
    const tensors = this.outputs.map(({ layout, address }, i) => {
      const loan = this.loans[i];
      return new Tensor(layout, loan ? loan.keep() : copied(layout, address), 0);
    });
    this.reset();
    return tensors;
  }

  /** Gives back the memory of a call that has failed. */
  discard(): void {
    for (const loan of this.loans) loan?.giveBack();
    this.reset();
  }

  /** Without a call, the program has only its own memory to write to. */
  private reset(): void {
    this.loans = [];
    for (const { buffer, address, isLarge } of this.outputs) {
      if (isLarge) this.pointers.set(buffer, address);
    }
  }
}

function copied({ dtype, size }: Layout, address: number): Storage {
  const data = allocate(dtype, size);
  data.set(heap().view(dtype, address, size));
  return new Storage(data);
}
