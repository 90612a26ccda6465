// Tensors of the surroundings live in the memory of the programs that use them: what eager code
// writes there, programs read, and the other way round. The block returns when the tensor's storage
// is collected.
import type { DType, TypedArray } from "@wengert/autograd";
import type { Storage } from "@wengert/autograd/compiler";
import { heap, type Block } from "../run/heap.ts";

/** Where a storage lives, and how many elements it has: a view that growth has detached has none. */
interface Home {
  readonly block: Block;
  readonly dtype: DType;
  readonly length: number;
}

const homes = new WeakMap<Storage, Home>();

const release = new FinalizationRegistry((block: Block) => heap().free(block));

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

/** The address of a storage's elements; moves them into the programs' memory at first. */
export function residence(storage: Storage): number {
  const known = homes.get(storage);
  if (known) return known.block.address;
  const { data } = storage;
  const dtype = dtypeOf(data);
  const block = heap().allocate(data.byteLength, "a tensor that a compiled function uses");
  const view = heap().view(dtype, block, data.length);
  view.set(data);
  storage.data = view;
  homes.set(storage, { block, dtype, length: data.length });
  release.register(storage, block);
  if (!heap().isShared) follow(storage);
  return block.address;
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
