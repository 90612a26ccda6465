// Brings the arguments of a call to where the program reads them.
import type { Tensor, TypedArray } from "@wengert/autograd";
import { copyElements, dtypeInfo, type Storage } from "@wengert/autograd/compiler";
import type { Plan } from "../plan/group.ts";
import { heap } from "../run/heap.ts";
import { knownResidence, residence } from "./cells.ts";
import type { Pointers } from "./pointers.ts";

interface Slot {
  readonly buffer: number;
  readonly address: number;
  view: TypedArray;
  /** What the argument of the call before lay in. */
  before: number;
  /** Keeps alive what the program would read if it were run again. */
  held: Storage | null;
}

export class Inputs {
  /** By the number of the input; null where the program does not read it. */
  private readonly slots: readonly (Slot | null)[];
  private readonly plan: Plan;
  private readonly pointers: Pointers;
  private readonly written: ReadonlySet<Storage>;

  constructor(
    plan: Plan,
    addresses: readonly number[],
    pointers: Pointers,
    written: ReadonlySet<Storage>,
  ) {
    this.plan = plan;
    this.pointers = pointers;
    this.written = written;
    const slots: (Slot | null)[] = [];
    plan.buffers.forEach(({ role, dtype, size }, buffer) => {
      if (role.kind !== "input") return;
      const address = addresses[buffer];
      const view = heap().view(dtype, address, size);
      slots[role.index] = { buffer, address, view, before: 0, held: null };
    });
    this.slots = slots;
  }

  get count(): number {
    return this.slots.length;
  }

  /** Arguments that the program reads where they are. */
  get borrowed(): Storage[] {
    return this.slots.flatMap((slot) => slot?.held ?? []);
  }

  /** Makes an argument the input of this number. */
  bring(i: number, { layout, storage, offset }: Tensor): void {
    const slot = this.slots[i];
    if (!slot) return;
    const { data } = storage!;
    if (layout.size === 1) {
      this.ownView(slot)[0] = data[offset];
      if (this.pointers.has(slot.buffer)) this.pointers.set(slot.buffer, slot.address);
      return;
    }
    if (this.pointers.has(slot.buffer)) {
      const address = layout.isContiguous ? this.addressOf(slot, storage!) : null;
      slot.before = storage!.number;
      if (address !== null) {
        slot.held = storage!;
        this.pointers.set(slot.buffer, address + offset * dtypeInfo(layout.dtype).bytes);
        return;
      }
      slot.held = null;
      this.pointers.set(slot.buffer, slot.address);
    }
    const view = this.ownView(slot);
    if (!layout.isContiguous) view.set(copyElements(data, layout, offset));
    else if (offset === 0 && data.length === view.length) view.set(data);
    else view.set(data.subarray(offset, offset + layout.size));
  }

  /** Where the program can read the storage itself: if it lives in the programs' memory, or has come
   *  twice in a row and is worth moving there. Never one that the program writes. */
  private addressOf(slot: Slot, storage: Storage): number | null {
    if (this.written.has(storage)) return null;
    return storage.number === slot.before ? residence(storage) : knownResidence(storage);
  }

  /** Growth detaches the views of a memory that is not shared. */
  private ownView(slot: Slot): TypedArray {
    const { dtype, size } = this.plan.buffers[slot.buffer];
    if (slot.view.length !== size) slot.view = heap().view(dtype, slot.address, size);
    return slot.view;
  }
}
