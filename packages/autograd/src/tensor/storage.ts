import type { TypedArray } from "./dtype.ts";
import { ValueError } from "./errors.ts";

let count = 0;

/** How many storages have been made so far: those made later have greater numbers. */
export const storageCount = (): number => count;

/** The memory behind a tensor and all of its views. Only `assign` writes it after its creation. */
export class Storage {
  /** The elements. A compiler may move them to memory that its programs can reach; nobody else
   *  replaces them. */
  data: TypedArray;
  /** Rises with each assignment, so that backward can tell that a saved value has changed. */
  version = 0;
  /** Increases with every storage made. */
  readonly number = ++count;
  /** Shared constants, which nobody may assign to. */
  isConstant = false;
  /** Gives the memory back where someone other than the garbage collector can do that. */
  onDispose: (() => void) | null = null;

  constructor(data: TypedArray) {
    this.data = data;
  }

  /** Lets go of the elements now. Shared constants stay. */
  dispose(): void {
    if (this.isConstant) return;
    this.onDispose?.();
    this.onDispose = null;
    Object.defineProperty(this, "data", { get: refuse, configurable: true });
  }
}

function refuse(): never {
  throw new ValueError({
    where: "tensor",
    expected: "a tensor that has its elements",
    got: "one that was disposed",
    fix: "Dispose of tensors last, or leave it to the garbage collector.",
  });
}
