import type { TypedArray } from "./dtype.ts";

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

  constructor(data: TypedArray) {
    this.data = data;
  }
}
