// Tensors of the surroundings live in the memory of the programs that use them: what eager code
// writes there, programs read, and the other way round. The block returns when the tensor's storage
// is collected.
import { AllocationError, type DType, type TypedArray } from "@wengert/autograd";
import { dtypeInfo, Storage } from "@wengert/autograd/compiler";
import { heap, type Block } from "../run/heap.ts";

/** Where a storage lives, and how many elements it has: a view that growth has detached has none. */
interface Home {
  readonly block: Block;
  readonly dtype: DType;
  readonly length: number;
}

const homes = new WeakMap<Storage, Home>();

const release = new FinalizationRegistry((block: Block) => heap().free(block));

/** Outputs that nobody has let go of yet may take so much of the programs' memory. Beyond, they are
 *  copied to memory of the engine's own: it knows how much there is of that, and collects it in time,
 *  even while a loop runs that never returns to the event loop. */
const maxLent = 256 * 2 ** 20;
let lent = 0;

const releaseLent = new FinalizationRegistry((block: Block) => returnLent(block));

function returnLent(block: Block): void {
  lent -= block.bytes;
  heap().free(block);
}

/** Memory for an output that is to become a storage. */
export interface Loan {
  readonly address: number;
  keep(): Storage;
  giveBack(): void;
}

/** Memory for a large output; null where too much of it is in use already. */
export function lend(dtype: DType, length: number): Loan | null {
  const bytes = length * dtypeInfo(dtype).bytes;
  if (lent + bytes > maxLent) return null;
  const block = tryAllocate(bytes);
  if (block === null) return null;
  lent += block.bytes;
  return {
    address: block.address,
    giveBack: () => returnLent(block),
    keep: () => {
      const storage = new Storage(heap().view(dtype, block, length));
      settle(storage, { block, dtype, length });
      const token = {};
      releaseLent.register(storage, block, token);
      storage.onDispose = () => {
        if (pinned.has(storage)) return;
        releaseLent.unregister(token);
        homes.delete(storage);
        returnLent(block);
      };
      return storage;
    },
  };
}

function tryAllocate(bytes: number): Block | null {
  try {
    return heap().allocate(bytes, "what a compiled function returns");
  } catch (error) {
    if (error instanceof AllocationError) return null;
    throw error;
  }
}

/** Storages that a program has for a cell: their memory is not given back while it may run. */
const pinned = new WeakSet<Storage>();

/** Storages whose views must be taken anew when a memory that is not shared grows. */
let resident: Set<WeakRef<Storage>> | null = null;

const dtypeOf = (data: TypedArray): DType =>
  data instanceof Float32Array
    ? "float32"
    : data instanceof Float64Array
      ? "float64"
      : data instanceof Int32Array
        ? "int32"
        : "bool";

/** The address of a storage that lives in the programs' memory, else null. */
export const knownResidence = (storage: Storage): number | null =>
  homes.get(storage)?.block.address ?? null;

/** The address of a storage's elements; moves them into the programs' memory at first. */
export function residence(storage: Storage): number {
  pinned.add(storage);
  const known = homes.get(storage);
  if (known) return known.block.address;
  const { data } = storage;
  const dtype = dtypeOf(data);
  const block = heap().allocate(data.byteLength, "a tensor that a compiled function uses");
  const view = heap().view(dtype, block, data.length);
  view.set(data);
  storage.data = view;
  settle(storage, { block, dtype, length: data.length });
  release.register(storage, block);
  return block.address;
}

function settle(storage: Storage, home: Home): void {
  homes.set(storage, home);
  if (!heap().isShared) follow(storage);
}

function follow(storage: Storage): void {
  if (resident === null) {
    const all = new Set<WeakRef<Storage>>();
    resident = all;
    heap().onGrow(() => {
      for (const reference of all) {
        const living = reference.deref();
        if (!living) {
          all.delete(reference);
          continue;
        }
        const { block, dtype, length } = homes.get(living)!;
        living.data = heap().view(dtype, block, length);
      }
    });
  }
  resident.add(new WeakRef(storage));
}
