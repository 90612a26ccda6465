// Large inputs and outputs are not copied: the program finds their addresses in a table, so that each
// call may use other memory.
import { type Block, heap } from "../run/heap.ts";
import type { Plan } from "../plan/group.ts";
import { bytesOf } from "../plan/arena.ts";
import type { Holdings } from "./holdings.ts";

/** Smaller arrays are copied in less time than it takes to find other memory for them. */
const minBytes = 1 << 16;

export class Pointers {
  /** For each buffer that has one: the address of its pointer. */
  readonly slots: ReadonlyMap<number, number>;
  private readonly block: Block;
  private table: Int32Array;
  private readonly places: ReadonlyMap<number, number>;

  constructor(plan: Plan, holdings: Holdings) {
    const large = plan.buffers.flatMap((_, id) =>
      isMovable(plan, id) && bytesOf(plan, id) >= minBytes ? [id] : [],
    );
    this.block = holdings.allocate(large.length * 4, "pointers of a compiled function");
    this.places = new Map(large.map((id, i) => [id, i]));
    this.slots = new Map(large.map((id, i) => [id, this.block.address + 4 * i]));
    this.table = this.view();
  }

  has(buffer: number): boolean {
    return this.places.has(buffer);
  }

  get(buffer: number): number {
    return this.table[this.places.get(buffer)!];
  }

  set(buffer: number, address: number): void {
    // Growth has detached the view of a memory that is not shared.
    if (this.table.length === 0) this.table = this.view();
    this.table[this.places.get(buffer)!] = address;
  }

  private view(): Int32Array {
    return heap().view("int32", this.block, this.slots.size) as Int32Array;
  }
}

/** Inputs, and temporaries that are returned whole and once. */
function isMovable({ buffers, outputs }: Plan, id: number): boolean {
  const { role } = buffers[id];
  if (role.kind === "input") return true;
  const returned = outputs.filter(({ buffer }) => buffer === id);
  return role.kind === "temporary" && returned.length === 1 && returned[0].offset === 0;
}
